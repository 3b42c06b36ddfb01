//! The calls that a keeper makes: the lease, one more look at the record, the call, and what its answer does.

use std::{mem, time::Duration};

use futures_util::future::BoxFuture;
use jiff::Timestamp;

use super::{ASK_AGAIN, Keeper, closed};
use crate::{
    api::{Failure, Grant, Origin, Reply},
    clock::later,
    error::{Error, ErrorKind},
    secret::Secret,
    session::{
        aftermath::{Call, Circumstances, after_login, after_renewal, before_call, without_credentials},
        events::How,
        login_key::LoginKey,
        policy::Decision,
        record::{Record, Scope},
        view::Trouble,
    },
    store::Lease,
};

/// How long a call that is under way may go on after its session was closed, so that its token is not lost.
const GRACE: Duration = Duration::from_secs(1);

impl Keeper {
    pub(super) async fn fly(&mut self, planned: &Decision) {
        if *planned == Decision::Login
            && !self.has_credentials()
            && let Err(error) = self.ask().await
        {
            let (now, dice) = (self.now(), self.tools.dice.unit());
            without_credentials(&mut self.record, now, dice);
            if !self.is_closing() {
                self.fail(error, false);
            }
            return;
        }
        let Ok(lease) = self.lease().await else { return };
        let before = self.shelf.seen;
        if self.read().await.is_err() {
            return;
        }
        // Another session may have acted while this one waited for the lease.
        let decision = self.decide();
        if self.shelf.seen != before {
            // What is known now, such as that the token is lost, holds for callers during the call, too.
            self.publish(decision.clone());
        }
        let call = match decision {
            Decision::Login => Call::Login,
            Decision::Renew => Call::Renewal,
            _ => return lease.give_back().await,
        };
        // Tried before anything is noted: a note that is not saved would count as a login all the same.
        if call == Call::Login
            && !self.may_go_unnoted()
            && let Err(error) = self.write(&lease).await
        {
            self.stand_back(error);
            return lease.give_back().await;
        }
        let now = self.now();
        if let Err(error) = self.note(call, now, &lease).await
            && self.must_stand_back(call, &lease)
        {
            self.strike_out(call, now);
            self.stand_back(error);
            return lease.give_back().await;
        }
        let noted = self.record.clone();
        let outcome = match call {
            Call::Login => self.log_in().await,
            Call::Renewal => self.renew().await,
        };
        let lapsed = outcome.is_ok() && !lease.is_held();
        let (lease, overtaken) = if lapsed {
            lease.give_back().await;
            self.catch_up(noted).await
        } else {
            (Some(lease), false)
        };
        // The token is in use from here on, saved or not.
        if let (Ok(how), false) = (&outcome, overtaken) {
            let generation = self.record.generation;
            tracing::info!(key = self.key.as_str(), generation, how = how.as_str(), "a new token");
            self.trouble = None;
            self.saving = lease.is_some();
            self.tell_token(*how);
        }
        if let Some(lease) = lease {
            if !overtaken {
                // A failure has been told, and saving is tried again.
                let _ = self.write(&lease).await;
            }
            self.saving = false;
            lease.give_back().await;
        }
        if let Err(trouble) = outcome {
            self.fail(trouble.error, trouble.not_sent);
        }
    }

    /// Whether there are credentials to log in with that are not used and not old. Those that a ticket is for stay good.
    fn has_credentials(&self) -> bool {
        let cooldown = self.record.cooldowns.get(&Scope::Login);
        let is_for_ticket = cooldown.is_some_and(|cooldown| cooldown.ticket.is_some());
        self.unused && (is_for_ticket || self.now() < later(self.asked_at, ASK_AGAIN))
    }

    /// Where auth calls go: the first host, until an answer names another.
    fn base(&self) -> String {
        let purpose = self.tools.origin.environment().purpose();
        self.tools.origin.rest(purpose, &self.record.hosts)
    }

    async fn log_in(&mut self) -> Result<How, Trouble> {
        let ticket = self.ticket(Scope::Login);
        self.unused = false;
        let base = self.base();
        let credentials = self.credentials.clone();
        let call = self
            .tools
            .api
            .request_token(&base, &credentials, ticket.as_ref(), self.tools.timeout);
        let mut reply = self.within_grace(call).await;
        let circumstances = self.learn(&mut reply);
        after_login(
            &mut self.record,
            reply.outcome.as_ref(),
            &credentials,
            circumstances.of(&self.tools.origin),
        );
        match reply.outcome {
            Ok(_) => {
                self.counts.logins += 1;
                Ok(How::Login)
            }
            Err(failure) => {
                // A ticket is for these very credentials.
                self.unused = self
                    .record
                    .cooldowns
                    .get(&Scope::Login)
                    .is_some_and(|cooldown| cooldown.ticket.is_some());
                let secrets = self.withheld.iter().chain(ticket.as_ref());
                Err(Trouble {
                    not_sent: matches!(failure, Failure::NotSent(_)),
                    error: failure.to_error("login", circumstances.now, secrets),
                })
            }
        }
    }

