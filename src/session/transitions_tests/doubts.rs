//! Callers' reports, and how renewals settle the doubts that these raise.

use super::*;

#[test]
fn promise_11_only_a_rejection_of_the_present_generation_counts() {
    let now: Timestamp = "2030-01-01T00:00:00Z".parse().unwrap();
    let mut record = record(now);
    for generation in [0, 1, 3] {
        let before = record.clone();
        assert!(!after_report(
            &mut record,
            generation.into(),
            &suspicious("GET a/list"),
            now
        ));
        assert_eq!(record, before);
    }
    assert!(after_report(&mut record, 2.into(), &suspicious("GET a/list"), now));
    assert_eq!(
        (record.suspicion.probes, record.token.as_ref().unwrap().lost),
        (Some(0), None)
    );
    let told_twice = after_report(&mut record, 2.into(), &suspicious("GET a/list"), now);
    assert!(!told_twice);
}

#[test]
fn promise_10_a_refused_probe_is_the_eviction_and_a_renewed_one_the_endpoints_own_refusal() {
    let now: Timestamp = "2030-01-01T00:00:00Z".parse().unwrap();
    let origin = Origin::new(Environment::Demo, None).unwrap();
    for refused in [
        Failure::Unauthorized(String::new()),
        Failure::BadRequest("Expired Access Token".into()),
        Failure::Rejected("Access is denied".into()),
    ] {
        let mut record = record(now);
        after_report(&mut record, 2.into(), &suspicious("GET a/list"), now);
        after_renewal(&mut record, Err(&refused), context(now, &origin));
        assert_eq!(record.token.as_ref().unwrap().lost, Some(Loss::Evicted), "{refused:?}");
        assert!(record.suspicion.own.is_empty() && record.suspicion.endpoints.is_empty());
    }
    let mut record = record(now);
    let mut pauses = Vec::new();
    let mut at = now;
    for generation in 2..12 {
        after_report(&mut record, generation.into(), &suspicious("GET a/list"), at);
        assert_eq!(record.suspicion.probes, Some(0));
        after_renewal(&mut record, Ok(&grant(at)), context(at, &origin));
        let until = record.suspicion.own["GET a/list"].until;
        pauses.push(crate::clock::until(at, until).as_secs() / 60);
        let before = record.clone();
        let known = after_report(
            &mut record,
            (generation + 1).into(),
            &suspicious("GET a/list"),
            earlier(until, LEAST_GAP),
        );
        assert!(!known && record == before, "asked on, and costs nothing");
        at = until;
    }
    assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60, 60, 60]);
    let outage = TokenReport::Suspicious {
        endpoint: Some("GET a/list".into()),
        was_good: false,
        answer: BadAnswer::Outage,
    };
    assert!(
        after_report(&mut record.clone(), 12.into(), &outage, at),
        "no permission lacks in an outage"
    );
    let accepted = TokenReport::Accepted {
        endpoint: "GET a/list".into(),
        in_doubt: false,
    };
    assert!(after_report(&mut record, 12.into(), &accepted, at) && record.suspicion.own.is_empty());
}

#[test]
fn promise_10_an_answer_that_was_asked_for_in_doubt_settles_it_for_the_others_endpoints() {
    let now: Timestamp = "2030-01-01T00:00:00Z".parse().unwrap();
    let mut record = record(now);
    after_report(&mut record, 2.into(), &suspicious("GET a/list"), now);
    after_report(&mut record, 2.into(), &suspicious("GET b/list"), now);
    let accepted = TokenReport::Accepted {
        endpoint: "GET b/list".into(),
        in_doubt: true,
    };
    assert!(after_report(&mut record, 2.into(), &accepted, now));
    assert_eq!(record.suspicion.probes, None);
    assert_eq!(record.suspicion.own.keys().collect::<Vec<_>>(), ["GET a/list"]);
}

#[test]
fn promise_10_a_suspicion_soon_after_a_probe_waits_its_turn() {
    let now: Timestamp = "2030-01-01T00:00:00Z".parse().unwrap();
    let origin = Origin::new(Environment::Demo, None).unwrap();
    let mut record = record(now);
    after_report(&mut record, 2.into(), &suspicious("GET a/list"), now);
    after_renewal(&mut record, Ok(&grant(now)), context(now, &origin));
    let soon = later(now, LEAST_GAP);
    assert!(after_report(&mut record, 3.into(), &suspicious("GET b/list"), soon));
    let decision = |at| decide(&record, at, &limits(), Requested::default(), 0.5);
    let Decision::Serve { until, held: Some(_) } = decision(soon) else {
        panic!("{:?}", decision(soon));
    };
    assert_eq!(until, later(now, 5 * LEAST_GAP));
    assert_eq!(decision(until), Decision::Renew);
}
