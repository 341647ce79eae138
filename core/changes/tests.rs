//! What the record promises: an entry is on the disk before its write goes out, and none is lost.

use std::fs;

use time::macros::datetime;

use super::*;
use crate::env_file::Disk;
use crate::env_file::tests::faults::{FAULTS, Fault, FaultyDisk};

const NOON: OffsetDateTime = datetime!(2026-11-20 12:00 UTC);

fn grant(name: &str) -> Grant {
    let scope = "/subscriptions/s/resourceGroups/g".to_owned();
    Grant {
        id: format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{name}"),
        tenant_id: "tenant".to_owned(),
        object_id: "ada".to_owned(),
        role: "Cognitive Services OpenAI User".to_owned(),
        role_id: "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd".to_owned(),
        scope,
    }
}

fn assigned(name: &str) -> Deed {
    Deed::RoleAssigned(grant(name))
}

fn at(folder: &Path) -> Arc<Changes> {
    over(Arc::new(Disk), folder)
}

fn over(files: Arc<dyn FileSystem>, folder: &Path) -> Arc<Changes> {
    Arc::new(Changes::new(files, folder.join("data")))
}

fn numbers(record: &Record) -> Vec<u32> {
    record.changes.iter().map(|change| change.number).collect()
}

/// A folder in which two roles were assigned.
fn folder_with_two() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let changes = at(folder.path());
    for name in ["one", "two"] {
        changes
            .begin(NOON, Some("ada@contoso.example".to_owned()), assigned(name))
            .end(NOON, State::Done);
    }
    folder
}

#[test]
fn an_entry_is_on_the_disk_before_its_write_goes_out() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let changes = at(folder.path());
    let open = changes.begin(NOON, None, assigned("one"));
    let seen = at(folder.path()).entries();
    assert_eq!(seen.changes[0].state, State::Begun, "whoever ends the process finds it");
    assert_eq!(seen.unsettled().count(), 1);
    assert_eq!(changes.entries().unsettled().count(), 0, "here it is under way");
    open.end(NOON, State::Done);
    assert_eq!(at(folder.path()).entries().changes[0].state, State::Done);
}

#[test]
fn what_ends_without_an_outcome_claims_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let changes = at(folder.path());
    drop(changes.begin(NOON, None, assigned("one")));
    assert_eq!(changes.entries().unsettled().count(), 1);
}

#[cfg(unix)]
#[test]
fn only_its_owner_may_read_the_record() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder_with_two();
    let file = folder.path().join("data").join(FILE);
    let mode = fs::metadata(&file).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn an_undo_is_an_entry_of_its_own_and_names_what_it_undid() {
    let folder = folder_with_two();
    let changes = at(folder.path());
    changes.begin(NOON, None, Deed::RoleRemoved(grant("ONE"))).end(NOON, State::Done);
    let record = changes.entries();
    assert_eq!(
        record.undone_by(1).map(|undo| undo.number),
        Some(3),
        "ids are the same in any case"
    );
    assert_eq!(record.undone_by(2), None);
    changes.begin(NOON, None, assigned("one")).end(NOON, State::Done);
    let refused = State::Refused { code: Code::MayNotUndo };
    changes.begin(NOON, None, Deed::RoleRemoved(grant("one"))).end(NOON, refused);
    assert_eq!(changes.entries().undone_by(4), None, "it was refused");
}

#[test]
fn the_oldest_of_more_than_five_hundred_go() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let changes = at(folder.path());
    let mut held = changes.lock();
    held.read = true;
    held.changes = (1..=LIMIT as u32).map(|number| written(number, "/project/.env")).collect();
    drop(held);
    changes.begin(NOON, None, assigned("new"));
    let record = at(folder.path()).entries();
    assert_eq!(record.changes.len(), LIMIT);
    assert_eq!(numbers(&record)[0], 2);
    assert_eq!(record.changes.last().map(|change| change.number), Some(LIMIT as u32 + 1));
}

