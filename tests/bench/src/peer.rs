//! The article's way beside ours, in one run against the same practice Azure under the real names:
//! `az login`, its two commands and its sample in Python, as a person would type them.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use keyless::cloud::Cloud;
use tempfile::TempDir;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;
use tokio::process::Command;

use crate::Trouble;
use crate::azure::{Azure, count_connections};
use crate::figures::{median, range, round};
use crate::journey;
use crate::person::{Effort, sign_in};
use crate::report;

const SAMPLE: &str = include_str!("../peer/sample.py");
const SCOPE: &str =
    "/subscriptions/04a91150-4b4d-434b-9a09-43e90cc8f48f/resourceGroups/rg-openai-dev";
const ENDPOINT: &str = "https://contoso-chat-dev.openai.azure.com";
const API_VERSION: &str = "2024-10-21";
/// A command that takes longer is broken.
const STUCK: Duration = Duration::from_secs(120);

/// Both ways at one latency.
pub struct Peers {
    latency_ms: u64,
    keyless: Vec<Way>,
    azure_cli: Vec<Way>,
}

/// One way from nothing to a chat answer.
#[derive(Clone, Copy, Debug, Default)]
struct Way {
    /// In milliseconds, less the time in the browser.
    wall_ms: f64,
    requests: usize,
    connections: usize,
    /// What is typed or pasted into a terminal, the sample not counted.
    typed: usize,
    clicks: usize,
}

/// Walks both ways in turn, several times at each latency; needs practice Azure under the real
/// names around this process.
pub async fn measure(
    latencies: &[u64],
    runs: usize,
    az: &Path,
    python: &Path,
) -> Result<Vec<Peers>, Trouble> {
    let azure = Azure::find().await?;
    let terminal = Terminal::open(az, python)?;
    // The first command of a new folder makes its list of commands, and Python its byte code.
    walk_with_azure_cli(&azure, &terminal).await?;
    let mut peers = Vec::new();
    for latency_ms in latencies {
        azure.set_latency(*latency_ms).await?;
        let (mut keyless, mut azure_cli) = (Vec::new(), Vec::new());
        for _ in 0..runs {
            keyless.push(walk_with_keyless(&azure).await?);
            azure_cli.push(walk_with_azure_cli(&azure, &terminal).await?);
        }
        peers.push(Peers { latency_ms: *latency_ms, keyless, azure_cli });
    }
    azure.set_latency(0).await?;
    Ok(peers)
}

impl Peers {
    /// For the machine.
    pub fn report(&self) -> report::Peer {
        report::Peer {
            latency_ms: self.latency_ms,
            keyless: report_way(&self.keyless),
            azure_cli: report_way(&self.azure_cli),
        }
    }

    /// For the person.
    pub fn print(&self) {
        println!(
            "From the sign-in to a chat answer at {} ms a request, {} runs in turn, without the \
             time in the browser",
            self.latency_ms,
            self.keyless.len(),
        );
        println!(
            "   {:<26}{:>26}{:>10}{:>13}{:>7}{:>8}",
            "", "median (least to most)", "requests", "connections", "typed", "clicks"
        );
        print_way("Keyless", &self.keyless);
        print_way("Azure CLI and the sample", &self.azure_cli);
        let wall = |ways: &[Way]| median(&ways.iter().map(|way| way.wall_ms).collect::<Vec<_>>());
        println!(
            "   Azure CLI takes {:.1} times as long",
            wall(&self.azure_cli) / wall(&self.keyless)
        );
    }
}

/// How many characters of code the sample adds to what is typed.
pub fn sample_length() -> usize {
    SAMPLE.chars().count()
}

fn report_way(ways: &[Way]) -> report::Way {
    let last = ways.last().copied().unwrap_or_default();
    report::Way {
        wall_ms: round(median(&ways.iter().map(|way| way.wall_ms).collect::<Vec<_>>())),
        requests: last.requests,
        connections: last.connections,
        typed: last.typed,
        clicks: last.clicks,
    }
}

fn print_way(name: &str, ways: &[Way]) {
    let walls: Vec<f64> = ways.iter().map(|way| way.wall_ms).collect();
    let (least, most) = range(&walls);
    let time = format!("{:.0} ms ({least:.0} to {most:.0})", median(&walls));
    let report = report_way(ways);
    println!(
        "   {name:<26}{time:>26}{:>10}{:>13}{:>7}{:>8}",
        report.requests, report.connections, report.typed, report.clicks
    );
}

async fn walk_with_keyless(azure: &Azure) -> Result<Way, Trouble> {
    azure.reset().await?;
    let walked = journey::walk(Cloud::public()).await?;
    let history = azure.history().await?;
    Ok(Way {
        wall_ms: milliseconds(walked.wall),
        requests: history.len(),
        connections: count_connections(&history),
        typed: 0,
        clicks: walked.clicks,
    })
}

