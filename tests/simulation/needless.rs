//! What a login may not spend for nothing: probes for a permission that it lacks, and a budget that is not used up.

use tradovate_session::{
    api::Failure,
    session::{hold::HoldReason, policy::Decision, view::View},
};

use super::{
    engine::{MINUTE, Ms, Pid, SECOND},
    world::State,
};

/// Tradovate stamps its answers with whole seconds: an estimate of its time may move by so much between two of them.
const COARSE: Ms = 1_500;
/// Less than the minute for which an endpoint's own refusals cost no further probe.
const PAUSE: Ms = 50 * SECOND;
/// How long somebody waits who asks for a renewal, and a little more.
const ASKED: Ms = 40 * SECOND;

/// What probes of a process were about.
#[derive(Debug, Default)]
pub struct Probes {
    /// The endpoints of the probe under way, and whether each answered by a 401.
    about: Vec<(String, bool)>,
    /// What has been shown to be an endpoint's own, and is not stored yet: a process that is killed first takes it along.
    shown: Vec<((String, bool), Ms)>,
    /// When a renewal was last asked for.
    pub asked: Option<Ms>,
}

impl Probes {
    /// Forgets an endpoint that has answered well: a probe under way shows nothing of it.
    pub fn forget(&mut self, name: &str) {
        self.about.retain(|of| of.0 != name);
        self.shown.retain(|(of, _)| of.0 != name);
    }
}

impl State {
    /// A renewal is sent: an endpoint that the user may not is no reason for it once that was shown.
    pub fn check_probe(&mut self, who: Pid, ticket: Option<u64>) {
        let Some(session) = self.places[who.place].session.clone() else {
            return;
        };
        let (now, store) = (self.now(), self.places[who.place].store);
        let suspicion = &session.view().record.suspicion;
        let doubted = suspicion.probes.is_some();
        let doubtful = suspicion.endpoints.iter().filter(|_| doubted);
        let about: Vec<_> = doubtful
            .map(|name| (name.clone(), suspicion.unauthorized.contains(name)))
            .collect();
        let permissions = self.plan.permissions();
        let denied = (0..self.plan.denied).filter(|endpoint| permissions.denies(*endpoint, now));
        let denied: Vec<_> = denied.map(|endpoint| format!("GET e{endpoint}")).collect();
        let is_denied = |name: &String| denied.contains(name);
        let confirmed = &self.shared_stores[store].confirmed;
        let is_shown = |of: &(String, bool)| confirmed.get(of).is_some_and(|at| now - at < PAUSE);
        let is_needless = !about.is_empty() && about.iter().all(|of| is_denied(&of.0) && is_shown(of));
        let of = &mut self.places[who.place].probes;
        let is_asked = of.asked.is_some_and(|at| now - at < ASKED);
        of.about = about;
        let due = self.plan.renew_before.min(self.plan.life / 4) + MINUTE;
        let is_due = self
            .held(who)
            .is_none_or(|(_, expires)| now + due + self.early(who).min(MINUTE) >= expires);
        // A lease that lapses in mid-call lets another one probe before the first one's result is saved.
        let lapses = self.plan.lease_ms > 0;
        let faults = lapses || self.plan.store_faults || self.plan.clock_faults || self.plan.clock_sets;
        if is_needless && !is_asked && !is_due && ticket.is_none() && !faults {
            let text = format!("{who:?} probes for {:?}", self.places[who.place].probes.about);
            self.fail("probe for a permission", &text);
        }
    }

    /// A renewal was granted: what raised a doubt is the endpoints' own.
    pub fn confirm(&mut self, who: Pid) {
        let now = self.now();
        let probes = &mut self.places[who.place].probes;
        probes.shown.extend(probes.about.drain(..).map(|name| (name, now)));
    }

    /// The record is stored, and what was shown with it.
    pub fn store_shown(&mut self, who: Pid) {
        let place = &mut self.places[who.place];
        let confirmed = &mut self.shared_stores[place.store].confirmed;
        confirmed.extend(place.probes.shown.drain(..));
    }

    /// A caller is refused: a budget that is not used up is no reason.
    pub fn judge_budget(&mut self, who: Pid, view: &View) {
        let Decision::Wait(hold) = view.decision else { return };
        let plan = &self.plan;
        let faults =
            plan.store_faults || plan.clock_faults || plan.clock_sets || plan.skew > SECOND || plan.lease_ms > 0;
        let store = self.places[who.place].store;
        // Who dies before he sends what he has noted leaves a login that nobody has seen.
        let died = self.shared_stores[store].died_at;
        let died_lately = died.is_some_and(|at| self.now() - at < self.plan.longest_budget() + MINUTE);
        // What a login has come to is known once it is stored and read. Until then, what was noted of it counts.
        let shelf = &self.shared_stores[store];
        let unread = shelf.holder.is_some() || Some(view.record.revision) != shelf.revision();
        if hold.why != HoldReason::LoginBudget || faults || died_lately || unread {
            return;
        }
        let budget = self.budget(who.place);
        // By true time, to which nothing is added that a clock may have been put forward by; and from the end of each login:
        // one that is lost may have opened a session until then.
        let since = self.now() - budget.within.as_millis() as Ms - COARSE;
        let counts = |number: &u64| self.logins_ended.get(number).is_some_and(|at| *at > since);
        let logins = &self.places[who.place].known.logins;
        let made = logins.iter().filter(|mark| counts(&mark.1)).count();
        if made < budget.count {
            let text = format!("{who:?} has made {made} logins of {} and waits", budget.count);
            self.fail("budget not used up", &text);
        }
    }
}

/// Whether a session may have been opened although no token came.
pub fn may_have_opened(failure: &Failure) -> bool {
    match failure {
        Failure::Lost(_) | Failure::TimedOut { sent: true } => true,
        Failure::Unintelligible { status, .. } => (200..300).contains(status),
        _ => false,
    }
}
