//! A display for the windows: the one that is there, else a virtual one for all tests together.

use std::env;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::sync::{OnceLock, mpsc};
use std::thread;

/// The display's name, such as `:99`.
///
/// # Panics
/// When there is neither a display nor Xvfb.
pub fn display() -> &'static str {
    static DISPLAY: OnceLock<String> = OnceLock::new();
    DISPLAY.get_or_init(|| env::var("DISPLAY").unwrap_or_else(|_| start_virtual_display()))
}

/// A display that nobody else has.
///
/// The server ends with this process: when the thread that started it does, and that one waits
/// for ever.
pub fn start_virtual_display() -> String {
    let (sender, name) = mpsc::channel();
    thread::spawn(move || {
        let mut server = Command::new("setpriv")
            .args(["--pdeathsig", "TERM", "Xvfb", "-displayfd", "1"])
            .args(["-screen", "0", "1280x1024x24", "-nolisten", "tcp"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("without a display the journeys need Xvfb");
        let mut number = String::new();
        let output = server.stdout.take().expect("the output was piped");
        BufReader::new(output).read_line(&mut number).expect("Xvfb tells its display");
        sender.send(format!(":{}", number.trim())).expect("somebody waits for the display");
        let _ = server.wait();
    });
    name.recv().expect("Xvfb starts")
}
