//! Former `.env` files, in Keyless's own data folder: a copy beside the project might be
//! committed with it.
//!
//! `<backups>/<key>/<number>.env`, where the key is the first 16 hexadecimal digits of the
//! SHA-256 of the file's path and the number grows; `<key>/path` holds that path.

use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::disk::FileSystem;
use super::write_new;
use crate::changes::digest_of;

/// Older copies of the same file are deleted.
const KEPT: usize = 5;
const SUFFIX: &str = ".env";
const PATH_FILE: &str = "path";

/// A copy of a former `.env`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backup {
    /// Where the copy lies.
    pub file: PathBuf,
    /// Which file it is a copy of.
    pub original: String,
}

/// Every copy, oldest first within a project.
///
/// # Errors
/// Those of the file system; a folder that does not exist yet holds no copies.
pub fn list_backups(fs: &dyn FileSystem, backups: &Path) -> io::Result<Vec<Backup>> {
    if fs.look(backups)?.is_none() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for key in fs.list(backups)? {
        let folder = backups.join(key);
        let copies = list_copies(fs, &folder)?;
        if copies.is_empty() {
            continue;
        }
        let original = String::from_utf8_lossy(&fs.read(&folder.join(PATH_FILE))?).into_owned();
        found.extend(
            copies
                .into_iter()
                .map(|name| Backup { file: folder.join(name), original: original.clone() }),
        );
    }
    Ok(found)
}

/// Deletes a copy.
///
/// # Errors
/// `NotFound` for a file that [`list_backups`] does not name; else those of the file system.
pub fn delete_backup(fs: &dyn FileSystem, backups: &Path, file: &Path) -> io::Result<()> {
    let known = list_backups(fs, backups)?.iter().any(|backup| backup.file == file);
    if known { fs.remove(file) } else { Err(io::ErrorKind::NotFound.into()) }
}

/// The copy of a file that has this digest ([`crate::changes::digest_of`]).
///
/// # Errors
/// Those of the file system.
pub fn find_copy(
    fs: &dyn FileSystem,
    backups: &Path,
    original: &Path,
    digest: &str,
) -> io::Result<Option<Vec<u8>>> {
    let folder = backups.join(key_of(original));
    if fs.look(&folder)?.is_none() {
        return Ok(None);
    }
    for name in list_copies(fs, &folder)?.iter().rev() {
        let bytes = fs.read(&folder.join(name))?;
        if digest_of(&bytes) == digest {
            return Ok(Some(bytes));
        }
    }
    Ok(None)
}

/// Keeps a copy of a file's bytes, unless the newest copy is the same.
pub(super) fn keep(
    fs: &dyn FileSystem,
    backups: &Path,
    original: &Path,
    bytes: &[u8],
) -> io::Result<()> {
    let folder = backups.join(key_of(original));
    fs.create_folder(&folder)?;
    let path_file = folder.join(PATH_FILE);
    if fs.look(&path_file)?.is_none() {
        write_copy(fs, &path_file, original.display().to_string().as_bytes())?;
    }
    let copies = list_copies(fs, &folder)?;
    if let Some(newest) = copies.last()
        && fs.read(&folder.join(newest))? == bytes
    {
        return Ok(());
    }
    let number = copies.last().and_then(|name| number_of(name)).map_or(1, |number| number + 1);
    write_copy(fs, &folder.join(format!("{number:08}{SUFFIX}")), bytes)?;
    for name in copies.iter().take((copies.len() + 1).saturating_sub(KEPT)) {
        fs.remove(&folder.join(name))?;
    }
    Ok(())
}

fn write_copy(fs: &dyn FileSystem, file: &Path, bytes: &[u8]) -> io::Result<()> {
    let temporary = file.with_file_name(format!("{}.new", uuid::Uuid::new_v4()));
    let written = write_new(fs, &temporary, bytes).and_then(|()| fs.place(&temporary, file));
    if written.is_err() && fs.look(&temporary)?.is_some() {
        fs.remove(&temporary)?;
    }
    written
}

fn list_copies(fs: &dyn FileSystem, folder: &Path) -> io::Result<Vec<String>> {
    let mut names = fs.list(folder)?;
    names.retain(|name| number_of(name).is_some());
    Ok(names)
}

fn number_of(name: &str) -> Option<u64> {
    name.strip_suffix(SUFFIX)?.parse().ok()
}

fn key_of(original: &Path) -> String {
    let digest = Sha256::digest(original.as_os_str().as_encoded_bytes());
    digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
