//! What holds for the calls of bots: stops, penalties and tickets, and what their answers say.

use std::collections::BTreeMap;

use tradovate_session::api::Failure;

use super::{
    engine::{HOUR, Ms, Pid, SECOND},
    exchange::{Asked, Called, Told},
    oracle::number_in,
    world::State,
};

/// Tradovate stamps its answers with whole seconds: an estimate of its time may move by so much between two of them.
const COARSE: Ms = 1_500;

/// A stop that a bot's call was told of.
#[derive(Debug, Clone, Copy)]
pub struct Sight {
    pub who: Pid,
    pub number: u64,
    /// When it was told, and for how long its process had slept then.
    at: Ms,
    slept: Ms,
    pub until: Ms,
}

/// A bot's call that was sent.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sent {
    pub number: u64,
    times: u32,
    /// Whether an answer to it was a penalty, and whether one said that its host has moved.
    penalised: bool,
    redirected: bool,
}

impl Sent {
    /// How often a GET may go out: once more with a new token, once with a ticket, and once to the host that was left.
    fn most(self) -> u32 {
        2 + u32::from(self.penalised) + u32::from(self.redirected)
    }
}

/// A penalty that a process was told of.
#[derive(Debug, Clone, Copy)]
struct Penalty {
    ticket: Option<u64>,
    until: Ms,
    /// Its end by true time alone: each answer may move a process' estimate by a part of a second and back, and what clocks
    /// were put forward counts the half of these moves, so that it grows to seconds while a long penalty lasts.
    due: Ms,
    /// When the process was told of it, and for how long it had slept then.
    told_at: Ms,
    slept: Ms,
}

/// What a process knows of penalties on its calls, by whether it is a POST, and the endpoint.
#[derive(Debug, Default)]
pub struct Penalties(BTreeMap<(bool, u8), Vec<Penalty>>);

impl State {
    pub fn check_call(&mut self, who: Pid, asked: Asked) {
        match asked {
            Asked::Get(called) => {
                let at = self.time_of(who);
                let (stop, heard) = (self.places[who.place].known.stop, self.stop_heard(who));
                if at + COARSE < stop.max(heard) {
                    let text = format!(
                        "{who:?} sends a GET, stopped for {} and {} ms more",
                        stop - at,
                        heard - at
                    );
                    self.fail("user stop", &text);
                }
                let sent = self.note_sent(called.number);
                self.check_times(sent, sent.most(), "get once more");
                self.check_penalty(who, called, false);
            }
            Asked::Post(called) => {
                let sent = self.note_sent(called.number);
                self.check_times(sent, 1, "post once");
                self.check_penalty(who, called, true);
            }
            Asked::Login { .. } | Asked::Renewal { .. } | Asked::Time => {}
        }
    }

    /// Until when a process is stopped by what one of its calls was told before this moment, whatever its keeper is at.
    pub fn stop_heard(&self, who: Pid) -> Ms {
        let (now, slept) = (self.now(), self.slept(who));
        let is_heard = |sight: &&Sight| sight.who == who && sight.at < now && sight.slept == slept;
        let heard = self.sights.iter().filter(is_heard);
        heard.map(|sight| sight.until).max().unwrap_or(0)
    }

    fn check_penalty(&mut self, who: Pid, called: Called, is_post: bool) {
        let (now, truly, slept) = (self.time_of(who), self.now(), self.slept(who));
        let of_ticket = self.call_tickets.iter().find(|known| called.ticket == Some(known.0));
        let ticket_due = of_ticket.is_some_and(|known| now + COARSE >= known.1);
        let known = &mut self.places[who.place].penalties.0;
        let Some(penalties) = known.get_mut(&(is_post, called.endpoint)) else {
            return;
        };
        let Some(last) = penalties.last().copied() else { return };
        // The ticket that goes along may be another one than the last that this process saw.
        let is_early = !ticket_due
            && penalties
                .iter()
                .all(|penalty| now + COARSE < penalty.until && penalty.told_at < truly);
        let brings = penalties
            .iter()
            .any(|penalty| called.ticket.is_some() && called.ticket == penalty.ticket);
        if is_post && (brings || truly >= last.due) {
            penalties.clear();
        }
        if !is_post && is_early {
            let text = format!("{who:?} sends a GET {} ms early", last.until - now);
            self.fail("penalty on a GET", &text);
        }
        // A ticket is of use for an hour. Other processes, and callers that give up, may have taken it.
        let is_alone =
            self.plan.processes == 1 && self.plan.bots == 1 && !self.plan.gives_up && !self.plan.store_faults;
        let is_of_use = truly >= last.due + 2 * SECOND && now < last.until + HOUR - 2 * SECOND;
        let is_due = is_of_use && is_alone && slept == last.slept && !self.plan.clock_faults;
        if is_post && is_due && last.ticket.is_some() && !brings {
            let text = format!("{who:?} sends {:?} instead of {:?}", called.ticket, last.ticket);
            self.fail("ticket of a POST", &text);
        }
    }

