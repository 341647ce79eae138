//! The addresses that a client wants to show in a browser.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;
use url::Url;

/// Stands where the person's browser stands, and hands each address over.
#[derive(Debug)]
pub struct OpenedAddresses {
    listener: TcpListener,
    folder: PathBuf,
}

impl OpenedAddresses {
    /// Puts the stand-in into this folder, by the names that clients start.
    pub fn listen(folder: &Path) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let port = listener.local_addr()?.port();
        // It must return at once: Python waits for it, and listens only then.
        let script = format!("#!/bin/bash\nprintf '%s' \"$1\" > /dev/tcp/127.0.0.1/{port}\n");
        for name in ["xdg-open", "x-www-browser", "www-browser"] {
            let file = folder.join(name);
            fs::write(&file, &script)?;
            fs::set_permissions(&file, fs::Permissions::from_mode(0o755))?;
        }
        Ok(Self { listener: TcpListener::from_std(listener)?, folder: folder.to_owned() })
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
        let (mut stream, _) = self.listener.accept().await.expect("loopback works");
        let mut text = String::new();
        stream.read_to_string(&mut text).await.expect("loopback works");
        Url::parse(&text).unwrap_or_else(|error| panic!("{text:?} is no address: {error}"))
    }
}
