//! The one window, which shows the app's own pages and nothing else.

use std::path::PathBuf;

use tauri::webview::NewWindowResponse;
use tauri::{AppHandle, WebviewWindowBuilder};
use url::Url;

/// The window's name in `tauri.conf.json` and in the capability.
pub const LABEL: &str = "main";

/// Opens the window; the web view keeps its own files in `folder`.
pub fn open(app: &AppHandle, folder: PathBuf) -> tauri::Result<()> {
    let windows = &app.config().app.windows;
    let config =
        windows.iter().find(|window| window.label == LABEL).ok_or(tauri::Error::WindowNotFound)?;
    let name = config.title.clone();
    WebviewWindowBuilder::from_config(app, config)?
        .data_directory(folder)
        .on_navigation(is_own_page)
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .on_download(|_, _| false)
        .on_document_title_changed(move |window, page| {
            let title = if page == name { page } else { format!("{page} – {name}") };
            if let Err(error) = window.set_title(&title) {
                tracing::debug!(%error, "the window kept its title");
            }
        })
        .build()?;
    Ok(())
}

/// The address of the app's own pages is `tauri://localhost`; on Windows, where a web view takes
/// no schemes of its own, it is `http://tauri.localhost` (Tauri, `WindowConfig::use_https_scheme`).
fn is_own_page(url: &Url) -> bool {
    let (scheme, host) =
        if cfg!(windows) { ("http", "tauri.localhost") } else { ("tauri", "localhost") };
    url.scheme() == scheme && url.host_str() == Some(host) && url.port().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_goes_nowhere_but_to_its_own_pages() {
        let own =
            if cfg!(windows) { "http://tauri.localhost/" } else { "tauri://localhost/index.html" };
        let is_own = |text: &str| is_own_page(&Url::parse(text).expect("a whole address"));
        assert!(is_own(own), "the app's own page must open");
        for foreign in [
            "https://localhost/",
            "http://localhost:1420/",
            "tauri://localhost.evil.example/",
            "tauri://localhost:80/",
            "https://login.microsoftonline.com/",
            "data:text/html,hello",
            "file:///etc/passwd",
            "about:blank",
        ] {
            assert!(!is_own(foreign), "{foreign} is not a page of the app");
        }
    }
}
