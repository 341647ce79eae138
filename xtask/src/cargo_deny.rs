//! cargo-deny: licences, sources and bans of the dependencies, by `deny.toml`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Outcome;
use crate::process::{cache_folder, cargo, command, find_program, run, say};

const VERSION: &str = "0.20.2";

/// The arguments of the check that needs no network. Advisories need it, and are a command of
/// their own: `cargo deny check advisories`.
const CHECK: [&str; 5] = ["--offline", "check", "bans", "licenses", "sources"];

/// Finds cargo-deny on PATH or in the cache folder, or builds it there; and fetches the sources
/// of every dependency, of other systems too, because the licences are read from them.
pub fn require_cargo_deny() -> Outcome<PathBuf> {
    run(&mut cargo(&["fetch", "--locked"]))?;
    if let Some(program) = find_program("cargo-deny") {
        return Ok(program);
    }
    let home = cache_folder()?.join(format!("cargo-deny-{VERSION}"));
    let program = home.join("bin").join(format!("cargo-deny{}", std::env::consts::EXE_SUFFIX));
    if program.exists() {
        return Ok(program);
    }
    say(&format!("Building cargo-deny {VERSION} into {}, once", home.display()));
    let mut install =
        cargo(&["install", "cargo-deny", "--locked", "--quiet", "--version", VERSION]);
    install.arg("--root").arg(&home).env("CARGO_TARGET_DIR", home.join("build"));
    // It runs for a second: one minute of compiling instead of five is worth more than speed.
    for (setting, value) in [("OPT_LEVEL", "0"), ("LTO", "off"), ("CODEGEN_UNITS", "16")] {
        install.env(format!("CARGO_PROFILE_RELEASE_{setting}"), value);
    }
    run(&mut install)?;
    fs::remove_dir_all(home.join("build")).map_err(|error| error.to_string())?;
    Ok(program)
}

/// The check itself.
pub fn check_command(program: &Path) -> Command {
    command(program, &CHECK)
}
