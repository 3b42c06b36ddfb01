//! Bots: what they ask of their sessions, and what must hold of what they get.

use std::{sync::Arc, time::Duration};

use futures_util::future::join_all;
use tradovate_session::{
    api::{Endpoint, HostPurpose, Method, Shape},
    error::{Error, ErrorKind},
    session::{Session, token::Generation, view::View},
};

use super::{
    engine::{Admission, For, Happening, MINUTE, Ms, Pid, SECOND, World},
    oracle::number_in,
    plan::{Theme, about},
    process::open,
    world::{State, true_time},
};

pub const TIMEOUT: Duration = Duration::from_secs(30);
/// Tradovate stamps whole seconds, so an estimate of its time may be wrong by so much.
const COARSE: Ms = 1_500;
const ENDPOINTS: u8 = 4;

/// The bots of a process, which share its session, until the process is gone.
pub async fn bots(world: Arc<World>, who: Pid, session: Arc<Session>) {
    let Some(session) = opened(&world, who, session).await else {
        return;
    };
    let count = world.lock().plan.bots;
    join_all((0..count).map(|_| bot(&world, who, &session))).await;
}

/// A bot asks for something from time to time.
async fn bot(world: &Arc<World>, who: Pid, session: &Arc<Session>) {
    let end = world.lock().plan.span;
    while world.lock().now() < end {
        let (due, storm) = {
            let mut state = world.lock();
            let wait = state.weather.call_every;
            let wait = about(&mut state.rng, wait);
            (state.awake(who) + wait, state.weather.number)
        };
        world
            .wait(who, For::Alarm, Some(due), move |state| {
                (state.awake(who) >= due || state.weather.number > storm).then_some(())
            })
            .await;
        let patience = impatience(world);
        let work = work(world, who, session);
        let going_on = match patience {
            None => work.await,
            Some(patience) => tokio::select! {
                biased;
                going_on = work => going_on,
                () = world.sleep(who, patience) => {
                    world.lock().figures.given_up += 1;
                    true
                }
            },
        };
        if !going_on {
            return;
        }
    }
}

/// How long a caller waits who gives up early, if this one does.
fn impatience(world: &World) -> Option<Ms> {
    let mut state = world.lock();
    let gives_up = state.plan.gives_up && state.weather.storm && state.rng.u32(0..4) == 0;
    gives_up.then(|| state.rng.i64(0..5 * SECOND))
}

/// Waits for the first token. An opener that gives up closes its session, as the facade does, and opens another one soon.
async fn opened(world: &Arc<World>, who: Pid, mut session: Arc<Session>) -> Option<Arc<Session>> {
    loop {
        let patience = impatience(world);
        let opening = async { judge(world, who, &session, session.opened(TIMEOUT).await, false) };
        let Some(patience) = patience else {
            return opening.await.then_some(session);
        };
        let answer = tokio::select! {
            biased;
            going_on = opening => Some(going_on),
            () = world.sleep(who, patience) => None,
        };
        match answer {
            Some(going_on) => return going_on.then_some(session),
            None if world.lock().places[who.place].closing => return None,
            None => {}
        }
        let wait = {
            let mut state = world.lock();
            state.figures.given_up += 1;
            state.tell(|| format!("the opener of process {} gives up", who.place));
            state.rng.i64(0..10 * SECOND)
        };
        let closed = session.clone();
        tokio::spawn(async move { closed.close().await });
        world.sleep(who, wait).await;
        if world.lock().places[who.place].closing {
            return None;
        }
        session = open(world, who);
    }
}

