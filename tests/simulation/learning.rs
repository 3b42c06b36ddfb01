//! What answers teach: the oracle of what is known, and what became of logins.

use tradovate_session::api::{Failure, Grant};

use super::{
    engine::{MINUTE, Pid, SECOND},
    exchange::{Asked, Told},
    needless::may_have_opened,
    oracle::{Answer, may_be_a_told_hosts, number_in},
    shared_store::SharedStore,
    world::{State, true_time},
};

impl State {
    /// What managers of one user that know nothing of each other do to each other: sessions that are closed, calls that the
    /// address has too many of.
    pub fn disturbances(&self, user: usize, machine: usize) -> u64 {
        let address = &self.addresses[machine];
        self.users[user].evictions + address.too_many_renewals + address.too_many_logins
    }

    /// Whether nothing keeps an address from being counted rightly.
    pub fn is_alone(&self) -> bool {
        let plan = &self.plan;
        let shares = plan.users == 1 || !plan.memory_ledger;
        let counts = |shelf: &SharedStore| shelf.stretch < SECOND;
        plan.managers() == 1 && shares && !plan.store_faults && self.shared_stores.iter().all(counts)
    }

    fn extends(&self, who: Pid, grant: &Grant) -> bool {
        let held = self.held(who);
        held.is_none_or(|(_, expires)| expires < true_time(grant.expires_at))
    }

    pub fn learn(&mut self, who: Pid, asked: Asked, answer: Answer<'_>, number: u64) {
        let Answer {
            outcome,
            told,
            told_host,
            ..
        } = answer;
        self.tell(|| {
            format!(
                "process {} learns {:?}",
                who.place,
                outcome.map(|grant| grant.expires_at)
            )
        });
        self.figures.learned(asked, outcome);
        if let Err(failure) = outcome
            && !(told_host && matches!(asked, Asked::Login { .. }) && may_be_a_told_hosts(failure))
        {
            self.learn_of_address(who, asked, failure, number);
        }
        self.learn_stop(who, told);
        match (asked, outcome) {
            // A later grant of the same token clears it, if it is a new one to the keeper.
            (_, Ok(grant)) if self.extends(who, grant) => {
                let token = number_in(grant.access_token.expose());
                self.refused.retain(|refused| *refused != token);
            }
            (
                Asked::Renewal { token, .. },
                Err(Failure::Unauthorized(_) | Failure::Rejected(_) | Failure::BadRequest(_)),
            ) => self.refused.push(token),
            _ => {}
        }
        // Where probes are made, one comes first in an outage.
        let denied = |token: u64| self.disowned.contains(&token) || self.denied.contains(&token);
        let is_denied = self.held(who).is_some_and(|(token, _)| denied(token));
        let puts_none_off = is_denied || outcome.is_err_and(Failure::is_not_sent);
        if outcome.is_err_and(|failure| !may_have_opened(failure)) {
            let all = self.places.iter_mut().map(|place| &mut place.known);
            for known in all.chain(self.shared_stores.iter_mut().map(|shelf| &mut shelf.known)) {
                known.logins.retain(|mark| mark.1 != number);
                if puts_none_off {
                    known.blind.take_if(|mark| mark.1 == number);
                }
            }
        }
        // A renewal that was never sent is none that Tradovate counts.
        if outcome.is_err_and(Failure::is_not_sent) {
            let all = self.places.iter_mut().map(|place| &mut place.known);
            for known in all.chain(self.shared_stores.iter_mut().map(|shelf| &mut shelf.known)) {
                known.renewals.retain(|mark| mark.1 != number);
            }
        }
        let at = self.time_of(who);
        match asked {
            Asked::Login { password, .. } => {
                self.logins_ended.insert(number, self.now());
                if outcome.is_err() {
                    let store = self.places[who.place].store;
                    self.withdrawals.retain(|withdrawal| withdrawal.0 != store);
                }
                let known = &mut self.places[who.place].known;
                known.logged_in(answer, password, number, at);
            }
            Asked::Renewal { token, .. } => {
                if outcome.is_ok() {
                    self.confirm(who);
                }
                let fresh = self.seems_fresh(who, token);
                self.places[who.place].known.renewed(answer, token, fresh, at);
            }
            Asked::Get(_) | Asked::Post(_) | Asked::Time => {}
        }
    }

    pub fn learn_stop(&mut self, who: Pid, told: Option<&Told>) {
        if let Some(wait) = told.and_then(Told::stop) {
            // One that is noted by a clock that is ahead counts anew for those whose clocks are right.
            let again = if self.early(who) > MINUTE { wait } else { 0 };
            self.stop_learned = self.stop_learned.max(self.now() + wait + again);
            self.stop_ahead = self.stop_ahead.max(again);
        }
    }

    /// Takes in that an answer tells a process the time.
    pub fn learn_time(&mut self, who: Pid) {
        if self.early(who) > MINUTE && self.stop_ahead > 0 {
            self.stop_learned = self.stop_learned.max(self.now() + self.stop_ahead);
        }
        self.places[who.place].sampled = Some(self.off(who));
    }
}
