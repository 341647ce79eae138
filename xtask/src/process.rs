//! Programs that the commands start, and what a person sees of them.

use std::ffi::{OsStr, OsString};
use std::io::{self, BufRead, BufReader, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;
use std::{env, thread};

use crate::Outcome;

/// How long a program's output may stay silent after its end. What it left behind may hold the
/// pipe open for ever.
const SILENCE_AFTER_END: Duration = Duration::from_millis(500);

/// Tells the person what happens next.
pub fn say(text: &str) {
    println!("==> {text}");
}

/// The root of the repository.
pub fn repository() -> PathBuf {
    // Cargo says where it runs from; a target folder that several checkouts share may hold a
    // program that was built in another one.
    let built_in = || OsString::from(env!("CARGO_MANIFEST_DIR"));
    let xtask = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(built_in));
    xtask.parent().unwrap_or(&xtask).to_path_buf()
}

/// The folder that cargo builds into.
pub fn target_folder() -> PathBuf {
    match env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => repository().join(folder),
        None => repository().join("target"),
    }
}

/// The folder outside the repository that keeps fetched tools from one run to the next.
pub fn cache_folder() -> Outcome<PathBuf> {
    let (variable, below) = if cfg!(windows) {
        ("LOCALAPPDATA", "")
    } else if cfg!(target_os = "macos") {
        ("HOME", "Library/Caches")
    } else if env::var_os("XDG_CACHE_HOME").is_some_and(|folder| Path::new(&folder).is_absolute()) {
        ("XDG_CACHE_HOME", "")
    } else {
        ("HOME", ".cache")
    };
    match env::var_os(variable) {
        Some(base) => Ok(PathBuf::from(base).join(below).join("keyless-xtask")),
        None => Err(format!("{variable} is not set, so there is no cache folder")),
    }
}

/// A command in the root of the repository.
pub fn command(program: impl AsRef<OsStr>, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(repository());
    command
}

/// The cargo that runs this program.
pub fn cargo(arguments: &[&str]) -> Command {
    command(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()), arguments)
}

/// The command as a person would type it.
pub fn describe(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let program = program.file_stem().unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args());
    words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}

/// Says the command, runs it on this terminal and waits for its end. Without success it is an
/// error.
pub fn run(command: &mut Command) -> Outcome {
    let name = describe(command);
    say(&name);
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{name}` failed ({status})")),
        Err(error) => Err(format!("`{name}` did not start: {error}")),
    }
}

/// Runs the command and returns its standard output; its standard error goes to this terminal.
pub fn read_output(command: &mut Command) -> Outcome<String> {
    let name = describe(command);
    let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output();
    match output {
        Ok(output) if output.status.success() => {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        }
        Ok(output) => Err(format!("`{name}` failed ({})", output.status)),
        Err(error) => Err(format!("`{name}` did not start: {error}")),
    }
}

/// Whether the command succeeds; its output is dropped.
pub fn succeeds(command: &mut Command) -> bool {
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

/// Runs the command, shows its output line by line as it comes, hands each line to `look`, and
/// returns whether the command succeeded.
pub fn stream(command: &mut Command, mut look: impl FnMut(&str)) -> Outcome<bool> {
    let name = describe(command);
    say(&name);
    let lost = |error: io::Error| format!("`{name}` did not start: {error}");
    // One pipe for both streams keeps their lines in order.
    let (reader, writer) = io::pipe().map_err(lost)?;
    let error_writer = writer.try_clone().map_err(lost)?;
    command.stdin(Stdio::null()).stdout(writer).stderr(error_writer);
    let colour = if wants_colour() { "always" } else { "never" };
    let mut child = command.env("CARGO_TERM_COLOR", colour).spawn().map_err(lost)?;
    // The command holds the writing ends; the reader sees no end before they are closed.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    follow_lines(reader, &mut child, |line| {
        show_line(line);
        look(line);
    });
    let status = child.wait().map_err(|error| format!("`{name}` was lost: {error}"))?;
    Ok(status.success())
}

/// Where a program is on PATH.
pub fn find_program(name: &str) -> Option<PathBuf> {
    let name = format!("{name}{}", env::consts::EXE_SUFFIX);
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(&name)).find(|file| file.is_file())
}

/// Whether the colours of a program's output reach a person.
fn wants_colour() -> bool {
    io::stdout().is_terminal() && env::var_os("NO_COLOR").is_none()
}

fn show_line(line: &str) {
    // A closed standard output (`| head`) is no reason to lose the count.
    let _ = writeln!(io::stdout(), "{line}");
}

/// Hands over every line of `reader` until its end, or until the child has ended and is silent.
fn follow_lines(reader: io::PipeReader, child: &mut Child, mut look: impl FnMut(&str)) {
    let (sender, lines) = mpsc::channel();
    thread::spawn(move || {
        let mut reader = BufReader::new(reader);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
            let text = String::from_utf8_lossy(&line);
            if sender.send(text.trim_end_matches(['\r', '\n']).to_owned()).is_err() {
                return;
            }
            line.clear();
        }
    });
    loop {
        match lines.recv_timeout(SILENCE_AFTER_END) {
            Ok(line) => look(&line),
            Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) => {
                if !matches!(child.try_wait(), Ok(None)) {
                    return;
                }
            }
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn lines_of(script: &str) -> (Outcome<bool>, Vec<String>) {
        let mut lines = Vec::new();
        let outcome = stream(&mut command("sh", &["-c", script]), |line| lines.push(line.into()));
        (outcome, lines)
    }

    #[test]
    fn both_streams_of_a_program_are_read_in_order() {
        let (outcome, lines) = lines_of("echo one; echo two >&2; echo three; exit 3");
        assert_eq!(outcome, Ok(false), "exit code 3 is no success");
        assert_eq!(lines, ["one", "two", "three"], "a failure stands beside its cause");
    }

    #[test]
    fn a_process_left_behind_does_not_hold_up_the_run() {
        let (outcome, lines) = lines_of("sleep 30 & echo pid $!");
        let pid = lines[0].trim_start_matches("pid ").to_owned();
        assert!(succeeds(&mut command("kill", &[&pid])), "the process still ran when we went on");
        assert_eq!(outcome, Ok(true), "the program itself had succeeded");
    }

    #[test]
    fn a_program_that_does_not_exist_is_named() {
        let reason = run(&mut command("no-such-program", &[])).expect_err("it cannot start");
        assert!(reason.contains("no-such-program"), "{reason}");
    }
}
