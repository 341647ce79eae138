//! The addresses that the desktop is asked to open.

use std::net::SocketAddr;

use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;
use tokio::time::timeout;
use url::Url;

use crate::PATIENCE;

/// Stands where `xdg-open` stands, and hands each address over.
#[derive(Debug)]
pub struct OpenedAddresses {
    listener: TcpListener,
    address: SocketAddr,
}

impl OpenedAddresses {
    /// Begins to listen.
    ///
    /// # Panics
    /// When loopback has no free port, or outside of a runtime.
    pub fn listen() -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("a bound socket has an address");
        listener.set_nonblocking(true).expect("a socket can be told not to block");
        let listener = TcpListener::from_std(listener).expect("a runtime runs");
        Self { listener, address }
    }

    /// The program `xdg-open`: tells its argument to the listener, and returns at once.
    pub fn opener(&self) -> String {
        format!("#!/bin/bash\nprintf '%s' \"$1\" > /dev/tcp/127.0.0.1/{}\n", self.address.port())
    }

    /// The next address.
    ///
    /// # Panics
    /// When none comes in time, or what comes is not an address.
    pub async fn next(&self) -> Url {
        timeout(PATIENCE, self.wait()).await.expect("a browser is opened in time")
    }

    /// The next address, however long it takes.
    ///
    /// # Panics
    /// When what comes is not an address.
    pub async fn wait(&self) -> Url {
        let (mut stream, _) = self.listener.accept().await.expect("loopback works");
        let mut text = String::new();
        stream.read_to_string(&mut text).await.expect("loopback works");
        Url::parse(&text).unwrap_or_else(|error| panic!("{text:?} is no address: {error}"))
    }
}
