//! Practice Azure as a program: prints one JSON line with its addresses and serves until it is ended.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use serde_json::{Value, json};
use simulator::{HostsFiles, Options, Scenario, Simulator};

const USAGE: &str = "\
usage: azure-simulator [--scenario NAME|FILE] [--listen 127.0.0.1:PORT] [--latency-ms N]
                       [--hosts [--ca-dir DIR] [--hosts-file FILE]]

Serves practice Azure until it is ended, and prints one JSON line with its addresses.
  --scenario    a built-in name, the name of a failure such as C7, or a .json file
  --listen      where; without it a free port, under the real names port 443
  --latency-ms  real time that every request takes
  --hosts       the real names over TLS; --ca-dir gets the authority, --hosts-file the names";

#[tokio::main]
async fn main() -> ExitCode {
    if std::env::args().skip(1).any(|word| word == "--help" || word == "-h") {
        println!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}\n`azure-simulator --help` lists the options");
            ExitCode::from(2)
        }
    }
}

async fn run() -> Result<(), String> {
    let Command { options, hosts } = Command::read(std::env::args().skip(1))?;
    let ca = hosts.as_ref().map(HostsFiles::certificate);
    let simulator = match hosts {
        None => Simulator::start(options).await,
        Some(files) => Simulator::start_under_real_names(options, files).await,
    };
    let simulator = simulator.map_err(|error| error.to_string())?;
    let addresses = simulator.addresses();
    let names = ca.as_ref().map_or(Value::Null, |_| json!(simulator.names()));
    println!(
        "{}",
        json!({
            "authority": addresses.authority,
            "arm": addresses.arm,
            "graph": addresses.graph,
            "openai": addresses.openai,
            "control": addresses.control,
            "control_key": simulator.control_key(),
            "ca": ca,
            "hosts": names,
        })
    );
    std::future::pending().await
}

/// What the command line asks for.
struct Command {
    options: Options,
    hosts: Option<HostsFiles>,
}

impl Command {
    fn read(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Options::default();
        let (mut hosts, mut listen) = (false, None);
        let (mut authority, mut hosts_file) = (None, None);
        while let Some(name) = arguments.next() {
            if name == "--hosts" {
                hosts = true;
                continue;
            }
            let value = arguments.next().ok_or_else(|| format!("{name} needs a value"))?;
            match name.as_str() {
                "--scenario" => options.scenario = read_scenario(&value)?,
                "--listen" => {
                    listen =
                        Some(value.parse().map_err(|_| format!("'{value}' is not ADDRESS:PORT"))?);
                }
                "--latency-ms" => {
                    let milliseconds =
                        value.parse().map_err(|_| format!("'{value}' is not a number"))?;
                    options.latency = Duration::from_millis(milliseconds);
                }
                "--ca-dir" => authority = Some(PathBuf::from(value)),
                "--hosts-file" => hosts_file = Some(PathBuf::from(value)),
                _ => return Err(format!("unknown option {name}")),
            }
        }
        if !hosts && (authority.is_some() || hosts_file.is_some()) {
            return Err("--ca-dir and --hosts-file belong to --hosts".to_owned());
        }
        let hosts = hosts.then(|| HostsFiles {
            authority: authority.unwrap_or_else(|| {
                std::env::temp_dir().join(format!("azure-simulator-{}", std::process::id()))
            }),
            hosts: hosts_file,
        });
        let own_port = if hosts.is_some() { 443 } else { 0 };
        options.listen = listen.unwrap_or_else(|| ([127, 0, 0, 1], own_port).into());
        Ok(Self { options, hosts })
    }
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
