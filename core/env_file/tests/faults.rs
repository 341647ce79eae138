//! Promise 3: a stop, a short write or an error at any step, and somebody else's change in
//! between. Each step of a write is a call of the file system, so each is tried in turn.

use std::sync::Mutex;

use super::*;

const OLD: &[u8] = b"A=1\nAZURE_OPENAI_ENDPOINT=https://old.example\n";
const THEIRS: &[u8] = b"A=theirs\n";

/// What happens at one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The process ends before the call.
    StopBefore,
    /// The process ends after the call.
    StopAfter,
    /// A write takes half of the bytes; then it goes on.
    Short,
    /// A write takes half of the bytes; then the process ends.
    ShortAndStop,
    /// The call fails; the next ones work.
    Error(io::ErrorKind),
    /// Somebody else writes the file before the call.
    Theirs,
}

pub(crate) const FAULTS: [Fault; 9] = [
    Fault::StopBefore,
    Fault::StopAfter,
    Fault::Short,
    Fault::ShortAndStop,
    Fault::Error(io::ErrorKind::StorageFull),
    Fault::Error(io::ErrorKind::PermissionDenied),
    Fault::Error(io::ErrorKind::CrossesDevices),
    Fault::Error(io::ErrorKind::Other),
    Fault::Theirs,
];

/// The disk, with one fault at one call.
pub(crate) struct FaultyDisk {
    fault: Fault,
    at: usize,
    file: PathBuf,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    calls: usize,
    stopped: bool,
    /// The call at which the fault happened.
    hit: Option<&'static str>,
}

impl FaultyDisk {
    /// This fault at the call of this number, from 0; somebody else would write this file.
    pub(crate) fn new(fault: Fault, at: usize, file: PathBuf) -> Self {
        FaultyDisk { fault, at, file, state: Mutex::default() }
    }

    fn call<T>(
        &self,
        name: &'static str,
        whole: impl FnOnce() -> io::Result<T>,
        half: Option<&dyn Fn() -> io::Result<T>>,
    ) -> io::Result<T> {
        let mut state = self.state.lock().expect("no test thread panics here");
        if state.stopped {
            return Err(io::Error::other("the process ended"));
        }
        state.calls += 1;
        if state.calls - 1 != self.at {
            return whole();
        }
        state.hit = Some(name);
        state.stopped =
            matches!(self.fault, Fault::StopBefore | Fault::StopAfter | Fault::ShortAndStop);
        match (self.fault, half) {
            (Fault::StopBefore, _) => Err(io::Error::other("the process ended")),
            (Fault::Error(kind), _) => Err(kind.into()),
            (Fault::Short | Fault::ShortAndStop, Some(half)) => half(),
            (Fault::Theirs, _) => {
                fs::write(&self.file, THEIRS)?;
                whole()
            }
            (Fault::StopAfter | Fault::Short | Fault::ShortAndStop, _) => whole(),
        }
    }

    pub(crate) fn stopped(&self) -> bool {
        self.state.lock().expect("no test thread panics here").stopped
    }

    pub(crate) fn hit(&self) -> Option<&'static str> {
        self.state.lock().expect("no test thread panics here").hit
    }
}

impl FileSystem for FaultyDisk {
    fn look(&self, path: &Path) -> io::Result<Option<Seen>> {
        self.call("look", || Disk.look(path), None)
    }
    fn is_link(&self, path: &Path) -> io::Result<bool> {
        self.call("is_link", || Disk.is_link(path), None)
    }
    fn follow(&self, path: &Path) -> io::Result<PathBuf> {
        self.call("follow", || Disk.follow(path), None)
    }
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.call("read", || Disk.read(path), None)
    }
    fn probe_writable(&self, path: &Path) -> io::Result<()> {
        self.call("probe_writable", || Disk.probe_writable(path), None)
    }
    fn create(&self, path: &Path) -> io::Result<()> {
        self.call("create", || Disk.create(path), None)
    }
    fn append(&self, path: &Path, bytes: &[u8]) -> io::Result<usize> {
        let half = || Disk.append(path, &bytes[..bytes.len() / 2]);
        self.call("append", || Disk.append(path, bytes), Some(&half))
    }
    fn sync(&self, path: &Path) -> io::Result<()> {
        self.call("sync", || Disk.sync(path), None)
    }
    fn copy_permissions(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.call("copy_permissions", || Disk.copy_permissions(from, to), None)
    }
    fn replace(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.call("replace", || Disk.replace(from, to), None)
    }
    fn place(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.call("place", || Disk.place(from, to), None)
    }
    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        self.call("sync_folder", || Disk.sync_folder(folder), None)
    }
    fn create_folder(&self, folder: &Path) -> io::Result<()> {
        self.call("create_folder", || Disk.create_folder(folder), None)
    }
    fn list(&self, folder: &Path) -> io::Result<Vec<String>> {
        self.call("list", || Disk.list(folder), None)
    }
    fn remove(&self, path: &Path) -> io::Result<()> {
        self.call("remove", || Disk.remove(path), None)
    }
}

