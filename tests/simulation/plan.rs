//! What a world is like from its beginning to its end, drawn by its seed.

use fastrand::Rng;
use tradovate_session::session::{MaxLogins, OnEviction};

use super::{
    engine::{DAY, HOUR, MINUTE, Ms, SECOND},
    world::Machine,
};

/// What kind of fault a world is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theme {
    /// Long stretches of peace, and now and then a storm.
    Years,
    /// One storm after another.
    Storms,
    /// Short tokens, so that each moment of a life is met often.
    ShortLives,
    /// Managers of one user that share no store, and fewer sessions than they need.
    Feud,
    /// A few users behind one address, one storm after another.
    Crowd,
    /// Many users behind one address, in peace.
    Fleet,
}

/// Fixed for a world.
#[derive(Debug, Clone)]
pub struct Plan {
    pub theme: Theme,
    pub span: Ms,
    pub life: Ms,
    /// Sessions that Tradovate allows the user.
    pub sessions: usize,
    /// Users behind the one address, each with a store of its own.
    pub users: usize,
    pub stores: usize,
    /// Processes a store.
    pub processes: usize,
    /// Bots of a process, which share its session.
    pub bots: usize,
    pub machines: usize,
    /// Whether each process has an address ledger of its own, since there is none on disk.
    pub memory_ledger: bool,
    /// Machines' clocks are wrong by up to this at first.
    pub skew: Ms,
    pub ppm: i64,
    /// Whether a renewal changes the token, and whether that kills the old one.
    pub rotates: bool,
    pub kills_old: bool,
    /// Whether a store tells of changes at once.
    pub tells: bool,
    /// The longest that one step of a store takes.
    pub store_ms: Ms,
    /// For how long a crashed process' lease stays held.
    pub lease_ms: Ms,
    /// Whether stores fail and forget in storms.
    pub store_faults: bool,
    /// Whether wall clocks are set and boot clocks stand still in storms.
    pub clock_faults: bool,
    /// Whether clocks are set, and machines started anew, while no process runs.
    pub clock_sets: bool,
    /// Of the endpoints that bots call, how many the user may not.
    pub denied: u8,
    /// For how long in turn he may those after all, and may not; zero for never.
    pub permission: Ms,
    /// Whether Tradovate names hosts, moves them and retires them.
    pub hosts: bool,
    /// Whether a proxy stands for Tradovate.
    pub proxied: bool,
    /// Whether openers and callers give up in mid-call.
    pub gives_up: bool,
    pub calm: Ms,
    pub storm: Ms,
    /// How often a bot does something, in peace and in a storm.
    pub calm_call: Ms,
    pub storm_call: Ms,
    pub calm_slice: Ms,
    pub renew_before: Ms,
    /// What every other process of a store is opened with.
    pub max_logins: [MaxLogins; 2],
    pub on_eviction: OnEviction,
}

impl Theme {
    /// How long the tokens of a world with this theme live.
    fn life(self, rng: &mut Rng) -> Ms {
        match self {
            Theme::Years => pick(
                rng,
                &[
                    80 * MINUTE,
                    90 * MINUTE,
                    4 * HOUR,
                    12 * HOUR,
                    DAY,
                    3 * DAY,
                    10 * DAY,
                    30 * DAY,
                ],
            ),
            Theme::Storms | Theme::Crowd | Theme::Feud | Theme::Fleet => {
                pick(rng, &[80 * MINUTE, 90 * MINUTE, 80 * MINUTE, 4 * HOUR])
            }
            Theme::ShortLives => pick(rng, &[90 * SECOND, 3 * MINUTE, 6 * MINUTE, 10 * MINUTE, 20 * MINUTE]),
        }
    }
}

impl Plan {
    pub fn draw(rng: &mut Rng) -> Self {
        let theme = match rng.u32(0..100) {
            0..30 => Theme::Years,
            30..66 => Theme::Storms,
            66..75 => Theme::Crowd,
            75..92 => Theme::ShortLives,
            _ => Theme::Feud,
        };
        let life = theme.life(rng);
        let feud = theme == Theme::Feud;
        let tells = theme == Theme::Years || rng.bool();
        let (span, calm, storm) = stretches(theme, life);
        let limit = |rng: &mut Rng| {
            let (count, seconds) = pick(rng, &[(3, 600), (3, 600), (2, 1_800), (6, 86_400)]);
            MaxLogins {
                count,
                within: std::time::Duration::from_secs(seconds),
            }
        };
        let max_logins = limit(rng);
        let users = if theme == Theme::Crowd {
            pick(rng, &[2, 3, 5, 8])
        } else {
            1
        };
        Self {
            theme,
            span,
            life,
            sessions: if feud { 1 } else { 2 },
            users,
            stores: if users > 1 {
                users
            } else if feud || rng.u32(0..6) == 0 {
                2
            } else {
                1
            },
            processes: if feud {
                1 + rng.usize(0..2)
            } else {
                pick(rng, &[1, 1, 2, 2, 3, 4])
            },
            bots: match theme {
                Theme::Storms | Theme::ShortLives => pick(rng, &[1, 1, 1, 3]),
                _ => 1,
            },
            machines: pick(rng, &[1, 1, 2]),
            memory_ledger: rng.u32(0..8) == 0,
            skew: pick(rng, &[0, 0, 300, 2 * HOUR, 8 * HOUR]),
            ppm: pick(rng, &[0, 5, 30]),
            rotates: rng.u32(0..4) > 0,
            kills_old: rng.u32(0..5) == 0,
            tells,
            store_ms: pick(rng, &[0, 0, 5, 200]),
            lease_ms: pick(rng, &[0, 0, 0, 40 * SECOND]),
            store_faults: !feud && rng.u32(0..3) == 0,
            clock_faults: !feud && rng.u32(0..4) == 0,
            clock_sets: !feud && rng.u32(0..3) == 0,
            denied: if rng.u32(0..3) == 0 { rng.u8(1..3) } else { 0 },
            hosts: rng.u32(0..3) == 0,
            proxied: rng.u32(0..8) == 0,
            gives_up: rng.u32(0..3) == 0,
            calm,
            storm,
            calm_call: match theme {
                Theme::Years => 5 * DAY,
                Theme::Storms => 40 * MINUTE,
                Theme::Crowd => 2 * HOUR,
                Theme::ShortLives => (life / 4).max(20 * SECOND),
                Theme::Feud | Theme::Fleet => 2 * MINUTE,
            },
            storm_call: pick(rng, &[4 * SECOND, 20 * SECOND, MINUTE, 4 * MINUTE]),
            calm_slice: if tells { life.clamp(HOUR, 12 * HOUR) } else { 2 * MINUTE },
            renew_before: 15 * MINUTE,
            max_logins: [max_logins, if rng.u32(0..3) == 0 { limit(rng) } else { max_logins }],
            on_eviction: if rng.u32(0..6) == 0 {
                OnEviction::Stop
            } else {
                OnEviction::Login
            },
            permission: [0, HOUR, 10 * HOUR, 3 * DAY][rng.usize(0..4)],
        }
        .sane()
    }

