//! What goes in and out of the wizard: commands and events in, effects and their work out.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::access::{Access, Assigned};
use crate::challenge::{Challenge, ClaimsRequest};
use crate::changes::{Change, Record};
use crate::env_file::{EnvValues, Prepared};
use crate::failure::Failure;
use crate::http::Cause;
use crate::resources::{Account, Source};
use crate::secrets::StoreTrouble;
use crate::snapshot::{
    Activity, AssignmentPlan, ConnectivityPage, Deployment, NoUndo, Notice, Obstacle, Person,
    PortalPage, RoleScope, Step, Tool, ToolSignIn, Usage, Waiting, Way,
};
use crate::tenants::Sight;

/// What the person asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Open the system browser and sign in there.
    SignInWithBrowser,
    /// Sign in with a code that is typed in on any device; each time with another one.
    SignInWithDeviceCode,
    /// Choose the directory to sign in to.
    ChooseTenant {
        /// Its id or one of its domains; empty for the person's own.
        text: String,
    },
    /// Sign in to one of the person's directories, which did not open silently.
    SignInToTenant {
        /// Its id.
        id: String,
    },
    /// Do what the failure of one directory offers.
    PressTenantRemedy {
        /// Its id.
        id: String,
        /// The position among the remedies of its failure.
        index: u32,
    },
    /// Sign out, and sign in as somebody else.
    SwitchAccount,
    /// Borrow the sign-in of a tool.
    BorrowSignIn {
        /// Which one.
        tool: Tool,
    },
    /// Open the page of this sign-in once more.
    OpenBrowserAgain,
    /// Keep the sign-in, or not.
    StaySignedIn {
        /// Whether it should outlive the window.
        on: bool,
    },
    /// Forget everything about the person.
    SignOut,
    /// Choose a resource by its id.
    SelectResource {
        /// The Azure Resource Manager id.
        id: String,
    },
    /// Choose a deployment of the chosen resource.
    SelectDeployment {
        /// Its name.
        name: String,
    },
    /// Do what helps against an obstacle of the chosen resource.
    PressAdvice {
        /// Which obstacle.
        obstacle: Obstacle,
        /// The position among its remedies.
        index: u32,
    },
    /// Ask whether the chosen resource may have this subdomain.
    CheckSubdomain {
        /// The name.
        name: String,
    },
    /// Set the subdomain of the chosen resource, for ever.
    SetSubdomain {
        /// The name.
        name: String,
    },
    /// Set no subdomain after all.
    CloseSubdomain,
    /// Go on with the chosen resource and deployment.
    ConfirmResource,
    /// Write down an endpoint, in place of a choice from the list.
    OpenEndpoint,
    /// Go on with the resource at this endpoint.
    UseEndpoint {
        /// The endpoint, as it was pasted.
        endpoint: String,
        /// The deployment's name.
        deployment: String,
    },
    /// Choose from the list after all.
    CloseEndpoint,
    /// Say what the role is for.
    ChooseUsage {
        /// What for.
        usage: Usage,
    },
    /// Choose another role than the one that Keyless proposes.
    ChooseRole {
        /// The role definition's GUID.
        role_id: String,
    },
    /// Choose where the role is assigned.
    ChooseRoleScope {
        /// Where.
        scope: RoleScope,
    },
    /// Assign the role of the plan; where the wait was stopped, wait on.
    AssignRole {
        /// The name of the plan that was seen; another one is not carried out.
        plan: String,
    },
    /// Take away again what Keyless assigned.
    UndoRole,
    /// Read again what the person may do.
    CheckAccess,
    /// Open the Azure portal at what the plan is about.
    OpenPortal {
        /// Which page.
        page: PortalPage,
    },
    /// Go on with the access that there is.
    ConfirmAccess,
    /// Ask for the project's folder.
    ChooseFolder,
    /// Write the change that is shown.
    WriteEnv,
    /// Send the test message.
    SendTestMessage,
    /// Show a step that can be reached.
    GoToStep {
        /// Which one.
        step: Step,
    },
    /// Show what lies between this machine and Azure.
    CheckNetwork,
    /// Write the file of certificates that the page about the connection offers.
    SaveCertificates,
    /// Show what Keyless changed.
    ShowChanges,
    /// Undo a change that the page offers to undo.
    UndoChange {
        /// Its number.
        number: u32,
    },
    /// Close the page beside the steps.
    CloseAside,
    /// Make the system's store for secrets ready, after it was in trouble.
    TryStoreAgain,
    /// Open the page that ends the browser's own session at Microsoft.
    EndBrowserSession,
    /// Stop what is going on, where it can be stopped.
    Cancel,
    /// Do what the failure offers.
    PressRemedy {
        /// The position among its remedies.
        index: u32,
    },
}

