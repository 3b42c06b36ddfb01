//! Judges what an HTTP answer means: a pure function of status, headers and body.
//!
//! Tradovate answers failures with 200 as well, so only the body of a 200 tells whether a call succeeded.

use std::{borrow::Cow, collections::BTreeMap, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, de::IgnoredAny};
use serde_json::value::RawValue;

use super::{Denial, Failure, Grant, Shape, failure::LONG_STOP, order_operations::has_any_id};
use crate::secret::Secret;

/// The wait of a ticket that comes without one: the token endpoints' usual one.
const DEFAULT_PENALTY: Duration = Duration::from_secs(15);
const LEAST_PENALTY: Duration = Duration::from_secs(1);
const MOST_PENALTY: Duration = Duration::from_secs(24 * 3_600);
const LONGEST_TOKEN: usize = 8_192;
/// A ticket goes into a URL, and into a record beside others.
const LONGEST_TICKET: usize = 2_048;

/// An object's fields, each as it came: a field that nobody reads can hold anything.
pub(super) type Fields<'a> = BTreeMap<String, &'a RawValue>;

/// The parts of an HTTP answer that have a meaning.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// The HTTP status.
    pub status: u16,
    /// `Retry-After`, as a stretch of time.
    pub retry_after: Option<Duration>,
    /// The whole body.
    pub body: &'a [u8],
}

/// Judges the answer to a token request. It does not judge the token's expiry, which takes a clock.
///
/// # Errors
/// The failure that the answer means.
pub fn judge_login(answer: Answer<'_>) -> Result<Grant, Failure> {
    judge_token(answer).map_err(|failure| match failure {
        Failure::Rejected(text) => Failure::Denied(Denial::Credentials, text),
        Failure::Violation(text) => Failure::Denied(Denial::Violation, text),
        other => other,
    })
}

/// Judges the answer to a renewal, as that to a token request.
///
/// # Errors
/// The failure that the answer means.
pub fn judge_renewal(answer: Answer<'_>) -> Result<Grant, Failure> {
    judge_token(answer).map_err(|failure| match failure {
        Failure::Denied(_, what) => unintelligible(answer.status, format!("a renewal without a token: {what}")),
        other => of_status(answer.status, other),
    })
}

/// Judges any other answer. Gives its text as it came, or an empty one with [`Shape::Raw`].
///
/// # Errors
/// The failure that the answer means.
pub fn judge_call(answer: Answer<'_>, shape: Shape) -> Result<String, Failure> {
    judge_in_shape(answer, shape).map_err(|failure| {
        let may_be_made = matches!(shape, Shape::Any | Shape::Made(_)) && failure.is_in_words();
        if may_be_made && serde_json::from_slice(answer.body).is_ok_and(|fields| has_any_id(&fields)) {
            Failure::RefusedWithId(Box::new(failure))
        } else {
            failure
        }
    })
}

fn judge_in_shape(answer: Answer<'_>, shape: Shape) -> Result<String, Failure> {
    by_status(answer).map_err(|failure| of_status(answer.status, failure))?;
    let text = &*text_of(answer.body);
    if shape == Shape::Raw {
        // Only an object can tell of a failure.
        serde_json::from_str(text).map_or(Ok(()), |fields| failure_in(&fields))?;
        return Ok(String::new());
    }
    let failure = |what: &str| {
        Err(match shape {
            Shape::Made(operation) => unintelligible(answer.status, format!("{what}; {}", operation.advice())),
            _ => unintelligible(answer.status, what),
        })
    };
    match text.trim_start().bytes().next() {
        None if matches!(shape, Shape::Any | Shape::EntityOrNone) => Ok(String::new()),
        None => failure("an empty body"),
        Some(b'{') => {
            let Ok(fields) = serde_json::from_str(text) else {
                return failure("no valid JSON");
            };
            let has_id = matches!(shape, Shape::Made(operation) if operation.has_id(&fields));
            failure_in(&fields)?;
            match shape {
                Shape::List => failure("an object instead of a list"),
                Shape::Made(operation) if !has_id => {
                    let words =
                        text_in(&fields, "failureText").map_or(String::new(), |text| format!("; it says: {text}"));
                    let what = format!(
                        "neither {} nor a refusal; {}{words}",
                        operation.id(),
                        operation.advice()
                    );
                    Err(unintelligible(answer.status, what))
                }
                _ => Ok(text.to_owned()),
            }
        }
        Some(first) => {
            if serde_json::from_str::<IgnoredAny>(text).is_err() {
                return failure("no valid JSON");
            }
            match (shape, first) {
                (Shape::Any, _) | (Shape::List, b'[') => Ok(text.to_owned()),
                (Shape::EntityOrNone, b'n') => Ok(String::new()),
                (Shape::List, _) => failure("something else than a list"),
                _ => failure("something else than an object"),
            }
        }
    }
}

