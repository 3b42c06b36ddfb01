//! The network between a process and Tradovate, and what is checked of every request that enters it.

use std::{sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use tradovate_session::{
    api::{
        Credentials, Failure, Grant, Method, Reply, Request, Tradovate as Api,
        answer::{Answer, judge_call, judge_login, judge_renewal},
    },
    clock::DateSample,
    secret::Secret,
};

use super::{
    engine::{For, Happening, Ms, Pid, SECOND, World},
    known::{Sight, number_in},
    tradovate::{Asked, Told},
    weather::Loss,
    world::{State, server_time, true_time},
};

/// A request under way.
#[derive(Debug)]
pub struct Flight {
    pub who: Pid,
    pub asked: Asked,
    pub loss: Option<Loss>,
    /// For how long its sender had been frozen.
    pub slept: Ms,
    /// Nobody waits for the answer any more.
    pub given_up: bool,
    /// Something is still going to happen to it.
    pub under_way: bool,
    /// What it comes to, and whether that has reached the sender.
    pub told: Option<Result<Told, Failure>>,
    pub here: bool,
}

/// A process' way to Tradovate.
pub struct Line {
    pub world: Arc<World>,
    pub who: Pid,
}

/// Marks a request whose sender is gone.
struct Ride<'a>(&'a World, usize);

impl Drop for Ride<'_> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        if let Some(flight) = state.flights[self.1].as_mut() {
            if flight.under_way {
                flight.given_up = true;
            } else {
                state.flights[self.1] = None;
            }
        }
    }
}

impl Line {
    async fn exchange(&self, asked: Asked, timeout: Duration) -> (Result<Told, Failure>, Option<DateSample>, u64, Ms) {
        let ahead = self.world.ahead(self.who);
        let (flight, number, at) = self.world.step(self.who, |state| state.send(self.who, asked, ahead));
        let _ride = Ride(&self.world, flight);
        let sent = self.world.lock().reading(self.who);
        let due = self.world.lock().awake(self.who) + timeout.as_millis() as Ms;
        let who = self.who;
        let told = self
            .world
            .wait(who, For::Reply(flight), Some(due), move |state| {
                let here = state.flights[flight].as_mut().filter(|flight| flight.here);
                here.and_then(|flight| flight.told.take())
                    .or_else(|| (state.awake(who) >= due).then_some(Err(Failure::TimedOut { sent: true })))
            })
            .await;
        let mut state = self.world.lock();
        let received = state.reading(who);
        let date = told.as_ref().ok().map(|told| DateSample {
            date: server_time(told.at / SECOND * SECOND),
            sent,
            received,
        });
        if date.is_some() && received.boot_ms - sent.boot_ms <= 10 * SECOND {
            state.places[who.place].sampled = Some(state.off(who));
        }
        drop(state);
        (told, date, number, at)
    }
}

fn answer(told: &Told) -> Answer<'_> {
    Answer {
        status: told.status,
        retry_after: told.retry_after.map(Duration::from_secs),
        body: told.body.as_bytes(),
    }
}

impl Api for Line {
    fn request_token<'a>(
        &'a self,
        _: &'a str,
        credentials: &'a Credentials,
        ticket: Option<&'a Secret>,
        timeout: Duration,
    ) -> BoxFuture<'a, Reply<Grant>> {
        Box::pin(async move {
            let asked = Asked::Login {
                password: number_in(credentials.password.expose()) as u32,
                ticket: ticket.map(|ticket| number_in(ticket.expose())),
            };
            let (told, date, number, _) = self.exchange(asked, timeout).await;
            let outcome = told.and_then(|told| judge_login(answer(&told)));
            self.world
                .step(self.who, |state| state.learn(self.who, asked, outcome.as_ref(), number));
            Reply { outcome, date }
        })
    }

    fn renew_token<'a>(
        &'a self,
        _: &'a str,
        token: &'a Secret,
        ticket: Option<&'a Secret>,
        timeout: Duration,
    ) -> BoxFuture<'a, Reply<Grant>> {
        Box::pin(async move {
            let asked = Asked::Renewal {
                token: number_in(token.expose()),
                ticket: ticket.map(|ticket| number_in(ticket.expose())),
            };
            let (told, date, number, _) = self.exchange(asked, timeout).await;
            let outcome = told.and_then(|told| judge_renewal(answer(&told)));
            self.world
                .step(self.who, |state| state.learn(self.who, asked, outcome.as_ref(), number));
            Reply { outcome, date }
        })
    }

    fn call<'a>(&'a self, request: Request<'a>) -> BoxFuture<'a, Reply<String>> {
        Box::pin(async move {
            let token = number_in(request.token.expose());
            let number = number_in(request.endpoint.path.rsplit('/').next().unwrap_or_default());
            let asked = match request.endpoint.method {
                Method::Get => Asked::Get { token, number },
                Method::Post => Asked::Post { token, number },
            };
            let (told, date, _, sent) = self.exchange(asked, request.timeout).await;
            let outcome = told.and_then(|told| judge_call(answer(&told), request.endpoint.shape));
            self.world.step(self.who, |state| {
                let at = state.time_of(self.who);
                let sight = match &outcome {
                    Err(Failure::Unauthorized(_)) => {
                        state.refused.push(token);
                        let fresh = state.seems_fresh(self.who, token);
                        Some(Sight::Lost { token, sent, fresh, at })
                    }
                    Err(Failure::RateLimited(wait) | Failure::LockedOut(wait)) => Some(Sight::Stopped {
                        until: at + wait.as_millis() as Ms,
                    }),
                    _ => None,
                };
                state.tell(|| format!("{asked:?} of {} told: {:?}", self.who.place, outcome.as_ref().err()));
                state.sights.extend(sight.map(|sight| (number, sight)));
            });
            Reply { outcome, date }
        })
    }
}

