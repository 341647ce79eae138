//! The project's `.env`: read without loss, changed in our lines only, replaced at once.
//!
//! [`prepare`] reads the file and says what would change; [`write`] does exactly that, or
//! nothing: the file is the old one or the new one at every moment, also when the power goes.
//! A copy of the old one is kept in Keyless's own data folder first.
//!
//! The file is replaced by renaming a new one over it. So a second name of the same file (a hard
//! link) keeps the old text, and access lists and extended attributes are not carried over; mode
//! and owner are. A symbolic link stays, and the file that it leads to is replaced. Somebody else's
//! change is noticed until the moment of the rename, which is the one gap that remains.

mod backups;
mod disk;
mod ignored;
mod lines;
mod plan;
#[cfg(test)]
pub(crate) mod tests;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use backups::{Backup, delete_backup, find_copy, list_backups};
pub use disk::{Disk, FileSystem, Kind, Seen};
pub use ignored::is_ignored_by_git;
pub use lines::{EnvFile, Trouble};

use crate::changes::{FileWrite, digest_of};
use crate::failure::{Action, Code, Failure};
use crate::snapshot::ChangeLine;

const FILE_NAME: &str = ".env";
const TEMPORARY_PREFIX: &str = ".env.keyless-";
/// A temporary file that is this much older than the `.env` was left by a process that died.
const ABANDONED: Duration = Duration::from_secs(600);

/// What the project's `.env` should say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvValues {
    /// `https://…`; a trailing slash is dropped. In practice mode `http://127.0.0.1:…`.
    pub endpoint: String,
    /// The deployment's name.
    pub deployment: String,
    /// The directory's GUID.
    pub tenant_id: String,
    /// Whether this is practice Azure.
    pub practice: bool,
}

/// A change that is known and not yet made.
#[derive(Clone, PartialEq, Eq)]
pub struct Prepared {
    /// The file as the person knows it: `.env` in the chosen folder.
    pub path: PathBuf,
    /// Whether the file exists.
    pub exists: bool,
    /// What changes, and a few lines around it; other people's values are masked.
    pub change: Vec<ChangeLine>,
    /// Where `path` leads.
    target: PathBuf,
    old: Option<Vec<u8>>,
    new: Vec<u8>,
}

impl Prepared {
    /// Whether the file says already what it should.
    pub fn is_unchanged(&self) -> bool {
        self.old.as_ref() == Some(&self.new)
    }

    /// What it does to the file.
    pub fn file_write(&self) -> FileWrite {
        FileWrite {
            path: self.target.display().to_string(),
            before: self.old.as_deref().map(digest_of),
            after: Some(digest_of(&self.new)),
        }
    }
}

impl fmt::Debug for Prepared {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Prepared").field("path", &self.path).finish_non_exhaustive()
    }
}

/// Reads the `.env` of a folder and plans its change; changes nothing.
///
/// # Errors
/// `FolderMissing`, `EnvIsFolder`, `EnvNotReadable` (also for a link that leads nowhere, and for
/// more than 1 MiB), `EnvNotUtf8`, `EnvNotUnderstood`, `EnvNotWritable`, `EnvNamesRealEndpoint`;
/// `EnvWriteFailed` for a value that could not be written without quotes.
pub fn prepare(
    fs: &dyn FileSystem,
    folder: &Path,
    values: &EnvValues,
) -> Result<Prepared, Failure> {
    let path = folder.join(FILE_NAME);
    let seen = look_at(fs, folder, &path)?;
    let target = follow(fs, folder, &path, seen.is_some())?;
    let old = match seen {
        Some(_) => Some(fs.read(&target).map_err(|error| not_readable(&path, &error))?),
        None => None,
    };
    let file = EnvFile::parse(old.as_deref().unwrap_or_default())
        .map_err(|trouble| not_parsed(&path, trouble))?;
    if values.practice && plan::names_real_endpoint(&file) {
        return Err(failure(Code::EnvNamesRealEndpoint, &path).offer(Action::ChooseFolder));
    }
    let plan = plan::plan(&file, values).map_err(|value| not_safe(&path, &value))?;
    let exists = old.is_some();
    let prepared = Prepared { path, exists, change: plan.change, target, old, new: plan.bytes };
    if !prepared.is_unchanged() {
        check_writable(fs, &prepared, seen)?;
    }
    Ok(prepared)
}

