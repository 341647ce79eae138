//! The programs of others that `tests/clients` holds practice Azure against: installed once, at
//! pinned versions, into the cache folder.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use crate::node::require_node;
use crate::packages::{Need, require_packages};
use crate::process::{cache_folder, command, read_output, repository, run, say, target_folder};
use crate::test_binaries::{Executable, build_packages, find_executable};
use crate::{Outcome, go, hosts, java};

/// The folder with one program a client, for the tests.
const PROGRAMS: &str = "KEYLESS_CLIENTS";

/// The packages whose programs the tests are.
pub const PACKAGES: [&str; 2] = ["clients", "simulator"];

/// Runs the flows whose names begin with one of the words; all without one.
pub fn run_flows(words: &[&str]) -> Outcome<ExitCode> {
    require_packages(&[Need::Hosts, Need::Clients])?;
    let programs = install()?;
    let executables = build_packages(&PACKAGES)?;
    let status = flows(&executables, &programs, words)?.status();
    let status = status.map_err(|error| format!("the flows did not start: {error}"))?;
    Ok(ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)))
}

/// The command that runs flows against a simulator of its own.
pub fn flows(executables: &[Executable], programs: &Path, words: &[&str]) -> Outcome<Command> {
    let runner = find_executable(executables, "clients")?.file().display().to_string();
    let simulator = find_executable(executables, "azure-simulator")?;
    let words = [&[runner.as_str()], words].concat();
    let mut flows = hosts::enter(simulator.file(), "default", &words)?;
    flows.env(PROGRAMS, programs);
    Ok(flows)
}

/// Installs what is missing, and returns the folder with one program a client.
pub fn install() -> Outcome<PathBuf> {
    let folder = target_folder().join("clients");
    let failed = |error| format!("{} cannot be written: {error}", folder.display());
    fs::create_dir_all(folder.join("bin")).map_err(failed)?;
    let az = install_python("azure-cli")?.join("bin/az");
    write_launcher(&folder.join("azure-cli"), &[&az]).map_err(failed)?;
    // The SDKs look for `az` on PATH.
    write_launcher(&folder.join("bin/az"), &[&az]).map_err(failed)?;
    let python = install_python("python")?.join("bin/python");
    let main = sources("python").join("main.py");
    write_launcher(&folder.join("python"), &[&python, Path::new("-B"), &main]).map_err(failed)?;
    let (node, main) = install_javascript(&folder)?;
    write_launcher(&folder.join("javascript"), &[&node, &main]).map_err(failed)?;
    let go = install_compiled("go", |home| go::compile(&sources("go"), &home.join("clients")))?;
    write_launcher(&folder.join("go"), &[&go.join("clients")]).map_err(failed)?;
    write_program(&folder.join("java"), &install_java()?).map_err(failed)?;
    Ok(folder)
}

/// Jars, which only the pins change, and classes; returns the script that starts them.
fn install_java() -> Outcome<String> {
    let pins = [sources("java").join("pom.xml"), sources("java").join(java::CHECKSUMS)];
    let jars = install_once("jars", &[&pins[0], &pins[1]], |home| {
        java::fetch_jars(&sources("java"), &home.join("lib"))
    })?;
    let jars = jars.join("lib");
    let classes = install_compiled("java", |home| java::compile(&sources("java"), &jars, home))?;
    Ok(java::launcher(&classes, &jars))
}

/// A program that is compiled from what is checked in.
fn install_compiled(name: &str, compile: impl FnOnce(&Path) -> Outcome) -> Outcome<PathBuf> {
    let mut files = Vec::new();
    list_files(&sources(name), &mut files)?;
    files.sort();
    install_once(name, &files.iter().collect::<Vec<_>>(), compile)
}

/// A virtual environment with the packages of `requirements.txt`.
pub fn install_python(name: &str) -> Outcome<PathBuf> {
    let pins = sources(name).join("requirements.txt");
    install_once(name, &[&pins], |home| {
        run(Command::new("python3").args(["-m", "venv"]).arg(home))?;
        let mut pip = command(home.join("bin/python"), &["-m", "pip", "install", "--quiet"]);
        pip.args(["--disable-pip-version-check", "--no-deps", "--only-binary=:all:"]);
        run(pip.arg("--requirement").arg(&pins))
    })
}

