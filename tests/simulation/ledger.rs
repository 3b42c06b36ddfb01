//! The address ledgers: one text for each machine and folder of records, or for each process that keeps none on disk. What
//! is checked of them holds for all logins that share one.

use std::{collections::BTreeMap, sync::Arc};

use futures_util::future::BoxFuture;
use tradovate_session::{
    api::Failure,
    error::{Error, ErrorKind},
    store::{Entry, Lease, LeaseHandle, Revision, Store, revision_of},
};

use super::{
    engine::{For, HOUR, Ms, Pid, SECOND, World},
    exchange::Asked,
    oracle::Mark,
    plan::Theme,
    world::State,
};

/// Tradovate stamps its answers with whole seconds: an estimate of its time may move by so much between two of them.
const COARSE: Ms = 1_500;
const RENEWALS_AN_HOUR: usize = 12;
const REFUSALS_AN_HOUR: usize = 4;
/// Who cannot have the ledger for so long goes on without it.
const LONGEST_WAIT: Ms = 5 * SECOND;

/// Which ledger of a world.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Page {
    /// Of a machine and a folder.
    Folder(usize, usize),
    /// Of a process and its life.
    Process(usize, u32),
}

/// One ledger, and what is known of the calls that were noted in it.
#[derive(Debug, Default)]
struct Account {
    entry: Option<Entry>,
    holder: Option<(Pid, u32, Ms)>,
    leases: u32,
    /// Until when somebody may go on without it, since it was held for too long.
    stuck_until: Ms,
    renewals: Vec<Mark>,
    refusals: Vec<Mark>,
    /// What clocks were put forward, and how far ahead of true time its latest user believed to be.
    stretch: Ms,
    believed: Option<Ms>,
}

/// All ledgers of a world.
#[derive(Debug, Default)]
pub struct Ledgers(BTreeMap<Page, Account>);

/// What a process has noted, or has still to note.
#[derive(Debug, Default)]
pub struct Notes {
    /// When it last wrote into its ledger, unless it has sent a call since.
    reserved: Option<Ms>,
    /// Logins that were refused.
    refused: Vec<u64>,
}

/// A process' hand on its ledger.
pub struct Book {
    pub world: Arc<World>,
    pub who: Pid,
    pub page: Page,
}

struct Held {
    world: Arc<World>,
    page: Page,
    number: u32,
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut state = self.world.lock();
        let now = state.now();
        let account = state.account(self.page);
        if let Some((_, _, since)) = account.holder.take_if(|holder| holder.1 == self.number)
            && now - since >= LONGEST_WAIT
        {
            account.stuck_until = now + 2 * LONGEST_WAIT;
        }
        state.engine.wake_for(For::Ledger(self.page));
    }
}

impl LeaseHandle for Held {
    fn is_held(&self) -> bool {
        let mut state = self.world.lock();
        let holder = state.account(self.page).holder;
        holder.is_some_and(|holder| holder.1 == self.number)
    }
}

impl Store for Book {
    fn lease<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Lease, Error>> {
        Box::pin(async move {
            self.fail_at_times()?;
            let (who, page) = (self.who, self.page);
            let taken = self.world.wait(who, For::Ledger(page), None, move |state| {
                let now = state.now();
                let account = state.account(page);
                if account.holder.is_some() {
                    return None;
                }
                account.leases += 1;
                account.holder = Some((who, account.leases, now));
                Some(account.leases)
            });
            let number = taken.await;
            let world = self.world.clone();
            Ok(Lease::of(Held { world, page, number }))
        })
    }

    fn read<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Option<Entry>, Error>> {
        Box::pin(async move {
            self.fail_at_times()?;
            Ok(self
                .world
                .step(self.who, |state| state.account(self.page).entry.clone()))
        })
    }

    fn write<'a>(
        &'a self,
        _: &'a str,
        entry: Entry,
        before: Revision,
        lease: &'a Lease,
    ) -> BoxFuture<'a, Result<bool, Error>> {
        Box::pin(async move {
            self.fail_at_times()?;
            let (held, ahead) = (lease.is_held(), self.world.ahead(self.who));
            Ok(self.world.step(self.who, |state| {
                held && state.note(self.who, self.page, entry, before, ahead)
            }))
        })
    }
}

