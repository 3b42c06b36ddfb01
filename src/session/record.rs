//! Everything that is known about a login's token, as one small record, read and written whole.

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    login_key::LoginKey,
    refusal::Refusal,
    token::{Granted, Token},
};
use crate::{
    api::{Environment, Grant, HostMap, Origin},
    clock::earlier,
    error::{Error, ErrorKind},
    secret::{Secret, reveal_option},
    store::Entry,
};

/// The version of the record's form.
pub const SCHEMA: u32 = 1;

/// Tradovate counts by the hour.
pub const HOUR: Duration = Duration::from_secs(3_600);

/// One login's token, and all that decides what it needs next.
///
/// All times are Tradovate's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// The version of this form.
    pub schema: u32,
    /// Grows with every write, and follows the clock.
    pub revision: u64,
    /// The revision that it was begun with in its store: another one after the store was emptied.
    #[serde(default)]
    pub begun: u64,
    /// Grows by one with each new token.
    pub generation: u64,
    /// Grows by one with each login: tokens of one session share it.
    pub session: u64,
    /// Real money, or simulation.
    pub environment: Environment,
    /// Whose record it is.
    pub key: LoginKey,
    /// The newest token, even if it is dead.
    pub token: Option<Token>,
    /// Hosts as last told.
    #[serde(default)]
    pub hosts: HostMap,
    /// The user as last told.
    #[serde(default)]
    pub user_id: Option<i64>,
    /// Tradovate's clock minus the one that the store's users share, in milliseconds.
    #[serde(default)]
    pub clock_offset_ms: i64,
    /// Until when which calls may not be made.
    #[serde(default)]
    pub cooldowns: BTreeMap<Scope, Cooldown>,
    /// How logins fare.
    #[serde(default)]
    pub login: Attempts,
    /// How renewals fare.
    #[serde(default)]
    pub renewal: Attempts,
    /// What was done lately, as far as a limit counts it.
    #[serde(default)]
    pub history: History,
    /// Credentials that Tradovate refused.
    #[serde(default)]
    pub refusal: Option<Refusal>,
    /// Doubt whether the session still lives.
    #[serde(default)]
    pub suspicion: Suspicion,
}

/// The calls that a cooldown is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Scope {
    /// Token requests.
    Login,
    /// Renewals.
    Renewal,
    /// Every auth call and GET: the limit is the user's.
    All,
}

/// A time in which we may not ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cooldown {
    /// Why.
    pub kind: CooldownKind,
    /// Until when.
    pub until: Timestamp,
    /// What to send along afterwards.
    #[serde(default, serialize_with = "reveal_option")]
    pub ticket: Option<Secret>,
}

/// What imposed a cooldown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CooldownKind {
    /// A ticket.
    Penalty,
    /// A ticket that needs a person.
    Captcha,
    /// 429.
    RateLimited,
    /// 423.
    LockedOut,
}

/// How a kind of call fares.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attempts {
    /// Failures in a row.
    pub failures: u32,
    /// When the last one was sent or answered, unless it succeeded.
    #[serde(default)]
    pub last_at: Option<Timestamp>,
    /// The end of the back-off after a failure.
    #[serde(default)]
    pub not_before: Option<Timestamp>,
    /// Until when Tradovate's `Retry-After` asks to wait, whoever wants the call.
    #[serde(default)]
    pub told_until: Option<Timestamp>,
}

/// What was done lately: each list is cut to what its limit looks at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct History {
    /// Token requests that opened a session, or may have.
    #[serde(default)]
    pub logins: Vec<Timestamp>,
    /// Token requests that were refused.
    #[serde(default)]
    pub refusals: Vec<Timestamp>,
    /// Renewals, whatever came of them.
    #[serde(default)]
    pub renewals: Vec<Timestamp>,
    /// Sessions that a third login closed.
    #[serde(default)]
    pub evictions: Vec<Timestamp>,
}

/// Doubt whether a session still lives, raised by answers that may mean a closed session as well as an outage.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Suspicion {
    /// Probes that settled nothing; none if there is no doubt.
    pub probes: Option<u32>,
    /// When a probe last showed that the session lives.
    #[serde(default)]
    pub settled_at: Option<Timestamp>,
    /// When a login was last made because probes settled nothing.
    #[serde(default)]
    pub blind_login_at: Option<Timestamp>,
}

