//! The entries of Keychain and Credential Manager, through `keyring`.

use keyring::{Entry, Error};
use zeroize::Zeroizing;

use super::StoreTrouble;
use super::chunks::{Entries, EntryTrouble};

/// The entries of one service in the operating system's store.
pub struct OsEntries {
    service: String,
}

impl OsEntries {
    /// Entries under this service name.
    pub fn new(service: impl Into<String>) -> OsEntries {
        OsEntries { service: service.into() }
    }

    fn entry(&self, name: &str) -> Result<Entry, EntryTrouble> {
        Entry::new(&self.service, name).map_err(translate)
    }
}

impl Entries for OsEntries {
    fn get(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, EntryTrouble> {
        match self.entry(name)?.get_secret() {
            Ok(bytes) => Ok(Some(Zeroizing::new(bytes))),
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(translate(error)),
        }
    }

    fn set(&self, name: &str, bytes: &[u8]) -> Result<(), EntryTrouble> {
        self.entry(name)?.set_secret(bytes).map_err(translate)
    }

    fn delete(&self, name: &str) -> Result<(), EntryTrouble> {
        match self.entry(name)?.delete_credential() {
            Ok(()) | Err(Error::NoEntry) => Ok(()),
            Err(error) => Err(translate(error)),
        }
    }
}

/// The variants that carry what was read are named, not printed.
fn translate(error: Error) -> EntryTrouble {
    let trouble = match error {
        Error::TooLong(..) => return EntryTrouble::TooLong,
        Error::NoDefaultStore => StoreTrouble::Absent,
        Error::NoStorageAccess(_) => StoreTrouble::Locked,
        Error::BadEncoding(bytes) | Error::BadDataFormat(bytes, _) => {
            drop(Zeroizing::new(bytes));
            StoreTrouble::Failed("the entry is malformed".to_owned())
        }
        other => StoreTrouble::Failed(other.to_string()),
    };
    EntryTrouble::Store(trouble)
}
