//! A Redis of a test's own: Debian's `redis-server` on a free port of loopback, which keeps nothing on disk.

use std::{
    env,
    io::{self, BufRead, BufReader, Write},
    net::TcpListener,
    os::unix::process::CommandExt,
    process::{Child, Command, Stdio},
};

use tempfile::TempDir;

/// A running Redis; it ends with this.
pub struct Redis {
    child: Child,
    listener: &'static str,
    port: u16,
    settings: Vec<String>,
    folder: TempDir,
}

impl Redis {
    /// Starts one. Without `redis-server` a test is skipped, and says so; under `CI=true` it fails.
    pub fn start(settings: &[&str]) -> Option<Self> {
        let settings: Vec<_> = settings.iter().map(ToString::to_string).collect();
        Self::start_on("--port", TempDir::new().unwrap(), &settings)
    }

    /// Starts one that takes TLS only, with the files that the settings name.
    pub fn start_with_tls(folder: TempDir, settings: &[String]) -> Option<Self> {
        Self::start_on(
            "--tls-port",
            folder,
            &[settings, &["--port".into(), "0".into()]].concat(),
        )
    }

    fn start_on(listener: &'static str, folder: TempDir, settings: &[String]) -> Option<Self> {
        let Some(program) = program() else {
            assert!(
                env::var("CI").as_deref() != Ok("true"),
                "redis-server is not installed: apt-get install redis-tools"
            );
            // Past the test harness, which shows what is printed by failing tests only.
            let said = io::stderr().write_all(b"SKIPPED a test of Redis: redis-server is not installed\n");
            said.unwrap();
            return None;
        };
        loop {
            // Redis takes no port 0. Somebody else may take this one first: then another will do.
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            if let Some(child) = run(program, listener, port, &folder, settings) {
                let settings = settings.to_vec();
                return Some(Self {
                    child,
                    listener,
                    port,
                    settings,
                    folder,
                });
            }
        }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Kills it.
    pub fn stop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts it again, empty, on the same port.
    pub fn start_again(&mut self) {
        self.child = run(
            program().unwrap(),
            self.listener,
            self.port,
            &self.folder,
            &self.settings,
        )
        .expect("the port is free again");
    }

    /// Stops it as Ctrl-Z does: connections stay, and nothing answers.
    pub fn pause(&self) {
        self.signal("-STOP");
    }

    pub fn go_on(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    }

    /// Has Redis carry out a command, as somebody at its command line does.
    pub fn command(&self, words: &[&str]) -> String {
        let output = Command::new("redis-cli")
            .args(["-p", &self.port.to_string()])
            .args(words)
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Debian has the server in `redis-tools`, under the name of a tool that is the same program; `redis-server` is the
/// service around it.
fn program() -> Option<&'static str> {
    ["redis-server", "redis-check-rdb"].into_iter().find(|name| {
        env::split_paths(&env::var_os("PATH").unwrap_or_default()).any(|folder| folder.join(name).is_file())
    })
}

fn run(program: &str, listener: &str, port: u16, folder: &TempDir, settings: &[String]) -> Option<Child> {
    let mut child = Command::new(program)
        .arg0("redis-server")
        .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
        .args([listener, &port.to_string()])
        .arg("--dir")
        .arg(folder.path())
        .args(settings)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = String::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        said += &line.unwrap();
        if said.contains("Ready to accept connections") {
            // It says nothing more until it ends.
            return Some(child);
        }
    }
    child.wait().unwrap();
    assert!(said.contains("Address already in use"), "{said}");
    None
}
