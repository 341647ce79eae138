//! The session that the window shows: real Azure or practice, one at a time.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use keyless::session::{Command, Desktop, Session, Surroundings};
use keyless::settings::Settings;
use keyless::snapshot::{CloudName, Message, ResourceWindow};
use tauri::async_runtime::{JoinHandle, spawn};
use tauri::ipc::Channel;
use tokio::sync::watch;

use crate::flags::Flags;
#[cfg(feature = "practice")]
use crate::practice;

/// Why no session started.
pub type Trouble = Box<dyn Error + Send + Sync>;

/// A session, with what lives as long as it is the present one.
pub struct Present {
    /// The wizard.
    pub session: Session,
    /// Practice Azure.
    pub _azure: Option<Box<dyn Send + Sync>>,
}

/// Holds the present session, and leads the window to the next when it is replaced.
pub struct Sessions {
    present: watch::Sender<Present>,
    desktop: Arc<dyn Desktop>,
    data_folder: PathBuf,
    forwarding: Mutex<Option<JoinHandle<()>>>,
}

impl Sessions {
    /// Starts with real Azure, or with practice where the flags say so.
    pub async fn start(
        desktop: Arc<dyn Desktop>,
        data_folder: PathBuf,
        flags: &Flags,
    ) -> Result<Self, Trouble> {
        let present = match &flags.practice {
            #[cfg(feature = "practice")]
            Some(scenario) => practice::start(scenario, desktop.clone(), &data_folder).await?,
            _ => start_real(desktop.clone(), &data_folder, Settings::of_system(&data_folder))?,
        };
        Ok(Self {
            present: watch::Sender::new(present),
            desktop,
            data_folder,
            forwarding: Mutex::default(),
        })
    }

    /// Hands a command to the present session.
    pub fn send(&self, command: Command) {
        self.present.borrow().session.send(command);
    }

    /// A window of the present session's list of resources.
    pub fn list_resources(&self, filter: &str, from: u32, count: u32) -> ResourceWindow {
        self.present.borrow().session.list_resources(filter, from, count)
    }

    /// Sends the messages of the present session, and of each that takes its place, to the page.
    /// A page that was loaded anew replaces the one before.
    pub fn watch(&self, page: Channel<Message>) {
        let forwarding = spawn(forward(self.present.subscribe(), page));
        let mut slot = self.forwarding.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = slot.replace(forwarding) {
            before.abort();
        }
    }

    /// Replaces the present session by one with a new practice Azure.
    pub async fn start_practice(&self) -> Result<(), Trouble> {
        #[cfg(feature = "practice")]
        self.replace(practice::start("default", self.desktop.clone(), &self.data_folder).await?);
        Ok(())
    }

    /// Replaces the present session by one with real Azure.
    pub async fn leave_practice(&self) -> Result<(), Trouble> {
        self.restart(Settings::of_system(&self.data_folder))
    }

    /// Replaces the present session by one in another cloud, from now on.
    pub async fn choose_cloud(&self, cloud: CloudName) -> Result<(), Trouble> {
        self.restart(Settings::choose_cloud(&self.data_folder, cloud))
    }

    fn restart(&self, settings: Settings) -> Result<(), Trouble> {
        self.replace(start_real(self.desktop.clone(), &self.data_folder, settings)?);
        Ok(())
    }

    fn replace(&self, next: Present) {
        self.present.send_replace(next).session.close();
    }

    /// Ends the present session.
    pub fn close(&self) {
        tauri::async_runtime::block_on(self.present.borrow().session.end());
    }
}

fn start_real(
    desktop: Arc<dyn Desktop>,
    folder: &Path,
    settings: Settings,
) -> Result<Present, Trouble> {
    let mut surroundings = Surroundings::of_system(desktop, folder, settings);
    surroundings.can_practice = cfg!(feature = "practice");
    Ok(Present { session: Session::start(surroundings)?, _azure: None })
}

/// Ends when the page is gone.
async fn forward(mut sessions: watch::Receiver<Present>, page: Channel<Message>) {
    loop {
        let mut messages = sessions.borrow_and_update().session.watch();
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