fn judge_token(answer: Answer<'_>) -> Result<Grant, Failure> {
    by_status(answer).map_err(Failure::in_words)?;
    let text = &*text_of(answer.body);
    // Raw values: no field that nobody reads can cost the token.
    let Ok(fields) = serde_json::from_str::<Fields<'_>>(text) else {
        return Err(unintelligible(answer.status, "no JSON object"));
    };
    let error_text = text_in(&fields, "errorText");
    let Some(access_token) = text_in(&fields, "accessToken")
        .filter(|_| error_text.is_none())
        .map(Secret::new)
    else {
        return Err(refusal(&fields, error_text));
    };
    if !usable(&access_token) {
        return Err(unintelligible(
            answer.status,
            "an access token that no header can carry",
        ));
    }
    let expiration_time = text_in(&fields, "expirationTime").unwrap_or_default();
    let Ok(expires_at) = expiration_time.parse::<Timestamp>() else {
        return Err(unintelligible(
            answer.status,
            "a token whose expirationTime is missing, or no time with a zone",
        ));
    };
    let hosts = fields
        .get("apiHosts")
        .and_then(|raw| serde_json::from_str::<Fields<'_>>(raw.get()).ok());
    Ok(Grant {
        access_token,
        md_access_token: text_in(&fields, "mdAccessToken").map(Secret::new).filter(usable),
        expires_at,
        expiration_time,
        user_id: fields.get("userId").and_then(|raw| raw.get().parse().ok()),
        hosts: hosts
            .into_iter()
            .flatten()
            .filter_map(|(purpose, raw)| Some((purpose, string_of(raw)?)))
            .collect(),
        text: Secret::new(text),
    })
}

/// The failure of a well-formed answer without a token.
fn refusal(fields: &Fields<'_>, error_text: Option<String>) -> Failure {
    let locked = text_in(fields, "userStatus").filter(|status| status != "Active");
    match (locked, failure_in(fields).map_err(Failure::in_words)) {
        (Some(_), Err(Failure::Rejected(_))) => Failure::Denied(Denial::AccountStatus, error_text.unwrap_or_default()),
        (_, Err(failure)) => failure,
        (Some(status), Ok(())) => Failure::Denied(Denial::AccountStatus, format!("the user's status is {status}")),
        (None, Ok(())) => Failure::Denied(Denial::ExtraFactor, names_of(fields)),
    }
}

fn usable(token: &Secret) -> bool {
    token.fits_a_header() && token.expose().len() <= LONGEST_TOKEN
}

/// Judges the status. Where it has no meaning of its own, the body decides.
fn by_status(
    Answer {
        status,
        retry_after,
        body,
    }: Answer<'_>,
) -> Result<(), Failure> {
    let stop = |least| retry_after.map_or(LONG_STOP, |wait| wait.clamp(least, MOST_PENALTY));
    Err(match status {
        200..=299 => return Ok(()),
        307 | 308 | 421 => Failure::WrongHost(status),
        401 => Failure::Unauthorized(words_of(body)),
        403 => Failure::Forbidden(words_of(body)),
        404 => Failure::NotFound(words_of(body)),
        423 => Failure::LockedOut(stop(LONG_STOP)),
        429 => Failure::RateLimited(stop(LEAST_PENALTY)),
        408 | 500..=599 => Failure::Upstream {
            status,
            retry_after: retry_after.map(|wait| wait.min(LONG_STOP)),
            text: words_of(body),
        },
        _ => {
            if let Ok(fields) = serde_json::from_slice(body) {
                failure_in(&fields)?;
            }
            match words_of(body) {
                words if status == 400 => Failure::BadRequest(words),
                words if words.is_empty() => unintelligible(status, format!("HTTP {status}")),
                words => unintelligible(status, format!("HTTP {status}: {words}")),
            }
        }
    })
}

/// Makes a bad request of a refusal in words, if the status is 400.
fn of_status(status: u16, failure: Failure) -> Failure {
    match failure {
        Failure::Rejected(words) if status == 400 => Failure::BadRequest(words),
        Failure::OrderRefused { .. } if status == 400 => of_status(status, failure.in_words()),
        other => other,
    }
}

