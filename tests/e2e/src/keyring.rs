//! A real Secret Service on a D-Bus session of its own.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};
use std::time::Duration;

use tokio::time::{interval, timeout};

use crate::process::Program;
use crate::{Home, PATIENCE};

/// A D-Bus session with an unlocked GNOME keyring; both end with it.
#[derive(Debug)]
pub struct Keyring {
    _keyring: Program,
    _bus: Program,
}

impl Keyring {
    /// Starts a session for this home, and returns when the store answers.
    ///
    /// # Panics
    /// When D-Bus or the keyring is missing.
    pub async fn start(home: &mut Home) -> Self {
        let mut command = Command::new("dbus-daemon");
        command
            .args(["--session", "--nofork", "--print-address"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut bus = Program::start(home.lend_to(&mut command)).expect("dbus-daemon is installed");
        let mut address = String::new();
        let output = bus.child().stdout.take().expect("the output was piped");
        BufReader::new(output).read_line(&mut address).expect("the bus tells its address");
        home.bus = Some(address.trim().to_owned());

        let mut command = Command::new("gnome-keyring-daemon");
        command.args(["--foreground", "--unlock", "--components=secrets"]);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut keyring =
            Program::start(home.lend_to(&mut command)).expect("gnome-keyring is installed");
        let mut input = keyring.child().stdin.take().expect("the input was piped");
        input.write_all(b"a password").expect("the keyring takes its password");
        drop(input);
        timeout(PATIENCE, wait_for_store(home)).await.expect("the store answers in time");
        Self { _keyring: keyring, _bus: bus }
    }
}

async fn wait_for_store(home: &Home) {
    let mut look = interval(Duration::from_millis(50));
    while !has_store(home) {
        look.tick().await;
    }
}

fn has_store(home: &Home) -> bool {
    let mut command = Command::new("dbus-send");
    command.args([
        "--session",
        "--print-reply=literal",
        "--dest=org.freedesktop.DBus",
        "/org/freedesktop/DBus",
        "org.freedesktop.DBus.NameHasOwner",
        "string:org.freedesktop.secrets",
    ]);
    let output = home.lend_to(&mut command).output().expect("dbus-send comes with dbus-daemon");
    String::from_utf8_lossy(&output.stdout).contains("true")
}
