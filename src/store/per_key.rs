//! Values by key, such as what a process knows of each login.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use crate::mutex::lock;

/// One value for each key. A value is made when its key is first asked for, and stays.
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

    /// The keys whose values fulfil a condition.
    pub fn keys(&self, fulfils: impl Fn(&T) -> bool) -> Vec<String> {
        let values = lock(&self.values);
        let chosen = values.iter().filter(|(_, value)| fulfils(value));
        chosen.map(|(key, _)| key.clone()).collect()
    }
}
