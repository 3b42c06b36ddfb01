//! The account endpoints, and the calls that a question about accounts takes.

use serde::Deserialize;
use url::form_urlencoded::Serializer;

use super::{Endpoint, Method, Shape};

/// More ids than this in one call are answered by 404.
const IDS_A_CALL: usize = 10;

/// A question about accounts. Ids are checked by the caller.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "call", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum AccountCall {
    /// All accounts of the login.
    List,
    /// One account.
    Item {
        /// Its id.
        id: i64,
    },
    /// Several accounts, in any number.
    Items {
        /// Their ids.
        ids: Vec<i64>,
    },
    /// The account of a name, if there is one.
    Find {
        /// Its whole name.
        name: String,
    },
    /// Accounts whose names are like a text.
    Suggest {
        /// The text.
        text: String,
        /// The most that are wanted.
        limit: u32,
    },
    /// The accounts of users.
    OfUsers {
        /// The users' ids.
        user_ids: Vec<i64>,
    },
    /// An account's balance.
    CashBalance {
        /// The account's id.
        account_id: i64,
    },
}

impl AccountCall {
    /// The calls that answer the question: one, or for many ids several whose lists belong together.
    #[must_use]
    pub fn endpoints(&self) -> Vec<Endpoint> {
        match self {
            Self::List => vec![get("account/list", &[], Shape::List)],
            Self::Item { id } => vec![get("account/item", &[("id", &id.to_string())], Shape::Entity)],
            Self::Items { ids } => by_ids(ids, "account/items", "ids"),
            Self::Find { name } => vec![get("account/find", &[("name", name)], Shape::EntityOrNone)],
            Self::Suggest { text, limit } => {
                vec![get(
                    "account/suggest",
                    &[("t", text), ("l", &limit.to_string())],
                    Shape::List,
                )]
            }
            Self::OfUsers { user_ids } => match user_ids.as_slice() {
                [id] => vec![get("account/deps", &[("masterid", &id.to_string())], Shape::List)],
                ids => by_ids(ids, "account/ldeps", "masterids"),
            },
            Self::CashBalance { account_id } => vec![Endpoint {
                method: Method::Post,
                path: "cashBalance/getcashbalancesnapshot".into(),
                query: String::new(),
                body: Some(format!("{{\"accountId\":{account_id}}}")),
                shape: Shape::Entity,
            }],
        }
    }
}

/// Joins lists into one, as texts: each has been judged to be an array.
#[must_use]
pub fn join_lists(lists: &[String]) -> String {
    let items = lists.iter().filter_map(|list| {
        let inner = list.trim().strip_prefix('[')?.strip_suffix(']')?.trim();
        (!inner.is_empty()).then_some(inner)
    });
    format!("[{}]", items.collect::<Vec<_>>().join(","))
}

fn by_ids(ids: &[i64], path: &str, parameter: &str) -> Vec<Endpoint> {
    let list = |chunk: &[i64]| chunk.iter().map(i64::to_string).collect::<Vec<_>>().join(",");
    ids.chunks(IDS_A_CALL)
        .map(|chunk| get(path, &[(parameter, &list(chunk))], Shape::List))
        .collect()
}

fn get(path: &str, query: &[(&str, &str)], shape: Shape) -> Endpoint {
    let query = Serializer::new(String::new()).extend_pairs(query).finish();
    Endpoint {
        method: Method::Get,
        path: path.into(),
        query,
        body: None,
        shape,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn urls(call: &AccountCall) -> Vec<String> {
        call.endpoints()
            .iter()
            .map(|end| format!("{}?{}", end.path, end.query))
            .collect()
    }

    #[test]
    fn each_question_is_the_documented_call() {
        let name = "A & B/é".to_owned();
        assert_eq!(urls(&AccountCall::List), ["account/list?"]);
        assert_eq!(urls(&AccountCall::Item { id: 7 }), ["account/item?id=7"]);
        assert_eq!(
            urls(&AccountCall::Find { name }),
            ["account/find?name=A+%26+B%2F%C3%A9"]
        );
        assert_eq!(
            urls(&AccountCall::Suggest {
                text: "DE".into(),
                limit: 5
            }),
            ["account/suggest?t=DE&l=5"]
        );
        assert_eq!(
            urls(&AccountCall::OfUsers { user_ids: vec![3] }),
            ["account/deps?masterid=3"]
        );
        assert_eq!(
            urls(&AccountCall::OfUsers { user_ids: vec![3, 4] }),
            ["account/ldeps?masterids=3%2C4"]
        );
        let snapshot = AccountCall::CashBalance { account_id: 9 }.endpoints().remove(0);
        assert_eq!(
            (snapshot.method, snapshot.body.as_deref()),
            (Method::Post, Some("{\"accountId\":9}"))
        );
    }

    #[test]
    fn many_ids_go_ten_at_a_time() {
        let calls = urls(&AccountCall::Items {
            ids: (1..=25).collect(),
        });
        assert_eq!(calls.len(), 3);
        assert_eq!(calls[2], "account/items?ids=21%2C22%2C23%2C24%2C25");
        assert!(urls(&AccountCall::Items { ids: vec![] }).is_empty());
    }

    #[test]
    fn lists_are_joined_without_reading_them() {
        let lists = ["[{\"id\":1}]".into(), " [ ] ".into(), "[2,3]\n".into()];
        assert_eq!(join_lists(&lists), "[{\"id\":1},2,3]");
        assert_eq!(join_lists(&[]), "[]");
    }

    #[test]
    fn the_facades_words_are_understood() {
        let call: AccountCall = serde_json::from_str(r#"{"call":"ofUsers","userIds":[1]}"#).unwrap();
        assert_eq!(call, AccountCall::OfUsers { user_ids: vec![1] });
        assert_eq!(
            serde_json::from_str::<AccountCall>(r#"{"call":"list"}"#).unwrap(),
            AccountCall::List
        );
    }
}
