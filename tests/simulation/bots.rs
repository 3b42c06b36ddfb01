//! Bots: what they ask of their sessions, and what must hold of what they get.

use std::{sync::Arc, time::Duration};

use futures_util::future::join_all;
use tradovate_session::{
    api::{Endpoint, HostPurpose, Method, Shape},
    error::{Error, ErrorKind},
    session::{Session, view::View},
};

use super::{
    engine::{Admission, For, Happening, Ms, Pid, SECOND, World},
    known::{Sight, number_in},
    plan::{Theme, about},
    world::{State, true_time},
};

pub const TIMEOUT: Duration = Duration::from_secs(30);
/// Tradovate stamps whole seconds, so an estimate of its time may be wrong by so much.
const COARSE: Ms = 1_500;

/// A bot asks for something from time to time, until its process is gone.
pub async fn bot(world: Arc<World>, who: Pid, session: Arc<Session>) {
    let opened = session.opened(TIMEOUT).await;
    let end = world.lock().plan.span;
    if !judge(&world, who, &session, opened, false) {
        return;
    }
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
        let what = world.lock().rng.u32(0..16);
        let going_on = match what {
            0..8 => judge(&world, who, &session, session.token(TIMEOUT).await, true),
            8..12 => call(&world, who, &session, Method::Get).await,
            // An order of the owner's makes a stop longer: he waits if he is wise.
            12 | 13 if storm_or_free(&world) => call(&world, who, &session, Method::Post).await,
            14 => {
                let have = session.view().record.generation;
                judge(&world, who, &session, session.renew(have, TIMEOUT).await, false)
            }
            _ => {
                let calls = (0..4).map(|_| call(&world, who, &session, Method::Get));
                join_all(calls).await.into_iter().all(|going_on| going_on)
            }
        };
        if !going_on {
            return;
        }
    }
}

fn storm_or_free(world: &World) -> bool {
    let state = world.lock();
    state.weather.storm || !state.tradovate.is_stopped(state.now())
}

async fn call(world: &Arc<World>, who: Pid, session: &Session, method: Method) -> bool {
    let number = {
        let mut state = world.lock();
        state.numbers += 1;
        state.figures.calls += 1;
        state.numbers
    };
    let endpoint = Endpoint {
        method,
        path: format!("x/n{number}"),
        query: String::new(),
        body: (method == Method::Post).then(|| "{}".into()),
        shape: Shape::Any,
    };
    let asked = world.lock().awake(who);
    let generation = session.view().record.generation;
    let answer = session.call(&endpoint, HostPurpose::Demo, TIMEOUT).await;
    let mut state = world.lock();
    if state.admit(who) != Admission::Run {
        return state.alive(who);
    }
    // A keeper that is busy for all of a caller's patience has not heard of it yet.
    let heard = state.awake(who) - asked < TIMEOUT.as_millis() as Ms;
    let mut told = Vec::new();
    state.sights.retain(|(seen, sight)| {
        if *seen == number {
            told.push(*sight);
        }
        *seen != number
    });
    if heard {
        // What was seen of an older generation says nothing about the present one.
        let same = session.view().record.generation == generation;
        for sight in told {
            if same || matches!(sight, Sight::Stopped { .. }) {
                state.places[who.place].known.saw(sight);
            }
        }
    }
    match answer.map_err(|error| error.kind()) {
        Err(ErrorKind::Closed) => return false,
        Err(ErrorKind::Contended) => state.contended(who),
        _ => {}
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

    /// A caller was given a token.
    fn judge_token(&mut self, who: Pid, view: &View) {
        self.figures.served += 1;
        let Some(token) = view.record.token.as_ref() else {
            return self.fail("dead token", &format!("{who:?} serves none"));
        };
        let number = number_in(token.access_token.expose());
        let now = self.now();
        let expires = self.tradovate.issued(number).map_or(0, |issued| issued.expires);
        if now >= expires + COARSE + self.lag(who) {
            self.figures.dead_ms += now - expires;
            self.fail(
                "dead token",
                &format!("{who:?} serves {number}, which died {} ms ago", now - expires),
            );
        }
        let known = &self.places[who.place].known;
        if known.knows_lost(number) && !self.shelves[self.places[who.place].store].falls_back {
            self.fail("lost token", &format!("{who:?} serves {number}, which was refused"));
        }
        if self.tradovate.takes(number, now) == Err(false) {
            self.figures.closed_unawares += 1;
        }
        self.judge_generation(who, view.record.generation);
    }

    /// How late a process' clocks may be for a reason that nobody can see from inside: set back, or stopped.
    fn lag(&self, who: Pid) -> Ms {
        let (wall, boot) = self.off(who);
        match self.places[who.place].sampled {
            Some((wall_then, boot_then)) => (-(wall - wall_then).max(boot - boot_then)).max(0),
            None if self.plan.clock_faults => Ms::MAX / 4,
            None => 0,
        }
    }

    fn judge_generation(&mut self, who: Pid, generation: u64) {
        let of = &mut self.places[who.place];
        let before = std::mem::replace(&mut of.generation, generation);
        if generation < before {
            self.fail("generation", &format!("{who:?} shows {generation} after {before}"));
        }
        let of = &self.places[who.place];
        let shelf = &self.shelves[of.store];
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
        let Some((number, expires, granted)) = of.known.newest else {
            return;
        };
        let good = believed.max(self.now()) + 5 * SECOND < expires && granted < at - SECOND;
        let forgets = self.shelves[of.store].forgets;
        if good && !self.refused.contains(&number) && of.known.doubtful == 0 && !forgets {
            self.fail(
                "good token withheld",
                &format!("{who:?} has {number} and answers: {error}"),
            );
        }
    }
}
