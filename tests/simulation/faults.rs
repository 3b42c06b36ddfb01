//! What goes wrong at present, and what strikes while a storm lasts.

use fastrand::Rng;

use super::{
    engine::{For, Happening, MINUTE, Ms, Pid, SECOND},
    healing::KNOWS_TIME_WITHIN,
    plan::{Plan, Theme, about, pick},
    world::State,
};

/// A fault of Tradovate's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    Status(u16),
    Stop(u16),
    /// One that ends within a minute.
    BriefStop,
    Penalty,
    Captcha,
    Text,
    Factor,
    Garbage,
    RefusedOrder,
}

/// A fault of the network's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    NotSent,
    /// The connection is not made before the caller's time is over.
    NeverConnected,
    ResetBefore,
    ResetAfter,
    NoAnswer,
    Hang,
    Slow,
}

/// So many storms come to one in which Tradovate is down from beginning to end.
const OUTAGE_EVERY: u32 = 8;
/// So many come to one in which Tradovate puts calls off, one after the other.
const LIMITS_EVERY: u32 = 6;
/// So many come to one in which machines begin with a wrong clock and without a network.
const OFFLINE_EVERY: u32 = 5;

/// How likely what is.
#[derive(Debug, Clone)]
pub struct Weather {
    pub storm: bool,
    /// Whether machines have no network, and clocks that are ahead. Both are mended at the end.
    pub offline: bool,
    pub since: Ms,
    /// Counts storms.
    pub number: u32,
    faults: Vec<(Fault, f64)>,
    on_loss: Vec<(Loss, f64)>,
    /// Whether renewals extend a life.
    pub extends: bool,
    /// How a closed session is answered.
    pub closed_as: u16,
    pub store_errors: f64,
    pub lost_writes: f64,
    pub credentials_fail: f64,
    pub call_every: Ms,
}

impl Weather {
    pub fn calm(plan: &Plan) -> Self {
        Self {
            storm: false,
            offline: false,
            since: 0,
            number: 0,
            faults: Vec::new(),
            on_loss: Vec::new(),
            extends: true,
            closed_as: 401,
            store_errors: 0.0,
            lost_writes: 0.0,
            credentials_fail: 0.0,
            call_every: plan.calm_call,
        }
    }

    pub fn storm(plan: &Plan, number: u32, rng: &mut Rng) -> Self {
        let strength = pick(rng, &[0.02, 0.1, 0.3, 0.6, 1.0]);
        let mut faults = Vec::new();
        for _ in 0..rng.usize(0..3) {
            let fault = match rng.u32(0..16) {
                0..5 => Fault::Status(pick(rng, &[408, 500, 502, 503, 504, 501, 400])),
                5 => Fault::Status(401),
                6 => Fault::Status(403),
                7 => Fault::Status(pick(rng, &[307, 421])),
                8 => Fault::Stop(pick(rng, &[423, 429])),
                9 | 10 => Fault::Penalty,
                11 => Fault::Captcha,
                12 => Fault::Text,
                13 => Fault::Factor,
                14 => Fault::RefusedOrder,
                _ => Fault::Garbage,
            };
            faults.push((fault, strength / 2.0));
        }
        if number.is_multiple_of(OUTAGE_EVERY) {
            faults = vec![(Fault::Status(pick(rng, &[502, 503])), 1.0)];
        }
        let mut on_loss = Vec::new();
        for _ in 0..rng.usize(0..3) {
            let kinds = [
                Loss::NotSent,
                Loss::NeverConnected,
                Loss::ResetBefore,
                Loss::ResetAfter,
                Loss::NoAnswer,
                Loss::Hang,
                Loss::Slow,
            ];
            on_loss.push((pick(rng, &kinds), strength / 2.0));
        }
        let mut call_every = plan.storm_call;
        if number % LIMITS_EVERY == 1 {
            faults = vec![(Fault::Penalty, 0.2), (Fault::BriefStop, 0.1)];
            on_loss = vec![(Loss::Slow, 0.3)];
            call_every = call_every.min(20 * SECOND);
        }
        let offline = plan.clock_sets && number % OFFLINE_EVERY == 2;
        if offline {
            on_loss = vec![(Loss::NotSent, 1.0)];
        }
        let store = if plan.store_faults && rng.bool() {
            strength / 3.0
        } else {
            0.0
        };
        Self {
            storm: true,
            offline,
            since: 0,
            number,
            faults,
            on_loss,
            extends: rng.u32(0..4) > 0,
            closed_as: pick(rng, &[401, 401, 401, 400, 408, 500, 503]),
            store_errors: store,
            lost_writes: if plan.store_faults && rng.u32(0..3) == 0 {
                strength / 5.0
            } else {
                0.0
            },
            credentials_fail: if rng.u32(0..5) == 0 { strength } else { 0.0 },
            call_every,
        }
    }

    /// Whether whoever asks for the time is told it.
    pub fn tells_time(&self, now: Ms) -> bool {
        self.on_loss.is_empty() && now - self.since > 5 * MINUTE
    }

    pub fn fault(&self, rng: &mut Rng) -> Option<Fault> {
        draw(&self.faults, rng)
    }

