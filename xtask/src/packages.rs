//! System packages: installed on Debian and its kin, named everywhere else.

use std::env;
use std::io::{self, IsTerminal};
use std::path::Path;

use crate::Outcome;
use crate::process::{command, find_program, run, say, succeeds};

/// What a command of this repository is about to do, and therefore needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Compile and link the desktop shell.
    Build,
    /// Show the window on this display.
    Show,
    /// Keep secrets as a desktop does.
    Keep,
    /// Drive the window and a browser on a virtual display.
    Drive,
    /// Run a command in namespaces of its own.
    Hosts,
    /// Start windows on a virtual display, look at it, and type in one of them.
    Measure,
    /// Install and run programs written by others.
    Clients,
    /// Fetch a toolchain where the system's is too old.
    FetchWheel,
}

/// How to see that a package's content is there, whoever installed it.
#[derive(Clone, Copy, Debug)]
enum Sign {
    /// One of these programs is on PATH.
    Program(&'static [&'static str]),
    /// pkg-config knows this library.
    Library(&'static str),
    /// Python finds this module.
    PythonModule(&'static str),
}

#[derive(Debug)]
struct Package {
    /// The name in Debian and Ubuntu.
    debian: &'static str,
    need: Need,
    sign: Sign,
}

const PACKAGES: [Package; 23] = [
    Package { debian: "build-essential", need: Need::Build, sign: Sign::Program(&["cc"]) },
    Package { debian: "pkg-config", need: Need::Build, sign: Sign::Program(&["pkg-config"]) },
    Package {
        debian: "libwebkit2gtk-4.1-dev",
        need: Need::Build,
        sign: Sign::Library("webkit2gtk-4.1"),
    },
    Package { debian: "xdg-utils", need: Need::Show, sign: Sign::Program(&["xdg-open"]) },
    Package { debian: "xdg-utils", need: Need::Drive, sign: Sign::Program(&["xdg-open"]) },
    Package { debian: "xvfb", need: Need::Drive, sign: Sign::Program(&["Xvfb"]) },
    Package { debian: "xvfb", need: Need::Measure, sign: Sign::Program(&["Xvfb"]) },
    Package {
        debian: "webkit2gtk-driver",
        need: Need::Drive,
        sign: Sign::Program(&["WebKitWebDriver"]),
    },
    Package {
        debian: "webkit2gtk-driver",
        need: Need::Measure,
        sign: Sign::Program(&["WebKitWebDriver"]),
    },
    Package {
        debian: "chromium",
        need: Need::Drive,
        sign: Sign::Program(&["chromium", "chromium-browser", "google-chrome"]),
    },
    Package {
        debian: "chromium-driver",
        need: Need::Drive,
        sign: Sign::Program(&["chromedriver"]),
    },
    Package { debian: "dbus", need: Need::Drive, sign: Sign::Program(&["dbus-daemon"]) },
    Package {
        debian: "gnome-keyring",
        need: Need::Drive,
        sign: Sign::Program(&["gnome-keyring-daemon"]),
    },
    Package { debian: "dbus", need: Need::Keep, sign: Sign::Program(&["dbus-daemon"]) },
    Package {
        debian: "gnome-keyring",
        need: Need::Keep,
        sign: Sign::Program(&["gnome-keyring-daemon"]),
    },
    Package { debian: "util-linux", need: Need::Hosts, sign: Sign::Program(&["unshare"]) },
    Package { debian: "iproute2", need: Need::Hosts, sign: Sign::Program(&["ip"]) },
    Package { debian: "python3-venv", need: Need::Clients, sign: Sign::PythonModule("ensurepip") },
    Package {
        debian: "openjdk-17-jdk-headless",
        need: Need::Clients,
        sign: Sign::Program(&["javac"]),
    },
    Package { debian: "maven", need: Need::Clients, sign: Sign::Program(&["mvn"]) },
    Package {
        debian: "chromium",
        need: Need::Clients,
        sign: Sign::Program(&["chromium", "chromium-browser", "google-chrome"]),
    },
    Package {
        debian: "chromium-driver",
        need: Need::Clients,
        sign: Sign::Program(&["chromedriver"]),
    },
    Package { debian: "python3-pip", need: Need::FetchWheel, sign: Sign::PythonModule("pip") },
];

/// Makes the packages for these needs available, or says what is missing and how to get it.
pub fn require_packages(needs: &[Need]) -> Outcome {
    if !cfg!(target_os = "linux") {
        return require_other_system(needs);
    }
    let missing = missing_packages(needs, |package| is_present(package.sign));
    if missing.is_empty() {
        return Ok(());
    }
    if !Path::new("/etc/debian_version").exists() || find_program("apt-get").is_none() {
        return Err(advise(&missing));
    }
    let names: Vec<&str> = missing.iter().map(|package| package.debian).collect();
    say(&format!("These system packages are missing: {}", names.join(" ")));
    install_with_apt(&names)
}

/// The packages that the needs call for and that are not there, in the order of the table, each
/// Debian name once.
fn missing_packages(
    needs: &[Need],
    is_present: impl Fn(&Package) -> bool,
) -> Vec<&'static Package> {
    let mut missing: Vec<&Package> = Vec::new();
    for package in PACKAGES.iter().filter(|package| needs.contains(&package.need)) {
        let is_listed = missing.iter().any(|listed| listed.debian == package.debian);
        if !is_listed && !is_present(package) {
            missing.push(package);
        }
    }
    missing
}

