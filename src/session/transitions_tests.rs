//! What each answer does to the record.

use super::*;
use crate::{
    api::Environment,
    secret::Secret,
    session::{
        limits::{HOUR, Limits, MaxLogins, OnEviction},
        login_key::LoginKey,
        merge::merged,
        policy::{Decision, Requested, decide},
        reports::{TokenReport, after_report, claim_ticket},
        suspicion::BadAnswer,
        token::Token,
    },
};

#[path = "transitions_tests/doubts.rs"]
mod doubts;

fn record(now: Timestamp) -> Record {
    let key: LoginKey = serde_json::from_str("\"key\"").unwrap();
    let mut record = Record::empty(key, Environment::Demo);
    record.generation = 2.into();
    record.token = Some(Token {
        access_token: Secret::new("token"),
        md_access_token: None,
        expires_at: later(now, HOUR),
        expiration_time: String::new(),
        issued_at: now,
        lost: None,
    });
    record
}

fn limits() -> Limits {
    Limits {
        renew_before: HOUR / 4,
        on_eviction: OnEviction::Login,
        max_logins: MaxLogins { count: 3, within: HOUR },
    }
}

fn credentials() -> Credentials {
    serde_json::from_str(r#"{"name":"me","password":"pw"}"#).unwrap()
}

fn page(status: u16) -> Failure {
    Failure::Unintelligible {
        status,
        what: "no JSON object".into(),
    }
}

fn suspicious(endpoint: &str) -> TokenReport {
    TokenReport::Suspicious {
        endpoint: Some(endpoint.into()),
        was_good: false,
        answer: BadAnswer::Unauthorized,
    }
}

fn grant(now: Timestamp) -> Grant {
    Grant {
        access_token: Secret::new("renewed"),
        md_access_token: None,
        expires_at: later(now, 2 * HOUR),
        expiration_time: String::new(),
        user_id: None,
        hosts: vec![],
        text: Secret::new("{}"),
    }
}

#[test]
fn promise_26_what_a_told_host_answers_is_no_refusal_and_the_first_host_is_next() {
    let now: Timestamp = "2030-01-01T00:00:00Z".parse().unwrap();
    let origin = Origin::new(Environment::Demo, None).unwrap();
    let purpose = Environment::Demo.purpose();
    for failure in [
        Failure::NotFound(String::new()),
        Failure::Forbidden(String::new()),
        Failure::TimedOut { sent: true },
        Failure::NotSent(String::new()),
        Failure::WrongHost(421),
        Failure::Upstream {
            status: 503,
            retry_after: None,
            text: String::new(),
        },
        page(200),
        page(302),
        page(410),
    ] {
        let mut record = record(now);
        record.hosts.learn(origin.trusted([("demo", "old.tradovateapi.com")]));
        let told = AnswerContext {
            told_host: true,
            ..context(now, &origin)
        };
        after_renewal(&mut record, Err(&failure), told);
        assert!(!origin.is_told(purpose, &record.hosts), "{failure:?}");
        record.token = None;
        record.hosts = crate::api::Hosts::told(origin.trusted([("demo", "old.tradovateapi.com")]));
        before_call(&mut record, Call::Login, now);
        after_login(&mut record, Err(&failure), &credentials(), told);
        assert!(
            record.history.refusals.is_empty() && !origin.is_told(purpose, &record.hosts),
            "{failure:?}"
        );
    }
    let told = AnswerContext {
        told_host: true,
        ..context(now, &origin)
    };
    for failure in [
        Failure::Unauthorized(String::new()),
        Failure::BadRequest(String::new()),
        Failure::Denied(Denial::ExtraFactor, "none".into()),
    ] {
        let mut record = record(now);
        record.hosts.learn(origin.trusted([("demo", "old.tradovateapi.com")]));
        before_call(&mut record, Call::Login, now);
        assert!(
            !after_login(&mut record, Err(&failure), &credentials(), told),
            "{failure:?}"
        );
        assert!(record.refusal.is_none() && !origin.is_told(purpose, &record.hosts));
        // The first host refuses as well, and the told one again: both count now.
        before_call(&mut record, Call::Login, now);
        assert!(after_login(
            &mut record,
            Err(&failure),
            &credentials(),
            context(now, &origin)
        ));
        assert!(after_login(&mut record, Err(&failure), &credentials(), told));
    }
    let mut refused = record(now);
    before_call(&mut refused, Call::Login, now);
    let unauthorized = Failure::Unauthorized(String::new());
    after_login(&mut refused, Err(&unauthorized), &credentials(), context(now, &origin));
    assert_eq!(refused.refusal.map(|refusal| refusal.denial), Some(Denial::Credentials));
    let mut record = record(now);
    before_call(&mut record, Call::Login, now);
    let forbidden = Failure::Forbidden(String::new());
    after_login(&mut record, Err(&forbidden), &credentials(), context(now, &origin));
    assert_eq!(record.history.refusals, [now], "the first host's own word counts");
}

#[test]
fn promise_7_one_of_all_callers_takes_the_ticket_of_a_penalised_call() {
    let now: Timestamp = "2030-01-01T00:00:00Z".parse().unwrap();
    let (mut record, wait) = (record(now), 15 * LEAST_GAP);
    let penalised = TokenReport::Penalised {
        endpoint: "GET a/list".into(),
        ticket: Some(Secret::new("ticket")),
        wait,
    };
    assert!(after_report(&mut record, 0.into(), &penalised, now));
    assert!(claim_ticket(&mut record, "GET a/list", HOUR, now).is_none());
    assert!(claim_ticket(&mut record, "GET b/list", HOUR, later(now, wait)).is_none());
    let stop = TokenReport::Stopped(CooldownKind::LockedOut, wait + LEAST_GAP);
    let mut stopped = record.clone();
    assert!(after_report(&mut stopped, 0.into(), &stop, now));
    assert!(claim_ticket(&mut stopped, "GET a/list", HOUR, later(now, wait)).is_none());
    assert!(claim_ticket(&mut record, "GET a/list", HOUR, later(now, wait)).is_some());
    assert!(claim_ticket(&mut record, "GET a/list", HOUR, later(now, wait)).is_none());
    assert_eq!(record.penalties["GET a/list"].until, later(now, wait + HOUR));
    assert_eq!(
        record.penalties["GET a/list"].number, 2,
        "after the penalty that it ends"
    );
    let used = |ticket| TokenReport::TicketUsed {
        endpoint: "GET a/list".into(),
        ticket: Secret::new(ticket),
    };
    let again = TokenReport::TicketUnused {
        endpoint: "GET a/list".into(),
        ticket: Secret::new("ticket"),
    };
    assert!(after_report(&mut record, 0.into(), &again, later(now, wait)));
    assert!(
        !after_report(&mut record, 0.into(), &again, later(now, wait)),
        "it is there"
    );
    assert!(!after_report(&mut record, 0.into(), &used("another"), now));
    assert!(claim_ticket(&mut record, "GET a/list", HOUR, later(now, wait)).is_some());
    let used = used("ticket");
    assert!(after_report(&mut record, 0.into(), &used, now) && record.penalties.is_empty());
}

#[test]
fn promise_4_another_text_for_the_same_life_is_measured_by_the_whole_of_it() {
    let now: Timestamp = "2030-01-01T00:00:00Z".parse().unwrap();
    let origin = Origin::new(Environment::Demo, None).unwrap();
    let mut record = record(now);
    let mut same = grant(now);
    same.expires_at = later(now, HOUR);
    let late = later(now, HOUR.saturating_sub(300 * LEAST_GAP));
    assert!(!after_renewal(&mut record, Ok(&same), context(late, &origin)));
    same.access_token = Secret::new("another");
    same.expires_at = later(now, HOUR + 40 * LEAST_GAP);
    assert!(!after_renewal(&mut record, Ok(&same), context(late, &origin)));
}

#[test]
fn promise_3_the_answers_expiry_counts_though_it_is_earlier_and_the_text_the_same() {
    let now: Timestamp = "2030-01-01T00:00:00Z".parse().unwrap();
    let origin = Origin::new(Environment::Demo, None).unwrap();
    let mut record = record(now);
    let known = record.token.clone().unwrap();
    let mut answer = grant(now);
    answer.access_token = known.access_token.clone();
    answer.expires_at = known.expires_at;
    answer.hosts = vec![("demo".into(), "new.tradovateapi.com".into())];
    // Nothing new but a host: no new generation, and the host counts.
    assert!(!after_renewal(&mut record, Ok(&answer), context(now, &origin)));
    assert_eq!((record.generation, record.token.as_ref()), (2.into(), Some(&known)));
    assert_eq!(
        origin.host(Environment::Demo.purpose(), &record.hosts),
        "new.tradovateapi.com"
    );
    answer.expires_at = later(now, 100 * LEAST_GAP);
    assert!(!after_renewal(&mut record, Ok(&answer), context(now, &origin)));
    assert_eq!(record.good_token(now).unwrap().expires_at, answer.expires_at);
    // So does a market-data token that comes for the first time.
    answer.md_access_token = Some(Secret::new("md"));
    assert!(!after_renewal(&mut record, Ok(&answer), context(now, &origin)));
    assert_eq!(
        (record.generation, record.token.unwrap().md_access_token),
        (4.into(), answer.md_access_token)
    );
}

#[test]
fn promise_7_a_ticket_is_sent_once_whatever_is_answered() {
    let now: Timestamp = "2030-01-01T00:00:00Z".parse().unwrap();
    let origin = Origin::new(Environment::Demo, None).unwrap();
    let upstream = Failure::Upstream {
        status: 503,
        retry_after: None,
        text: String::new(),
    };
    for failure in [
        Failure::Unauthorized(String::new()),
        Failure::TimedOut { sent: true },
        Failure::LockedOut(HOUR),
        upstream,
    ] {
        let mut record = record(now);
        let ticket = Some(Secret::new("ticket"));
        record.cooldowns.insert(
            Scope::Renewal,
            Cooldown {
                ticket,
                ..Cooldown::new(CooldownKind::Penalty, now, Duration::ZERO)
            },
        );
        after_renewal(&mut record, Err(&failure), context(now, &origin));
        assert!(!record.cooldowns.contains_key(&Scope::Renewal), "{failure:?}");
    }
}

fn context(now: Timestamp, origin: &Origin) -> AnswerContext<'_> {
    AnswerContext {
        now,
        random: 0.5,
        salt: 0,
        origin,
        told_host: false,
    }
}

