//! Errors, events and statuses as JSON for the facade, with times as this machine's clock shows them.

use std::time::Duration;

use jiff::Timestamp;
use napi_derive::napi;
use serde_json::{Map, Value, json};

use crate::{
    clock::ServerClock,
    error::{Error, ErrorKind},
    session::{
        Session,
        address::AddressCounts,
        budget::Budget,
        events::{CallBegin, CallEnd, Event},
        token::{Generation, Token},
        view::{State, View},
    },
    trace::Notes,
};

/// Every error as `{ code, class, needsPerson }`. Tests compare the facade, its declarations and docs/errors.md with it.
#[napi]
pub fn error_catalogue() -> String {
    let row = |kind: &ErrorKind| json!({ "code": kind.code(), "class": kind.class().as_str(), "needsPerson": kind.needs_person() });
    ErrorKind::ALL.iter().map(row).collect::<Value>().to_string()
}

/// An error as data. Without a clock its times are taken as local.
pub fn error_value(error: &Error, clock: Option<&ServerClock>) -> Value {
    let mut value = Map::new();
    value.insert("code".into(), error.code().into());
    value.insert("message".into(), error.to_string().into());
    value.insert("needsPerson".into(), error.needs_person().into());
    let mut add = |name: &str, field: Option<Value>| {
        if let Some(field) = field {
            value.insert(name.into(), field);
        }
    };
    add("status", error.status().map(Value::from));
    add("failureReason", error.failure_reason().map(Value::from));
    add("outcome", error.outcome().map(|outcome| outcome.as_str().into()));
    add("retryAt", error.retry_at().map(|at| local(at, clock)));
    add("thrown", error.thrown().map(Value::from));
    add("cause", error.cause().map(|cause| error_value(cause, clock)));
    Value::Object(value)
}

/// An event of a session.
pub fn event_value(session: &Session, event: &Event) -> Value {
    match event {
        Event::Token {
            token,
            generation,
            user_id,
            how,
        } => {
            json!({ "type": "token", "how": how.as_str(), "token": token_value(token, *generation, *user_id) })
        }
        Event::State(state) => json!({ "type": "status", "status": status_value(session, &session.view(), *state) }),
        Event::Warning(error) => json!({ "type": "warning", "error": error_value(error, Some(session.clock())) }),
        Event::CallBegun(CallBegin { call, base, at }) => json!({
            "type": "callBegun",
            "operation": call.as_str(),
            "environment": session.origin().environment().as_str(),
            "url": base,
            "startedAt": at.as_millisecond(),
        }),
        Event::CallEnded(CallEnd {
            call,
            notes,
            took,
            user_id,
            error,
        }) => json!({
            "type": "callEnded",
            "operation": call.as_str(),
            "notes": notes_value(notes),
            "durationMs": milliseconds(*took),
            "userId": user_id,
            "error": error.as_ref().map(|error| error_value(error, Some(session.clock()))),
        }),
    }
}

/// A session's status, in the given state.
pub fn status_value(session: &Session, view: &View, state: State) -> Value {
    let counts = view.counts;
    let mut status = standing_value(view, state, session.clock());
    status["logins"] = counts.logins.into();
    status["renewals"] = counts.renewals.into();
    status["adoptions"] = counts.adoptions.into();
    status["failures"] = counts.failures.into();
    let AddressCounts {
        logins,
        renewals,
        refused_logins,
        overfull,
    } = view.address;
    status["address"] = json!({
        "logins": logins, "renewals": renewals, "refusedLogins": refused_logins, "overfull": overfull,
    });
    let Budget { logins, renewals } = view.budget(session.clock().now());
    status["budget"] = json!({ "logins": logins, "renewals": renewals });
    status
}

/// The status of a login, without one session's counts.
pub fn standing_value(view: &View, state: State, clock: &ServerClock) -> Value {
    let now = clock.now();
    let mut status = json!({
        "state": state.as_str(),
        "environment": view.record.environment.as_str(),
        "generation": view.record.generation,
        "clockOffsetMs": clock.offset_ms(),
    });
    let clock = Some(clock);
    let mut add = |name: &str, field: Option<Value>| {
        if let Some(field) = field {
            status[name] = field;
        }
    };
    let token = view.record.good_token(now);
    add("userId", view.record.user_id.map(Value::from));
    add("expiresAt", token.map(|token| local(token.expires_at, clock)));
    add("renewsAt", token.and(view.renews_at).map(|at| local(at, clock)));
    add("retryAt", view.retry_at(now).map(|at| local(at, clock)));
    add("reason", view.reason(now).map(|reason| error_value(&reason, clock)));
    status
}

/// A token for its owner.
pub fn token_value(token: &Token, generation: Generation, user_id: Option<i64>) -> Value {
    let mut value = json!({
        "accessToken": token.access_token.expose(),
        "expirationTime": token.expiration_time,
        "generation": generation,
    });
    if let Some(md) = &token.md_access_token {
        value["mdAccessToken"] = md.expose().into();
    }
    if let Some(user_id) = user_id {
        value["userId"] = user_id.into();
    }
    value
}

/// The notes about a traced call.
pub fn notes_value(notes: &Notes) -> Value {
    json!({
        "attempts": notes.attempts,
        "url": notes.base,
        "status": notes.status,
        "requestMs": notes.took.map(milliseconds),
        "generation": notes.generation,
    })
}

/// A duration in milliseconds, with their fractions.
pub fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

fn local(at: Timestamp, clock: Option<&ServerClock>) -> Value {
    clock.map_or(at, |clock| clock.to_local(at)).as_millisecond().into()
}
