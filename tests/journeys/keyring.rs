//! A real Secret Service for a journey: a bus of its own, GNOME's keyring on it, and a home.
//!
//! The bus starts nothing by itself: what is there is what the journey put there.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::StreamExt as _;
use keyless::secrets::{OsStore, SecretServiceEntries};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use zbus::fdo::DBusProxy;
use zbus::zvariant::{ObjectPath, OwnedObjectPath, OwnedValue, Value};

const SERVICE: &str = "org.freedesktop.secrets";
const PATH: &str = "/org/freedesktop/secrets";
const INTERFACE: &str = "org.freedesktop.Secret.Service";
const LOGIN: &str = "/org/freedesktop/secrets/collection/login";
const PROMPTER: &str = "org.gnome.keyring.SystemPrompter";
const PASSWORD: &str = "a password";
/// Anything that takes longer is broken.
const STUCK: Duration = Duration::from_secs(30);

/// A bus, and a keyring on it as soon as one is started.
pub struct Keyring {
    home: TempDir,
    address: String,
    connection: zbus::Connection,
    daemon: Option<Program>,
    _bus: Program,
}

impl Keyring {
    /// A bus on which nobody keeps secrets.
    pub async fn absent() -> Self {
        let home = tempfile::tempdir().expect("a temporary folder");
        let config = home.path().join("bus.conf");
        let socket = home.path().join("bus");
        let text = format!(
            "<busconfig><type>session</type><listen>unix:path={}</listen>\
             <policy context=\"default\"><allow send_destination=\"*\"/>\
             <allow receive_sender=\"*\"/><allow own=\"*\"/></policy></busconfig>",
            socket.display()
        );
        std::fs::write(&config, text).expect("the folder is ours");
        let mut command = Command::new("dbus-daemon");
        command.arg("--config-file").arg(&config).args(["--nofork", "--print-address"]);
        let mut bus = Program::start(command.stdout(Stdio::piped()).stderr(Stdio::null()));
        let mut address = String::new();
        let output = bus.0.stdout.take().expect("the output was piped");
        BufReader::new(output).read_line(&mut address).expect("the bus tells its address");
        let address = address.trim().to_owned();
        let connection = zbus::connection::Builder::address(address.as_str())
            .expect("the address of the bus")
            .build()
            .await
            .expect("the bus takes everyone");
        Keyring { home, address, connection, daemon: None, _bus: bus }
    }

    /// A keyring that was unlocked when the person signed in to the computer.
    pub async fn open() -> Self {
        let mut keyring = Keyring::absent().await;
        keyring.start(true).await;
        keyring
    }

    /// Starts the daemon; without the password, what is there stays locked.
    pub async fn start(&mut self, unlocked: bool) {
        let proxy = DBusProxy::new(&self.connection).await.expect("the bus answers");
        let mut changes = proxy
            .receive_name_owner_changed_with_args(&[(0, SERVICE)])
            .await
            .expect("the bus tells changes");
        let mut command = Command::new("gnome-keyring-daemon");
        command.args(["--foreground", "--components=secrets"]);
        command.args(unlocked.then_some("--unlock"));
        self.lend_to(&mut command).stdin(Stdio::piped()).stdout(Stdio::null());
        let mut daemon = Program::start(command.stderr(Stdio::null()));
        let mut input = daemon.0.stdin.take().expect("the input was piped");
        if unlocked {
            input.write_all(PASSWORD.as_bytes()).expect("the keyring takes its password");
        }
        drop(input);
        self.daemon = Some(daemon);
        let change = tokio::time::timeout(STUCK, changes.next()).await;
        change.expect("the keyring comes up in time").expect("the bus goes on");
    }

    /// Ends the daemon; what it kept stays in its home.
    pub async fn stop(&mut self) {
        let proxy = DBusProxy::new(&self.connection).await.expect("the bus answers");
        let mut changes = proxy
            .receive_name_owner_changed_with_args(&[(0, SERVICE)])
            .await
            .expect("the bus tells changes");
        self.daemon = None;
        let change = tokio::time::timeout(STUCK, changes.next()).await;
        change.expect("the keyring goes in time").expect("the bus goes on");
    }

