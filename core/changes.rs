//! What Keyless changed, in Azure and on this computer: an entry for each write, which is on the
//! disk before the write goes out.
//!
//! The entries lie in `changes.jsonl` in Keyless's own data folder, a line each, readable by its
//! owner only. The file is replaced as a whole: it is the old one or the new one at every moment.
//! It holds no token and no content of a file, but names, ids and digests. A line that is not
//! understood is no reason to lose the others, nor itself: the whole file is kept beside then.
//!
//! An entry without an outcome is one whose write was under way when the window ended, or got no
//! answer. It claims nothing until somebody has looked; nothing is ever repeated because of it.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

use crate::access::Grant;
use crate::env_file::{self, FileSystem, Kind, write_new};
use crate::failure::Code;

const FILE: &str = "changes.jsonl";
const TEMPORARY_PREFIX: &str = "changes.jsonl.new-";
const KEPT_PREFIX: &str = "changes.kept-";
/// Older entries are dropped.
const LIMIT: usize = 500;
/// So many bytes at most, whatever the entries hold: a file of 1 MiB would not be read again.
const SIZE_LIMIT: usize = 512 * 1024;
/// A folder with more copies than this is not ours to fill.
const COPIES: u32 = 100;

/// One write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Counts from 1.
    pub number: u32,
    /// When it was about to go out: RFC 3339, UTC, whole seconds.
    pub began: String,
    /// When its outcome was known.
    pub ended: Option<String>,
    /// The sign-in name of whoever was signed in.
    pub account: Option<String>,
    /// What it was to do.
    pub deed: Deed,
    /// The change that it was to undo.
    pub undoes: Option<u32>,
    /// What came of it.
    pub state: State,
}

/// What a write does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Deed {
    /// A role is assigned.
    RoleAssigned(Grant),
    /// A role that Keyless assigned is taken away.
    RoleRemoved(Grant),
    /// The custom subdomain of an account is set, for ever.
    SubdomainSet(Naming),
    /// The project's `.env` is written.
    EnvWritten(FileWrite),
    /// The project's `.env` is put back as it was before.
    EnvRestored(FileWrite),
    /// The file of certificates is written.
    CertificatesWritten(FileWrite),
    /// The file of certificates is deleted.
    CertificatesRemoved(FileWrite),
}

/// A custom subdomain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Naming {
    /// The name.
    pub name: String,
    /// The id of the account.
    pub account: String,
    /// The directory that it was set in.
    pub tenant_id: String,
    /// The person's object id there, where it is known.
    pub object_id: String,
}

/// What happens to a file. Its content is compared by SHA-256, in hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileWrite {
    /// The file, links followed.
    pub path: String,
    /// What it held; none where it was not there.
    pub before: Option<String>,
    /// What it holds afterwards; none where it is deleted.
    pub after: Option<String>,
}

/// What came of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum State {
    /// It was about to go out.
    Begun,
    /// It was done.
    Done,
    /// What it was to make was there before: it is not Keyless's.
    Existed,
    /// It was refused, and changed nothing.
    Refused {
        /// Why.
        code: Code,
    },
    /// Somebody looked afterwards, and it had not happened.
    NotDone,
    /// It was done, and what it made is not there any more: somebody else took it away.
    Gone,
}

/// What lies where a file was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// What Keyless wrote; whether what was there before can be put back.
    After {
        /// There is a copy of it, or there was nothing.
        restorable: bool,
    },
    /// What was there before.
    Before,
    /// Nothing.
    Nothing,
    /// Something else.
    Other,
    /// Something that cannot be read.
    Unreadable,
}

/// All entries, and what is to be known about them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// Oldest first.
    pub changes: Vec<Change>,
    /// Those that are being carried out in this window.
    pub under_way: BTreeSet<u32>,
    /// What lies where files were written, by number.
    pub found: BTreeMap<u32, Found>,
    /// Where the entries lie.
    pub file: String,
    /// Files that held entries which could not be read.
    pub kept: Vec<String>,
    /// Why the newest entries are not on the disk, where they are not.
    pub gap: Option<String>,
}

