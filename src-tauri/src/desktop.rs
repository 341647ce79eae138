//! What the core asks of the desktop: the browser, a folder dialog, the window in front.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use keyless::session::Desktop;
use tauri::{AppHandle, Manager as _};
use tauri_plugin_dialog::DialogExt as _;
use tokio::sync::oneshot;

use crate::window::LABEL;

/// How long a program that opens addresses is watched. One that cannot says so within this time;
/// one that goes on may be the browser itself.
const UNTIL_OPENED: Duration = Duration::from_secs(3);

/// The desktop on which the app runs.
pub struct Window(pub AppHandle);

#[async_trait]
impl Desktop for Window {
    async fn open_address(&self, address: &str) -> io::Result<()> {
        let address = address.to_owned();
        let opening = move || open::that_detached_with_timeout(address, UNTIL_OPENED);
        tokio::task::spawn_blocking(opening).await?
    }

    async fn pick_folder(&self) -> Option<PathBuf> {
        let (sender, answer) = oneshot::channel();
        let window = self.0.get_webview_window(LABEL)?;
        let mut dialog = self.0.dialog().file().set_parent(&window);
        // GTK would begin with recent files, where no folder can be taken.
        if let Ok(home) = self.0.path().home_dir() {
            dialog = dialog.set_directory(home);
        }
        // Without a receiver nobody waits for the folder any more.
        dialog.pick_folder(move |folder| drop(sender.send(folder)));
        answer.await.ok().flatten()?.into_path().ok()
    }

    fn focus_window(&self) {
        if let Some(window) = self.0.get_webview_window(LABEL) {
            let shown = window.unminimize().and_then(|()| window.set_focus());
            if let Err(error) = shown {
                tracing::debug!(%error, "the window did not come to the front");
            }
        }
    }
}
