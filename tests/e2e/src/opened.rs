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
    pub(crate) async fn listen() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        Self { listener, address }
    }

    /// The program `xdg-open`: tells its argument to the listener.
    pub(crate) fn opener(&self) -> String {
        format!("#!/bin/bash\nprintf '%s' \"$1\" > /dev/tcp/127.0.0.1/{}\n", self.address.port())
    }

    /// The next address; waits for it.
    ///
    /// # Panics
    /// When none comes, or what comes is not an address.
    pub async fn next(&self) -> Url {
        let told = timeout(PATIENCE, async {
            let (mut stream, _) = self.listener.accept().await?;
            let mut text = String::new();
            stream.read_to_string(&mut text).await?;
            Ok::<_, std::io::Error>(text)
        });
        let text = told.await.expect("the app opens the browser in time").expect("loopback works");
        Url::parse(&text).expect("the desktop is asked to open a whole address")
    }
}
