//! The network between a process and Tradovate, and what is checked of every request that enters it.

use std::{
    sync::{Arc, OnceLock, Weak},
    time::Duration,
};

use futures_util::future::BoxFuture;
use tradovate_session::{
    api::{
        Credentials, Failure, Grant, Method, Reply, Request, Tradovate as Api,
        answer::{Answer as HttpAnswer, judge_call, judge_login, judge_renewal},
    },
    clock::DateSample,
    secret::Secret,
    session::{Session, token::Generation},
};

use super::{
    engine::{For, Happening, Ms, Pid, SECOND, World},
    exchange::{Asked, Called, Told},
    faults::Loss,
    hosts::Fares,
    oracle::{Answer, number_in},
    tradovate::AnswerContext,
    world::{State, server_time},
};

/// A request under way.
#[derive(Debug)]
pub struct Flight {
    pub who: Pid,
    pub asked: Asked,
    pub loss: Option<Loss>,
    pub host: Fares,
    /// The lease under which it was sent has lapsed.
    pub lapsed: bool,
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
    /// Which session of the process it serves: one that was given up may still be answered.
    pub opening: u32,
    pub session: Arc<OnceLock<Weak<Session>>>,
}

/// Marks a request whose sender is gone.
struct Ride<'a> {
    line: &'a Line,
    flight: usize,
    due: Ms,
}

impl Drop for Ride<'_> {
    fn drop(&mut self) {
        let who = self.line.who;
        let mut state = self.line.world.lock();
        let in_time = state.alive(who) && !state.places[who.place].closing && state.awake(who) < self.due;
        if let Some(flight) = state.under_way[self.flight].as_mut() {
            let is_auth = matches!(flight.asked, Asked::Login { .. } | Asked::Renewal { .. });
            let (asked, dropped) = (
                flight.asked,
                is_auth && in_time && flight.told.is_none() && !flight.here,
            );
            if flight.under_way {
                flight.given_up = true;
            } else {
                state.under_way[self.flight] = None;
            }
            if dropped {
                state.fail("auth call dropped", &format!("{who:?} drops {asked:?} under way"));
            }
        }
    }
}

impl Line {
    async fn exchange(&self, asked: Asked, base: &str, timeout: Duration) -> Exchange {
        let ahead = self.world.ahead(self.who);
        let (flight, number) = self
            .world
            .step(self.who, |state| state.send(self.who, asked, base, ahead));
        let sent = self.world.lock().reading(self.who);
        let due = self.world.lock().awake(self.who) + timeout.as_millis() as Ms;
        let _ride = Ride {
            line: self,
            flight,
            due,
        };
        let who = self.who;
        let told = self
            .world
            .wait(who, For::Reply(flight), Some(due), move |state| {
                let flight = state.under_way[flight].as_mut()?;
                let told = if flight.here { flight.told.take() } else { None };
                let sent = flight.loss != Some(Loss::NeverConnected);
                told.or_else(|| (state.awake(who) >= due).then_some(Err(Failure::TimedOut { sent })))
            })
            .await;
        let mut state = self.world.lock();
        let received = state.reading(who);
        let date = told.as_ref().ok().map(|told| DateSample {
            date: server_time(told.at / SECOND * SECOND),
            sent,
            received,
        });
        let is_current = state.places[who.place].openings == self.opening;
        // A machine that stood still meanwhile shows a time that has passed as if it were now.
        let is_fresh = told.as_ref().is_ok_and(|told| state.now() - told.at <= 10 * SECOND);
        if is_fresh && is_current && date.is_some_and(|sample| !sample.is_slow()) {
            state.learn_time(who);
        }
        drop(state);
        Exchange { told, date, number }
    }
}

/// What became of a request.
struct Exchange {
    told: Result<Told, Failure>,
    date: Option<DateSample>,
    number: u64,
}

