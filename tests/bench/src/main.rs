//! Measures Keyless; `cargo xtask bench` builds what is needed and starts it.

#[cfg(target_os = "linux")]
mod article;
mod azure;
mod figures;
#[cfg(target_os = "linux")]
mod filter;
mod graph;
mod journey;
#[cfg(target_os = "linux")]
mod late_role;
#[cfg(target_os = "linux")]
mod list;
#[cfg(target_os = "linux")]
mod peer;
mod person;
#[cfg(target_os = "linux")]
mod priority;
#[cfg(target_os = "linux")]
mod processes;
mod report;
#[cfg(target_os = "linux")]
mod screen;
#[cfg(target_os = "linux")]
mod window;

use std::error::Error;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use lexopt::{Arg, Parser, ValueExt as _};
use tokio::runtime::Runtime;

use crate::report::Report;

/// Why something could not be measured.
type Trouble = Box<dyn Error + Send + Sync>;

const USAGE: &str = "\
usage: bench journey [--runs N] [--latency-ms N]... [--json FILE]
       bench list [--json FILE]
       bench filter --app FILE [--json FILE]
       bench window --app FILE --empty FILE [--pairs N] [--json FILE]
       bench peer --az FILE --python FILE [--runs N] [--latency-ms N]... [--json FILE]
       bench first COMMAND...
       bench all --app FILE --empty FILE --deb FILE [--runs N] [--pairs N] [--json FILE]

  journey   the journey without the window
  list      the core with a list of ten thousand accounts
  filter    the filter of that list in the app's window
  window    the app's window beside an empty one
  peer      the article's way beside ours; runs inside of `cargo xtask hosts`
  first     runs a command before the programs of other sessions, where the system grants that
  all       journey, list, filter and window, and the sizes";

fn main() -> ExitCode {
    #[cfg(target_os = "linux")]
    if let Some(command) = read_command(std::env::args_os()) {
        return priority::run_first(command);
    }
    match read_arguments(std::env::args_os()).and_then(|plan| plan.carry_out()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(trouble) => {
            eprintln!("bench: {trouble}");
            ExitCode::FAILURE
        }
    }
}

/// The words after `first`.
#[cfg(target_os = "linux")]
fn read_command(arguments: impl Iterator<Item = OsString>) -> Option<Vec<OsString>> {
    let mut arguments = arguments.skip(1);
    (arguments.next()? == "first").then(|| arguments.collect())
}

/// What to measure.
#[derive(Debug)]
struct Plan {
    part: Part,
    latencies: Vec<u64>,
    runs: usize,
    pairs: usize,
    app: Option<PathBuf>,
    empty: Option<PathBuf>,
    deb: Option<PathBuf>,
    az: Option<PathBuf>,
    python: Option<PathBuf>,
    json: Option<PathBuf>,
    /// Practice Azure's.
    scenario: String,
}

#[derive(Debug, PartialEq, Eq)]
enum Part {
    Journey,
    List,
    Filter,
    Window,
    Peer,
    All,
    /// Practice Azure in a process of its own: the bench starts itself as one.
    Azure,
}

fn read_arguments(arguments: impl IntoIterator<Item = OsString>) -> Result<Plan, Trouble> {
    let mut parser = Parser::from_iter(arguments);
    let part = match parser.next()? {
        Some(Arg::Value(name)) => match name.to_str() {
            Some("journey") => Part::Journey,
            Some("list") => Part::List,
            Some("filter") => Part::Filter,
            Some("window") => Part::Window,
            Some("peer") => Part::Peer,
            Some("all") => Part::All,
            Some("azure") => Part::Azure,
            _ => return Err(format!("{name:?} is not known\n{USAGE}").into()),
        },
        _ => return Err(USAGE.into()),
    };
    let mut plan = Plan {
        part,
        latencies: Vec::new(),
        runs: 5,
        pairs: 15,
        app: None,
        empty: None,
        deb: None,
        az: None,
        python: None,
        json: None,
        scenario: azure::AT_ONCE.to_owned(),
    };
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("latency-ms") => plan.latencies.push(parser.value()?.parse()?),
            Arg::Long("runs") => plan.runs = parser.value()?.parse()?,
            Arg::Long("pairs") => plan.pairs = parser.value()?.parse()?,
            Arg::Long("app") => plan.app = Some(parser.value()?.into()),
            Arg::Long("empty") => plan.empty = Some(parser.value()?.into()),
            Arg::Long("deb") => plan.deb = Some(parser.value()?.into()),
            Arg::Long("az") => plan.az = Some(parser.value()?.into()),
            Arg::Long("python") => plan.python = Some(parser.value()?.into()),
            Arg::Long("scenario") => plan.scenario = parser.value()?.string()?,
            Arg::Long("json") => plan.json = Some(parser.value()?.into()),
            unknown => return Err(format!("{}\n{USAGE}", unknown.unexpected()).into()),
        }
    }
    if plan.latencies.is_empty() {
        plan.latencies = vec![0, 150];
    }
    if plan.runs == 0 || plan.pairs == 0 {
        return Err("nothing is measured in no run".into());
    }
    Ok(plan)
}

