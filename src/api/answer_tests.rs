use super::*;
use crate::{
    api::Unauthorized,
    error::{ErrorKind, Outcome},
};

#[path = "answer_tests/orders.rs"]
mod orders;
#[path = "answer_tests/texts.rs"]
mod texts;

const TOKEN: &str =
    r#"{"accessToken":"tok-canary","mdAccessToken":"md-canary","expirationTime":"2030-01-01T01:30:00Z","userId":7}"#;

fn now() -> Timestamp {
    "2030-01-01T00:00:00Z".parse().unwrap()
}

fn answer(status: u16, body: &str) -> Answer<'_> {
    Answer {
        status,
        retry_after: None,
        body: body.as_bytes(),
    }
}

fn login(body: &str) -> Result<Grant, Failure> {
    judge_login(answer(200, body))
}

fn kind<T: std::fmt::Debug>(result: Result<T, Failure>) -> ErrorKind {
    result
        .unwrap_err()
        .to_error("test", Unauthorized::TokenOrPermission, now(), [])
        .kind()
}

#[test]
fn promise_10_every_row_of_the_table_of_failures() {
    use ErrorKind::{
        AccountStatus, Captcha, Credentials, ExtraFactor, Forbidden, Http, LockedOut, NotFound, Penalty, Protocol,
        RateLimited, Rejected, Unauthorized, Violation,
    };
    let violations = r#"{"violations":[{"constraint":"length","value":"x","description":"name is too long"}]}"#;
    let rows: &[(u16, &str, ErrorKind, ErrorKind, ErrorKind)] = &[
        // status, body, as a login, as a renewal, as another call
        (
            200,
            r#"{"errorText":"Incorrect username or password."}"#,
            Credentials,
            Rejected,
            Rejected,
        ),
        (
            200,
            r#"{"errorText":"The app is not registered"}"#,
            Credentials,
            Rejected,
            Rejected,
        ),
        (
            200,
            r#"{"errorText":"locked","userStatus":"TemporaryLocked"}"#,
            AccountStatus,
            Protocol,
            Rejected,
        ),
        (200, r#"{"p-ticket":"t","p-time":15}"#, Penalty, Penalty, Penalty),
        (
            200,
            r#"{"p-ticket":"t","p-time":15,"p-captcha":true}"#,
            Captcha,
            Captcha,
            Captcha,
        ),
        (200, r#"{"p-captcha":true}"#, Captcha, Captcha, Captcha),
        (200, r#"{"p-captcha":"true"}"#, Captcha, Captcha, Captcha),
        (
            200,
            r#"{"p-ticket":"t","p-time":15,"p-captcha":"false"}"#,
            Penalty,
            Penalty,
            Penalty,
        ),
        (
            200,
            r#"{"failureReason":"UnknownReason","failureText":"Access is denied"}"#,
            Credentials,
            Rejected,
            Rejected,
        ),
        (200, violations, Violation, Violation, Violation),
        (400, violations, Violation, Violation, Violation),
        (400, "bad request", Rejected, Rejected, Rejected),
        (400, "", Rejected, Rejected, Rejected),
        (400, r#"{"errorText":"no such user"}"#, Credentials, Rejected, Rejected),
        (400, r#"{"p-captcha":true}"#, Captcha, Captcha, Captcha),
        (418, "short and stout", Protocol, Protocol, Protocol),
        (401, "Access is denied", Unauthorized, Unauthorized, Unauthorized),
        (401, "Expired Access Token", Unauthorized, Unauthorized, Unauthorized),
        (401, "", Unauthorized, Unauthorized, Unauthorized),
        (403, "", Forbidden, Forbidden, Forbidden),
        (404, "", NotFound, NotFound, NotFound),
        (307, "", Protocol, Protocol, Protocol),
        (421, "", Protocol, Protocol, Protocol),
        (302, "", Protocol, Protocol, Protocol),
        (408, "", Http, Http, Http),
        (500, "oops", Http, Http, Http),
        (502, "<html>", Http, Http, Http),
        (503, "", Http, Http, Http),
        (504, "", Http, Http, Http),
        (599, "", Http, Http, Http),
        (423, "", LockedOut, LockedOut, LockedOut),
        (429, "", RateLimited, RateLimited, RateLimited),
        (200, "<html>down for maintenance</html>", Protocol, Protocol, Protocol),
        (200, "\u{0}\u{1}", Protocol, Protocol, Protocol),
    ];
    for &(status, body, as_login, as_renewal, as_call) in rows {
        let answer = answer(status, body);
        assert_eq!(kind(judge_login(answer)), as_login, "login {status} {body}");
        assert_eq!(kind(judge_renewal(answer)), as_renewal, "renewal {status} {body}");
        assert_eq!(kind(judge_call(answer, Shape::Any)), as_call, "call {status} {body}");
    }
    // A token request alone must bring a token.
    for (body, as_login) in [
        ("{}", ExtraFactor),
        (r#"{"chl":"v-canary"}"#, ExtraFactor),
        ("", Protocol),
        ("[]", Protocol),
        ("null", Protocol),
    ] {
        assert_eq!(kind(login(body)), as_login, "{body}");
        assert_eq!(kind(judge_renewal(answer(200, body))), Protocol, "{body}");
    }
    assert_eq!(kind(login(r#"{"userStatus":"Closed"}"#)), AccountStatus);
}

#[test]
fn success_is_a_token_with_an_expiry() {
    let grant = login(TOKEN).unwrap();
    assert_eq!(grant.access_token.expose(), "tok-canary");
    assert_eq!(grant.expires_at, "2030-01-01T01:30:00Z".parse().unwrap());
    assert_eq!(grant.user_id, Some(7));
    for expiry in ["", "never", "NaN", "2030-01-01T01:30:00"] {
        let body = format!(r#"{{"accessToken":"t","expirationTime":"{expiry}"}}"#);
        assert_eq!(kind(login(&body)), ErrorKind::Protocol, "{expiry}");
    }
    assert_eq!(
        kind(login(r#"{"accessToken":"t","expirationTime":1893461400}"#)),
        ErrorKind::Protocol
    );
    assert_eq!(kind(login(r#"{"accessToken":"t"}"#)), ErrorKind::Protocol);
    assert_eq!(
        kind(login(
            r#"{"accessToken":"a\nb","expirationTime":"2030-01-01T01:30:00Z"}"#
        )),
        ErrorKind::Protocol
    );
}

#[test]
fn an_expiry_may_lack_seconds() {
    let grant = login(r#"{"accessToken":"t","expirationTime":"2030-01-01T01:30Z"}"#).unwrap();
    assert_eq!(grant.expires_at, "2030-01-01T01:30:00Z".parse().unwrap());
}

#[test]
fn promise_14_garbage_in_a_side_field_never_costs_the_token() {
    let deep = format!("{}{}", "[".repeat(5_000), "]".repeat(5_000));
    for side in [
        r#""errorText":null"#,
        r#""errorText":"""#,
        r#""errorText":17"#,
        r#""userId":"seven""#,
        r#""userId":1e400"#,
        r#""userStatus":"TemporaryLocked""#,
        r#""mdAccessToken":{"a":1}"#,
        r#""mdAccessToken":"two\nlines""#,
        r#""apiHosts":"nowhere""#,
        r#""apiHosts":{"demo":7,"live":null}"#,
        r#""passwordExpirationTime":"yesterday""#,
        r#""name":"\ud800""#,
        r#""p-time":"soon""#,
        r#""p-ticket":null"#,
        r#""violations":[]"#,
        &format!(r#""deep":{deep}"#),
    ] {
        let body = format!(r#"{{"accessToken":"t","expirationTime":"2030-01-01T01:30:00Z",{side}}}"#);
        let grant = login(&body).unwrap_or_else(|failure| panic!("{side}: {failure:?}"));
        assert_eq!(grant.text.expose(), body);
    }
}

#[test]
fn a_reason_beside_a_token_is_still_a_failure() {
    let body = r#"{"accessToken":"t","expirationTime":"2030-01-01T01:30:00Z","errorText":"no"}"#;
    assert_eq!(kind(login(body)), ErrorKind::Credentials);
}

#[test]
fn a_penalty_waits_its_own_time_within_reason() {
    for (time, seconds) in [
        ("15", 15),
        ("\"7\"", 7),
        ("2.5", 2),
        ("0", 1),
        ("-5", 1),
        ("null", 15),
        ("\"soon\"", 15),
        ("1e300", 86_400),
        ("999999999", 86_400),
    ] {
        match login(&format!(r#"{{"p-ticket":"t","p-time":{time}}}"#)) {
            Err(Failure::Penalty { wait, ticket }) => {
                assert_eq!((wait.as_secs(), ticket), (seconds, Some(Secret::new("t"))), "{time}");
            }
            other => panic!("{time}: {other:?}"),
        }
    }
    assert_eq!(kind(login(r#"{"p-time":15,"p-ticket":""}"#)), ErrorKind::ExtraFactor);
}

#[test]
fn promise_7_a_ticket_that_cannot_be_sent_is_none_and_its_time_is_waited() {
    let limit = "t".repeat(LONGEST_TICKET);
    for (ticket, sent) in [
        (limit.as_str(), true),
        ("a ticket of Zoë's & co.", true),
        (&format!("{limit}t"), false),
        ("two\\nlines", false),
        ("\\u0000", false),
    ] {
        match login(&format!(r#"{{"p-ticket":"{ticket}","p-time":7}}"#)) {
            Err(Failure::Penalty { ticket: found, wait }) => {
                assert_eq!((found.is_some(), wait.as_secs()), (sent, 7), "{ticket}");
            }
            other => panic!("{ticket}: {other:?}"),
        }
    }
}

#[test]
fn promise_7_a_429_lasts_as_long_as_it_says_and_a_423_never_less_than_an_hour() {
    let stop = |status, retry_after: Option<u64>| {
        let answer = Answer {
            status,
            retry_after: retry_after.map(Duration::from_secs),
            body: b"",
        };
        match judge_call(answer, Shape::Any) {
            Err(Failure::RateLimited(wait) | Failure::LockedOut(wait)) => wait.as_secs(),
            other => panic!("{other:?}"),
        }
    };
    for (told, of_429, of_423) in [
        (None, 3_600, 3_600),
        (Some(0), 1, 3_600),
        (Some(7), 7, 3_600),
        (Some(7_200), 7_200, 7_200),
        (Some(u64::MAX), 86_400, 86_400),
    ] {
        assert_eq!((stop(429, told), stop(423, told)), (of_429, of_423), "{told:?}");
    }
}

#[test]
fn promise_6_a_failing_server_holds_nothing_back_for_longer_than_an_hour() {
    for (told, held) in [(None, None), (Some(7), Some(7)), (Some(86_400), Some(3_600))] {
        let answer = Answer {
            status: 503,
            retry_after: told.map(Duration::from_secs),
            body: b"",
        };
        let retry_after = held.map(Duration::from_secs);
        let failure = Failure::Upstream {
            status: 503,
            retry_after,
            text: String::new(),
        };
        assert_eq!(judge_renewal(answer), Err(failure), "{told:?}");
    }
}

#[test]
fn a_list_is_a_list_and_an_entity_an_object() {
    let call = |body: &str, shape| judge_call(answer(200, body), shape);
    assert_eq!(
        call("[{\"id\":1,\"new\":[]}]", Shape::List).unwrap(),
        "[{\"id\":1,\"new\":[]}]"
    );
    assert_eq!(call(" [] ", Shape::List).unwrap(), " [] ");
    assert_eq!(call("\u{feff}[1]", Shape::List).unwrap(), "[1]");
    assert_eq!(call("null", Shape::EntityOrNone).unwrap(), "");
    assert_eq!(call("", Shape::EntityOrNone).unwrap(), "");
    assert_eq!(call("", Shape::Any).unwrap(), "");
    assert_eq!(call("7", Shape::Any).unwrap(), "7");
    for (body, shape) in [
        ("{}", Shape::List),
        ("null", Shape::List),
        ("", Shape::List),
        ("[1", Shape::List),
        ("[]", Shape::Entity),
        ("null", Shape::Entity),
        ("", Shape::Entity),
        ("true", Shape::EntityOrNone),
        ("{", Shape::Any),
        ("{} {}", Shape::Any),
    ] {
        assert_eq!(kind(call(body, shape)), ErrorKind::Protocol, "{body} as {shape:?}");
    }
}

#[test]
fn a_byte_that_is_no_utf_8_costs_neither_a_list_nor_a_token() {
    let bytes = |body| Answer {
        status: 200,
        retry_after: None,
        body,
    };
    let list = judge_call(bytes(b"[\"\xff\"]"), Shape::List);
    assert_eq!(list.unwrap(), "[\"\u{fffd}\"]");
    let granted = TOKEN.replace('{', "{\"name\":\"M?ller\",").into_bytes();
    let granted: Vec<_> = granted
        .into_iter()
        .map(|byte| if byte == b'?' { 0xfc } else { byte })
        .collect();
    assert_eq!(
        judge_login(bytes(&granted)).unwrap().access_token.expose(),
        "tok-canary"
    );
}

#[test]
fn what_a_refused_login_is_and_what_may_have_opened_a_session() {
    let upstream = Failure::Upstream {
        status: 503,
        retry_after: None,
        text: String::new(),
    };
    let garbage = |status| Failure::Unintelligible {
        status,
        what: String::new(),
    };
    for (failure, refusal, opened) in [
        (Failure::NotSent(String::new()), false, false),
        (Failure::Lost(String::new()), false, true),
        (Failure::TimedOut { sent: true }, false, true),
        (Failure::TimedOut { sent: false }, false, false),
        (Failure::BadRequest(String::new()), true, false),
        (upstream, false, false),
        (garbage(200), false, true),
        (garbage(400), true, false),
        (Failure::Denied(Denial::Credentials, String::new()), true, false),
        (Failure::Captcha, true, false),
        (Failure::Forbidden(String::new()), true, false),
    ] {
        assert_eq!(
            (failure.is_refusal(), failure.may_have_opened_a_session()),
            (refusal, opened),
            "{failure:?}"
        );
    }
    for (status, suspicious) in [
        (408, true),
        (500, true),
        (501, false),
        (502, true),
        (503, true),
        (504, true),
        (505, false),
    ] {
        assert_eq!(
            Failure::Upstream {
                status,
                retry_after: None,
                text: String::new(),
            }
            .is_suspicious(),
            suspicious,
            "{status}"
        );
    }
}

#[test]
fn promise_26_which_failures_may_be_the_hosts() {
    for (status, hosts) in [
        (307, true),
        (308, true),
        (421, true),
        (403, true),
        (404, true),
        (408, true),
        (500, true),
        (503, true),
        (400, false),
        (401, false),
        (418, false),
        (423, false),
        (429, false),
        (200, false),
    ] {
        let failure = judge_login(answer(status, "")).unwrap_err();
        assert_eq!(failure.may_be_the_hosts(), hosts, "{status}");
    }
    for failure in [
        Failure::NotSent(String::new()),
        Failure::Lost(String::new()),
        Failure::TimedOut { sent: true },
    ] {
        assert!(failure.may_be_the_hosts(), "{failure:?}");
    }
    assert!(!Failure::Captcha.may_be_the_hosts());
}
