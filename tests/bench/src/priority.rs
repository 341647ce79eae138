//! Priority over the machine's other programs while something is measured.
//!
//! Linux schedules by session first (`sched(7)`, "The autogroup feature"): a nice value says nothing
//! to the programs of another session, its autogroup's does.

use std::ffi::OsString;
use std::fs;
use std::process::{Command, ExitCode};

const FILE: &str = "/proc/self/autogroup";
/// Of -20, the most, to 19.
const MOST: i32 = -15;

/// This session goes first, and goes back to its place with this value.
pub struct Priority {
    before: i32,
}

impl Priority {
    /// None where the system does not grant it, which it does to administrators.
    pub fn take() -> Option<Self> {
        let before = read_nice(&fs::read_to_string(FILE).ok()?)?;
        fs::write(FILE, MOST.to_string()).ok()?;
        Some(Self { before })
    }
}

impl Drop for Priority {
    fn drop(&mut self) {
        if let Err(error) = fs::write(FILE, self.before.to_string()) {
            eprintln!("bench: this session keeps its priority: {error}");
        }
    }
}

/// Runs this command with priority; the exit code is the command's. Namespaces of a user's own do not
/// grant it to what is in them.
pub fn run_first(words: Vec<OsString>) -> ExitCode {
    let _priority = Priority::take();
    let status = match words.split_first() {
        Some((program, arguments)) => Command::new(program).args(arguments).status(),
        None => Err(std::io::ErrorKind::InvalidInput.into()),
    };
    match status {
        Ok(status) => {
            ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
        }
        Err(error) => {
            eprintln!("bench: {words:?} did not start: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The number at the end of `/autogroup-25 nice 0`.
fn read_nice(text: &str) -> Option<i32> {
    text.trim().rsplit_once(' ')?.1.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_first_ends_as_it_ends_otherwise() {
        let run = |line: &str| run_first(["sh", "-c", line].map(OsString::from).into());
        assert_eq!(run("exit 3"), ExitCode::from(3));
        assert_eq!(run("true"), ExitCode::SUCCESS);
        assert_eq!(run_first(Vec::new()), ExitCode::FAILURE, "nothing is no command");
    }

    #[test]
    fn the_place_to_go_back_to_is_read() {
        assert_eq!(read_nice("/autogroup-25 nice -3\n"), Some(-3));
        assert_eq!(read_nice(""), None, "a kernel without the feature");
    }
}