/// Does something with a session. Answers whether its process lives on.
async fn work(world: &Arc<World>, who: Pid, session: &Arc<Session>) -> bool {
    let what = world.lock().rng.u32(0..16);
    match what {
        0..8 => judge(world, who, session, session.token(TIMEOUT).await, true),
        8..12 => call(world, who, session, Method::Get).await,
        // An order of the owner's makes a stop longer: he waits if he is wise.
        12 | 13 if storm_or_free(world, who) => call(world, who, session, Method::Post).await,
        14 => {
            let have = session.view().record.generation;
            {
                let mut state = world.lock();
                state.places[who.place].probes.asked = Some(state.now());
            }
            judge(world, who, session, session.renew(have, TIMEOUT).await, false)
        }
        _ => {
            let calls = (0..4).map(|_| call(world, who, session, Method::Get));
            join_all(calls).await.into_iter().all(|going_on| going_on)
        }
    }
}

fn storm_or_free(world: &World, who: Pid) -> bool {
    let state = world.lock();
    state.weather.storm || !state.user(who).is_stopped(state.now())
}

async fn call(world: &Arc<World>, who: Pid, session: &Session, method: Method) -> bool {
    let (number, endpoint) = {
        let mut state = world.lock();
        state.numbers += 1;
        state.figures.calls += 1;
        (state.numbers, state.rng.u8(0..ENDPOINTS))
    };
    let wanted = Endpoint {
        method,
        path: format!("e{endpoint}"),
        query: format!("n={number}"),
        body: (method == Method::Post).then(|| "{}".into()),
        shape: Shape::Any,
    };
    let answer = session.call(&wanted, HostPurpose::Demo, TIMEOUT).await;
    let mut state = world.lock();
    if state.admit(who) != Admission::Run {
        return state.alive(who);
    }
    let told = state.sights.iter().filter(|sight| sight.number == number);
    let stop = told.map(|sight| sight.until).max();
    state.sights.retain(|sight| sight.number != number);
    if let Some(until) = stop {
        let known = &mut state.places[who.place].known;
        known.stop = known.stop.max(until);
    }
    if let Err(error) = &answer {
        match error.kind() {
            ErrorKind::Closed => return false,
            ErrorKind::Contended => state.contended(who),
            _ => {}
        }
        state.judge_budget(who, &session.view());
        let denied = state.denies_lately(endpoint);
        state.judge_failure(who, number, error, denied);
    }
    true
}

/// Checks what a session gave. Answers whether its process lives on.
fn judge(world: &Arc<World>, who: Pid, session: &Session, answer: Result<Arc<View>, Error>, must_serve: bool) -> bool {
    let believed = true_time(session.clock().now());
    let mut state = world.lock();
    if state.admit(who) != Admission::Run {
        return state.alive(who);
    }
    match answer {
        Ok(view) => state.judge_token(who, &view),
        Err(error) => {
            state.figures.errors += 1;
            match error.kind() {
                ErrorKind::Closed => return false,
                ErrorKind::Contended => state.contended(who),
                _ => {}
            }
            state.judge_budget(who, &session.view());
            if must_serve {
                state.judge_refusal(who, believed, &error);
            }
        }
    }
    true
}

impl State {
    fn contended(&mut self, who: Pid) {
        self.figures.contended += 1;
        if self.plan.theme == Theme::Feud {
            self.engine.after(0, Happening::Close(who.place));
        }
    }

    /// Whether the user may not call an endpoint, or might not while a call of now was under way.
    fn denies_lately(&self, endpoint: u8) -> bool {
        let (permissions, now) = (self.plan.permissions(), self.now());
        permissions.denies(endpoint, now) || permissions.denies(endpoint, now - 10 * MINUTE)
    }

    /// A bot's call has failed.
    fn judge_failure(&mut self, who: Pid, number: u64, error: &Error, denied: bool) {
        // A POST is not sent again with the token that has killed the one it was sent with.
        let outrun = self.plan.kills_old && error.kind() == ErrorKind::Unauthorized;
        let expected = outrun || (denied && matches!(error.kind(), ErrorKind::Unauthorized | ErrorKind::Rejected));
        // A told host that is gone is left once it has failed.
        let of = &self.places[who.place];
        let astray = of.astray > 0 && self.now() - of.astray < MINUTE;
        if self.peace && !expected && !astray {
            self.fail("calls in peace", &format!("{who:?}, denied: {denied}: {error}"));
        }
        let is_stop = matches!(error.kind(), ErrorKind::RateLimited | ErrorKind::LockedOut);
        let was_sent = self.sent.iter().any(|sent| sent.number == number);
        let late = self.lag(who).saturating_add(self.stop_learned + 2 * COARSE);
        if is_stop && !was_sent && self.now() > late {
            self.fail("end of a stop", &format!("{who:?} holds a call back: {error}"));
        }
    }

