//! Core and practice Azure, held to recorded answers of the real one.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::Outcome;
use crate::process::{cargo, repository, stream};
use crate::tally::Tally;

/// The material by option, with its name in the folder beside the repository.
const MATERIAL: [(&str, &str); 5] = [
    ("--recorded", "recorded"),
    ("--examples", "examples"),
    ("--quoted", "quoted"),
    ("--failures", "failures.md"),
    ("--roles", "roles/built-in-roles-relevant.json"),
];

/// Compares with the material that is named, and with what lies beside the repository.
pub fn check_conformance(words: &[&str]) -> Outcome<ExitCode> {
    let Some(arguments) = complete(words, &folder()) else {
        println!("{}", nothing_to_check());
        return Ok(ExitCode::SUCCESS);
    };
    let mut run = cargo(&["run", "--quiet", "--locked", "--package", "conformance", "--"]);
    let agrees = stream(run.args(arguments), |_| ())?;
    Ok(if agrees { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Why there is nothing to check, where there is nothing.
pub fn nothing_to_check() -> String {
    format!(
        "Nothing is compared with recorded answers: {} has none. `cargo xtask conformance --recorded DIR` names another folder.",
        folder().display()
    )
}

/// The arguments of the program, as it is started by the tests; none where there is nothing.
pub fn default_arguments() -> Option<Vec<String>> {
    complete(&[], &folder())
}

/// The count on a line such as `Parsing: 44 of 44 agree`.
pub fn read_total(line: &str) -> Option<Tally> {
    let (section, rest) = line.split_once(": ")?;
    let mut words = rest.split(' ');
    let passed: usize = words.next()?.parse().ok()?;
    let all: usize = words.next().filter(|of| *of == "of").and(words.next())?.parse().ok()?;
    let failed = all.saturating_sub(passed);
    let notes = (failed > 0).then(|| format!("conformance: {section}")).into_iter().collect();
    Some(Tally { passed, failed, skipped: 0, notes })
}

fn folder() -> PathBuf {
    let beside = repository().join("../shared/azure");
    beside.canonicalize().unwrap_or(beside)
}

/// The words, paths made absolute, and what they do not name taken from `folder` where it is
/// there; none where there is no recorded answer to compare with.
fn complete(words: &[&str], folder: &Path) -> Option<Vec<String>> {
    let mut arguments = Vec::new();
    for word in words.iter().flat_map(|word| word.splitn(2, '=')) {
        arguments.push(match word.starts_with("--") {
            true => word.to_owned(),
            // The program runs in the root of the repository, the person does not.
            false => std::path::absolute(word).ok()?.display().to_string(),
        });
    }
    for (option, name) in MATERIAL {
        if arguments.iter().any(|word| word == option) {
            continue;
        }
        let place = folder.join(name);
        if place.exists() {
            arguments.extend([option.to_owned(), place.display().to_string()]);
        } else if option == "--recorded" {
            return None;
        }
    }
    Some(arguments)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_recorded_answers_there_is_nothing_to_check() {
        let nowhere = Path::new("/no/such/folder");
        assert_eq!(complete(&[], nowhere), None);
        assert_eq!(
            complete(&["--recorded=/here"], nowhere),
            Some(vec!["--recorded".to_owned(), "/here".to_owned()]),
            "a folder that is named is always read, there or not"
        );
    }

    #[test]
    fn a_path_means_the_same_wherever_the_program_runs() {
        let arguments =
            complete(&["--recorded", "here"], Path::new("/nowhere")).expect("it is named");
        assert!(Path::new(&arguments[1]).is_absolute(), "{arguments:?}");
    }

    #[test]
    fn the_count_of_a_section_is_read_from_its_last_line() {
        let tally = read_total("Parsing: 43 of 44 agree").expect("the line has a count");
        assert_eq!((tally.passed, tally.failed), (43, 1));
        assert_eq!(tally.notes, ["conformance: Parsing"]);
        for line in ["Parsing: records not used", "  4  chat.create: x", "", "a: 1 in 2"] {
            assert_eq!(read_total(line), None, "{line}");
        }
    }
}
