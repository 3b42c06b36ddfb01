//! Tradovate's hosts: the first one, which always serves tokens, and those that its answers name, which move and are retired.

use fastrand::Rng;

use super::{
    engine::{Happening, MINUTE},
    exchange::Asked,
    plan::pick,
    world::State,
};

/// Tradovate's first host for what bots ask.
const FIRST: &str = "https://demo.tradovateapi.com/v1";
/// A reverse proxy that stands for Tradovate.
pub const PROXY: &str = "https://proxy.example/tradovate/v1";

/// How a host fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fares {
    Serves,
    /// It answers this to everything.
    Answers(u16),
    /// No connection is made.
    Refuses,
    /// Nothing comes back.
    Mute,
}

/// Every host of a world.
#[derive(Debug, Default)]
pub struct Hosts {
    told: Vec<Fares>,
    named: Option<usize>,
    /// The first host serves token requests and renewals only, and sends all other calls to the named one.
    sends_away: bool,
    proxied: bool,
}

impl Hosts {
    pub fn new(proxied: bool) -> Self {
        Self {
            proxied,
            ..Self::default()
        }
    }

    /// How the host of a base URL fares for a call; none if a call must never go there.
    pub fn fares(&self, base: &str, asked: Asked) -> Option<Fares> {
        if base == if self.proxied { PROXY } else { FIRST } {
            let is_sent_away = self.sends_away && matches!(asked, Asked::Get(_) | Asked::Post(_));
            return Some(if is_sent_away {
                Fares::Answers(307)
            } else {
                Fares::Serves
            });
        }
        let number = base
            .strip_prefix("https://demo-")?
            .strip_suffix(".tradovateapi.com/v1")?;
        self.told
            .get(number.parse::<usize>().ok()?)
            .copied()
            .filter(|_| !self.proxied)
    }

    /// Whether a base URL is that of a host that answers named.
    pub fn is_told(&self, base: &str) -> bool {
        !self.proxied && base != FIRST
    }

    /// The field of a token's answer that names a host, if it names one.
    pub fn field(&self) -> String {
        self.named.map_or(String::new(), |number| {
            format!(r#","apiHosts":{{"demo":"demo-{number}.tradovateapi.com"}}"#)
        })
    }

    /// Another host is named from now on; answers its number and that of the one before.
    fn name_new(&mut self) -> (usize, Option<usize>) {
        self.told.push(Fares::Serves);
        let new = self.told.len() - 1;
        (new, self.named.replace(new))
    }

    /// Another host is named, and the first one sends calls there, if it can be left.
    pub fn replace_first(&mut self) {
        self.name_new();
        self.sends_away = !self.proxied;
    }

    fn is_served(&self) -> bool {
        self.named.is_some_and(|named| self.told[named] == Fares::Serves)
    }
}

fn end(rng: &mut Rng) -> Fares {
    match rng.u32(0..4) {
        0 => Fares::Refuses,
        1 => Fares::Mute,
        _ => Fares::Answers(pick(rng, &[404, 404, 403, 502, 503, 504, 200, 302, 410])),
    }
}

impl State {
    /// Answers name a host from the beginning.
    pub fn name_host(&mut self) {
        self.hosts.name_new();
    }

    /// Something happens to the host that answers name.
    pub fn strike_host(&mut self) {
        let kind = self.rng.u32(0..4);
        if !self.hosts.is_served() || kind < 2 {
            // The old host sends its callers away for a while, and is retired then.
            let (new, old) = self.hosts.name_new();
            self.tell(|| format!("host {new} is named instead of {old:?}"));
            if let Some(old) = old.filter(|old| self.hosts.told[*old] == Fares::Serves) {
                self.hosts.told[old] = Fares::Answers(pick(&mut self.rng, &[307, 421]));
                let wait = self.rng.i64(MINUTE..180 * MINUTE);
                self.engine.after(wait, Happening::Retire(old));
            }
        } else if let Some(named) = self.hosts.named {
            self.retire(named);
            self.hosts.sends_away = false;
            match self.rng.u32(0..3) {
                0 => self.hosts.named = None,
                1 => self.hosts.replace_first(),
                _ => {}
            }
        }
    }

    /// A told host is gone, whether or not answers go on naming it.
    pub fn retire(&mut self, number: usize) {
        let fares = end(&mut self.rng);
        self.hosts.told[number] = fares;
        self.figures.retired += 1;
        self.tell(|| format!("host {number} is retired: {fares:?}"));
    }
}
