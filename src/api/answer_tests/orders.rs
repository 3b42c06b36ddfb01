//! What became of an order, or of another call, by its answer.

use super::*;

#[test]
fn promise_27_an_order_refused_in_a_200_is_an_error_and_any_other_answer_is_not() {
    let refused = |body: &str| judge_call(answer(200, body), Shape::Any);
    for (body, reason, words) in [
        (
            r#"{"failureReason":"UnknownReason","failureText":"Access is denied"}"#,
            "UnknownReason",
            "order: Tradovate says: UnknownReason: Access is denied",
        ),
        (
            r#"{"failureReason":"TooLate","accountId":7}"#,
            "TooLate",
            "order: Tradovate says: TooLate",
        ),
        (
            r#"{"failureReason":"success"}"#,
            "success",
            "order: Tradovate says: success",
        ),
    ] {
        let error = refused(body)
            .unwrap_err()
            .to_error("order", Unauthorized::TokenOrPermission, now(), []);
        assert_eq!(error.failure_reason(), Some(reason), "{body}");
        assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Rejected, words));
    }
    for body in [
        r#"{"failureReason":"Success","orderId":7}"#,
        r#"{"failureReason":"","orderId":7}"#,
        r#"{"failureReason":null,"failureText":"x"}"#,
        r#"{"failureText":"x"}"#,
        r#"{"id":1,"note":{"failureReason":"TooLate"}}"#,
        r#"[{"failureReason":"TooLate"}]"#,
    ] {
        assert_eq!(refused(body).as_deref(), Ok(body));
    }
}

