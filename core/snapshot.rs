//! What the window shows: the whole page as one value.
//!
//! The wizard makes a new snapshot after every event; the window renders it and keeps nothing
//! else. A snapshot holds no token and stays under 64 kB: the list of resources is read in
//! windows, and the text of an answer arrives in pieces that the next snapshot replaces.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::failure::{Failure, Parameters, Remedy};

pub mod changes;
pub mod connectivity;

use connectivity::Shell;

pub use changes::{ChangesPage, NoUndo};
pub use connectivity::ConnectivityPage;

/// What goes over the channel to the window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[ts(export_to = "contract.ts")]
pub enum Message {
    /// Everything that the window shows.
    Snapshot {
        /// The page.
        snapshot: Box<Snapshot>,
    },
    /// A piece of the answer, since the last snapshot.
    Piece {
        /// Counts from 0 in each answer; a piece that comes twice is shown once.
        number: u32,
        /// The text to append.
        text: String,
    },
}

/// Everything that the window shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export_to = "contract.ts")]
pub struct Snapshot {
    /// Grows by one with each snapshot.
    pub revision: u32,
    /// Whether this is practice Azure; the window says so at all times.
    pub practice: bool,
    /// The five steps, always all of them and in the same order.
    pub steps: Vec<StepState>,
    /// Who is signed in.
    pub person: Option<Person>,
    /// The page of the current step.
    pub page: Page,
    /// What went wrong on this page.
    pub failure: Option<Failure>,
    /// What the person should know, without having to act.
    pub notices: Vec<Notice>,
    /// What is going on right now.
    pub busy: Option<Busy>,
    /// Whether Back leads anywhere.
    pub can_go_back: bool,
    /// A stronger sign-in that Azure asked for, on top of whatever page.
    pub proof: Option<Proof>,
    /// A page beside the steps, in place of theirs until it is closed.
    pub aside: Option<Aside>,
}

/// A stronger sign-in that is under way because Azure asked for it (a claims challenge); the
/// request that met it is repeated afterwards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export_to = "contract.ts")]
pub struct Proof {
    /// Why, `proof.<reason>`.
    pub reason: ProofReason,
    /// How far it is: opening, waiting or finishing.
    pub phase: SignInPhase,
    /// The address of Microsoft's page, to copy where no browser opens; only while waiting.
    pub address: Option<String>,
    /// Whether a browser was started.
    pub browser_opened: bool,
    /// The code to type in on Microsoft's page, where no browser opens on this computer.
    pub device_code: Option<DeviceCode>,
}

/// Why Azure asked for a stronger sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export_to = "contract.ts")]
pub enum ProofReason {
    /// Changes want a second factor (`acrs`).
    Change,
    /// Something changed since the sign-in (`nbf`, continuous access evaluation).
    Renewal,
    /// A claim of another kind.
    Other,
}

impl ProofReason {
    /// Every reason, for the tests that compare them with the words.
    pub const ALL: &'static [ProofReason] =
        &[ProofReason::Change, ProofReason::Renewal, ProofReason::Other];
}

/// A page beside the steps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[ts(export_to = "contract.ts")]
pub enum Aside {
    /// What lies between this machine and Azure.
    Connectivity(ConnectivityPage),
    /// What Keyless changed.
    Changes(ChangesPage),
}

/// The five steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export_to = "contract.ts")]
pub enum Step {
    /// 1. Sign in.
    SignIn,
    /// 2. Choose a resource.
    ChooseResource,
    /// 3. Get access.
    GetAccess,
    /// 4. Connect a project.
    ConnectProject,
    /// 5. Test connection.
    TestConnection,
}

impl Step {
    /// In the order in which they are shown.
    pub const ALL: [Step; 5] = [
        Step::SignIn,
        Step::ChooseResource,
        Step::GetAccess,
        Step::ConnectProject,
        Step::TestConnection,
    ];
}

