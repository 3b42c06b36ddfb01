//! The operations that make an order, a command for one or an order strategy, and whose good answer names it by an id. Without
//! the id nobody knows what was done.

use super::answer::Fields;

const PLACED: &str = "look for the order by its clOrdId before you place another";
const CHANGED: &str = "look at the order before you send that again";
const STARTED: &str = "look for the order strategy by its uuid before you start another";

/// Only those whose every good answer has an id: a position that is liquidated may be none, and then makes no order.
static OPERATIONS: [OrderOperation; 6] = [
    OrderOperation::new("order/placeorder", &["orderId"], PLACED),
    OrderOperation::new("order/placeoco", &["orderId"], PLACED),
    OrderOperation::new("order/placeoso", &["orderId"], PLACED),
    OrderOperation::new("order/modifyorder", &["commandId"], CHANGED),
    OrderOperation::new("order/cancelorder", &["commandId"], CHANGED),
    OrderOperation::new("orderStrategy/startorderstrategy", &["orderStrategy", "id"], STARTED),
];

/// The ids of what an order's answer may have made, by any operation.
static IDS: [&[&str]; 7] = [
    &["orderId"],
    &["commandId"],
    &["oso1Id"],
    &["oso2Id"],
    &["ocoId"],
    &["orderStrategyId"],
    &["orderStrategy", "id"],
];

/// An operation whose good answer has the id of what was made.
#[derive(Debug, PartialEq, Eq)]
pub struct OrderOperation {
    path: &'static str,
    /// The field of the id: its name, after those of the objects that it is in.
    id: &'static [&'static str],
    advice: &'static str,
}

impl OrderOperation {
    const fn new(path: &'static str, id: &'static [&'static str], advice: &'static str) -> Self {
        Self { path, id, advice }
    }

    /// The operation of a path, in whatever case, if its good answer has an id.
    #[must_use]
    pub fn of(path: &str) -> Option<&'static Self> {
        OPERATIONS
            .iter()
            .find(|operation| operation.path.eq_ignore_ascii_case(path))
    }

    /// Whether an answer has the id.
    pub(super) fn has_id(&self, answer: &Fields<'_>) -> bool {
        has_id(answer, self.id)
    }

    /// The name of the id's field.
    pub(super) fn id(&self) -> String {
        self.id.join(".")
    }

    /// What to do when nobody knows what was done.
    pub(crate) fn advice(&self) -> &'static str {
        self.advice
    }
}

/// Whether an answer has the id of any order, command or order strategy.
pub(super) fn has_any_id(answer: &Fields<'_>) -> bool {
    IDS.iter().any(|path| has_id(answer, path))
}

fn has_id(fields: &Fields<'_>, path: &[&str]) -> bool {
    let [name, rest @ ..] = path else { return false };
    let Some(value) = fields.get(*name).map(|raw| raw.get()) else {
        return false;
    };
    if rest.is_empty() {
        value.parse::<i64>().is_ok_and(|id| id > 0)
    } else {
        serde_json::from_str::<Fields<'_>>(value).is_ok_and(|inner| has_id(&inner, rest))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn facts() -> Value {
        serde_json::from_str(include_str!("../../types/endpoints.json")).unwrap()
    }

    #[test]
    fn each_id_is_a_documented_field_of_the_documented_answer() {
        let facts = facts();
        for OrderOperation { path, id, .. } in &OPERATIONS {
            let mut of_type = facts["operations"][format!("POST {path}")]["answer"].as_str();
            for name in *id {
                let entity = of_type.unwrap_or_else(|| panic!("{path} {name}"));
                of_type = facts["entities"][entity][name]["type"].as_str();
            }
            assert_eq!(of_type, Some("integer"), "{path}");
        }
    }

    #[test]
    fn no_documented_operation_that_can_tell_a_failure_reason_is_forgotten() {
        let facts = facts();
        let operations = facts["operations"].as_object().unwrap();
        let without_id: Vec<_> = operations
            .iter()
            .filter(|(_, facts_of)| {
                let answer = facts_of["answer"].as_str().unwrap();
                facts["entities"][answer].get("failureReason").is_some()
            })
            .filter_map(|(name, _)| name.strip_prefix("POST "))
            .filter(|path| OrderOperation::of(path).is_none())
            .collect();
        assert_eq!(without_id, ["order/liquidateposition"]);
    }

    #[test]
    fn an_operation_is_known_in_whatever_case() {
        let known = |path| OrderOperation::of(path).map(|operation| operation.path);
        assert_eq!(known("order/placeOrder"), Some("order/placeorder"));
        assert_eq!(
            known("orderstrategy/startOrderStrategy"),
            Some("orderStrategy/startorderstrategy")
        );
        for path in ["order/liquidateposition", "order/list", "order/placeorder/", ""] {
            assert_eq!(known(path), None, "{path}");
        }
    }
}