#[test]
fn promise_27_what_became_of_an_order_is_unknown_where_its_refusal_has_the_id_of_an_order() {
    let refusals = [
        (ErrorKind::Rejected, r#""failureReason":"X""#, "X"),
        (ErrorKind::Rejected, r#""errorText":"X""#, "X"),
        (ErrorKind::Violation, r#""violations":[{"description":"X"}]"#, "X"),
    ];
    let ids = [
        ("order/placeorder", r#""orderId":7"#),
        ("order/placeoco", r#""ocoId":7"#),
        ("order/placeoso", r#""oso1Id":7"#),
        ("order/placeoso", r#""oso2Id":7"#),
        ("order/liquidateposition", r#""orderId":7"#),
        ("order/modifyorder", r#""commandId":7"#),
        ("order/cancelorder", r#""commandId":7"#),
        ("orderStrategy/startorderstrategy", r#""orderStrategy":{"id":7}"#),
        ("orderStrategy/interruptorderstrategy", r#""orderStrategyId":7"#),
    ];
    let told = |status, path: &str, body: &str| {
        let failure = judge_call(answer(status, body), Shape::of_answer_to(path)).unwrap_err();
        failure.to_error("order", Unauthorized::TokenOrPermission, now(), [])
    };
    for (kind, refusal, words) in refusals {
        for (path, id) in ids {
            let error = told(200, path, &format!("{{{refusal},{id}}}"));
            assert_eq!(
                (error.kind(), error.outcome()),
                (kind, Some(Outcome::Unknown)),
                "{path} {id}"
            );
            let text = error.to_string();
            let ending = format!("{words}; its answer also has the id of an order");
            assert!(text.ends_with(&ending), "{text}");
        }
        for id in [
            r#""orderId":0"#,
            r#""orderId":null"#,
            r#""accountId":7"#,
            r#""orderStrategy":{}"#,
        ] {
            let error = told(200, "order/placeorder", &format!("{{{refusal},{id}}}"));
            assert_eq!((error.kind(), error.outcome()), (kind, Some(Outcome::Answered)), "{id}");
        }
    }
    for status in [400, 422] {
        let error = told(status, "order/placeorder", r#"{"errorText":"X","orderId":7}"#);
        assert_eq!(error.outcome(), Some(Outcome::Unknown), "{status}");
    }
}

#[test]
fn promise_27_an_order_that_is_answered_without_its_id_and_without_a_refusal_is_unknown() {
    for (path, good, id, advice) in [
        (
            "order/placeorder",
            r#"{"orderId":7}"#,
            "orderId",
            "clOrdId before you place another",
        ),
        (
            "order/placeOCO",
            r#"{"orderId":7,"ocoId":8}"#,
            "orderId",
            "clOrdId before you place another",
        ),
        (
            "order/placeoso",
            r#"{"orderId":7,"oso1Id":8}"#,
            "orderId",
            "clOrdId before you place another",
        ),
        (
            "order/modifyorder",
            r#"{"failureReason":"Success","commandId":7}"#,
            "commandId",
            "look at the order",
        ),
        (
            "order/cancelorder",
            r#"{"commandId":9007199254740993}"#,
            "commandId",
            "look at the order",
        ),
        (
            "orderStrategy/startOrderStrategy",
            r#"{"orderStrategy":{"id":7,"status":"ActiveStrategy"}}"#,
            "orderStrategy.id",
            "uuid before you start another",
        ),
    ] {
        let judged = |body: &str| judge_call(answer(200, body), Shape::of_answer_to(path));
        assert_eq!(judged(good).as_deref(), Ok(good), "{path}");
        for body in [
            "{}",
            r#"{"failureReason":""}"#,
            r#"{"failureReason":"Success"}"#,
            r#"{"errorText":""}"#,
            r#"{"orderId":null,"commandId":null,"orderStrategy":null}"#,
            r#"{"orderId":"","commandId":0,"orderStrategy":{"status":"x"}}"#,
            r#"{"orderId":{},"commandId":[1],"orderStrategy":7}"#,
            r#"[{"orderId":7,"commandId":7,"orderStrategy":{"id":7}}]"#,
            "[]",
            "\"x\"",
            "7",
            "null",
            "true",
            "",
            " ",
            "<html>",
            "{\"orderId\":",
        ] {
            let failure = judged(body).expect_err(body);
            let error = failure.to_error(path, Unauthorized::TokenOrPermission, now(), []);
            assert_eq!(
                (error.kind(), error.outcome(), error.status()),
                (ErrorKind::Protocol, Some(Outcome::Unknown), Some(200)),
                "{path} {body}"
            );
            assert!(error.to_string().contains(advice), "{error}");
        }
        let lone = format!(r#"{{"failureText":"{}"}}"#, "x".repeat(400));
        for (body, words) in [("{}", ""), (&*lone, "; it says: xxxx")] {
            let error = judged(body)
                .unwrap_err()
                .to_error(path, Unauthorized::TokenOrPermission, now(), [])
                .to_string();
            assert!(
                error.contains(&format!("neither {id} nor a refusal; "))
                    && error.contains(advice)
                    && error.contains(words),
                "{error}"
            );
        }
        for (body, kind_of) in [
            (r#"{"failureReason":"TooLate"}"#, ErrorKind::Rejected),
            (r#"{"errorText":"no"}"#, ErrorKind::Rejected),
            (r#"{"violations":[{"description":"x"}]}"#, ErrorKind::Violation),
            (r#"{"p-ticket":"t","p-time":15}"#, ErrorKind::Penalty),
        ] {
            assert_eq!(kind(judged(body)), kind_of, "{path} {body}");
        }
    }
    for path in ["order/liquidateposition", "order/liquidatepositions", "order/list"] {
        for body in ["{}", "", "[]", r#"{"ok":true}"#] {
            assert_eq!(
                judge_call(answer(200, body), Shape::of_answer_to(path)).as_deref(),
                Ok(body)
            );
        }
    }
}

#[test]
fn promise_27_what_became_of_a_call_that_was_answered() {
    use Outcome::{Answered, Unknown};
    for (status, body, outcome) in [
        (200, r#"{"errorText":"no"}"#, Answered),
        (200, r#"{"failureReason":"TooLate"}"#, Answered),
        (200, r#"{"p-ticket":"t","p-time":15}"#, Answered),
        (200, r#"{"p-captcha":true}"#, Answered),
        (200, r#"{"violations":[{"description":"name is too long"}]}"#, Answered),
        (307, "", Answered),
        (308, "", Answered),
        (421, "", Answered),
        (400, "", Answered),
        (400, "Missing or malformed parameter: id", Answered),
        (401, "", Answered),
        (403, "", Answered),
        (404, "<html>", Answered),
        (418, "", Answered),
        (423, "", Answered),
        (429, "", Answered),
        (200, "<html>", Unknown),
        (200, "{\"orderId\":", Unknown),
        (302, "", Unknown),
        (408, "", Unknown),
        (500, "", Unknown),
        (502, "", Unknown),
        (503, "Service Unavailable", Unknown),
        (504, "", Unknown),
    ] {
        let failure = judge_call(answer(status, body), Shape::Any).unwrap_err();
        assert_eq!(failure.outcome(), outcome, "{status} {body}");
        let error = failure.to_error("call", Unauthorized::TokenOrPermission, now(), []);
        assert_eq!(error.outcome(), Some(outcome), "{status} {body}");
    }
}

#[test]
fn what_is_passed_on_as_it_came_counts_for_what_it_says_of_a_failure_and_for_nothing_else() {
    let judged = |status, body| judge_call(answer(status, body), Shape::Raw);
    for body in [
        "",
        "id;name\n1;a",
        "{",
        "[{\"p-ticket\":\"t\"}]",
        "{\"id\":1}",
        "\"failureReason\"",
    ] {
        assert_eq!(judged(200, body), Ok(String::new()), "{body}");
    }
    let penalty = r#"{"p-ticket":"t","p-time":15}"#;
    let refused = r#"{"failureReason":"TooLate"}"#;
    assert_eq!(kind(judged(200, penalty)), ErrorKind::Penalty);
    assert_eq!(kind(judged(200, refused)), ErrorKind::Rejected);
    assert_eq!(kind(judged(401, "")), ErrorKind::Unauthorized);
    assert_eq!(kind(judged(503, penalty)), ErrorKind::Http);
}