    /// Notes that a call is sent; returns what became of it so far.
    fn note_sent(&mut self, number: u64) -> Sent {
        if let Some(sent) = self.sent.iter_mut().find(|sent| sent.number == number) {
            sent.times += 1;
            return *sent;
        }
        if self.sent.len() > 64 {
            self.sent.pop_front();
        }
        let first = Sent {
            number,
            times: 1,
            ..Sent::default()
        };
        self.sent.push_back(first);
        first
    }

    fn check_times(&mut self, sent: Sent, most: u32, invariant: &'static str) {
        let Sent { number, times, .. } = sent;
        if times > most {
            self.fail(invariant, &format!("call {number} is sent for the {times}. time"));
        }
    }

    /// A bot's call has come back.
    pub fn called(
        &mut self,
        who: Pid,
        asked: Asked,
        called: Called,
        told: Option<&Told>,
        outcome: Result<&String, &Failure>,
    ) {
        let failure = outcome.err();
        self.tell(|| format!("{asked:?} of {} told: {failure:?}", who.place));
        self.learn_stop(who, told);
        if let Some(wait) = told.and_then(Told::stop) {
            if self.sights.len() == 256 {
                self.sights.pop_front();
            }
            self.sights.push_back(Sight {
                who,
                number: called.number,
                at: self.now(),
                slept: self.slept(who),
                until: self.time_of(who) + wait,
            });
        }
        let answered_at = told.map_or(self.now(), |told| told.at);
        let is_denied = self.plan.permissions().denies(called.endpoint, answered_at);
        let name = (matches!(asked, Asked::Post(_)), called.endpoint);
        if is_denied && failure.is_none() {
            self.answered_wrongly.insert(name);
        }
        if matches!(failure, Some(Failure::Unauthorized(_))) {
            let tokens = if is_denied && !self.answered_wrongly.contains(&name) {
                &mut self.denied
            } else {
                &mut self.disowned
            };
            tokens.retain(|token| *token != called.token);
            tokens.push(called.token);
        }
        if told.is_some_and(Told::refuses_order) && outcome.is_ok() {
            self.fail("refused order", &format!("{who:?} takes {asked:?} for placed"));
        }
        let (now, slept) = (self.time_of(who), self.slept(who));
        let is_post = matches!(asked, Asked::Post(_));
        let gate = (is_post, called.endpoint);
        let is_penalty = matches!(failure, Some(Failure::Penalty { .. }));
        let is_elsewhere = matches!(failure, Some(Failure::WrongHost(_)));
        if let Some(sent) = self.sent.iter_mut().find(|sent| sent.number == called.number) {
            sent.penalised |= is_penalty;
            sent.redirected |= is_elsewhere;
        }
        if is_elsewhere {
            self.places[who.place].probes.asked = Some(self.now());
        }
        if failure.is_none() {
            let store = self.places[who.place].store;
            let name = format!("GET e{}", called.endpoint);
            self.shared_stores[store]
                .confirmed
                .retain(|(shown, _), _| *shown != name);
            for of in self.places.iter_mut().filter(|of| of.store == store) {
                of.probes.forget(&name);
            }
        }
        // Of all penalties on a call its login knows the latest one, and none any more once a ticket went along.
        if is_penalty || failure.is_none() || called.ticket.is_some() {
            let store = self.places[who.place].store;
            for (place, of) in self.places.iter_mut().enumerate() {
                if of.store == store && (place != who.place || !is_penalty) {
                    of.penalties.0.remove(&gate);
                }
            }
        }
        if let Some(Failure::Penalty { ticket, wait }) = failure {
            let ticket = ticket.as_ref().map(|ticket| number_in(ticket.expose()));
            let wait = wait.as_millis() as Ms;
            let told_at = self.now();
            let (until, due) = (now + wait, told_at + wait);
            if self.call_tickets.len() == 256 {
                self.call_tickets.pop_front();
            }
            self.call_tickets.extend(ticket.map(|ticket| (ticket, until)));
            let known = self.places[who.place].penalties.0.entry(gate);
            known.or_default().push(Penalty {
                ticket,
                until,
                due,
                told_at,
                slept,
            });
        }
    }
}
