//! A person's machine: folders of its own, and a desktop whose browser is the test's.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::display::{display, start_virtual_display};
use crate::opened::OpenedAddresses;

/// An empty home with its XDG folders and temporary folder, all below [`Home::path`].
#[derive(Debug)]
pub struct Home {
    folder: TempDir,
    /// The display on which its windows are.
    pub display: String,
    /// The authority that is trusted besides the system's own.
    pub certificate: Option<PathBuf>,
    /// The D-Bus session, where there is one.
    pub bus: Option<String>,
}

impl Home {
    /// A new home without a D-Bus session.
    pub fn new() -> Self {
        let folder = TempDir::with_prefix("keyless-home-").expect("a temporary folder");
        for name in ["home", "run", "tmp", "bin"] {
            fs::create_dir(folder.path().join(name)).expect("an empty folder takes another");
        }
        let private = fs::Permissions::from_mode(0o700);
        fs::set_permissions(folder.path().join("run"), private).expect("the folder is ours");
        Self { folder, display: display().to_owned(), certificate: None, bus: None }
    }

    /// A new home on a display of its own, where the focus and the order of windows are its alone.
    pub fn with_display() -> Self {
        Self { display: start_virtual_display(), ..Self::new() }
    }

    /// The folder around everything that is written here.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The temporary folder.
    pub fn temporary(&self) -> PathBuf {
        self.path().join("tmp")
    }

    /// Catches what the desktop is asked to open, in place of the system's browser.
    pub fn catch_addresses(&self) -> OpenedAddresses {
        let opened = OpenedAddresses::listen();
        self.install("xdg-open", &opened.opener());
        opened
    }

    /// Makes every program that opens addresses start and fail, as `xdg-open` does where no browser
    /// is installed.
    pub fn break_openers(&self) {
        for name in ["xdg-open", "gio", "gnome-open", "kde-open6", "kde-open5", "kde-open"] {
            self.install(name, "#!/bin/sh\nexit 3\n");
        }
    }

    /// Puts a program before all others on the search path.
    pub fn install(&self, name: &str, script: &str) {
        let file = self.path().join("bin").join(name);
        fs::write(&file, script).expect("the folder is ours");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("the file is ours");
    }

    /// Makes a program live here: nothing of the real environment but the path.
    pub fn lend_to<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        let home = self.path().join("home");
        let no_bus = || format!("unix:path={}", self.path().join("run/no-bus").display());
        command.env_clear();
        if let Some(certificate) = &self.certificate {
            command.env("SSL_CERT_FILE", certificate).env("CURL_CA_BUNDLE", certificate);
        }
        command
            .env("PATH", self.search_path())
            .env("HOME", &home)
            .env("XDG_CONFIG_HOME", home.join(".config"))
            .env("XDG_DATA_HOME", home.join(".local/share"))
            .env("XDG_CACHE_HOME", home.join(".cache"))
            .env("XDG_STATE_HOME", home.join(".local/state"))
            .env("XDG_RUNTIME_DIR", self.path().join("run"))
            .env("TMPDIR", self.temporary())
            .env("LANG", "C.UTF-8")
            .env("DISPLAY", &self.display)
            .env("GDK_BACKEND", "x11")
            .env("NO_AT_BRIDGE", "1")
            .env("DBUS_SESSION_BUS_ADDRESS", self.bus.clone().unwrap_or_else(no_bus))
    }

    fn search_path(&self) -> OsString {
        let mut path = self.path().join("bin").into_os_string();
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap_or_default());
        path
    }
}

impl Default for Home {
    fn default() -> Self {
        Self::new()
    }
}