/// The words in the body of a refusal: a field of its JSON, or the whole of a plain text. Pages of HTML and binary data have
/// none.
fn words_of(body: &[u8]) -> String {
    let text = text_of(body);
    let text = text.trim();
    if let Ok(fields) = serde_json::from_str::<Fields<'_>>(text) {
        let words = ["errorText", "failureText", "message"];
        return words.iter().find_map(|name| text_in(&fields, name)).unwrap_or_default();
    }
    let plain = match serde_json::from_str::<String>(text) {
        Ok(plain) => plain,
        Err(_) if serde_json::from_str::<IgnoredAny>(text).is_ok() => String::new(),
        Err(_) => text.to_owned(),
    };
    if plain.starts_with(['<', '{']) || is_binary(&plain) {
        String::new()
    } else {
        plain
    }
}

fn is_binary(text: &str) -> bool {
    let unreadable = text.chars().filter(|c| *c == char::REPLACEMENT_CHARACTER).count();
    unreadable * 4 > text.chars().count() || text.chars().any(|c| c.is_control() && !c.is_ascii_whitespace())
}

/// Decodes a body as `fetch` does: without a byte order mark, and with a replacement character for what is no UTF-8.
fn text_of(body: &[u8]) -> Cow<'_, str> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    // Nearly all bodies are UTF-8. Checking that takes a fraction of the time that replacing takes.
    str::from_utf8(body).map_or_else(|_| String::from_utf8_lossy(body), Cow::Borrowed)
}

fn unintelligible(status: u16, what: impl Into<String>) -> Failure {
    Failure::Unintelligible {
        status,
        what: what.into(),
    }
}

fn string_of(raw: &RawValue) -> Option<String> {
    serde_json::from_str(raw.get()).ok()
}

/// A field's text, if it has any.
fn text_in(fields: &Fields<'_>, name: &str) -> Option<String> {
    fields
        .get(name)
        .and_then(|raw| string_of(raw))
        .filter(|text| !text.is_empty())
}

/// Field names, never their values, and only those that look like names.
fn names_of(fields: &Fields<'_>) -> String {
    let plain = |name: &&String| {
        (1..=64).contains(&name.len())
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    let names: Vec<_> = fields.keys().filter(plain).take(20).map(String::as_str).collect();
    if names.is_empty() {
        "none".into()
    } else {
        names.join(", ")
    }
}

/// The failure that the fields of an answer tell, whatever its status.
fn failure_in(fields: &Fields<'_>) -> Result<(), Failure> {
    let is_true = |raw: &RawValue| raw.get().trim_matches('"').eq_ignore_ascii_case("true");
    if fields.get("p-captcha").is_some_and(|raw| is_true(raw)) {
        return Err(Failure::Captcha);
    }
    if let Some(ticket) = text_in(fields, "p-ticket") {
        return Err(Failure::Penalty {
            ticket: Some(ticket).filter(|ticket| can_be_sent(ticket)).map(Secret::new),
            wait: penalty(fields.get("p-time").copied()),
        });
    }
    if let Some(text) = text_in(fields, "errorText") {
        return Err(Failure::Rejected(text));
    }
    if let Some(text) = fields
        .get("violations")
        .map(|raw| violations(raw))
        .filter(|text| !text.is_empty())
    {
        return Err(Failure::Violation(text));
    }
    if let Some(reason) = text_in(fields, "failureReason").filter(|reason| reason != "Success") {
        let text = text_in(fields, "failureText");
        return Err(Failure::OrderRefused { reason, text });
    }
    Ok(())
}

/// Whether a ticket fits into a URL. One that does not would fail each request that carries it.
fn can_be_sent(ticket: &str) -> bool {
    ticket.len() <= LONGEST_TICKET && !ticket.chars().any(char::is_control)
}

fn penalty(time: Option<&RawValue>) -> Duration {
    match time.and_then(|raw| raw.get().trim_matches('"').parse::<f64>().ok()) {
        Some(seconds) if seconds.is_finite() => Duration::try_from_secs_f64(seconds.max(0.0))
            .unwrap_or(MOST_PENALTY)
            .clamp(LEAST_PENALTY, MOST_PENALTY),
        _ => DEFAULT_PENALTY,
    }
}

/// Tradovate's descriptions of the violations, without the refused values: one may be a password.
fn violations(raw: &RawValue) -> String {
    #[derive(Deserialize)]
    struct Violation {
        #[serde(default)]
        constraint: Option<serde_json::Value>,
        #[serde(default)]
        description: Option<serde_json::Value>,
    }
    let all: Vec<Violation> = serde_json::from_str(raw.get()).unwrap_or_default();
    let text = |value: Option<serde_json::Value>| value.and_then(|value| value.as_str().map(str::to_owned));
    let one = |violation: Violation| {
        text(violation.description)
            .or(text(violation.constraint))
            .unwrap_or_else(|| "(unnamed)".into())
    };
    all.into_iter().take(10).map(one).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
#[path = "answer_tests.rs"]
mod tests;