/// Makes a prepared change, keeping a copy of the former file under `backups`.
///
/// # Errors
/// `EnvChanged` when the file is not the one that was read; `EnvNotWritable` and `EnvWriteFailed`
/// otherwise. After an error the file is what it was.
pub fn write(fs: &dyn FileSystem, prepared: &Prepared, backups: &Path) -> Result<(), Failure> {
    check_unchanged(fs, prepared)?;
    if prepared.is_unchanged() {
        return Ok(());
    }
    if let Some(old) = &prepared.old {
        backups::keep(fs, backups, &prepared.target, old)
            .map_err(|error| not_kept(&prepared.path, backups, &error))?;
    }
    let temporary = prepared.target.with_file_name(temporary_name());
    let written = write_beside(fs, prepared, &temporary);
    match written {
        Ok(()) => {
            settle(fs, &prepared.target);
            Ok(())
        }
        Err(failure) => Err(clean_up(fs, &temporary, failure)),
    }
}

/// Puts a file back as it was before this write, or deletes it where it was not there; only where
/// it is still what was written. Whether that was so, and the copy of the former file at hand.
///
/// # Errors
/// Those of [`write`]. After an error the file is what it was.
pub fn restore(fs: &dyn FileSystem, done: &FileWrite, backups: &Path) -> Result<bool, Failure> {
    let path = PathBuf::from(&done.path);
    let unread = |error: io::Error| not_readable(&path, &error);
    if fs.look(&path).map_err(unread)?.is_none_or(|seen| seen.kind != Kind::File) {
        return Ok(false);
    }
    let now = fs.read(&path).map_err(unread)?;
    if Some(digest_of(&now)) != done.after {
        return Ok(false);
    }
    let Some(before) = &done.before else {
        fs.remove(&path).map_err(|error| write_failed(&path, &error))?;
        return Ok(true);
    };
    let Some(former) = find_copy(fs, backups, &path, before).map_err(unread)? else {
        return Ok(false);
    };
    let (change, target) = (Vec::new(), path.clone());
    let prepared = Prepared { path, exists: true, change, target, old: Some(now), new: former };
    write(fs, &prepared, backups).map(|()| true)
}

fn look_at(fs: &dyn FileSystem, folder: &Path, path: &Path) -> Result<Option<Seen>, Failure> {
    let is_folder = fs
        .look(folder)
        .map_err(|error| not_readable(path, &error))?
        .is_some_and(|seen| seen.kind == Kind::Folder);
    if !is_folder {
        return Err(failure(Code::FolderMissing, folder).offer(Action::ChooseFolder));
    }
    let seen = fs.look(path).map_err(|error| not_readable(path, &error))?;
    match seen {
        Some(Seen { kind: Kind::Folder, .. }) => {
            Err(failure(Code::EnvIsFolder, path).offer(Action::ChooseFolder).offer(Action::ReadEnv))
        }
        Some(Seen { kind: Kind::Other, .. }) => {
            Err(not_readable(path, &io::ErrorKind::InvalidInput.into()))
        }
        _ => Ok(seen),
    }
}

/// A link that leads nowhere is not a place for a new file: nobody chose where it would go.
fn follow(
    fs: &dyn FileSystem,
    folder: &Path,
    path: &Path,
    exists: bool,
) -> Result<PathBuf, Failure> {
    let error = |error| not_readable(path, &error);
    if exists {
        return fs.follow(path).map_err(error);
    }
    if fs.is_link(path).map_err(error)? {
        return Err(error(io::ErrorKind::NotFound.into()));
    }
    Ok(fs.follow(folder).map_err(error)?.join(FILE_NAME))
}

fn check_writable(
    fs: &dyn FileSystem,
    prepared: &Prepared,
    seen: Option<Seen>,
) -> Result<(), Failure> {
    let folder = fs.look(folder_of(&prepared.target));
    let folder = folder.map_err(|error| not_readable(&prepared.path, &error))?;
    let read_only = |seen: Option<Seen>| seen.is_some_and(|seen| seen.read_only);
    if read_only(seen) || (cfg!(unix) && read_only(folder)) {
        return Err(not_writable(&prepared.path));
    }
    if prepared.exists {
        fs.probe_writable(&prepared.target)
            .map_err(|error| write_failed(&prepared.path, &error))?;
    }
    Ok(())
}

fn write_beside(fs: &dyn FileSystem, prepared: &Prepared, temporary: &Path) -> Result<(), Failure> {
    let failed = |error: io::Error| write_failed(&prepared.path, &error);
    write_new(fs, temporary, &prepared.new).map_err(failed)?;
    if prepared.old.is_none() {
        return fs.place(temporary, &prepared.target).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => changed(&prepared.path),
            _ => failed(error),
        });
    }
    fs.copy_permissions(&prepared.target, temporary).map_err(failed)?;
    check_unchanged(fs, prepared)?;
    fs.replace(temporary, &prepared.target).map_err(failed)
}

