//! One window for each data folder: a second start brings the first to the front.
//!
//! Whoever holds the lock on a file of the folder is the first; the system takes it from a process
//! that ends, however it ends. The first listens on a port of 127.0.0.1, and writes the port beside
//! the lock together with a secret, so that nobody knocks who cannot read the folder. It answers
//! when the window has come to the front, not before: one that hangs is recognised by its silence.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write as _};
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::RngCore as _;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, oneshot};

use crate::clock::Clock;

/// How long a second start waits for the first. A window that is only busy answers sooner.
pub const PATIENCE: Duration = Duration::from_secs(4);

const LOCK: &str = "instance.lock";
const ADDRESS: &str = "instance.json";
const PAUSE: Duration = Duration::from_millis(50);
/// More than a knock needs.
const LINE_LIMIT: u64 = 4096;
const VISITORS: usize = 32;
const RAISED: &str = "raised";

/// What a start finds.
pub enum Claim {
    /// No other window is open.
    First(Instance),
    /// The first window came to the front.
    Raised,
    /// The first window does not answer.
    Stuck {
        /// The id of its process, where it left one.
        process: Option<u32>,
    },
}

/// The first start; the next one is the first when this is dropped.
pub struct Instance {
    listener: TcpListener,
    secret: String,
    folder: PathBuf,
    _lock: File,
}

/// A second start that asks for the window.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Knock {
    /// What lets the first window take the focus: the desktop's startup id or activation token
    /// (freedesktop.org, Startup Notification; Wayland, xdg-activation).
    pub activation: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Address {
    port: u16,
    secret: String,
    process: u32,
}

#[derive(Serialize, Deserialize)]
struct Visit {
    secret: String,
    knock: Knock,
}

/// Becomes the first of this folder, or knocks at the first until [`PATIENCE`] is over. Fails when
/// the folder cannot be written.
pub async fn claim(folder: &Path, knock: &Knock, clock: &dyn Clock) -> io::Result<Claim> {
    fs::create_dir_all(folder)?;
    let lock = open_lock(&folder.join(LOCK))?;
    let claiming = async {
        loop {
            match lock.try_lock() {
                Ok(()) => return true,
                // Some network file systems know no locks: there, every start is the first.
                Err(TryLockError::Error(error)) => {
                    tracing::warn!(kind = ?error.kind(), "the data folder cannot be locked");
                    return true;
                }
                Err(TryLockError::WouldBlock) => {}
            }
            // A first that is just starting, or just ending, is asked again.
            if let Some(address) = read_address(folder)
                && ask(&address, knock).await.is_ok()
            {
                return false;
            }
            clock.sleep(PAUSE).await;
        }
    };
    tokio::select! {
        is_first = claiming => match is_first {
            true => {}
            false => return Ok(Claim::Raised),
        },
        () = clock.sleep(PATIENCE) => {
            let process = read_address(folder).map(|address| address.process);
            return Ok(Claim::Stuck { process });
        }
    }
    Ok(Claim::First(Instance::begin(folder, lock).await?))
}

impl Instance {
    async fn begin(folder: &Path, lock: File) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let mut bytes = [0; 32];
        rand::rng().fill_bytes(&mut bytes);
        let secret = URL_SAFE_NO_PAD.encode(bytes);
        let process = std::process::id();
        let address = Address { port: listener.local_addr()?.port(), secret, process };
        // Only this user can read it.
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(&serde_json::to_vec(&address)?)?;
        file.persist(folder.join(ADDRESS))?;
        Ok(Instance { listener, secret: address.secret, folder: folder.to_owned(), _lock: lock })
    }

    /// Answers every later start, for as long as this is polled. `raise` brings the window to the
    /// front and says so to the sender it is given.
    pub async fn answer(
        self,
        clock: Arc<dyn Clock>,
        raise: impl Fn(Knock, oneshot::Sender<()>) + Send + Sync + 'static,
    ) {
        let (raise, visitors) = (Arc::new(raise), Arc::new(Semaphore::new(VISITORS)));
        let secret: Arc<str> = self.secret.as_str().into();
        loop {
            let Ok(visitor) = visitors.clone().acquire_owned().await else { return };
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    let (raise, secret, clock) = (raise.clone(), secret.clone(), clock.clone());
                    tokio::spawn(async move {
                        let raised = tokio::select! {
                            result = receive(stream, &secret, &*raise) => result.is_ok(),
                            () = clock.sleep(PATIENCE) => false,
                        };
                        if !raised {
                            tracing::debug!("a knock at the window came to nothing");
                        }
                        drop(visitor);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "no knock can be taken");
                    clock.sleep(PAUSE).await;
                }
            }
        }
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        // What cannot be removed is replaced by the next first.
        let _ = fs::remove_file(self.folder.join(ADDRESS));
    }
}

/// Takes one knock; whoever does not know the secret gets no answer.
async fn receive(
    stream: TcpStream,
    secret: &str,
    raise: &(impl Fn(Knock, oneshot::Sender<()>) + Send + Sync),
) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut line = Vec::new();
    (&mut stream).take(LINE_LIMIT).read_until(b'\n', &mut line).await?;
    let visit: Visit = serde_json::from_slice(&line)?;
    if !bool::from(visit.secret.as_bytes().ct_eq(secret.as_bytes())) {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    let (done, raised) = oneshot::channel();
    raise(visit.knock, done);
    raised.await.map_err(io::Error::other)?;
    stream.write_all(RAISED.as_bytes()).await
}

async fn ask(address: &Address, knock: &Knock) -> io::Result<()> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, address.port)).await?;
    let visit = Visit { secret: address.secret.clone(), knock: knock.clone() };
    let mut line = serde_json::to_vec(&visit)?;
    line.push(b'\n');
    stream.write_all(&line).await?;
    let mut answer = String::new();
    stream.take(LINE_LIMIT).read_to_string(&mut answer).await?;
    if answer == RAISED { Ok(()) } else { Err(io::ErrorKind::InvalidData.into()) }
}

/// Whoever can open the file can lock it: it is this user's alone.
fn open_lock(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn read_address(folder: &Path) -> Option<Address> {
    serde_json::from_slice(&fs::read(folder.join(ADDRESS)).ok()?).ok()
}
