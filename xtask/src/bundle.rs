//! The installer: a release build and its `.deb`, with limits on their sizes.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::node::require_node;
use crate::packages::{Need, require_packages};
use crate::process::{repository, run, say, target_folder};
use crate::{Outcome, mutants, web};

/// The largest program that is shipped, in bytes.
const PROGRAM_LIMIT: u64 = 20_000_000;
/// The largest `.deb` that is shipped, in bytes.
const DEB_LIMIT: u64 = 10_000_000;

/// Builds the release and its `.deb`, prints where they are and how large.
pub fn make_bundle() -> Outcome {
    if !cfg!(target_os = "linux") {
        return Err("only the .deb is made so far, and that needs Linux".to_owned());
    }
    require_packages(&[Need::Build])?;
    let node = require_node()?;
    web::install_packages(&node)?;
    web::build_pages(&node)?;
    let folder = target_folder().join("release");
    let debs = folder.join("bundle/deb");
    if debs.exists() {
        // A .deb of an earlier version must not pass for the new one.
        fs::remove_dir_all(&debs).map_err(|error| format!("{}: {error}", debs.display()))?;
    }
    let mut build = node.package_program("tauri", &["build", "--bundles", "deb"]);
    run(build.current_dir(repository().join("src-tauri")))?;
    let bundle = find_bundle()?;
    check_size(&bundle.program, PROGRAM_LIMIT)?;
    check_unbreakable(&bundle.program)?;
    check_size(&bundle.deb, DEB_LIMIT)
}

/// What is shipped.
pub struct Bundle {
    /// The program as it is in the installer.
    pub program: PathBuf,
    /// The installer.
    pub deb: PathBuf,
}

impl Bundle {
    /// When it was made.
    pub fn made(&self) -> SystemTime {
        let made = fs::metadata(&self.deb).and_then(|file| file.modified());
        made.unwrap_or(SystemTime::UNIX_EPOCH)
    }
}

/// The bundle that was made last; fails where there is none.
pub fn find_bundle() -> Outcome<Bundle> {
    let folder = target_folder().join("release");
    let deb = find_deb(&folder.join("bundle/deb"))?;
    let program = folder.join("keyless-desktop");
    if !program.is_file() {
        return Err(format!("there is no {}", program.display()));
    }
    Ok(Bundle { program, deb })
}

fn find_deb(folder: &Path) -> Outcome<PathBuf> {
    let files = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut files = files.flatten().map(|entry| entry.path());
    let deb = files.find(|file| file.extension().is_some_and(|extension| extension == "deb"));
    deb.ok_or_else(|| format!("there is no .deb in {}", folder.display()))
}

fn check_size(file: &Path, limit: u64) -> Outcome {
    let bytes = fs::metadata(file).map_err(|error| format!("{}: {error}", file.display()))?.len();
    say(&format!("{} has {}", file.display(), megabytes(bytes)));
    if bytes < limit {
        return Ok(());
    }
    Err(format!("{} is over the limit of {}", file.display(), megabytes(limit)))
}

/// A shipped practice Azure keeps its rules: it does not know the variable that breaks them.
fn check_unbreakable(program: &Path) -> Outcome {
    let bytes = fs::read(program).map_err(|error| format!("{}: {error}", program.display()))?;
    let variable = mutants::VARIABLE.as_bytes();
    if bytes.windows(variable.len()).any(|window| window == variable) {
        return Err(format!("{} was built with the feature `mutants`", program.display()));
    }
    Ok(())
}

fn megabytes(bytes: u64) -> String {
    format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_knows_the_mutants_is_refused() {
        let own = std::env::current_exe().expect("a running program has a file");
        let reason = check_unbreakable(&own).expect_err("this program names the variable");
        assert!(reason.contains("mutants"), "{reason}");
        let manifest = crate::process::repository().join("Cargo.toml");
        check_unbreakable(&manifest).expect("a file without the variable passes");
    }

    #[test]
    fn a_bundle_over_its_limit_is_refused() {
        let file = std::env::current_exe().expect("a running program has a file");
        check_size(&file, u64::MAX).expect("nothing is larger than that");
        let reason = check_size(&file, 100).expect_err("no program is that small");
        assert!(reason.contains("0.0 MB"), "the limit is told: {reason}");
    }
}
