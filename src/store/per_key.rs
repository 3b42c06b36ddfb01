//! A map that keeps one value for each key of a store.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use crate::mutex::lock;

/// One value for each key. It makes a value when its key is first asked for, and keeps it.
pub struct PerKey<T> {
    values: Mutex<HashMap<String, Arc<T>>>,
}

impl<T> Default for PerKey<T> {
    fn default() -> Self {
        Self {
            values: Mutex::default(),
        }
    }
}

impl<T: Default> PerKey<T> {
    /// The value of a key.
    pub fn get(&self, key: &str) -> Arc<T> {
        lock(&self.values).entry(key.to_owned()).or_default().clone()
    }

    /// The keys whose values meet a condition.
    pub fn keys(&self, fulfils: impl Fn(&T) -> bool) -> Vec<String> {
        let values = lock(&self.values);
        let chosen = values.iter().filter(|(_, value)| fulfils(value));
        chosen.map(|(key, _)| key.clone()).collect()
    }
}
