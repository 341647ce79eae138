//! Secrets: a type that cannot be printed, and where one is kept between two starts.
//!
//! The refresh token lives in the operating system's store or nowhere: without a store it lasts
//! for the session ([`SessionStore`]), never in a file of ours.

mod chunks;
#[cfg(not(target_os = "linux"))]
mod os_entries;
#[cfg(target_os = "linux")]
mod secret_service;

use std::fmt;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

pub use chunks::{Entries, EntryTrouble};
#[cfg(not(target_os = "linux"))]
pub use os_entries::OsEntries;
#[cfg(target_os = "linux")]
pub use secret_service::SecretServiceEntries;

/// A store that takes longer than this is not waited for.
const TIME_LIMIT: Duration = Duration::from_secs(5);
/// A person who is asked for the password of the keyring has this long.
const PROMPT_LIMIT: Duration = Duration::from_secs(120);

/// A token, code or verifier: cleared from memory when dropped, never printed, never serialised.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes over a secret text.
    pub fn new(text: String) -> Secret {
        Secret(Zeroizing::new(text))
    }

    /// The text itself: for a request or the store, not for a message.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("<secret>")
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
        String::deserialize(deserializer).map(Secret::new)
    }
}

/// Why a store did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreTrouble {
    /// The system has no store for secrets.
    #[error("there is no store for secrets")]
    Absent,
    /// The store is locked, or nobody made a keyring yet.
    #[error("the store for secrets is locked")]
    Locked,
    /// No answer within the time limit.
    #[error("the store for secrets does not answer")]
    Slow,
    /// Anything else; the text is for support and holds no secret.
    #[error("the store for secrets failed: {0}")]
    Failed(String),
}

impl StoreTrouble {
    /// Every code, for the words (`store.<code>`).
    pub const CODES: [&str; 4] = ["absent", "locked", "slow", "failed"];

    /// A stable name, one of [`StoreTrouble::CODES`].
    pub fn code(&self) -> &'static str {
        match self {
            StoreTrouble::Absent => "absent",
            StoreTrouble::Locked => "locked",
            StoreTrouble::Slow => "slow",
            StoreTrouble::Failed(_) => "failed",
        }
    }
}

/// A place for one secret.
#[async_trait]
pub trait SecretStore: Send + Sync {
    /// The secret; `None` when there is none, or when what is there is not whole.
    async fn read(&self) -> Result<Option<Secret>, StoreTrouble>;
    /// Keeps a secret in place of the one before. After an error the store holds the old one, the
    /// new one or none.
    async fn write(&self, secret: &Secret) -> Result<(), StoreTrouble>;
    /// Forgets the secret.
    async fn remove(&self) -> Result<(), StoreTrouble>;
    /// Makes the store ready, where it must by a window of the system's that asks the person.
    async fn open(&self) -> Result<(), StoreTrouble> {
        Ok(())
    }
}

/// A store that lasts as long as the process.
#[derive(Default)]
pub struct SessionStore(Mutex<Option<Secret>>);

#[async_trait]
impl SecretStore for SessionStore {
    async fn read(&self) -> Result<Option<Secret>, StoreTrouble> {
        Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    async fn write(&self, secret: &Secret) -> Result<(), StoreTrouble> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(secret.clone());
        Ok(())
    }

    async fn remove(&self) -> Result<(), StoreTrouble> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
        Ok(())
    }
}

/// The operating system's store: Keychain, Credential Manager or Secret Service.
///
/// One call at a time, each on a thread of its own and with a time limit. A write that is given up
/// and succeeds later is undone: the caller was told that nothing is kept.
pub struct OsStore {
    entries: Arc<dyn Entries>,
    account: String,
    time_limit: Duration,
    prompt_limit: Duration,
    turn: Arc<tokio::sync::Mutex<()>>,
}

impl OsStore {
    /// The entry of this service and account; names, not secrets.
    pub fn new(service: impl Into<String>, account: impl Into<String>) -> OsStore {
        #[cfg(not(target_os = "linux"))]
        let entries = OsEntries::new(service);
        #[cfg(target_os = "linux")]
        let entries = SecretServiceEntries::new(service, PROMPT_LIMIT);
        OsStore::over(Arc::new(entries), account, TIME_LIMIT)
    }

