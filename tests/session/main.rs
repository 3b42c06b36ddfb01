//! A session's promises, against a Tradovate that answers by a script.

#[path = "../support/mod.rs"]
mod support;

mod accounts;
mod addresses;
mod answers;
mod busy_keeper;
mod clocks;
mod ending;
mod events;
mod giving_up;
mod interrupted;
mod keeping_warm;
mod logins;
mod penalties;
mod permissions;
mod records;
mod renewal;
mod resuming;
mod saving;
mod set_clocks;
mod single_flight;
mod stops;
mod stored;
mod tickets;
mod time;
mod told_hosts;
mod without_probes;
mod wrong_dates;
