//! The sign-in that outlives the window: kept in the system's store, and really gone afterwards.
//!
//! A store may refuse to let go. Whoever signed out is remembered in a small file then (a mark
//! without any content), and what the store still holds is removed before anything is read or
//! kept again.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Mutex;

use crate::secrets::{Secret, SecretStore, StoreTrouble};

/// The file that says that what the store holds is not to be used any more.
const MARK: &str = "forget-sign-in";

/// The one sign-in that is kept, and everything that happens to it one after the other.
///
/// Wishes to keep and to forget are numbered in the order in which they were made: an older one
/// that comes later is not granted any more.
pub struct KeptSignIn {
    store: Arc<dyn SecretStore>,
    data_folder: PathBuf,
    /// The newest wish so far.
    newest: Mutex<u64>,
    /// Whether the store may hold something of ours.
    held: AtomicBool,
}

impl KeptSignIn {
    /// What this store keeps; the mark lies in `data_folder`, which is made when it is needed.
    pub fn new(store: Arc<dyn SecretStore>, data_folder: PathBuf) -> Self {
        KeptSignIn { store, data_folder, newest: Mutex::default(), held: AtomicBool::new(false) }
    }

    /// What was kept on an earlier day, unless somebody signed out since.
    pub async fn read(&self) -> Result<Option<Secret>, StoreTrouble> {
        let _turn = self.newest.lock().await;
        self.finish_forgetting().await?;
        let kept = self.store.read().await?;
        self.held.store(kept.is_some(), Ordering::SeqCst);
        Ok(kept)
    }

    /// Keeps what `secret` gives, in place of anything before; `None` when there is nothing to
    /// keep any more or a later wish came first.
    pub async fn keep(
        &self,
        number: u64,
        secret: impl FnOnce() -> Option<Secret> + Send,
    ) -> Option<Result<(), StoreTrouble>> {
        let mut newest = self.newest.lock().await;
        if number < *newest {
            return None;
        }
        *newest = number;
        let secret = secret()?;
        Some(self.replace(&secret).await)
    }

    /// Removes what is kept; the system may ask the person where `ask` says so. Whatever the
    /// outcome, it is not used again.
    pub async fn forget(&self, number: u64, ask: bool) -> Result<(), StoreTrouble> {
        let mut newest = self.newest.lock().await;
        if number < *newest {
            return Ok(());
        }
        *newest = number;
        if let Err(error) = self.set_mark() {
            tracing::warn!(kind = ?error.kind(), "that somebody signed out could not be noted");
        }
        let removed = match self.store.remove().await {
            Err(StoreTrouble::Locked | StoreTrouble::Slow) if ask => self.open_and_remove().await,
            removed => removed,
        };
        match removed {
            // Where there never was a store, nothing was kept.
            Err(StoreTrouble::Absent) if !self.held.load(Ordering::SeqCst) => {}
            removed => removed?,
        }
        self.held.store(false, Ordering::SeqCst);
        self.remove_mark();
        Ok(())
    }

    /// Makes the store ready, where it must by asking the person.
    pub async fn open(&self) -> Result<(), StoreTrouble> {
        self.store.open().await
    }

    async fn open_and_remove(&self) -> Result<(), StoreTrouble> {
        self.store.open().await?;
        self.store.remove().await
    }

    async fn replace(&self, secret: &Secret) -> Result<(), StoreTrouble> {
        self.finish_forgetting().await?;
        self.held.store(true, Ordering::SeqCst);
        self.store.write(secret).await
    }

    async fn finish_forgetting(&self) -> Result<(), StoreTrouble> {
        if self.data_folder.join(MARK).exists() {
            self.store.remove().await?;
            self.remove_mark();
        }
        Ok(())
    }

    fn set_mark(&self) -> io::Result<()> {
        std::fs::create_dir_all(&self.data_folder)?;
        std::fs::write(self.data_folder.join(MARK), "")
    }

    fn remove_mark(&self) {
        let removed = std::fs::remove_file(self.data_folder.join(MARK));
        if let Err(error) = removed
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(kind = ?error.kind(), "a mark of an earlier sign-out stays");
        }
    }
}

#[cfg(test)]
mod tests;
