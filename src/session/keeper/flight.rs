//! The calls that a keeper makes: the lease, one more look at the record, the call, and what its answer does.

use std::mem;

use futures_util::future::BoxFuture;
use jiff::Timestamp;

use super::{ASK_AGAIN, Keeper, address::Became, closed};
use crate::{
    api::{Failure, Grant, Origin, Reply},
    clock::{DateSample, earlier},
    error::{Error, ErrorKind},
    secret::Secret,
    session::{
        aftermath::{Call, Circumstances, after_login, after_renewal, before_call, without_credentials},
        events::How,
        login_key::LoginKey,
        policy::Decision,
        record::{HOUR, Scope},
        view::Trouble,
    },
    store::Lease,
};

impl Keeper {
    pub(super) async fn fly(&mut self, planned: &Decision) {
        if *planned == Decision::Login
            && !self.has_credentials()
            && let Err(error) = self.ask().await
        {
            let (now, dice) = (self.now(), self.tools.dice.unit());
            without_credentials(&mut self.record, now, dice);
            if !self.is_closing() {
                self.fail(Trouble {
                    error,
                    not_sent: false,
                    elsewhere: false,
                });
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
        let id = self.tools.dice.number();
        let Ok(reserved_at) = self.reserve(call, id).await else {
            return lease.give_back().await;
        };
        // Tried before anything is noted: a note that is not saved would count as a login all the same.
        if call == Call::Login
            && !self.may_go_unnoted()
            && let Err(error) = self.write(&lease).await
        {
            self.stand_back(error);
            self.account(call, id, reserved_at, Became::NotSent).await;
            return lease.give_back().await;
        }
        let now = self.now();
        if let Err(error) = self.note(call, now, &lease).await
            && self.must_stand_back(call, &lease)
        {
            self.strike_out(call, now);
            self.stand_back(error);
            self.account(call, id, reserved_at, Became::NotSent).await;
            return lease.give_back().await;
        }
        let (outcome, became) = match call {
            Call::Login => self.log_in().await,
            Call::Renewal => self.renew().await,
        };
        let lapsed = outcome.is_ok() && !lease.is_held();
        let lease = if lapsed {
            lease.give_back().await;
            self.catch_up().await
        } else {
            Some(lease)
        };
        // The token is in use from here on, saved or not.
        if let Ok(how) = &outcome {
            let generation = self.record.generation;
            tracing::info!(key = self.key.as_str(), generation, how = how.as_str(), "a new token");
            self.trouble = None;
            self.saving = lease.is_some();
            self.tell_token(*how);
        }
        if let Some(lease) = lease {
            // A failure has been told, and saving is tried again.
            let _ = self.write(&lease).await;
            self.saving = false;
            lease.give_back().await;
        }
        self.account(call, id, reserved_at, became).await;
        if let Err(trouble) = outcome {
            self.fail(trouble);
        }
    }

    /// Whether there are credentials to log in with that are not used and not old. Those that a ticket is for stay good.
    fn has_credentials(&self) -> bool {
        let cooldown = self.record.cooldowns.get(&Scope::Login);
        let is_for_ticket = cooldown.is_some_and(|cooldown| cooldown.ticket.is_some());
        self.unused && (is_for_ticket || self.asked_lately())
    }

    pub(super) fn asked_lately(&self) -> bool {
        self.tools.clock.local().boot() < self.asked_at + ASK_AGAIN
    }

    /// Where auth calls go: the first host, until an answer names another.
    fn base(&self) -> String {
        let purpose = self.tools.origin.environment().purpose();
        self.tools.origin.rest(purpose, &self.record.hosts)
    }

    /// Whether a told host is asked, and not the first one.
    fn asks_told_host(&self) -> bool {
        let origin = &self.tools.origin;
        origin.is_told(origin.environment().purpose(), &self.record.hosts)
    }

    async fn log_in(&mut self) -> (Result<How, Trouble>, Became) {
        let ticket = self.ticket(Scope::Login);
        let told_host = self.asks_told_host();
        self.unused = false;
        let base = self.base();
        let credentials = self.credentials.clone();
        let (api, timeout) = (self.tools.api.clone(), self.tools.timeout);
        let call = api.request_token(&base, &credentials, ticket.as_ref(), timeout);
        let mut reply = self.until_answered(call).await;
        let circumstances = self.learn(&mut reply, told_host);
        after_login(
            &mut self.record,
            reply.outcome.as_ref(),
            &credentials,
            circumstances.of(&self.tools.origin),
        );
        match reply.outcome {
            Ok(_) => {
                self.counts.logins += 1;
                self.granted = Some(self.record.generation);
                (Ok(How::Login), Became::Granted)
            }
            Err(failure) => {
                let became = match &failure {
                    failure if failure.is_not_sent() => Became::NotSent,
                    failure if failure.is_refusal() && !(told_host && failure.may_be_the_hosts()) => Became::Refused,
                    _ => Became::Failed,
                };
                // A ticket is for these very credentials.
                self.unused = self
                    .record
                    .cooldowns
                    .get(&Scope::Login)
                    .is_some_and(|cooldown| cooldown.ticket.is_some());
                let secrets = self.withheld.iter().chain(ticket.as_ref());
                let trouble = Trouble {
                    not_sent: failure.is_not_sent(),
                    elsewhere: failure.may_be_the_hosts() && self.base() != base,
                    error: failure.to_error("login", circumstances.now, secrets),
                };
                (Err(trouble), became)
            }
        }
    }

    async fn renew(&mut self) -> (Result<How, Trouble>, Became) {
        let Some(token) = self.record.token.clone() else {
            let error = Error::new(ErrorKind::Expired, "renewal: there is no token");
            let trouble = Trouble {
                error,
                not_sent: true,
                elsewhere: false,
            };
            return (Err(trouble), Became::NotSent);
        };
        let ticket = self.ticket(Scope::Renewal);
        let told_host = self.asks_told_host();
        let base = self.base();
        let (api, timeout) = (self.tools.api.clone(), self.tools.timeout);
        let call = api.renew_token(&base, &token.access_token, ticket.as_ref(), timeout);
        let mut reply = self.until_answered(call).await;
        let circumstances = self.learn(&mut reply, told_host);
        let before = self.record.generation;
        let extended = after_renewal(
            &mut self.record,
            reply.outcome.as_ref(),
            circumstances.of(&self.tools.origin),
        );
        match reply.outcome {
            Ok(_) if extended => {
                self.counts.renewals += 1;
                self.granted = Some(self.record.generation);
                (Ok(How::Renewal), Became::Granted)
            }
            Ok(_) => {
                self.granted = Some(self.record.generation);
                if self.record.generation > before {
                    self.tell_token(How::Renewal);
                }
                let text = "renewal: Tradovate answered with a token that lives no longer than the one before";
                let error = Error::new(ErrorKind::Protocol, text);
                let trouble = Trouble {
                    error,
                    not_sent: false,
                    elsewhere: false,
                };
                (Err(trouble), Became::Granted)
            }
            Err(failure) => {
                let became = if failure.is_not_sent() {
                    Became::NotSent
                } else {
                    Became::Failed
                };
                let secrets = self.withheld.iter().chain(token.secrets()).chain(ticket.as_ref());
                let trouble = Trouble {
                    not_sent: failure.is_not_sent(),
                    elsewhere: failure.may_be_the_hosts() && self.base() != base,
                    error: failure.to_error("renewal", circumstances.now, secrets),
                };
                (Err(trouble), became)
            }
        }
    }

    /// Counts a call before it is made.
    async fn note(&mut self, call: Call, now: Timestamp, lease: &Lease) -> Result<(), Error> {
        before_call(&mut self.record, call, now);
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
        self.trouble = Some(Trouble {
            error,
            not_sent: true,
            elsewhere: false,
        });
        self.shelf.blocked_until = self.shelf.save_at;
    }

    /// A token was got under a lease that lapsed meanwhile: what others have stored since is merged with it. Answers a new
    /// lease, if it can be had.
    async fn catch_up(&mut self) -> Option<Lease> {
        let now = self.now();
        // Something of ours is to be saved, so that what is stored does not simply take its place.
        self.shelf.save_at.get_or_insert(now);
        let lease = self.lease().await.ok()?;
        // A failure has been told, and ours counts.
        let _ = self.read().await;
        Some(lease)
    }

    /// What goes with the next call of this kind. A login's ticket is for the credentials that it was given for.
    fn ticket(&mut self, scope: Scope) -> Option<Secret> {
        let cooldown = self.record.cooldowns.get_mut(&scope)?;
        let is_for_others = cooldown
            .credentials
            .as_ref()
            .is_some_and(|given| !given.matches(&self.credentials));
        if is_for_others {
            cooldown.ticket = None;
        }
        cooldown.ticket.clone()
    }

    /// A call goes on to its own end when its session is closed, so that its token is not lost.
    async fn until_answered(&mut self, mut call: BoxFuture<'_, Reply<Grant>>) -> Reply<Grant> {
        tokio::select! {
            biased;
            reply = &mut call => return reply,
            () = closed(self.closing.clone()) => {}
        }
        self.show_closed();
        call.await
    }

    /// Takes the answer's time in, and judges the token's by all that is known: the answer alone may not tell the time.
    fn learn(&mut self, reply: &mut Reply<Grant>, told_host: bool) -> Learned {
        if let Some(sample) = &reply.date {
            self.learn_time(sample);
        }
        if let Ok(grant) = &reply.outcome
            && !self.tools.clock.is_trusted()
        {
            self.guess_time(reply.date.as_ref(), grant.expires_at);
        }
        let now = self.now();
        let unjudged = mem::replace(&mut reply.outcome, Err(Failure::Lost(String::new())));
        reply.outcome = unjudged.and_then(|grant| grant.unexpired(now));
        Learned {
            now,
            dice: self.tools.dice.unit(),
            salt: self.tools.dice.number(),
            told_host,
        }
    }

    /// A token that was just granted has not expired: a clock that says so and that nothing speaks for is wrong. A slow
    /// answer's time is better than none, and a life of an hour is less than Tradovate gives.
    fn guess_time(&self, sample: Option<&DateSample>, expires_at: Timestamp) {
        let clock = &self.tools.clock;
        if let Some(sample) = sample {
            clock.guess(sample.date);
        } else if expires_at <= clock.now() {
            clock.guess(earlier(expires_at, HOUR));
        }
    }

    /// Corrects the clock by an answer, and what was written under the wrong one.
    pub(super) fn learn_time(&mut self, sample: &DateSample) {
        self.tools.clock.observe(sample);
        self.record.clock = self.tools.clock.to_store(self.tools.store.ahead_ms());
        self.reconcile();
    }

    /// Corrects what was written under a clock that was ahead. A clock that nobody has told the time corrects no more than
    /// back-offs.
    pub(super) fn reconcile(&mut self) {
        let now = self.now();
        let changed = if self.tools.clock.is_told() {
            self.record.reconcile(now)
        } else {
            self.record.let_go(now)
        };
        if changed {
            self.shelf.save_at.get_or_insert(now);
        }
    }

    pub(super) async fn ask(&mut self) -> Result<(), Error> {
        self.asked_at = self.tools.clock.local().boot();
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
    told_host: bool,
}

impl Learned {
    fn of(self, origin: &Origin) -> Circumstances<'_> {
        Circumstances {
            now: self.now,
            dice: self.dice,
            salt: self.salt,
            origin,
            told_host: self.told_host,
        }
    }
}
