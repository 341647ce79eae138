//! The application's icons, all from one drawing.

use std::fs;

use crate::node::require_node;
use crate::process::{repository, run, target_folder};
use crate::{Outcome, web};

/// The files that the installers and the window need, of the many that the Tauri CLI draws.
const ICONS: [&str; 7] = [
    "32x32.png",
    "64x64.png",
    "128x128.png",
    "128x128@2x.png",
    "icon.png",
    "icon.ico",
    "icon.icns",
];

/// Draws them from `icons/keyless.svg`.
pub fn draw_icons() -> Outcome {
    let node = require_node()?;
    web::install_packages(&node)?;
    let icons = repository().join("icons");
    let drawn = target_folder().join("icons");
    let mut draw = node.package_program("tauri", &["icon"]);
    draw.arg(icons.join("keyless.svg")).arg("--output").arg(&drawn);
    run(&mut draw)?;
    for name in ICONS {
        fs::copy(drawn.join(name), icons.join(name)).map_err(|error| format!("{name}: {error}"))?;
    }
    Ok(())
}
