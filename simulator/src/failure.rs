//! Failures that real people meet, by name: each a small scenario, and where no state of practice
//! Azure leads to it, a fault.
//!
//! The names are `S` for sign-ins, `D` for directories and lists, `R` for role assignments and `C`
//! for chats, each with a number. Texts, statuses and headers are those of recorded and quoted
//! answers.

use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::fault::Fault;

static FAILURES: LazyLock<Vec<Failure>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../failures.json"))
        .expect("the failures are a file of this crate; a test reads it")
});

/// No failure has the name, or it is no fault.
#[derive(Debug, thiserror::Error)]
pub enum FailureError {
    /// There is no such failure.
    #[error("there is no failure named '{0}'; the names are {names}", names = names().join(", "))]
    Unknown(String),
    /// The failure follows from the state of a scenario.
    #[error("'{0}' is no fault but a state: use the scenario '{0}'")]
    State(String),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Failure {
    name: String,
    about: String,
    /// Members of a scenario, with the one that they are based on.
    scenario: Map<String, Value>,
    #[serde(default)]
    fault: Option<Value>,
}

/// The names, in the order in which a wizard may meet them.
pub fn names() -> Vec<&'static str> {
    FAILURES.iter().map(|failure| failure.name.as_str()).collect()
}

/// The fault of this name.
pub(crate) fn fault(name: &str) -> Result<Fault, FailureError> {
    let failure = find(name).ok_or_else(|| FailureError::Unknown(name.to_owned()))?;
    let fault = failure.fault.clone().ok_or_else(|| FailureError::State(name.to_owned()))?;
    Ok(Fault::try_from(fault).expect("a test reads every failure"))
}

/// The scenario of this name, which meets the failure from its beginning.
pub(crate) fn scenario(name: &str) -> Option<Value> {
    let failure = find(name)?;
    let mut scenario = failure.scenario.clone();
    scenario.insert("name".to_owned(), json!(failure.name));
    scenario.insert("about".to_owned(), json!(failure.about));
    if let Some(fault) = &failure.fault {
        scenario.insert("faults".to_owned(), json!([fault]));
    }
    Some(Value::Object(scenario))
}

fn find(name: &str) -> Option<&'static Failure> {
    FAILURES.iter().find(|failure| failure.name == name)
}