/// The number of one piece of work; never used twice.
pub type WorkId = u64;

/// Work for the session: everything that takes time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Work {
    /// Look which tools of the developer are signed in.
    FindTools,
    /// Continue a sign-in that was kept.
    Resume,
    /// Remove the kept sign-in from the system's store.
    Unkeep {
        /// Whether the system may ask the person to unlock it.
        ask: bool,
        /// Whether the sign-ins of other clouds and applications go, too.
        all: bool,
    },
    /// Make the system's store ready; the system may ask the person to unlock it.
    OpenStore,
    /// Sign in.
    SignIn {
        /// How.
        way: Way,
        /// What for.
        purpose: Purpose,
        /// What Microsoft's page is told beforehand.
        prompt: Prompt,
    },
    /// Find the directory that was written down.
    FindTenant(String),
    /// Read directories, subscriptions and accounts.
    ReadDirectory(Source),
    /// Read these directories once more.
    ReadTenants(Vec<String>, Source),
    /// Read the deployments of an account.
    ReadDeployments(Box<Account>),
    /// Ask whether an account may have this subdomain.
    CheckSubdomain(Box<Account>, String),
    /// Set the subdomain of an account, as the person of this sign-in name: it stays for ever.
    SetSubdomain(Box<Account>, String, String),
    /// Look at what the person may do at an account.
    CheckAccess(Box<Account>),
    /// Find out what these groups of a directory are called.
    NameGroups(String, Vec<String>),
    /// Assign the role of this plan, which was made from what is known of access.
    AssignRole(Box<Account>, Box<AssignmentPlan>, Box<Access>),
    /// Take away the assignment with this id, which Keyless made.
    UndoRole(Box<Account>, Box<AssignmentPlan>, String, Cause),
    /// Wait until the role of this name works.
    WaitForRole(Box<Account>, String, String, Cause),
    /// Look for what else keeps the role of this plan from working.
    LookFurther(Box<Account>, Box<AssignmentPlan>),
    /// Ask for a folder.
    ChooseFolder,
    /// Read `.env` and plan the change.
    PrepareEnv(PathBuf, EnvValues),
    /// Write the planned change.
    WriteEnv(Box<Prepared>),
    /// Send the test message.
    Ask(Box<Account>, String, Cause),
    /// Look at what lies between this machine and Azure, the resource at this endpoint included.
    CheckNetwork(Option<String>),
    /// Write a file of certificates for the developer's own programs.
    SaveCertificates,
    /// Read what Keyless changed.
    ReadChanges,
    /// Look what became of these changes, and whether what they made is still there.
    LookAtChanges(Vec<Change>),
    /// Undo this change.
    UndoChange(Box<Change>),
}

/// What a sign-in is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To begin as whoever signs in.
    Begin,
    /// To reach one more directory as the same person.
    Tenant(String),
    /// To answer a challenge, as the person who is signed in.
    Proof(Box<Proving>),
}

/// A stronger sign-in that Azure asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proving {
    /// What has to be proved, and where.
    pub challenge: Challenge,
    /// The failure that is told where nothing comes of it.
    pub met: Failure,
    /// What met the challenge; it is repeated afterwards.
    pub work: Work,
}

/// What Microsoft's page is told before the person sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prompt {
    /// The directory to sign in to, an id or a domain; without one the person's own.
    pub tenant: Option<String>,
    /// Whether the directory was not found yet: it is looked for first.
    pub unchecked: bool,
    /// The sign-in name to fill in; the one that a tool was offered with.
    pub account: Option<String>,
    /// What an earlier refusal asks to prove, as JSON.
    pub claims: Option<ClaimsRequest>,
    /// Whether the sign-in is for the data plane, because only that was refused.
    pub chat: bool,
}

/// Work of one kind runs once at a time: a newer one replaces the older.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Slot {
    Tool,
    Kept,
    Store,
    Person,
    Proof,
    Choice,
    Directory,
    Tenants,
    Deployments,
    Subdomain,
    Access,
    Names,
    Causes,
    Role,
    Folder,
    Env,
    Chat,
    Network,
    Changes,
    Undo,
}