/// One entry of the stepper.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export_to = "contract.ts")]
pub struct StepState {
    /// Which step.
    pub step: Step,
    /// Whether its work is done.
    pub done: bool,
    /// Whether it is the page that is shown.
    pub current: bool,
    /// Whether a click may lead there.
    pub reachable: bool,
    /// A short text under the title: who, which resource, which role, which file.
    pub summary: Option<String>,
}

/// Who is signed in, in which directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export_to = "contract.ts")]
pub struct Person {
    /// The display name.
    pub name: String,
    /// The sign-in name, usually an e-mail address.
    pub account: String,
    /// The directory's display name, where it is known.
    pub tenant_name: Option<String>,
    /// The directory's id.
    pub tenant_id: String,
    /// The person's id in that directory.
    pub object_id: String,
    /// Whether they are at home in another directory than this one.
    pub guest: bool,
    /// How they signed in.
    pub way: Way,
    /// Whether the sign-in outlives the window.
    pub kept: bool,
    /// The cloud of the sign-in.
    pub cloud: CloudName,
    /// The id of the organization's own application that signed them in; absent where it is one of
    /// Microsoft's.
    pub application: Option<String>,
}

/// How a person signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export_to = "contract.ts")]
pub enum Way {
    /// In the system browser.
    Browser,
    /// With a code that is typed in on any device.
    DeviceCode,
    /// Borrowed from the Azure CLI.
    AzureCli,
    /// Borrowed from the Azure Developer CLI.
    AzureDeveloperCli,
}

impl Way {
    /// Every way, for the tests that compare them with the words.
    pub const ALL: &'static [Way] =
        &[Way::Browser, Way::DeviceCode, Way::AzureCli, Way::AzureDeveloperCli];

    /// Whether the sign-in belongs to another tool: it cannot be kept, and answers no challenge.
    pub fn is_borrowed(self) -> bool {
        matches!(self, Way::AzureCli | Way::AzureDeveloperCli)
    }
}

/// A tool of the developer whose sign-in can be borrowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export_to = "contract.ts")]
pub enum Tool {
    /// `az`.
    AzureCli,
    /// `azd`.
    AzureDeveloperCli,
}

impl Tool {
    /// Every tool, in the order in which they are offered.
    pub const ALL: &'static [Tool] = &[Tool::AzureCli, Tool::AzureDeveloperCli];

    /// What its maker calls it.
    pub fn name(self) -> &'static str {
        match self {
            Tool::AzureCli => "Azure CLI",
            Tool::AzureDeveloperCli => "Azure Developer CLI",
        }
    }

    /// How a person signs in who borrows from it.
    pub fn way(self) -> Way {
        match self {
            Tool::AzureCli => Way::AzureCli,
            Tool::AzureDeveloperCli => Way::AzureDeveloperCli,
        }
    }
}

/// The page of the current step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "step", rename_all = "snake_case")]
#[ts(export_to = "contract.ts")]
pub enum Page {
    /// Step 1.
    SignIn(SignInPage),
    /// Step 2.
    ChooseResource(ChooseResourcePage),
    /// Step 3.
    GetAccess(GetAccessPage),
    /// Step 4.
    ConnectProject(ConnectProjectPage),
    /// Step 5.
    TestConnection(TestConnectionPage),
}

