//! The desktop shell: one window, one list of commands, and the door to the desktop.
//!
//! Everything that is decided is decided in `keyless`; this crate forwards.

#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod commands;
mod desktop;
mod flags;
#[cfg(feature = "practice")]
mod practice;
mod second;
mod sessions;
mod window;

use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;

use keyless::clock::SystemClock;
use keyless::instance::{self, Claim};
use tauri::{Manager, RunEvent};

use crate::desktop::Window;
use crate::flags::{Flags, USAGE};
use crate::sessions::{Sessions, Trouble};

fn main() -> ExitCode {
    match Flags::parse(std::env::args_os()) {
        Ok(None) => {
            println!("{USAGE}");
            ExitCode::SUCCESS
        }
        Ok(Some(flags)) => run(&flags).unwrap_or_else(|error| fail(error.as_ref())),
        Err(error) => fail(&error),
    }
}

fn fail(error: &dyn Error) -> ExitCode {
    eprintln!("keyless-desktop: {error}");
    ExitCode::FAILURE
}

fn run(flags: &Flags) -> Result<ExitCode, Trouble> {
    let knock = second::knock();
    #[cfg(target_os = "linux")]
    prepare_display()?;
    let mut context = tauri::generate_context!();
    if flags.practice.is_some() {
        // Practice shares neither files nor an entry of the secret store with real Azure.
        context.config_mut().identifier.push_str(".practice");
    }
    let data_folder = match &flags.data_folder {
        Some(folder) => folder.clone(),
        None => dirs::data_local_dir()
            .ok_or("there is no folder for the app's own files")?
            .join(&context.config().identifier),
    };
    let claimed = instance::claim(&data_folder, &knock, &SystemClock);
    let first = match tauri::async_runtime::block_on(claimed) {
        Ok(Claim::First(instance)) => Some(instance),
        Ok(Claim::Raised) => return Ok(ExitCode::SUCCESS),
        Ok(Claim::Stuck { process }) => return second::tell_stuck(context, process),
        Err(error) => {
            // A folder that cannot be written is no reason not to help either.
            eprintln!("keyless-desktop: whether a window is open already is not known: {error}");
            None
        }
    };
    let app = tauri::Builder::default()
        .plugin(tauri_plugin_dialog::init())
        .invoke_handler(include!(concat!(env!("OUT_DIR"), "/handlers.rs")))
        .build(context)?;
    // A log that cannot be written is no reason not to help.
    let _journal = keyless::journal::start(&data_folder)
        .inspect_err(|error| eprintln!("keyless-desktop: no log is written: {error}"));
    // The web view's processes start while the session does; the page asks for it later.
    window::open(app.handle(), data_folder.join("window"))?;
    if let Some(instance) = first {
        second::answer(instance, app.handle().clone());
    }
    let desktop = Arc::new(Window(app.handle().clone()));
    let sessions = Sessions::start(desktop, data_folder, flags);
    app.manage(tauri::async_runtime::block_on(sessions)?);
    let code = app.run_return(|app, event| {
        if matches!(event, RunEvent::Exit) {
            app.state::<Sessions>().close();
        }
    });
    Ok(exit_code(code))
}

fn exit_code(code: i32) -> ExitCode {
    u8::try_from(code).map_or(ExitCode::FAILURE, ExitCode::from)
}

/// GTK ends the process where there is no display; this is the same as an answer.
#[cfg(target_os = "linux")]
fn prepare_display() -> Result<(), Trouble> {
    // A page of text gains nothing from a graphics processor, and without one its shaders would be
    // compiled before the first paint. WebKit's processes inherit the variable.
    gtk::glib::setenv("WEBKIT_SKIA_ENABLE_CPU_RENDERING", "1", false)?;
    gtk::init()
        .map_err(|_| "there is no display: neither DISPLAY nor WAYLAND_DISPLAY leads to one".into())
}
