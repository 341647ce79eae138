//! What bash hands on, asked of bash itself.

use std::io::Write;
use std::process::{Command, Stdio};

/// No program is found and nothing is written, whatever a text says; `az` tells what it is given.
const PROLOGUE: &str = r#"PATH=
set -r
az() { printf '%s\0' call "$#" az "$@"; }
"#;

/// The calls that each of these texts makes, and `$VARIABLE` behind each.
///
/// # Errors
/// Where bash cannot be started, or does something else.
pub fn calls(texts: &[&str]) -> Result<Vec<Vec<Vec<String>>>, String> {
    let script = texts
        .iter()
        .fold(PROLOGUE.to_owned(), |script, text| script + text + "\nprintf '%s\\0' next\n");
    let output = run(script)?;
    let mut pieces = output.split_terminator('\0');
    let (mut all, mut calls) = (Vec::new(), Vec::new());
    while let Some(piece) = pieces.next() {
        match piece {
            "next" => all.push(std::mem::take(&mut calls)),
            "call" => {
                let count = pieces.next().and_then(|count| count.parse::<usize>().ok());
                let count = count.ok_or("no count")?;
                calls.push(pieces.by_ref().take(count + 1).map(str::to_owned).collect());
            }
            other => return Err(format!("bash says {other}")),
        }
    }
    Ok(all)
}

/// The value that this text gives to a variable.
///
/// # Errors
/// Where bash cannot be started, or does something else.
pub fn variable(text: &str, name: &str) -> Result<String, String> {
    let output = run(format!("{PROLOGUE}{text}\nprintf '%s\\0' \"${name}\"\n"))?;
    Ok(output.strip_suffix('\0').ok_or("nothing is said")?.to_owned())
}

fn run(script: String) -> Result<String, String> {
    let mut bash = Command::new("bash");
    bash.args(["--noprofile", "--norc"]).stdin(Stdio::piped());
    bash.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut bash = bash.spawn().map_err(|error| format!("bash: {error}"))?;
    let mut input = bash.stdin.take().ok_or("no way in")?;
    // What bash answers meanwhile is read by `wait_with_output`.
    let writing = std::thread::spawn(move || input.write_all(script.as_bytes()));
    let output = bash.wait_with_output().map_err(|error| error.to_string())?;
    let written = writing.join().map_err(|_| "the writer ended".to_owned())?;
    written.map_err(|error| error.to_string())?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    match complaint.is_empty() {
        true => String::from_utf8(output.stdout).map_err(|error| error.to_string()),
        false => Err(format!("bash: {complaint}")),
    }
}