/// Step 1: sign in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export_to = "contract.ts")]
pub struct SignInPage {
    /// How far the sign-in is.
    pub phase: SignInPhase,
    /// The address of Microsoft's page, to copy where no browser opens; only while waiting.
    pub address: Option<String>,
    /// Whether a browser was started.
    pub browser_opened: bool,
    /// The code to type in on Microsoft's page; only while waiting for it.
    pub device_code: Option<DeviceCode>,
    /// The developer's tools that are signed in already.
    pub tools: Vec<ToolSignIn>,
    /// The directory to sign in to, chosen before the prompt.
    pub tenant: TenantChoice,
    /// The person's directories, the home directory first; only when somebody is signed in.
    pub tenants: Vec<TenantState>,
    /// Whether the sign-in should outlive the window.
    pub stay_signed_in: bool,
    /// Whether this machine can keep a sign-in at all.
    pub can_stay_signed_in: bool,
    /// What is wrong with the system's store for secrets: `store.<code>`, with what helps.
    pub store: Option<Notice>,
    /// The address of the page that ends the browser's own session at Microsoft, which outlives
    /// a sign-out; only after one.
    pub browser_session: Option<String>,
    /// Whether practice Azure can be tried from here.
    pub can_practice: bool,
    /// The cloud to sign in to.
    pub cloud: CloudName,
    /// The clouds to choose from; none in practice.
    pub clouds: Vec<CloudName>,
    /// The id of the organization's own application, which Microsoft's page will name; absent where
    /// it is "Microsoft Azure CLI".
    pub application: Option<String>,
}

/// One of Azure's clouds; its row in [`crate::cloud::CLOUDS`] says what is true of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export_to = "contract.ts")]
pub enum CloudName {
    /// Azure, as most people know it.
    #[default]
    Public,
    /// Azure US Government.
    UsGovernment,
}

/// A code to type in on Microsoft's page (RFC 8628, section 3.3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export_to = "contract.ts")]
pub struct DeviceCode {
    /// The code, such as `FXDLWKKMF`.
    pub code: String,
    /// Where it is typed in.
    pub address: String,
    /// Whole seconds that it still lasts.
    pub lasts_seconds: u32,
    /// Whether its time is over: another one can be had.
    pub expired: bool,
}

/// A tool of the developer that is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export_to = "contract.ts")]
pub struct ToolSignIn {
    /// Which tool.
    pub tool: Tool,
    /// The account that it is signed in with.
    pub account: String,
}

/// The directory to sign in to, chosen before the prompt.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export_to = "contract.ts")]
pub struct TenantChoice {
    /// What the person wrote: an id or a domain.
    pub text: String,
    /// What is known of it.
    pub state: TenantKnown,
}

/// What is known of a directory that a person wrote down.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[ts(export_to = "contract.ts")]
pub enum TenantKnown {
    /// Nothing was written: the person's home directory.
    #[default]
    Empty,
    /// Microsoft Entra is being asked.
    Checking,
    /// It exists.
    Known {
        /// Its id.
        id: String,
    },
    /// Microsoft Entra could not be asked; a sign-in asks again.
    Unchecked,
    /// It is neither an id nor a domain.
    Malformed,
    /// No directory has this id or domain.
    Unknown,
}

/// One of the person's directories.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export_to = "contract.ts")]
pub struct TenantState {
    /// Its id.
    pub id: String,
    /// Its name, which foreign directories do not always show.
    pub name: Option<String>,
    /// Whether it is the one that the person signed in to.
    pub home: bool,
    /// The person's id in it, once a token of it was had.
    pub object_id: Option<String>,
    /// How far it is.
    pub status: TenantStatus,
    /// How many subscriptions it shows, once it is ready.
    pub subscriptions: u32,
    /// Why it is not ready, with what helps; a remedy is pressed by `press_tenant_remedy`.
    pub failure: Option<Failure>,
    /// What the failure is about, where it is about one of the two only and the other was granted.
    pub refused: Option<Audience>,
}

/// What a directory's token is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export_to = "contract.ts")]
pub enum Audience {
    /// Azure Resource Manager: finding resources and assigning roles.
    Management,
    /// The data plane: chatting with a model.
    Chat,
}

impl Audience {
    /// Both, for the tests that compare them with the words.
    pub const ALL: &'static [Audience] = &[Audience::Management, Audience::Chat];
}

