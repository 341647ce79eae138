//! Both ways where a role works only some time after it was assigned, as in Azure: who does what
//! the article says without a pause ends in a refusal, and Keyless waits.

use std::process::Output;

use keyless::cloud::Cloud;
use serde_json::Value;
use simulator::Entry;
use time::OffsetDateTime;

use crate::Trouble;
use crate::article::{self, Terminal};
use crate::azure::{Azure, LATE_ROLE};
use crate::figures::{hundredths, median, range};
use crate::journey;
use crate::report;

const REFUSED: u16 = 401;
const ANSWERED: u16 = 200;
/// The words of code `PermissionDenied`, which the SDK shows in the code's place: a token that is
/// not taken is a 401 as well, with others.
const REFUSAL: &str = "lacks the required data action";

/// Both ways at one latency.
pub struct LateRole {
    latency_ms: u64,
    works_after_s: u64,
    keyless: Vec<Waited>,
    azure_cli: Vec<Refused>,
}

/// Ended in an answer.
struct Waited {
    /// From the assignment to the whole answer.
    seconds: f64,
    refusals: usize,
}

/// Ended in a refusal.
struct Refused {
    /// From the assignment to the end of the sample.
    seconds: f64,
    exit_code: i32,
    message: String,
}

/// Walks both ways in turn, several times at each latency. Fails when the article's does not end
/// in a refusal, or ours not in an answer that it had to wait for.
pub async fn measure(
    azure: &Azure,
    terminal: &Terminal,
    latencies: &[u64],
    runs: usize,
) -> Result<Vec<LateRole>, Trouble> {
    azure.begin(LATE_ROLE).await?;
    let works_after_s = read_delay()?;
    let mut rounds = Vec::new();
    for latency_ms in latencies {
        azure.set_latency(*latency_ms).await?;
        let (mut keyless, mut azure_cli) = (Vec::new(), Vec::new());
        for _ in 0..runs {
            keyless.push(wait_with_keyless(azure).await?);
            azure_cli.push(hurry_with_azure_cli(azure, terminal).await?);
        }
        let latency_ms = *latency_ms;
        rounds.push(LateRole { latency_ms, works_after_s, keyless, azure_cli });
    }
    azure.set_latency(0).await?;
    Ok(rounds)
}

impl LateRole {
    /// For the machine.
    pub fn report(&self) -> report::LateRole {
        let (waited, refused) = (self.last_waited(), self.last_refused());
        report::LateRole {
            latency_ms: self.latency_ms,
            works_after_s: self.works_after_s,
            keyless: report::Waited {
                answered_after_s: hundredths(median(&self.waits())),
                refusals: waited.map_or(0, |waited| waited.refusals),
            },
            azure_cli: report::Refused {
                refused_after_s: hundredths(median(&self.hurries())),
                status: REFUSED,
                exit_code: refused.map_or(0, |refused| refused.exit_code),
                message: refused.map_or_else(String::new, |refused| refused.message.clone()),
            },
        }
    }

    /// For the person.
    pub fn print(&self) {
        println!(
            "From an assignment whose role works after {} s, at {} ms a request, {} runs in turn",
            self.works_after_s,
            self.latency_ms,
            self.keyless.len(),
        );
        println!("   {:<26}{:<24}median (least to most)", "", "ends in");
        let report = self.report();
        let refusals = report.keyless.refusals;
        print_way("Keyless", "an answer", &self.waits());
        print_way("Azure CLI and the sample", "401 PermissionDenied", &self.hurries());
        println!("   Keyless was refused {refusals} times before that, and looked again by itself");
        println!(
            "   The sample ended with exit code {} and said: {}",
            report.azure_cli.exit_code, report.azure_cli.message
        );
    }

    fn waits(&self) -> Vec<f64> {
        self.keyless.iter().map(|waited| waited.seconds).collect()
    }

    fn hurries(&self) -> Vec<f64> {
        self.azure_cli.iter().map(|refused| refused.seconds).collect()
    }

    fn last_waited(&self) -> Option<&Waited> {
        self.keyless.last()
    }

    fn last_refused(&self) -> Option<&Refused> {
        self.azure_cli.last()
    }
}

fn print_way(name: &str, end: &str, seconds: &[f64]) {
    let (least, most) = range(seconds);
    println!("   {name:<26}{end:<24}{:.2} s ({least:.2} to {most:.2})", median(seconds));
}