impl Book {
    fn fail_at_times(&self) -> Result<(), Error> {
        if self.world.step(self.who, State::store_fails) {
            return Err(Error::new(ErrorKind::Store, "the ledger cannot be used"));
        }
        Ok(())
    }
}

impl State {
    /// The ledger of a process.
    pub fn page_of(&self, who: Pid) -> Page {
        let place = &self.places[who.place];
        match self.plan.theme {
            // All logins of one process of a fleet are in one.
            Theme::Fleet if self.plan.memory_ledger => Page::Process(who.place / self.plan.stores, 0),
            _ if self.plan.memory_ledger => Page::Process(who.place, who.life),
            _ if self.plan.users > 1 => Page::Folder(place.machine, 0),
            _ => Page::Folder(place.machine, place.store),
        }
    }

    fn account(&mut self, page: Page) -> &mut Account {
        self.ledgers.0.entry(page).or_default()
    }

    /// The renewals that an address has noted within the hour.
    pub fn renewals_of_address(&mut self, who: Pid) -> usize {
        let (page, now) = (self.page_of(who), self.now());
        let account = self.account(page);
        let since = now + account.stretch - HOUR - COARSE;
        account.renewals.iter().filter(|mark| mark.0 > since).count()
    }

    fn note(&mut self, who: Pid, page: Page, entry: Entry, before: Revision, ahead: Ms) -> bool {
        let now = self.now();
        let account = self.account(page);
        let believed = account.believed.replace(ahead).unwrap_or(ahead);
        account.stretch += (ahead - believed).max(0);
        let now = now + account.stretch;
        let notes = &mut self.places[who.place].notes;
        let refused = std::mem::take(&mut notes.refused);
        notes.reserved = Some(now);
        let account = self.account(page);
        if revision_of(account.entry.as_ref()) != before {
            return false;
        }
        account.entry = Some(entry);
        let marks = refused.into_iter().map(|number| (now, number));
        account.refusals.extend(marks);
        account.refusals.retain(|mark| mark.0 > now - HOUR);
        true
    }

    /// What all logins of an address may do together.
    pub fn check_address(&mut self, who: Pid, asked: Asked, number: u64) {
        let proven = match asked {
            Asked::Login { password, .. } => self.user(who).granted_to == Some(password),
            Asked::Renewal { .. } => false,
            Asked::Get(_) | Asked::Post(_) | Asked::Time => return,
        };
        let now = self.now();
        let page = self.page_of(who);
        let reserved = self.places[who.place].notes.reserved.take();
        let faults = self.plan.store_faults || self.plan.clock_faults || self.plan.clock_sets;
        let account = self.account(page);
        let Some(at) = reserved else {
            let is_stuck = account.holder.is_some() || now < account.stuck_until;
            if !is_stuck && !faults {
                self.fail(
                    "address ledger",
                    &format!("{who:?} sends {asked:?} without a note of it"),
                );
            }
            return;
        };
        let lately = |marks: &[Mark]| marks.iter().filter(|mark| mark.0 > at - HOUR + COARSE).count();
        let (renewals, refusals) = (lately(&account.renewals), lately(&account.refusals));
        if matches!(asked, Asked::Renewal { .. }) {
            account.renewals.retain(|mark| mark.0 > at - 2 * HOUR);
            account.renewals.push((at, number));
            if renewals >= RENEWALS_AN_HOUR && !faults {
                self.fail(
                    "address renewals",
                    &format!("{who:?} makes one after {renewals} of its address"),
                );
            }
        } else if refusals >= REFUSALS_AN_HOUR + usize::from(proven) && !faults {
            let text = format!("{who:?} logs in after {refusals} refused logins of its address, proven: {proven}");
            self.fail("address refusals", &text);
        }
    }

    /// What an address will note of an answer.
    pub fn learn_of_address(&mut self, who: Pid, asked: Asked, failure: &Failure, number: u64) {
        let page = self.page_of(who);
        match asked {
            Asked::Login { .. } if failure.is_refusal() => self.places[who.place].notes.refused.push(number),
            Asked::Renewal { .. } if failure.is_not_sent() => {
                self.account(page).renewals.retain(|mark| mark.1 != number);
            }
            _ => {}
        }
    }
}