/// How far a directory is. It is ready when tokens for Azure Resource Manager and for the data
/// plane can both be had in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export_to = "contract.ts")]
pub enum TenantStatus {
    /// It is being looked at.
    Checking,
    /// It can be used.
    Ready,
    /// It wants a sign-in of its own.
    NeedsSignIn,
    /// It does not let the person in.
    Blocked,
}

impl TenantStatus {
    /// Every status, for the tests that compare them with the words.
    pub const ALL: &'static [TenantStatus] = &[
        TenantStatus::Checking,
        TenantStatus::Ready,
        TenantStatus::NeedsSignIn,
        TenantStatus::Blocked,
    ];
}

/// How far the sign-in is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export_to = "contract.ts")]
pub enum SignInPhase {
    /// Nobody is signed in.
    SignedOut,
    /// A sign-in of an earlier day is being continued.
    Resuming,
    /// The browser is about to open.
    Opening,
    /// The person is in the browser.
    Waiting,
    /// The browser answered; the answer is being redeemed.
    Finishing,
    /// Somebody is signed in.
    SignedIn,
}

/// Step 2: choose a resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export_to = "contract.ts")]
pub struct ChooseResourcePage {
    /// Whether the list is still being read.
    pub reading: bool,
    /// How many resources there are; their window is read by `list_resources`.
    pub total: u32,
    /// Grows when the list changes: read the window again.
    pub list_revision: u32,
    /// How many subscriptions were looked at.
    pub subscriptions: u32,
    /// The resource that is chosen.
    pub selected: Option<Resource>,
    /// Whether its deployments are still being read.
    pub reading_deployments: bool,
    /// Its deployments.
    pub deployments: Vec<Deployment>,
    /// The name of the deployment that is chosen.
    pub deployment: Option<String>,
    /// What helps against each obstacle of the resource that is chosen.
    pub advice: Vec<Advice>,
    /// The subdomain that is being written down for it.
    pub subdomain: Option<SubdomainForm>,
    /// The endpoint that is written down, in place of the list.
    pub endpoint: Option<EndpointForm>,
}

/// The endpoint of a resource that the person knows and Azure does not list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export_to = "contract.ts")]
pub struct EndpointForm {
    /// What was written.
    pub endpoint: String,
    /// What an endpoint of this cloud looks like.
    pub example: String,
    /// Why it cannot be used.
    pub endpoint_trouble: Option<EndpointTrouble>,
    /// The deployment's name.
    pub deployment: String,
    /// Why it cannot be used.
    pub deployment_trouble: Option<DeploymentTrouble>,
    /// Whether the name was found in the endpoint and is for the person to confirm.
    pub deployment_offered: bool,
}

/// Why an endpoint cannot be used: `endpoint.<trouble>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export_to = "contract.ts")]
pub enum EndpointTrouble {
    /// Nothing was written.
    Empty,
    /// It is no address of a resource.
    Malformed,
    /// The host is not Azure OpenAI's in this cloud.
    Elsewhere,
    /// The host is a region's, which takes keys only.
    KeysOnly,
}

/// Why the name of a deployment cannot be used: `deployment.<trouble>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export_to = "contract.ts")]
pub enum DeploymentTrouble {
    /// Nothing was written.
    Empty,
    /// No deployment can be called that.
    Malformed,
}

/// What helps against an obstacle: `obstacle_help.<obstacle>`, and buttons.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export_to = "contract.ts")]
pub struct Advice {
    /// Which obstacle.
    pub obstacle: Obstacle,
    /// What to do; pressed by `press_advice`.
    pub remedies: Vec<Remedy>,
}

/// A custom subdomain, before it is set: Azure neither changes it nor takes it back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export_to = "contract.ts")]
pub struct SubdomainForm {
    /// The name.
    pub name: String,
    /// What is known of it.
    pub state: SubdomainState,
    /// How the host of the endpoint goes on after the name; absent in practice.
    pub suffix: Option<String>,
    /// The sign-in name of whoever sets it.
    pub account: String,
    /// Whether it is being set.
    pub writing: bool,
}

