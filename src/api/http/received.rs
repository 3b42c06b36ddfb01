//! An answer as it was received, and the facts in its headers.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::{
    StatusCode,
    header::{
        AGE, CONNECTION, CONTENT_LENGTH, DATE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER, SET_COOKIE, TRAILER,
        TRANSFER_ENCODING, UPGRADE,
    },
};

use crate::{
    api::{Failure, RawAnswer, Reply, answer::Answer},
    clock::{DateSample, Reading, until},
};

/// Headers that are not passed on: they are about the connection, or carry cookies. The length may be another one here.
const OWN_HEADERS: [HeaderName; 7] = [
    CONNECTION,
    CONTENT_LENGTH,
    HeaderName::from_static("keep-alive"),
    SET_COOKIE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// A whole answer.
pub(super) struct Received {
    pub status: u16,
    pub retry_after: Option<Duration>,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
    pub date: Option<DateSample>,
}

/// Judges an answer, and gives it as it came from the URL `raw_from`, if there is one.
pub(super) fn reply<T>(
    received: Result<Received, Failure>,
    raw_from: Option<String>,
    judge: impl FnOnce(Answer<'_>) -> Result<T, Failure>,
) -> Reply<T> {
    match received {
        Ok(Received {
            status,
            retry_after,
            headers,
            body,
            date,
        }) => Reply {
            outcome: judge(Answer {
                status,
                retry_after,
                body: &body,
            }),
            date,
            raw: raw_from.map(|url| RawAnswer {
                url,
                status,
                reason: reason_of(status),
                headers: passed_on(&headers, body.len()),
                body,
            }),
        },
        Err(failure) => Reply {
            outcome: Err(failure),
            date: None,
            raw: None,
        },
    }
}

fn reason_of(status: u16) -> &'static str {
    let status = StatusCode::from_u16(status).ok();
    status.and_then(|status| status.canonical_reason()).unwrap_or_default()
}

/// The headers to pass on for a body of `length` bytes.
fn passed_on(headers: &HeaderMap, length: usize) -> Vec<(String, String)> {
    let text = |value: &HeaderValue| value.as_bytes().iter().copied().map(char::from).collect();
    let of_answer = headers.iter().filter(|(name, _)| !OWN_HEADERS.contains(name));
    of_answer
        .map(|(name, value)| (name.as_str().to_owned(), text(value)))
        .chain([(CONTENT_LENGTH.as_str().to_owned(), length.to_string())])
        .collect()
}

/// `Date`, unless a cache kept the answer for a while.
pub(super) fn date_sample(headers: &HeaderMap, sent: Reading, received: Reading) -> Option<DateSample> {
    if headers.contains_key(AGE) {
        return None;
    }
    let date = http_date(headers.get(DATE)?.to_str().ok()?)?;
    Some(DateSample { date, sent, received })
}

/// `Retry-After`: seconds, also with a fraction, or a date. A date that has passed counts as none.
pub(super) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    match text.parse::<f64>() {
        Ok(seconds) if is_number => Some(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)),
        _ => http_date(text).filter(|date| *date > now).map(|date| until(now, date)),
    }
}

fn http_date(text: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::parse(text).ok().map(|zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use reqwest::header::CONTENT_TYPE;

    use super::*;

    fn headers(pairs: &[(reqwest::header::HeaderName, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.clone(), value.parse().unwrap()))
            .collect()
    }

    const READING: Reading = Reading { wall_ms: 0, boot_ms: 0 };

    #[test]
    fn a_date_is_taken_unless_a_cache_kept_it() {
        let date = (DATE, "Tue, 24 Nov 2026 04:01:18 GMT");
        let sample = date_sample(&headers(std::slice::from_ref(&date)), READING, READING).unwrap();
        assert_eq!(sample.date, "2026-11-24T04:01:18Z".parse().unwrap());
        assert!(date_sample(&headers(&[date, (AGE, "0")]), READING, READING).is_none());
        assert!(date_sample(&headers(&[(DATE, "tomorrow")]), READING, READING).is_none());
        assert!(date_sample(&headers(&[]), READING, READING).is_none());
    }

    #[test]
    fn headers_of_the_connection_and_cookies_are_not_passed_on_and_the_length_is_that_of_the_body() {
        let mut given = headers(&[
            (CONTENT_TYPE, "application/json"),
            (SET_COOKIE, "sid=canary"),
            (CONNECTION, "close"),
            (CONTENT_LENGTH, "99"),
        ]);
        given.append("x-odd", HeaderValue::from_bytes(b"caf\xe9").unwrap());
        let passed = passed_on(&given, 3);
        let pairs: Vec<_> = passed.iter().map(|(name, value)| (&**name, &**value)).collect();
        assert_eq!(
            pairs,
            [
                ("content-type", "application/json"),
                ("x-odd", "caf\u{e9}"),
                ("content-length", "3")
            ]
        );
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = "2026-11-24T04:01:18Z".parse().unwrap();
        let wait = |text| retry_after(&headers(&[(RETRY_AFTER, text)]), now);
        let seconds = |text| wait(text).map(|wait| wait.as_secs());
        assert_eq!(seconds("120"), Some(120));
        assert_eq!(wait("1.5"), Some(Duration::from_millis(1_500)));
        assert_eq!(wait("99999999999999999999999999"), Some(Duration::MAX));
        assert_eq!(seconds("Tue, 24 Nov 2026 04:03:18 GMT"), Some(120));
        // In place of the hour of a 429 it would be no time at all.
        assert_eq!(seconds("Tue, 24 Nov 2026 04:00:18 GMT"), None);
        assert_eq!(seconds("soon"), None);
        for none in ["-1", "", ".", "1.2.3", "1e3", "inf", "NaN"] {
            assert_eq!(seconds(none), None, "{none:?}");
        }
    }
}
