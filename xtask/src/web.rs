//! The web interface in `ui/`: its npm packages and its build.

use std::fs;
use std::path::Path;

use crate::Outcome;
use crate::node::Node;
use crate::process::{repository, run};

/// Installs the npm packages of the lock file, when it changed since the last time.
pub fn install_packages(node: &Node) -> Outcome {
    let ui = repository().join("ui");
    // npm leaves this file after a complete installation.
    let installed = ui.join("node_modules/.package-lock.json");
    if is_newer(&installed, &ui.join("package-lock.json")) {
        return Ok(());
    }
    run(&mut node.npm(&["ci", "--no-audit", "--no-fund"]))
}

/// Builds `ui/dist`, which the desktop shell embeds.
pub fn build_pages(node: &Node) -> Outcome {
    run(&mut node.npm(&["run", "--silent", "build"]))
}

/// Whether a file exists and was written after another one.
fn is_newer(file: &Path, other: &Path) -> bool {
    let written = |file: &Path| fs::metadata(file).and_then(|data| data.modified());
    matches!((written(file), written(other)), (Ok(file), Ok(other)) if file >= other)
}