/// What is known of the name of a custom subdomain: `subdomain.<state>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export_to = "contract.ts")]
pub enum SubdomainState {
    /// Azure is being asked.
    Checking,
    /// Nobody has it.
    Free,
    /// Azure did not tell; setting it shows.
    Unchecked,
    /// It cannot be one.
    Malformed,
    /// Somebody has it.
    Taken,
}

/// A window of the list of resources.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export_to = "contract.ts")]
pub struct ResourceWindow {
    /// The revision of the list that it was cut from.
    pub list_revision: u32,
    /// How many resources match the filter.
    pub matching: u32,
    /// The position of the first item among those that match.
    pub from: u32,
    /// At most as many as were asked for, and never more than 100.
    pub items: Vec<Resource>,
}

/// An Azure OpenAI or Foundry account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export_to = "contract.ts")]
pub struct Resource {
    /// The Azure Resource Manager id.
    pub id: String,
    /// The account's name.
    pub name: String,
    /// `OpenAI` or `AIServices`.
    pub kind: String,
    /// The region's name: small letters, no spaces.
    pub location: String,
    /// The resource group's name.
    pub resource_group: String,
    /// The subscription's display name.
    pub subscription: String,
    /// Where chat requests go, without a trailing slash.
    pub endpoint: String,
    /// Whether keys work, too (`disableLocalAuth`).
    pub takes_keys: bool,
    /// What stands in the way of using it without keys.
    pub obstacles: Vec<Obstacle>,
}

/// What stands in the way of using a resource without keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export_to = "contract.ts")]
pub enum Obstacle {
    /// Without a custom subdomain Azure takes keys only.
    NoCustomSubdomain,
    /// Public network access is off.
    PrivateNetwork,
    /// Only some networks may come in.
    NetworkRules,
    /// The resource is still being made, or is being deleted.
    NotReady,
    /// Its directory lets the person find it, and not chat.
    DirectoryNotReady,
}

impl Obstacle {
    /// Every obstacle, for the tests that compare them with the words.
    pub const ALL: &'static [Obstacle] = &[
        Obstacle::NoCustomSubdomain,
        Obstacle::PrivateNetwork,
        Obstacle::NetworkRules,
        Obstacle::NotReady,
        Obstacle::DirectoryNotReady,
    ];
}

/// A model that is deployed in a resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export_to = "contract.ts")]
pub struct Deployment {
    /// The deployment's name: what the code calls `model`.
    pub name: String,
    /// The model's name.
    pub model: String,
    /// The model's version.
    pub version: String,
    /// Who made the model, where that is not OpenAI.
    pub maker: Option<String>,
    /// What the model is for.
    pub purpose: ModelPurpose,
    /// Whether it can be chosen: a chat model of OpenAI's (`capabilities.chatCompletion`).
    pub can_chat: bool,
    /// Whether it answers already, and still.
    pub state: DeploymentState,
    /// How much it takes, where Azure tells.
    pub capacity: Option<Capacity>,
    /// When the model ends.
    pub retirement: Retirement,
}

/// What a model is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export_to = "contract.ts")]
pub enum ModelPurpose {
    /// It answers in a chat.
    Chat,
    /// It makes vectors of texts.
    Embeddings,
    /// Images, sound, and whatever else.
    Other,
}

/// Whether a deployment answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export_to = "contract.ts")]
pub enum DeploymentState {
    /// It does.
    Ready,
    /// It is being made or changed.
    Changing,
    /// It is being deleted.
    Deleting,
    /// It could not be made.
    Failed,
    /// It is switched off.
    Disabled,
}

/// How much a deployment takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export_to = "contract.ts")]
pub struct Capacity {
    /// The kind of deployment, such as `GlobalStandard`.
    pub sku: String,
    /// The capacity, in units of that kind.
    pub units: u32,
    /// How many tokens a minute, where Azure tells.
    pub tokens_per_minute: Option<u32>,
    /// How many requests a minute, where Azure tells.
    pub requests_per_minute: Option<u32>,
}

