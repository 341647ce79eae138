//! One secret over entries of limited size.
//!
//! The entry named by the account holds the secret itself, after a line that says so. Where that
//! is too long (Windows takes 2,560 bytes), it holds a header instead, which is written last and
//! removed first: the name of a set, how many numbered chunks the set has, and the SHA-256 of the
//! whole. Two sets take turns, so that writing a secret leaves the former one whole until the
//! header changes. A chunk that is missing or does not belong reads as no secret.

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{Secret, StoreTrouble};

/// Below the 2,560 bytes that Windows' Credential Manager takes (`CRED_MAX_CREDENTIAL_BLOB_SIZE`).
const CHUNK_BYTES: usize = 2048;
/// More chunks than a token ever has.
const COUNT_EXPECTED: usize = 64;
const WHOLE: &[u8] = b"keyless 1 whole\n";
const CHUNKED: &str = "keyless 1 chunked";
const SETS: [char; 2] = ['a', 'b'];

/// A store of small named entries; calls may block.
pub trait Entries: Send + Sync {
    /// The bytes of an entry, if there is one.
    fn get(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, EntryTrouble>;
    /// Makes or replaces an entry at once.
    fn set(&self, name: &str, bytes: &[u8]) -> Result<(), EntryTrouble>;
    /// Removes an entry; one that is not there is no trouble.
    fn delete(&self, name: &str) -> Result<(), EntryTrouble>;
    /// Whether an entry could be made now, without asking anybody.
    fn check(&self) -> Result<(), EntryTrouble> {
        Ok(())
    }
    /// Makes the store ready, where it must by asking the person.
    fn unlock(&self) -> Result<(), EntryTrouble> {
        Ok(())
    }
}

/// Why an entry could not be read, written or removed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EntryTrouble {
    /// The bytes are more than an entry can hold.
    #[error("the bytes are too long for an entry")]
    TooLong,
    /// The store itself is in trouble.
    #[error(transparent)]
    Store(#[from] StoreTrouble),
}

impl From<EntryTrouble> for StoreTrouble {
    fn from(trouble: EntryTrouble) -> StoreTrouble {
        match trouble {
            EntryTrouble::TooLong => StoreTrouble::Failed(trouble.to_string()),
            EntryTrouble::Store(trouble) => trouble,
        }
    }
}

pub(super) fn read(entries: &dyn Entries, account: &str) -> Result<Option<Secret>, EntryTrouble> {
    let Some(bytes) = entries.get(account)? else {
        return Ok(None);
    };
    if let Some(secret) = bytes.strip_prefix(WHOLE) {
        return Ok(text_of(secret));
    }
    match Header::parse(&bytes) {
        Some(header) => read_chunks(entries, account, &header),
        None => Ok(None),
    }
}

pub(super) fn write(
    entries: &dyn Entries,
    account: &str,
    secret: &Secret,
) -> Result<(), EntryTrouble> {
    let whole = Zeroizing::new([WHOLE, secret.expose().as_bytes()].concat());
    match entries.set(account, &whole) {
        Ok(()) => {
            forget_sets(entries, account, None);
            Ok(())
        }
        Err(EntryTrouble::TooLong) => write_chunks(entries, account, secret),
        Err(trouble) => Err(trouble),
    }
}

pub(super) fn remove(entries: &dyn Entries, account: &str) -> Result<(), EntryTrouble> {
    entries.delete(account)?;
    SETS.iter().try_for_each(|set| remove_chunks(entries, account, *set, 0))
}

struct Header {
    set: char,
    count: usize,
    digest: String,
}

impl Header {
    fn parse(bytes: &[u8]) -> Option<Header> {
        let text = std::str::from_utf8(bytes).ok()?;
        let mut words = text.strip_prefix(CHUNKED)?.split_whitespace();
        let set = words.next()?.parse().ok()?;
        let count = words.next()?.parse().ok()?;
        let digest = words.next()?.to_owned();
        Some(Header { set, count, digest })
    }

    fn render(&self) -> String {
        format!("{CHUNKED} {} {} {}", self.set, self.count, self.digest)
    }
}

fn read_chunks(
    entries: &dyn Entries,
    account: &str,
    header: &Header,
) -> Result<Option<Secret>, EntryTrouble> {
    // What a growing buffer leaves behind would not be cleared.
    let capacity = CHUNK_BYTES * header.count.min(COUNT_EXPECTED);
    let mut whole = Zeroizing::new(Vec::with_capacity(capacity));
    for number in 0..header.count {
        match entries.get(&chunk_name(account, header.set, number))? {
            Some(chunk) => whole.extend_from_slice(&chunk),
            None => return Ok(None),
        }
    }
    Ok(if digest_of(&whole) == header.digest { text_of(&whole) } else { None })
}

fn write_chunks(entries: &dyn Entries, account: &str, secret: &Secret) -> Result<(), EntryTrouble> {
    let former = entries.get(account)?.and_then(|bytes| Header::parse(&bytes));
    let set = if former.is_some_and(|former| former.set == SETS[0]) { SETS[1] } else { SETS[0] };
    let bytes = secret.expose().as_bytes();
    for (number, chunk) in bytes.chunks(CHUNK_BYTES).enumerate() {
        entries.set(&chunk_name(account, set, number), chunk)?;
    }
    let count = bytes.len().div_ceil(CHUNK_BYTES);
    let header = Header { set, count, digest: digest_of(bytes) };
    entries.set(account, header.render().as_bytes())?;
    forget_sets(entries, account, Some(&header));
    Ok(())
}

/// The secret is kept by now: chunks that stay behind are removed with the next change.
fn forget_sets(entries: &dyn Entries, account: &str, current: Option<&Header>) {
    for set in SETS {
        let from = current.filter(|header| header.set == set).map_or(0, |header| header.count);
        if let Err(trouble) = remove_chunks(entries, account, set, from) {
            tracing::warn!(%trouble, "a chunk of a former sign-in could not be removed");
        }
    }
}

/// From the last to the first: where a call fails, the rest can still be found.
fn remove_chunks(
    entries: &dyn Entries,
    account: &str,
    set: char,
    from: usize,
) -> Result<(), EntryTrouble> {
    let mut count = from;
    while entries.get(&chunk_name(account, set, count))?.is_some() {
        count += 1;
    }
    (from..count).rev().try_for_each(|number| entries.delete(&chunk_name(account, set, number)))
}

fn chunk_name(account: &str, set: char, number: usize) -> String {
    format!("{account}.{set}{number}")
}

fn text_of(bytes: &[u8]) -> Option<Secret> {
    std::str::from_utf8(bytes).ok().map(|text| Secret::new(text.to_owned()))
}

fn digest_of(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
