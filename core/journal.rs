//! The log: what happened, in a file that is renewed each day. It names hosts, codes and ids,
//! never a token, a query or a body.

use std::io;
use std::path::Path;

use tracing_appender::non_blocking::WorkerGuard;
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::EnvFilter;

/// How many days are kept.
const DAYS: usize = 7;

/// Starts to write to `<folder>/logs/keyless.<date>.log`; what is written last reaches the disk
/// when the guard is dropped.
///
/// Fails when the folder cannot be made, and when a log was started before.
pub fn start(folder: &Path) -> io::Result<WorkerGuard> {
    let folder = folder.join("logs");
    std::fs::create_dir_all(&folder)?;
    let appender = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix("keyless")
        .filename_suffix("log")
        .max_log_files(DAYS)
        .build(&folder)
        .map_err(io::Error::other)?;
    let (writer, guard) = tracing_appender::non_blocking(appender);
    // Only our own lines: a library's debug output may hold an address with a code in it.
    let filter = EnvFilter::new("off,keyless=info,keyless_desktop=info");
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(writer)
        .with_ansi(false)
        .try_init()
        .map_err(io::Error::other)?;
    Ok(guard)
}