type Writer = fn(&dyn FileSystem, &Prepared, &Path) -> Result<(), Failure>;

/// Like `fs::write`: empties the file, then fills it.
fn write_naively(fs: &dyn FileSystem, prepared: &Prepared, _: &Path) -> Result<(), Failure> {
    let written = || {
        if prepared.exists {
            fs.remove(&prepared.target)?;
        }
        write_new(fs, &prepared.target, &prepared.new)
    };
    written().map_err(|error| write_failed(&prepared.path, &error))
}

/// Every way in which a writer breaks the promise, and how many faults were tried.
fn try_every_fault(writer: Writer, old: Option<&[u8]>) -> (Vec<String>, usize) {
    let mut broken = Vec::new();
    let mut tried = 0;
    for fault in FAULTS {
        for at in 0.. {
            let Some(trouble) = try_fault(writer, old, fault, at) else {
                break;
            };
            tried += 1;
            broken.extend(trouble.into_iter().map(|text| format!("{fault:?} at {at}: {text}")));
        }
    }
    (broken, tried)
}

/// `None` when the write has fewer calls.
fn try_fault(writer: Writer, old: Option<&[u8]>, fault: Fault, at: usize) -> Option<Vec<String>> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let backups = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join(".env");
    if let Some(old) = old {
        fs::write(&file, old).expect("written");
    }
    let prepared = prepare(&Disk, folder.path(), &values()).expect("the file is understood");
    let disk = FaultyDisk::new(fault, at, file.clone());
    let outcome = writer(&disk, &prepared, backups.path());
    let hit = disk.hit()?;
    let now = fs::read(&file).ok();
    let mut broken = Vec::new();
    let mut expect = |holds: bool, promise: &str| {
        if !holds {
            broken.push(format!(
                "({hit}) {promise}; the file is {:?}",
                now.as_deref().map(String::from_utf8_lossy,)
            ));
        }
    };
    let is_new = now.as_ref() == Some(&prepared.new);
    let is_old = now.as_deref() == old;
    let is_theirs = fault == Fault::Theirs && now.as_deref() == Some(THEIRS);
    expect(is_new || is_old || is_theirs, "the file is old or new");
    // Between the last look and the rename nobody can know.
    if fault == Fault::Theirs && hit != "replace" {
        expect(is_theirs, "somebody else's change is not overwritten");
    }
    if let Err(failure) = &outcome {
        let renamed = disk.stopped() && is_new;
        expect(!is_new || renamed, "after an error the file is what it was");
        assert_complete(failure);
    } else if fault != Fault::Theirs {
        expect(is_new, "without an error the file is new");
    }
    if !disk.stopped() {
        let left = listing(folder.path()).iter().any(|name| name != ".env");
        expect(!left, "no temporary file is left");
    }
    Some(broken)
}

#[test]
fn the_file_is_old_or_new_whatever_happens() {
    for old in [Some(OLD), None] {
        let (broken, tried) = try_every_fault(write, old);
        assert!(tried > 50, "{tried} faults are too few to mean anything");
        assert_eq!(broken, Vec::<String>::new());
    }
}

#[test]
fn a_naive_writer_fails_the_same_test() {
    let (broken, _) = try_every_fault(write_naively, Some(OLD));
    let breaks = |promise: &str| broken.iter().any(|text| text.contains(promise));
    assert!(breaks("the file is old or new"), "{broken:#?}");
    assert!(breaks("somebody else's change is not overwritten"), "{broken:#?}");
}

/// What a call of this name that fails comes to.
fn fail_at(name: &str, kind: io::ErrorKind) -> Option<Code> {
    (0..).find_map(|at| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join(".env");
        let exists = name != "create";
        if exists {
            fs::write(&file, OLD).expect("written");
        }
        let fault = Fault::Error(kind);
        let disk = FaultyDisk::new(fault, at, file.clone());
        let outcome = prepare(&disk, folder.path(), &values())
            .and_then(|prepared| write(&disk, &prepared, &folder.path().join("backups")));
        assert_eq!(file.exists(), exists || outcome.is_ok(), "an error makes no file");
        (disk.hit() == Some(name)).then(|| outcome.err().map(|failure| failure.code))
    })?
}

#[test]
fn an_error_of_the_disk_has_its_own_code() {
    use io::ErrorKind::{PermissionDenied, ReadOnlyFilesystem, StorageFull};
    assert_eq!(fail_at("create", PermissionDenied), Some(Code::EnvNotWritable));
    assert_eq!(fail_at("create", ReadOnlyFilesystem), Some(Code::EnvNotWritable));
    assert_eq!(fail_at("create", StorageFull), Some(Code::EnvWriteFailed));
    assert_eq!(
        fail_at("probe_writable", PermissionDenied),
        Some(Code::EnvNotWritable),
        "a file that may not be written is refused before the change is shown"
    );
    assert_eq!(
        fail_at("create_folder", PermissionDenied),
        Some(Code::EnvWriteFailed),
        "where no copy can be kept, the project's file is not to blame"
    );
}
