//! The Java SDKs as a program: jars by Maven, classes by javac.

use std::fs;
use std::path::Path;

use crate::Outcome;
use crate::process::{command, run};

/// What the jars must be, one line a jar.
pub const CHECKSUMS: &str = "jars.sha256";

/// Starts classes with jars. Java tells of options that it finds in the environment, and Netty of a
/// machine without a network card: both are given as arguments. MSAL opens no browser for somebody
/// who came by sudo.
const LAUNCHER: &str = r#"#!/bin/sh
options=$JAVA_TOOL_OPTIONS
unset JAVA_TOOL_OPTIONS SUDO_USER
exec java $options -XX:+UseSerialGC -XX:TieredStopAtLevel=1 \
    -Dio.netty.machineId=02:00:00:00:00:01 -cp "CLASSES:JARS/*" clients.Clients
"#;

/// The script that starts the program of these classes and jars.
pub fn launcher(classes: &Path, jars: &Path) -> String {
    let named = LAUNCHER.replace("CLASSES", &classes.display().to_string());
    named.replace("JARS", &jars.display().to_string())
}

/// Compiles the classes of a folder.
pub fn compile(sources: &Path, jars: &Path, classes: &Path) -> Outcome {
    let mut javac = command("javac", &["--release", "17", "-Xlint:all", "-Werror", "-d"]);
    javac.arg(classes).arg("-cp").arg(jars.join("*"));
    let folder = sources.join("src/clients");
    let listing =
        fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for file in listing {
        javac.arg(file.map_err(|error| error.to_string())?.path());
    }
    run(&mut javac)
}

/// Fetches the jars that the pom of a folder names, and those that they name. Every jar is compared,
/// and there is no other one.
pub fn fetch_jars(sources: &Path, jars: &Path) -> Outcome {
    let mut maven = command("mvn", &["--batch-mode", "--quiet", "dependency:copy-dependencies"]);
    maven.arg(format!("-DoutputDirectory={}", jars.display()));
    run(maven.current_dir(sources))?;
    let checksums = sources.join(CHECKSUMS);
    let mut compare = command("sha256sum", &["--check", "--quiet", "--strict"]);
    run(compare.arg(&checksums).current_dir(jars))?;
    let lost = |error: std::io::Error| format!("{}: {error}", jars.display());
    let pinned = fs::read_to_string(&checksums).map_err(lost)?.lines().count();
    let found = fs::read_dir(jars).map_err(lost)?.count();
    if found == pinned {
        return Ok(());
    }
    Err(format!("Maven fetched {found} jars, and {CHECKSUMS} pins {pinned}"))
}
