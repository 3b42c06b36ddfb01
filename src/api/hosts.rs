//! The host of each purpose: the fixed first hosts, and the map that Tradovate's token answers carry.
//!
//! A host is taken from the map only if it can be trusted with a token, and never derived from another.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use url::{Host, Url};

use super::told_hosts::{HostMap, Hosts};

/// Hosts with these endings are Tradovate's.
const SUFFIXES: [&str; 3] = [".tradovateapi.com", ".tradovate.com", ".ninjatrader.com"];

/// Real money, or simulation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Environment {
    /// Real money.
    Live,
    /// Simulation and prop-firm evaluation.
    Demo,
}

impl Environment {
    /// The purpose that this environment's trading calls have.
    #[must_use]
    pub fn purpose(self) -> HostPurpose {
        match self {
            Self::Live => HostPurpose::Live,
            Self::Demo => HostPurpose::Demo,
        }
    }

    /// Its name in options and records.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Demo => "demo",
        }
    }
}

/// The purpose of a host, by the keys of Tradovate's `apiHosts`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum HostPurpose {
    /// Live trading, accounts, authentication.
    Live,
    /// The same for demo.
    Demo,
    /// Live market data.
    MdLive,
    /// Demo market data.
    MdDemo,
    /// Market replay.
    Replay,
    /// Live reports.
    ReportingLive,
    /// Demo reports.
    ReportingDemo,
}

impl HostPurpose {
    /// Every purpose.
    pub const ALL: [Self; 7] = [
        Self::Live,
        Self::Demo,
        Self::MdLive,
        Self::MdDemo,
        Self::Replay,
        Self::ReportingLive,
        Self::ReportingDemo,
    ];

    /// The key in `apiHosts`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Demo => "demo",
            Self::MdLive => "mdLive",
            Self::MdDemo => "mdDemo",
            Self::Replay => "replay",
            Self::ReportingLive => "reportingLive",
            Self::ReportingDemo => "reportingDemo",
        }
    }

    fn first_host(self) -> &'static str {
        match self {
            Self::Live => "live.tradovateapi.com",
            Self::Demo => "demo.tradovateapi.com",
            Self::MdLive => "md.tradovateapi.com",
            Self::MdDemo => "md-demo.tradovateapi.com",
            Self::Replay => "replay.tradovateapi.com",
            Self::ReportingLive => "rpt-live.tradovateapi.com",
            Self::ReportingDemo => "rpt-demo.tradovateapi.com",
        }
    }
}

impl FromStr for HostPurpose {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|purpose| purpose.as_str() == text).ok_or(())
    }
}

/// The origin from which hosts are resolved: an environment's first hosts, or the caller's own base URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    environment: Environment,
    base: Option<Url>,
}

