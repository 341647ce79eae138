//! What the store promises: nothing but the old secret, the new one or none is ever read, no call
//! waits for ever, and a secret cannot be printed.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicUsize;
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

/// Which call goes wrong, and how.
#[derive(Clone, Debug)]
struct Fault {
    call: usize,
    manner: Manner,
    trouble: EntryTrouble,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    /// The call does nothing.
    Before,
    /// The call does its work and then says that it failed.
    After,
    /// From this call on nothing works.
    FromHereOn,
}

const MANNERS: [Manner; 3] = [Manner::Before, Manner::After, Manner::FromHereOn];

fn troubles() -> [EntryTrouble; 5] {
    [
        EntryTrouble::TooLong,
        StoreTrouble::Absent.into(),
        StoreTrouble::Locked.into(),
        StoreTrouble::Slow.into(),
        StoreTrouble::Failed("planted".to_owned()).into(),
    ]
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
        let fault = state.fault.clone().filter(|fault| {
            fault.call == call || (fault.manner == Manner::FromHereOn && call > fault.call)
        });
        match fault {
            None => work(&mut state.entries),
            Some(fault) if fault.manner == Manner::After => {
                work(&mut state.entries).and_then(|_| Err(fault.trouble))
            }
            Some(fault) => Err(fault.trouble),
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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    Read,
    Write,
    Remove,
}

const OPERATIONS: [Operation; 3] = [Operation::Read, Operation::Write, Operation::Remove];

impl Operation {
    fn run(self, entries: &dyn Entries, new: &Secret) -> Result<Option<Secret>, EntryTrouble> {
        match self {
            Operation::Read => chunks::read(entries, ACCOUNT),
            Operation::Write => chunks::write(entries, ACCOUNT, new).map(|()| None),
            Operation::Remove => chunks::remove(entries, ACCOUNT).map(|()| None),
        }
    }

    /// What may be there afterwards, whether the operation said that it went well or not.
    fn allows(self, went_well: bool, old: &Secret, new: &Secret, found: Option<&str>) -> bool {
        let (old, new) = (Some(old.expose()), Some(new.expose()));
        match (self, went_well) {
            (Operation::Read, _) => found == old,
            (Operation::Write, true) => found == new,
            (Operation::Write, false) => [None, old, new].contains(&found),
            (Operation::Remove, true) => found.is_none(),
            (Operation::Remove, false) => [None, old].contains(&found),
        }
    }
}

/// Every operation from every former length to every new one.
fn operations() -> impl Iterator<Item = (Operation, Secret, Secret)> {
    OPERATIONS.into_iter().flat_map(|operation| {
        LENGTHS.into_iter().flat_map(move |old| {
            let news: &[usize] = if operation == Operation::Write { &LENGTHS } else { &[0] };
            news.iter().map(move |new| (operation, secret(old, 'o'), secret(*new, 'n')))
        })
    })
}

fn holding(secret: &Secret) -> SmallEntries {
    let entries = SmallEntries::default();
    chunks::write(&entries, ACCOUNT, secret).expect("the store works");
    entries
}

/// How many calls an operation makes when nothing fails.
fn calls_of(operation: Operation, old: &Secret, new: &Secret) -> usize {
    let entries = holding(old);
    entries.start(None);
    operation.run(&entries, new).expect("the store works");
    entries.state().calls
}

/// After a failure the store can be used as if nothing had been.
fn assert_still_works(entries: &SmallEntries, what: &str) {
    let next = secret(5000, 'x');
    chunks::write(entries, ACCOUNT, &next).expect("the store works again");
    assert_eq!(read_text(entries).as_deref(), Some(next.expose()), "{what}: it keeps the next");
    chunks::remove(entries, ACCOUNT).expect("the store works again");
    assert!(entries.state().entries.is_empty(), "{what}: all is forgotten");
}

#[test]
fn whatever_call_fails_and_however_the_store_holds_the_old_secret_the_new_one_or_none() {
    let mut tried = 0;
    for (operation, old, new) in operations() {
        for (manner, trouble) in
            MANNERS.into_iter().flat_map(|manner| troubles().map(|trouble| (manner, trouble)))
        {
            for call in 0..calls_of(operation, &old, &new) {
                let entries = holding(&old);
                let fault = Fault { call, manner, trouble: trouble.clone() };
                let what = format!(
                    "{operation:?} {} {} {fault:?}",
                    old.expose().len(),
                    new.expose().len()
                );
                entries.start(Some(fault));
                let outcome = operation.run(&entries, &new);
                assert!(entries.state().calls > call, "{what}: the call that fails is made");
                entries.start(None);
                tried += 1;
                let found = read_text(&entries);
                assert!(
                    operation.allows(outcome.is_ok(), &old, &new, found.as_deref()),
                    "{what}: {} bytes were found",
                    found.map_or(0, |text| text.len())
                );
                assert_still_works(&entries, &what);
            }
        }
    }
    println!("{tried} failures tried");
    assert!(tried > 2_500, "{tried} failures are too few to be all of them");
}

/// A store of 2,560 bytes an entry, one call of which hangs until it is let go.
struct HangingEntries {
    inner: SmallEntries,
    /// Waits this many calls before it hangs.
    call: usize,
    calls: AtomicUsize,
    door: Door,
}

impl HangingEntries {
    fn pass(&self) {
        if self.calls.fetch_add(1, Ordering::SeqCst) == self.call {
            self.door.wait();
        }
    }
}

impl Entries for HangingEntries {
    fn get(&self, name: &str) -> Result<Option<zeroize::Zeroizing<Vec<u8>>>, EntryTrouble> {
        self.pass();
        self.inner.get(name)
    }

    fn set(&self, name: &str, bytes: &[u8]) -> Result<(), EntryTrouble> {
        self.pass();
        self.inner.set(name, bytes)
    }

    fn delete(&self, name: &str) -> Result<(), EntryTrouble> {
        self.pass();
        self.inner.delete(name)
    }
}

#[tokio::test]
async fn whatever_call_hangs_the_caller_goes_on_and_nothing_is_kept_behind_its_back() {
    let mut tried = 0;
    for (operation, old, new) in operations() {
        for call in 0..calls_of(operation, &old, &new) {
            tried += 1;
            let entries = Arc::new(HangingEntries {
                inner: holding(&old),
                call,
                calls: AtomicUsize::new(0),
                door: Door::default(),
            });
            let mut store = OsStore::over(entries.clone(), ACCOUNT, Duration::from_millis(2));
            let what = format!("{operation:?} {} {call}", old.expose().len());
            let outcome = match operation {
                Operation::Read => store.read().await.map(drop),
                Operation::Write => store.write(&new).await,
                Operation::Remove => store.remove().await,
            };
            assert_eq!(outcome, Err(StoreTrouble::Slow), "{what}: the caller does not wait");
            entries.door.open();
            // The call ends, and is undone where it must be, before the turn passes on.
            drop(store.turn.lock().await);
            let found = read_text(&entries.inner);
            match operation {
                Operation::Read => assert_eq!(found.as_deref(), Some(old.expose()), "{what}"),
                _ => assert_eq!(found, None, "{what}: the caller was told that nothing is kept"),
            }
            store.time_limit = TIME_LIMIT;
            store.write(&new).await.expect("the store answers again");
            let read = store.read().await.expect("the store answers again");
            assert_eq!(read.expect("it was written").expose(), new.expose(), "{what}");
        }
    }
    println!("{tried} hanging calls tried");
    assert!(tried > 150, "{tried} hanging calls are too few to be all of them");
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
    let trouble = EntryTrouble::Store(StoreTrouble::Failed("planted".to_owned()));
    entries.start(Some(Fault { call: 0, manner: Manner::FromHereOn, trouble }));
    let trouble = store.read().await.expect_err("a fault was planted");
    assert_eq!(trouble.code(), "failed");
}

/// Closed until somebody opens it.
#[derive(Default)]
struct Door {
    is_open: Mutex<bool>,
    opened: Condvar,
}

impl Door {
    fn wait(&self) {
        let guard = self.is_open.lock().expect("no test thread panics here");
        drop(self.opened.wait_while(guard, |open| !*open).expect("no test thread panics here"));
    }

    fn open(&self) {
        *self.is_open.lock().expect("no test thread panics here") = true;
        self.opened.notify_all();
    }
}

/// A store whose window asks for a password until somebody types it.
#[derive(Default)]
struct LockedEntries {
    inner: SmallEntries,
    door: Door,
}

impl Entries for LockedEntries {
    fn get(&self, name: &str) -> Result<Option<zeroize::Zeroizing<Vec<u8>>>, EntryTrouble> {
        self.inner.get(name)
    }

    fn set(&self, name: &str, bytes: &[u8]) -> Result<(), EntryTrouble> {
        self.inner.set(name, bytes)
    }

    fn delete(&self, name: &str) -> Result<(), EntryTrouble> {
        self.inner.delete(name)
    }

    fn check(&self) -> Result<(), EntryTrouble> {
        match *self.door.is_open.lock().expect("no test thread panics here") {
            true => Ok(()),
            false => Err(StoreTrouble::Locked.into()),
        }
    }

    fn unlock(&self) -> Result<(), EntryTrouble> {
        self.door.wait();
        Ok(())
    }
}

#[tokio::test]
async fn a_locked_store_that_keeps_nothing_yet_is_told_at_once_and_opened_on_request() {
    let entries = Arc::new(LockedEntries::default());
    let mut store = OsStore::over(entries.clone(), ACCOUNT, TIME_LIMIT);
    store.prompt_limit = Duration::from_millis(2);
    assert_eq!(store.read().await.err(), Some(StoreTrouble::Locked), "before anything is kept");
    assert_eq!(store.open().await, Err(StoreTrouble::Slow), "nobody typed the password");
    store.prompt_limit = PROMPT_LIMIT;
    entries.door.open();
    store.open().await.expect("the password was typed");
    assert!(store.read().await.expect("the store is open").is_none());
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
    assert_eq!(read.code(), "failed");
    let write = store.write(&secret(3, 'a')).await.expect_err("it is locked");
    assert_eq!(write.code(), "locked");
    let remove = store.remove().await.expect_err("there is none");
    assert_eq!(remove.code(), "absent");
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
