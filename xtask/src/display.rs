//! A virtual display (Xvfb) for windows that nobody looks at.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use crate::Outcome;
use crate::process::{command, find_program, say};

/// A running X server; it ends with this value.
#[derive(Debug)]
pub struct Display {
    server: Child,
    name: String,
}

impl Display {
    /// Starts an X server on the first free display.
    pub fn start() -> Outcome<Self> {
        let mut server = server_command()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("Xvfb did not start: {error}"))?;
        let mut number = String::new();
        if let Some(output) = server.stdout.take() {
            BufReader::new(output)
                .read_line(&mut number)
                .map_err(|error| format!("Xvfb does not tell its display: {error}"))?;
        }
        let display = Self { server, name: format!(":{}", number.trim()) };
        if number.trim().is_empty() {
            return Err("Xvfb ended before it had a display".to_owned());
        }
        say(&format!("Virtual display {}", display.name));
        Ok(display)
    }

    /// Lets the command, and what it starts, open windows here and nowhere else.
    pub fn lend_to<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.env("DISPLAY", &self.name).env("GDK_BACKEND", "x11");
        command.env_remove("WAYLAND_DISPLAY").env_remove("XAUTHORITY")
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        // It may have ended by itself; there is nobody to tell.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn server_command() -> Command {
    let server = ["Xvfb", "-displayfd", "1", "-screen", "0", "1280x1024x24", "-nolisten", "tcp"];
    if find_program("setpriv").is_some() {
        // The server does not outlive this program, however it ends.
        return command("setpriv", &[&["--pdeathsig", "TERM"], &server[..]].concat());
    }
    command(server[0], &server[1..])
}
