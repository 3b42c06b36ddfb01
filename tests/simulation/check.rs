//! What must hold of every call, at the moment when it is made.

use tradovate_session::session::cooldown::Scope;

use super::{
    engine::{HOUR, MINUTE, Ms, Pid, SECOND},
    exchange::Asked,
    oracle::{Gate, Newest, number_in},
    world::{State, true_time},
};

/// Tradovate stamps its answers with whole seconds: an estimate of its time may move by so much between two of them.
const COARSE: Ms = 1_500;
const RENEWALS_AN_HOUR: usize = 12;
/// The rest is left to the timer.
const RENEWALS_WITH_PROBES: usize = 10;
const REFUSALS_AN_HOUR: usize = 4;
/// With full jitter up to five minutes, more than twice as many as can be expected of an hour.
const LOGINS_SENT_AN_HOUR: usize = 90;
/// Credentials count as new for a minute, and then a lease, the ledger and the store may be slow.
const CREDENTIALS_AGE: Ms = 10 * MINUTE;

impl State {
    /// True time and what clocks were put forward since: no process can believe that more has passed.
    pub fn time_of(&self, who: Pid) -> Ms {
        self.now() + self.shared_stores[self.places[who.place].store].stretch
    }

    /// Takes in how far ahead of true time a process believes to be.
    pub fn believe(&mut self, who: Pid, ahead: Ms) {
        let shelf = &mut self.shared_stores[self.places[who.place].store];
        let before = shelf.believed.unwrap_or(ahead);
        shelf.stretch += (ahead - before).max(0);
        shelf.believed = Some(ahead);
    }

    /// Whether a token seems to live on for a while: then its refusal is an eviction.
    pub fn seems_fresh(&self, who: Pid, token: u64) -> bool {
        let margin = (self.plan.life / 5).min(2 * MINUTE);
        self.user(who)
            .issued(token)
            .is_some_and(|issued| issued.expires - self.now() > margin)
    }

    /// The token that a process goes by, and when it believes that to die.
    pub fn held(&self, who: Pid) -> Option<(u64, Ms)> {
        let view = self.places[who.place].session.as_ref()?.view();
        let token = view.record.token.as_ref()?;
        Some((number_in(token.access_token.expose()), true_time(token.expires_at)))
    }

    /// Whether a login is made with a token that seems good.
    pub fn is_blind(&self, who: Pid, asked: Asked, ahead: Ms) -> bool {
        // A login is decided by the estimate of before its note was stored: by that the token may have ended.
        let good = |(token, expires)| self.now() + ahead + COARSE < expires && !self.refused.contains(&token);
        matches!(asked, Asked::Login { .. }) && self.held(who).is_some_and(good)
    }

    pub fn check(&mut self, who: Pid, asked: Asked, ahead: Ms) {
        match asked {
            Asked::Login { password, ticket } => {
                self.check_auth(who, ticket, Some(password));
                self.check_login(who, asked, password, ahead);
            }
            Asked::Renewal { ticket, .. } => {
                self.check_auth(who, ticket, None);
                self.check_probe(who, ticket);
                let at = self.time_of(who);
                let renewals = &self.places[who.place].known.renewals;
                let lately = renewals.iter().filter(|mark| mark.0 > at - HOUR + COARSE).count();
                if lately >= RENEWALS_AN_HOUR {
                    self.fail(
                        "renewals an hour",
                        &format!("{who:?} makes one after {lately} within the hour"),
                    );
                }
            }
            Asked::Get(_) | Asked::Post(_) | Asked::Time => self.check_call(who, asked),
        }
    }

