//! The workspace, built once: programs and test programs from one feature set.
//!
//! `cargo test -p core` and `cargo test -p shell` would choose different features for the crates
//! that both use, and compile these twice. One build of the whole, whose test programs are then
//! run by themselves, takes half of the time on two cores.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Outcome;
use crate::process::{cargo, command, describe, read_output, repository, say};

/// One executable that cargo built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Executable {
    /// The target's name: `keyless`, `journeys`, `keyless-desktop`, …
    pub name: String,
    /// The folder of the package's manifest.
    pub folder: PathBuf,
    /// Whether it is a test program.
    pub is_test: bool,
    file: PathBuf,
}

impl Executable {
    /// The command that runs it as cargo would: in the folder of its package.
    pub fn command(&self) -> Command {
        let mut command = command(&self.file, &[]);
        command.current_dir(&self.folder).env("CARGO_MANIFEST_DIR", &self.folder);
        command
    }

    /// Where it is.
    pub fn file(&self) -> &Path {
        &self.file
    }
}

/// Builds these packages (none means all of the workspace) with their tests.
pub fn build_tests(packages: &[&str]) -> Outcome<Vec<Executable>> {
    build(packages, &["--all-targets"])
}

/// Builds the programs of the workspace.
pub fn build_programs() -> Outcome<Vec<Executable>> {
    build(&[], &["--bins"])
}

/// Builds the tests that the mutants are tried on, with a simulator whose rules can be broken. The
/// dependencies are those of the whole workspace, which are built already.
pub fn build_mutants() -> Outcome<Vec<Executable>> {
    build(
        &[],
        &[
            "--features=simulator/mutants",
            "--test=strict",
            "--bin=azure-simulator",
            "--bin=clients",
        ],
    )
}

/// The test program of this name.
pub fn find_test<'a>(built: &'a [Executable], name: &str) -> Outcome<&'a Executable> {
    let program = built.iter().find(|built| built.is_test && built.name == name);
    program.ok_or_else(|| format!("cargo built no test program `{name}`"))
}

/// Builds the programs of these packages.
pub fn build_packages(packages: &[&str]) -> Outcome<Vec<Executable>> {
    build(packages, &["--bins"])
}

/// The program of this name.
pub fn find_executable<'a>(built: &'a [Executable], name: &str) -> Outcome<&'a Executable> {
    let program = built.iter().find(|built| !built.is_test && built.name == name);
    program.ok_or_else(|| format!("cargo built no program `{name}`"))
}

fn build(packages: &[&str], targets: &[&str]) -> Outcome<Vec<Executable>> {
    let mut build = cargo(&["build", "--locked"]);
    build.args(targets);
    for package in packages {
        build.args(["--package", package]);
    }
    if packages.is_empty() {
        build.arg("--workspace");
    }
    say(&describe(&build));
    build.arg("--message-format=json-render-diagnostics");
    let messages = read_output(&mut build)?;
    Ok(messages.lines().filter_map(read_artifact).collect())
}

/// The executable in one of cargo's JSON messages, where it announces one
/// (The Cargo Book, External tools, Artifact messages).
fn read_artifact(message: &str) -> Option<Executable> {
    let file = json_text(message, "executable")?;
    let manifest = PathBuf::from(json_text(message, "manifest_path")?);
    let (_, target) = message.split_once("\"target\":")?;
    let (_, profile) = message.split_once("\"profile\":")?;
    Some(Executable {
        name: json_text(target, "name")?,
        folder: manifest.parent().map_or_else(repository, Path::to_path_buf),
        is_test: profile.split_once("\"test\":")?.1.starts_with("true"),
        file: PathBuf::from(file),
    })
}

/// The first text of this name. Paths and names hold no escapes other than `\\` and `\"`.
fn json_text(json: &str, name: &str) -> Option<String> {
    let (_, rest) = json.split_once(&format!("\"{name}\":\""))?;
    let mut text = String::new();
    let mut letters = rest.chars();
    loop {
        match letters.next()? {
            '"' => return Some(text),
            '\\' => text.push(letters.next()?),
            letter => text.push(letter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_program_is_read_from_cargos_message() {
        let message = r#"{"reason":"compiler-artifact","package_id":"path+file:///r#keyless@0.1.0","manifest_path":"/r/Cargo.toml","target":{"kind":["test"],"crate_types":["bin"],"name":"journeys","src_path":"/r/tests/journeys/main.rs","edition":"2024","doc":false,"doctest":false,"test":true},"profile":{"opt_level":"0","debuginfo":2,"debug_assertions":true,"overflow_checks":true,"test":true},"features":[],"filenames":["/r/target/debug/deps/journeys-1"],"executable":"/r/target/debug/deps/journeys-1","fresh":true}"#;
        let executable = read_artifact(message).expect("the message announces an executable");
        assert_eq!(executable.name, "journeys");
        assert_eq!(executable.folder, Path::new("/r"), "tests run in the folder of their package");
        assert!(executable.is_test, "it was built as a test program");
    }

    #[test]
    fn a_program_is_no_test_though_its_target_can_be_tested() {
        let message = r#"{"reason":"compiler-artifact","manifest_path":"C:\\r\\xtask\\Cargo.toml","target":{"kind":["bin"],"name":"xtask","test":true},"profile":{"opt_level":"0","test":false},"executable":"C:\\r\\target\\debug\\xtask.exe","fresh":true}"#;
        let executable = read_artifact(message).expect("the message announces an executable");
        assert!(!executable.is_test, "the profile tells, not the target");
        assert_eq!(executable.file(), Path::new(r"C:\r\target\debug\xtask.exe"));
    }

    #[test]
    fn a_library_has_no_executable() {
        let message = r#"{"reason":"compiler-artifact","manifest_path":"/r/Cargo.toml","target":{"name":"keyless"},"profile":{"test":false},"executable":null,"fresh":true}"#;
        assert_eq!(read_artifact(message), None, "there is nothing to run");
    }
}
