use super::*;
use crate::{
    api::{Credentials, Denial, HostPurpose},
    session::suspicion::BadAnswer,
};

fn credentials(name: &str, password: &str) -> Credentials {
    Credentials {
        name: name.into(),
        password: Secret::new(password),
        app_id: None,
        app_version: None,
        device_id: None,
        cid: None,
        sec: None,
    }
}

fn origin() -> Origin {
    Origin::new(Environment::Demo, None).unwrap()
}

fn token(life_seconds: i64) -> Token {
    Token {
        access_token: Secret::new("tok-canary"),
        md_access_token: None,
        expires_at: Timestamp::from_second(1_000_000 + life_seconds).unwrap(),
        expiration_time: String::new(),
        issued_at: Timestamp::from_second(1_000_000).unwrap(),
        lost: None,
    }
}

#[test]
fn a_grant_keeps_what_it_does_not_bring() {
    let mut record = Record::empty(LoginKey::of(&origin(), &credentials("me", "")), Environment::Demo);
    let mut grant = Grant {
        access_token: Secret::new("one"),
        md_access_token: Some(Secret::new("md")),
        expires_at: token(10).expires_at,
        expiration_time: "t".into(),
        user_id: Some(7),
        hosts: vec![
            ("demo".into(), "demo-2.tradovateapi.com".into()),
            ("live".into(), "evil.example".into()),
        ],
        text: Secret::new("{}"),
    };
    record.grant(&grant, &origin(), token(10).issued_at, Granted::ByLogin);
    grant = Grant {
        access_token: Secret::new("two"),
        md_access_token: None,
        user_id: None,
        hosts: vec![],
        ..grant
    };
    record.grant(&grant, &origin(), token(10).issued_at, Granted::ByRenewal);
    let token = record.token.as_ref().unwrap();
    assert_eq!((record.generation, record.user_id), (2.into(), Some(7)));
    assert_eq!(token.access_token.expose(), "two");
    assert_eq!(token.md_access_token.as_ref().unwrap().expose(), "md");
    assert!(record.hosts.get(HostPurpose::Demo).is_some() && record.hosts.get(HostPurpose::Live).is_none());
    record.grant(
        &grant,
        &origin(),
        record.token.as_ref().unwrap().issued_at,
        Granted::ByLogin,
    );
    assert_eq!(record.token.as_ref().unwrap().md_access_token, None);
}

#[test]
fn another_form_and_another_login_are_told_apart_from_garbage() {
    let record = Record::empty(LoginKey::of(&origin(), &credentials("me", "")), Environment::Demo);
    let other = LoginKey::of(&origin(), &credentials("you", ""));
    let kind = |text: &str, key| {
        let entry = Entry {
            revision: 1.into(),
            text: Secret::new(text),
        };
        Record::decode(&entry, key).unwrap_err().kind()
    };
    let text = record.encode().text;
    assert_eq!(kind(text.expose(), &other), ErrorKind::StoreMismatch);
    assert_eq!(kind("{\"schema\":2}", &record.key), ErrorKind::StoreMismatch);
    for garbage in ["", "{", "null", "{\"schema\":1}"] {
        assert_eq!(kind(garbage, &record.key), ErrorKind::Store, "{garbage}");
    }
}

#[test]
fn a_record_survives_being_written_and_shows_no_secret() {
    let mut record = Record::empty(LoginKey::of(&origin(), &credentials("me", "")), Environment::Demo);
    record.token = Some(token(10));
    let ticket = Some(Secret::new("ticket-canary"));
    let until = token(10).expires_at;
    record.cooldowns.insert(
        Scope::Login,
        Cooldown {
            until,
            ticket,
            ..Cooldown::new(CooldownKind::Penalty, until, Duration::ZERO)
        },
    );
    let entry = record.encode();
    assert_eq!(Record::decode(&entry, &record.key).unwrap(), record);
    assert!(!format!("{record:?} {entry:?}").contains("canary"));
}