/// Makes a file that holds these bytes, on the disk.
pub(crate) fn write_new(fs: &dyn FileSystem, path: &Path, bytes: &[u8]) -> io::Result<()> {
    fs.create(path)?;
    let mut rest = bytes;
    while !rest.is_empty() {
        match fs.append(path, rest) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => rest = &rest[count..],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    fs.sync(path)
}

fn check_unchanged(fs: &dyn FileSystem, prepared: &Prepared) -> Result<(), Failure> {
    let error = |error| not_readable(&prepared.path, &error);
    let seen = fs.look(&prepared.target).map_err(error)?;
    let unchanged = match (&prepared.old, seen) {
        (None, None) => !fs.is_link(&prepared.target).map_err(error)?,
        (Some(old), Some(Seen { kind: Kind::File, .. })) => {
            fs.read(&prepared.target).map_err(error)? == *old
        }
        _ => false,
    };
    if unchanged { Ok(()) } else { Err(changed(&prepared.path)) }
}

/// The new file is in place: what fails from here on is not a failure of the write.
fn settle(fs: &dyn FileSystem, target: &Path) {
    if let Err(error) = fs.sync_folder(folder_of(target)) {
        tracing::warn!(%error, "the folder of the .env could not be synchronised");
    }
    if let Err(error) = remove_abandoned(fs, target) {
        tracing::warn!(%error, "an abandoned temporary file could not be removed");
    }
}

/// Removes what a process left that died between making a temporary file and renaming it.
fn remove_abandoned(fs: &dyn FileSystem, target: &Path) -> io::Result<()> {
    let Some(now) = fs.look(target)?.map(|seen| seen.modified) else {
        return Ok(());
    };
    for name in fs.list(folder_of(target))? {
        let path = target.with_file_name(&name);
        if !is_temporary_name(&name) || fs.is_link(&path)? {
            continue;
        }
        let age = fs.look(&path)?.and_then(|seen| now.duration_since(seen.modified).ok());
        if age.is_some_and(|age| age > ABANDONED) {
            fs.remove(&path)?;
        }
    }
    Ok(())
}

fn clean_up(fs: &dyn FileSystem, temporary: &Path, failure: Failure) -> Failure {
    match fs.remove(temporary) {
        Ok(()) => failure,
        Err(error) if error.kind() == io::ErrorKind::NotFound => failure,
        Err(_) => failure.detail("left_behind", temporary.display()),
    }
}

fn temporary_name() -> String {
    format!("{TEMPORARY_PREFIX}{}", uuid::Uuid::new_v4())
}

fn is_temporary_name(name: &str) -> bool {
    name.strip_prefix(TEMPORARY_PREFIX).is_some_and(|id| uuid::Uuid::try_parse(id).is_ok())
}

fn folder_of(target: &Path) -> &Path {
    target.parent().unwrap_or(target)
}

fn failure(code: Code, path: &Path) -> Failure {
    Failure::new(code).with("path", path.display())
}

fn changed(path: &Path) -> Failure {
    failure(Code::EnvChanged, path).offer(Action::ReadEnv)
}

fn not_readable(path: &Path, error: &io::Error) -> Failure {
    failure(Code::EnvNotReadable, path)
        .detail("io_error", error)
        .offer(Action::ReadEnv)
        .offer(Action::ChooseFolder)
}

fn not_parsed(path: &Path, trouble: Trouble) -> Failure {
    let (code, line) = match trouble {
        Trouble::NotUtf8 { line } => (Code::EnvNotUtf8, line),
        Trouble::NotUnderstood { line } => (Code::EnvNotUnderstood, line),
    };
    failure(code, path).with("line", line).offer(Action::ReadEnv).offer(Action::ChooseFolder)
}

fn not_writable(path: &Path) -> Failure {
    failure(Code::EnvNotWritable, path).offer(Action::ReadEnv).offer(Action::ChooseFolder)
}

fn not_safe(path: &Path, value: &plan::UnsafeValue) -> Failure {
    failure(Code::EnvWriteFailed, path)
        .with("reason", format!("{} cannot be written without quotes", value.0))
        .offer(Action::ChooseResource)
}

/// Without a copy of the former file nothing is written.
fn not_kept(path: &Path, backups: &Path, error: &io::Error) -> Failure {
    failure(Code::EnvWriteFailed, path)
        .with("reason", format!("{}: {}", error.kind(), backups.display()))
        .detail("io_error", error)
        .offer(Action::ReadEnv)
}

fn write_failed(path: &Path, error: &io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            not_writable(path).detail("io_error", error)
        }
        kind => failure(Code::EnvWriteFailed, path)
            .with("reason", kind)
            .detail("io_error", error)
            .offer(Action::ReadEnv)
            .offer(Action::ChooseFolder),
    }
}
