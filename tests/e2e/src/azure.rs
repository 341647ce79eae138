//! Practice Azure under the real names of its services, as `cargo xtask hosts` starts it.

use std::env;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;

use serde_json::Value;
use tokio::sync::{Mutex, MutexGuard};
use url::Url;

/// There is one for all journeys: they take turns.
static TURN: Mutex<()> = Mutex::const_new(());

/// The running simulator, in a scenario from its beginning.
#[derive(Debug)]
pub struct Azure {
    control: Url,
    /// The certificate of the authority that its names are signed by.
    pub certificate: PathBuf,
    _turn: MutexGuard<'static, ()>,
}

impl Azure {
    /// Waits for its turn and starts this scenario: a name, or the whole of one.
    ///
    /// # Panics
    /// When this is not run inside of `cargo xtask hosts`.
    pub async fn begin(scenario: &Value) -> Self {
        let turn = TURN.lock().await;
        let line = env::var("AZURE_SIMULATOR");
        let line = line.expect("these journeys run in `cargo xtask test --only e2e`");
        let line: Value = serde_json::from_str(&line).expect("the simulator prints JSON");
        let control = line["control"].as_str().and_then(|text| Url::parse(text).ok());
        let certificate = env::var_os("SSL_CERT_FILE").expect("it is said what to trust");
        let control = control.expect("the simulator names its control address");
        let azure = Self { control, certificate: certificate.into(), _turn: turn };
        let answer = azure.ask("POST", "scenario", &scenario.to_string());
        assert!(answer.starts_with("HTTP/1.1 200"), "the scenario begins: {answer}");
        azure
    }

    /// How often the operation was asked for, whatever came of it.
    ///
    /// # Panics
    /// When Azure was asked for something that it does not know.
    pub fn count(&self, operation: &str) -> usize {
        let answer = self.ask("GET", "history", "");
        let (_, body) = answer.split_once("\r\n\r\n").expect("an answer has a body");
        let history: Vec<Value> = serde_json::from_str(body).expect("the history is a list");
        let unknown = history.iter().find(|entry| entry["unknown"] == true);
        assert_eq!(unknown, None, "Azure knows every request");
        history.iter().filter(|entry| entry["operation"] == operation).count()
    }

    fn ask(&self, method: &str, route: &str, body: &str) -> String {
        let address = self.control.socket_addrs(|| None).expect("it is on loopback");
        let mut stream = TcpStream::connect(&*address).expect("the simulator runs");
        let path = format!("{}/{route}", self.control.path().trim_end_matches('/'));
        let (host, length) = (self.control.authority(), body.len());
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\
             content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        stream.write_all(request.as_bytes()).expect("the simulator listens");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("the simulator answers");
        answer
    }
}