#[test]
fn promise_20_a_call_counts_from_the_time_that_its_answer_told() {
    let told: Timestamp = "2030-01-01T00:00:00Z".parse().unwrap();
    let origin = Origin::new(Environment::Demo, None).unwrap();
    let failure = Failure::Upstream {
        status: 503,
        retry_after: None,
        text: String::new(),
    };
    for believed in [later(told, 2 * HOUR), earlier(told, 2 * HOUR)] {
        let mut record = record(told);
        before_call(&mut record, Call::Renewal, believed);
        after_renewal(&mut record, Err(&failure), context(told, &origin));
        assert_eq!(record.history.renewals, [told]);
        assert_eq!(record.renewal.last_at, Some(told));
        record.token = None;
        before_call(&mut record, Call::Login, believed);
        after_login(
            &mut record,
            Err(&Failure::TimedOut { sent: true }),
            &credentials(),
            context(told, &origin),
        );
        assert_eq!(record.history.logins, [told]);
        assert!(matches!(
            decide(
                &record,
                later(told, 301 * LEAST_GAP),
                &limits(),
                Requested::default(),
                0.5
            ),
            Decision::Login
        ));
    }
}

#[test]
fn promise_20_a_token_tells_when_its_call_was_noted_by_the_clock_of_then() {
    let told: Timestamp = "2030-01-01T00:00:00Z".parse().unwrap();
    let believed = later(told, 2 * HOUR);
    let origin = Origin::new(Environment::Demo, None).unwrap();
    let mut renewed = record(told);
    before_call(&mut renewed, Call::Renewal, believed);
    after_renewal(&mut renewed, Ok(&grant(told)), context(told, &origin));
    let mut logged_in = record(told);
    logged_in.token = None;
    before_call(&mut logged_in, Call::Login, believed);
    after_login(&mut logged_in, Ok(&grant(told)), &credentials(), context(told, &origin));
    for record in [renewed, logged_in] {
        assert_eq!((record.generation, record.noted_at), (3.into(), Some(believed)));
    }
}