    pub fn loss(&self, rng: &mut Rng) -> Option<Loss> {
        draw(&self.on_loss, rng)
    }
}

fn draw<T: Copy>(all: &[(T, f64)], rng: &mut Rng) -> Option<T> {
    all.iter()
        .find(|(_, chance)| rng.f64() < *chance)
        .map(|(what, _)| *what)
}

impl State {
    /// The weather turns.
    pub fn turn(&mut self) {
        if self.weather.storm {
            self.clear();
        } else {
            let number = self.weather.number + 1;
            self.weather = Weather::storm(&self.plan, number, &mut self.rng);
            self.figures.storms += 1;
            self.weather.since = self.now();
            self.peace = false;
            let text = format!("{:?}", self.weather);
            self.tell(|| text);
            let lasts = about(&mut self.rng, self.plan.storm).min(self.plan.storm * 3);
            self.engine.after(lasts, Happening::Turn);
            self.strike_later();
            if self.weather.offline {
                self.set_clocks_ahead();
            }
            // Bots that rest in peace look up.
            self.engine.wake_for(For::Alarm);
            self.engine.wake_for(For::Time);
        }
    }

    /// Peace: what the storm did must heal by itself, but for what needs a person, who comes now.
    fn clear(&mut self) {
        let number = self.weather.number;
        if self.weather.offline {
            self.set_clocks_right();
        }
        self.weather = Weather {
            number,
            since: self.now(),
            ..Weather::calm(&self.plan)
        };
        self.tell(|| "the storm is over".into());
        let calm = (self.plan.calm / 2 + about(&mut self.rng, self.plan.calm / 2)).min(self.plan.calm * 3);
        self.engine.after(calm, Happening::Turn);
        self.heal();
        self.engine.after(KNOWS_TIME_WITHIN, Happening::ReckonTime(number));
        let healed = self.stopped_until().max(self.now()) + self.patience();
        self.engine.at(healed, Happening::Reckon(number));
        self.engine.at(healed + self.plan.life, Happening::ReckonState(number));
    }

    /// Every stop and penalty has ended by then.
    pub fn stopped_until(&self) -> Ms {
        self.users.iter().map(|user| user.stopped_until).max().unwrap_or(0)
    }

    /// How long healing may take once nothing is wrong any more: an hour for our own limits an hour, one more if the
    /// call that has to be sent again with its ticket has credentials of before, and a back-off. Where such logins are many,
    /// their address lets four of them be refused an hour.
    pub fn patience(&self) -> Ms {
        let budget = self.plan.longest_budget();
        let crowd = self.plan.users.div_ceil(4) as Ms - 1;
        (120 * MINUTE).max(budget) + 60 * MINUTE * crowd + 7 * MINUTE + 2 * self.plan.calm_slice.min(5 * MINUTE)
    }

    fn strike_later(&mut self) {
        let wait = about(&mut self.rng, self.plan.storm / 8);
        self.engine.after(wait, Happening::Strike(self.weather.number));
    }

    /// Something happens to somebody.
    pub fn strike(&mut self, storm: u32) {
        if !self.weather.storm || self.weather.number != storm {
            return;
        }
        self.strike_later();
        let place = self.rng.usize(0..self.places.len());
        let life = self.places[place].life;
        let user = self.user_of(Pid { place, life });
        match self.rng.u32(0..15) {
            0..3 => {
                let doom = (self.rng.u32(0..12), self.rng.bool());
                self.places[place].doom = Some(doom);
            }
            3 => self.kill_if_running(place),
            4 => self.freeze(place),
            5 | 6 => {
                self.tell(|| "someone logs in on the web site".into());
                self.users[user].web_login();
                if self.rng.bool() {
                    self.users[user].web_login();
                }
            }
            7 if self.plan.theme != Theme::Feud => {
                // In a crowd all are changed at times.
                let all = self.users.len() > 1 && self.rng.bool();
                for other in (0..self.users.len()).filter(|other| all || *other == user) {
                    self.users[other].password += 1;
                    if self.rng.bool() {
                        self.operators[other] = self.users[other].password;
                    }
                }
                self.tell(|| format!("the password changes, everybody's: {all}"));
            }
            8 => self.engine.after(0, Happening::Close(place)),
            9 if self.plan.clock_faults => self.set_clock(place),
            10 | 11 if self.plan.store_faults => {
                let shelf = self.rng.usize(0..self.shared_stores.len());
                let wipes = self.rng.u32(0..3) == 0;
                self.spoil(shelf, wipes);
            }
            12 if self.plan.clock_sets => self.set_clock_between(place),
            13 if self.plan.hosts => self.strike_host(),
            14 if self.plan.lease_ms > 0 => self.lapse(place),
            _ => {}
        }
    }

    pub fn kill_if_running(&mut self, place: usize) {
        if self.places[place].running {
            self.kill(place);
        }
    }

    /// A lease is going to lapse under its holder.
    fn lapse(&mut self, place: usize) {
        let shelf = self.places[place].store;
        self.tell(|| format!("the next lease of store {shelf} lapses in mid-call"));
        self.shared_stores[shelf].lapses = true;
    }
}
