//! The session that the window shows: real Azure or practice, one at a time.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use keyless::clock::SystemClock;
use keyless::cloud::{Cloud, DEVELOPER_CLIENT};
use keyless::developer_tools::HiddenProcess;
use keyless::failure::Failure;
use keyless::secrets::OsStore;
use keyless::session::{Command, Desktop, Session, Surroundings};
use keyless::snapshot::{Message, ResourceWindow};
use tauri::async_runtime::{JoinHandle, spawn};
use tauri::ipc::Channel;
use tokio::sync::watch;

use crate::flags::Flags;
use crate::practice::Practice;

/// Why no session started.
pub type Trouble = Box<dyn Error + Send + Sync>;

/// The names of the entry in the system's store for secrets.
const STORE_SERVICE: &str = "Keyless for Azure OpenAI";
const STORE_ACCOUNT: &str = "sign-in";

/// Holds the present session, and leads the window to the next when it is replaced.
pub struct Sessions {
    present: watch::Sender<Session>,
    /// Practice Azure runs for as long as its session is the present one.
    practice: tokio::sync::Mutex<Option<Practice>>,
    desktop: Arc<dyn Desktop>,
    data_folder: PathBuf,
    forwarding: Mutex<Option<JoinHandle<()>>>,
}

impl Sessions {
    /// Starts with real Azure, or with practice where the flags say so.
    pub async fn start(
        desktop: Arc<dyn Desktop>,
        data_folder: &Path,
        flags: &Flags,
    ) -> Result<Self, Trouble> {
        let mut practice = None;
        let session = if flags.practice {
            let (running, session) =
                Practice::start(flags.scenario.as_deref(), desktop.clone(), data_folder).await?;
            practice = Some(running);
            session
        } else {
            start_real(desktop.clone(), data_folder)?
        };
        Ok(Self {
            present: watch::Sender::new(session),
            practice: tokio::sync::Mutex::new(practice),
            desktop,
            data_folder: data_folder.to_owned(),
            forwarding: Mutex::default(),
        })
    }

    /// Hands a command to the present session.
    pub fn send(&self, command: Command) {
        self.present.borrow().send(command);
    }

    /// A window of the present session's list of resources.
    pub fn list_resources(&self, filter: &str, from: u32, count: u32) -> ResourceWindow {
        self.present.borrow().list_resources(filter, from, count)
    }

    /// Sends the messages of the present session, and of each that takes its place, to the page.
    /// A page that was loaded anew replaces the one before.
    pub fn watch(&self, page: Channel<Message>) {
        let forwarding = spawn(forward(self.present.subscribe(), page));
        let mut slot = self
            .forwarding
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = slot.replace(forwarding) {
            before.abort();
        }
    }

    /// Replaces real Azure by a new practice Azure; does nothing when it is practice already.
    pub async fn start_practice(&self) -> Result<(), Trouble> {
        let mut practice = self.practice.lock().await;
        if practice.is_none() {
            let (running, session) =
                Practice::start(None, self.desktop.clone(), &self.data_folder).await?;
            self.present.send_replace(session).close();
            *practice = Some(running);
        }
        Ok(())
    }

    /// Replaces practice by real Azure; does nothing when it is real already.
    pub async fn leave_practice(&self) -> Result<(), Trouble> {
        let mut practice = self.practice.lock().await;
        if practice.is_some() {
            let session = start_real(self.desktop.clone(), &self.data_folder)?;
            self.present.send_replace(session).close();
            *practice = None;
        }
        Ok(())
    }

    /// Ends the present session.
    pub fn close(&self) {
        self.present.borrow().close();
    }
}

fn start_real(desktop: Arc<dyn Desktop>, data_folder: &Path) -> Result<Session, Failure> {
    Session::start(Surroundings {
        cloud: Cloud::public(),
        clock: Arc::new(SystemClock),
        desktop,
        store: Arc::new(OsStore::new(STORE_SERVICE, STORE_ACCOUNT)),
        tools: Arc::new(HiddenProcess),
        client_id: DEVELOPER_CLIENT.to_owned(),
        data_folder: data_folder.to_owned(),
        project_folder: None,
        can_practice: cfg!(feature = "practice"),
    })
}

/// Ends when the page is gone.
async fn forward(mut sessions: watch::Receiver<Session>, page: Channel<Message>) {
    loop {
        let mut messages = sessions.borrow_and_update().watch();
        loop {
            tokio::select! {
                changed = sessions.changed() => match changed {
                    Ok(()) => break,
                    Err(_) => return,
                },
                Some(message) = messages.recv() => if page.send(message).is_err() {
                    return;
                },
            }
        }
    }
}
