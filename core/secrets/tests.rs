//! What the store promises: nothing but the old secret, the new one or none is ever read, no call
//! waits for ever, and a secret cannot be printed.

use std::collections::BTreeMap;
use std::sync::{Condvar, MutexGuard};

use super::*;

const ACCOUNT: &str = "account";

/// A store in memory that takes 2,560 bytes an entry, as Windows does, and fails where it is told.
#[derive(Default)]
struct SmallEntries(Mutex<Small>);

#[derive(Default)]
struct Small {
    entries: BTreeMap<String, Vec<u8>>,
    calls: usize,
    fault: Option<Fault>,
}

#[derive(Clone, Copy, Debug)]
enum Fault {
    /// One call fails and does nothing.
    Fails(usize),
    /// One call does its work and then says that it failed.
    FailsLate(usize),
    /// From this call on nothing works.
    Ends(usize),
}

impl SmallEntries {
    fn state(&self) -> MutexGuard<'_, Small> {
        self.0.lock().expect("no test thread panics here")
    }

    fn start(&self, fault: Option<Fault>) {
        let mut state = self.state();
        state.calls = 0;
        state.fault = fault;
    }

    fn call<T>(
        &self,
        work: impl FnOnce(&mut BTreeMap<String, Vec<u8>>) -> Result<T, EntryTrouble>,
    ) -> Result<T, EntryTrouble> {
        let mut state = self.state();
        let call = state.calls;
        state.calls += 1;
        let failed = || EntryTrouble::Store(StoreTrouble::Failed("planted".to_owned()));
        match state.fault {
            Some(Fault::Fails(at)) if call == at => Err(failed()),
            Some(Fault::Ends(at)) if call >= at => Err(failed()),
            Some(Fault::FailsLate(at)) if call == at => {
                work(&mut state.entries).and_then(|_| Err(failed()))
            }
            _ => work(&mut state.entries),
        }
    }
}

impl Entries for SmallEntries {
    fn get(&self, name: &str) -> Result<Option<zeroize::Zeroizing<Vec<u8>>>, EntryTrouble> {
        self.call(|entries| Ok(entries.get(name).cloned().map(zeroize::Zeroizing::new)))
    }

    fn set(&self, name: &str, bytes: &[u8]) -> Result<(), EntryTrouble> {
        self.call(|entries| {
            if bytes.len() > 2560 {
                return Err(EntryTrouble::TooLong);
            }
            entries.insert(name.to_owned(), bytes.to_vec());
            Ok(())
        })
    }

    fn delete(&self, name: &str) -> Result<(), EntryTrouble> {
        self.call(|entries| {
            entries.remove(name);
            Ok(())
        })
    }
}

fn secret(length: usize, letter: char) -> Secret {
    Secret::new(letter.to_string().repeat(length))
}

fn read_text(entries: &SmallEntries) -> Option<String> {
    let secret = chunks::read(entries, ACCOUNT).expect("the store works again");
    secret.map(|secret| secret.expose().to_owned())
}

/// One entry, two chunks, and many: from each to each.
const LENGTHS: [usize; 4] = [0, 100, 3000, 9000];

#[test]
fn a_secret_of_any_length_comes_back() {
    for length in LENGTHS.into_iter().chain([2047, 2048, 2049, 2544, 2545, 4096]) {
        let entries = SmallEntries::default();
        assert_eq!(read_text(&entries), None);
        let new = secret(length, 'n');
        chunks::write(&entries, ACCOUNT, &new).expect("the store works");
        assert_eq!(read_text(&entries).as_deref(), Some(new.expose()), "{length} bytes");
        chunks::remove(&entries, ACCOUNT).expect("the store works");
        assert!(entries.state().entries.is_empty(), "nothing stays behind");
    }
}

#[test]
fn a_write_that_fails_at_any_call_leaves_the_old_secret_the_new_one_or_none() {
    let mut tried = 0;
    for (old, new) in LENGTHS.into_iter().flat_map(|old| LENGTHS.map(|new| (old, new))) {
        let (old, new) = (secret(old, 'o'), secret(new, 'n'));
        for make in [Fault::Fails, Fault::FailsLate, Fault::Ends] {
            for at in 0.. {
                let entries = SmallEntries::default();
                chunks::write(&entries, ACCOUNT, &old).expect("the store works");
                entries.start(Some(make(at)));
                let outcome = chunks::write(&entries, ACCOUNT, &new);
                let calls = entries.state().calls;
                entries.start(None);
                if at >= calls {
                    break;
                }
                tried += 1;
                let text = read_text(&entries);
                let known = [None, Some(old.expose()), Some(new.expose())];
                assert!(known.contains(&text.as_deref()), "{:?}: a mixture was read", make(at));
                if outcome.is_ok() {
                    assert_eq!(text.as_deref(), Some(new.expose()), "{:?}: it said so", make(at));
                }
                chunks::remove(&entries, ACCOUNT).expect("the store works");
                assert!(entries.state().entries.is_empty(), "{:?}: all is forgotten", make(at));
            }
        }
    }
    assert!(tried > 200, "{tried} faults are too few to mean anything");
}