async fn wait_with_keyless(azure: &Azure) -> Result<Waited, Trouble> {
    azure.reset().await?;
    let walked = journey::walk(Cloud::public()).await?;
    let statuses = chat_statuses(&azure.history().await?);
    if statuses.first() != Some(&REFUSED) || statuses.last() != Some(&ANSWERED) {
        return Err(format!("Keyless did not wait: the model said {statuses:?}").into());
    }
    let refusals = statuses.iter().filter(|status| **status == REFUSED).count();
    Ok(Waited { seconds: seconds_since_assignment(azure, walked.ended).await?, refusals })
}

async fn hurry_with_azure_cli(azure: &Azure, terminal: &Terminal) -> Result<Refused, Trouble> {
    azure.reset().await?;
    let walked = article::walk(terminal).await?;
    let seconds = seconds_since_assignment(azure, walked.ended).await?;
    read_refusal(&walked.sample, &chat_statuses(&azure.history().await?), seconds)
}

/// What the sample said, where it ended as it has to.
fn read_refusal(sample: &Output, statuses: &[u16], seconds: f64) -> Result<Refused, Trouble> {
    let errors = String::from_utf8_lossy(&sample.stderr);
    let message = errors.trim_end().lines().last().unwrap_or_default().to_owned();
    let is_refused = statuses == [REFUSED] && message.contains(REFUSAL);
    match sample.status.code() {
        Some(exit_code) if exit_code != 0 && is_refused => {
            Ok(Refused { seconds, exit_code, message })
        }
        Some(0) if statuses == [ANSWERED] => Err(format!(
            "the sample was only there {seconds:.1} s after the assignment, when the role worked: \
             this machine is too busy to compare the ways"
        )
        .into()),
        _ => Err(format!(
            "the article's way ended {seconds:.1} s after the assignment, and not in a refusal: \
             the model said {statuses:?}, the sample {} and '{message}'",
            sample.status
        )
        .into()),
    }
}

fn chat_statuses(history: &[Entry]) -> Vec<u16> {
    let chats = history.iter().filter(|entry| entry.operation == "chat.create");
    chats.map(|entry| entry.status).collect()
}

async fn seconds_since_assignment(azure: &Azure, moment: OffsetDateTime) -> Result<f64, Trouble> {
    Ok((moment - azure.assigned_at().await?).as_seconds_f64())
}

/// How long after its assignment a role works in the scenario, in seconds.
fn read_delay() -> Result<u64, Trouble> {
    let scenario: Value = serde_json::from_str(LATE_ROLE)?;
    let delay = scenario["role_effective_after_seconds"].as_u64().filter(|delay| *delay > 0);
    delay.ok_or_else(|| "the role of the scenario is not late".into())
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;
    use std::process::ExitStatus;

    use super::*;

    fn sample(exit_code: i32, stderr: &str) -> Output {
        let status = ExitStatus::from_raw(exit_code << 8);
        Output { status, stdout: Vec::new(), stderr: stderr.into() }
    }

    #[test]
    fn a_refusal_is_told_as_the_sample_told_it() {
        let said =
            "Traceback:\n  ...\nAuthenticationError: 401 - Ada lacks the required data action\n";
        let refused = read_refusal(&sample(1, said), &[401], 1.2).expect("it was refused");
        assert_eq!(
            refused.message,
            "AuthenticationError: 401 - Ada lacks the required data action"
        );
        assert_eq!(refused.exit_code, 1);
    }

    #[test]
    fn any_other_end_of_the_articles_way_fails_the_bench() {
        let denied = "Ada lacks the required data action\n";
        for (sample, statuses) in [
            (sample(0, ""), &[200][..]),
            (sample(1, denied), &[200]),
            (sample(1, denied), &[401, 200]),
            (sample(1, denied), &[]),
            (sample(1, "ModuleNotFoundError: openai\n"), &[401]),
            (sample(1, "401 - Access token is missing\n"), &[401]),
            (sample(0, denied), &[401]),
        ] {
            let message = String::from_utf8_lossy(&sample.stderr).into_owned();
            let ended = read_refusal(&sample, statuses, 1.2);
            assert!(ended.is_err(), "{statuses:?} and {message:?} compare nothing");
        }
    }

    #[test]
    fn the_delay_is_the_scenarios() {
        assert_eq!(read_delay().expect("the scenario has one"), 5);
    }
}
