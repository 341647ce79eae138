//! The commands of this repository: `cargo xtask help` lists them.
//!
//! The crate depends on the standard library only, so that it builds in a second on a machine
//! that has nothing but git and Rust, and can fetch the rest.

mod bench;
mod bundle;
mod cargo_deny;
mod clients;
mod conformance;
mod demo;
mod display;
mod go;
mod hosts;
mod icons;
mod java;
mod mutants;
mod node;
mod packages;
mod process;
mod stages;
mod tally;
mod test_binaries;
mod types;
mod web;
mod wheel;

use std::env;
use std::process::ExitCode;

/// What a command ends with: nothing, or the sentence that tells a person why not.
type Outcome<T = ()> = Result<T, String>;

const HELP: &str = "\
Usage: cargo xtask COMMAND

Commands
  demo              build Keyless and open its window on practice Azure
  demo --headless   the same without a display: walk through the five steps and leave
                    one picture a step in target/demo/
  test              run every check and test; the last line counts them
  test --only NAME  run one stage of it (may be repeated)
  hosts -- COMMAND  run a command against practice Azure under the real names of its
                    services (--scenario NAME|FILE before the dashes)
  clients [NAME...] run the flows of other people's programs against it whose names begin
                    with these; `clients --list` prints the names
  bench             measure the journey, a long list, the window's start beside an empty one, sizes
  bench --peer az   measure the Azure CLI's way to a chat answer beside ours
                    (both take --json FILE, which gets the figures)
  conformance       compare core and practice Azure with recorded answers of the real one
                    (--recorded DIR, --examples DIR, --quoted DIR, --failures FILE, --json FILE)
  bundle            build the release and its .deb
  types             write the generated TypeScript types and UI fixtures anew
  icons             draw the application's icons anew from icons/keyless.svg
  help              show this list

On Debian and Ubuntu the commands install the system packages that they need. Node.js comes
from the system when it is new enough, else it goes to a cache folder outside the repository.
";

fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match run_command(&words) {
        Ok(code) => code,
        Err(reason) => {
            eprintln!("xtask: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn run_command(words: &[&str]) -> Outcome<ExitCode> {
    let done = |()| ExitCode::SUCCESS;
    match words {
        ["demo"] => demo::show_window().map(done),
        ["demo", "--headless"] => demo::take_pictures().map(done),
        ["test", rest @ ..] => stages::run_stages(&only_names(rest)?),
        ["clients", rest @ ..] => clients::run_flows(rest),
        ["hosts", rest @ ..] => hosts::run_command(rest),
        [hosts::INSIDE, rest @ ..] => hosts::run_inside(rest),
        ["bench", rest @ ..] => bench::measure(rest).map(done),
        ["conformance", rest @ ..] => conformance::check_conformance(rest),
        ["bundle"] => bundle::make_bundle().map(done),
        ["types"] => types::write_types().map(done),
        ["icons"] => icons::draw_icons().map(done),
        [] | ["help" | "--help" | "-h"] => {
            print!("{HELP}\nStages of test\n{}", stages::list_stages());
            Ok(ExitCode::SUCCESS)
        }
        other => Err(format!("there is no command `{}`\n\n{HELP}", other.join(" "))),
    }
}

/// The stage names of `--only NAME --only=NAME …`; none means all of them.
fn only_names(mut words: &[&str]) -> Outcome<Vec<String>> {
    let mut names = Vec::new();
    loop {
        words = match words {
            [] => return Ok(names),
            ["--only", name, rest @ ..] => {
                names.push((*name).to_owned());
                rest
            }
            [word, rest @ ..] => match word.strip_prefix("--only=") {
                Some(name) => {
                    names.push(name.to_owned());
                    rest
                }
                None => return Err(format!("test takes `--only NAME`, not `{word}`")),
            },
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_takes_its_names_in_both_spellings() {
        let names = only_names(&["--only", "fmt", "--only=ui"]).expect("both spellings are valid");
        assert_eq!(names, ["fmt", "ui"], "the names are kept in order");
    }

    #[test]
    fn a_misspelled_option_of_test_is_refused() {
        let reason = only_names(&["--olny", "fmt"]).expect_err("the option does not exist");
        assert!(reason.contains("--olny"), "the person sees what was misspelled: {reason}");
    }

    #[test]
    fn an_unknown_command_is_answered_with_the_list() {
        let reason = run_command(&["dmeo"]).expect_err("the command does not exist");
        assert!(reason.contains("dmeo") && reason.contains("demo --headless"), "{reason}");
    }
}
