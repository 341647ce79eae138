//! What the page about Keyless's own changes shows: every write, and what can be undone.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::Notice;
use crate::failure::{Code, Failure};

/// Every write of Keyless's, in Azure and on this computer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export_to = "contract.ts")]
pub struct ChangesPage {
    /// Whether the entries are still being read.
    pub reading: bool,
    /// Newest first.
    pub items: Vec<ChangeItem>,
    /// How many older ones are in the file only.
    pub older: u32,
    /// The file that holds all of them.
    pub file: String,
    /// What is wrong with the file: `record.<code>`.
    pub troubles: Vec<Notice>,
    /// Why a change was not undone; its remedies are pressed by `press_remedy`.
    pub failure: Option<Failure>,
}

/// One write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export_to = "contract.ts")]
pub struct ChangeItem {
    /// Its number; it is undone by this.
    pub number: u32,
    /// What it does.
    pub deed: ChangeDeed,
    /// What it is about: a role, a subdomain, or a file's name.
    pub what: String,
    /// The role definition's GUID, where it is about a role.
    pub role_id: Option<String>,
    /// The Azure Resource Manager id of the scope, or the whole path of the file.
    pub place: String,
    /// The name of the role assignment, a GUID.
    pub assignment: Option<String>,
    /// The sign-in name of whoever was signed in.
    pub account: Option<String>,
    /// Their object id in the resource's directory, where it is about a role.
    pub object_id: Option<String>,
    /// The name of that directory, or its id.
    pub directory: Option<String>,
    /// When it was about to go out: RFC 3339, UTC.
    pub began: String,
    /// What came of it.
    pub state: ChangeState,
    /// Why it was refused.
    pub refusal: Option<Code>,
    /// Whether it can be undone, or why not.
    pub undo: ChangeUndo,
}

/// What a write does: `change.<deed>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export_to = "contract.ts")]
pub enum ChangeDeed {
    /// A role is assigned.
    RoleAssigned,
    /// A role that Keyless assigned is taken away.
    RoleRemoved,
    /// The custom subdomain of a resource is set.
    SubdomainSet,
    /// The project's `.env` is written.
    EnvWritten,
    /// The project's `.env` is put back as it was before.
    EnvRestored,
    /// The file of certificates is written.
    CertificatesWritten,
    /// The file of certificates is deleted.
    CertificatesRemoved,
}

/// What came of a write: `change_state.<state>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export_to = "contract.ts")]
pub enum ChangeState {
    /// It is being carried out.
    UnderWay,
    /// It was done.
    Done,
    /// What it was to make was there before.
    Existed,
    /// It was refused.
    Refused,
    /// It did not happen.
    NotDone,
    /// Nobody knows whether it happened.
    CannotTell,
    /// It was done, and somebody else took it away since.
    Gone,
}

/// Whether a change can be undone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[ts(export_to = "contract.ts")]
pub enum ChangeUndo {
    /// By `undo_change`.
    Offered {
        /// What it does.
        effect: UndoEffect,
    },
    /// It is being undone.
    UnderWay,
    /// It was undone.
    Undone {
        /// When: RFC 3339, UTC.
        when: Option<String>,
    },
    /// It cannot be undone here.
    No {
        /// Why.
        reason: NoUndo,
    },
}

/// What an undo does: `undo_effect.<effect>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export_to = "contract.ts")]
pub enum UndoEffect {
    /// Takes the role away.
    TakeAway,
    /// Puts the file back as it was.
    Restore,
    /// Deletes the file.
    Delete,
}

/// Why a change cannot be undone here: `no_undo.<reason>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export_to = "contract.ts")]
pub enum NoUndo {
    /// It changed nothing.
    NothingChanged,
    /// What is there was there before Keyless.
    Existed,
    /// Somebody else took it away since.
    Gone,
    /// It is an undo itself.
    IsUndo,
    /// Azure lets nobody undo it.
    ForEver,
    /// It is being carried out.
    UnderWay,
    /// A later change is about the same.
    Superseded,
    /// Nobody is signed in.
    SignedOut,
    /// Somebody else is signed in.
    SomebodyElse,
    /// The same person is signed in, perhaps: the directory that tells is not open yet.
    DirectoryNotOpen,
    /// The file was changed since.
    FileChanged,
    /// The file is gone.
    FileGone,
    /// The file cannot be read.
    FileUnreadable,
    /// There is no copy of the former file any more.
    NoCopy,
    /// It is not known whether it happened, and Azure is being asked.
    Looking,
    /// It is not known: it is not there, and may still arrive.
    NotYet,
    /// It is not known: Azure could not be asked.
    NotRead,
    /// It is not known, until the same person is signed in.
    NotLookedAt,
    /// It is not known: the file is neither the former one nor what was to be written.
    FileNeither,
}
