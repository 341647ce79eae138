//! Measures Keyless; `cargo xtask bench` builds what is needed and starts it.

mod azure;
mod figures;
mod graph;
mod journey;
mod person;
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

use crate::report::Report;

/// Why something could not be measured.
type Trouble = Box<dyn Error + Send + Sync>;

const USAGE: &str = "\
usage: bench journey [--runs N] [--latency-ms N]... [--json FILE]
       bench window --app FILE --empty FILE [--pairs N] [--json FILE]
       bench all --app FILE --empty FILE --deb FILE [--runs N] [--pairs N] [--json FILE]

  journey   the journey without the window
  window    the app's window beside an empty one
  all       both, and the sizes";

fn main() -> ExitCode {
    match read_arguments(std::env::args_os()).and_then(|plan| plan.carry_out()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(trouble) => {
            eprintln!("bench: {trouble}");
            ExitCode::FAILURE
        }
    }
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
    json: Option<PathBuf>,
}

#[derive(Debug, PartialEq, Eq)]
enum Part {
    Journey,
    Window,
    All,
    /// Practice Azure in a process of its own: the bench starts itself as one.
    Azure,
}

fn read_arguments(arguments: impl IntoIterator<Item = OsString>) -> Result<Plan, Trouble> {
    let mut parser = Parser::from_iter(arguments);
    let part = match parser.next()? {
        Some(Arg::Value(name)) => match name.to_str() {
            Some("journey") => Part::Journey,
            Some("window") => Part::Window,
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
        json: None,
    };
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("latency-ms") => plan.latencies.push(parser.value()?.parse()?),
            Arg::Long("runs") => plan.runs = parser.value()?.parse()?,
            Arg::Long("pairs") => plan.pairs = parser.value()?.parse()?,
            Arg::Long("app") => plan.app = Some(parser.value()?.into()),
            Arg::Long("empty") => plan.empty = Some(parser.value()?.into()),
            Arg::Long("deb") => plan.deb = Some(parser.value()?.into()),
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
        let runtime = tokio::runtime::Runtime::new()?;
        if self.part == Part::Azure {
            return runtime.block_on(azure::serve(Duration::from_millis(self.latencies[0])));
        }
        let mut report = Report::default();
        if self.part != Part::Window {
            for latency in &self.latencies {
                let journeys = runtime.block_on(journey::measure(*latency, self.runs))?;
                journeys.print();
                report.journey.push(journeys.report());
            }
        }
        let needs = |file: &Option<PathBuf>| file.clone().ok_or(USAGE);
        if self.part != Part::Journey {
            let (app, empty) = (needs(&self.app)?, needs(&self.empty)?);
            report.window = Some(measure_window(&app, &empty, self.pairs)?);
        }
        if self.part == Part::All {
            report.size = Some(measure_size(&needs(&self.app)?, &needs(&self.deb)?)?);
        }
        match &self.json {
            Some(file) => report.write(file),
            None => Ok(()),
        }
    }
}

#[cfg(target_os = "linux")]
fn measure_window(app: &Path, empty: &Path, pairs: usize) -> Result<report::Window, Trouble> {
    let windows = window::measure(app, empty, pairs)?;
    windows.print();
    Ok(windows.report())
}

#[cfg(not(target_os = "linux"))]
fn measure_window(_: &Path, _: &Path, _: usize) -> Result<report::Window, Trouble> {
    Err("the window is measured on an X display and by /proc, which only Linux has".into())
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