#[test]
fn a_removal_that_fails_at_any_call_can_be_repeated() {
    let old = secret(9000, 'o');
    for make in [Fault::Fails, Fault::FailsLate, Fault::Ends] {
        for at in 0.. {
            let entries = SmallEntries::default();
            chunks::write(&entries, ACCOUNT, &old).expect("the store works");
            entries.start(Some(make(at)));
            let outcome = chunks::remove(&entries, ACCOUNT);
            let calls = entries.state().calls;
            entries.start(None);
            if at >= calls {
                break;
            }
            assert!(outcome.is_err(), "{:?}: a removal that failed says so", make(at));
            let text = read_text(&entries);
            assert!([None, Some(old.expose())].contains(&text.as_deref()), "{:?}", make(at));
            chunks::remove(&entries, ACCOUNT).expect("the store works");
            assert!(entries.state().entries.is_empty(), "{:?}: all is forgotten", make(at));
        }
    }
}

#[test]
fn a_chunk_that_is_missing_or_foreign_reads_as_signed_out() {
    let written = || {
        let entries = SmallEntries::default();
        chunks::write(&entries, ACCOUNT, &secret(9000, 'o')).expect("the store works");
        entries
    };
    let names: Vec<String> = written().state().entries.keys().cloned().collect();
    assert!(names.len() > 4, "a header and several chunks: {names:?}");
    for name in names {
        let missing = written();
        missing.state().entries.remove(&name);
        assert_eq!(read_text(&missing), None, "{name} is missing");
        let foreign = written();
        foreign.state().entries.insert(name.clone(), b"foreign".to_vec());
        assert_eq!(read_text(&foreign), None, "{name} is foreign");
        let binary = written();
        binary.state().entries.insert(name.clone(), b"keyless 1 whole\n\xff".to_vec());
        assert_eq!(read_text(&binary), None, "{name} is not text");
    }
}

#[tokio::test]
async fn a_session_store_forgets_what_it_is_told_to() {
    let store = SessionStore::default();
    assert!(store.read().await.expect("memory does not fail").is_none());
    store.write(&secret(3, 'a')).await.expect("memory does not fail");
    let read = store.read().await.expect("memory does not fail").expect("it was written");
    assert_eq!(read.expose(), "aaa");
    store.remove().await.expect("memory does not fail");
    assert!(store.read().await.expect("memory does not fail").is_none());
}

#[tokio::test]
async fn the_store_of_the_system_reads_what_it_wrote() {
    let entries = Arc::new(SmallEntries::default());
    let store = OsStore::over(entries.clone(), ACCOUNT, TIME_LIMIT);
    store.write(&secret(9000, 'a')).await.expect("the store works");
    let read = store.read().await.expect("the store works").expect("it was written");
    assert_eq!(read.expose(), "a".repeat(9000));
    store.remove().await.expect("the store works");
    assert!(entries.state().entries.is_empty());
    entries.start(Some(Fault::Ends(0)));
    let trouble = store.read().await.expect_err("a fault was planted");
    assert_eq!(trouble.code(), "store_failed");
}

/// A store that asks a person, and waits until the door is opened.
#[derive(Default)]
struct LockedEntries {
    inner: SmallEntries,
    open: Mutex<bool>,
    opened: Condvar,
}

impl LockedEntries {
    fn wait(&self) {
        let guard = self.open.lock().expect("no test thread panics here");
        drop(self.opened.wait_while(guard, |open| !*open).expect("no test thread panics here"));
    }

    fn unlock(&self) {
        *self.open.lock().expect("no test thread panics here") = true;
        self.opened.notify_all();
    }
}

impl Entries for LockedEntries {
    fn get(&self, name: &str) -> Result<Option<zeroize::Zeroizing<Vec<u8>>>, EntryTrouble> {
        self.wait();
        self.inner.get(name)
    }

    fn set(&self, name: &str, bytes: &[u8]) -> Result<(), EntryTrouble> {
        self.wait();
        self.inner.set(name, bytes)
    }

    fn delete(&self, name: &str) -> Result<(), EntryTrouble> {
        self.wait();
        self.inner.delete(name)
    }
}

#[tokio::test]
async fn a_store_that_does_not_answer_is_given_up_and_a_late_write_is_undone() {
    let entries = Arc::new(LockedEntries::default());
    let mut store = OsStore::over(entries.clone(), ACCOUNT, Duration::from_millis(20));
    let slow = Some(StoreTrouble::Slow);
    assert_eq!(store.write(&secret(9000, 'a')).await.err(), slow);
    assert_eq!(store.read().await.err(), slow, "the turn of the first call is not over");
    entries.unlock();
    // The write ends and is undone before the turn passes on.
    drop(store.turn.lock().await);
    assert!(
        entries.inner.state().entries.is_empty(),
        "the caller was told that nothing is kept, so nothing is"
    );
    store.time_limit = TIME_LIMIT;
    store.write(&secret(3, 'b')).await.expect("the store is open");
    let read = store.read().await.expect("the store is open").expect("it was written");
    assert_eq!(read.expose(), "bbb");
}