async fn walk_with_azure_cli(azure: &Azure, terminal: &Terminal) -> Result<Way, Trouble> {
    azure.reset().await?;
    terminal.forget()?;
    let started = Instant::now();
    let mut typed = Typed::default();
    let effort = terminal.sign_in(typed.line("az login")).await?;
    let line = typed.line("az ad signed-in-user show --query id -o tsv");
    let identity = terminal.run(line).await?;
    let line = format!(
        "az role assignment create --role 'Cognitive Services OpenAI User' --assignee '{}' \
         --scope '{SCOPE}'",
        identity.trim()
    );
    terminal.run(typed.line(&line)).await?;
    typed.line(&format!("export AZURE_OPENAI_ENDPOINT={ENDPOINT}"));
    typed.line(&format!("export AZURE_OPENAI_VERSION={API_VERSION}"));
    let answer = terminal.run(typed.line("python sample.py")).await?;
    let wall = started.elapsed().saturating_sub(effort.time);
    if answer.trim().is_empty() {
        return Err("the sample shows no answer".into());
    }
    let history = azure.history().await?;
    Ok(Way {
        wall_ms: milliseconds(wall),
        requests: history.len(),
        connections: count_connections(&history),
        typed: typed.0,
        clicks: effort.clicks,
    })
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// How many characters were typed, with the Enter of each line.
#[derive(Default)]
struct Typed(usize);

impl Typed {
    fn line<'l>(&mut self, line: &'l str) -> &'l str {
        self.0 += line.chars().count() + 1;
        line
    }
}

/// A shell in which `az` and `python` are the pinned ones, with a browser that is played.
struct Terminal {
    folder: TempDir,
    path: String,
    listener: TcpListener,
}

impl Terminal {
    fn open(az: &Path, python: &Path) -> Result<Self, Trouble> {
        let folder = tempfile::tempdir()?;
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let port = listener.local_addr()?.port();
        fs::create_dir(folder.path().join("azure"))?;
        fs::write(folder.path().join("sample.py"), SAMPLE)?;
        // It must return at once: Azure CLI waits for it, and listens only then.
        write_program(
            &folder.path().join("browser"),
            &format!("#!/bin/bash\nprintf '%s' \"$1\" > /dev/tcp/127.0.0.1/{port}\n"),
        )?;
        for (name, program) in [("az", az), ("python", python)] {
            let script = format!("#!/bin/sh\nexec '{}' \"$@\"\n", program.display());
            write_program(&folder.path().join(name), &script)?;
        }
        let path = std::env::var("PATH").unwrap_or_default();
        let path = format!("{}:{path}", folder.path().display());
        Ok(Self { folder, path, listener: TcpListener::from_std(listener)? })
    }

    /// Forgets who signed in, and keeps what only saves time.
    fn forget(&self) -> io::Result<()> {
        for entry in fs::read_dir(self.folder.path().join("azure"))? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let memory = ["msal_", "azureProfile", "service_principal"];
            if memory.iter().any(|part| name.starts_with(part)) {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }

    /// Runs a command that signs in with the browser.
    async fn sign_in(&self, line: &str) -> Result<Effort, Trouble> {
        let spent = Arc::new(Mutex::new(Effort::default()));
        let browse = async {
            let (mut stream, _) = self.listener.accept().await?;
            let mut address = String::new();
            stream.read_to_string(&mut address).await?;
            let tell = |effort| *spent.lock().unwrap_or_else(PoisonError::into_inner) = effort;
            sign_in(&address, tell).await
        };
        let (output, browsed) = tokio::join!(self.run(line), browse);
        browsed?;
        output?;
        let effort = *spent.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(effort)
    }

    /// Runs a line to its end and returns its standard output.
    async fn run(&self, line: &str) -> Result<String, Trouble> {
        let run = self.command(line).output();
        let output: Output = tokio::time::timeout(STUCK, run)
            .await
            .map_err(|_| format!("`{line}` does not end"))??;
        if !output.status.success() {
            let errors = String::from_utf8_lossy(&output.stderr);
            return Err(format!("`{line}` failed: {errors}").into());
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    fn command(&self, line: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", line]).current_dir(self.folder.path()).kill_on_drop(true);
        command
            .env("PATH", &self.path)
            .env("BROWSER", self.folder.path().join("browser"))
            .env("AZURE_CONFIG_DIR", self.folder.path().join("azure"))
            .env("AZURE_OPENAI_ENDPOINT", ENDPOINT)
            .env("AZURE_OPENAI_VERSION", API_VERSION);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }
}

fn write_program(file: &PathBuf, text: &str) -> io::Result<()> {
    fs::write(file, text)?;
    fs::set_permissions(file, fs::Permissions::from_mode(0o755))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_counted_with_its_enter() {
        let mut typed = Typed::default();
        assert_eq!(typed.line("az login"), "az login", "the line is run as it was typed");
        assert_eq!(typed.0, 9);
    }

    #[tokio::test]
    async fn a_line_that_fails_is_told_with_its_reason() {
        let nothing = Path::new("/bin/true");
        let terminal = Terminal::open(nothing, nothing).expect("a temporary folder");
        let reason = terminal.run("echo no such role >&2; exit 3").await.expect_err("it failed");
        assert!(reason.to_string().contains("no such role"), "{reason}");
        assert_eq!(terminal.run("echo done").await.expect("it succeeds"), "done\n");
    }
}