#[test]
fn long_paths_do_not_make_a_file_that_is_not_read_again() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let changes = at(folder.path());
    let path = format!("/{}", "a-deep-folder/".repeat(280));
    let mut held = changes.lock();
    held.read = true;
    held.changes = (1..=LIMIT as u32).map(|number| written(number, &path)).collect();
    drop(held);
    changes.begin(NOON, None, assigned("new"));
    let size = fs::metadata(folder.path().join("data").join(FILE)).expect("it is there").len();
    assert!(size <= SIZE_LIMIT as u64, "{size} bytes");
    let record = at(folder.path()).entries();
    assert!(record.changes.len() > 100 && record.gap.is_none(), "{}", record.changes.len());
}

fn written(number: u32, path: &str) -> Change {
    let write = FileWrite { path: path.to_owned(), before: None, after: Some(digest_of(b"A=1")) };
    Change {
        number,
        began: moment(NOON),
        ended: None,
        account: None,
        deed: Deed::EnvWritten(write),
        undoes: None,
        state: State::Done,
    }
}

#[test]
fn what_cannot_be_read_of_the_file_is_kept_beside_and_the_rest_is_shown() {
    let whole = fs::read(folder_with_two().path().join("data").join(FILE)).expect("it is there");
    let torn = whole[..whole.len() - 9].to_vec();
    let half = [&whole[..], b"{\"number\":3,\"began\""].concat();
    let noise = [b"\xff\xfe noise\n", &whole[..]].concat();
    let twice = [&whole[..], &whole[..]].concat();
    let newer =
        [&whole[..], b"{\"number\":9,\"deed\":{\"kind\":\"of a later version\"}}\n"].concat();
    for (bytes, left) in
        [(torn, 1), (half, 2), (noise, 2), (twice, 2), (newer, 2), (b"[]".to_vec(), 0)]
    {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let data = folder.path().join("data");
        fs::create_dir(&data).expect("a folder");
        fs::write(data.join(FILE), &bytes).expect("a file");
        for _ in 0..2 {
            let changes = at(folder.path());
            let record = changes.entries();
            assert_eq!(record.changes.len(), left);
            assert_eq!(record.kept.len(), 1, "once is enough");
            assert_eq!(fs::read(&record.kept[0]).expect("it is kept"), bytes, "nothing is lost");
        }
        at(folder.path()).begin(NOON, None, assigned("new"));
        assert_eq!(at(folder.path()).entries().changes.len(), left + 1, "it goes on");
    }
}

#[test]
fn a_file_that_is_too_large_is_moved_beside() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("data");
    fs::create_dir(&data).expect("a folder");
    fs::write(data.join(FILE), vec![b'x'; 2 * 1024 * 1024]).expect("a file");
    let changes = at(folder.path());
    changes.begin(NOON, None, assigned("new"));
    let record = at(folder.path()).entries();
    assert_eq!((record.changes.len(), record.kept.len(), record.gap), (1, 1, None));
}

#[test]
fn a_full_disk_holds_nothing_up_is_told_and_is_made_good() {
    let folder = folder_with_two();
    let data = folder.path().join("data");
    let away = folder.path().join("away");
    let changes = at(folder.path());
    assert_eq!(changes.entries().changes.len(), 2);
    // A file in the place of the folder: nothing can be written there.
    fs::rename(&data, &away).expect("renamed");
    fs::write(&data, b"").expect("a file");
    let open = changes.begin(NOON, None, assigned("three"));
    let record = changes.entries();
    assert_eq!(record.changes.len(), 3, "this window knows it");
    assert!(record.gap.is_some(), "and says that nobody else does");
    fs::remove_file(&data).expect("removed");
    fs::rename(&away, &data).expect("renamed");
    open.end(NOON, State::Done);
    assert_eq!(changes.entries().gap, None);
    assert_eq!(numbers(&at(folder.path()).entries()), [1, 2, 3], "the gap is closed");
}

#[test]
fn a_second_trouble_is_kept_under_a_second_name() {
    let whole = fs::read(folder_with_two().path().join("data").join(FILE)).expect("it is there");
    let torn = &whole[..whole.len() - 9];
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("data");
    fs::create_dir(&data).expect("a folder");
    fs::write(data.join(FILE), torn).expect("a file");
    let kept = |number: u32| data.join(format!("{KEPT_PREFIX}{number}.jsonl"));
    fs::write(kept(1), b"the first trouble").expect("a file");
    let changes = at(folder.path());
    changes.begin(NOON, None, assigned("new")).end(NOON, State::Done);
    let record = changes.entries();
    assert_eq!((record.changes.len(), record.gap), (2, None), "the rest and the new one");
    assert_eq!(fs::read(kept(1)).expect("it is there"), b"the first trouble");
    assert_eq!(fs::read(kept(2)).expect("it is kept"), torn, "nothing is lost");
    assert_eq!(at(folder.path()).entries().changes.len(), 2, "the next window knows them");
}