    /// A caller was given a token.
    fn judge_token(&mut self, who: Pid, view: &View) {
        self.figures.served += 1;
        let Some(token) = view.record.token.as_ref() else {
            return self.fail("dead token", &format!("{who:?} serves none"));
        };
        let number = number_in(token.access_token.expose());
        let now = self.now();
        let expires = self.user(who).issued(number).map_or(0, |issued| issued.expires);
        if now >= expires + COARSE + self.lag(who) {
            self.figures.dead_ms += now - expires;
            self.fail(
                "dead token",
                &format!("{who:?} serves {number}, which died {} ms ago", now - expires),
            );
        }
        let of = &self.places[who.place];
        if of.known.knows_lost(number) && !self.shared_stores[of.store].falls_back {
            self.fail("lost token", &format!("{who:?} serves {number}, which was refused"));
        }
        if self.user(who).takes(number, now) == Err(false) {
            self.figures.closed_unawares += 1;
        }
        self.judge_generation(who, view.record.generation);
    }

    /// How late a process' clocks may be for a reason that nobody can see from inside: set back, or stopped.
    pub fn lag(&self, who: Pid) -> Ms {
        let (wall, boot) = self.off(who);
        match self.places[who.place].sampled {
            Some((wall_then, boot_then)) => (-(wall - wall_then).max(boot - boot_then)).max(0),
            None => self.unseen(),
        }
    }

    /// How far they may be ahead likewise.
    pub fn early(&self, who: Pid) -> Ms {
        let (wall, boot) = self.off(who);
        match self.places[who.place].sampled {
            Some((wall_then, boot_then)) => (wall - wall_then).max(boot - boot_then).max(0),
            None => self.unseen(),
        }
    }

    /// How wrong a clock may be before any answer was seen: not at all, if the server's time can be had.
    fn unseen(&self) -> Ms {
        let hidden = self.plan.clock_sets && !self.weather.tells_time(self.now());
        if self.plan.clock_faults || hidden {
            Ms::MAX / 4
        } else {
            0
        }
    }

    fn judge_generation(&mut self, who: Pid, generation: Generation) {
        let of = &mut self.places[who.place];
        let before = std::mem::replace(&mut of.generation, generation);
        if generation < before {
            self.fail("generation", &format!("{who:?} shows {generation} after {before}"));
        }
        let of = &self.places[who.place];
        let shelf = &self.shared_stores[of.store];
        let slice = if self.plan.tells { 0 } else { self.plan.calm_slice };
        let since = shelf.written_at.max(of.started).max(of.thaw);
        let late = self.now() - since > slice + 100 * SECOND;
        if late && shelf.generation > generation && !shelf.forgets && !self.weather.storm {
            let text = format!("{who:?} shows {generation}, stored is {}", shelf.generation);
            self.fail("adoption", &text);
        }
    }

    /// A caller was given an error instead of a token.
    fn judge_refusal(&mut self, who: Pid, believed: Ms, error: &Error) {
        let at = self.time_of(who);
        let of = &self.places[who.place];
        let Some(newest) = of.known.newest else {
            return;
        };
        let number = newest.token;
        let good = believed.max(self.now()) + 5 * SECOND < newest.expires && newest.granted < at - SECOND;
        let forgets = self.shared_stores[of.store].forgets;
        let lives = self.user(who).takes(number, self.now()).is_ok();
        if good && lives && !self.refused.contains(&number) && of.known.doubtful == 0 && !forgets {
            self.fail(
                "good token withheld",
                &format!("{who:?} has {number} and answers: {error}"),
            );
        }
    }
}