#[test]
fn promise_6_a_failed_calls_gap_is_not_shortened_by_what_dates_in_whole_seconds_do_not_tell() {
    let told: Timestamp = "2030-01-01T00:00:00Z".parse().unwrap();
    let origin = Origin::new(Environment::Demo, None).unwrap();
    let failure = Failure::Upstream {
        status: 504,
        retry_after: None,
        text: String::new(),
    };
    let milliseconds = Duration::from_millis;
    for (ahead, counts) in [(0, 0), (900, 900), (7_200_000, 0)] {
        let mut record = record(told);
        before_call(&mut record, Call::Renewal, later(told, milliseconds(ahead)));
        after_renewal(&mut record, Err(&failure), context(told, &origin));
        let last_at = record.renewal.last_at.unwrap();
        let noted = later(told, milliseconds(counts));
        assert!(
            last_at <= noted && last_at > earlier(noted, milliseconds(1)),
            "{ahead}: {last_at}"
        );
    }
}

#[test]
fn promise_6_a_call_whose_answer_nobody_knows_is_followed_by_the_least_gap() {
    let now: Timestamp = "2030-01-01T00:00:00Z".parse().unwrap();
    let mut record = record(now);
    record.token = None;
    before_call(&mut record, Call::Login, now);
    let at = |time| decide(&record, time, &limits(), Requested::default(), 0.5);
    assert!(matches!(at(now), Decision::Wait(hold) if hold.until == later(now, LEAST_GAP)));
    assert_eq!(at(later(now, LEAST_GAP)), Decision::Login);
}

