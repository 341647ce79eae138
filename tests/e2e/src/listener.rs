//! A server that nobody should reach, and that counts who does.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;
use tokio::time::{interval, timeout};

use crate::PATIENCE;

const ANSWER: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\
    access-control-allow-origin: *\r\ncontent-length: 23\r\nconnection: close\r\n\r\n\
    <!doctype html><p>hello";

/// Answers everything on a port of loopback, and remembers the paths.
#[derive(Debug)]
pub struct CountingListener {
    address: SocketAddr,
    paths: Arc<Mutex<Vec<String>>>,
    serving: AbortHandle,
}

impl CountingListener {
    /// Starts to listen.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let paths = Arc::default();
        let serving = tokio::spawn(serve(listener, Arc::clone(&paths))).abort_handle();
        Self { address, paths, serving }
    }

    /// An address here.
    pub fn address(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }

    /// The paths that were asked for so far, without the leading slash; a connection that asked
    /// for nothing counts as an empty one.
    pub fn paths(&self) -> Vec<String> {
        self.paths.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether the path is asked for before patience ends.
    pub async fn sees(&self, path: &str) -> bool {
        let mut look = interval(Duration::from_millis(20));
        let seen = async {
            while !self.paths().iter().any(|seen| seen == path) {
                look.tick().await;
            }
        };
        timeout(PATIENCE, seen).await.is_ok()
    }
}

impl Drop for CountingListener {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(listener: TcpListener, paths: Arc<Mutex<Vec<String>>>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(answer(stream, Arc::clone(&paths)));
    }
}

async fn answer(mut stream: TcpStream, paths: Arc<Mutex<Vec<String>>>) {
    let mut line = String::new();
    // A connection is counted whether or not a request follows.
    let _ = BufReader::new(&mut stream).read_line(&mut line).await;
    let target = line.split(' ').nth(1).unwrap_or_default();
    let path = target.split('?').next().unwrap_or_default();
    let path = path.trim_start_matches('/').to_owned();
    paths.lock().unwrap_or_else(PoisonError::into_inner).push(path);
    let _ = stream.write_all(ANSWER.as_bytes()).await;
}
