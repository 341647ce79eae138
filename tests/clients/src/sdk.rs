//! A program that drives the SDKs of one language: one JSON command a line, one answer a line.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::opened::OpenedAddresses;

/// The running program. It keeps credentials from one command to the next.
#[derive(Debug)]
pub struct Sdk {
    _child: Child,
    input: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
    /// Versions of the language and of the libraries, by name.
    pub versions: BTreeMap<String, String>,
}

/// The error that an SDK raised, as an application sees it.
#[derive(Debug)]
pub struct Failure {
    /// The SDK's own type.
    pub kind: String,
    /// The HTTP status, where the SDK tells it; else 0.
    pub status: u64,
    /// The service's code, where the SDK tells it.
    pub code: String,
    /// The SDK's text.
    pub message: String,
}

impl Failure {
    /// Reads the answer's `failure`.
    pub fn read(failure: &Value) -> Self {
        let text = |name: &str| failure[name].as_str().unwrap_or_default().to_owned();
        Self {
            kind: text("type"),
            status: failure["status"].as_u64().unwrap_or_default(),
            code: text("code"),
            message: text("message"),
        }
    }
}

impl Sdk {
    /// Starts the program.
    pub async fn start(program: &Path, opened: &OpenedAddresses) -> Self {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let own = [opened.folder().to_owned(), program.with_file_name("bin")];
        let path = std::env::join_paths(own.into_iter().chain(std::env::split_paths(&path)));
        let mut child = Command::new(program)
            .env("BROWSER", opened.program())
            .env("PATH", path.expect("PATH stays a list of folders"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("{} did not start: {error}", program.display()));
        let (input, output) = (child.stdin.take(), child.stdout.take());
        let output = BufReader::new(output.expect("standard output is a pipe"));
        let mut sdk = Self {
            _child: child,
            input: input.expect("standard input is a pipe"),
            lines: output.lines(),
            versions: BTreeMap::new(),
        };
        let ask = json!({"action": "versions"});
        sdk.send(&ask).await;
        let answer = sdk.finish(&ask).await;
        sdk.versions = serde_json::from_value(answer["versions"].clone()).expect("versions");
        sdk
    }

    /// Sends a command that needs a person before it ends with [`Sdk::finish`].
    pub async fn send(&mut self, order: &Value) {
        let line = format!("{order}\n");
        self.input.write_all(line.as_bytes()).await.expect("the program listens");
        self.input.flush().await.expect("the program listens");
    }

    /// The next line of the program: an event, or the answer.
    pub async fn read(&mut self) -> Value {
        let line = self.lines.next_line().await.expect("the program speaks UTF-8");
        let line = line.expect("the program has not ended");
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error} in {line}"))
    }

    /// The answer to a command that was sent, which must not be a failure.
    pub async fn finish(&mut self, order: &Value) -> Value {
        let answer = self.read().await;
        assert_eq!(answer["done"], true, "the program waits for something: {answer}");
        assert!(answer["failure"].is_null(), "{order} failed: {}", answer["failure"]);
        answer
    }
}
