//! The texts of failures: what of an answer's own words they repeat, and what never.

use super::*;

#[test]
fn promise_27_the_words_of_a_refusal_reach_the_caller_and_pages_and_binary_do_not() {
    let plain = "Missing or malformed parameter: id";
    for (body, words) in [
        (plain.as_bytes(), plain),
        (b"\xef\xbb\xbf Access is denied \r\n", "Access is denied"),
        (br#"{"errorText":"no symbol","message":"other"}"#, "no symbol"),
        (br#"{"errorText":"","failureText":"too late"}"#, "too late"),
        (br#"{"message":"Forbidden","code":7}"#, "Forbidden"),
        (br#""quoted""#, "quoted"),
        ("[id] fehlt: Zoë".as_bytes(), "[id] fehlt: Zoë"),
        (b"Symbol \xfc unknown", "Symbol \u{fffd} unknown"),
        (b"", ""),
        (b" \n", ""),
        (b"<html><body>404 Not Found</body></html>", ""),
        (b" <!DOCTYPE html>", ""),
        (b"\x1f\x8b\x08\x00\x00", ""),
        (b"\xff\xfe\xfd\xfc", ""),
        (b"{}", ""),
        (b"{\"errorText\":\"cut", ""),
        (b"{\"errorText\":{}}", ""),
        (b"[1]", ""),
        (b"null", ""),
    ] {
        for status in [400, 401, 403, 404, 408, 422, 502] {
            let answer = Answer {
                status,
                retry_after: None,
                body,
            };
            let failure = judge_call(answer, Shape::Any).unwrap_err();
            let shown = String::from_utf8_lossy(body);
            let error = failure.to_error("order/placeorder", Unauthorized::TokenOrPermission, now(), []);
            if words.is_empty() {
                assert!(
                    error.to_string().contains(&format!("answered HTTP {status}")),
                    "{status} {shown}: {error}"
                );
            } else {
                assert!(error.to_string().ends_with(words), "{status} {shown}: {error}");
            }
            // A 422 in the words of an `errorText` is Tradovate's own.
            if !matches!(failure, Failure::Rejected(_)) {
                assert_eq!(error.status(), Some(status), "{status} {shown}");
            }
            let silent = failure.is_of_a_retired_host();
            let may_be_the_hosts = match status {
                403 | 404 => words.is_empty(),
                422 => matches!(failure, Failure::Unintelligible { .. }),
                _ => false,
            };
            assert_eq!(silent, may_be_the_hosts, "{status} {shown}");
        }
    }
}

#[test]
fn promise_27_a_long_text_is_cut_and_cleaned_of_secrets() {
    let token = Secret::new("tok-canary");
    let text = format!("tok-canary\u{7}is dead {}", "x".repeat(10_000));
    for status in [400, 401, 403, 404] {
        let failure = judge_call(answer(status, &text.replace('\u{7}', "\n")), Shape::Any).unwrap_err();
        let error = failure
            .to_error("call", Unauthorized::TokenOrPermission, now(), [&token])
            .to_string();
        assert!(error.contains("[redacted] is dead xxx"), "{error}");
        assert!(error.len() < 420 && !error.contains("canary"), "{error}");
    }
}

#[test]
fn promise_25_no_error_repeats_what_was_sent_or_granted() {
    let password = Secret::new("pw-canary");
    for body in [
        r#"{"errorText":"wrong: pw-canary"}"#,
        r#"{"violations":[{"value":"pw-canary","description":"pw-canary is weak"}]}"#,
        r#"{"p-ticket":"ticket-canary","p-time":3}"#,
        r#"{"secretField":"value-canary"}"#,
        r#"{"accessToken":"tok-canary"}"#,
        r#"{"accessToken":"tok-canary","expirationTime":"exp-canary"}"#,
        r#"{"canary secret name":1}"#,
    ] {
        let failure = login(body).unwrap_err();
        let error = failure.to_error("login", Unauthorized::TokenOrPermission, now(), [&password]);
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("canary"), "{body}: {shown}");
    }
}

#[test]
fn a_404_at_a_base_url_that_does_not_end_in_v1_says_how_it_ends() {
    let told = |status, base| {
        let failure = judge_login(answer(status, "")).unwrap_err();
        failure
            .to_token_error("login", Unauthorized::Login, base, now(), [])
            .to_string()
    };
    let there_is_nothing = "login: Tradovate answered HTTP 404: there is no such thing";
    assert_eq!(
        told(404, "http://127.0.0.1:4010"),
        format!("{there_is_nothing}; check `baseUrl`: it ends in /v1")
    );
    assert_eq!(told(404, "http://127.0.0.1:4010/v1"), there_is_nothing);
    assert_eq!(told(503, "http://127.0.0.1:4010"), "login: Tradovate answered HTTP 503");
}

#[test]
fn promise_27_a_login_that_is_answered_401_speaks_of_no_token() {
    let told = |body| {
        let failure = judge_login(answer(401, body)).unwrap_err();
        failure
            .to_token_error("login", Unauthorized::Login, "https://demo/v1", now(), [])
            .to_string()
    };
    assert_eq!(told("no"), "login: this login is refused; Tradovate says: no");
    assert_eq!(told(""), "login: Tradovate answered HTTP 401: this login is refused");
}

#[test]
fn promise_27_a_renewal_that_is_answered_401_speaks_of_a_login_elsewhere() {
    let failure = judge_renewal(answer(401, "Access is denied")).unwrap_err();
    assert_eq!(
        failure
            .to_token_error("renewal", Unauthorized::Renewal, "https://demo/v1", now(), [])
            .to_string(),
        "renewal: the token is no longer good: a login elsewhere has closed the session, or it has expired; Tradovate says: \
         Access is denied"
    );
}
