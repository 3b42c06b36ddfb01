//! The notes of calls: each is counted in the record before it is made, and one that is not made after all is taken back.

use jiff::Timestamp;

use super::Keeper;
use crate::{
    error::Error,
    session::{
        cooldown::Scope,
        phase::Phase,
        policy::user_cooldown,
        record::Record,
        transitions::{Call, before_call, moment},
        view::LastFailure,
    },
    store::Lease,
};

/// What a note of a call replaces.
struct Unnoted {
    last_at: Option<Timestamp>,
}

impl Unnoted {
    fn of(record: &Record, call: Call) -> Self {
        let attempts = match call {
            Call::Login => &record.login,
            Call::Renewal => &record.renewal,
        };
        Self {
            last_at: attempts.last_at,
        }
    }

    /// Takes back the note of a call that is not made. By a later time of a last call its ticket would count as sent.
    fn restore(self, record: &mut Record, call: Call, noted_at: Timestamp) {
        let (history, attempts) = match call {
            Call::Login => (&mut record.history.logins, &mut record.login),
            Call::Renewal => (&mut record.history.renewals, &mut record.renewal),
        };
        history.retain(|at| *at != noted_at);
        // What was merged in meanwhile stays.
        if attempts.last_at == Some(noted_at) {
            attempts.last_at = self.last_at;
        }
        record.suspicion.take_back_blind_login(noted_at);
    }
}

/// The reason why a call that was due is not made.
pub(super) enum Obstacle {
    /// It could not be noted.
    NotNoted(Error),
    /// A stop was reported while it was noted.
    Stopped,
}

impl Keeper {
    /// Counts a call before it is made, unless it must not be made.
    pub(super) async fn note(&mut self, call: Call, id: u64, lease: &Lease) -> Result<(), Obstacle> {
        // Saving is tried before the note is made: a note that is not saved would count as a login all the same.
        if call == Call::Login && !self.may_go_unnoted() {
            self.write(lease).await.map_err(Obstacle::NotNoted)?;
        }
        self.unless_stopped()?;
        if call == Call::Login {
            // Saved with the note: no other session may send that ticket after this login.
            self.drop_others_ticket();
        }
        let (noted_at, before) = (moment(self.now(), id), Unnoted::of(&self.record, call));
        before_call(&mut self.record, call, noted_at);
        if let Err(error) = self.write(lease).await
            && self.must_skip(call, lease)
        {
            before.restore(&mut self.record, call, noted_at);
            return Err(Obstacle::NotNoted(error));
        }
        self.unless_stopped().inspect_err(|_| {
            before.restore(&mut self.record, call, noted_at);
            // The note is stored already.
            self.sync.save_from(noted_at);
        })
    }

    /// Fails if a stop was reported since the call was decided.
    fn unless_stopped(&mut self) -> Result<(), Obstacle> {
        self.take_waiting_stops();
        if user_cooldown(&self.record, self.now()).is_some() {
            return Err(Obstacle::Stopped);
        }
        Ok(())
    }

    /// Whether a call that could not be noted must not be made. Without a renewal the token dies, and costs a login, so
    /// that it is made as long as the lease is held.
    fn must_skip(&self, call: Call, lease: &Lease) -> bool {
        !lease.is_held() || (call == Call::Login && !self.may_go_unnoted())
    }

    /// Makes no call. Returns whether that counts as an attempt.
    pub(super) async fn skip_call(&mut self, obstacle: Obstacle, lease: &Lease) -> bool {
        match obstacle {
            Obstacle::NotNoted(error) => {
                self.last_failure = Some(LastFailure::not_sent(error));
                self.sync.blocked_until = self.sync.save_at;
                true
            }
            Obstacle::Stopped => {
                // Callers learn of the stop at once.
                self.enter(Phase::Idle);
                self.publish_next();
                if self.sync.save_at.is_some() {
                    // A failure has been told, and saving is tried again.
                    let _ = self.write(lease).await;
                }
                false
            }
        }
    }

    /// Uses up a login's ticket that was given for other credentials: after a login with these it is void.
    fn drop_others_ticket(&mut self) {
        if self.is_ticket_for_others() {
            self.record.use_up(Scope::Login);
        }
    }
}
