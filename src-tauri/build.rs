//! Gives every command of the contract a permission and a place in the handler list.

use std::path::PathBuf;
use std::{env, fs, io};

#[path = "../core/contract.rs"]
mod contract;

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-changed=../core/contract.rs");
    write_handlers()?;
    let manifest = tauri_build::AppManifest::new().commands(contract::COMMANDS);
    tauri_build::try_build(tauri_build::Attributes::new().app_manifest(manifest))
        .map_err(io::Error::other)
}

/// The handler list as an expression: a command without a function does not compile.
fn write_handlers() -> io::Result<()> {
    let paths: Vec<String> =
        contract::COMMANDS.iter().map(|name| format!("crate::commands::{name}")).collect();
    let folder = env::var_os("OUT_DIR").map(PathBuf::from).ok_or(io::ErrorKind::NotFound)?;
    fs::write(folder.join("handlers.rs"), format!("tauri::generate_handler![{}]", paths.join(", ")))
}
