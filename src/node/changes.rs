//! A count of the changes in what a session shows. It lies in memory that JavaScript reads without a call.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU32, Ordering},
};

use napi::{Env, bindgen_prelude::Uint32ArraySlice};

/// The count. It lives as long as either side has it.
#[derive(Default)]
pub struct Changes {
    count: Arc<AtomicU32>,
    is_given: AtomicBool,
}

impl Changes {
    /// A function that raises the count, from any thread. The count wraps around.
    pub fn noter(&self) -> impl Fn() + Send + Sync + 'static {
        let count = self.count.clone();
        move || {
            count.fetch_add(1, Ordering::AcqRel);
        }
    }

    /// The count as an array of one element, to be read by `Atomics.load`; to be had once. Where the runtime allows no memory
    /// of others (Electron), it is a copy that never changes.
    pub fn array<'env>(&self, env: &'env Env) -> napi::Result<Uint32ArraySlice<'env>> {
        if self.is_given.swap(true, Ordering::AcqRel) {
            return Err(napi::Error::from_reason("the count of changes was given already"));
        }
        let held = self.count.clone();
        let count = held.as_ptr();
        // SAFETY: `count` points at one aligned u32 that lives as long as `held`, which the finalizer drops after the last use
        // by JavaScript; no other array is made of it. Rust touches it by atomics alone and JavaScript only reads it.
        unsafe { Uint32ArraySlice::from_external(env, count, 1, held, |_, held| drop(held)) }
    }
}