impl State {
    /// A request enters the network. Answers its place, its number, and its time by the store's count.
    fn send(&mut self, who: Pid, asked: Asked, ahead: Ms) -> (usize, u64, Ms) {
        self.believe(who, ahead);
        self.check(who, asked, ahead);
        self.numbers += 1;
        let (number, at) = (self.numbers, self.time_of(who));
        let index = self.flights.iter().position(Option::is_none).unwrap_or_else(|| {
            self.flights.push(None);
            self.flights.len() - 1
        });
        let loss = self.weather.loss(&mut self.rng);
        self.tell(|| format!("process {} sends {asked:?} {loss:?}, ahead {ahead} ms", who.place));
        self.figures.sent(asked);
        let blind = self.is_blind(who, asked, ahead);
        let place = &mut self.places[who.place];
        let budget = self.plan.max_logins.within.as_millis() as Ms;
        place.known.forget(at, budget);
        place.known.sent(asked, number, at, blind);
        let shelf = &mut self.shelves[place.store];
        if shelf.noted {
            shelf.known.sent(asked, number, at, blind);
        }
        let told = match loss {
            Some(Loss::NotSent) => Some(Err(Failure::NotSent("refused".into()))),
            Some(Loss::ResetBefore) => Some(Err(Failure::Lost("reset".into()))),
            _ => None,
        };
        let way = self.rng.i64(10..150);
        match loss {
            Some(Loss::NotSent | Loss::ResetBefore) => self.engine.after(way * 2, Happening::Deliver(index)),
            Some(Loss::Hang) => {}
            Some(Loss::Slow) => {
                let more = self.rng.i64(0..50 * SECOND);
                self.engine.after(way + more, Happening::Arrive(index));
            }
            _ => self.engine.after(way, Happening::Arrive(index)),
        }
        self.flights[index] = Some(Flight {
            who,
            asked,
            loss,
            slept: self.slept(who),
            given_up: false,
            under_way: loss != Some(Loss::Hang),
            told,
            here: false,
        });
        (index, number, at)
    }

    /// A request reaches Tradovate, whether or not anybody still waits for the answer.
    pub fn arrive(&mut self, index: usize) {
        let Some(flight) = self.flights[index].as_ref() else {
            return;
        };
        let (asked, loss) = (flight.asked, flight.loss);
        let now = self.now();
        let told = self.tradovate.answer(asked, &self.weather, now, &mut self.rng);
        let alone = self.plan.stores == 1 && !self.plan.store_faults && self.shelves[0].stretch < SECOND;
        if alone && self.tradovate.too_many_renewals > 0 {
            self.fail(
                "lock-out",
                "Tradovate was asked for more renewals than it allows in an hour",
            );
        }
        self.tell(|| format!("Tradovate answers {asked:?} by {} {}", told.status, told.body));
        let Some(flight) = self.flights[index].as_mut() else {
            return;
        };
        if flight.given_up {
            self.flights[index] = None;
            return;
        }
        flight.under_way = loss != Some(Loss::NoAnswer);
        if flight.under_way {
            flight.told = Some(match loss {
                Some(Loss::ResetAfter) => Err(Failure::Lost("reset".into())),
                _ => Ok(told),
            });
            let way = self.rng.i64(10..150);
            self.engine.after(way, Happening::Deliver(index));
        }
    }

    /// An answer reaches its sender.
    pub fn deliver(&mut self, index: usize) {
        let Some(flight) = self.flights[index].as_mut() else {
            return;
        };
        if flight.given_up {
            self.flights[index] = None;
            return;
        }
        (flight.here, flight.under_way) = (true, false);
        self.engine.wake_for(For::Reply(index));
    }

    fn extends(&self, who: Pid, grant: &Grant) -> bool {
        let newest = self.places[who.place].known.newest;
        newest.is_none_or(|newest| newest.1 < true_time(grant.expires_at))
    }

    fn learn(&mut self, who: Pid, asked: Asked, outcome: Result<&Grant, &Failure>, number: u64) {
        self.tell(|| {
            format!(
                "process {} learns {:?}",
                who.place,
                outcome.map(|grant| grant.expires_at)
            )
        });
        self.figures.learned(asked, outcome);
        match (asked, outcome) {
            // A later grant of the same token clears it, if it is a new one to the keeper.
            (_, Ok(grant)) if self.extends(who, grant) => {
                let token = number_in(grant.access_token.expose());
                self.refused.retain(|refused| *refused != token);
            }
            (Asked::Renewal { token, .. }, Err(Failure::Unauthorized(_) | Failure::Rejected(_))) => {
                self.refused.push(token);
            }
            _ => {}
        }
        if outcome.is_err_and(|failure| !failure.may_have_opened_a_session()) {
            let all = self.places.iter_mut().map(|place| &mut place.known);
            for known in all.chain(self.shelves.iter_mut().map(|shelf| &mut shelf.known)) {
                known.logins.retain(|mark| mark.1 != number);
            }
        }
        let at = self.time_of(who);
        match asked {
            Asked::Login { password, .. } => {
                let known = &mut self.places[who.place].known;
                known.logged_in(outcome, password, number, at);
            }
            Asked::Renewal { token, .. } => {
                let fresh = self.seems_fresh(who, token);
                self.places[who.place].known.renewed(outcome, token, fresh, at);
            }
            Asked::Get { .. } | Asked::Post { .. } => {}
        }
    }
}