#[test]
fn a_record_that_can_neither_be_read_nor_kept_is_not_written_over() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("data").join(FILE);
    fs::create_dir_all(&file).expect("a folder in its place");
    // A kept name for each: the folder cannot be moved there.
    for number in 1..=COPIES {
        let name = format!("{KEPT_PREFIX}{number}.jsonl");
        fs::write(file.with_file_name(name), b"x").expect("a file");
    }
    let changes = at(folder.path());
    changes.begin(NOON, None, assigned("one"));
    let record = changes.entries();
    assert_eq!(record.changes.len(), 1);
    assert!(record.gap.is_some(), "the entry is in this window only");
    assert!(file.is_dir(), "what was there is there");
}

type Writer = fn(&dyn FileSystem, &Path, &[u8]) -> io::Result<()>;

/// Like `fs::write`: empties the file, then fills it.
fn replace_naively(files: &dyn FileSystem, folder: &Path, bytes: &[u8]) -> io::Result<()> {
    let file = folder.join(FILE);
    files.remove(&file)?;
    write_new(files, &file, bytes)
}

/// Every way in which a writer breaks the promise, and how many faults were tried.
fn try_every_fault(writer: Writer) -> (Vec<String>, usize) {
    let mut broken = Vec::new();
    let mut tried = 0;
    for fault in FAULTS.into_iter().filter(|fault| *fault != Fault::Theirs) {
        for call in 0.. {
            let folder = folder_with_two();
            let data = folder.path().join("data");
            let file = data.join(FILE);
            let old = fs::read(&file).expect("it is there");
            let new = [&old[..], b"{}\n"].concat();
            let disk = FaultyDisk::new(fault, call, file.clone());
            let outcome = writer(&disk, &data, &new);
            let Some(hit) = disk.hit() else { break };
            tried += 1;
            let now = fs::read(&file).unwrap_or_default();
            let says = |promise: &str| format!("{fault:?} at {call} ({hit}): {promise}");
            if now != old && now != new {
                broken.push(says("the file is the old one or the new one"));
            }
            if outcome.is_ok() && now != new {
                broken.push(says("after success it is the new one"));
            }
            let left = at(folder.path()).entries();
            if left.changes.len() < 2 {
                broken.push(says("no entry is lost"));
            }
            let names = Disk.list(&data).expect("a folder");
            if names.iter().any(|name| name.starts_with(TEMPORARY_PREFIX)) {
                broken.push(says("the next window sweeps"));
            }
        }
    }
    (broken, tried)
}

#[test]
fn the_record_is_the_old_one_or_the_new_one_whatever_happens() {
    let (broken, tried) = try_every_fault(replace);
    println!("{tried} faults");
    assert!(tried > 40, "each call with each fault: {tried}");
    assert_eq!(broken, Vec::<String>::new());
}

#[test]
fn a_naive_writer_fails_the_same_test() {
    let (broken, _) = try_every_fault(replace_naively);
    assert!(broken.iter().any(|text| text.contains("no entry is lost")), "{broken:?}");
}

#[test]
fn a_file_that_was_begun_is_settled_by_what_it_holds_now() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let backups = folder.path().join("backups");
    let file = folder.path().join(".env");
    let write = FileWrite {
        path: file.display().to_string(),
        before: Some(digest_of(b"OLD=1\n")),
        after: Some(digest_of(b"NEW=1\n")),
    };
    for (bytes, state) in [
        (&b"OLD=1\n"[..], State::NotDone),
        (b"NEW=1\n", State::Done),
        (b"THEIRS=1\n", State::Begun),
    ] {
        fs::write(&file, bytes).expect("written");
        let data = tempfile::tempdir().expect("a temporary folder");
        drop(at(data.path()).begin(NOON, None, Deed::EnvWritten(write.clone())));
        let record = at(data.path()).read(NOON, &backups);
        assert_eq!(record.changes[0].state, state, "{}", String::from_utf8_lossy(bytes));
        assert_eq!(at(data.path()).entries().changes[0].state, state, "and stays so");
    }
}

