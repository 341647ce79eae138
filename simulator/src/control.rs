//! Routes to look at the simulator and to change it from outside its process.
//!
//! They live under a key that only the starter of the simulator is told.

use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::call::Call;
use crate::fault::Fault;
use crate::scenario::Scenario;
use crate::site::Site;

/// Answers `/{key}/{route}`; anything without the key is not there.
pub(crate) fn answer(call: &Call, site: &Site) -> Answer {
    let segments = call.segments();
    let [key, route] = segments.as_slice() else {
        return Answer::empty(StatusCode::NOT_FOUND);
    };
    if key != site.addresses.control_key() {
        return Answer::empty(StatusCode::NOT_FOUND);
    }
    let outcome = match (&call.method, route.as_str()) {
        (&Method::GET, "history") => Ok(json!(site.ledger.entries())),
        (&Method::GET, "state") => Ok(site.world().describe(site.clock.now())),
        (&Method::POST, "reset") => {
            site.reset();
            Ok(json!({}))
        }
        (&Method::POST, "scenario") => set_scenario(call, site),
        (&Method::POST, "faults") => set_faults(call, site),
        (&Method::POST, "latency") => number(call, "milliseconds").map(|milliseconds| {
            site.set_latency(Duration::from_millis(milliseconds));
            json!({})
        }),
        (&Method::POST, "clock") => number(call, "seconds").map(|seconds| {
            site.clock.advance(Duration::from_secs(seconds));
            json!({"now": crate::clock::arm_time(site.clock.now())})
        }),
        _ => return Answer::empty(StatusCode::NOT_FOUND),
    };
    match outcome {
        Ok(body) => Answer::json(StatusCode::OK, &body),
        Err(message) => Answer::json(StatusCode::BAD_REQUEST, &json!({"error": message})),
    }
}

/// `{"name": "…"}`, or a whole scenario.
fn set_scenario(call: &Call, site: &Site) -> Result<Value, String> {
    let body = read(call)?;
    let scenario = match body.as_object() {
        Some(members) if members.len() == 1 && body["name"].is_string() => {
            Scenario::named(body["name"].as_str().unwrap_or_default())
        }
        _ => Scenario::from_json(&body.to_string()),
    };
    let scenario = scenario.map_err(|error| error.to_string())?;
    let answer = json!({"name": scenario.name(), "about": scenario.about()});
    #[cfg(feature = "hosts")]
    if let Some(files) = &site.hosts_files {
        files.write_names(&scenario).map_err(|error| error.to_string())?;
    }
    site.set_scenario(scenario);
    Ok(answer)
}

/// A list of faults, which takes the place of those that are set.
fn set_faults(call: &Call, site: &Site) -> Result<Value, String> {
    let faults: Vec<Fault> =
        serde_json::from_value(read(call)?).map_err(|error| error.to_string())?;
    let count = faults.len();
    site.faults.replace(faults);
    Ok(json!({"faults": count}))
}

fn number(call: &Call, name: &str) -> Result<u64, String> {
    read(call)?[name].as_u64().ok_or_else(|| format!("'{name}' must be a number"))
}

fn read(call: &Call) -> Result<Value, String> {
    serde_json::from_slice(&call.body).map_err(|error| error.to_string())
}