impl Deed {
    /// The role that it is about.
    pub fn grant(&self) -> Option<&Grant> {
        match self {
            Deed::RoleAssigned(grant) | Deed::RoleRemoved(grant) => Some(grant),
            _ => None,
        }
    }

    /// What happens to a file.
    pub fn file_write(&self) -> Option<&FileWrite> {
        match self {
            Deed::RoleAssigned(_) | Deed::RoleRemoved(_) | Deed::SubdomainSet(_) => None,
            Deed::EnvWritten(write)
            | Deed::EnvRestored(write)
            | Deed::CertificatesWritten(write)
            | Deed::CertificatesRemoved(write) => Some(write),
        }
    }

    /// Who it is done as, where it is done in Azure: the directory and the object id in it.
    pub fn person(&self) -> Option<(&str, &str)> {
        match self {
            Deed::SubdomainSet(naming) => Some((&naming.tenant_id, &naming.object_id)),
            _ => self.grant().map(|grant| (grant.tenant_id.as_str(), grant.object_id.as_str())),
        }
    }

    /// Whether both are about the same assignment, account or file.
    pub fn is_about_the_same(&self, other: &Deed) -> bool {
        match (self, other) {
            (Deed::SubdomainSet(own), Deed::SubdomainSet(others)) => {
                own.account.eq_ignore_ascii_case(&others.account)
            }
            _ => match (self.grant(), other.grant()) {
                (Some(own), Some(others)) => own.id.eq_ignore_ascii_case(&others.id),
                (None, None) => {
                    let path = |deed: &Deed| deed.file_write().map(|write| write.path.clone());
                    path(self).is_some() && path(self) == path(other)
                }
                _ => false,
            },
        }
    }

    /// Whether it makes something, rather than to undo it.
    pub fn makes(&self) -> bool {
        matches!(
            self,
            Deed::RoleAssigned(_)
                | Deed::SubdomainSet(_)
                | Deed::EnvWritten(_)
                | Deed::CertificatesWritten(_)
        )
    }
}

impl FileWrite {
    /// What undoes it.
    pub fn reversed(&self) -> Self {
        let (before, after) = (self.after.clone(), self.before.clone());
        FileWrite { path: self.path.clone(), before, after }
    }
}

impl Record {
    /// The entry of this number.
    pub fn change(&self, number: u32) -> Option<&Change> {
        self.changes.iter().find(|change| change.number == number)
    }

    /// What undid this change.
    pub fn undone_by(&self, number: u32) -> Option<&Change> {
        undone_by(&self.changes, number)
    }

    /// Whether a later entry made something of the same, and stands.
    pub fn is_superseded(&self, change: &Change) -> bool {
        self.changes.iter().any(|later| {
            later.number > change.number
                && later.state == State::Done
                && later.deed.makes()
                && later.deed.is_about_the_same(&change.deed)
                && self.undone_by(later.number).is_none()
        })
    }

    /// The assignments that were made and, for all that is known here, are there.
    pub fn standing(&self) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(|change| {
            change.state == State::Done
                && matches!(change.deed, Deed::RoleAssigned(_))
                && self.undone_by(change.number).is_none()
                && !self.is_superseded(change)
        })
    }

    /// The entries whose outcome nobody knows.
    pub fn unsettled(&self) -> impl Iterator<Item = &Change> {
        let open = |change: &&Change| change.state == State::Begun;
        self.changes.iter().filter(open).filter(|it| !self.under_way.contains(&it.number))
    }
}

