//! A WebDriver server and the one session in it.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::process::Command;
use std::time::Duration;

use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Map, Value};
use tokio::net::TcpStream;
use tokio::time::{interval, timeout};

use crate::PATIENCE;
use crate::process::Program;

/// A driver program with its session; dropping it ends both, and what they started.
#[derive(Debug)]
pub struct Driver {
    /// The session.
    pub client: Client,
    address: SocketAddr,
    session: String,
    _program: Program,
}

impl Driver {
    /// Starts the driver program, which is told its port, and a session with these capabilities.
    ///
    /// # Panics
    /// When the program is missing or the session does not start.
    pub async fn start(command: &mut Command, capabilities: Map<String, Value>) -> Self {
        let address = free_address().expect("loopback has a free port");
        let program = Program::start(command.arg(format!("--port={}", address.port())))
            .expect("the driver is installed");
        timeout(PATIENCE, wait_until_open(address)).await.expect("the driver listens in time");
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://{address}"))
            .await
            .expect("the driver starts a session");
        let session = client.session_id().await.ok().flatten().expect("a session has an id");
        Self { client, address, session, _program: program }
    }
}

impl Drop for Driver {
    /// Asks the driver to end what it drives, and then ends the driver.
    fn drop(&mut self) {
        let request = format!(
            "DELETE /session/{} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n",
            self.session, self.address
        );
        // A driver that is gone already has nothing left to end.
        let _ = end_session(self.address, &request);
    }
}

fn end_session(address: SocketAddr, request: &str) -> io::Result<()> {
    use std::io::{Read as _, Write as _};
    let mut stream = std::net::TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    stream.write_all(request.as_bytes())?;
    // The answer begins when the session has ended; the connection may stay open after it.
    stream.read(&mut [0; 1024]).map(drop)
}

fn free_address() -> io::Result<SocketAddr> {
    TcpListener::bind("127.0.0.1:0")?.local_addr()
}

async fn wait_until_open(address: SocketAddr) {
    let mut look = interval(Duration::from_millis(20));
    while TcpStream::connect(address).await.is_err() {
        look.tick().await;
    }
}