impl Work {
    pub(super) fn slot(&self) -> Slot {
        match self {
            Work::FindTools => Slot::Tool,
            Work::Unkeep { .. } => Slot::Kept,
            Work::OpenStore => Slot::Store,
            Work::SignIn { purpose: Purpose::Proof(_), .. } => Slot::Proof,
            Work::Resume | Work::SignIn { .. } => Slot::Person,
            Work::FindTenant(_) => Slot::Choice,
            Work::ReadDirectory(_) => Slot::Directory,
            Work::ReadTenants(..) => Slot::Tenants,
            Work::ReadDeployments(_) => Slot::Deployments,
            Work::CheckSubdomain(..) | Work::SetSubdomain(..) => Slot::Subdomain,
            Work::CheckAccess(_) => Slot::Access,
            Work::NameGroups(..) => Slot::Names,
            Work::LookFurther(..) => Slot::Causes,
            Work::AssignRole(..) | Work::UndoRole(..) | Work::WaitForRole(..) => Slot::Role,
            Work::ChooseFolder => Slot::Folder,
            Work::PrepareEnv(..) | Work::WriteEnv(_) => Slot::Env,
            Work::Ask(..) => Slot::Chat,
            Work::CheckNetwork(_) | Work::SaveCertificates => Slot::Network,
            Work::ReadChanges | Work::LookAtChanges(_) => Slot::Changes,
            Work::UndoChange(_) => Slot::Undo,
        }
    }

    pub(super) fn step(&self) -> Step {
        if let Some(proving) = self.proving() {
            return proving.work.step();
        }
        match self.slot() {
            Slot::Tool | Slot::Kept | Slot::Store | Slot::Person => Step::SignIn,
            Slot::Proof | Slot::Network | Slot::Changes | Slot::Undo => Step::SignIn,
            Slot::Choice | Slot::Tenants => Step::SignIn,
            Slot::Directory | Slot::Deployments | Slot::Subdomain => Step::ChooseResource,
            Slot::Access | Slot::Names | Slot::Causes | Slot::Role => Step::GetAccess,
            Slot::Folder | Slot::Env => Step::ConnectProject,
            Slot::Chat => Step::TestConnection,
        }
    }

    pub(super) fn activity(&self) -> Option<Activity> {
        match self {
            Work::FindTools | Work::Unkeep { .. } | Work::OpenStore | Work::ChooseFolder => None,
            Work::FindTenant(_) | Work::ReadTenants(..) | Work::CheckSubdomain(..) => None,
            Work::NameGroups(..) | Work::LookFurther(..) => None,
            Work::CheckNetwork(_) | Work::SaveCertificates => None,
            Work::ReadChanges | Work::LookAtChanges(_) | Work::UndoChange(_) => None,
            Work::Resume => Some(Activity::Resuming),
            Work::SignIn { .. } => Some(Activity::SigningIn),
            Work::ReadDirectory(_) => Some(Activity::FindingResources),
            Work::ReadDeployments(_) => Some(Activity::FindingDeployments),
            Work::SetSubdomain(..) => Some(Activity::SettingSubdomain),
            Work::CheckAccess(_) => Some(Activity::CheckingAccess),
            Work::AssignRole(..) => Some(Activity::AssigningRole),
            Work::UndoRole(..) => Some(Activity::UndoingRole),
            Work::WaitForRole(..) => Some(Activity::WaitingForRole),
            Work::PrepareEnv(..) => Some(Activity::ReadingEnv),
            Work::WriteEnv(_) => Some(Activity::WritingEnv),
            Work::Ask(..) => Some(Activity::Asking),
        }
    }

    /// The stronger sign-in that this is.
    pub(super) fn proving(&self) -> Option<&Proving> {
        match self {
            Work::SignIn { purpose: Purpose::Proof(proving), .. } => Some(proving),
            _ => None,
        }
    }

    /// What it is for in the end: a proof is for what met the challenge.
    pub(super) fn purpose(&self) -> &Work {
        self.proving().map_or(self, |proving| &proving.work)
    }

    /// Whether Keyless writes something, so that there is an entry of it.
    pub(super) fn writes(&self) -> bool {
        matches!(
            self,
            Work::AssignRole(..)
                | Work::UndoRole(..)
                | Work::SetSubdomain(..)
                | Work::WriteEnv(_)
                | Work::SaveCertificates
                | Work::UndoChange(_)
        )
    }

    /// A write is not stopped halfway; a read and a wait are.
    pub(super) fn can_cancel(&self) -> bool {
        !matches!(
            self,
            Work::AssignRole(..)
                | Work::UndoRole(..)
                | Work::SetSubdomain(..)
                | Work::WriteEnv(_)
                | Work::UndoChange(_)
                | Work::PrepareEnv(..)
                | Work::Unkeep { .. }
        )
    }
}