/// When a model ends; a date is `2027-10-14`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[ts(export_to = "contract.ts")]
pub enum Retirement {
    /// Azure did not tell.
    Unknown,
    /// Not in the next 90 days.
    Later {
        /// The day.
        date: String,
    },
    /// In the next 90 days.
    Soon {
        /// The day.
        date: String,
    },
    /// The day has come.
    Past {
        /// The day.
        date: String,
    },
}

/// Step 3: get access.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export_to = "contract.ts")]
pub struct GetAccessPage {
    /// How far it is.
    pub phase: AccessPhase,
    /// The resource's name.
    pub resource: String,
    /// What is known; absent while it is being found out.
    pub verdict: Option<Verdict>,
    /// Why: sentences by code, `finding.<code>`.
    pub findings: Vec<Notice>,
    /// What would be assigned, where and to whom.
    pub plan: Option<AssignmentPlan>,
    /// The text for somebody who can assign the role of the plan; none where the person may.
    pub request: Option<String>,
    /// What Keyless assigned here and can take away again; none where it assigned nothing, or
    /// nothing that is its own to take.
    pub undo: Option<RoleUndo>,
    /// The same as the plan, by hand.
    pub recipes: Vec<Recipe>,
    /// Since when the role is being waited for.
    pub waiting: Option<Waiting>,
}

/// How far access is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export_to = "contract.ts")]
pub enum AccessPhase {
    /// Looking at what the person may do.
    Checking,
    /// It is known.
    Known,
    /// The role is being assigned.
    Assigning,
    /// The role is assigned and not effective yet.
    Waiting,
    /// The wait was stopped; the role stays assigned.
    Paused,
    /// What Keyless assigned is being taken away again.
    Undoing,
    /// Chat works.
    Works,
}

/// Whether the person may chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export_to = "contract.ts")]
pub enum Verdict {
    /// Yes.
    MayChat,
    /// No.
    MayNotChat,
    /// Azure did not let us find out.
    CannotTell,
}

/// What would be assigned: shown before it happens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export_to = "contract.ts")]
pub struct AssignmentPlan {
    /// What it is for.
    pub usage: Usage,
    /// What it may be for: an Azure OpenAI resource has OpenAI's models only.
    pub usages: Vec<Usage>,
    /// The role's name.
    pub role: String,
    /// The role's name before it was renamed, which is still met.
    pub former_role: Option<String>,
    /// The role definition's GUID.
    pub role_id: String,
    /// Why this role: `role_reason.<code>`.
    pub reason: Notice,
    /// Whether who has the role can read the resource's keys.
    pub lists_keys: bool,
    /// The Azure Resource Manager id of the scope.
    pub scope: String,
    /// Which scope that is.
    pub scope_kind: RoleScope,
    /// The person's sign-in name.
    pub account: String,
    /// The person's id in the resource's directory.
    pub object_id: String,
    /// Whether the person may assign it, as far as can be told.
    pub may_assign: MayAssign,
    /// Whether the person may take it away again, as far as can be told.
    pub may_undo: MayAssign,
    /// The name of the assignment, a GUID.
    pub name: String,
    /// The roles to choose from, the one with the least rights first.
    pub roles: Vec<RoleOffer>,
    /// The scopes to choose from.
    pub scopes: Vec<ScopeOffer>,
}

/// A page of the Azure portal about an assignment: `portal.<page>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export_to = "contract.ts")]
pub enum PortalPage {
    /// Access control (IAM) of the scope, where *Add role assignment* is.
    AccessControl,
    /// The person, with their object id.
    Person,
}

