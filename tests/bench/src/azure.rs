//! Practice Azure in a process of its own, whose work is not counted as Keyless's.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde::Deserialize;
use serde_json::json;
use simulator::{Entry, Options, Scenario, Simulator};

use crate::Trouble;

/// The default directory, less what Azure and the model take their time for: a role works at once,
/// and the answer comes in one go.
const SCENARIO: &str = r#"{
    "based_on": "default",
    "name": "bench",
    "about": "A role works at once, and the model answers at once.",
    "role_effective_after_seconds": 0,
    "event_delay_milliseconds": 0
}"#;

/// A running practice Azure; it ends with this value.
pub struct Azure {
    process: Child,
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
    control: String,
}

impl Azure {
    /// Starts this program anew as practice Azure, and waits until it answers.
    pub fn start(latency_ms: u64) -> Result<Self, Trouble> {
        let mut process = Command::new(std::env::current_exe()?)
            .args(["azure", "--latency-ms", &latency_ms.to_string()])
            // It serves until its standard input ends, which it does with this process.
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let output = process.stdout.take().ok_or("the simulator's output is not to be had")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let addresses = serde_json::from_str(&line)
            .map_err(|error| format!("the simulator does not tell its addresses: {error}"))?;
        let client = reqwest::Client::builder().no_proxy().build()?;
        Ok(Self { process, addresses, client })
    }

    /// Where its services answer.
    pub fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// Back to the beginning: no assignment, no history.
    pub async fn reset(&self) -> Result<(), Trouble> {
        let address = format!("{}/reset", self.addresses.control);
        self.client.post(address).send().await?.error_for_status()?;
        Ok(())
    }

    /// Every request since the beginning. Fails when Azure did not know one of them.
    pub async fn history(&self) -> Result<Vec<Entry>, Trouble> {
        let address = format!("{}/history", self.addresses.control);
        let answer = self.client.get(address).send().await?.error_for_status()?;
        let history: Vec<Entry> = answer.json().await?;
        match history.iter().find(|entry| entry.unknown) {
            Some(entry) => {
                Err(format!("Azure does not know {} {}", entry.method, entry.path).into())
            }
            None => Ok(history),
        }
    }
}

impl Drop for Azure {
    fn drop(&mut self) {
        // It may have ended by itself; there is nobody to tell.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Serves as practice Azure until the standard input ends.
pub async fn serve(latency: Duration) -> Result<(), Trouble> {
    let simulator = Simulator::start(Options {
        scenario: Scenario::from_json(SCENARIO)?,
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
            "control": addresses.control,
        })
    );
    tokio::task::spawn_blocking(|| std::io::stdin().lines().count()).await?;
    simulator.stop().await;
    Ok(())
}
