//! How a tool is run: hidden, for a while, in a family of its own.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::PathBuf;
use std::pin::pin;
use std::process::{Output, Stdio};
use std::time::Duration;

use async_trait::async_trait;
use azure_identity::Executor;
use serde::de::IgnoredAny;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};

/// A tool that takes longer is broken, or asks something that nobody sees.
const LIMIT: Duration = Duration::from_secs(20);
const OUTPUT_LIMIT: usize = 1024 * 1024;
/// What a tool has left running may hold its output open; this long after its end it is waited for.
const GRACE: Duration = Duration::from_millis(500);
/// Switches of the person's shell that make a tool wait, decorate its output or print more than
/// the token.
const SILENCED: &[(&str, Option<&str>)] = &[
    ("AZD_DEBUG", None),
    ("AZURE_CORE_OUTPUT", None),
    ("AZURE_CORE_NO_COLOR", Some("true")),
    ("AZURE_CORE_ONLY_SHOW_ERRORS", Some("true")),
    ("AZD_SKIP_UPDATE_CHECK", Some("true")),
    ("NO_COLOR", Some("1")),
];
/// Where tools are installed that a window started by the desktop does not always find.
#[cfg(not(windows))]
const USUAL_PLACES: &[&str] = &["/usr/local/bin", "/opt/homebrew/bin", "/snap/bin"];
#[cfg(windows)]
const USUAL_PLACES: &[&str] = &[];

/// Runs a tool without a window, without input, for at most 20 s and 1 MB of output.
///
/// One that is stopped takes along whatever it has started; on Windows only itself.
#[derive(Debug)]
pub struct HiddenProcess {
    limit: Duration,
    path: OsString,
}

impl Default for HiddenProcess {
    /// The tools of the person's `PATH`, and those in the usual places.
    fn default() -> Self {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let known = std::env::split_paths(&path).filter(|folder| folder.is_absolute());
        let usual = USUAL_PLACES.iter().map(PathBuf::from);
        // A folder whose name holds the separator cannot come out of a PATH.
        let path = std::env::join_paths(known.chain(usual)).unwrap_or(path);
        HiddenProcess { limit: LIMIT, path }
    }
}

impl HiddenProcess {
    /// The tools of this `PATH` only, each for at most `limit`.
    pub fn on(path: OsString, limit: Duration) -> Self {
        HiddenProcess { limit, path }
    }
}

#[async_trait]
impl Executor for HiddenProcess {
    async fn run(&self, program: &OsStr, arguments: &[&OsStr]) -> io::Result<Output> {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env("PATH", &self.path)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        for (name, value) in SILENCED {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        hide_window(&mut command);
        begin_family(&mut command);
        let mut child = command.spawn()?;
        let family = Family::of(&child);
        let collected = tokio::time::timeout(self.limit, collect(&mut child)).await;
        let mut output = collected.unwrap_or_else(|_| {
            let said = format!("it gave no answer in {} seconds", self.limit.as_secs());
            Err(io::Error::new(io::ErrorKind::TimedOut, said))
        })?;
        family.spare();
        output.stdout = token_within(output.stdout);
        Ok(output)
    }
}

async fn collect(child: &mut Child) -> io::Result<Output> {
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let status = {
        let pipes = (child.stdout.take(), child.stderr.take());
        let mut reading = pin!(async {
            tokio::try_join!(read(pipes.0, &mut stdout), read(pipes.1, &mut stderr))
        });
        let mut read = false;
        let status = loop {
            tokio::select! {
                status = child.wait() => break status?,
                ended = &mut reading, if !read => {
                    ended?;
                    read = true;
                }
            }
        };
        if !read && let Ok(ended) = tokio::time::timeout(GRACE, reading).await {
            ended?;
        }
        status
    };
    Ok(Output { status, stdout, stderr })
}

async fn read(pipe: Option<impl AsyncRead + Unpin>, bytes: &mut Vec<u8>) -> io::Result<()> {
    let Some(mut pipe) = pipe else { return Ok(()) };
    while pipe.read_buf(bytes).await? > 0 {
        if bytes.len() > OUTPUT_LIMIT {
            return Err(io::Error::other("it printed more than 1 MB"));
        }
    }
    Ok(())
}

/// The object with the token, where a warning or a notice stands before or after it.
fn token_within(stdout: Vec<u8>) -> Vec<u8> {
    let mut from = 0;
    while let Some(at) = stdout[from..].iter().position(|byte| *byte == b'{') {
        let rest = &stdout[from + at..];
        let mut objects = serde_json::Deserializer::from_slice(rest).into_iter::<IgnoredAny>();
        match objects.next() {
            Some(Ok(_)) => {
                let object = &rest[..objects.byte_offset()];
                if holds_token(object) {
                    return object.to_vec();
                }
                from += at + object.len();
            }
            _ => from += at + 1,
        }
    }
    stdout
}

fn holds_token(object: &[u8]) -> bool {
    #[derive(serde::Deserialize)]
    struct Keys {
        #[serde(alias = "accessToken")]
        token: Option<IgnoredAny>,
    }
    serde_json::from_slice::<Keys>(object).is_ok_and(|keys| keys.token.is_some())
}

/// A tool and all that it starts, ended together unless it came to its own end.
struct Family {
    #[cfg(unix)]
    group: Option<rustix::process::Pid>,
}

#[cfg(unix)]
impl Family {
    fn of(child: &Child) -> Self {
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        Family { group: id.and_then(rustix::process::Pid::from_raw) }
    }

    fn spare(mut self) {
        self.group = None;
    }
}

#[cfg(unix)]
impl Drop for Family {
    fn drop(&mut self) {
        if let Some(group) = self.group.take() {
            let ended = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
            tracing::info!(ended = ended.is_ok(), "a tool was stopped with all that it started");
        }
    }
}

#[cfg(not(unix))]
impl Family {
    fn of(_: &Child) -> Self {
        Family {}
    }

    fn spare(self) {}
}

#[cfg(unix)]
fn begin_family(command: &mut Command) {
    command.process_group(0);
}

#[cfg(not(unix))]
fn begin_family(_: &mut Command) {}

#[cfg(windows)]
fn hide_window(command: &mut Command) {
    const CREATE_NO_WINDOW: u32 = 0x0800_0000;
    command.creation_flags(CREATE_NO_WINDOW);
}

#[cfg(not(windows))]
fn hide_window(_: &mut Command) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_found_among_notices() {
        let token = r#"{"accessToken":"t","note":"{"}"#;
        for noisy in [
            format!("WARNING: a newer version exists\n{token}\n"),
            format!("\u{1b}[33mdebug {{x}}\u{1b}[0m\n{token}\nbye {{"),
            format!(r#"{{"type":"consoleMessage","data":{{"message":"hm"}}}}{token}"#),
        ] {
            assert_eq!(token_within(noisy.clone().into_bytes()), token.as_bytes(), "{noisy}");
        }
        assert_eq!(token_within(b"no {json".to_vec()), b"no {json");
        assert_eq!(token_within(vec![b'{'; 100_000]).len(), 100_000, "noise costs no time");
    }
}