/// The entries on the disk, and the one place that writes them.
///
/// Its methods block. None fails: a write that a person asked for is not held up because the disk
/// is full. What could not be written stays in memory, is told ([`Record::gap`]), and is written
/// with the next entry.
pub struct Changes {
    files: Arc<dyn FileSystem>,
    folder: PathBuf,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    read: bool,
    /// What lies on the disk could neither be read nor kept beside: it is not written over.
    sealed: bool,
    changes: Vec<Change>,
    under_way: BTreeSet<u32>,
    gap: Option<String>,
}

/// An entry that is being carried out. Without an outcome it stays as it was begun.
pub struct Open {
    changes: Arc<Changes>,
    number: u32,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.changes.lock().under_way.remove(&self.number);
    }
}

impl Open {
    /// The same deed, otherwise than it was begun.
    pub fn aim(&self, deed: Deed) {
        self.changes.alter(self.number, |change| change.deed = deed);
    }

    /// What came of it.
    pub fn end(&self, now: OffsetDateTime, state: State) {
        self.changes.settle(self.number, now, state);
    }
}

impl Changes {
    /// Those in this folder, which is made when it is needed.
    pub fn new(files: Arc<dyn FileSystem>, folder: PathBuf) -> Self {
        Changes { files, folder, held: Mutex::default() }
    }

    /// Writes down what is about to be done.
    pub fn begin(
        self: &Arc<Self>,
        now: OffsetDateTime,
        account: Option<String>,
        deed: Deed,
    ) -> Open {
        let mut held = self.lock();
        self.load(&mut held);
        let undoes = if deed.makes() { None } else { maker_of(&held.changes, &deed) };
        let number = held.changes.last().map_or(1, |last| last.number.saturating_add(1));
        let began = moment(now);
        let state = State::Begun;
        held.changes.push(Change { number, began, ended: None, account, deed, undoes, state });
        held.under_way.insert(number);
        self.save(&mut held);
        Open { changes: self.clone(), number }
    }

    /// What came of an entry, learnt later.
    pub fn settle(&self, number: u32, now: OffsetDateTime, state: State) {
        self.alter(number, |change| {
            change.state = state;
            change.ended = Some(moment(now));
        });
    }

    /// Everything, after a look at the files: what was begun there is settled where it can be told.
    /// `backups` holds the copies of former files.
    pub fn read(&self, now: OffsetDateTime, backups: &Path) -> Record {
        let mut record = self.entries();
        for change in &record.changes {
            if let Some(write) = change.deed.file_write() {
                record.found.insert(change.number, self.look_at(write, backups));
            }
        }
        let settled: Vec<(u32, State)> = record
            .unsettled()
            .filter_map(|change| {
                Some((change.number, state_of(record.found.get(&change.number)?)?))
            })
            .collect();
        for (number, state) in &settled {
            self.settle(*number, now, *state);
        }
        Record { found: record.found, ..self.entries() }
    }

    /// Every entry as it is, without a look at anything.
    pub fn entries(&self) -> Record {
        let mut held = self.lock();
        self.load(&mut held);
        Record {
            changes: held.changes.clone(),
            under_way: held.under_way.clone(),
            found: BTreeMap::new(),
            file: self.file().display().to_string(),
            kept: self.kept().iter().map(|path| path.display().to_string()).collect(),
            gap: held.gap.clone(),
        }
    }

    fn look_at(&self, write: &FileWrite, backups: &Path) -> Found {
        let now = digest_at(&*self.files, Path::new(&write.path));
        match now {
            Err(_) => Found::Unreadable,
            Ok(now) if now == write.after => Found::After {
                restorable: write.before.as_deref().is_none_or(|digest| {
                    let path = Path::new(&write.path);
                    let copy = env_file::find_copy(&*self.files, backups, path, digest);
                    copy.is_ok_and(|copy| copy.is_some())
                }),
            },
            Ok(now) if now == write.before => Found::Before,
            Ok(None) => Found::Nothing,
            Ok(Some(_)) => Found::Other,
        }
    }

