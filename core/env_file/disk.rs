//! The few things that a `.env` asks of a file system, one system call or so each, so that a
//! test can stop, fail or cut short any of them.

use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// A `.env` is a page of text; what is longer is something else.
const READ_LIMIT: u64 = 1024 * 1024;

/// What lies at a path, links followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// File, folder, or neither.
    pub kind: Kind,
    /// Nobody may write to it: no write bit, or the read-only attribute.
    pub read_only: bool,
    /// When it was last written.
    pub modified: SystemTime,
}

/// File, folder, or neither.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A pipe, a device, a socket: reading it might never end.
    Other,
}

/// A file system. Errors are those of [`std::fs`].
pub trait FileSystem: Send + Sync {
    /// What lies at a path, links followed; `None` where nothing does.
    fn look(&self, path: &Path) -> io::Result<Option<Seen>>;
    /// Whether the path itself is a symbolic link; `false` where nothing lies.
    fn is_link(&self, path: &Path) -> io::Result<bool>;
    /// Where a path leads, links followed.
    fn follow(&self, path: &Path) -> io::Result<PathBuf>;
    /// The bytes of a file of at most 1 MiB.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;
    /// Opens a file for writing and changes nothing.
    fn probe_writable(&self, path: &Path) -> io::Result<()>;
    /// Makes a new, empty file that only its owner may read (mode 0600).
    fn create(&self, path: &Path) -> io::Result<()>;
    /// Appends bytes to a file; says how many, which may be fewer.
    fn append(&self, path: &Path, bytes: &[u8]) -> io::Result<usize>;
    /// Brings a file to the disk.
    fn sync(&self, path: &Path) -> io::Result<()>;
    /// Gives one file the mode and owner of another.
    fn copy_permissions(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Renames a file over another, at once.
    fn replace(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Renames a file, unless something has the new name (`AlreadyExists`).
    fn place(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Brings the names in a folder to the disk.
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;
    /// Makes a folder and those above it, which only their owner may open (mode 0700).
    fn create_folder(&self, folder: &Path) -> io::Result<()>;
    /// The names in a folder, sorted.
    fn list(&self, folder: &Path) -> io::Result<Vec<String>>;
    /// Removes a file.
    fn remove(&self, path: &Path) -> io::Result<()>;
}

/// The file system of this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct Disk;

impl FileSystem for Disk {
    fn look(&self, path: &Path) -> io::Result<Option<Seen>> {
        let metadata = match fs::metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            other => other?,
        };
        let kind = if metadata.is_file() {
            Kind::File
        } else if metadata.is_dir() {
            Kind::Folder
        } else {
            Kind::Other
        };
        let read_only = metadata.permissions().readonly();
        Ok(Some(Seen { kind, read_only, modified: metadata.modified()? }))
    }

    fn is_link(&self, path: &Path) -> io::Result<bool> {
        match fs::symlink_metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            other => Ok(other?.is_symlink()),
        }
    }

    fn follow(&self, path: &Path) -> io::Result<PathBuf> {
        fs::canonicalize(path)
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        fs::File::open(path)?.take(READ_LIMIT + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > READ_LIMIT {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        Ok(bytes)
    }

    fn probe_writable(&self, path: &Path) -> io::Result<()> {
        OpenOptions::new().append(true).open(path).map(drop)
    }

    fn create(&self, path: &Path) -> io::Result<()> {
        private_file().create_new(true).open(path).map(drop)
    }

    fn append(&self, path: &Path, bytes: &[u8]) -> io::Result<usize> {
        OpenOptions::new().append(true).open(path)?.write(bytes)
    }

    fn sync(&self, path: &Path) -> io::Result<()> {
        OpenOptions::new().append(true).open(path)?.sync_all()
    }

    fn copy_permissions(&self, from: &Path, to: &Path) -> io::Result<()> {
        let from = fs::metadata(from)?;
        copy_owner(&from, to)?;
        fs::set_permissions(to, from.permissions())
    }

    fn replace(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn place(&self, from: &Path, to: &Path) -> io::Result<()> {
        let from = tempfile::TempPath::try_from_path(from)?;
        from.persist_noclobber(to).map_err(|error| match error.path.keep() {
            // What could not be placed stays where it was: its owner tries another name.
            Ok(_) => error.error,
            Err(kept) => kept.error,
        })
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        // Elsewhere a folder cannot be opened; a rename is on the disk when it returns.
        if cfg!(unix) { fs::File::open(folder)?.sync_all() } else { Ok(()) }
    }

    fn create_folder(&self, folder: &Path) -> io::Result<()> {
        private_folder().recursive(true).create(folder)
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<String>> {
        let name = |entry: io::Result<fs::DirEntry>| {
            entry.map(|entry| entry.file_name().to_string_lossy().into_owned())
        };
        let mut names = fs::read_dir(folder)?.map(name).collect::<io::Result<Vec<_>>>()?;
        names.sort();
        Ok(names)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }
}

#[cfg(unix)]
fn private_file() -> OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = OpenOptions::new();
    options.write(true).mode(0o600);
    options
}

#[cfg(not(unix))]
fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    options
}

#[cfg(unix)]
fn private_folder() -> fs::DirBuilder {
    use std::os::unix::fs::DirBuilderExt;
    let mut builder = fs::DirBuilder::new();
    builder.mode(0o700);
    builder
}

#[cfg(not(unix))]
fn private_folder() -> fs::DirBuilder {
    fs::DirBuilder::new()
}

/// A file that belongs to somebody else, or to another group, stays theirs.
#[cfg(unix)]
fn copy_owner(from: &fs::Metadata, to: &Path) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, chown};
    let now = fs::metadata(to)?;
    let user = (now.uid() != from.uid()).then(|| from.uid());
    let group = (now.gid() != from.gid()).then(|| from.gid());
    if user.is_some() || group.is_some() { chown(to, user, group) } else { Ok(()) }
}

#[cfg(not(unix))]
fn copy_owner(_from: &fs::Metadata, _to: &Path) -> io::Result<()> {
    Ok(())
}