impl Exchange {
    /// The answer as it came, and what it is taken for.
    fn judged<T>(self, judge: impl FnOnce(HttpAnswer<'_>) -> Result<T, Failure>) -> (Option<Told>, Reply<T>, u64) {
        let outcome = self
            .told
            .as_ref()
            .map_err(Clone::clone)
            .and_then(|told| judge(answer(told)));
        let date = self.date;
        (
            self.told.ok(),
            Reply {
                outcome,
                date,
                raw: None,
            },
            self.number,
        )
    }
}

fn answer(told: &Told) -> HttpAnswer<'_> {
    HttpAnswer {
        status: told.status,
        retry_after: told.retry_after.map(Duration::from_secs),
        body: told.body.as_bytes(),
    }
}

impl Api for Line {
    fn request_token<'a>(
        &'a self,
        base: &'a str,
        credentials: &'a Credentials,
        ticket: Option<&'a Secret>,
        timeout: Duration,
    ) -> BoxFuture<'a, Reply<Grant>> {
        Box::pin(async move {
            let asked = Asked::Login {
                password: number_in(credentials.password.expose()) as u32,
                ticket: ticket.map(|ticket| number_in(ticket.expose())),
            };
            self.authenticate(asked, base, timeout, judge_login).await
        })
    }

    fn renew_token<'a>(
        &'a self,
        base: &'a str,
        token: &'a Secret,
        ticket: Option<&'a Secret>,
        timeout: Duration,
    ) -> BoxFuture<'a, Reply<Grant>> {
        Box::pin(async move {
            let asked = Asked::Renewal {
                token: number_in(token.expose()),
                ticket: ticket.map(|ticket| number_in(ticket.expose())),
            };
            self.authenticate(asked, base, timeout, judge_renewal).await
        })
    }

    fn server_time<'a>(&'a self, base: &'a str, timeout: Duration) -> BoxFuture<'a, Option<DateSample>> {
        Box::pin(async move { self.exchange(Asked::Time, base, timeout).await.date })
    }

    fn call<'a>(&'a self, request: Request<'a>) -> BoxFuture<'a, Reply<String>> {
        Box::pin(async move {
            let called = Called {
                token: number_in(request.token.expose()),
                number: request.endpoint.query[2..].parse().unwrap_or_default(),
                endpoint: request.endpoint.path[1..].parse().unwrap_or_default(),
                ticket: request.ticket.map(|ticket| number_in(ticket.expose())),
            };
            let asked = match request.endpoint.method {
                Method::Get => Asked::Get(called),
                Method::Post => Asked::Post(called),
            };
            let exchange = self.exchange(asked, request.base, request.timeout).await;
            let (told, reply, _) = exchange.judged(|answer| judge_call(answer, request.endpoint.shape));
            self.world.step(self.who, |state| {
                state.called(self.who, asked, called, told.as_ref(), reply.outcome.as_ref());
            });
            reply
        })
    }
}

impl Line {
    /// The generation that the session shows.
    fn generation(&self) -> Generation {
        let session = self.session.get().and_then(Weak::upgrade);
        session
            .map(|session| session.view().record.generation)
            .unwrap_or_default()
    }

