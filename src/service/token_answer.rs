//! Decodes a service's answer to a request for the token.

use std::time::Duration;

use super::{
    connector::ServiceResponse,
    private::service,
    protocol::{ErrorBody, SharedToken},
};
use crate::{
    api::Environment,
    error::{Error, ErrorKind},
    session::login_key::LoginKey,
};

/// The `Retry-After` of a service that does not know when it will have a token again.
pub const LEAST_WAIT: Duration = Duration::from_secs(1);

/// A service's answer to a request for the token.
#[derive(Debug)]
pub enum TokenAnswer {
    /// The token.
    Token(Box<SharedToken>),
    /// The dependent has the newest token already.
    Unchanged,
    /// The service has no good token.
    Unavailable {
        /// The reason: the kind of the error that the service's own session gives.
        why: ErrorKind,
        /// When to ask again.
        wait: Duration,
    },
}

/// Decodes an answer.
///
/// # Errors
/// [`ErrorKind::Service`] if it is not an answer of a token service.
pub fn read_token_answer(response: &ServiceResponse) -> Result<TokenAnswer, Error> {
    match response.status {
        200 => serde_json::from_slice(&response.body)
            .map(TokenAnswer::Token)
            .map_err(|_| service("the token service answers with something that is no token")),
        304 => Ok(TokenAnswer::Unchanged),
        503 => {
            let refusal: Option<ErrorBody> = serde_json::from_slice(&response.body).ok();
            let why = refusal.and_then(|refusal| ErrorKind::from_code(&refusal.code));
            Ok(TokenAnswer::Unavailable {
                why: why.unwrap_or(ErrorKind::Service),
                wait: response.retry_after.unwrap_or(LEAST_WAIT),
            })
        }
        403 => Err(service(
            "the token service refuses this process; the secret in secretFile is another service's, or something is in between",
        )),
        status => Err(service(format!("the token service answers {status}; is it one?"))),
    }
}

/// The error for a caller that needs a token while the service has none.
#[must_use]
pub fn unavailable_error(why: ErrorKind) -> Error {
    let text = format!("the token service has no token that is still good ({})", why.code());
    Error::new(why, text)
}

/// The login whose token a dependent accepts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expected {
    /// Real money, or simulation. None until the first token decides.
    pub environment: Option<Environment>,
    /// The user. None until the first token decides.
    pub user_id: Option<i64>,
    /// The service's key of the login, which tells logins apart where no user is known. None until the first token decides.
    pub login: Option<LoginKey>,
    /// The base URL of the service's calls before any host was told: a token of one server goes to no other. None until the first
    /// token decides.
    pub first_base_url: Option<String>,
}

impl Expected {
    /// Checks a token, and returns what is expected of all later ones.
    ///
    /// # Errors
    /// [`ErrorKind::ServiceMismatch`] if it is not.
    pub fn check(&self, token: &SharedToken) -> Result<Self, Error> {
        let environment = self.environment.unwrap_or(token.environment);
        let user_id = self.user_id.or(token.user_id);
        if environment != token.environment || user_id != token.user_id {
            let name = |user: Option<i64>| user.map_or_else(|| "an unknown user".to_owned(), |id| format!("user {id}"));
            let text = format!(
                "the token service serves {} for {}, and {} for {} is wanted; no token of it is used",
                token.environment.as_str(),
                name(token.user_id),
                environment.as_str(),
                name(user_id),
            );
            return Err(Error::new(ErrorKind::ServiceMismatch, text));
        }
        let another = if differ(self.first_base_url.as_ref(), token.first_base_url.as_ref()) {
            Some("baseUrl")
        } else if self.user_id.is_none() && differ(self.login.as_ref(), token.login.as_ref()) {
            Some("login")
        } else {
            None
        };
        if let Some(what) = another {
            let text =
                format!("the token service serves another {what} than before; no token of it is used; connect anew");
            return Err(Error::new(ErrorKind::ServiceMismatch, text));
        }
        Ok(Self {
            environment: Some(environment),
            user_id,
            login: token.login.clone(),
            first_base_url: token.first_base_url.clone(),
        })
    }
}

/// Whether two are known and not the same.
fn differ<T: PartialEq>(one: Option<&T>, other: Option<&T>) -> bool {
    one.zip(other).is_some_and(|(one, other)| one != other)
}

#[cfg(test)]
mod tests {
    use axum::body::Bytes;

    use super::*;

