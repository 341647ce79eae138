//! What a second start sees, and what it does to the first window.

use std::env;
use std::process::ExitCode;
use std::sync::Arc;

use keyless::clock::SystemClock;
use keyless::instance::{Instance, Knock};
use keyless::words::say;
use tauri::{AppHandle, Context, Manager as _};
use tauri_plugin_dialog::{DialogExt as _, MessageDialogButtons, MessageDialogKind};

use crate::sessions::Trouble;
use crate::window::LABEL;

/// The variables in which a desktop says what lets a window take the focus; the first is Wayland's.
const ACTIVATION: [&str; 2] = ["XDG_ACTIVATION_TOKEN", "DESKTOP_STARTUP_ID"];

/// What this start says to the first, if there is one. GTK takes the variables away.
pub fn knock() -> Knock {
    Knock { activation: ACTIVATION.iter().find_map(|name| env::var(name).ok()) }
}

/// Brings the window to the front at every later start. It is done on the main loop: a window that
/// hangs answers nobody.
pub fn answer(instance: Instance, app: AppHandle) {
    let raise = move |knock: Knock, done: tokio::sync::oneshot::Sender<()>| {
        let window = app.get_webview_window(LABEL);
        let raised = app.run_on_main_thread(move || {
            #[cfg(target_os = "linux")]
            if let (Some(window), Some(activation)) = (&window, &knock.activation) {
                use gtk::prelude::GtkWindowExt as _;
                window
                    .gtk_window()
                    .into_iter()
                    .for_each(|window| window.set_startup_id(activation));
            }
            if let Some(window) = window
                && window.unminimize().and_then(|()| window.set_focus()).is_ok()
            {
                // Whoever knocked may have gone.
                let _ = done.send(());
            }
        });
        if let Err(error) = raised {
            tracing::debug!(%error, "the window is closing");
        }
    };
    tauri::async_runtime::spawn(instance.answer(Arc::new(SystemClock), raise));
}

/// Says that the first window does not answer, and starts anew if the person wants to try again.
/// Nobody is offered to go on beside it: both would write the same files.
pub fn tell_stuck(context: Context, process: Option<u32>) -> Result<ExitCode, Trouble> {
    let heading = say("second_start.stuck.heading", &[]);
    let body = match process {
        Some(id) => say("second_start.stuck.body", &[("process", &id.to_string())]),
        None => say("second_start.stuck.body_unknown", &[]),
    };
    eprintln!("keyless-desktop: {heading}. {body}");
    let app = tauri::Builder::default().plugin(tauri_plugin_dialog::init()).build(context)?;
    let buttons = [say("action.try_again", &[]), say("button.cancel", &[])];
    let [again, cancel] = buttons;
    let handle = app.handle().clone();
    app.dialog()
        .message(body)
        .title(heading)
        .kind(MessageDialogKind::Warning)
        .buttons(MessageDialogButtons::OkCancelCustom(again, cancel))
        .show(move |again| match again {
            true => tauri::process::restart(&handle.env()),
            false => handle.exit(1),
        });
    Ok(crate::exit_code(app.run_return(|_, _| {})))
}