    /// What holds for logins and renewals alike.
    fn check_auth(&mut self, who: Pid, ticket: Option<u64>, password: Option<u32>) {
        let at = self.time_of(who);
        let store = self.places[who.place].store;
        if self.shared_stores[store].holder.map(|holder| holder.0) != Some(who) {
            self.fail("one call at a time", &format!("{who:?} calls without the lease"));
        }
        if !self.shared_stores[store].read_by_holder {
            self.fail(
                "newest record",
                &format!("{who:?} calls without having read the record under its lease"),
            );
        }
        let other = self.under_way.iter().flatten().find(|flight| {
            let auth = matches!(flight.asked, Asked::Login { .. } | Asked::Renewal { .. });
            // Whoever was frozen in mid-call may have lost his lease meanwhile.
            let awake = flight.slept == self.slept(flight.who) && !flight.lapsed;
            auth && awake && !flight.given_up && self.places[flight.who.place].store == store && self.alive(flight.who)
        });
        if let Some(other) = other {
            let text = format!("{who:?} calls while {:?} does", other.who);
            self.fail("one call at a time", &text);
        }
        let known = &self.places[who.place].known;
        let stop = known.stop.max(self.stop_heard(who));
        let gate = if password.is_some() {
            &known.login
        } else {
            &known.renewal
        };
        // A login's ticket is for the credentials that it was given for.
        let due = gate.ticket.filter(|_| gate.password == password);
        let Gate {
            captcha,
            failed,
            penalty,
            unclear,
            ..
        } = *gate;
        if at + COARSE < stop {
            self.fail(
                "user stop",
                &format!("{who:?} makes an auth call {} s early", (stop - at) / SECOND),
            );
        }
        if at + COARSE < captcha && !unclear {
            self.fail("captcha", &format!("{who:?} calls {} s early", (captcha - at) / SECOND));
        }
        if at + COARSE < penalty && !unclear {
            self.fail(
                "penalty waited out",
                &format!("{who:?} calls {} ms early", penalty - at),
            );
        }
        // One that went along with a call of unknown outcome may go along again, or not.
        let sent = ticket.is_none() && due.is_some_and(|due| self.tickets.contains(&due));
        self.tickets.extend(ticket);
        // One that nobody came back with for an hour is no use any more.
        let is_old = ticket.is_none() && at > penalty + HOUR - COARSE;
        if ticket != due && !sent && !is_old && !unclear && !self.shared_stores[store].falls_back {
            self.fail("ticket", &format!("{who:?} calls with {ticket:?} instead of {due:?}"));
        }
        // A call is noted, and then sent once that is stored. The clocks of two processes drift apart between answers.
        let apart = self.plan.life * self.plan.ppm / 1_000_000;
        if failed.is_some_and(|sent| at - sent < SECOND - 20 - self.plan.store_ms - apart) {
            self.fail(
                "least gap",
                &format!("{who:?} calls {} ms after a call that failed", at - failed.unwrap_or(0)),
            );
        }
    }

    fn check_login(&mut self, who: Pid, asked: Asked, password: u32, ahead: Ms) {
        let at = self.time_of(who);
        let known = &self.places[who.place].known;
        let since = |list: &[(Ms, u64)], stretch: Ms| list.iter().filter(|mark| mark.0 > at - stretch + COARSE).count();
        let refusals = since(&known.refusals, HOUR);
        let budget = self.budget(who.place);
        let logins = since(&known.logins, budget.within.as_millis() as Ms);
        let tries = since(&known.tries, HOUR);
        let denied = known
            .denied
            .filter(|denied| denied.0 == password && at + COARSE < denied.1 && self.lag(who) < 30 * SECOND);
        let (fight, doubtful, blind) = (known.fight(), known.doubtful, known.blind);
        let held = self.held(who);
        // A token that was refused near its expiry is no eviction: it came after the fight, and was granted rightly.
        let evicted = held.is_some_and(|(token, _)| known.knows_lost(token) && known.knows_evicted(token));
        let started = self.places[who.place].started + self.shared_stores[self.places[who.place].store].stretch;
        // Others' wrong passwords keep nobody out whose own has worked before.
        let is_others = known.denied.is_some_and(|denied| denied.0 != password);
        let proven = is_others && self.user(who).granted_to == Some(password);
        if refusals >= REFUSALS_AN_HOUR + usize::from(proven) {
            self.fail(
                "refusals an hour",
                &format!("{who:?} logs in after {refusals} within the hour"),
            );
        }
        if logins >= budget.count {
            self.fail("login budget", &format!("{who:?} logs in after {logins}"));
        }
        if tries >= LOGINS_SENT_AN_HOUR {
            self.fail(
                "back-off",
                &format!("{who:?} logs in after {tries} tries within the hour"),
            );
        }
        // A ticket keeps its own. A lease or a store is waited for before the login is sent.
        let of = &self.places[who.place];
        let began_frozen = of.started < of.thaw;
        let is_new = |then| began_frozen || self.awake(who) - then < CREDENTIALS_AGE;
        let is_given = |(given, then): (u32, Ms)| given == password && is_new(then);
        let has_ticket = matches!(asked, Asked::Login { ticket: Some(_), .. });
        if !has_ticket && !self.places[who.place].given.is_some_and(is_given) {
            self.fail("credentials of now", &format!("{who:?} logs in with w{password}"));
        }
        if denied.is_some() {
            self.fail("refused credentials", &format!("{who:?} tries them again"));
        }
        if self.is_blind(who, asked, ahead) {
            if doubtful < 3 && !self.shared_stores[self.places[who.place].store].falls_back {
                self.blind_login(who, doubtful, ahead);
            }
            if blind.is_some_and(|before| at - before.0 < 15 * MINUTE - COARSE) {
                self.fail(
                    "blind login",
                    &format!("{who:?} makes another within a quarter of an hour"),
                );
            }
        }
        self.check_newest(who, ahead);
        if let Some(last) = fight
            && evicted
            && started < last + 14 * MINUTE
        {
            self.fail("session fight", &format!("{who:?} logs in after two evictions"));
        }
    }