fn is_present(sign: Sign) -> bool {
    match sign {
        Sign::Program(names) => names.iter().any(|name| find_program(name).is_some()),
        Sign::Library(name) => succeeds(&mut command("pkg-config", &["--exists", name])),
        Sign::PythonModule(name) => succeeds(&mut command("python3", &["-m", name, "--version"])),
    }
}

fn install_with_apt(names: &[&str]) -> Outcome {
    let by_hand = format!("sudo apt-get install --no-install-recommends {}", names.join(" "));
    let prefix: &[&str] = if succeeds(&mut command("sh", &["-c", "test \"$(id -u)\" = 0"])) {
        &["env"]
    } else if find_program("sudo").is_none() {
        return Err(format!("there is no sudo here; as an administrator, run: {by_hand}"));
    } else if io::stdin().is_terminal() {
        &["sudo", "env"]
    } else {
        &["sudo", "--non-interactive", "env"]
    };
    let apt_get = |words: &[&str]| {
        let quiet = ["DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"];
        // Another installation may hold the lock; a mirror may hiccup.
        let patient = ["-o", "DPkg::Lock::Timeout=120", "-o", "Acquire::Retries=3"];
        let arguments = [&prefix[1..], &quiet, &patient, words].concat();
        run(&mut command(prefix[0], &arguments))
    };
    apt_get(&["update"])?;
    let install = [&["install", "--yes", "--no-install-recommends"], names].concat();
    apt_get(&install).map_err(|reason| format!("{reason}; by hand: {by_hand}"))
}

/// What to do on a Linux without apt.
fn advise(missing: &[&Package]) -> String {
    let mut advice = String::from("these are missing:\n");
    let mut capabilities = Vec::new();
    for package in missing {
        let (what, capability) = match package.sign {
            Sign::Program(names) => {
                (format!("the program {}", names.join(" or ")), format!("/usr/bin/{}", names[0]))
            }
            Sign::Library(name) => {
                (format!("the library {name} with its headers"), format!("'pkgconfig({name})'"))
            }
            Sign::PythonModule(name) => {
                (format!("the Python module {name}"), format!("'python3dist({name})'"))
            }
        };
        advice.push_str(&format!("  {what} (Debian's package: {})\n", package.debian));
        capabilities.push(capability);
    }
    if find_program("dnf").is_some() {
        advice.push_str(&format!("Get them with: sudo dnf install {}", capabilities.join(" ")));
    } else if find_program("zypper").is_some() {
        advice.push_str(&format!("Get them with: sudo zypper install {}", capabilities.join(" ")));
    } else if find_program("pacman").is_some() {
        advice.push_str("`pacman -F NAME` tells which package holds each of them.");
    } else {
        advice.push_str("Install them with your system's package manager.");
    }
    advice
}

/// macOS and Windows bring the web view; only a compiler can be missing.
fn require_other_system(needs: &[Need]) -> Outcome {
    if needs.contains(&Need::Drive) {
        return Err(format!(
            "the window is driven by WebKitWebDriver, which {} does not have; use Linux for this",
            env::consts::OS
        ));
    }
    if cfg!(target_os = "macos") && find_program("cc").is_none() {
        return Err("there is no compiler; get one with: xcode-select --install".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(needs: &[Need], present: &[&str]) -> Vec<&'static str> {
        let missing = missing_packages(needs, |package| present.contains(&package.debian));
        missing.iter().map(|package| package.debian).collect()
    }

    #[test]
    fn only_what_is_missing_is_installed() {
        let missing = names(&[Need::Build], &["build-essential", "pkg-config"]);
        assert_eq!(missing, ["libwebkit2gtk-4.1-dev"], "what is there is left alone");
        assert!(names(&[Need::Build], &missing).len() == 2, "the others are still missing");
    }

    #[test]
    fn building_does_not_fetch_a_browser() {
        let missing = names(&[Need::Build, Need::Show], &[]);
        assert!(!missing.contains(&"chromium"), "340 MB are not fetched for a window: {missing:?}");
    }

    #[test]
    fn a_package_of_two_needs_is_named_once() {
        let missing = names(&[Need::Show, Need::Drive], &[]);
        let times = missing.iter().filter(|name| **name == "xdg-utils").count();
        assert_eq!(times, 1, "{missing:?}");
    }

    #[test]
    fn a_system_without_apt_learns_the_names() {
        let missing = missing_packages(&[Need::Build, Need::Drive], |_| false);
        let advice = advise(&missing);
        for package in missing {
            assert!(advice.contains(package.debian), "{} is not named: {advice}", package.debian);
        }
    }
}