/// How to do the same by hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export_to = "contract.ts")]
pub struct Recipe {
    /// With what: `recipe.<kind>`.
    pub kind: RecipeKind,
    /// Which shell the lines are quoted for; none where it makes no difference.
    pub shell: Option<Shell>,
    /// What to run or to write down, from top to bottom.
    pub texts: Vec<RecipeText>,
}

/// What a role can be assigned with by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export_to = "contract.ts")]
pub enum RecipeKind {
    /// `az`.
    AzureCli,
    /// The module Az of PowerShell.
    #[serde(rename = "azure_powershell")]
    AzurePowerShell,
    /// A template.
    Bicep,
}

/// One text of a recipe, to be copied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export_to = "contract.ts")]
pub struct RecipeText {
    /// What it does.
    pub step: RecipeStep,
    /// What is copied.
    pub text: String,
}

/// What a text of a recipe does: `recipe_step.<step>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export_to = "contract.ts")]
pub enum RecipeStep {
    /// Chooses the cloud.
    ChooseCloud,
    /// Signs in to the directory.
    SignIn,
    /// Prints the person's object id.
    WhoAmI,
    /// Lists the roles that the person has there.
    WhichRoles,
    /// Assigns the role.
    Assign,
    /// The file `keyless.bicep`.
    File,
    /// Deploys it.
    Deploy,
}

/// A role that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export_to = "contract.ts")]
pub struct RoleOffer {
    /// Its name.
    pub role: String,
    /// The role definition's GUID.
    pub role_id: String,
    /// Whether who has it can read the resource's keys.
    pub lists_keys: bool,
    /// Whether the person may assign it.
    pub may_assign: MayAssign,
}

/// A scope that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export_to = "contract.ts")]
pub struct ScopeOffer {
    /// Which one.
    pub kind: RoleScope,
    /// Its Azure Resource Manager id.
    pub scope: String,
    /// Whether the person may assign the role there.
    pub may_assign: MayAssign,
}

/// What the person wants to do with the models: `usage.<usage>`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export_to = "contract.ts")]
pub enum Usage {
    /// Chat.
    #[default]
    Chat,
    /// Files and fine-tuning.
    Files,
    /// Models that are not OpenAI's.
    OtherModels,
}

impl Usage {
    /// Those that a resource of this kind serves, in the order in which they are offered.
    pub fn of(kind: &str) -> &'static [Usage] {
        match kind {
            "AIServices" => &[Usage::Chat, Usage::Files, Usage::OtherModels],
            _ => &[Usage::Chat, Usage::Files],
        }
    }
}

/// Where a role is assigned: `role_scope.<scope>`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export_to = "contract.ts")]
pub enum RoleScope {
    /// At the resource.
    #[default]
    Account,
    /// At its resource group, as in the article: for every resource in it.
    ResourceGroup,
}

impl RoleScope {
    /// Every scope, in the order in which they are offered.
    pub const ALL: &'static [RoleScope] = &[RoleScope::Account, RoleScope::ResourceGroup];
}

/// Whether the person may assign the role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export_to = "contract.ts")]
pub enum MayAssign {
    /// Yes.
    Yes,
    /// No.
    No,
    /// Azure did not let us find out; trying tells.
    Unknown,
}

/// A role that Keyless assigned, and whether the person may take it away again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export_to = "contract.ts")]
pub struct RoleUndo {
    /// The role's name.
    pub role: String,
    /// Whether they may.
    pub may: MayAssign,
}

/// A wait for a role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export_to = "contract.ts")]
pub struct Waiting {
    /// Whole seconds since the first look.
    pub elapsed_seconds: u32,
    /// How often it was looked at.
    pub attempts: u32,
    /// Whole seconds until the next look.
    pub next_in_seconds: u32,
    /// Whether the last look said nothing of the role: the network or the service was away, or
    /// Azure does not know the endpoint or the deployment yet.
    pub unanswered: bool,
}

