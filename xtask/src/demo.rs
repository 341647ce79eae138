//! The wizard on practice Azure: in a window, or driven on a virtual display.

use std::env;
use std::fs;
use std::path::Path;

use crate::display::Display;
use crate::node::require_node;
use crate::packages::{Need, require_packages};
use crate::process::{run, say, target_folder};
use crate::test_binaries::{Executable, build_programs, find_executable};
use crate::{Outcome, web};

/// The pictures of a driven demo, one a step.
const PICTURES: [&str; 5] = [
    "1-sign-in.png",
    "2-choose-a-resource.png",
    "3-get-access.png",
    "4-connect-a-project.png",
    "5-test-connection.png",
];

/// Opens the window on practice Azure, and waits until the person closes it.
pub fn show_window() -> Outcome {
    let has_display = ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| env::var_os(name).is_some());
    if cfg!(target_os = "linux") && !has_display {
        return Err("there is no display here (neither DISPLAY nor WAYLAND_DISPLAY is set).\n\
             `cargo xtask demo --headless` walks through the wizard on a virtual one, and leaves\n\
             one picture a step in target/demo/."
            .to_owned());
    }
    let programs = build_wizard(Need::Show)?;
    let app = find_executable(&programs, "keyless-desktop")?;
    say("Opening the window; this command ends when you close it");
    run(app.command().arg("--practice"))
}

/// Walks through the five steps on a virtual display, and leaves a picture of each.
pub fn take_pictures() -> Outcome {
    let programs = build_wizard(Need::Drive)?;
    let app = find_executable(&programs, "keyless-desktop")?;
    let driver = find_executable(&programs, "demo")?;
    let folder = target_folder().join("demo");
    empty_folder(&folder)?;
    let display = Display::start()?;
    let mut walk = driver.command();
    walk.arg("--app").arg(app.file()).arg("--out").arg(&folder);
    run(display.lend_to(&mut walk))?;
    let is_there = |name: &&str| fs::metadata(folder.join(name)).is_ok_and(|file| file.len() > 0);
    match PICTURES.iter().find(|name| !is_there(name)) {
        Some(name) => Err(format!("the walk left no picture {name} in {}", folder.display())),
        None => {
            say(&format!("Five pictures are in {}", folder.display()));
            Ok(())
        }
    }
}

fn build_wizard(need: Need) -> Outcome<Vec<Executable>> {
    require_packages(&[Need::Build, need])?;
    let node = require_node()?;
    web::install_packages(&node)?;
    web::build_pages(&node)?;
    build_programs()
}

fn empty_folder(folder: &Path) -> Outcome {
    let lost = |error| format!("{} cannot be emptied: {error}", folder.display());
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(lost)?;
    }
    fs::create_dir_all(folder).map_err(lost)
}