#[test]
fn promise_18_a_record_of_all_that_it_can_remember_fits_its_file() {
    let mut record = Record::empty(LoginKey::of(&origin(), &credentials("me", "")), Environment::Demo);
    let now = token(10).expires_at;
    let long = |length| Secret::new("x".repeat(length));
    record.token = Some(Token {
        access_token: long(8_192),
        md_access_token: Some(long(8_192)),
        ..token(10)
    });
    let penalty = Cooldown {
        ticket: Some(long(2_048)),
        credentials: Some(Fingerprint::new(&credentials("me", ""), 7)),
        ..Cooldown::new(CooldownKind::Penalty, now, Duration::ZERO)
    };
    for scope in [Scope::Login, Scope::Renewal] {
        record.cooldowns.insert(scope, penalty.clone());
    }
    for number in 0..200 {
        let endpoint = format!("GET {number:092}");
        record.penalise(&endpoint, penalty.clone());
        let answer = if number % 2 == 0 {
            BadAnswer::Unauthorized
        } else {
            BadAnswer::Outage
        };
        record.suspicion.raise(Some(&endpoint), false, answer, now);
        record.suspicion.settle(now);
    }
    for number in 200..300 {
        record
            .suspicion
            .raise(Some(&format!("GET {number:092}")), false, BadAnswer::Unauthorized, now);
        record.history.logins.push(now);
    }
    let length = record.encode().text.expose().len();
    assert!(length < 60 * 1024, "{length}");
}

#[test]
fn promise_20_a_back_off_ends_soon_though_one_wrong_clock_after_the_other_has_dated_it() {
    let mut record = Record::empty(LoginKey::of(&origin(), &credentials("me", "")), Environment::Demo);
    let now = token(0).issued_at;
    let ahead = |hours| later(now, HOUR * hours);
    record.login.last_at = Some(ahead(7));
    for now in [ahead(3), now] {
        assert!(record.is_ahead(now) && record.end_future_backoffs(now));
        assert_eq!(record.login.not_before, Some(later(now, LEAST_GAP)));
    }
    assert!(!record.is_ahead(now) && !record.end_future_backoffs(now));
}

#[test]
fn promise_20_a_stop_that_was_noted_ahead_is_seen_to_be() {
    let now = token(0).issued_at;
    let is_ahead = |by| {
        let mut record = Record::empty(LoginKey::of(&origin(), &credentials("me", "")), Environment::Demo);
        record.stop(CooldownKind::RateLimited, HOUR, later(now, by));
        record.is_ahead(now)
    };
    assert_eq!([HOUR * 2, AHEAD].map(is_ahead), [true, false]);
}

#[test]
fn promise_20_what_was_written_under_a_clock_that_was_ahead_counts_from_now_on() {
    let mut record = Record::empty(LoginKey::of(&origin(), &credentials("me", "")), Environment::Demo);
    let now = token(0).issued_at;
    let ahead = |seconds| later(now, Duration::from_secs(seconds));
    record.history.renewals = vec![earlier(now, HOUR / 2), ahead(7_200), ahead(7_201)];
    record.login.last_at = Some(ahead(7_200));
    record.suspicion.blind_login_at = Some(ahead(7_200));
    record.refusal = Some(Refusal {
        fingerprint: Fingerprint::new(&credentials("me", ""), 1),
        before: Vec::new(),
        until: ahead(3 * 3_600),
        denial: Denial::Credentials,
        text: String::new(),
    });
    let stop = |noted_at| Cooldown::new(CooldownKind::LockedOut, noted_at, HOUR);
    record.cooldowns.insert(Scope::All, stop(ahead(7_200)));
    record.cooldowns.insert(Scope::Login, stop(ahead(30)));
    record.penalise("GET a", stop(ahead(7_200)));
    assert!(record.is_ahead(now) && record.reconcile(now) && !record.is_ahead(now));
    assert_eq!(record.cooldowns[&Scope::All], stop(now));
    assert_eq!(
        record.cooldowns[&Scope::Login],
        stop(ahead(30)),
        "within what clocks differ by"
    );
    assert_eq!(record.penalties["GET a"], Cooldown { number: 1, ..stop(now) });
    // Two calls are still two where lists are united.
    let ms = Duration::from_millis(1);
    assert_eq!(record.history.renewals, [earlier(now, HOUR / 2), earlier(now, ms), now]);
    assert_eq!(record.login.last_at, Some(now));
    assert_eq!(
        record.login.not_before,
        Some(later(now, LEAST_GAP)),
        "never under 1 s apart"
    );
    assert_eq!(record.suspicion.blind_login_at, Some(now));
    assert!(record.refusal.unwrap().until <= later(now, HOUR + AHEAD));
}
