//! A `.env` of any content: our lines are written, every other line stays.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use keyless::env_file::{EnvValues, FileSystem, Kind, Seen, prepare, write};

const NAMES: [&str; 3] =
    ["AZURE_OPENAI_ENDPOINT", "AZURE_OPENAI_DEPLOYMENT", "AZURE_TOKEN_CREDENTIALS"];
const MARK: char = '\u{feff}';
const COMMENTS: [&str; 3] = ["# practice Azure", "# this machine only", "# Azure tenant: "];

/// Every line that is not ours stays byte for byte and in order, and a second time changes nothing.
pub fn check_env_file(data: &[u8]) {
    for practice in [false, true] {
        rewrite(data, &values(practice));
    }
}

fn values(practice: bool) -> EnvValues {
    let endpoint =
        if practice { "http://127.0.0.1:4711/openai/chat" } else { "https://c.openai.azure.com" };
    EnvValues {
        endpoint: endpoint.to_owned(),
        deployment: "gpt-4.1-mini".to_owned(),
        tenant_id: "3f2504e0-4f89-41d3-9a0c-0305e82c3301".to_owned(),
        practice,
    }
}

fn rewrite(old: &[u8], values: &EnvValues) {
    let (folder, backups) = (Path::new("/project"), Path::new("/backups"));
    let file = folder.join(".env");
    let memory = Memory::default();
    memory.files().insert(file.clone(), old.to_vec());
    let Ok(prepared) = prepare(&memory, folder, values) else {
        assert_eq!(memory.files()[&file], old, "a file that is refused is left alone");
        return;
    };
    write(&memory, &prepared, backups).expect("this file system does not fail");
    let new = memory.files()[&file].clone();
    check_lines(old, &new);
    let text = String::from_utf8(new.clone()).expect("a file that is understood is text");
    for (name, value) in NAMES.iter().zip([&values.endpoint, &values.deployment, "dev"]) {
        assert!(text.contains(&format!("{name}={value}")), "{name} is not written: {text}");
    }
    let again = prepare(&memory, folder, values).expect("what was written is understood");
    assert!(again.is_unchanged(), "a second time changes it again: {text}");
    let kept = memory.files().iter().any(|(path, bytes)| path.starts_with(backups) && bytes == old);
    assert!(kept || old == new, "the former file is kept");
}

/// The old lines that are not ours are a subsequence of the new ones. A quoted value of ours may
/// span lines, which a look at single lines cannot tell.
fn check_lines(old: &[u8], new: &[u8]) {
    let (old, new) = (String::from_utf8_lossy(old), String::from_utf8_lossy(new));
    assert_eq!(old.starts_with(MARK), new.starts_with(MARK), "a byte order mark stays");
    let (old, new) = (without_mark(&old), without_mark(&new));
    let names = |line: &str| NAMES.iter().any(|name| line.contains(name));
    if old.lines().any(|line| names(line) && line.contains(['"', '\'', '`'])) {
        return;
    }
    let mut left = new.split_inclusive('\n');
    for line in old.split_inclusive('\n') {
        let ours = names(line) || COMMENTS.iter().any(|comment| line.starts_with(comment));
        // A last line without an ending gets one when something follows it.
        let plain = |kept: &str| kept.trim_end_matches(['\r', '\n']) == line;
        let mut stays = |kept: &str| kept == line || (!line.ends_with('\n') && plain(kept));
        assert!(ours || left.any(&mut stays), "{line:?} is gone: {old:?} became {new:?}");
    }
}

fn without_mark(text: &str) -> &str {
    text.strip_prefix(MARK).unwrap_or(text)
}

/// A file system in memory, on which nothing fails.
#[derive(Default)]
struct Memory(Mutex<BTreeMap<PathBuf, Vec<u8>>>);

impl Memory {
    fn files(&self) -> MutexGuard<'_, BTreeMap<PathBuf, Vec<u8>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.files().remove(path).ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl FileSystem for Memory {
    fn look(&self, path: &Path) -> io::Result<Option<Seen>> {
        let files = self.files();
        let kind = if files.contains_key(path) {
            Kind::File
        } else if path == Path::new("/project") || files.keys().any(|file| file.starts_with(path)) {
            Kind::Folder
        } else {
            return Ok(None);
        };
        Ok(Some(Seen { kind, read_only: false, modified: SystemTime::UNIX_EPOCH }))
    }

    fn is_link(&self, _: &Path) -> io::Result<bool> {
        Ok(false)
    }

    fn follow(&self, path: &Path) -> io::Result<PathBuf> {
        Ok(path.to_owned())
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.files().get(path).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn probe_writable(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }

    fn create(&self, path: &Path) -> io::Result<()> {
        self.files().insert(path.to_owned(), Vec::new());
        Ok(())
    }

    fn append(&self, path: &Path, bytes: &[u8]) -> io::Result<usize> {
        let mut files = self.files();
        files.get_mut(path).ok_or(io::ErrorKind::NotFound)?.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn sync(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }

    fn copy_permissions(&self, _: &Path, _: &Path) -> io::Result<()> {
        Ok(())
    }

    fn replace(&self, from: &Path, to: &Path) -> io::Result<()> {
        let bytes = self.take(from)?;
        self.files().insert(to.to_owned(), bytes);
        Ok(())
    }

    fn place(&self, from: &Path, to: &Path) -> io::Result<()> {
        if self.files().contains_key(to) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        self.replace(from, to)
    }

    fn sync_folder(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }

    fn create_folder(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<String>> {
        let files = self.files();
        let inside = files.keys().filter(|file| file.parent() == Some(folder));
        Ok(inside.filter_map(|file| file.file_name()?.to_str().map(str::to_owned)).collect())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.take(path).map(drop)
    }
}
