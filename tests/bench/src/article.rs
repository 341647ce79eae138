//! The article's way: `az login`, its two commands, two variables and its sample in Python, as a
//! person would type them.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use time::OffsetDateTime;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;
use tokio::process::Command;

use crate::Trouble;
use crate::person::{Effort, sign_in};

const SAMPLE: &str = include_str!("../peer/sample.py");
const SCOPE: &str =
    "/subscriptions/04a91150-4b4d-434b-9a09-43e90cc8f48f/resourceGroups/rg-openai-dev";
const ENDPOINT: &str = "https://contoso-chat-dev.openai.azure.com";
const API_VERSION: &str = "2024-10-21";
/// A command that takes longer is broken.
const STUCK: Duration = Duration::from_secs(120);

/// How far somebody came who did what the article says.
pub struct Walked {
    /// From the first command to the end of the sample, less the time in the browser.
    pub wall: Duration,
    /// What was typed or pasted into the terminal, the sample not counted.
    pub typed: usize,
    /// Buttons that were pressed in the browser.
    pub clicks: usize,
    /// How the sample ended, and what it said.
    pub sample: Output,
    /// When it ended.
    pub ended: OffsetDateTime,
}

/// Walks the article's way once, from its first command to its sample, without a pause.
pub async fn walk(terminal: &Terminal) -> Result<Walked, Trouble> {
    terminal.forget()?;
    let started = Instant::now();
    let mut typed = Typed::default();
    let effort = terminal.sign_in(typed.line("az login")).await?;
    let line = typed.line("az ad signed-in-user show --query id -o tsv");
    let identity = terminal.run(line).await?;
    let line = format!(
        "az role assignment create --role 'Cognitive Services OpenAI User' --assignee '{}' \
         --scope '{SCOPE}'",
        identity.trim()
    );
    terminal.run(typed.line(&line)).await?;
    typed.line(&format!("export AZURE_OPENAI_ENDPOINT={ENDPOINT}"));
    typed.line(&format!("export AZURE_OPENAI_VERSION={API_VERSION}"));
    let sample = terminal.end(typed.line("python sample.py")).await?;
    Ok(Walked {
        wall: started.elapsed().saturating_sub(effort.time),
        typed: typed.0,
        clicks: effort.clicks,
        sample,
        ended: OffsetDateTime::now_utc(),
    })
}

/// How many characters of code the sample adds to what is typed.
pub fn sample_length() -> usize {
    SAMPLE.chars().count()
}

/// How many characters were typed, with the Enter of each line.
#[derive(Default)]
struct Typed(usize);

impl Typed {
    fn line<'l>(&mut self, line: &'l str) -> &'l str {
        self.0 += line.chars().count() + 1;
        line
    }
}

/// A shell in which `az` and `python` are the pinned ones, with a browser that is played.
pub struct Terminal {
    folder: TempDir,
    path: String,
    listener: TcpListener,
}

impl Terminal {
    /// Opens one in a folder of its own.
    pub fn open(az: &Path, python: &Path) -> Result<Self, Trouble> {
        let folder = tempfile::tempdir()?;
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let port = listener.local_addr()?.port();
        fs::create_dir(folder.path().join("azure"))?;
        fs::write(folder.path().join("sample.py"), SAMPLE)?;
        // It must return at once: Azure CLI waits for it, and listens only then.
        write_program(
            &folder.path().join("browser"),
            &format!("#!/bin/bash\nprintf '%s' \"$1\" > /dev/tcp/127.0.0.1/{port}\n"),
        )?;
        for (name, program) in [("az", az), ("python", python)] {
            let script = format!("#!/bin/sh\nexec '{}' \"$@\"\n", program.display());
            write_program(&folder.path().join(name), &script)?;
        }
        let path = std::env::var("PATH").unwrap_or_default();
        let path = format!("{}:{path}", folder.path().display());
        Ok(Self { folder, path, listener: TcpListener::from_std(listener)? })
    }

    /// Forgets who signed in, and keeps what only saves time.
    fn forget(&self) -> io::Result<()> {
        for entry in fs::read_dir(self.folder.path().join("azure"))? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let memory = ["msal_", "azureProfile", "service_principal"];
            if memory.iter().any(|part| name.starts_with(part)) {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }

    /// Runs a command that signs in with the browser.
    async fn sign_in(&self, line: &str) -> Result<Effort, Trouble> {
        let spent = Arc::new(Mutex::new(Effort::default()));
        let browse = async {
            let (mut stream, _) = self.listener.accept().await?;
            let mut address = String::new();
            stream.read_to_string(&mut address).await?;
            let tell = |effort| *spent.lock().unwrap_or_else(PoisonError::into_inner) = effort;
            sign_in(&address, tell).await
        };
        let (output, browsed) = tokio::join!(self.run(line), browse);
        browsed?;
        output?;
        let effort = *spent.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(effort)
    }

    /// Runs a line to its end and returns its standard output.
    async fn run(&self, line: &str) -> Result<String, Trouble> {
        let output = self.end(line).await?;
        if !output.status.success() {
            let errors = String::from_utf8_lossy(&output.stderr);
            return Err(format!("`{line}` failed: {errors}").into());
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Runs a line to its end, whatever that is.
    async fn end(&self, line: &str) -> Result<Output, Trouble> {
        let run = self.command(line).output();
        let output = tokio::time::timeout(STUCK, run).await;
        Ok(output.map_err(|_| format!("`{line}` does not end"))??)
    }

    fn command(&self, line: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", line]).current_dir(self.folder.path()).kill_on_drop(true);
        command
            .env("PATH", &self.path)
            .env("BROWSER", self.folder.path().join("browser"))
            .env("AZURE_CONFIG_DIR", self.folder.path().join("azure"))
            .env("AZURE_OPENAI_ENDPOINT", ENDPOINT)
            .env("AZURE_OPENAI_VERSION", API_VERSION);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }
}

fn write_program(file: &PathBuf, text: &str) -> io::Result<()> {
    fs::write(file, text)?;
    fs::set_permissions(file, fs::Permissions::from_mode(0o755))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_counted_with_its_enter() {
        let mut typed = Typed::default();
        assert_eq!(typed.line("az login"), "az login", "the line is run as it was typed");
        assert_eq!(typed.0, 9);
    }

    #[tokio::test]
    async fn a_line_that_fails_is_told_with_its_reason() {
        let nothing = Path::new("/bin/true");
        let terminal = Terminal::open(nothing, nothing).expect("a temporary folder");
        let reason = terminal.run("echo no such role >&2; exit 3").await.expect_err("it failed");
        assert!(reason.to_string().contains("no such role"), "{reason}");
        assert_eq!(terminal.run("echo done").await.expect("it succeeds"), "done\n");
    }
}
