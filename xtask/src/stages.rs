//! The stages of `cargo xtask test`, in order, each counted and timed.

use std::env;
use std::process::{Command, ExitCode};
use std::thread;
use std::time::{Duration, Instant};

use crate::display::Display;
use crate::node::{Node, require_node};
use crate::packages::{Need, require_packages};
use crate::process::{cargo, command, repository, run, say, stream, succeeds};
use crate::tally::{Tally, TestOutput};
use crate::test_binaries::{Executable, build_tests, find_executable};
use crate::{Outcome, cargo_deny, clients, conformance, hosts, mutants, web};

/// The journeys of the window that meet Azure under its real names.
const REAL_NAMES: &str = "real_names";

struct Stage {
    name: &'static str,
    /// What it checks, for the list of stages.
    checks: &'static str,
    /// The package whose tests it runs, with its folder.
    package: Option<(&'static str, &'static str)>,
    /// The system packages without which it cannot start.
    needs: &'static [Need],
    run: fn(&Stage, &mut Workshop) -> Outcome<Tally>,
}

const STAGES: &[Stage] = &[
    Stage {
        name: "fmt",
        checks: "the format of the Rust code",
        package: None,
        needs: &[],
        run: check_format,
    },
    Stage {
        name: "ui",
        checks: "the web interface: types, lint, tests",
        package: None,
        needs: &[],
        run: check_pages,
    },
    Stage {
        name: "clippy",
        checks: "the Rust code by clippy",
        package: None,
        needs: &[Need::Build],
        run: check_lints,
    },
    Stage {
        name: "core",
        checks: "the core, and its journeys through the simulator",
        package: Some(("keyless", "")),
        needs: &[Need::Keep],
        run: test_package,
    },
    Stage {
        name: "simulator",
        checks: "practice Azure",
        package: Some(("simulator", "simulator")),
        needs: &[],
        run: test_package,
    },
    Stage {
        name: "conformance",
        checks: "core and practice Azure against recorded answers, where there are any",
        package: Some(("conformance", "tests/conformance")),
        needs: &[],
        run: compare_with_records,
    },
    Stage {
        name: "shell",
        checks: "the desktop shell without a display",
        package: Some(("keyless-desktop", "src-tauri")),
        needs: &[Need::Build],
        run: test_package,
    },
    Stage {
        name: "e2e",
        checks: "journeys through the real window and a real browser",
        package: Some(("e2e", "tests/e2e")),
        needs: &[Need::Build, Need::Drive, Need::Hosts],
        run: test_window,
    },
    Stage {
        name: "bench",
        checks: "the bench: that it measures what it says",
        package: Some(("bench", "tests/bench")),
        needs: &[],
        run: test_package,
    },
    Stage {
        name: "clients",
        checks: "practice Azure by programs written by others",
        package: Some(("clients", "tests/clients")),
        needs: &[Need::Hosts, Need::Clients],
        run: test_clients,
    },
    Stage {
        name: "mutants",
        checks: "that each rule of practice Azure is noticed when it breaks",
        package: None,
        needs: &[Need::Hosts, Need::Clients],
        run: catch_mutants,
    },
    Stage {
        name: "xtask",
        checks: "these commands",
        package: Some(("xtask", "xtask")),
        needs: &[],
        run: test_package,
    },
    Stage {
        name: "deny",
        checks: "licences and sources of the dependencies",
        package: None,
        needs: &[],
        run: check_dependencies,
    },
];

/// Runs the named stages, or all of them, and prints the count. A failing stage stops only what
/// depends on it.
pub fn run_stages(only: &[String]) -> Outcome<ExitCode> {
    if let Some(name) = only.iter().find(|name| !STAGES.iter().any(|stage| stage.name == **name)) {
        return Err(format!("there is no stage `{name}`; the stages are\n{}", list_stages()));
    }
    let is_chosen = |stage: &&Stage| only.is_empty() || only.iter().any(|name| name == stage.name);
    let stages: Vec<&Stage> = STAGES.iter().filter(is_chosen).collect();
    let mut workshop = Workshop::new(&stages);
    let mut report = Vec::new();
    let start = Instant::now();
    for stage in stages {
        let stage_start = Instant::now();
        println!("\n######## {}: {}", stage.name, stage.checks);
        let outcome = (stage.run)(stage, &mut workshop);
        let mut tally = std::mem::take(&mut workshop.broken);
        tally += outcome.unwrap_or_else(|need| Tally::of_skip(&format!("{}: {need}", stage.name)));
        report.push((stage.name, stage_start.elapsed(), tally));
    }
    Ok(conclude(&report, start.elapsed()))
}

