//! Hostile bytes at volume: what Tradovate may answer, and what may lie in a store. A short walk with a fixed seed is part of
//! every test run; `npm run fuzz` walks on for a minute each.

use std::{
    env, fs,
    path::Path,
    time::{Duration, Instant},
};

use fastrand::Rng;
use jiff::Timestamp;
use tradovate_session::{
    api::{
        Credentials, Environment, Failure, Origin, Shape, Unauthorized,
        answer::{Answer, judge_call, judge_login, judge_renewal},
    },
    secret::Secret,
    session::{
        login_key::LoginKey,
        record::Record,
        transitions::{AnswerContext, after_login, after_renewal},
    },
    store::{
        Entry, SealKey,
        envelope::{Content, Envelope},
    },
};

/// Steps of the short walk.
const STEPS: u32 = 20_000;
const STATUSES: [u16; 16] = [
    200, 201, 204, 301, 307, 400, 401, 403, 404, 408, 418, 423, 429, 500, 502, 504,
];
/// Pieces that the judged texts are made of.
const WORDS: [&str; 24] = [
    "accessToken",
    "expirationTime",
    "errorText",
    "p-ticket",
    "p-time",
    "p-captcha",
    "violations",
    "failureReason",
    "failureText",
    "message",
    "<html>",
    "apiHosts",
    "userStatus",
    "2030-01-01T01:20:00Z",
    "1e999",
    "-1",
    "9007199254740993",
    "\\ud800",
    "\\u0000",
    "null",
    "{}",
    "[]",
    "\u{feff}",
    "\"",
];

fn secrets() -> [Secret; 3] {
    ["tok-canary", "pw-canary", "ticket-canary"].map(Secret::new)
}

fn now() -> Timestamp {
    "2030-01-01T00:00:00Z".parse().unwrap()
}

fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(name);
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files.iter().map(|file| fs::read(file).unwrap()).collect()
}

/// Something near a text of the corpus: bytes changed, left out, doubled, or words put in.
fn near(corpus: &[Vec<u8>], rng: &mut Rng) -> Vec<u8> {
    let mut bytes = corpus[rng.usize(..corpus.len())].clone();
    for _ in 0..rng.usize(..6) {
        let at = rng.usize(..=bytes.len());
        let end = (at + rng.usize(..16)).min(bytes.len());
        match rng.u8(..6) {
            0 if at < bytes.len() => bytes[at] = rng.u8(..),
            1 => drop(bytes.drain(at..end)),
            2 => {
                let piece = bytes[at..end].to_vec();
                bytes.splice(at..at, piece);
            }
            3 => drop(bytes.splice(at..end, WORDS[rng.usize(..WORDS.len())].bytes())),
            4 => bytes.truncate(at),
            _ => {
                let other = &corpus[rng.usize(..corpus.len())];
                let from = rng.usize(..=other.len());
                bytes.splice(at..end, other[from..].iter().copied());
            }
        }
    }
    bytes
}

/// Takes steps for as long as is asked for by `TRADOVATE_FUZZ_SECONDS`, else a fixed number of the same ones each time.
#[allow(clippy::disallowed_methods)] // a stretch of real work
fn walk(mut step: impl FnMut(&mut Rng)) {
    let Some(seconds) = env::var("TRADOVATE_FUZZ_SECONDS").ok() else {
        let mut rng = Rng::with_seed(1);
        return (0..STEPS).for_each(|_| step(&mut rng));
    };
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let (mut rng, start, mut steps) = (Rng::with_seed(seed), Instant::now(), 0_u64);
    let lasts = Duration::from_secs(seconds.parse().expect("TRADOVATE_FUZZ_SECONDS is a number of seconds"));
    while start.elapsed() < lasts {
        step(&mut rng);
        steps += 1;
    }
    println!("{steps} steps");
}

