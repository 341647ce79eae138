//! Holds practice Azure against programs written by others.
//!
//! Runs inside of `cargo xtask hosts`, which `cargo xtask test --only clients` does: the clients meet
//! the simulator under the real names of Azure's services and are not configured for it. Every flow
//! begins with a scenario of its own, and ends with a look at what the simulator saw.

mod azure_cli;
mod browser;
mod flow;
mod flows;
mod opened;
mod practice;
mod sdk;
mod stage;

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use futures::FutureExt as _;
use tokio::time::timeout;

use crate::flow::Flow;
use crate::stage::Stage;

const USAGE: &str = "\
usage: clients [--list] [--lane N/OF] [NAME…]

Runs the flows whose name begins with one of the names; all without one. `--list` prints the names.
`--lane 1/2` runs every second flow, from the first. Start it with

  cargo xtask test --only clients
  cargo xtask clients NAME…
";

/// No flow takes longer, also on a busy machine.
const LIMIT: Duration = Duration::from_secs(90);

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match choose(&words) {
        Ok(Choice::List) => {
            flows::all().iter().for_each(|flow| println!("{}", flow.full_name()));
            ExitCode::SUCCESS
        }
        Ok(Choice::Run(chosen)) => run(chosen).await,
        Err(reason) => {
            eprintln!("{reason}\n{USAGE}");
            ExitCode::from(2)
        }
    }
}

enum Choice {
    List,
    Run(Vec<Flow>),
}

fn choose(words: &[String]) -> Result<Choice, String> {
    let mut words = words.iter();
    let (mut names, mut lane, mut lanes) = (Vec::new(), 1, 1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--list" => return Ok(Choice::List),
            "--lane" => {
                (lane, lanes) =
                    words.next().and_then(|text| read_lane(text)).ok_or("--lane takes N/OF")?
            }
            name => names.push(name),
        }
    }
    let is_named = |flow: &Flow| {
        names.is_empty() || names.iter().any(|name| flow.full_name().starts_with(name))
    };
    if let Some(name) = names
        .iter()
        .find(|name| !flows::all().iter().any(|flow| flow.full_name().starts_with(**name)))
    {
        return Err(format!("there is no flow {name}"));
    }
    let chosen = flows::all().into_iter().filter(is_named).enumerate();
    let chosen = chosen.filter(|(index, _)| index % lanes == lane - 1).map(|(_, flow)| flow);
    Ok(Choice::Run(chosen.collect()))
}

fn read_lane(text: &str) -> Option<(usize, usize)> {
    let (lane, lanes) = text.split_once('/')?;
    let (lane, lanes) = (lane.parse().ok()?, lanes.parse().ok()?);
    (1..=lanes).contains(&lane).then_some((lane, lanes))
}

/// Prints one line a flow and the count; fails when a flow did.
async fn run(chosen: Vec<Flow>) -> ExitCode {
    let mut stage = match Stage::begin() {
        Ok(stage) => stage,
        Err(reason) => {
            eprintln!("{reason}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    // What failed is told with the flow's line.
    std::panic::set_hook(Box::new(|_| {}));
    let (mut passed, mut failed) = (0, 0);
    for flow in chosen {
        let start = Instant::now();
        let outcome = perform(&flow, &mut stage).await;
        let time = start.elapsed().as_secs_f64();
        let title = stage.title(&flow);
        match outcome {
            Ok(()) => {
                passed += 1;
                println!("ok {title} ({time:.1} s)");
            }
            Err(reason) => {
                failed += 1;
                println!("FAILED {title} [{}] ({time:.1} s)", flow.full_name());
                reason.lines().for_each(|line| println!("    {line}"));
            }
        }
    }
    stage.end();
    println!("{passed} passed, {failed} failed, 0 skipped");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What MSAL for Java says when its sign-in thread looks at a future that its first thread has not
/// set yet. It is no answer of Azure's, and a busy machine meets it now and then.
const RACE_OF_MSAL4J: &str =
    "the return value of \"java.util.concurrent.atomic.AtomicReference.get()\" is null";

/// Performs a flow, and once more where a client stumbled over itself.
async fn perform(flow: &Flow, stage: &mut Stage) -> Result<(), String> {
    match try_once(flow, stage).await {
        Err(reason) if reason.replace("\\\"", "\"").contains(RACE_OF_MSAL4J) => {
            try_once(flow, stage).await
        }
        outcome => outcome,
    }
}

async fn try_once(flow: &Flow, stage: &mut Stage) -> Result<(), String> {
    let acts = async {
        stage.begin_flow().await;
        (flow.run)(stage, flow.client).await;
        stage.end_flow().await;
    };
    let outcome = match timeout(LIMIT, AssertUnwindSafe(acts).catch_unwind()).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(panic)) => Err(tell(panic.as_ref())),
        Err(_) => Err(format!("it did not end within {} s", LIMIT.as_secs())),
    };
    if let Err(reason) = outcome {
        // A program in the middle of something would answer the next flow.
        stage.forget_programs();
        return Err(format!("{reason}\n{}", stage.practice.describe_history().await));
    }
    Ok(())
}

fn tell(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("it panicked").to_owned()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Choice, choose, flows};

    fn names(words: &[&str]) -> Vec<String> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        match choose(&words) {
            Ok(Choice::Run(chosen)) => chosen.iter().map(|flow| flow.full_name()).collect(),
            Ok(Choice::List) => Vec::new(),
            Err(reason) => panic!("{reason}"),
        }
    }

    #[test]
    fn every_flow_has_a_name_of_its_own() {
        let all: Vec<String> = flows::all().iter().map(|flow| flow.full_name()).collect();
        let different: BTreeSet<&String> = all.iter().collect();
        assert_eq!(different.len(), all.len(), "a name runs one flow: {all:?}");
    }

    #[test]
    fn the_lanes_together_run_every_flow_once() {
        let (all, mut both) = (names(&[]), names(&["--lane", "1/2"]));
        assert!(both.len() < all.len(), "each lane is a part");
        both.extend(names(&["--lane", "2/2"]));
        both.sort();
        let mut all = all;
        all.sort();
        assert_eq!(both, all);
    }

    #[test]
    fn a_name_that_no_flow_has_is_refused() {
        assert_eq!(names(&["azure-cli/signs-out"]), ["azure-cli/signs-out"]);
        let words = ["azure-cli/signs-out".to_owned(), "azure-cli/signs-of".to_owned()];
        let Err(reason) = choose(&words) else { panic!("a slip of the pen would test nothing") };
        assert!(reason.contains("azure-cli/signs-of"), "{reason}");
        assert!(choose(&["--lane".to_owned(), "3/2".to_owned()]).is_err(), "there is no such lane");
    }
}
