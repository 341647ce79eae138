//! A display for the windows: the one that is there, else a virtual one for all tests together.

use std::env;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// The display's name, such as `:99`.
///
/// # Panics
/// When there is neither a display nor Xvfb.
pub fn display() -> &'static str {
    static DISPLAY: OnceLock<String> = OnceLock::new();
    DISPLAY.get_or_init(|| env::var("DISPLAY").unwrap_or_else(|_| start_virtual_display()))
}

/// The server ends by itself when its last window is gone, which is soon after the last test.
fn start_virtual_display() -> String {
    let mut server = Command::new("Xvfb")
        .args([
            "-displayfd",
            "1",
            "-screen",
            "0",
            "1280x1024x24",
            "-nolisten",
            "tcp",
            "-terminate",
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("without a display the journeys need Xvfb");
    let mut number = String::new();
    let output = server.stdout.take().expect("the output was piped");
    BufReader::new(output)
        .read_line(&mut number)
        .expect("Xvfb tells its display");
    format!(":{}", number.trim())
}