    const TOKEN: &str = r#"{"accessToken":"canary","expirationTime":"2030-01-01T01:00:00Z","expiresInMs":3600000,
        "issuedAt":"2030-01-01T00:00:00Z","generation":7,"environment":"demo","userId":1,"baseUrl":"http://127.0.0.1:1/v1",
        "hosts":{"demo":"127.0.0.1:1","somethingNew":"x"},"serverTime":"2030-01-01T00:00:00Z","more":{}}"#;

    fn response(status: u16, body: &'static str) -> ServiceResponse {
        ServiceResponse {
            status,
            retry_after: None,
            body: Bytes::from_static(body.as_bytes()),
        }
    }

    fn token() -> SharedToken {
        serde_json::from_str(TOKEN).unwrap()
    }

    #[test]
    fn each_answer_means_one_thing() {
        assert!(
            matches!(read_token_answer(&response(200, TOKEN)), Ok(TokenAnswer::Token(token)) if token.generation == 7.into())
        );
        assert!(matches!(
            read_token_answer(&response(304, "")),
            Ok(TokenAnswer::Unchanged)
        ));
        let none = read_token_answer(&response(503, r#"{"code":"ERR_TRADOVATE_CONTENDED"}"#)).unwrap();
        assert!(
            matches!(
                none,
                TokenAnswer::Unavailable {
                    why: ErrorKind::Contended,
                    ..
                }
            ),
            "{none:?}"
        );
        for (status, body) in [(503, ""), (503, r#"{"code":"ERR_OF_A_LATER_VERSION"}"#)] {
            assert!(matches!(
                read_token_answer(&response(status, body)),
                Ok(TokenAnswer::Unavailable {
                    why: ErrorKind::Service,
                    ..
                })
            ));
        }
        for (status, body) in [
            (200, ""),
            (200, "{}"),
            (200, "[]"),
            (403, ""),
            (404, ""),
            (301, ""),
            (500, ""),
            (204, ""),
        ] {
            let error = read_token_answer(&response(status, body)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Service, "{status} {body}");
        }
    }

    #[test]
    fn promise_24_another_environment_or_user_is_refused() {
        let kind = |environment, user_id| Expected {
            environment,
            user_id,
            ..Expected::default()
        };
        let (demo, live) = (Some(Environment::Demo), Some(Environment::Live));
        for (wanted, fits) in [
            (kind(None, None), true),
            (kind(demo, None), true),
            (kind(demo, Some(1)), true),
            (kind(None, Some(1)), true),
            (kind(live, None), false),
            (kind(live, Some(1)), false),
            (kind(demo, Some(2)), false),
            (kind(None, Some(2)), false),
        ] {
            let checked = wanted.check(&token());
            assert_eq!(checked.is_ok(), fits, "{wanted:?}");
            match checked {
                Ok(from_now_on) => assert_eq!(from_now_on, kind(demo, Some(1))),
                Err(error) => assert_eq!(error.kind(), ErrorKind::ServiceMismatch),
            }
        }
        let mut nobodys = token();
        nobodys.user_id = None;
        assert!(kind(demo, Some(1)).check(&nobodys).is_err());
        assert!(kind(demo, None).check(&nobodys).is_ok());
    }

    #[test]
    fn promise_24_another_login_is_refused_also_where_no_user_is_known_and_another_server_always() {
        let with = |login: &str, url: &str, user_id| SharedToken {
            user_id,
            login: Some(serde_json::from_str(&format!("{login:?}")).unwrap()),
            first_base_url: Some(url.to_owned()),
            ..token()
        };
        let wanted = Expected::default().check(&with("a", "http://a", None)).unwrap();
        for (next, fits) in [
            (with("a", "http://a", None), true),
            (with("a", "http://a", Some(9)), true),
            (with("b", "http://a", None), false),
            (with("b", "http://a", Some(9)), false),
            (with("a", "http://b", None), false),
            (
                SharedToken {
                    login: None,
                    first_base_url: None,
                    ..with("", "", None)
                },
                true,
            ),
        ] {
            let checked = wanted.check(&next).map_err(|error| error.kind());
            assert_eq!(checked.is_ok(), fits, "{checked:?}");
            assert!(checked.is_ok() || checked == Err(ErrorKind::ServiceMismatch));
        }
        let users = Expected::default().check(&with("a", "http://a", Some(9))).unwrap();
        assert!(
            users.check(&with("b", "http://a", Some(9))).is_ok(),
            "the user's, by another app"
        );
    }

    #[test]
    fn promise_25_what_was_told_shows_no_token() {
        assert!(!format!("{:?}", read_token_answer(&response(200, TOKEN))).contains("canary"));
    }
}