/// The names of the stages, one a line.
pub fn list_stages() -> String {
    STAGES.iter().map(|stage| format!("  {:<11} {}\n", stage.name, stage.checks)).collect()
}

/// Prints the table of stages, what failed, and the count as the last line.
fn conclude(report: &[(&str, Duration, Tally)], whole: Duration) -> ExitCode {
    let mut total = Tally::default();
    println!("\n######## {}", seconds(whole));
    for (name, time, tally) in report {
        println!("{name:<11} {:>8}   {tally}", seconds(*time));
        total += tally.clone();
    }
    if !total.notes.is_empty() {
        println!("\nFailed or skipped:");
        total.notes.iter().for_each(|note| println!("  {note}"));
    }
    let must_be_whole =
        env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false");
    if must_be_whole && total.skipped > 0 {
        println!("Nothing may be skipped in CI.");
    }
    println!("{total}");
    let is_whole = total.failed == 0 && !(must_be_whole && total.skipped > 0);
    if is_whole { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

/// What several stages need, made once, when the first of them asks for it.
struct Workshop {
    /// The packages to build; none means the whole workspace.
    packages: Vec<&'static str>,
    /// The system packages of all stages, so that they are installed in one go.
    needs: Vec<Need>,
    system: Option<Outcome>,
    node: Option<Outcome<Node>>,
    pages: Option<Outcome>,
    executables: Option<Outcome<Vec<Executable>>>,
    /// What could not be made since the last stage.
    broken: Tally,
}

impl Workshop {
    fn new(stages: &[&Stage]) -> Self {
        let mut packages: Vec<_> = stages.iter().filter_map(|stage| stage.package).collect();
        if packages.iter().any(|(name, _)| *name == "e2e") {
            // The window's journeys need the shell, with the features that they share.
            packages.clear();
        }
        if packages.iter().any(|(name, _)| *name == "clients") {
            packages.extend(clients::PACKAGES.map(|name| (name, "")));
        }
        let whole = STAGES.iter().filter(|stage| stage.package.is_some()).count();
        if packages.len() >= whole {
            packages.clear();
        }
        Self {
            packages: packages.iter().map(|(name, _)| *name).collect(),
            needs: stages.iter().flat_map(|stage| stage.needs).copied().collect(),
            system: None,
            node: None,
            pages: None,
            executables: None,
            broken: Tally::default(),
        }
    }

    fn system(&mut self) -> Outcome {
        let Self { system, needs, broken, .. } = self;
        make_once(system, "system packages", broken, || require_packages(needs))
    }

    /// Node.js with the npm packages of `ui/`.
    fn node(&mut self) -> Outcome<Node> {
        let Self { node, broken, .. } = self;
        make_once(node, "npm packages", broken, || {
            let node = require_node()?;
            web::install_packages(&node)?;
            Ok(node)
        })
    }

    /// `ui/dist`, without which the shell does not compile.
    fn pages(&mut self) -> Outcome {
        let node = self.node()?;
        let Self { pages, broken, .. } = self;
        make_once(pages, "npm run build", broken, || web::build_pages(&node))
    }

    /// The programs and test programs of the chosen stages.
    fn executables(&mut self) -> Outcome<Vec<Executable>> {
        let builds_shell = self.packages.is_empty() || self.packages.contains(&"keyless-desktop");
        if builds_shell {
            self.system()?;
            self.pages()?;
        }
        let Self { executables, packages, broken, .. } = self;
        make_once(executables, "cargo build", broken, || build_tests(packages))
    }
}

/// Makes something at its first use. A failure is counted then, and later users are told what
/// they lack.
fn make_once<T: Clone>(
    slot: &mut Option<Outcome<T>>,
    name: &str,
    broken: &mut Tally,
    make: impl FnOnce() -> Outcome<T>,
) -> Outcome<T> {
    let made = slot.get_or_insert_with(|| {
        make().inspect_err(|reason| {
            println!("{name}: {reason}");
            *broken += Tally::of_failure(&format!("{name}: {reason}"));
        })
    });
    made.clone().map_err(|_| format!("needs {name}"))
}

fn check_format(stage: &Stage, _: &mut Workshop) -> Outcome<Tally> {
    if let Some(failure) = missing_component(stage, "fmt", "rustfmt") {
        return Ok(failure);
    }
    check(stage.name, &mut cargo(&["fmt", "--all", "--check"]))
}

fn check_lints(stage: &Stage, workshop: &mut Workshop) -> Outcome<Tally> {
    workshop.system()?;
    workshop.pages()?;
    if let Some(failure) = missing_component(stage, "clippy", "clippy") {
        return Ok(failure);
    }
    let lint = ["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"];
    check(stage.name, &mut cargo(&lint))
}

fn check_pages(stage: &Stage, workshop: &mut Workshop) -> Outcome<Tally> {
    let node = workshop.node()?;
    // A build that fails is counted where it is made, and the other checks do not need it.
    let _ = workshop.pages();
    let mut tally = check("ui: npm run check", &mut node.npm(&["run", "check"]))?;
    tally += count_tests(stage.name, vec![node.npm(&["test"])])?;
    Ok(tally)
}

fn test_package(stage: &Stage, workshop: &mut Workshop) -> Outcome<Tally> {
    let executables = workshop.executables()?;
    count_tests(stage.name, test_programs(stage, &executables))
}

fn compare_with_records(stage: &Stage, workshop: &mut Workshop) -> Outcome<Tally> {
    let mut tally = test_package(stage, workshop)?;
    let Some(arguments) = conformance::default_arguments() else {
        println!("{}", conformance::nothing_to_check());
        return Ok(tally);
    };
    let executables = workshop.executables()?;
    let mut program = find_executable(&executables, "conformance")?.command();
    let mut counted = Tally::default();
    let agrees = stream(program.args(arguments), |line| {
        if let Some(total) = conformance::read_total(line) {
            counted += total;
        }
    })?;
    if !agrees && counted.failed == 0 {
        counted += Tally::of_failure("conformance: see what is listed above");
    }
    tally += counted;
    Ok(tally)
}

fn test_window(stage: &Stage, workshop: &mut Workshop) -> Outcome<Tally> {
    if !cfg!(target_os = "linux") {
        return Err("the window is driven by WebKitWebDriver, which only Linux has".to_owned());
    }
    let executables = workshop.executables()?;
    let app = find_executable(&executables, "keyless-desktop")?;
    let display = Display::start()?;
    let simulator = find_executable(&executables, "azure-simulator")?;
    let mut programs = Vec::new();
    for mut program in test_programs(stage, &executables) {
        let file = program.get_program().to_string_lossy().into_owned();
        if file.contains(REAL_NAMES) {
            program = hosts::enter(simulator.file(), "default", &[&file])?;
        }
        display.lend_to(&mut program).env("KEYLESS_APP", app.file());
        programs.push(program);
    }
    count_tests(stage.name, programs)
}

fn test_clients(stage: &Stage, workshop: &mut Workshop) -> Outcome<Tally> {
    if !cfg!(target_os = "linux") {
        return Err("the clients live in namespaces, which only Linux has".to_owned());
    }
    workshop.system()?;
    let executables = workshop.executables()?;
    let programs = match clients::install() {
        Ok(programs) => programs,
        Err(reason) => return Ok(Tally::of_failure(&format!("{}: {reason}", stage.name))),
    };
    let mut tally = count_tests(stage.name, test_programs(stage, &executables))?;
    let lane = |lane: &str| clients::flows(&executables, &programs, &["--lane", lane]);
    tally += count_side_by_side(stage.name, vec![lane("1/2")?, lane("2/2")?])?;
    Ok(tally)
}

fn catch_mutants(stage: &Stage, workshop: &mut Workshop) -> Outcome<Tally> {
    if !cfg!(target_os = "linux") {
        return Err("the clients live in namespaces, which only Linux has".to_owned());
    }
    workshop.system()?;
    match clients::install().and_then(|programs| mutants::catch_mutants(&programs)) {
        Ok(tally) => Ok(tally),
        Err(reason) => Ok(Tally::of_failure(&format!("{}: {reason}", stage.name))),
    }
}

fn check_dependencies(stage: &Stage, _: &mut Workshop) -> Outcome<Tally> {
    match cargo_deny::require_cargo_deny() {
        Ok(program) => check(stage.name, &mut cargo_deny::check_command(&program)),
        Err(reason) => Ok(Tally::of_failure(&format!("{}: {reason}", stage.name))),
    }
}

/// One command whose success is one check.
fn check(name: &str, command: &mut Command) -> Outcome<Tally> {
    Ok(Tally::of_check(name, stream(command, |_| ())?))
}

/// Runs test programs one after the other and counts their tests.
fn count_tests(name: &str, programs: Vec<Command>) -> Outcome<Tally> {
    let mut tally = Tally::default();
    for mut program in programs {
        let mut output = TestOutput::default();
        let succeeded = stream(&mut program, |line| output.read_line(line))?;
        tally += output.finish(name, succeeded);
    }
    if tally == Tally::default() {
        // A stage that tests nothing promises nothing.
        return Ok(Tally::of_failure(&format!("{name}: ran no test")));
    }
    Ok(tally)
}

/// Runs test programs at the same time and counts their tests.
fn count_side_by_side(name: &str, programs: Vec<Command>) -> Outcome<Tally> {
    let count = |program| move || count_tests(name, vec![program]);
    let counts: Vec<Outcome<Tally>> = thread::scope(|scope| {
        let running: Vec<_> =
            programs.into_iter().map(|program| scope.spawn(count(program))).collect();
        let lost = |_| Err(format!("{name}: a test program was lost"));
        running.into_iter().map(|one| one.join().unwrap_or_else(lost)).collect()
    });
    counts.into_iter().try_fold(Tally::default(), |mut tally, count| {
        tally += count?;
        Ok(tally)
    })
}

/// The commands of the stage's test programs.
fn test_programs(stage: &Stage, executables: &[Executable]) -> Vec<Command> {
    let folder = stage.package.map(|(_, folder)| repository().join(folder));
    let is_ours = |built: &&Executable| built.is_test && Some(&built.folder) == folder.as_ref();
    let mut ours: Vec<&Executable> = executables.iter().filter(is_ours).collect();
    ours.sort_by(|one, other| one.name.cmp(&other.name));
    ours.into_iter().map(Executable::command).collect()
}

/// The failure of a stage whose part of the Rust toolchain is missing and cannot be added.
fn missing_component(stage: &Stage, subcommand: &str, component: &str) -> Option<Tally> {
    if succeeds(&mut cargo(&[subcommand, "--version"])) {
        return None;
    }
    say(&format!("Adding {component} to the Rust toolchain"));
    match run(&mut command("rustup", &["component", "add", component])) {
        Ok(()) => None,
        Err(reason) => Some(Tally::of_failure(&format!(
            "{}: {component} is missing and {reason}; get it from your system's packages",
            stage.name
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_need_that_is_not_met_fails_once_and_skips_its_users() {
        let (mut slot, mut broken) = (None, Tally::default());
        for _ in 0..2 {
            let made: Outcome =
                make_once(&mut slot, "npm packages", &mut broken, || Err("404".into()));
            assert_eq!(made, Err("needs npm packages".to_owned()), "the user learns what it lacks");
        }
        assert_eq!(broken.failed, 1, "one cause is one failure");
        assert_eq!(broken.notes, ["npm packages: 404"], "the cause is told");
    }

    #[test]
    fn a_misspelled_stage_is_answered_with_the_list() {
        let reason = run_stages(&["clipy".to_owned()]).expect_err("the stage does not exist");
        assert!(reason.contains("clipy") && reason.contains("clippy"), "{reason}");
    }

    #[test]
    fn programs_without_a_test_fail_their_stage() {
        let tally = count_tests("core", Vec::new()).expect("nothing had to start");
        assert_eq!(tally, Tally::of_failure("core: ran no test"));
    }
}