    /// The daemon is there and answers nobody.
    pub fn freeze(&self) {
        self.signal(Signal::STOP);
    }

    /// The daemon answers again.
    pub fn thaw(&self) {
        self.signal(Signal::CONT);
    }

    /// Locks the keyring, as a screen saver or the person does.
    pub async fn lock(&self) {
        let paths = vec![ObjectPath::try_from(LOGIN).expect("a path")];
        self.connection
            .call_method(Some(SERVICE), PATH, Some(INTERFACE), "Lock", &(paths,))
            .await
            .expect("the keyring locks");
    }

    /// Unlocks the keyring as its own programs do once the person typed the password.
    pub async fn unlock(&self) {
        let answer = self
            .connection
            .call_method(
                Some(SERVICE),
                PATH,
                Some(INTERFACE),
                "OpenSession",
                &("plain", Value::from("")),
            )
            .await
            .expect("a session");
        let (_, session): (OwnedValue, OwnedObjectPath) =
            answer.body().deserialize().expect("the answer of OpenSession");
        let password = (session, Vec::<u8>::new(), PASSWORD.as_bytes(), "text/plain");
        let login = ObjectPath::try_from(LOGIN).expect("a path");
        let internal = "org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface";
        self.connection
            .call_method(
                Some(SERVICE),
                PATH,
                Some(internal),
                "UnlockWithMasterPassword",
                &(login, password),
            )
            .await
            .expect("the password is right");
    }

    /// Takes the place of the window that asks for the password, and answers nothing. Tells how
    /// often it was asked.
    pub async fn hang_prompts(&self) -> Arc<AtomicUsize> {
        let asked = Arc::new(AtomicUsize::new(0));
        let server = self.connection.object_server();
        server
            .at("/org/gnome/keyring/Prompter", Prompter(asked.clone()))
            .await
            .expect("the path is free");
        self.connection.request_name(PROMPTER).await.expect("the name is free");
        asked
    }

    /// The names and labels of what is kept.
    pub async fn items(&self) -> Vec<OwnedObjectPath> {
        let all = HashMap::<&str, &str>::from([("service", "keyless-test")]);
        let answer = self
            .connection
            .call_method(Some(SERVICE), PATH, Some(INTERFACE), "SearchItems", &(all,))
            .await
            .expect("the keyring answers");
        let (mut unlocked, locked): (Vec<OwnedObjectPath>, Vec<OwnedObjectPath>) =
            answer.body().deserialize().expect("the answer of SearchItems");
        unlocked.extend(locked);
        unlocked
    }

    /// The store of Keyless over this keyring.
    pub fn store(&self, time_limit: Duration, prompt_limit: Duration) -> Arc<OsStore> {
        let entries = SecretServiceEntries::new("keyless-test", prompt_limit).on_bus(&self.address);
        Arc::new(OsStore::over(Arc::new(entries), "account", time_limit))
    }

    fn lend_to<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        let home = self.home.path();
        command
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY")
            .env_remove("XDG_DATA_HOME")
            .env("HOME", home)
            .env("XDG_RUNTIME_DIR", home)
            .env("DBUS_SESSION_BUS_ADDRESS", &self.address)
    }

    fn signal(&self, signal: Signal) {
        let daemon = self.daemon.as_ref().expect("the daemon was started");
        kill_process(Pid::from_child(&daemon.0), signal).expect("the daemon runs");
    }
}

/// The window of GNOME that asks for passwords (`org.gnome.keyring.internal.Prompter`).
struct Prompter(Arc<AtomicUsize>);

#[zbus::interface(name = "org.gnome.keyring.internal.Prompter")]
impl Prompter {
    async fn begin_prompting(&self, _callback: ObjectPath<'_>) {
        self.0.fetch_add(1, Ordering::SeqCst);
        std::future::pending::<()>().await;
    }
}

/// Ends with the journey.
struct Program(Child);

impl Program {
    fn start(command: &mut Command) -> Self {
        let child = command.spawn();
        Program(
            child.expect(
                "dbus-daemon and gnome-keyring are installed (Debian: dbus, gnome-keyring)",
            ),
        )
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself; there is nobody to tell.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
