//! The sign-in that outlives the window: kept in the system's store, and really gone afterwards.
//!
//! One entry of the store holds a sign-in for each cloud and application: those of others are
//! neither used nor lost, and whoever signs out removes all of them.
//!
//! A store may refuse to let go. Whoever signed out is remembered in a small file then (a mark
//! without any content), and what the store still holds is removed before anything is read or
//! kept again.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;
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
    owner: Owner,
    turn: Mutex<Turn>,
    /// Whether the store may hold something of ours.
    held: AtomicBool,
}

/// Whose sign-in is used: a refresh token belongs to its authority and its client.
#[derive(Clone, Debug)]
pub struct Owner {
    /// The authority that issued it.
    pub authority: String,
    /// The client that it was issued to.
    pub client_id: String,
}

#[derive(Default)]
struct Turn {
    /// The newest wish so far.
    newest: u64,
    /// The sign-ins of other clouds and applications; none while the store was not read.
    others: Option<Vec<Value>>,
}

impl Owner {
    /// The own sign-in of what the store holds, and those of others. What is not understood is
    /// nobody's.
    fn divide(&self, text: &str) -> (Option<Secret>, Vec<Value>) {
        let all = match serde_json::from_str(text) {
            Ok(Value::Array(all)) => all,
            Ok(one @ Value::Object(_)) => vec![one],
            _ => Vec::new(),
        };
        let is_own = |one: &Value| {
            one["authority"] == self.authority.as_str()
                && one["client_id"] == self.client_id.as_str()
        };
        let (own, others): (Vec<Value>, Vec<Value>) = all.into_iter().partition(is_own);
        (own.first().map(|own| Secret::new(own.to_string())), others)
    }
}

/// What the store holds of these sign-ins.
fn join(own: Option<&Secret>, others: &[Value]) -> Secret {
    let own = own.and_then(|own| serde_json::from_str(own.expose()).ok());
    Secret::new(Value::from_iter(own.into_iter().chain(others.iter().cloned())).to_string())
}

impl KeptSignIn {
    /// What this store keeps for this owner; the mark lies in `data_folder`, which is made when it
    /// is needed.
    pub fn new(store: Arc<dyn SecretStore>, data_folder: PathBuf, owner: Owner) -> Self {
        let held = AtomicBool::new(false);
        KeptSignIn { store, data_folder, owner, turn: Mutex::default(), held }
    }

    /// What was kept on an earlier day, unless somebody signed out since.
    pub async fn read(&self) -> Result<Option<Secret>, StoreTrouble> {
        let mut turn = self.turn.lock().await;
        self.finish_forgetting().await?;
        self.look(&mut turn).await
    }

    /// Reads the store: the own sign-in, and those of others for later.
    async fn look(&self, turn: &mut Turn) -> Result<Option<Secret>, StoreTrouble> {
        let kept = self.store.read().await?;
        self.held.store(kept.is_some(), Ordering::SeqCst);
        let (own, others) =
            kept.map_or((None, Vec::new()), |kept| self.owner.divide(kept.expose()));
        turn.others = Some(others);
        Ok(own)
    }

    /// Keeps what `secret` gives, in place of anything before; `None` when there is nothing to
    /// keep any more or a later wish came first.
    pub async fn keep(
        &self,
        number: u64,
        secret: impl FnOnce() -> Option<Secret> + Send,
    ) -> Option<Result<(), StoreTrouble>> {
        let mut turn = self.turn.lock().await;
        if number < turn.newest {
            return None;
        }
        turn.newest = number;
        let secret = secret()?;
        Some(self.replace(&secret, &mut turn).await)
    }

    /// Removes what is kept, for `all` owners or for this one; the system may ask the person where
    /// `ask` says so. Whatever the outcome, it is not used again.
    pub async fn forget(&self, number: u64, ask: bool, all: bool) -> Result<(), StoreTrouble> {
        let mut turn = self.turn.lock().await;
        if number < turn.newest {
            return Ok(());
        }
        turn.newest = number;
        if !all && turn.others.is_none() && !self.is_marked() {
            // What cannot be read is removed as a whole below.
            let looked = self.look(&mut turn).await;
            tracing::debug!(ok = looked.is_ok(), "looked for the sign-ins of others");
        }
        if all || self.is_marked() {
            turn.others = Some(Vec::new());
        }
        if let Err(error) = self.set_mark() {
            tracing::warn!(kind = ?error.kind(), "that somebody signed out could not be noted");
        }
        let others = turn.others.as_deref().unwrap_or_default();
        let removed = match self.remove_own(others).await {
            Err(StoreTrouble::Locked | StoreTrouble::Slow) if ask => {
                self.open_and_remove(others).await
            }
            removed => removed,
        };
        match removed {
            // Where there never was a store, nothing was kept.
            Err(StoreTrouble::Absent) if !self.held.load(Ordering::SeqCst) => {}
            removed => removed?,
        }
        self.held.store(!others.is_empty(), Ordering::SeqCst);
        self.remove_mark();
        Ok(())
    }

    /// Makes the store ready, where it must by asking the person.
    pub async fn open(&self) -> Result<(), StoreTrouble> {
        self.store.open().await
    }

    async fn open_and_remove(&self, others: &[Value]) -> Result<(), StoreTrouble> {
        self.store.open().await?;
        self.remove_own(others).await
    }

    async fn remove_own(&self, others: &[Value]) -> Result<(), StoreTrouble> {
        match others {
            [] => self.store.remove().await,
            others => self.store.write(&join(None, others)).await,
        }
    }

    async fn replace(&self, secret: &Secret, turn: &mut Turn) -> Result<(), StoreTrouble> {
        self.finish_forgetting().await?;
        if turn.others.is_none() {
            self.look(turn).await?;
        }
        self.held.store(true, Ordering::SeqCst);
        self.store.write(&join(Some(secret), turn.others.as_deref().unwrap_or_default())).await
    }

    fn is_marked(&self) -> bool {
        self.data_folder.join(MARK).exists()
    }

    async fn finish_forgetting(&self) -> Result<(), StoreTrouble> {
        if self.is_marked() {
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