impl Origin {
    /// An environment's own hosts, or all of them behind `base_url`.
    ///
    /// # Errors
    /// The fault of the URL: it must be absolute, https or http on loopback, without user, query or fragment.
    pub fn new(environment: Environment, base_url: Option<&str>) -> Result<Self, &'static str> {
        let base = base_url.map(parse_base).transpose()?;
        Ok(Self { environment, base })
    }

    /// Real money, or simulation.
    #[must_use]
    pub fn environment(&self) -> Environment {
        self.environment
    }

    /// A short name for the Tradovate behind these hosts: one for all of Tradovate's own, which count an address together, and
    /// one for each other base URL.
    #[must_use]
    pub fn upstream(&self) -> String {
        if self.is_tradovates() {
            return "tradovate".into();
        }
        let digest = ring::digest::digest(&ring::digest::SHA256, self.first().as_bytes());
        hex::encode(&digest.as_ref()[..8])
    }

    /// Whether Tradovate itself is behind these hosts, and no sandbox or proxy.
    #[must_use]
    pub fn is_tradovates(&self) -> bool {
        self.base.as_ref().is_none_or(|base| is_tradovate(&host_of(base)))
    }

    /// The base URL of token requests before any host is told, without a trailing slash.
    #[must_use]
    pub fn first(&self) -> String {
        match &self.base {
            Some(base) => base.as_str().trim_end_matches('/').to_owned(),
            None => format!("https://{}/v1", self.environment.purpose().first_host()),
        }
    }

    /// The host for a purpose: the last one told, else the first one. A base URL outside Tradovate stands for every
    /// purpose, so that a token from there never reaches Tradovate's own hosts unasked.
    #[must_use]
    pub fn host(&self, purpose: HostPurpose, hosts: &Hosts) -> String {
        hosts
            .get(purpose)
            .map_or_else(|| self.first_host(purpose), str::to_owned)
    }

    /// Whether the host for a purpose is one that was told, and another than the first one.
    #[must_use]
    pub fn is_told(&self, purpose: HostPurpose, hosts: &Hosts) -> bool {
        hosts.get(purpose).is_some_and(|host| host != self.first_host(purpose))
    }

    /// The hosts of all purposes for which one was told, as they are in use.
    #[must_use]
    pub fn in_use(&self, hosts: &Hosts) -> HostMap {
        let purposes = hosts.purposes();
        purposes.map(|purpose| (purpose, self.host(purpose, hosts))).collect()
    }

    fn first_host(&self, purpose: HostPurpose) -> String {
        match &self.base {
            Some(base) if purpose == self.environment.purpose() || !is_tradovate(&host_of(base)) => authority_of(base),
            _ => purpose.first_host().to_owned(),
        }
    }

    /// The base URL for REST calls of a purpose, without a trailing slash.
    #[must_use]
    pub fn rest(&self, purpose: HostPurpose, hosts: &Hosts) -> String {
        format!("{}://{}{}", self.scheme(), self.host(purpose, hosts), self.path())
    }

    /// The base URL that a purpose has before any host is told.
    #[must_use]
    pub fn first_rest(&self, purpose: HostPurpose) -> String {
        format!("{}://{}{}", self.scheme(), self.first_host(purpose), self.path())
    }

    /// The WebSocket URL of a purpose.
    #[must_use]
    pub fn web_socket(&self, purpose: HostPurpose, hosts: &Hosts) -> String {
        let scheme = if self.scheme() == "http" { "ws" } else { "wss" };
        format!("{scheme}://{}{}/websocket", self.host(purpose, hosts), self.path())
    }

    /// Takes the hosts that may be trusted out of an answer's map; unknown purposes and other hosts are left out.
    #[must_use]
    pub fn trusted<'a>(&self, told: impl IntoIterator<Item = (&'a str, &'a str)>) -> HostMap {
        told.into_iter()
            .filter_map(|(purpose, host)| Some((purpose.parse().ok()?, host.to_ascii_lowercase())))
            .filter(|(_, host)| self.trusts(host))
            .collect()
    }

    /// A caller's own base URL is never left for another host. One on loopback may be left for another port.
    fn trusts(&self, host: &str) -> bool {
        match &self.base {
            None => is_tradovate(host),
            Some(base) if is_loopback(base) => host
                .strip_prefix(&host_of(base))
                .is_some_and(|rest| rest.is_empty() || rest.strip_prefix(':').is_some_and(is_port)),
            Some(base) => is_tradovate(&host_of(base)) && is_tradovate(host),
        }
    }

    /// Whether calls go over TLS.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.scheme() == "https"
    }

    fn scheme(&self) -> &str {
        self.base.as_ref().map_or("https", Url::scheme)
    }

    fn path(&self) -> &str {
        self.base
            .as_ref()
            .map_or("/v1", |base| base.path().trim_end_matches('/'))
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.first())
    }
}

fn parse_base(text: &str) -> Result<Url, &'static str> {
    let url = Url::parse(text).map_err(|_| "must be an absolute URL")?;
    if url.cannot_be_a_base() || url.host().is_none() {
        return Err("must name a host");
    }
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
        return Err("must have no user, query or fragment");
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        "http" => Err("must be https, except on loopback"),
        _ => Err("must be https, or http on loopback"),
    }
}

/// Whether a URL leads to this machine only.
#[must_use]
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

fn is_tradovate(host: &str) -> bool {
    let clean = host.len() <= 253
        && host
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'));
    clean
        && SUFFIXES.iter().any(|suffix| {
            host.strip_suffix(suffix)
                .is_some_and(|rest| rest.split('.').all(|label| !label.is_empty()))
        })
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok_and(|port| port > 0)
}

fn host_of(url: &Url) -> String {
    url.host_str().unwrap_or_default().to_owned()
}

/// Host and port, if it has one of its own.
pub(super) fn authority_of(url: &Url) -> String {
    match url.port() {
        Some(port) => format!("{}:{port}", host_of(url)),
        None => host_of(url),
    }
}

#[cfg(test)]
#[path = "hosts_tests.rs"]
mod tests;
