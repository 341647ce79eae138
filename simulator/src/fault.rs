//! Things that go wrong, as data.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::call::Call;
use crate::failure::{self, FailureError};
use crate::route::OPERATIONS;

/// Which requests are hit, what happens to them, and how often.
///
/// It is written as an object of these members, as the name of a failure, or as a name in the
/// member `fault` with `when` or `times` of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Value")]
pub struct Fault {
    /// The requests that are hit.
    pub when: Match,
    /// What happens to each.
    pub act: Act,
    /// How many requests are hit before the fault is used up; none: all.
    pub times: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Whole {
    #[serde(default)]
    when: Match,
    act: Act,
    #[serde(default)]
    times: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    fault: String,
    #[serde(default)]
    when: Match,
    #[serde(default)]
    times: Option<u64>,
}

impl TryFrom<Value> for Fault {
    type Error = String;

    fn try_from(written: Value) -> Result<Self, String> {
        if let Some(name) = written.as_str() {
            return Self::named(name).map_err(|error| error.to_string());
        }
        if written.get("fault").is_none() {
            let Whole { when, act, times } =
                serde_json::from_value(written).map_err(|error| error.to_string())?;
            when.check()?;
            return Ok(Self { when, act, times });
        }
        let Named { fault, when, times } =
            serde_json::from_value(written).map_err(|error| error.to_string())?;
        when.check()?;
        let own = Self::named(&fault).map_err(|error| error.to_string())?;
        Ok(Self { when: when.or(own.when), times: times.or(own.times), act: own.act })
    }
}

/// Conditions on a request; all that are given must hold, and with none given every request does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Match {
    /// The name of the operation, such as `roleAssignments.create`.
    #[serde(default)]
    pub operation: Option<String>,
    /// The HTTP method.
    #[serde(default)]
    pub method: Option<String>,
    /// A part of the path, in any case.
    #[serde(default)]
    pub path_contains: Option<String>,
    /// One of these parts of the body as it is sent: a form's values are percent-encoded.
    #[serde(default)]
    pub body_contains: Vec<String>,
    /// Only the n-th request, from 1, of those that arrive after the fault was added and meet the
    /// other conditions.
    #[serde(default)]
    pub nth: Option<u64>,
}

/// What happens to a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// The connection ends before the request has any effect; nothing is answered.
    Cut,
    /// The request waits this long by the simulator's clock, then goes on as usual.
    Delay {
        /// How long.
        milliseconds: u64,
    },
    /// The request has no effect and is answered like this.
    Answer {
        /// The HTTP status.
        status: u16,
        /// Headers; `content-type` is JSON unless given. Names in braces are filled, see `body`.
        #[serde(default)]
        headers: BTreeMap<String, String>,
        /// A string is sent as it is, everything else as JSON. In its texts `{tenant}`, `{oid}`,
        /// `{upn}`, `{client}`, `{audience}`, `{resource}`, `{deployment}`, `{scope}`, `{path}`,
        /// `{name}`, `{guid}` and Entra's `{trace}`, `{correlation}` and `{timestamp}` are filled
        /// with what the request says; names that it does not say stay.
        #[serde(default)]
        body: Value,
    },
    /// The request has its effect; the second half of the answer's body is noise.
    Garble,
    /// The request has its effect; the connection ends in the middle of the answer's body.
    CutMidBody,
}

impl Match {
    /// Refuses an operation that no service knows: the fault would never hit.
    fn check(&self) -> Result<(), String> {
        match &self.operation {
            Some(name) if !OPERATIONS.contains(&name.as_str()) => Err(format!(
                "there is no operation named '{name}'; the names are {}",
                OPERATIONS.join(", ")
            )),
            _ => Ok(()),
        }
    }

    /// These conditions, and the other's where these leave something open.
    fn or(self, other: Self) -> Self {
        Self {
            operation: self.operation.or(other.operation),
            method: self.method.or(other.method),
            path_contains: self.path_contains.or(other.path_contains),
            body_contains: match self.body_contains.is_empty() {
                true => other.body_contains,
                false => self.body_contains,
            },
            nth: self.nth.or(other.nth),
        }
    }
}

impl Fault {
    /// The fault that brings about this failure, such as `C3`.
    ///
    /// # Errors
    /// For a name that is not in [`Fault::names`], and for one that only a scenario brings about.
    pub fn named(name: &str) -> Result<Self, FailureError> {
        failure::fault(name)
    }

    /// The names of the failures; each is a scenario too.
    pub fn names() -> Vec<&'static str> {
        failure::names()
    }

    /// A fault that hits every request.
    pub fn on_every(act: Act) -> Self {
        Self { when: Match::default(), act, times: None }
    }

    /// A fault that hits every request for an operation.
    pub fn on(operation: &str, act: Act) -> Self {
        Self {
            when: Match { operation: Some(operation.to_owned()), ..Match::default() },
            act,
            times: None,
        }
    }

    /// The same fault, used up after `times` requests.
    #[must_use]
    pub fn times(self, times: u64) -> Self {
        Self { times: Some(times), ..self }
    }

    /// The same fault, for the n-th matching request only.
    #[must_use]
    pub fn nth(mut self, nth: u64) -> Self {
        self.when.nth = Some(nth);
        self
    }
}

/// The faults that are set, each with what it has seen.
#[derive(Debug, Default)]
pub(crate) struct Faults(Mutex<Vec<Armed>>);

#[derive(Debug)]
struct Armed {
    fault: Fault,
    matched: u64,
    hit: u64,
}

impl Faults {
    /// These faults, in the place of those that are set.
    pub(crate) fn replace(&self, faults: Vec<Fault>) {
        self.clear();
        faults.into_iter().for_each(|fault| self.add(fault));
    }

    pub(crate) fn add(&self, fault: Fault) {
        self.lock().push(Armed { fault, matched: 0, hit: 0 });
    }

    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    /// What is to happen to an arriving request, in the order in which the faults were added.
    pub(crate) fn strike(&self, operation: &str, call: &Call, path: &str) -> Vec<Act> {
        self.lock().iter_mut().filter_map(|armed| armed.strike(operation, call, path)).collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Armed>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Armed {
    fn strike(&mut self, operation: &str, call: &Call, path: &str) -> Option<Act> {
        let when = &self.fault.when;
        let meets =
            |wanted: &Option<String>, is: &dyn Fn(&str) -> bool| wanted.as_deref().is_none_or(is);
        let matches = meets(&when.operation, &|wanted| wanted == operation)
            && meets(&when.method, &|wanted| wanted.eq_ignore_ascii_case(call.method.as_str()))
            && meets(&when.path_contains, &|part| {
                path.to_lowercase().contains(&part.to_lowercase())
            })
            && has_part(&call.body, &when.body_contains);
        if !matches {
            return None;
        }
        self.matched += 1;
        let due = when.nth.is_none_or(|nth| nth == self.matched);
        let left = self.fault.times.is_none_or(|times| self.hit < times);
        (due && left).then(|| {
            self.hit += 1;
            self.fault.act.clone()
        })
    }
}

fn has_part(body: &[u8], parts: &[String]) -> bool {
    let body = String::from_utf8_lossy(body);
    parts.is_empty() || parts.iter().any(|part| body.contains(part))
}