impl Plan {
    fn carry_out(self) -> Result<(), Trouble> {
        let runtime = Runtime::new()?;
        let mut report = Report::default();
        match self.part {
            Part::Azure => {
                let latency = Duration::from_millis(self.latencies[0]);
                return runtime.block_on(azure::serve(&self.scenario, latency));
            }
            Part::Journey => report.journey = self.measure_journeys(&runtime)?,
            Part::List => report.list = Some(measure_list(&runtime)?),
            Part::Filter => report.filter = Some(self.measure_filter(&runtime)?),
            Part::Window => report.window = Some(self.measure_window()?),
            Part::Peer => self.measure_peers(&runtime, &mut report)?,
            Part::All => {
                report.journey = self.measure_journeys(&runtime)?;
                report.list = Some(measure_list(&runtime)?);
                report.filter = Some(self.measure_filter(&runtime)?);
                report.window = Some(self.measure_window()?);
                report.size = Some(measure_size(need(&self.app)?, need(&self.deb)?)?);
            }
        }
        match &self.json {
            Some(file) => report.write(file),
            None => Ok(()),
        }
    }

    fn measure_journeys(&self, runtime: &Runtime) -> Result<Vec<report::Journey>, Trouble> {
        let mut reports = Vec::new();
        for latency in &self.latencies {
            let journeys = runtime.block_on(journey::measure(*latency, self.runs))?;
            journeys.print();
            reports.push(journeys.report());
        }
        Ok(reports)
    }

    #[cfg(target_os = "linux")]
    fn measure_filter(&self, runtime: &Runtime) -> Result<report::Filter, Trouble> {
        let filter = runtime.block_on(filter::measure(need(&self.app)?))?;
        filter.print();
        Ok(filter.report())
    }

    #[cfg(target_os = "linux")]
    fn measure_window(&self) -> Result<report::Window, Trouble> {
        let windows = window::measure(need(&self.app)?, need(&self.empty)?, self.pairs)?;
        windows.print();
        Ok(windows.report())
    }

    #[cfg(target_os = "linux")]
    fn measure_peers(&self, runtime: &Runtime, report: &mut Report) -> Result<(), Trouble> {
        let _within = runtime.enter();
        let azure = azure::Azure::find()?;
        let terminal = article::Terminal::open(need(&self.az)?, need(&self.python)?)?;
        let peers = peer::measure(&azure, &terminal, &self.latencies, self.runs);
        let peers = runtime.block_on(peers)?;
        peers.iter().for_each(peer::Peers::print);
        println!(
            "The sample is {} characters of code, not counted above",
            article::sample_length()
        );
        let late = late_role::measure(&azure, &terminal, &self.latencies, self.runs);
        let late = runtime.block_on(late)?;
        late.iter().for_each(late_role::LateRole::print);
        report.peer = peers.iter().map(peer::Peers::report).collect();
        report.late_role = late.iter().map(late_role::LateRole::report).collect();
        Ok(())
    }

    #[cfg(not(target_os = "linux"))]
    fn measure_filter(&self, _: &Runtime) -> Result<report::Filter, Trouble> {
        let _ = &self.app;
        Err("the window is driven by WebKitWebDriver, which only Linux has".into())
    }

    #[cfg(not(target_os = "linux"))]
    fn measure_window(&self) -> Result<report::Window, Trouble> {
        let _ = (&self.app, &self.empty, self.pairs);
        Err("the window is measured on an X display and by /proc, which only Linux has".into())
    }

    #[cfg(not(target_os = "linux"))]
    fn measure_peers(&self, _: &Runtime, _: &mut Report) -> Result<(), Trouble> {
        let _ = (&self.az, &self.python);
        Err("the real names are served in namespaces, which only Linux has".into())
    }
}

#[cfg(target_os = "linux")]
fn measure_list(runtime: &Runtime) -> Result<report::List, Trouble> {
    let list = runtime.block_on(list::measure())?;
    list.print();
    Ok(list.report())
}

#[cfg(not(target_os = "linux"))]
fn measure_list(_: &Runtime) -> Result<report::List, Trouble> {
    Err("memory is measured by /proc, which only Linux has".into())
}

fn need(file: &Option<PathBuf>) -> Result<&Path, Trouble> {
    file.as_deref().ok_or_else(|| USAGE.into())
}

fn measure_size(app: &Path, deb: &Path) -> Result<report::Size, Trouble> {
    let bytes_of = |file: &Path| {
        fs::metadata(file)
            .map(|file| file.len())
            .map_err(|error| format!("{}: {error}", file.display()))
    };
    let size = report::Size { binary_bytes: bytes_of(app)?, deb_bytes: bytes_of(deb)? };
    let megabytes = |bytes: u64| bytes as f64 / 1e6;
    println!(
        "Size: the program {:.1} MB, the .deb {:.1} MB",
        megabytes(size.binary_bytes),
        megabytes(size.deb_bytes)
    );
    Ok(size)
}
