//! Practice Azure, seen from its control routes.

use reqwest::Client;
use serde_json::{Value, json};

/// The running simulator.
#[derive(Debug)]
pub struct Practice {
    control: String,
    client: Client,
}

impl Practice {
    /// The simulator of the JSON line in `AZURE_SIMULATOR`.
    pub fn find() -> Result<Self, String> {
        let line = std::env::var("AZURE_SIMULATOR")
            .map_err(|_| "there is no practice Azure here: AZURE_SIMULATOR is not set")?;
        let line: Value = serde_json::from_str(&line).map_err(|error| error.to_string())?;
        let control = line["control"].as_str().ok_or("AZURE_SIMULATOR names no control address")?;
        let client = Client::builder().no_proxy().build().map_err(|error| error.to_string())?;
        Ok(Self { control: control.to_owned(), client })
    }

    /// Starts a scenario from its beginning, without history.
    pub async fn set_scenario(&self, scenario: &Value) {
        self.post("scenario", scenario).await;
    }

    /// These faults, in the place of those that are set.
    pub async fn set_faults(&self, faults: Value) {
        self.post("faults", &faults).await;
    }

    /// Moves the simulator's clock forward.
    pub async fn advance(&self, seconds: u64) {
        self.post("clock", &json!({"seconds": seconds})).await;
    }

    /// Every request of this flow, in order of arrival.
    pub async fn history(&self) -> Vec<Value> {
        let history = self.client.get(format!("{}/history", self.control)).send().await;
        let history = history.expect("practice Azure runs").json().await;
        history.expect("the history is a list")
    }

    /// How often the operation was asked for, whatever came of it.
    pub async fn count(&self, operation: &str) -> usize {
        self.history().await.iter().filter(|entry| entry["operation"] == operation).count()
    }

    /// Fails unless every operation was asked for.
    pub async fn saw(&self, operations: &[&str]) {
        let history = self.history().await;
        for operation in operations {
            assert!(
                history.iter().any(|entry| entry["operation"] == *operation),
                "{operation} was never asked for"
            );
        }
    }

    /// The statuses with which the operation was answered, in order.
    pub async fn statuses(&self, operation: &str) -> Vec<u64> {
        let history = self.history().await;
        let of_operation = history.iter().filter(|entry| entry["operation"] == operation);
        of_operation.filter_map(|entry| entry["status"].as_u64()).collect()
    }

    /// One line a request, for a person who looks for a reason.
    pub async fn describe_history(&self) -> String {
        let history = self.history().await;
        history.iter().map(describe_entry).collect::<Vec<_>>().join("\n")
    }

    async fn post(&self, route: &str, body: &Value) {
        let answer = self.client.post(format!("{}/{route}", self.control)).json(body).send().await;
        let answer = answer.expect("practice Azure runs");
        let status = answer.status();
        let text = answer.text().await.unwrap_or_default();
        assert!(status.is_success(), "practice Azure refuses {route}: {text}");
    }
}

/// Status, operation, method, path and the beginning of the query.
pub fn describe_entry(entry: &Value) -> String {
    let text = |name: &str| entry[name].as_str().unwrap_or_default();
    let query: String = text("query").chars().take(60).collect();
    format!(
        "{} {}: {} {}?{query}",
        entry["status"],
        text("operation"),
        text("method"),
        text("path"),
    )
}
