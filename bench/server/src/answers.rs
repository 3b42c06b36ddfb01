//! The answers, as like Tradovate's as their sizes and fields can be.

use std::collections::HashMap;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// The lists that can be asked for.
const SIZES: [usize; 5] = [0, 1, 5, 1_000, 10_000];

/// The answer to all requests about an order.
pub const ORDER_PLACED: &[u8] = br#"{"orderId":4210977,"id":4210977,"ordStatus":"Working"}"#;

/// Lists of accounts by their length.
pub fn account_lists() -> HashMap<usize, Bytes> {
    let list = |size: usize| (0..size).map(account).collect::<Value>().to_string();
    SIZES.into_iter().map(|size| (size, Bytes::from(list(size)))).collect()
}

fn account(index: usize) -> Value {
    let types = ["Customer", "Customer", "Customer", "Giveup", "House"];
    let mut account = json!({
        "id": 1_274_193 + index * 7,
        "name": format!("DEMO{:07}", 1_000_000 + index),
        "userId": 401_222 + index / 20,
        "accountType": types[index % types.len()],
        "active": true,
        "clearingHouseId": 2,
        "riskCategoryId": 4,
        "autoLiqProfileId": 7 + index % 5,
        "marginAccountType": "Speculator",
        "legalStatus": "Individual",
        "timestamp": format!("2026-{:02}-{:02}T{:02}:{:02}:18.{:03}Z", 1 + index % 12, 1 + index % 28, index % 24, index % 60, index % 1_000),
        "evaluationSize": 50_000 + (index % 3) * 50_000,
        "readonly": index.is_multiple_of(10),
    });
    if index.is_multiple_of(3) {
        account["nickname"] = format!("Eröffnung {index}").into();
    }
    if index.is_multiple_of(4) {
        account["futuresDisabled"] = false.into();
    }
    account
}

/// The answer to a login or renewal.
pub fn token(number: u64, life_ms: i64) -> Bytes {
    let expires_at = Timestamp::now() + SignedDuration::from_millis(life_ms);
    let token = json!({
        "accessToken": format!("bench-{number}-{}", "a".repeat(240)),
        "mdAccessToken": format!("bench-md-{number}-{}", "b".repeat(240)),
        "expirationTime": expires_at.to_string(),
        "userStatus": "Active",
        "userId": 401_222,
        "name": "bench",
        "hasLive": true,
    });
    Bytes::from(token.to_string())
}
