//! The URLs and the bodies of calls, and the place that a penalty's ticket has in them.

use std::collections::HashMap;

use hyper::body::Bytes;
use serde_json::value::RawValue;
use url::form_urlencoded::{self, Serializer};
use zeroize::Zeroizing;

use crate::secret::Secret;

/// The field or parameter that carries a ticket.
const TICKET: &str = "p-ticket";

/// The URL of a call, with the ticket of a penalty beside its own parameters. One of the caller's gives way to it: it is older.
pub(super) fn url_of(base: &str, path: &str, query: &str, ticket: Option<&Secret>) -> String {
    let mut url = format!("{base}/{path}");
    let query = if ticket.is_some() {
        &without_ticket(query)
    } else {
        query
    };
    let ticket = ticket.map(|ticket| {
        Serializer::new(String::new())
            .append_pair(TICKET, ticket.expose())
            .finish()
    });
    for (part, mark) in [Some(query), ticket.as_deref()]
        .into_iter()
        .flatten()
        .filter(|part| !part.is_empty())
        .zip("?&".chars())
    {
        url.push(mark);
        url.push_str(part);
    }
    url
}

/// A query without tickets of the caller's own.
fn without_ticket(query: &str) -> String {
    let is_other = |pair: &&str| form_urlencoded::parse(pair.as_bytes()).all(|(name, _)| name != TICKET);
    query.split('&').filter(is_other).collect::<Vec<_>>().join("&")
}

/// The content of a POST, if it has any: a ticket makes one where there is no body.
pub(super) fn post_content(body: Option<&str>, ticket: Option<&Secret>) -> Option<Bytes> {
    let body = body.or(ticket.map(|_| "{}"))?;
    Some(Bytes::from_owner(with_ticket(body, ticket)))
}

/// The body of a POST with the ticket of a penalty beside its own fields, if it has fields. A ticket among these goes in place of
/// the session's.
fn with_ticket(body: &str, ticket: Option<&Secret>) -> Zeroizing<String> {
    let ticket = ticket.filter(|_| takes_ticket(body));
    let (Some(open), Some(ticket)) = (body.trim_end().strip_suffix('}'), ticket) else {
        return Zeroizing::new(body.to_owned());
    };
    let comma = if open.trim().len() > 1 { "," } else { "" };
    let ticket = Zeroizing::new(serde_json::Value::from(ticket.expose()).to_string());
    // Made in one piece: a text that grows may move and leave a copy behind.
    Zeroizing::new([open, comma, "\"p-ticket\":", &ticket, "}"].concat())
}

/// Whether a body is an object without a ticket.
fn takes_ticket(body: &str) -> bool {
    let fields = serde_json::from_str::<HashMap<String, &RawValue>>(body);
    fields.is_ok_and(|fields| !fields.contains_key(TICKET))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_has_its_query_and_ticket_encoded() {
        let ticket = Secret::new("a&b=c");
        assert_eq!(url_of("http://h/v1", "a/b", "", None), "http://h/v1/a/b");
        assert_eq!(url_of("http://h/v1", "a/b", "x=1", None), "http://h/v1/a/b?x=1");
        assert_eq!(
            url_of("http://h/v1", "a/b", "x=1", Some(&ticket)),
            "http://h/v1/a/b?x=1&p-ticket=a%26b%3Dc"
        );
        assert_eq!(
            url_of("http://h/v1", "a/b", "", Some(&ticket)),
            "http://h/v1/a/b?p-ticket=a%26b%3Dc"
        );
        assert_eq!(
            url_of("http://h/v1", "a/b", "a=1&p%2Dticket=old&b", Some(&ticket)),
            "http://h/v1/a/b?a=1&b&p-ticket=a%26b%3Dc"
        );
        assert_eq!(
            url_of("http://h/v1", "a/b", "p-ticket=own", None),
            "http://h/v1/a/b?p-ticket=own"
        );
    }

    #[test]
    fn a_ticket_goes_beside_the_fields_of_a_body_that_has_fields() {
        let ticket = Secret::new("t\"1");
        let with = |body| with_ticket(body, Some(&ticket)).to_string();
        assert_eq!(with(r#"{"accountId":9}"#), r#"{"accountId":9,"p-ticket":"t\"1"}"#);
        let own = r#"{"a":{"p-ticket":0},"p-ticket":"own"}"#;
        assert_eq!(with(own), own);
        assert_eq!(
            with(r#"{"a":{"p-ticket":0}}"#),
            r#"{"a":{"p-ticket":0},"p-ticket":"t\"1"}"#
        );
        assert_eq!(with(" { } \n"), r#" { "p-ticket":"t\"1"}"#);
        for body in ["", "[1]", "7", "\"{}\"", "{", "{}}"] {
            assert_eq!(with(body), body);
        }
        assert_eq!(*with_ticket(r#"{"a":1}"#, None), r#"{"a":1}"#);
    }

    #[test]
    fn promise_7_a_post_without_a_body_has_one_for_its_ticket() {
        let ticket = Secret::new("t");
        let content = |body, ticket| post_content(body, ticket).map(|bytes| bytes.to_vec());
        assert_eq!(content(None, None), None);
        assert_eq!(content(None, Some(&ticket)).unwrap(), br#"{"p-ticket":"t"}"#);
        assert_eq!(
            content(Some(r#"{"a":1}"#), Some(&ticket)).unwrap(),
            br#"{"a":1,"p-ticket":"t"}"#
        );
        assert_eq!(content(Some("[1]"), None).unwrap(), b"[1]");
    }
}
