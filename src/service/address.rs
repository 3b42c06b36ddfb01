//! The address of a token service.

use std::{
    io,
    path::{self, PathBuf},
};

use serde::{Deserialize, Serialize};

/// A private Unix socket, or a port of this machine with a secret in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
pub enum Address {
    /// A Unix socket, 0600 in a 0700 folder.
    Socket {
        /// Its path, of at most about 100 bytes on most systems.
        socket_path: PathBuf,
    },
    /// A port of 127.0.0.1.
    Port {
        /// The port; 0 for any free one.
        port: u16,
        /// A 0600 file with the secret that each request carries.
        secret_file: PathBuf,
    },
}

impl Address {
    /// The same address, whatever the working directory becomes.
    ///
    /// # Errors
    /// The fault of the path, or of the working directory.
    pub fn absolute(self) -> io::Result<Self> {
        Ok(match self {
            Self::Socket { socket_path } => Self::Socket {
                socket_path: path::absolute(socket_path)?,
            },
            Self::Port { port, secret_file } => Self::Port {
                port,
                secret_file: path::absolute(secret_file)?,
            },
        })
    }

    /// The exact `Host` of every request. A page of a browser sends another one, even if its name leads to this address.
    #[must_use]
    pub fn host(&self) -> String {
        match self {
            Self::Socket { .. } => "localhost".into(),
            Self::Port { port, .. } => format!("127.0.0.1:{port}"),
        }
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Socket { socket_path } => write!(f, "{}", socket_path.display()),
            Self::Port { port, .. } => write!(f, "127.0.0.1:{port}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_facades_words_are_understood() {
        let socket: Address = serde_json::from_str(r#"{"socketPath":"/run/bot/token.sock"}"#).unwrap();
        assert_eq!(
            (socket.host().as_str(), socket.to_string().as_str()),
            ("localhost", "/run/bot/token.sock")
        );
        let port: Address = serde_json::from_str(r#"{"port":7450,"secretFile":"/run/bot/secret"}"#).unwrap();
        assert_eq!(
            (port.host().as_str(), port.to_string().as_str()),
            ("127.0.0.1:7450", "127.0.0.1:7450")
        );
        assert_eq!(
            serde_json::to_string(&port).unwrap(),
            r#"{"port":7450,"secretFile":"/run/bot/secret"}"#
        );
    }
}