impl Record {
    /// The record of a login that nothing is known of.
    #[must_use]
    pub fn empty(key: LoginKey, environment: Environment) -> Self {
        Self {
            schema: SCHEMA,
            revision: 0,
            begun: 0,
            generation: 0,
            session: 0,
            environment,
            key,
            token: None,
            hosts: HostMap::new(),
            user_id: None,
            clock_offset_ms: 0,
            cooldowns: BTreeMap::new(),
            login: Attempts::default(),
            renewal: Attempts::default(),
            history: History::default(),
            refusal: None,
            suspicion: Suspicion::default(),
        }
    }

    /// Reads a stored record.
    ///
    /// # Errors
    /// [`ErrorKind::StoreMismatch`] for another login's record or another form, [`ErrorKind::Store`] for what is none.
    pub fn decode(entry: &Entry, key: &LoginKey) -> Result<Self, Error> {
        #[derive(Deserialize)]
        struct Form {
            schema: u32,
        }
        let broken = |_| Error::new(ErrorKind::Store, "the stored record cannot be read");
        let form: Form = serde_json::from_str(entry.text.expose()).map_err(broken)?;
        if form.schema != SCHEMA {
            let text = format!(
                "the stored record has form {}, this version knows {SCHEMA}",
                form.schema
            );
            return Err(Error::new(ErrorKind::StoreMismatch, text));
        }
        let record: Self = serde_json::from_str(entry.text.expose()).map_err(broken)?;
        if record.key != *key {
            return Err(Error::new(
                ErrorKind::StoreMismatch,
                "the stored record is another login's",
            ));
        }
        Ok(record)
    }

    /// The record as it is stored.
    #[must_use]
    pub fn encode(&self) -> Entry {
        // Text keys and plain values: there is nothing that JSON could refuse.
        let text = serde_json::to_string(self).unwrap_or_default();
        Entry {
            revision: self.revision,
            text: Secret::new(text),
        }
    }

    /// The token, if Tradovate may still take it.
    #[must_use]
    pub fn good_token(&self, now: Timestamp) -> Option<&Token> {
        self.token.as_ref().filter(|token| token.is_good(now))
    }

    /// Takes a granted token in, and what came with it. What the answer lacks stays as it was; the market-data token only
    /// if the session is the same one.
    pub fn grant(&mut self, grant: &Grant, origin: &Origin, now: Timestamp, how: Granted) {
        let before = self.token.take().filter(|_| how == Granted::ByRenewal);
        self.generation = self.generation.saturating_add(1);
        self.session = self.session.saturating_add(u64::from(how == Granted::ByLogin));
        self.user_id = grant.user_id.or(self.user_id);
        self.hosts
            .extend(origin.trusted(grant.hosts.iter().map(|(purpose, host)| (&**purpose, &**host))));
        self.token = Some(Token {
            access_token: grant.access_token.clone(),
            md_access_token: grant
                .md_access_token
                .clone()
                .or(before.and_then(|token| token.md_access_token)),
            expires_at: grant.expires_at,
            expiration_time: grant.expiration_time.clone(),
            issued_at: now,
            lost: None,
        });
    }

    /// Forgets what no limit looks at any more.
    pub fn prune(&mut self, now: Timestamp, longest: Duration) {
        let keep = |list: &mut Vec<Timestamp>, stretch: Duration| {
            let since = earlier(now, stretch);
            list.retain(|at| *at > since);
        };
        keep(&mut self.history.logins, longest);
        keep(&mut self.history.refusals, HOUR);
        keep(&mut self.history.renewals, HOUR);
        let old = self.history.evictions.len().saturating_sub(2);
        self.history.evictions.drain(..old);
        self.cooldowns
            .retain(|_, cooldown| cooldown.until > now || cooldown.ticket.is_some());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Credentials;

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
        assert_eq!((record.generation, record.user_id), (2, Some(7)));
        assert_eq!(token.access_token.expose(), "two");
        assert_eq!(token.md_access_token.as_ref().unwrap().expose(), "md");
        assert_eq!(record.hosts.len(), 1);
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
                revision: 1,
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
                kind: CooldownKind::Penalty,
                until,
                ticket,
            },
        );
        let entry = record.encode();
        assert_eq!(Record::decode(&entry, &record.key).unwrap(), record);
        assert!(!format!("{record:?} {entry:?}").contains("canary"));
    }
}
