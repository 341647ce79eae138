//! Azure CLI: one command at a time, as a person types it.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::opened::OpenedAddresses;

/// The program, with the folder in which it remembers who signed in.
#[derive(Debug)]
pub struct AzureCli {
    program: PathBuf,
    folder: PathBuf,
    browser: PathBuf,
}

/// What a command left.
#[derive(Debug)]
pub struct Output {
    /// The exit code.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Output {
    fn of(output: &std::process::Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Standard output as JSON, of a command that succeeded.
    pub fn json(&self) -> Value {
        self.succeeded();
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error} in {}", self.out))
    }

    /// Fails unless the command succeeded.
    pub fn succeeded(&self) {
        assert_eq!(self.code, 0, "az failed: {}{}", self.out, self.err);
    }

    /// Fails unless the command failed and said this.
    pub fn failed_with(&self, text: &str) {
        assert_ne!(self.code, 0, "az succeeded: {}", self.out);
        assert!(self.err.contains(text), "az said something else than {text:?}: {}", self.err);
    }
}

impl AzureCli {
    /// The program at this path; `AZURE_CONFIG_DIR` says where it remembers.
    pub fn new(program: PathBuf, opened: &OpenedAddresses) -> Result<Self, String> {
        let folder = std::env::var_os("AZURE_CONFIG_DIR").ok_or("AZURE_CONFIG_DIR is not set")?;
        Ok(Self { program, folder: folder.into(), browser: opened.program() })
    }

    /// Runs a command to its end.
    pub async fn run(&self, words: &[&str]) -> Output {
        Output::of(&self.command(words).output().await.expect("az is installed"))
    }

    /// Runs a line in bash, as somebody does who has copied it.
    pub async fn run_line(&self, line: &str) -> Output {
        let mut command = Command::new("bash");
        command.args(["-c", line]).env("PATH", self.path()).kill_on_drop(true);
        let output = command.stdin(Stdio::null()).output().await.expect("bash is there");
        Output::of(&output)
    }

    /// A `PATH` that has the program under the name that people know.
    pub fn path(&self) -> OsString {
        let folder = self.folder.join("path");
        let link = folder.join("az");
        if !link.exists() {
            fs::create_dir_all(&folder).expect("the folder of the tool can be written to");
            let script = format!("#!/bin/sh\nexec '{}' \"$@\"\n", self.program.display());
            fs::write(&link, script).expect("the script is new");
            let may_run = fs::Permissions::from_mode(0o755);
            fs::set_permissions(&link, may_run).expect("the script is ours");
        }
        let mut path = folder.into_os_string();
        path.push(":/usr/bin:/bin");
        path
    }

    /// Starts a command that needs a person before it ends.
    pub fn start(&self, words: &[&str]) -> Running {
        let mut child = self.command(words).spawn().expect("az is installed");
        let errors = child.stderr.take().expect("standard error is a pipe");
        Running { child, errors: BufReader::new(errors).lines(), said: String::new() }
    }

    /// Forgets who signed in, and keeps what only saves time.
    pub fn forget(&self) -> io::Result<()> {
        let is_memory = |path: &Path| {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            ["msal_", "azureProfile", "service_principal"].iter().any(|part| name.starts_with(part))
        };
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            if is_memory(&path) {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(words).env("BROWSER", &self.browser).kill_on_drop(true);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }
}

/// A command that is under way.
#[derive(Debug)]
pub struct Running {
    child: Child,
    errors: tokio::io::Lines<BufReader<tokio::process::ChildStderr>>,
    said: String,
}

impl Running {
    /// The next line of standard error that has this in it.
    pub async fn says(&mut self, text: &str) -> String {
        while let Ok(Some(line)) = self.errors.next_line().await {
            self.said.push_str(&line);
            self.said.push('\n');
            if line.contains(text) {
                return line;
            }
        }
        panic!("az never said {text:?}: {}", self.said);
    }

    /// Waits for the end.
    pub async fn end(mut self) -> Output {
        let rest = async {
            let mut rest = String::new();
            while let Ok(Some(line)) = self.errors.next_line().await {
                rest.push_str(&line);
                rest.push('\n');
            }
            rest
        };
        let (output, rest) = tokio::join!(self.child.wait_with_output(), rest);
        let output = output.expect("az ends");
        Output {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: self.said + &rest,
        }
    }
}
