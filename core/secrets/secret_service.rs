//! The Secret Service of a Linux desktop (freedesktop.org's Secret Service API, version 0.2).
//!
//! Each call connects anew: a daemon that was restarted, unlocked or installed meanwhile is found
//! without a restart of ours. Only [`Entries::unlock`] lets the daemon ask the person something.

use std::collections::HashMap;
use std::time::Duration;

use secret_service::{Collection, EncryptionType, Error, Item, SecretService};
use zbus::connection::Builder;
use zeroize::Zeroizing;

use super::StoreTrouble;
use super::chunks::{Entries, EntryTrouble};

const CONTENT_TYPE: &str = "application/octet-stream";
/// The alias of the collection that items go to, and the name of one that is made for it.
const DEFAULT: &str = "default";
const NEW_COLLECTION: &str = "Login";

/// The entries of one service name in the Secret Service.
pub struct SecretServiceEntries {
    service: String,
    bus: Option<String>,
    patience: Duration,
}

impl SecretServiceEntries {
    /// Entries under this service name, on the session's bus; a prompt is given up after
    /// `patience`.
    pub fn new(service: impl Into<String>, patience: Duration) -> SecretServiceEntries {
        SecretServiceEntries { service: service.into(), bus: None, patience }
    }

    /// The same on a bus of this address, such as `unix:path=/run/user/1000/bus`.
    pub fn on_bus(mut self, address: impl Into<String>) -> SecretServiceEntries {
        self.bus = Some(address.into());
        self
    }

    async fn connect(&self) -> Result<SecretService<'static>, EntryTrouble> {
        let builder = match &self.bus {
            Some(address) => Builder::address(address.as_str()),
            None => Builder::session(),
        };
        let connecting = async { builder?.build().await };
        // Without a bus there is nobody to ask, whatever the reason.
        let connection = connecting.await.map_err(|error| {
            tracing::info!(%error, "there is no session bus");
            StoreTrouble::Absent
        })?;
        Ok(SecretService::connect_with_existing(EncryptionType::Dh, connection)
            .await
            .map_err(translate)?)
    }

    /// As `keyring` names them, so that entries of earlier versions are found.
    fn attributes<'a>(&'a self, name: &'a str) -> HashMap<&'a str, &'a str> {
        HashMap::from([("service", self.service.as_str()), ("username", name)])
    }

    /// The items of this name that can be read.
    async fn find<'a>(
        &self,
        secrets: &'a SecretService<'static>,
        name: &str,
    ) -> Result<Vec<Item<'a>>, EntryTrouble> {
        let found = secrets.search_items(self.attributes(name)).await.map_err(translate)?;
        if found.unlocked.is_empty() && !found.locked.is_empty() {
            return Err(StoreTrouble::Locked.into());
        }
        Ok(found.unlocked)
    }
}

impl Entries for SecretServiceEntries {
    fn get(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, EntryTrouble> {
        finish(async {
            let secrets = self.connect().await?;
            match self.find(&secrets, name).await?.first() {
                Some(item) => {
                    let bytes = item.get_secret().await.map_err(translate)?;
                    Ok(Some(Zeroizing::new(bytes)))
                }
                None => Ok(None),
            }
        })
    }

    fn set(&self, name: &str, bytes: &[u8]) -> Result<(), EntryTrouble> {
        finish(async {
            let secrets = self.connect().await?;
            if let Some(item) = self.find(&secrets, name).await?.first() {
                return Ok(item.set_secret(bytes, CONTENT_TYPE).await.map_err(translate)?);
            }
            let collection = open_collection(&secrets).await?;
            let label = format!("{} ({name})", self.service);
            collection
                .create_item(&label, self.attributes(name), bytes, true, CONTENT_TYPE)
                .await
                .map_err(translate)?;
            Ok(())
        })
    }

    fn delete(&self, name: &str) -> Result<(), EntryTrouble> {
        finish(async {
            let secrets = self.connect().await?;
            for item in self.find(&secrets, name).await? {
                item.delete().await.map_err(translate)?;
            }
            Ok(())
        })
    }

    fn check(&self) -> Result<(), EntryTrouble> {
        finish(async {
            let secrets = self.connect().await?;
            open_collection(&secrets).await?;
            Ok(())
        })
    }

    fn unlock(&self) -> Result<(), EntryTrouble> {
        let unlocking = async {
            let secrets = self.connect().await?;
            match secrets.get_default_collection().await {
                Ok(collection) if collection.is_locked().await.map_err(translate)? => {
                    Ok(collection.unlock().await.map_err(translate)?)
                }
                Ok(_) => Ok(()),
                Err(Error::NoResult) => {
                    secrets.create_collection(NEW_COLLECTION, DEFAULT).await.map_err(translate)?;
                    Ok(())
                }
                Err(error) => Err(translate(error).into()),
            }
        };
        // A prompt whose daemon ended is never answered; without the connection it is taken back.
        finish(async {
            tokio::time::timeout(self.patience, unlocking)
                .await
                .unwrap_or(Err(StoreTrouble::Slow.into()))
        })
    }
}

/// The collection that new items go to, if it is there and open.
async fn open_collection<'a>(
    secrets: &'a SecretService<'static>,
) -> Result<Collection<'a>, StoreTrouble> {
    let collection = secrets.get_default_collection().await.map_err(translate)?;
    collection.ensure_unlocked().await.map_err(translate)?;
    Ok(collection)
}

/// On a runtime of its own: the caller's thread is one that may block.
fn finish<T>(call: impl Future<Output = Result<T, EntryTrouble>>) -> Result<T, EntryTrouble> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| StoreTrouble::Failed(error.to_string()))?;
    runtime.block_on(call)
}

fn translate(error: Error) -> StoreTrouble {
    match error {
        Error::Locked | Error::NoResult | Error::Prompt => StoreTrouble::Locked,
        Error::Unavailable => StoreTrouble::Absent,
        Error::Zbus(zbus::Error::MethodError(name, ..)) => translate_name(&name),
        Error::ZbusFdo(error) => {
            let name = zbus::DBusError::name(&error).to_string();
            translate_name(&name)
        }
        other => StoreTrouble::Failed(other.to_string()),
    }
}

/// The names of the D-Bus specification's errors and of the Secret Service's; what stands behind
/// a name is the daemon's prose and is not passed on.
fn translate_name(name: &str) -> StoreTrouble {
    match name {
        "org.freedesktop.Secret.Error.IsLocked" => StoreTrouble::Locked,
        "org.freedesktop.DBus.Error.ServiceUnknown"
        | "org.freedesktop.DBus.Error.NameHasNoOwner" => StoreTrouble::Absent,
        "org.freedesktop.DBus.Error.TimedOut" | "org.freedesktop.DBus.Error.Timeout" => {
            StoreTrouble::Slow
        }
        // The bus knows a daemon, but could not start it.
        name if name.starts_with("org.freedesktop.DBus.Error.Spawn.") => StoreTrouble::Absent,
        name => StoreTrouble::Failed(name.to_owned()),
    }
}