fn credentials() -> Credentials {
    Credentials {
        name: "me".into(),
        password: Secret::new("pw-canary"),
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

fn key() -> LoginKey {
    LoginKey::of(&origin(), &credentials())
}

fn tells_no_secret(failure: &Failure) {
    let secrets = secrets();
    let told = failure
        .to_error("a call", Unauthorized::TokenOrPermission, now(), &secrets)
        .to_string();
    assert!(!secrets.iter().any(|secret| told.contains(secret.expose())), "{told}");
}

#[test]
fn no_answer_panics_tells_a_secret_or_costs_a_good_token() {
    let (corpus, credentials, origin) = (corpus("answers"), credentials(), origin());
    let mut good = Record::empty(key(), Environment::Demo);
    let granted = judge_login(Answer {
        status: 200,
        retry_after: None,
        body: br#"{"accessToken":"good","expirationTime":"2030-01-01T01:20:00Z"}"#,
    });
    let context = AnswerContext {
        now: now(),
        random: 0.5,
        salt: 7,
        origin: &origin,
        told_host: false,
    };
    after_login(&mut good, granted.as_ref(), &credentials, context);
    let order = Shape::of_answer_to("order/placeorder");
    let shapes = [
        Shape::List,
        Shape::Entity,
        Shape::EntityOrNone,
        order,
        Shape::Any,
        Shape::Raw,
    ];
    walk(|rng| {
        let body = near(&corpus, rng);
        let answer = Answer {
            status: STATUSES[rng.usize(..STATUSES.len())],
            retry_after: rng.bool().then(|| Duration::from_secs(rng.u64(..))),
            body: &body,
        };
        if let Err(failure) = judge_call(answer, shapes[rng.usize(..shapes.len())]) {
            tells_no_secret(&failure);
        }
        let login = judge_login(answer).and_then(|grant| grant.unexpired(now()));
        let renewal = judge_renewal(answer).and_then(|grant| grant.unexpired(now()));
        for failure in [&login, &renewal]
            .into_iter()
            .filter_map(|judged| judged.as_ref().err())
        {
            tells_no_secret(failure);
        }
        let (login, renewal) = (
            login.and_then(|grant| grant.unexpired(now())),
            renewal.and_then(|grant| grant.unexpired(now())),
        );
        let mut record = good.clone();
        after_renewal(&mut record, renewal.as_ref(), context);
        let lost = record.good_token(now()).is_none();
        assert!(!lost || matches!(renewal, Err(Failure::Unauthorized(_))), "{renewal:?}");
        assert!(record.generation >= good.generation);
        let mut record = good.clone();
        after_login(&mut record, login.as_ref(), &credentials, context);
        assert!(record.good_token(now()).is_some(), "{login:?}");
        assert!(!format!("{record:?}").contains(credentials.password.expose()));
    });
}

#[test]
fn no_stored_text_panics_and_what_is_read_is_written_the_same() {
    let corpus = corpus("records");
    let key: LoginKey = key();
    walk(|rng| {
        let bytes = near(&corpus, rng);
        let text = Secret::new(String::from_utf8_lossy(&bytes));
        let entry = Entry {
            revision: 1.into(),
            text,
        };
        match Record::decode(&entry, &key) {
            Ok(record) => {
                let again = Record::decode(&record.encode(), &key).expect("what was written can be read");
                assert_eq!(again, record);
            }
            Err(error) => assert!(!error.to_string().contains("canary"), "{error}"),
        }
    });
}

#[test]
fn no_file_panics_and_a_sealed_one_that_was_changed_is_never_taken() {
    let plain = Envelope::new(None);
    let [sealed, other] = [3, 4].map(|byte| Envelope::new(Some(SealKey::new(&[byte; 32]))));
    let entry = Entry {
        revision: 7.into(),
        text: Secret::new("{\"token\":\"tok-canary\"}"),
    };
    let corpus = [&sealed, &plain].map(|envelope| envelope.wrap("a-key", &entry).unwrap().to_vec());
    walk(|rng| {
        let bytes = near(&corpus, rng);
        if let Ok(Content::Intact(found)) = sealed.unwrap("a-key", &bytes) {
            assert_eq!((&found, &bytes), (&entry, &corpus[0]), "a changed seal was taken");
        }
        assert!(!matches!(other.unwrap("a-key", &bytes), Ok(Content::Intact(_))));
        assert!(!matches!(sealed.unwrap("another", &bytes), Ok(Content::Intact(_))));
        if let Err(error) = plain.unwrap("a-key", &bytes) {
            assert!(!error.to_string().contains("canary"), "{error}");
        }
    });
}