    fn alter(&self, number: u32, alter: impl FnOnce(&mut Change)) {
        let mut held = self.lock();
        self.load(&mut held);
        if let Some(change) = held.changes.iter_mut().find(|it| it.number == number) {
            alter(change);
            self.save(&mut held);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn file(&self) -> PathBuf {
        self.folder.join(FILE)
    }

    /// Reads the file once.
    fn load(&self, held: &mut Held) {
        if held.read {
            return;
        }
        held.read = true;
        match self.read_file() {
            Ok((changes, whole)) => {
                held.changes = changes;
                if !whole {
                    self.save(held);
                }
            }
            Err(error) => {
                tracing::warn!(kind = ?error.kind(), "the record of changes cannot be read");
                held.sealed = true;
                held.gap = Some(error.to_string());
            }
        }
    }

    /// The entries that can be read, and whether these were all. What cannot be read is kept beside
    /// before anything else; it fails where that does.
    fn read_file(&self) -> io::Result<(Vec<Change>, bool)> {
        self.sweep();
        let file = self.file();
        if self.files.look(&file)?.is_none() {
            return Ok((Vec::new(), true));
        }
        let bytes = match self.files.read(&file) {
            Ok(bytes) => bytes,
            // The name of a file can be changed by whoever may not read it.
            Err(error) => {
                return self
                    .keep(|kept| self.files.place(&file, kept))
                    .map_or(Err(error), |()| Ok((Vec::new(), true)));
            }
        };
        let (changes, whole) = understand(&bytes);
        if !whole {
            self.keep_copy(&bytes)?;
        }
        Ok((changes, whole))
    }

    fn keep_copy(&self, bytes: &[u8]) -> io::Result<()> {
        let same = |path: &PathBuf| self.files.read(path).is_ok_and(|kept| kept == bytes);
        if self.kept().iter().any(same) {
            return Ok(());
        }
        let temporary = temporary_in(&self.folder);
        let written = write_new(&*self.files, &temporary, bytes)
            .and_then(|()| self.keep(|kept| self.files.place(&temporary, kept)));
        remove_if_there(&*self.files, &temporary);
        written
    }

    /// Brings something to the first name of a kept file that is free.
    fn keep(&self, place: impl Fn(&Path) -> io::Result<()>) -> io::Result<()> {
        let names = (1..=COPIES).map(|number| format!("{KEPT_PREFIX}{number}.jsonl"));
        for name in names {
            match place(&self.folder.join(name)) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                placed => return placed,
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }

    fn kept(&self) -> Vec<PathBuf> {
        let names = self.files.list(&self.folder).unwrap_or_default();
        let kept = names.iter().filter(|name| name.starts_with(KEPT_PREFIX));
        kept.map(|name| self.folder.join(name)).collect()
    }

    fn save(&self, held: &mut Held) {
        if held.sealed {
            return;
        }
        let text = shorten(&mut held.changes);
        let saved = replace(&*self.files, &self.folder, text.as_bytes());
        if let Err(error) = &saved {
            tracing::warn!(kind = ?error.kind(), "the record of changes cannot be written");
        }
        held.gap = saved.err().map(|error| error.to_string());
    }

    /// Removes what a process left that died before the rename.
    fn sweep(&self) {
        for name in self.files.list(&self.folder).unwrap_or_default() {
            if name.starts_with(TEMPORARY_PREFIX) {
                remove_if_there(&*self.files, &self.folder.join(name));
            }
        }
    }
}

/// Makes the file hold these bytes: it is the old one or the new one at every moment, and after
/// success the new one is on the disk.
fn replace(files: &dyn FileSystem, folder: &Path, bytes: &[u8]) -> io::Result<()> {
    files.create_folder(folder)?;
    let temporary = temporary_in(folder);
    let written = write_new(files, &temporary, bytes)
        .and_then(|()| files.replace(&temporary, &folder.join(FILE)));
    if written.is_err() {
        remove_if_there(files, &temporary);
    }
    written?;
    files.sync_folder(folder)
}

fn temporary_in(folder: &Path) -> PathBuf {
    folder.join(format!("{TEMPORARY_PREFIX}{}", uuid::Uuid::new_v4()))
}

/// What cannot be removed now is swept away by the next window.
fn remove_if_there(files: &dyn FileSystem, path: &Path) {
    match files.remove(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::debug!(kind = ?error.kind(), "a temporary file stays");
        }
        _ => {}
    }
}

/// Forgets what was changed in an Azure that is gone: practice Azure begins anew each time.
///
/// # Errors
/// Those of the file system; that there is nothing to forget is none.
pub fn forget(folder: &Path) -> io::Result<()> {
    match std::fs::remove_file(folder.join(FILE)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// The SHA-256 of bytes, in hexadecimal digits.
pub fn digest_of(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The digest of what a file holds; none where nothing lies there.
///
/// # Errors
/// Those of the file system; a folder or a device is `InvalidInput`.
pub fn digest_at(files: &dyn FileSystem, path: &Path) -> io::Result<Option<String>> {
    match files.look(path)?.map(|seen| seen.kind) {
        None => Ok(None),
        Some(Kind::File) => Ok(Some(digest_of(&files.read(path)?))),
        Some(_) => Err(io::ErrorKind::InvalidInput.into()),
    }
}

/// A moment as entries have it.
pub fn moment(at: OffsetDateTime) -> String {
    let at = at.to_offset(UtcOffset::UTC);
    at.replace_nanosecond(0).unwrap_or(at).format(&Rfc3339).unwrap_or_default()
}

/// How long ago that was; none for what is no moment.
pub fn age(moment: &str, now: OffsetDateTime) -> Option<time::Duration> {
    OffsetDateTime::parse(moment, &Rfc3339).ok().map(|at| now - at)
}

fn undone_by(changes: &[Change], number: u32) -> Option<&Change> {
    changes.iter().find(|it| it.undoes == Some(number) && it.state == State::Done)
}

/// The newest entry that made this and was not undone.
fn maker_of(changes: &[Change], deed: &Deed) -> Option<u32> {
    let made = |it: &&Change| {
        it.deed.makes()
            && it.deed.is_about_the_same(deed)
            && matches!(it.state, State::Done | State::Begun)
            && undone_by(changes, it.number).is_none()
    };
    changes.iter().rev().find(made).map(|change| change.number)
}

/// What is true of a write that was begun, by what lies there now.
fn state_of(found: &Found) -> Option<State> {
    match found {
        Found::After { .. } => Some(State::Done),
        Found::Before => Some(State::NotDone),
        Found::Nothing | Found::Other | Found::Unreadable => None,
    }
}

/// The entries of the lines that are understood, and whether these are all.
fn understand(bytes: &[u8]) -> (Vec<Change>, bool) {
    let lines: Vec<&[u8]> =
        bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect();
    let mut changes: Vec<Change> =
        lines.iter().filter_map(|line| serde_json::from_slice(line).ok()).collect();
    let understood = changes.len();
    changes.sort_by_key(|change| change.number);
    changes.dedup_by_key(|change| change.number);
    let whole = understood == lines.len() && changes.len() == understood;
    (changes, whole)
}

/// Drops the oldest beyond the limits; the lines of those that stay.
fn shorten(changes: &mut Vec<Change>) -> String {
    let mut lines = Vec::new();
    let mut size = 0;
    for change in changes.iter().rev().take(LIMIT) {
        let line = serde_json::to_string(change).unwrap_or_default();
        size += line.len() + 1;
        if size > SIZE_LIMIT && !lines.is_empty() {
            break;
        }
        lines.push(line);
    }
    changes.drain(..changes.len() - lines.len());
    lines.iter().rev().map(|line| format!("{line}\n")).collect()
}

#[cfg(test)]
mod tests;