#[test]
fn promise_6_the_back_off_doubles_with_jitter_and_is_never_under_a_second() {
    let most = |failures| back_off(failures, LONGEST_BACK_OFF, 1.0).as_secs();
    assert_eq!([1, 2, 3, 4, 5, 6, 60].map(most), [2, 4, 8, 16, 32, 60, 60]);
    assert_eq!(back_off(9, LONGEST_LOGIN_BACK_OFF, 1.0), LONGEST_LOGIN_BACK_OFF);
    for failures in [1, 5, u32::MAX] {
        assert_eq!(back_off(failures, LONGEST_BACK_OFF, 0.0), LEAST_GAP);
    }
}

#[test]
fn promise_6_of_two_calls_in_one_millisecond_both_are_counted() {
    let now: Timestamp = "2030-01-01T00:00:00Z".parse().unwrap();
    let mut records = [1, 2].map(|random| {
        let mut record = record(now);
        before_call(&mut record, Call::Renewal, moment(now, random));
        record
    });
    let stored = records[1].clone();
    let both = merged(&records[0], stored);
    assert_eq!(both.history.renewals.len(), 2);
    let most = records[0].history.renewals[0];
    assert!(most < now && most > earlier(now, Duration::from_millis(1)));
    records[0].prune(later(now, Duration::from_secs(3_601)));
    assert_eq!(records[0].history.renewals, []);
}

#[test]
fn promise_10_a_login_on_suspicion_that_opens_no_session_leaves_the_one_before_it_in_force() {
    let now: Timestamp = "2030-01-01T00:00:00Z".parse().unwrap();
    let origin = Origin::new(Environment::Demo, None).unwrap();
    let (mut record, before) = (record(now), earlier(now, HOUR / 12));
    record.suspicion.blind_login_at = Some(before);
    record
        .suspicion
        .raise(Some("GET a/list"), true, BadAnswer::Unauthorized, now);
    before_call(&mut record, Call::Login, now);
    assert_eq!(record.suspicion.blind_login_at, Some(now));
    let failure = Failure::RateLimited(LEAST_GAP);
    after_login(&mut record, Err(&failure), &credentials(), context(now, &origin));
    assert_eq!(record.suspicion.blind_login_at, Some(before));
}
