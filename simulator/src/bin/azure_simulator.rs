//! Practice Azure as a program: prints one JSON line with its addresses and serves until it is ended.

use std::process::ExitCode;
use std::time::Duration;

use serde_json::json;
use simulator::{Options, Scenario, Simulator};

const USAGE: &str =
    "usage: azure-simulator [--scenario NAME|FILE] [--listen 127.0.0.1:PORT] [--latency-ms N]";

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}\n{USAGE}");
            ExitCode::from(2)
        }
    }
}

async fn run() -> Result<(), String> {
    let simulator = Simulator::start(read_options(std::env::args().skip(1))?)
        .await
        .map_err(|error| error.to_string())?;
    let addresses = simulator.addresses();
    println!(
        "{}",
        json!({
            "authority": addresses.authority,
            "arm": addresses.arm,
            "graph": addresses.graph,
            "openai": addresses.openai,
            "control": addresses.control,
            "control_key": simulator.control_key(),
            "ca": null,
        })
    );
    std::future::pending().await
}

fn read_options(mut arguments: impl Iterator<Item = String>) -> Result<Options, String> {
    let mut options = Options::default();
    while let Some(name) = arguments.next() {
        let value = arguments.next().ok_or_else(|| format!("{name} needs a value"))?;
        match name.as_str() {
            "--scenario" => options.scenario = read_scenario(&value)?,
            "--listen" => {
                options.listen =
                    value.parse().map_err(|_| format!("'{value}' is not ADDRESS:PORT"))?
            }
            "--latency-ms" => {
                let milliseconds =
                    value.parse().map_err(|_| format!("'{value}' is not a number"))?;
                options.latency = Duration::from_millis(milliseconds);
            }
            _ => return Err(format!("unknown option {name}")),
        }
    }
    Ok(options)
}

/// A built-in name, else a file.
fn read_scenario(name_or_file: &str) -> Result<Scenario, String> {
    if Scenario::names().contains(&name_or_file) || !name_or_file.ends_with(".json") {
        return Scenario::named(name_or_file).map_err(|error| error.to_string());
    }
    let text = std::fs::read_to_string(name_or_file)
        .map_err(|error| format!("{name_or_file}: {error}"))?;
    Scenario::from_json(&text).map_err(|error| error.to_string())
}