/// Step 4: connect a project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export_to = "contract.ts")]
pub struct ConnectProjectPage {
    /// How far it is.
    pub phase: ProjectPhase,
    /// The project's folder.
    pub folder: Option<String>,
    /// The file that is written.
    pub file: Option<String>,
    /// Whether the file exists already.
    pub file_exists: bool,
    /// The exact change, before it is written.
    pub change: Vec<ChangeLine>,
}

/// How far the project is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export_to = "contract.ts")]
pub enum ProjectPhase {
    /// No folder is chosen.
    NoFolder,
    /// The file is being read.
    Reading,
    /// The change is known.
    Ready,
    /// The file is being written.
    Writing,
    /// The file holds our lines.
    Written,
}

/// One line of the change to `.env`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export_to = "contract.ts")]
pub struct ChangeLine {
    /// What happens to it.
    pub kind: ChangeKind,
    /// The line; values of other people's lines are masked.
    pub text: String,
}

/// What happens to a line of `.env`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export_to = "contract.ts")]
pub enum ChangeKind {
    /// It stays as it is.
    Kept,
    /// It is new.
    Added,
    /// It goes away; an added line takes its place.
    Removed,
}

/// Step 5: test the connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export_to = "contract.ts")]
pub struct TestConnectionPage {
    /// How far it is.
    pub phase: TestPhase,
    /// Where the message goes.
    pub endpoint: String,
    /// Which deployment answers.
    pub deployment: String,
    /// The message that is sent.
    pub question: String,
    /// The answer so far.
    pub answer: String,
    /// How many pieces the answer holds: the next piece has this number.
    pub pieces: u32,
    /// What is true now: sentences by code, `result.<code>`.
    pub results: Vec<Notice>,
}

/// How far the test is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export_to = "contract.ts")]
pub enum TestPhase {
    /// Nothing was sent yet.
    Ready,
    /// The message was sent; nothing came back yet.
    Asking,
    /// The answer is arriving.
    Answering,
    /// The answer is complete.
    Answered,
}

/// A sentence by code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export_to = "contract.ts")]
pub struct Notice {
    /// Which sentence.
    pub code: String,
    /// The values that it names.
    pub parameters: Parameters,
}

impl Notice {
    /// A sentence with its values.
    pub fn new(code: &str, parameters: &[(&str, &str)]) -> Self {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Notice { code: code.to_owned(), parameters: parameters.iter().map(owned).collect() }
    }
}

/// Something that is going on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export_to = "contract.ts")]
pub struct Busy {
    /// What: the label is `busy.<activity>`.
    pub activity: Activity,
    /// Whether Cancel stops it.
    pub can_cancel: bool,
}

/// What can be going on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export_to = "contract.ts")]
pub enum Activity {
    /// A stored sign-in is being continued.
    Resuming,
    /// A sign-in is under way.
    SigningIn,
    /// The lists of subscriptions and resources are being read.
    FindingResources,
    /// The deployments of a resource are being read.
    FindingDeployments,
    /// Setting the custom subdomain of a resource.
    SettingSubdomain,
    /// What the person may do is being looked at.
    CheckingAccess,
    /// The role is being assigned.
    AssigningRole,
    /// The role is being taken away again.
    UndoingRole,
    /// The role is being waited for.
    WaitingForRole,
    /// The `.env` is being read.
    ReadingEnv,
    /// The `.env` is being written.
    WritingEnv,
    /// The test message is under way.
    Asking,
}

impl Activity {
    /// Every activity, for the tests that compare them with the words.
    pub const ALL: &'static [Activity] = &[
        Activity::Resuming,
        Activity::SigningIn,
        Activity::FindingResources,
        Activity::FindingDeployments,
        Activity::SettingSubdomain,
        Activity::CheckingAccess,
        Activity::AssigningRole,
        Activity::UndoingRole,
        Activity::WaitingForRole,
        Activity::ReadingEnv,
        Activity::WritingEnv,
        Activity::Asking,
    ];
}