/// What the session does for the wizard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Start this work and bring its result back under this number.
    Start(WorkId, Work),
    /// Stop this work; its result is not wanted any more.
    Stop(WorkId),
    /// Open an address in the browser.
    Open(String),
    /// Keep the sign-in in the system's store; a wish in one order with all other work.
    Keep(WorkId),
    /// Remember for the next start whether a sign-in outlives the window.
    RememberStay(bool),
    /// Forget the person's tokens.
    Forget,
    /// Bring the window to the front.
    Focus,
}

/// What happens.
#[derive(Clone, Debug)]
pub enum Event {
    /// The person did something.
    Command(Command),
    /// Work goes on.
    Progress(WorkId, Progress),
    /// Work ended.
    Done(WorkId, Result<Outcome, Failure>),
    /// The system's store said whether it holds the sign-in now, to the wish of this number.
    Kept(WorkId, Result<(), StoreTrouble>),
    /// No browser opened this address.
    NotOpened(String),
}

/// How work goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// A tool is signed in.
    ToolFound(ToolSignIn),
    /// The page to sign in on is ready, and the browser is asked to open it.
    BrowserReady {
        /// Its address.
        address: String,
    },
    /// No browser opened that page.
    BrowserNotOpened,
    /// There is a code to type in.
    CodeReady {
        /// The code.
        code: String,
        /// Where it is typed in.
        address: String,
        /// Whether that is a page of Microsoft, which the browser is asked to open.
        is_microsofts: bool,
        /// How many seconds the code lasts.
        lasts_seconds: u32,
    },
    /// The code is being waited for.
    CodeWaits {
        /// How many seconds it lasts.
        lasts_seconds: u32,
        /// Whether Microsoft gave no answer just now.
        is_lost: bool,
    },
    /// A callback came that does not belong to the sign-in.
    StrangerIgnored,
    /// The directory that was written down has this id.
    TenantFound(String),
    /// Something of the person's directories was seen.
    Sight(Sight),
    /// The browser answered.
    Finishing,
    /// The role was looked at.
    StillWaiting(Waiting),
    /// A piece of the answer.
    Piece(String),
    /// More is known of the connection.
    Network(Box<ConnectivityPage>),
}

/// How work ended well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The tools that are signed in.
    Tools(Vec<ToolSignIn>),
    /// The system's store keeps no sign-in any more.
    Unkept,
    /// Nothing was kept that can be continued; what is wrong with the system's store.
    NothingKept(Option<StoreTrouble>),
    /// The system's store was opened, or could not be.
    StoreOpened(Result<(), StoreTrouble>),
    /// A sign-in of an earlier day could not be continued.
    NotResumed(Box<Ended>),
    /// The directory that was written down, where it exists.
    Tenant(Option<String>),
    /// Somebody is signed in; whether the sign-in is kept already.
    SignedIn(Person),
    /// The same person signed in to the directory with this id.
    TenantSignedIn(String),
    /// The person has proved what Azure asked for.
    Proved,
    /// Every directory was looked at; or why the list of them could not be had.
    Directory(Option<Failure>),
    /// These directories were looked at again.
    TenantsRead,
    /// The deployments.
    Deployments(Vec<Deployment>, Cause),
    /// Whether nobody has the subdomain; `None` where Azure does not tell the person.
    SubdomainFree(Option<bool>),
    /// The account, with its subdomain.
    SubdomainSet(Box<Account>),
    /// What the person may do.
    Access(Box<Access>),
    /// What groups are called, by id in lower case, as far as it is known.
    GroupNames(BTreeMap<String, String>),
    /// The role is assigned.
    Assigned(Assigned),
    /// The role is taken away.
    RoleUndone,
    /// The role stays: the assignment is somebody else's by now.
    RoleNotOwn,
    /// The role works.
    RoleWorks(Cause),
    /// What the person may do by now, and what keeps their role from working.
    Causes(Box<Access>, Vec<Notice>),
    /// The folder, or nothing when the dialog was closed.
    Folder(Option<PathBuf>),
    /// The change to `.env`, and whether git ignores the file.
    Env(Box<Prepared>, Option<bool>),
    /// `.env` is written.
    EnvWritten,
    /// The answer is complete.
    Answered,
    /// All is known of the connection.
    Network(Box<ConnectivityPage>),
    /// The file of certificates is written, or why it is not.
    CertificatesSaved(Result<(), String>),
    /// What Keyless changed.
    Changes(Box<Record>),
    /// The same after a look, and why it is still not known what became of a change, by number.
    ChangesLookedAt(Box<Record>, BTreeMap<u32, NoUndo>),
    /// The change is undone, or the record says why not.
    ChangeUndone(Box<Record>),
}

/// A sign-in of an earlier day that could not be continued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The account.
    pub account: String,
    /// The directory that it was signed in to.
    pub tenant: String,
    /// Why.
    pub failure: Failure,
}