#[test]
fn another_practice_azure_knows_nothing_of_the_one_before() {
    let folder = folder_with_two();
    let data = folder.path().join("data");
    for _ in 0..2 {
        forget(&data).expect("it goes, or is gone");
        assert!(at(folder.path()).entries().changes.is_empty());
    }
}

#[test]
fn a_later_change_of_the_same_stands_before_an_earlier_one() {
    let folder = folder_with_two();
    let changes = at(folder.path());
    changes.begin(NOON, None, assigned("one")).end(NOON, State::Done);
    let record = changes.entries();
    assert!(record.is_superseded(&record.changes[0]));
    assert!(!record.is_superseded(&record.changes[1]), "another assignment");
    assert!(!record.is_superseded(&record.changes[2]));
    changes.begin(NOON, None, Deed::RoleRemoved(grant("one"))).end(NOON, State::Done);
    assert_eq!(changes.entries().undone_by(3).map(|undo| undo.number), Some(4), "the newest");
}

/// Writes a project's `.env` with its entry, as the session does, on a disk that may fail.
fn write_env(files: &Arc<dyn FileSystem>, folder: &Path) {
    let values = env_file::EnvValues {
        endpoint: "https://contoso.openai.azure.com".to_owned(),
        deployment: "chat".to_owned(),
        tenant_id: "3f2504e0-4f89-41d3-9a0c-0305e82c3301".to_owned(),
        practice: false,
    };
    let prepared = env_file::prepare(&Disk, folder, &values).expect("the file is understood");
    let changes = over(files.clone(), folder);
    let open = changes.begin(NOON, None, Deed::EnvWritten(prepared.file_write()));
    let written = env_file::write(&**files, &prepared, &folder.join("data/backups"));
    match written {
        Ok(()) => open.end(NOON, State::Done),
        Err(failure) => open.end(NOON, State::Refused { code: failure.code }),
    }
}

/// A project with one line, and Keyless's own folder in it.
fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::create_dir(folder.path().join("data")).expect("a folder");
    fs::write(folder.path().join(".env"), "OTHER=1\n").expect("a file");
    folder
}

#[test]
fn the_app_may_end_at_every_call_of_the_write_of_an_env_file() {
    let mut ended = 0;
    for fault in [Fault::StopBefore, Fault::StopAfter, Fault::ShortAndStop] {
        for call in 0.. {
            let folder = project();
            let file = folder.path().join(".env");
            let disk = Arc::new(FaultyDisk::new(fault, call, file.clone()));
            write_env(&(disk.clone() as Arc<dyn FileSystem>), folder.path());
            let Some(hit) = disk.hit() else { break };
            if !disk.stopped() {
                continue;
            }
            ended += 1;
            let says = format!("{fault:?} at {call} ({hit})");
            let text = fs::read_to_string(&file).expect("it is there");
            let is_new = text.contains("AZURE_OPENAI_DEPLOYMENT=chat");
            assert!(text.starts_with("OTHER=1\n"), "{says}: nothing is lost");
            let record = at(folder.path()).read(NOON, &folder.path().join("data/backups"));
            match record.changes.as_slice() {
                [] => assert!(!is_new, "{says}: nothing is written without an entry"),
                [change] => {
                    let told = if is_new { State::Done } else { State::NotDone };
                    assert_eq!(change.state, told, "{says}: what is true");
                }
                more => panic!("{says}: doubled: {more:?}"),
            }
            // The next window writes it, where it was not written: once.
            write_env(&(Arc::new(Disk) as Arc<dyn FileSystem>), folder.path());
            let text = fs::read_to_string(&file).expect("it is there");
            assert_eq!(text.matches("AZURE_OPENAI_DEPLOYMENT=").count(), 1, "{says}");
        }
    }
    println!("ended {ended} times");
    assert!(ended > 40, "each call of the file system: {ended}");
}