    async fn authenticate(
        &self,
        asked: Asked,
        base: &str,
        timeout: Duration,
        judge: fn(HttpAnswer<'_>) -> Result<Grant, Failure>,
    ) -> Reply<Grant> {
        let generation = self.generation();
        let (told, reply, number) = self.exchange(asked, base, timeout).await.judged(judge);
        let told = told.as_ref();
        self.world.step(self.who, |state| {
            let outcome = reply.outcome.as_ref();
            let told_host = state.hosts.is_told(base);
            let answer = Answer {
                came: state.now(),
                outcome,
                told,
                told_host,
                generation,
            };
            state.learn(self.who, asked, answer, number);
        });
        reply
    }
}

impl State {
    /// A request enters the network. Answers its place and its number.
    fn send(&mut self, who: Pid, asked: Asked, base: &str, ahead: Ms) -> (usize, u64) {
        self.believe(who, ahead);
        self.check(who, asked, ahead);
        let host = self.hosts.fares(base, asked).unwrap_or_else(|| {
            self.fail("trusted host", &format!("{who:?} sends {asked:?} to {base}"));
            Fares::Refuses
        });
        self.numbers += 1;
        let (number, at) = (self.numbers, self.time_of(who));
        self.check_address(who, asked, number);
        let index = self.under_way.iter().position(Option::is_none).unwrap_or_else(|| {
            self.under_way.push(None);
            self.under_way.len() - 1
        });
        let loss = match host {
            Fares::Refuses => Some(Loss::NotSent),
            Fares::Mute => Some(Loss::Hang),
            _ => self.weather.loss(&mut self.rng),
        };
        self.tell(|| {
            format!(
                "process {} sends {asked:?} to {base} {loss:?}, ahead {ahead} ms",
                who.place
            )
        });
        self.figures.sent(asked);
        if host != Fares::Serves {
            self.places[who.place].astray = self.now();
        }
        if matches!(asked, Asked::Login { .. }) {
            self.logins_ended.insert(number, self.now());
        }
        let blind = self.is_blind(who, asked, ahead);
        let place = &mut self.places[who.place];
        let budget = self.plan.longest_budget();
        place.known.forget(at, budget);
        place.known.sent(asked, number, at, blind);
        let shelf = &mut self.shared_stores[place.store];
        if shelf.noted {
            shelf.known.sent(asked, number, at, blind);
        }
        let store = place.store;
        if let (true, Asked::Login { .. } | Asked::Renewal { .. }) = (self.shared_stores[store].lapses, asked)
            && let Some((_, number)) = self.shared_stores[store].holder
        {
            self.shared_stores[store].lapses = false;
            let wait = self.rng.i64(0..150);
            self.engine.after(wait, Happening::Free(store, number));
        }
        let told = match loss {
            Some(Loss::NotSent) => Some(Err(Failure::NotSent("refused".into()))),
            Some(Loss::ResetBefore) => Some(Err(Failure::Lost("reset".into()))),
            _ => None,
        };
        let way = self.rng.i64(10..150);
        match loss {
            Some(Loss::NotSent | Loss::ResetBefore) => self.engine.after(way * 2, Happening::Deliver(index)),
            Some(Loss::Hang | Loss::NeverConnected) => {}
            Some(Loss::Slow) => {
                let more = self.rng.i64(0..50 * SECOND);
                self.engine.after(way + more, Happening::Arrive(index));
            }
            _ => self.engine.after(way, Happening::Arrive(index)),
        }
        self.under_way[index] = Some(Flight {
            who,
            asked,
            loss,
            host,
            lapsed: false,
            slept: self.slept(who),
            given_up: false,
            under_way: !matches!(loss, Some(Loss::Hang | Loss::NeverConnected)),
            told,
            here: false,
        });
        (index, number)
    }

    /// A request reaches Tradovate, whether or not anybody still waits for the answer.
    pub fn arrive(&mut self, index: usize) {
        let Some(flight) = self.under_way[index].as_ref() else {
            return;
        };
        let (who, asked, loss, host) = (flight.who, flight.asked, flight.loss, flight.host);
        let now = self.now();
        let told = if let Fares::Answers(status) = host {
            let (retry_after, body) = (None, String::new());
            Told {
                status,
                retry_after,
                body,
                at: now,
            }
        } else {
            let user = self.user_of(who);
            let machine = self.places[who.place].machine;
            let before = self.disturbances(user, machine);
            let mut context = AnswerContext {
                weather: &self.weather,
                hosts: &self.hosts,
                address: &mut self.addresses[machine],
                now,
                rng: &mut self.rng,
            };
            let told = self.users[user].answer(asked, &mut context);
            if self.plan.managers() > 1 && self.disturbances(user, machine) > before {
                (self.peace, self.disturbed_at) = (false, now);
            }
            told
        };
        if self.is_alone() && self.addresses.iter().any(|address| address.too_many_renewals > 0) {
            self.fail(
                "lock-out",
                "Tradovate was asked for more renewals than it allows in an hour",
            );
        }
        self.tell(|| format!("Tradovate answers {asked:?} by {} {}", told.status, told.body));
        let Some(flight) = self.under_way[index].as_mut() else {
            return;
        };
        if flight.given_up {
            self.under_way[index] = None;
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
        let Some(flight) = self.under_way[index].as_mut() else {
            return;
        };
        if flight.given_up {
            self.under_way[index] = None;
            return;
        }
        (flight.here, flight.under_way) = (true, false);
        self.engine.wake_for(For::Reply(index));
    }
}