    /// Combinations that no record could cope with are left out.
    fn sane(mut self) -> Self {
        if self.theme == Theme::Feud {
            self.on_eviction = OnEviction::Login;
            self.max_logins[0].count = 3;
            self.max_logins[1] = self.max_logins[0];
            self.denied = 0;
            self.gives_up = false;
            self.skew = 0;
        }
        if self.theme == Theme::Crowd {
            self.processes = self.processes.min(2);
            self.machines = 1;
            self.skew = self.skew.min(300);
            (self.clock_faults, self.clock_sets) = (false, false);
        }
        // Nobody tells a process of another machine how wrong its own clock is.
        if self.machines > 1 {
            self.skew = self.skew.min(300);
            self.ppm = 0;
            (self.clock_faults, self.clock_sets) = (false, false);
        }
        // What was set in a running process hides what was set between two.
        self.clock_faults &= !self.clock_sets;
        // What a session could not save is gone with it.
        self.store_faults &= !self.gives_up;
        self
    }

    pub fn permissions(&self) -> Permissions {
        let Self { denied, permission, .. } = *self;
        Permissions { denied, permission }
    }

    /// Managers of one user that share no store.
    pub fn managers(&self) -> usize {
        self.stores / self.users
    }

    /// The longest stretch that a limit of logins looks at.
    pub fn longest_budget(&self) -> Ms {
        let longest = self.max_logins.map(|limit| limit.within.as_millis() as Ms);
        longest[0].max(longest[1])
    }

    pub fn machine(&self, rng: &mut Rng) -> Machine {
        Machine {
            wall_ms: if self.skew > 0 {
                rng.i64(-self.skew..=self.skew)
            } else {
                0
            },
            boot_ms: rng.i64(0..100 * DAY),
            boot_still: 0,
            wall_ppm: rng.i64(-self.ppm..=self.ppm),
            boot_ppm: rng.i64(-self.ppm..=self.ppm),
            boots: 0,
        }
    }

    pub fn restart_after(rng: &mut Rng) -> Ms {
        match rng.u32(0..4) {
            0 => rng.i64(0..20),
            1 => rng.i64(0..5 * SECOND),
            2 => rng.i64(0..MINUTE),
            _ => rng.i64(0..HOUR),
        }
    }
}

/// What the users of a world may not.
#[derive(Debug, Clone, Copy)]
pub struct Permissions {
    denied: u8,
    permission: Ms,
}

impl Permissions {
    /// Whether the users may not call an endpoint at a time.
    pub fn denies(self, endpoint: u8, at: Ms) -> bool {
        endpoint < self.denied && self.turn(at).is_none_or(|turn| turn % 2 == 1)
    }

    /// The number of the stretch for which permissions are given or withdrawn; none if they never change.
    pub fn turn(self, at: Ms) -> Option<Ms> {
        at.checked_div(self.permission)
    }

    /// Whether there are any that are given and withdrawn.
    pub fn change(self) -> bool {
        self.denied > 0 && self.permission > 0
    }
}

/// How long a world lives, how long peace lasts in it, and how long a storm.
fn stretches(theme: Theme, life: Ms) -> (Ms, Ms, Ms) {
    match theme {
        // So long that each has about as many renewals.
        Theme::Years => (
            (life * 2_000).clamp(100 * DAY, 12 * 365 * DAY),
            (40 * DAY).max(life * 6),
            2 * HOUR,
        ),
        Theme::Storms => (12 * DAY, 8 * HOUR, 3 * HOUR),
        Theme::Crowd => (4 * DAY, 12 * HOUR, 3 * HOUR),
        Theme::ShortLives => ((life * 150).clamp(5 * HOUR, 2 * DAY), 5 * HOUR, HOUR),
        Theme::Feud | Theme::Fleet => (2 * DAY, 30 * DAY, HOUR),
    }
}

pub fn pick<T: Copy>(rng: &mut Rng, all: &[T]) -> T {
    all[rng.usize(0..all.len())]
}

/// A wait of this mean, as of things that happen at random.
pub fn about(rng: &mut Rng, mean: Ms) -> Ms {
    ((-(1.0 - rng.f64()).ln() * mean as f64) as Ms).max(1)
}
