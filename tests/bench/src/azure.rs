//! Practice Azure in a process of its own, whose work is not counted as Keyless's.

use std::collections::HashSet;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use simulator::{Entry, Options, Scenario, Simulator};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::Trouble;

/// The default directory, less what Azure and the model take their time for.
pub const AT_ONCE: &str = include_str!("../scenarios/at-once.json");
/// The same, where a role that was just assigned does not work yet.
pub const LATE_ROLE: &str = include_str!("../scenarios/role-after-5-s.json");
/// What somebody sees who works for a large company.
pub const TEN_THOUSAND: &str = r#"{"based_on": "ten-thousand"}"#;

/// A running practice Azure; one that was started here ends with this value.
pub struct Azure {
    process: Option<Child>,
    addresses: Addresses,
    client: reqwest::Client,
}

/// Where its services answer.
#[derive(Clone, Debug, Deserialize)]
pub struct Addresses {
    /// Microsoft Entra.
    pub authority: String,
    /// Azure Resource Manager.
    pub arm: String,
    /// Azure OpenAI.
    pub openai: String,
    /// Microsoft Graph.
    pub graph: String,
    control: String,
}

impl Azure {
    /// Starts this program anew as practice Azure in this scenario, and waits until it answers.
    pub fn start(scenario: &str, latency_ms: u64) -> Result<Self, Trouble> {
        let mut process = Command::new(std::env::current_exe()?)
            .args(["azure", "--scenario", scenario, "--latency-ms", &latency_ms.to_string()])
            // It serves until its standard input ends, which it does with this process.
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let output = process.stdout.take().ok_or("the simulator's output is not to be had")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        Self::at(&line, Some(process))
    }

    /// The one under the real names, inside of `cargo xtask hosts`.
    pub fn find() -> Result<Self, Trouble> {
        let line = std::env::var("AZURE_SIMULATOR")
            .map_err(|_| "there is no practice Azure here: AZURE_SIMULATOR is not set")?;
        Self::at(&line, None)
    }

    fn at(line: &str, process: Option<Child>) -> Result<Self, Trouble> {
        let addresses = serde_json::from_str(line)
            .map_err(|error| format!("the simulator does not tell its addresses: {error}"))?;
        let client = reqwest::Client::builder().no_proxy().build()?;
        Ok(Self { process, addresses, client })
    }

    /// Where its services answer.
    pub fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// Begins this scenario.
    pub async fn begin(&self, scenario: &str) -> Result<(), Trouble> {
        self.tell("scenario", &serde_json::from_str(scenario)?).await
    }

    /// Back to the beginning: no assignment, no history.
    pub async fn reset(&self) -> Result<(), Trouble> {
        self.tell("reset", &json!({})).await
    }

    /// Changes what every request spends on the wire.
    pub async fn set_latency(&self, latency_ms: u64) -> Result<(), Trouble> {
        self.tell("latency", &json!({"milliseconds": latency_ms})).await
    }

    /// Every request since the beginning, but for those of the browser's pages. Fails when Azure
    /// did not know one of them.
    pub async fn history(&self) -> Result<Vec<Entry>, Trouble> {
        let mut history: Vec<Entry> = self.ask("history").await?;
        if let Some(entry) = history.iter().find(|entry| entry.unknown) {
            return Err(format!("Azure does not know {} {}", entry.method, entry.path).into());
        }
        history.retain(|entry| !is_of_browser(entry));
        Ok(history)
    }

    /// When the one role was assigned that was not there in the beginning.
    pub async fn assigned_at(&self) -> Result<OffsetDateTime, Trouble> {
        let state: Value = self.ask("state").await?;
        let assignments = state["assignments"].as_array().into_iter().flatten();
        let mut made = assignments.filter(|assignment| assignment["given"] == false);
        let (Some(assignment), None) = (made.next(), made.next()) else {
            return Err("not one role was assigned".into());
        };
        let created = assignment["created"].as_str().unwrap_or_default();
        Ok(OffsetDateTime::parse(created, &Rfc3339)?)
    }

    async fn ask<T: DeserializeOwned>(&self, route: &str) -> Result<T, Trouble> {
        let address = format!("{}/{route}", self.addresses.control);
        Ok(self.client.get(address).send().await?.error_for_status()?.json().await?)
    }

    async fn tell(&self, route: &str, body: &Value) -> Result<(), Trouble> {
        let address = format!("{}/{route}", self.addresses.control);
        self.client.post(address).json(body).send().await?.error_for_status()?;
        Ok(())
    }
}

impl Drop for Azure {
    fn drop(&mut self) {
        if let Some(process) = &mut self.process {
            // It may have ended by itself; there is nobody to tell.
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// How many connections these requests came over.
pub fn count_connections(history: &[Entry]) -> usize {
    history.iter().map(|entry| entry.connection).collect::<HashSet<_>>().len()
}

/// Serves as practice Azure in this scenario until the standard input ends.
pub async fn serve(scenario: &str, latency: Duration) -> Result<(), Trouble> {
    let simulator = Simulator::start(Options {
        scenario: Scenario::from_json(scenario)?,
        latency,
        ..Options::default()
    })
    .await?;
    let addresses = simulator.addresses();
    println!(
        "{}",
        json!({
            "authority": addresses.authority,
            "arm": addresses.arm,
            "openai": addresses.openai,
            "graph": addresses.graph,
            "control": addresses.control,
        })
    );
    tokio::task::spawn_blocking(|| std::io::stdin().lines().count()).await?;
    simulator.stop().await;
    Ok(())
}

/// The pages that a person sees: the browser's time is the person's.
fn is_of_browser(entry: &Entry) -> bool {
    ["entra.authorize", "entra.signIn"].contains(&entry.operation.as_str())
}
