//! The article's way beside ours, in one run against the same practice Azure under the real names.

use std::time::Duration;

use keyless::cloud::Cloud;

use crate::Trouble;
use crate::article::{self, Terminal};
use crate::azure::{AT_ONCE, Azure, count_connections};
use crate::figures::{median, range, round};
use crate::journey;
use crate::report;

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

/// Walks both ways in turn, several times at each latency; a role works at once.
pub async fn measure(
    azure: &Azure,
    terminal: &Terminal,
    latencies: &[u64],
    runs: usize,
) -> Result<Vec<Peers>, Trouble> {
    azure.begin(AT_ONCE).await?;
    // The first command of a new folder makes its list of commands, and Python its byte code.
    walk_with_azure_cli(azure, terminal).await?;
    let mut peers = Vec::new();
    for latency_ms in latencies {
        azure.set_latency(*latency_ms).await?;
        let (mut keyless, mut azure_cli) = (Vec::new(), Vec::new());
        for _ in 0..runs {
            keyless.push(walk_with_keyless(azure).await?);
            azure_cli.push(walk_with_azure_cli(azure, terminal).await?);
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
    let walked = article::walk(terminal).await?;
    if !walked.sample.status.success() || walked.sample.stdout.trim_ascii().is_empty() {
        let errors = String::from_utf8_lossy(&walked.sample.stderr);
        return Err(format!("the sample shows no answer: {errors}").into());
    }
    let history = azure.history().await?;
    Ok(Way {
        wall_ms: milliseconds(walked.wall),
        requests: history.len(),
        connections: count_connections(&history),
        typed: walked.typed,
        clicks: walked.clicks,
    })
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
