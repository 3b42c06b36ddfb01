//! Which host serves which purpose: the fixed first hosts, and the map that Tradovate's token answers carry.
//!
//! A host is taken from the map only if it can be trusted with a token, and never derived from another.

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use url::{Host, Url};

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

/// What a host is for, by the keys of Tradovate's `apiHosts`.
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

/// Hosts by purpose, as last told. Each is a bare host name, on loopback with its port.
pub type HostMap = BTreeMap<HostPurpose, String>;

/// The fixed point from which hosts are resolved: an environment's first hosts, or the caller's own base URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    environment: Environment,
    base: Option<Url>,
}

impl Origin {
    /// An environment's own hosts, or all of them behind `base_url`.
    ///
    /// # Errors
    /// What is wrong with the URL: it must be absolute, https or http on loopback, without user, query or fragment.
    pub fn new(environment: Environment, base_url: Option<&str>) -> Result<Self, &'static str> {
        let base = base_url.map(parse_base).transpose()?;
        Ok(Self { environment, base })
    }

    /// Real money, or simulation.
    #[must_use]
    pub fn environment(&self) -> Environment {
        self.environment
    }

    /// Where token requests go, whatever the map says: the text of a URL without a trailing slash.
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
    pub fn host(&self, purpose: HostPurpose, told: &HostMap) -> String {
        if let Some(host) = told.get(&purpose) {
            return host.clone();
        }
        match &self.base {
            Some(base) if purpose == self.environment.purpose() || !is_tradovate(&host_of(base)) => authority_of(base),
            _ => purpose.first_host().to_owned(),
        }
    }

    /// The base URL for REST calls of a purpose, without a trailing slash.
    #[must_use]
    pub fn rest(&self, purpose: HostPurpose, told: &HostMap) -> String {
        format!("{}://{}{}", self.scheme(), self.host(purpose, told), self.path())
    }

    /// The WebSocket URL of a purpose.
    #[must_use]
    pub fn web_socket(&self, purpose: HostPurpose, told: &HostMap) -> String {
        let scheme = if self.scheme() == "http" { "ws" } else { "wss" };
        format!("{scheme}://{}{}/websocket", self.host(purpose, told), self.path())
    }

    /// Takes the hosts that may be trusted out of an answer's map; unknown purposes and other hosts are left out.
    #[must_use]
    pub fn trusted<'a>(&self, told: impl IntoIterator<Item = (&'a str, &'a str)>) -> HostMap {
        told.into_iter()
            .filter_map(|(purpose, host)| Some((purpose.parse().ok()?, host.to_ascii_lowercase())))
            .filter(|(_, host)| self.trusts(host))
            .collect()
    }

    fn trusts(&self, host: &str) -> bool {
        match self.base.as_ref().filter(|base| is_loopback(base)) {
            Some(base) => {
                let same = host_of(base);
                host.strip_prefix(&same)
                    .is_some_and(|rest| rest.is_empty() || rest.strip_prefix(':').is_some_and(is_port))
            }
            None => is_tradovate(host),
        }
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

fn authority_of(url: &Url) -> String {
    match url.port() {
        Some(port) => format!("{}:{port}", host_of(url)),
        None => host_of(url),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(base: Option<&str>) -> Origin {
        Origin::new(Environment::Demo, base).unwrap()
    }

    #[test]
    fn the_first_hosts_are_the_documented_ones() {
        let told = HostMap::new();
        let demo = origin(None);
        assert_eq!(demo.first(), "https://demo.tradovateapi.com/v1");
        assert_eq!(demo.rest(HostPurpose::Live, &told), "https://live.tradovateapi.com/v1");
        assert_eq!(
            demo.web_socket(HostPurpose::MdDemo, &told),
            "wss://md-demo.tradovateapi.com/v1/websocket"
        );
        assert_eq!(
            demo.host(HostPurpose::ReportingLive, &told),
            "rpt-live.tradovateapi.com"
        );
    }

    #[test]
    fn only_hosts_of_tradovate_are_trusted() {
        let demo = origin(None);
        for (host, trusted) in [
            ("demo-2.tradovateapi.com", true),
            ("DEMO.TRADOVATEAPI.COM", true),
            ("a.b.tradovate.com", true),
            ("x.ninjatrader.com", true),
            ("tradovateapi.com", false),
            (".tradovateapi.com", false),
            ("tradovateapi.com.evil.example", false),
            ("eviltradovateapi.com", false),
            ("x..tradovateapi.com", false),
            (".x.tradovateapi.com", false),
            ("user@demo.tradovateapi.com", false),
            ("evil.example/.tradovateapi.com", false),
            ("evil.example#.tradovateapi.com", false),
            ("demo.tradovateapi.com:8443", false),
            ("127.0.0.1:4010", false),
            ("", false),
        ] {
            assert_eq!(demo.trusted([("demo", host)]).len(), usize::from(trusted), "{host}");
        }
    }

    #[test]
    fn a_sandbox_may_move_to_another_port_of_its_own_address_only() {
        let sandbox = origin(Some("http://127.0.0.1:4010/v1"));
        for (host, trusted) in [
            ("127.0.0.1:4011", true),
            ("127.0.0.1", true),
            ("127.0.0.2:4011", false),
            ("127.0.0.1:0", false),
            ("127.0.0.1:99999", false),
            ("127.0.0.1:80@evil.example", false),
            ("127.0.0.1.evil.example", false),
            ("demo.tradovateapi.com", false),
        ] {
            assert_eq!(sandbox.trusted([("demo", host)]).len(), usize::from(trusted), "{host}");
        }
        let told = sandbox.trusted([("demo", "127.0.0.1:4011")]);
        assert_eq!(sandbox.rest(HostPurpose::Demo, &told), "http://127.0.0.1:4011/v1");
        assert_eq!(sandbox.first(), "http://127.0.0.1:4010/v1");
    }

    #[test]
    fn a_base_url_outside_tradovate_stands_for_every_purpose() {
        let sandbox = origin(Some("http://[::1]:4010/v1/"));
        let told = HostMap::new();
        assert_eq!(sandbox.rest(HostPurpose::MdLive, &told), "http://[::1]:4010/v1");
        assert_eq!(
            sandbox.web_socket(HostPurpose::Replay, &told),
            "ws://[::1]:4010/v1/websocket"
        );
        let named = origin(Some("https://demo.tradovateapi.com/v1"));
        assert_eq!(named.host(HostPurpose::MdLive, &told), "md.tradovateapi.com");
    }

    #[test]
    fn unknown_purposes_are_left_out() {
        let told = origin(None).trusted([("demo", "d.tradovateapi.com"), ("crypto", "c.tradovateapi.com")]);
        assert_eq!(told.len(), 1);
    }

    #[test]
    fn a_base_url_that_could_leak_a_token_is_refused() {
        for bad in [
            "http://demo.tradovateapi.com/v1",
            "http://localhost.evil.example/v1",
            "http://10.0.0.1/v1",
            "ftp://127.0.0.1/v1",
            "https://user:pass@demo.tradovateapi.com/v1",
            "https://demo.tradovateapi.com/v1?x=1",
            "https://demo.tradovateapi.com/v1#x",
            "demo.tradovateapi.com/v1",
            "",
        ] {
            assert!(Origin::new(Environment::Live, Some(bad)).is_err(), "{bad}");
        }
        for good in [
            "http://localhost:1/v1",
            "http://127.9.9.9/v1",
            "http://[::1]/v1",
            "https://proxy.example/t/v1",
        ] {
            assert!(Origin::new(Environment::Live, Some(good)).is_ok(), "{good}");
        }
    }
}