    /// A store over other entries, with another time limit.
    pub fn over(
        entries: Arc<dyn Entries>,
        account: impl Into<String>,
        time_limit: Duration,
    ) -> OsStore {
        let (account, turn) = (account.into(), Arc::default());
        OsStore { entries, account, time_limit, prompt_limit: PROMPT_LIMIT, turn }
    }

    async fn call<T: Send + 'static>(
        &self,
        limit: Duration,
        work: impl FnOnce(&dyn Entries, &str) -> Result<T, EntryTrouble> + Send + 'static,
        undo: impl FnOnce(&dyn Entries, &str) + Send + 'static,
    ) -> Result<T, StoreTrouble> {
        let (entries, account) = (self.entries.clone(), self.account.clone());
        let (sender, answer) = tokio::sync::oneshot::channel();
        let outcome = Arc::new(AtomicU8::new(OPEN));
        let on_thread = outcome.clone();
        let deadline = tokio::time::Instant::now() + limit;
        let turn = tokio::time::timeout_at(deadline, self.turn.clone().lock_owned())
            .await
            .map_err(|_| StoreTrouble::Slow)?;
        // Not the runtime's blocking threads: the runtime waits for those when it ends, and a
        // locked store may wait for a person who left.
        std::thread::Builder::new()
            .name("secret store".to_owned())
            .spawn(move || {
                let _turn = turn;
                let result = work(&*entries, &account);
                if settle(&on_thread, ANSWERED) {
                    // Nobody listens any more when the caller was dropped.
                    drop(sender.send(result));
                } else {
                    undo(&*entries, &account);
                }
            })
            .map_err(|error| StoreTrouble::Failed(error.to_string()))?;
        let given_up = GivenUp(outcome);
        let mut answer = std::pin::pin!(answer);
        let result = match tokio::time::timeout_at(deadline, &mut answer).await {
            Ok(result) => result,
            Err(_) if given_up.settle() => return Err(StoreTrouble::Slow),
            Err(_) => answer.await,
        };
        match result {
            Ok(result) => result.map_err(StoreTrouble::from),
            Err(_) => Err(StoreTrouble::Failed("the call ended without an answer".to_owned())),
        }
    }
}

#[async_trait]
impl SecretStore for OsStore {
    async fn read(&self) -> Result<Option<Secret>, StoreTrouble> {
        self.call(self.time_limit, read_or_check, |_, _| ()).await
    }

    async fn write(&self, secret: &Secret) -> Result<(), StoreTrouble> {
        let secret = secret.clone();
        let undo = |entries: &dyn Entries, account: &str| {
            if let Err(trouble) = chunks::remove(entries, account) {
                tracing::warn!(%trouble, "a sign-in that was kept too late could not be removed");
            }
        };
        let write =
            move |entries: &dyn Entries, account: &str| chunks::write(entries, account, &secret);
        self.call(self.time_limit, write, undo).await
    }

    async fn remove(&self) -> Result<(), StoreTrouble> {
        self.call(self.time_limit, chunks::remove, |_, _| ()).await
    }

    async fn open(&self) -> Result<(), StoreTrouble> {
        let open = |entries: &dyn Entries, account: &str| {
            entries.unlock()?;
            // Keychain asks when somebody reads.
            entries.get(account).map(drop)
        };
        self.call(self.prompt_limit, open, |_, _| ()).await
    }
}

/// A store that keeps nothing yet, and could not, is told before anybody relies on it.
fn read_or_check(entries: &dyn Entries, account: &str) -> Result<Option<Secret>, EntryTrouble> {
    let secret = chunks::read(entries, account)?;
    if secret.is_none() {
        entries.check()?;
    }
    Ok(secret)
}

const OPEN: u8 = 0;
const ANSWERED: u8 = 1;
const GIVEN_UP: u8 = 2;

/// Whether this side was first to say how the call ended.
fn settle(outcome: &AtomicU8, ending: u8) -> bool {
    outcome.compare_exchange(OPEN, ending, Ordering::AcqRel, Ordering::Acquire).is_ok()
}

/// Gives the call up when the caller is dropped, too.
struct GivenUp(Arc<AtomicU8>);

impl GivenUp {
    fn settle(&self) -> bool {
        settle(&self.0, GIVEN_UP)
    }
}

impl Drop for GivenUp {
    fn drop(&mut self) {
        self.settle();
    }
}

#[cfg(test)]
mod tests;