/// Node.js with the program that it runs: the sources beside the installed packages, because an
/// import looks there.
fn install_javascript(folder: &Path) -> Outcome<(PathBuf, PathBuf)> {
    let node = require_node()?;
    let pins = [
        sources("javascript").join("package.json"),
        sources("javascript").join("package-lock.json"),
    ];
    let home = install_once("javascript", &[&pins[0], &pins[1]], |home| {
        for pin in &pins {
            copy_into(pin, home)?;
        }
        let mut ci = node.npm(&["ci", "--no-audit", "--no-fund"]);
        run(ci.current_dir(home))
    })?;
    let own = folder.join("javascript-code");
    let failed = |error| format!("{} cannot be written: {error}", own.display());
    if own.exists() {
        fs::remove_dir_all(&own).map_err(failed)?;
    }
    fs::create_dir_all(&own).map_err(failed)?;
    for entry in fs::read_dir(sources("javascript")).map_err(failed)? {
        copy_into(&entry.map_err(failed)?.path(), &own)?;
    }
    link(&home.join("node_modules"), &own.join("node_modules")).map_err(failed)?;
    let mut path = node.command("node", &["-p", "process.execPath"]);
    let path = PathBuf::from(read_output(&mut path)?.trim());
    Ok((path, own.join("main.mjs")))
}

/// Makes a folder of the cache that is named after what its pins say, unless it is there. What
/// failed half-way is not taken for whole.
fn install_once(
    name: &str,
    pins: &[&PathBuf],
    install: impl FnOnce(&Path) -> Outcome,
) -> Outcome<PathBuf> {
    let cache = cache_folder()?.join("clients");
    let mut words = vec![env::consts::ARCH.to_owned()];
    for pin in pins {
        let lost = |error| format!("{}: {error}", pin.display());
        words.push(fs::read_to_string(pin).map_err(lost)?);
    }
    let home = cache.join(format!("{name}-{:016x}", hash(&words.concat())));
    let failed = |error| format!("{} cannot be written: {error}", home.display());
    let whole = home.join(".whole");
    if whole.exists() {
        return Ok(home);
    }
    say(&format!("Installing {name} into {}, once", home.display()));
    if home.exists() {
        fs::remove_dir_all(&home).map_err(failed)?;
    }
    fs::create_dir_all(&home).map_err(failed)?;
    install(&home)?;
    fs::write(whole, "").map_err(failed)?;
    Ok(home)
}

/// FNV-1a: a name for a text, the same on every machine and for every compiler.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// What is checked in for a client.
fn sources(name: &str) -> PathBuf {
    repository().join("tests/clients").join(name)
}

fn list_files(folder: &Path, files: &mut Vec<PathBuf>) -> Outcome {
    let lost = |error| format!("{}: {error}", folder.display());
    for entry in fs::read_dir(folder).map_err(lost)? {
        let path = entry.map_err(lost)?.path();
        if path.is_dir() {
            list_files(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

fn copy_into(file: &Path, folder: &Path) -> Outcome {
    let copy = folder.join(file.file_name().unwrap_or_default());
    fs::copy(file, &copy).map(drop).map_err(|error| format!("{}: {error}", copy.display()))
}

/// A program that starts another one with these first words.
fn write_launcher(file: &Path, words: &[&Path]) -> std::io::Result<()> {
    let words: Vec<String> = words
        .iter()
        .map(|word| format!("'{}'", word.display().to_string().replace('\'', r"'\''")))
        .collect();
    write_program(file, &format!("#!/bin/sh\nexec {} \"$@\"\n", words.join(" ")))
}

fn write_program(file: &Path, script: &str) -> std::io::Result<()> {
    fs::write(file, script)?;
    make_executable(file)
}

#[cfg(unix)]
fn make_executable(file: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(file, fs::Permissions::from_mode(0o755))
}

#[cfg(unix)]
fn link(target: &Path, link: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(target, link)
}

#[cfg(not(unix))]
fn make_executable(_: &Path) -> std::io::Result<()> {
    Ok(())
}

#[cfg(not(unix))]
fn link(_: &Path, _: &Path) -> std::io::Result<()> {
    Err(std::io::Error::other("the clients run on Linux only"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_pin_is_another_folder() {
        assert_ne!(hash("azure-identity==1.27.0"), hash("azure-identity==1.27.1"));
        assert_eq!(hash(""), 0xcbf2_9ce4_8422_2325, "the name of a text never changes");
    }

    #[test]
    fn every_client_of_an_interpreter_has_pins() {
        for pins in ["azure-cli/requirements.txt", "python/requirements.txt"] {
            let text = fs::read_to_string(repository().join("tests/clients").join(pins));
            let text = text.expect("the pins are checked in");
            assert!(text.lines().all(|line| line.contains("==")), "{pins} leaves a version open");
        }
        let lock = sources("javascript").join("package-lock.json");
        let lock = fs::read_to_string(lock).expect("the lock file is checked in");
        assert!(!lock.contains("\"resolved\""), "the lock file names a registry");
    }
}
