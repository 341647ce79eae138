//! The addresses that a client wants to show in a browser.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use url::Url;

/// Stands where the person's browser stands, and hands each address over.
#[derive(Debug)]
pub struct OpenedAddresses {
    opened: e2e::OpenedAddresses,
    folder: PathBuf,
}

impl OpenedAddresses {
    /// Puts the stand-in into this folder, by the names that clients start.
    pub fn listen(folder: &Path) -> io::Result<Self> {
        let opened = e2e::OpenedAddresses::listen();
        // It must return at once: Python waits for it, and listens only then.
        let script = opened.opener();
        for name in ["xdg-open", "x-www-browser", "www-browser"] {
            let file = folder.join(name);
            fs::write(&file, &script)?;
            fs::set_permissions(&file, fs::Permissions::from_mode(0o755))?;
        }
        Ok(Self { opened, folder: folder.to_owned() })
    }

    /// The folder with the stand-in, for PATH.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The stand-in, for BROWSER.
    pub fn program(&self) -> PathBuf {
        self.folder.join("xdg-open")
    }

    /// The next address; waits for it.
    ///
    /// # Panics
    /// When what comes is not an address.
    pub async fn next(&self) -> Url {
        self.opened.wait().await
    }
}