struct BrokenEntries;

impl Entries for BrokenEntries {
    fn get(&self, _: &str) -> Result<Option<zeroize::Zeroizing<Vec<u8>>>, EntryTrouble> {
        panic!("planted")
    }

    fn set(&self, _: &str, _: &[u8]) -> Result<(), EntryTrouble> {
        Err(StoreTrouble::Locked.into())
    }

    fn delete(&self, _: &str) -> Result<(), EntryTrouble> {
        Err(StoreTrouble::Absent.into())
    }
}

#[tokio::test]
async fn every_trouble_of_a_store_arrives_as_what_it_is() {
    let store = OsStore::over(Arc::new(BrokenEntries), ACCOUNT, TIME_LIMIT);
    let read = store.read().await.expect_err("a panic is a failed call");
    assert_eq!(read.code(), "store_failed");
    let write = store.write(&secret(3, 'a')).await.expect_err("it is locked");
    assert_eq!(write.code(), "store_locked");
    let remove = store.remove().await.expect_err("there is none");
    assert_eq!(remove.code(), "store_absent");
}

/// Set in the process that this test starts again within a bus of its own.
#[cfg(target_os = "linux")]
const SITUATION: &str = "KEYLESS_STORE_SITUATION";

/// The Secret Service of GNOME, on a private bus: one run of this test for each situation.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_real_secret_service_keeps_a_secret_or_says_why_not() {
    let unlock = "echo -n password | gnome-keyring-daemon --unlock --components=secrets";
    let start = "gnome-keyring-daemon --start --components=secrets";
    match std::env::var(SITUATION).as_deref() {
        Ok("open") => keep_a_long_secret().await,
        Ok(code) => {
            let trouble = OsStore::new("keyless-test", ACCOUNT).write(&secret(3, 'a')).await;
            assert_eq!(trouble.expect_err("nothing can be kept").code(), code);
        }
        Err(_) => {
            run_in_session("open", unlock);
            run_in_session("store_locked", start);
            run_in_session("store_absent", "export DBUS_SESSION_BUS_ADDRESS=unix:path=/nowhere");
        }
    }
}

#[cfg(target_os = "linux")]
async fn keep_a_long_secret() {
    let store = OsStore::new("keyless-test", ACCOUNT);
    assert!(store.read().await.expect("the keyring is open").is_none());
    for length in [3000, 100_000] {
        store.write(&secret(length, 'a')).await.expect("the keyring is open");
        let read = OsStore::new("keyless-test", ACCOUNT).read().await;
        let read = read.expect("the keyring is open").expect("it was written");
        assert_eq!(read.expose().len(), length);
    }
    store.remove().await.expect("the keyring is open");
    assert!(store.read().await.expect("the keyring is open").is_none());
}

#[cfg(target_os = "linux")]
fn run_in_session(situation: &str, prepare: &str) {
    let home = tempfile::tempdir().expect("a temporary folder");
    let this_test = "a_real_secret_service_keeps_a_secret_or_says_why_not";
    let output = std::process::Command::new("dbus-run-session")
        .args(["--", "bash", "-c"])
        .arg(format!("{prepare} >/dev/null && exec \"$0\" --nocapture {this_test}"))
        .arg(std::env::current_exe().expect("this test has a path"))
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .env_remove("XDG_DATA_HOME")
        .env("HOME", home.path())
        .env("XDG_RUNTIME_DIR", home.path())
        .env(SITUATION, situation)
        .output()
        .expect("dbus-run-session is installed (Debian: dbus-daemon, gnome-keyring)");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{situation}: {text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Resolves to the first trait that applies; two make the choice ambiguous and break the build.
trait LacksTrait<Which> {
    const HOLDS: bool = true;
}
struct Printed;
struct Serialised;
impl<T> LacksTrait<()> for T {}
impl<T: fmt::Display> LacksTrait<Printed> for T {}
impl<T: serde::Serialize> LacksTrait<Serialised> for T {}

#[test]
fn a_secret_is_neither_printed_nor_serialised() {
    // Does not compile when `Secret` implements `Display` or `Serialize`.
    const { assert!(<Secret as LacksTrait<_>>::HOLDS) };
    let secret: Secret = serde_json::from_str("\"canary\"").expect("a token answer is read");
    assert_eq!(secret.expose(), "canary");
    assert_eq!(format!("{secret:?} {secret:#?} {:?}", Some(&secret)).matches("canary").count(), 0);
}
