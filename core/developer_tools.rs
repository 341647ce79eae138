//! The developer's own tools: how the Azure CLI is run.

use std::ffi::OsStr;
use std::io;
use std::process::{Output, Stdio};
use std::time::Duration;

use async_trait::async_trait;
use azure_identity::Executor;
use tokio::io::{AsyncRead, AsyncReadExt};

/// A tool that takes longer is broken, or asks something that nobody sees.
const LIMIT: Duration = Duration::from_secs(20);
const OUTPUT_LIMIT: u64 = 1024 * 1024;

/// Runs a tool without a window, without input, for at most 20 s and 1 MB of output.
#[derive(Debug)]
pub struct HiddenProcess;

#[async_trait]
impl Executor for HiddenProcess {
    async fn run(&self, program: &OsStr, arguments: &[&OsStr]) -> io::Result<Output> {
        let mut command = tokio::process::Command::new(program);
        command
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        hide_window(&mut command);
        tokio::time::timeout(LIMIT, collect(command)).await.unwrap_or_else(|_| {
            Err(io::Error::new(io::ErrorKind::TimedOut, "it gave no answer in 20 seconds"))
        })
    }
}

async fn collect(mut command: tokio::process::Command) -> io::Result<Output> {
    let mut child = command.spawn()?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let (stdout, stderr, status) = tokio::join!(read(stdout), read(stderr), child.wait());
    Ok(Output { status: status?, stdout: stdout?, stderr: stderr? })
}

async fn read(pipe: Option<impl AsyncRead + Unpin>) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(pipe) = pipe {
        pipe.take(OUTPUT_LIMIT).read_to_end(&mut bytes).await?;
    }
    Ok(bytes)
}

#[cfg(windows)]
fn hide_window(command: &mut tokio::process::Command) {
    const CREATE_NO_WINDOW: u32 = 0x0800_0000;
    command.creation_flags(CREATE_NO_WINDOW);
}

#[cfg(not(windows))]
fn hide_window(_: &mut tokio::process::Command) {}

/// A machine without the developer's tools: practice Azure has no `az`.
#[derive(Debug)]
pub struct NoTools;

#[async_trait]
impl Executor for NoTools {
    async fn run(&self, _: &OsStr, _: &[&OsStr]) -> io::Result<Output> {
        Err(io::Error::new(io::ErrorKind::NotFound, "practice Azure has no tools"))
    }
}
