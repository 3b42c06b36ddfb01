//! The token endpoints: the credentials that are sent, and the token that a good answer grants.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::Failure;
use crate::secret::{Secret, reveal, reveal_option};

/// `POST`: opens a session.
pub const REQUEST_PATH: &str = "auth/accesstokenrequest";

/// `GET`: extends the session of a token.
pub const RENEW_PATH: &str = "auth/renewaccesstoken";

/// The client id of an API key: a string by the schema, a number in the documented example. Sent as it was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Cid {
    /// As in the documented example.
    Number(i64),
    /// As in the schema.
    Text(String),
}

impl fmt::Display for Cid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => text.fmt(f),
        }
    }
}

/// The credentials of a login, in Tradovate's own field names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Credentials {
    /// The user's name.
    pub name: String,
    /// The user's password.
    #[serde(serialize_with = "reveal")]
    pub password: Secret,
    /// The application's registered name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_id: Option<String>,
    /// The application's version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_version: Option<String>,
    /// A stable name for this device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_id: Option<String>,
    /// The API key's client id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cid: Option<Cid>,
    /// The API key's secret.
    #[serde(default, serialize_with = "reveal_option", skip_serializing_if = "Option::is_none")]
    pub sec: Option<Secret>,
}

impl Credentials {
    /// The request's body, with the ticket of a penalty that has been waited out.
    #[must_use]
    pub fn body(&self, ticket: Option<&Secret>) -> Zeroizing<String> {
        #[derive(Serialize)]
        struct Body<'a> {
            #[serde(flatten)]
            credentials: &'a Credentials,
            #[serde(rename = "p-ticket", skip_serializing_if = "Option::is_none")]
            ticket: Option<&'a str>,
        }
        let body = Body {
            credentials: self,
            ticket: ticket.map(Secret::expose),
        };
        // Strings and numbers under string keys always become JSON.
        Zeroizing::new(serde_json::to_string(&body).unwrap_or_default())
    }

    /// The secrets to cut out of texts that the other side sends back.
    pub fn secrets(&self) -> impl Iterator<Item = &Secret> {
        [Some(&self.password), self.sec.as_ref()].into_iter().flatten()
    }
}

/// The content of an answer that grants a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The token.
    pub access_token: Secret,
    /// The market-data token, if the answer has one.
    pub md_access_token: Option<Secret>,
    /// When the token expires, by Tradovate's clock.
    pub expires_at: Timestamp,
    /// The same, as Tradovate wrote it.
    pub expiration_time: String,
    /// The user, if the answer names one.
    pub user_id: Option<i64>,
    /// `apiHosts` as it came, texts only.
    pub hosts: Vec<(String, String)>,
    /// The answer as it came.
    pub text: Secret,
}

impl Grant {
    /// This grant, unless its token has expired by `now`.
    ///
    /// # Errors
    /// [`Failure::Unintelligible`] if it has.
    pub fn unexpired(self, now: Timestamp) -> Result<Self, Failure> {
        if self.expires_at > now {
            return Ok(self);
        }
        let what = "a token that has already expired".into();
        Err(Failure::Unintelligible { status: 200, what })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn documented() -> Credentials {
        let text = r#"{"name":"me","password":"pw-canary","appId":"Sample App","appVersion":"1.0","cid":0,"sec":"sec-canary"}"#;
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn the_body_is_the_documented_one() {
        let body: serde_json::Value = serde_json::from_str(&documented().body(None)).unwrap();
        let expected = serde_json::json!({
            "name": "me", "password": "pw-canary", "appId": "Sample App", "appVersion": "1.0", "cid": 0, "sec": "sec-canary"
        });
        assert_eq!(body, expected);
    }

    #[test]
    fn cid_keeps_its_type() {
        let mut credentials = documented();
        assert!(credentials.body(None).contains("\"cid\":0"));
        credentials.cid = Some(Cid::Text("0".into()));
        assert!(credentials.body(None).contains("\"cid\":\"0\""));
    }

    #[test]
    fn a_ticket_is_added_and_nothing_else_changes() {
        let ticket = Secret::new("t\"1");
        let body: serde_json::Value = serde_json::from_str(&documented().body(Some(&ticket))).unwrap();
        assert_eq!(body["p-ticket"], "t\"1");
        assert_eq!(body["cid"], 0);
    }

    #[test]
    fn promise_25_debug_tells_no_secret() {
        assert!(!format!("{:?}", documented()).contains("canary"));
    }
}