    /// A login with a token that seems good, and that no renewal was refused with.
    fn blind_login(&mut self, who: Pid, doubtful: u32, ahead: Ms) {
        let Some((token, expires)) = self.held(who) else { return };
        // By another estimate of the time it has ended.
        if self.now() + COARSE >= expires {
            return;
        }
        if self.disowned.contains(&token) && self.has_no_probes(who, ahead) {
            return;
        }
        let lives = self.user(who).takes(token, self.now()).is_ok();
        // A permission that was withdrawn looks like an eviction where no renewal can find out: once.
        if let Some(turn) = self.plan.permissions().turn(self.now())
            && self.denied.contains(&token)
            && self.has_no_probes(who, ahead)
            && self.withdrawals.insert((self.places[who.place].store, turn))
        {
            return;
        }
        let invariant = if lives && self.denied.contains(&token) {
            "login for a permission"
        } else {
            "cause of login"
        };
        self.fail(
            invariant,
            &format!("{who:?} has token {token}, which lives: {lives}, and {doubtful} doubtful answers"),
        );
    }

    /// Whether no renewal may find out whether a session lives: those of the hour are used up, its own or its address's, or they are
    /// held for longer than an outage holds them. Its own record counts those, too, that it has noted and never sent, since their
    /// process died.
    fn has_no_probes(&mut self, who: Pid, ahead: Ms) -> bool {
        let view = self.places[who.place].session.as_ref().map(|session| session.view());
        let Some(view) = view else { return false };
        let record = &view.record;
        let cooldowns = [Scope::All, Scope::Renewal].map(|scope| record.cooldowns.get(&scope).map(|on| on.until));
        let held_until = cooldowns.into_iter().chain([record.renewal.not_before]).flatten().max();
        held_until.is_some_and(|until| true_time(until) + COARSE >= self.now() + ahead + MINUTE)
            || record.history.renewals.len() >= RENEWALS_WITH_PROBES
            || self.renewals_of_address(who) + self.plan.users > RENEWALS_AN_HOUR
    }

    /// The newest token that a process knows of, or has read, makes a login needless while it lives.
    fn check_newest(&mut self, who: Pid, ahead: Ms) {
        let of = &self.places[who.place];
        let Some(Newest { token, expires, .. }) = of.known.newest else {
            return;
        };
        let now = self.now();
        let lives = self.user(who).takes(token, now).is_ok() && !self.refused.contains(&token);
        if !lives || of.known.doubtful >= 3 || self.shared_stores[of.store].forgets {
            return;
        }
        let seems_good = now + ahead < expires;
        if seems_good && self.held(who).is_none_or(|held| held.0 != token) {
            self.fail(
                "granted token kept",
                &format!("{who:?} was granted {token}, and logs in"),
            );
        }
        let early = self.early(who);
        if !seems_good && now.saturating_add(early) + 2 * COARSE < expires {
            let text = format!(
                "{who:?} is {} s ahead and logs in; {token} lives for {} s",
                ahead / SECOND,
                (expires - now) / SECOND
            );
            self.fail("needless login", &text);
        }
    }
}