    async fn renew(&mut self) -> Result<How, Trouble> {
        let Some(token) = self.record.token.as_ref().map(|token| token.access_token.clone()) else {
            return Err(Trouble {
                error: Error::new(ErrorKind::Expired, "renewal: there is no token"),
                not_sent: true,
            });
        };
        let ticket = self.ticket(Scope::Renewal);
        let base = self.base();
        let call = self
            .tools
            .api
            .renew_token(&base, &token, ticket.as_ref(), self.tools.timeout);
        let mut reply = self.within_grace(call).await;
        let circumstances = self.learn(&mut reply);
        let before = self.record.generation;
        let extended = after_renewal(
            &mut self.record,
            reply.outcome.as_ref(),
            circumstances.of(&self.tools.origin),
        );
        match reply.outcome {
            Ok(_) if extended => {
                self.counts.renewals += 1;
                Ok(How::Renewal)
            }
            Ok(_) => {
                if self.record.generation > before {
                    self.tell_token(How::Renewal);
                }
                let text = "renewal: Tradovate answered with a token that lives no longer than the one before";
                Err(Trouble {
                    error: Error::new(ErrorKind::Protocol, text),
                    not_sent: false,
                })
            }
            Err(failure) => {
                let secrets = self.withheld.iter().chain([&token]).chain(ticket.as_ref());
                Err(Trouble {
                    not_sent: matches!(failure, Failure::NotSent(_)),
                    error: failure.to_error("renewal", circumstances.now, secrets),
                })
            }
        }
    }

    /// Counts a call before it is made.
    async fn note(&mut self, call: Call, now: Timestamp, lease: &Lease) -> Result<(), Error> {
        before_call(&mut self.record, call, &self.tools.limits, now);
        self.write(lease).await
    }

    /// Whether a call that could not be noted must not be made. Without a renewal the token dies, and costs a login, so
    /// that it is made as long as the lease is held.
    fn must_stand_back(&self, call: Call, lease: &Lease) -> bool {
        !lease.is_held() || (call == Call::Login && !self.may_go_unnoted())
    }

    /// Takes back the note of a call that is not made.
    fn strike_out(&mut self, call: Call, noted_at: Timestamp) {
        let history = match call {
            Call::Login => &mut self.record.history.logins,
            Call::Renewal => &mut self.record.history.renewals,
        };
        history.retain(|at| *at != noted_at);
    }

    /// Makes no call, since it could not be noted.
    fn stand_back(&mut self, error: Error) {
        self.trouble = Some(Trouble { error, not_sent: true });
        self.shelf.blocked_until = self.shelf.save_at;
    }

    /// A token was got under a lease that lapsed meanwhile. Answers a new lease, if it can be had, and whether another
    /// session has overtaken this one: then what that one has stored counts, otherwise the token is in order.
    async fn catch_up(&mut self, noted: Record) -> (Option<Lease>, bool) {
        let got = mem::replace(&mut self.record, noted.clone());
        let lease = self.lease().await.ok();
        if lease.is_some() && self.read().await.is_ok() && self.record != noted {
            return (lease, true);
        }
        self.record = got;
        if lease.is_none() {
            self.shelf.save_at.get_or_insert(self.tools.clock.now());
        }
        (lease, false)
    }

    /// What goes with the next call of this kind.
    fn ticket(&self, scope: Scope) -> Option<Secret> {
        self.record.cooldowns.get(&scope)?.ticket.clone()
    }

    /// A call goes on when its session is closed, but not for long.
    async fn within_grace(&self, call: BoxFuture<'_, Reply<Grant>>) -> Reply<Grant> {
        let given_up = async {
            closed(self.closing.clone()).await;
            self.tools.clock.local().sleep(GRACE).await;
        };
        tokio::select! {
            biased;
            reply = call => reply,
            () = given_up => Reply { outcome: Err(Failure::Lost("the session was closed".into())), date: None },
        }
    }

    /// Takes the answer's time in, and judges the token's by all that is known: the answer alone may not tell the time.
    fn learn(&mut self, reply: &mut Reply<Grant>) -> Learned {
        if let Some(sample) = &reply.date {
            self.tools.clock.observe(sample);
            self.record.clock_offset_ms = self.tools.clock.offset_ms() - self.tools.store.ahead_ms();
        }
        let now = self.now();
        let unjudged = mem::replace(&mut reply.outcome, Err(Failure::Lost(String::new())));
        reply.outcome = unjudged.and_then(|grant| grant.unexpired(now));
        Learned {
            now,
            dice: self.tools.dice.unit(),
            salt: self.tools.dice.number(),
        }
    }

    pub(super) async fn ask(&mut self) -> Result<(), Error> {
        self.asked_at = self.now();
        let source = self.tools.source.clone();
        let credentials = tokio::select! {
            biased;
            credentials = source.credentials() => credentials?,
            () = closed(self.closing.clone()) => return Err(Error::closed()),
            () = self.tools.clock.local().sleep(self.tools.timeout) => {
                return Err(Error::new(ErrorKind::Timeout, "login: the credentials were not given in time"));
            }
        };
        if LoginKey::of(&self.tools.origin, &credentials) != self.key {
            let text =
                "login: the credentials are now another login's (name, appId or cid changed); open a new session";
            return Err(Error::new(ErrorKind::Config, text));
        }
        self.withheld = credentials.secrets().cloned().collect();
        self.credentials = credentials;
        self.unused = true;
        Ok(())
    }
}

/// What is known once an answer is there.
#[derive(Debug, Clone, Copy)]
struct Learned {
    now: Timestamp,
    dice: f64,
    salt: u64,
}

impl Learned {
    fn of(self, origin: &Origin) -> Circumstances<'_> {
        Circumstances {
            now: self.now,
            dice: self.dice,
            salt: self.salt,
            origin,
        }
    }
}
