//! Tests of `hosts.rs`.

use super::*;

fn origin(base: Option<&str>) -> Origin {
    Origin::new(Environment::Demo, base).unwrap()
}

#[test]
fn the_first_hosts_are_the_documented_ones() {
    let told = Hosts::default();
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
    let told = Hosts::told(sandbox.trusted([("demo", "127.0.0.1:4011")]));
    assert_eq!(sandbox.rest(HostPurpose::Demo, &told), "http://127.0.0.1:4011/v1");
    assert_eq!(sandbox.first(), "http://127.0.0.1:4010/v1");
}

#[test]
fn a_base_url_outside_tradovate_stands_for_every_purpose() {
    let sandbox = origin(Some("http://[::1]:4010/v1/"));
    let told = Hosts::default();
    assert_eq!(sandbox.rest(HostPurpose::MdLive, &told), "http://[::1]:4010/v1");
    assert_eq!(
        sandbox.web_socket(HostPurpose::Replay, &told),
        "ws://[::1]:4010/v1/websocket"
    );
    let named = origin(Some("https://demo.tradovateapi.com/v1"));
    assert_eq!(named.host(HostPurpose::MdLive, &told), "md.tradovateapi.com");
}

#[test]
fn promise_26_a_base_url_of_somebodys_own_is_never_left() {
    let proxy = origin(Some("https://proxy.example/t/v1"));
    for host in ["demo-2.tradovateapi.com", "proxy.example", "other.example"] {
        assert!(proxy.trusted([("demo", host)]).is_empty(), "{host}");
    }
    let named = origin(Some("https://demo.tradovateapi.com/v1"));
    assert_eq!(named.trusted([("demo", "demo-2.tradovateapi.com")]).len(), 1);
}

#[test]
fn promise_26_the_first_host_and_the_told_one_take_turns_until_one_answers() {
    let (demo, purpose) = (origin(None), HostPurpose::Demo);
    let told = |host: &str| demo.trusted([("demo", host)]);
    let mut hosts = Hosts::told(told("old.tradovateapi.com"));
    let asked = |hosts: &Hosts| demo.host(purpose, hosts);
    assert!(demo.is_told(purpose, &hosts));
    hosts.fail(purpose);
    assert_eq!(asked(&hosts), "demo.tradovateapi.com");
    assert_eq!(demo.in_use(&hosts)[&purpose], "demo.tradovateapi.com");
    assert!(!demo.is_told(purpose, &hosts));
    // The first host goes on naming the one that has failed.
    hosts.learn(told("old.tradovateapi.com"));
    assert_eq!(asked(&hosts), "demo.tradovateapi.com");
    hosts.fail(purpose);
    assert_eq!(asked(&hosts), "old.tradovateapi.com");
    hosts.fail(purpose);
    hosts.learn(told("new.tradovateapi.com"));
    assert_eq!(asked(&hosts), "new.tradovateapi.com");
    assert!(!Hosts::default().fail(purpose));
}

#[test]
fn the_first_base_url_of_a_purpose_stays_when_hosts_are_told() {
    let told = |purpose, host: &str| Hosts::told(HostMap::from([(purpose, host.to_owned())]));
    let tradovates = origin(None);
    let hosts = told(HostPurpose::MdDemo, "md-7.tradovateapi.com");
    let urls = |origin: &Origin, hosts: &Hosts| {
        [
            origin.rest(HostPurpose::MdDemo, hosts),
            origin.first_rest(HostPurpose::MdDemo),
        ]
    };
    assert_eq!(
        urls(&tradovates, &hosts),
        [
            "https://md-7.tradovateapi.com/v1",
            "https://md-demo.tradovateapi.com/v1"
        ]
    );
    let sandbox = origin(Some("http://127.0.0.1:4010/v1/"));
    let hosts = told(HostPurpose::MdDemo, "127.0.0.1:4011");
    assert_eq!(
        urls(&sandbox, &hosts),
        ["http://127.0.0.1:4011/v1", "http://127.0.0.1:4010/v1"]
    );
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
