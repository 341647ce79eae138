//! The wizard as a pure state machine: state and event in, state and effects out.
//!
//! Nothing here waits, sends or reads. [`crate::session`] runs the effects and brings their
//! results back as events; a result that is no longer wanted is dropped here.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::access::{Access, Assigned};
use crate::diagnosis::{self, Evidence, State};
use crate::env_file::{EnvValues, Prepared};
use crate::failure::{Action, Code, Failure, Remedy};
use crate::http::Cause;
use crate::identity;
use crate::resources::Account;
use crate::snapshot::{
    AccessPhase, Activity, Busy, ChooseResourcePage, ConnectProjectPage, Deployment, GetAccessPage,
    Notice, Obstacle, Page, Person, ProjectPhase, ResourceWindow, SignInPage, SignInPhase,
    Snapshot, Step, StepState, TestConnectionPage, TestPhase, Verdict, Waiting, Way,
};

/// The most that one window of the list holds.
pub const WINDOW: u32 = 100;
/// An answer is cut here on the page: a test message needs no more.
const ANSWER_LIMIT: usize = 16 * 1024;

/// What the person asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Open the system browser and sign in there.
    SignInWithBrowser,
    /// Borrow the sign-in of the Azure CLI.
    SignInWithAzureCli,
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
    /// Go on with the chosen resource and deployment.
    ConfirmResource,
    /// Assign the role of the plan; where the wait was stopped, wait on.
    AssignRole,
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
    /// Look whether the Azure CLI is signed in.
    FindAzureCli,
    /// Continue a sign-in that was kept.
    Resume,
    /// Remove the kept sign-in from the system's store.
    Unkeep,
    /// Sign in with the browser.
    SignInWithBrowser {
        /// Claims of a challenge, to send back.
        claims: Option<String>,
    },
    /// Borrow the sign-in of the Azure CLI.
    SignInWithAzureCli,
    /// Read tenants, subscriptions and accounts.
    ReadResources,
    /// Read the deployments of an account.
    ReadDeployments(Box<Account>),
    /// Look at what the person may do at an account.
    CheckAccess(Box<Account>),
    /// Assign the role.
    AssignRole(Box<Account>, Box<Access>),
    /// Wait until the role works.
    WaitForRole(Box<Account>, String, Cause),
    /// Ask for a folder.
    ChooseFolder,
    /// Read `.env` and plan the change.
    PrepareEnv(PathBuf, EnvValues),
    /// Write the planned change.
    WriteEnv(Box<Prepared>),
    /// Send the test message.
    Ask(Box<Account>, String, Cause),
}

/// Work of one kind runs once at a time: a newer one replaces the older.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Slot {
    Tool,
    Kept,
    Person,
    List,
    Deployments,
    Access,
    Role,
    Folder,
    Env,
    Chat,
}

impl Work {
    fn slot(&self) -> Slot {
        match self {
            Work::FindAzureCli => Slot::Tool,
            Work::Unkeep => Slot::Kept,
            Work::Resume | Work::SignInWithBrowser { .. } | Work::SignInWithAzureCli => {
                Slot::Person
            }
            Work::ReadResources => Slot::List,
            Work::ReadDeployments(_) => Slot::Deployments,
            Work::CheckAccess(_) => Slot::Access,
            Work::AssignRole(..) | Work::WaitForRole(..) => Slot::Role,
            Work::ChooseFolder => Slot::Folder,
            Work::PrepareEnv(..) | Work::WriteEnv(_) => Slot::Env,
            Work::Ask(..) => Slot::Chat,
        }
    }

    fn step(&self) -> Step {
        match self.slot() {
            Slot::Tool | Slot::Kept | Slot::Person => Step::SignIn,
            Slot::List | Slot::Deployments => Step::ChooseResource,
            Slot::Access | Slot::Role => Step::GetAccess,
            Slot::Folder | Slot::Env => Step::ConnectProject,
            Slot::Chat => Step::TestConnection,
        }
    }

    fn activity(&self) -> Option<Activity> {
        match self {
            Work::FindAzureCli | Work::Unkeep | Work::ChooseFolder => None,
            Work::Resume => Some(Activity::Resuming),
            Work::SignInWithBrowser { .. } | Work::SignInWithAzureCli => Some(Activity::SigningIn),
            Work::ReadResources => Some(Activity::FindingResources),
            Work::ReadDeployments(_) => Some(Activity::FindingDeployments),
            Work::CheckAccess(_) => Some(Activity::CheckingAccess),
            Work::AssignRole(..) => Some(Activity::AssigningRole),
            Work::WaitForRole(..) => Some(Activity::WaitingForRole),
            Work::PrepareEnv(..) => Some(Activity::ReadingEnv),
            Work::WriteEnv(_) => Some(Activity::WritingEnv),
            Work::Ask(..) => Some(Activity::Asking),
        }
    }

    /// A write is not stopped halfway; a read and a wait are.
    fn can_cancel(&self) -> bool {
        !matches!(
            self,
            Work::AssignRole(..) | Work::WriteEnv(_) | Work::PrepareEnv(..) | Work::Unkeep
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
    /// Keep the sign-in in the system's store.
    Keep,
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
    /// The system's store said whether it holds the sign-in now.
    Kept(bool),
}

/// How work goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The page to sign in on, and whether a browser opened.
    BrowserReady {
        /// Its address.
        address: String,
        /// Whether a browser was started.
        opened: bool,
    },
    /// A callback came that does not belong to the sign-in.
    StrangerIgnored,
    /// The browser answered.
    Finishing,
    /// The role was looked at.
    StillWaiting(Waiting),
    /// A piece of the answer.
    Piece(String),
}

/// How work ended well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The account of the Azure CLI.
    AzureCli(Option<String>),
    /// The system's store keeps no sign-in any more.
    Unkept,
    /// Nothing was kept that can be continued; whether this machine can keep anything.
    NothingKept {
        /// Whether the system's store works.
        can_keep: bool,
    },
    /// Somebody is signed in; whether the sign-in is kept already.
    SignedIn(Person),
    /// The resources.
    Resources(Listing),
    /// The deployments.
    Deployments(Vec<Deployment>, Cause),
    /// What the person may do.
    Access(Box<Access>),
    /// The role is assigned.
    Assigned(Assigned),
    /// The role works.
    RoleWorks(Cause),
    /// The folder, or nothing when the dialog was closed.
    Folder(Option<PathBuf>),
    /// The change to `.env`, and whether git ignores the file.
    Env(Box<Prepared>, Option<bool>),
    /// `.env` is written.
    EnvWritten,
    /// The answer is complete.
    Answered,
}

/// What was found in the directories.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// The home tenant's name.
    pub tenant_name: Option<String>,
    /// How many subscriptions there are.
    pub subscriptions: u32,
    /// How many tenants could not be reached.
    pub unreached_tenants: u32,
    /// How many subscriptions gave no list of resources.
    pub unreached_subscriptions: u32,
    /// The accounts, sorted.
    pub accounts: Vec<Account>,
}

/// What does not change while the window is open.
#[derive(Clone, Debug, Default)]
pub struct Setting {
    /// Whether this is practice Azure.
    pub practice: bool,
    /// Whether practice Azure can be started from here.
    pub can_practice: bool,
    /// The folder to offer.
    pub project_folder: Option<PathBuf>,
    /// The message that is sent.
    pub question: String,
}

/// The whole state.
pub struct Wizard {
    setting: Setting,
    revision: u32,
    step: Step,
    return_to: Option<Step>,
    person: Option<Person>,
    sign_in: SignIn,
    list: List,
    choice: Choice,
    role: RoleState,
    project: Project,
    test: Test,
    failures: BTreeMap<Step, (Failure, Work)>,
    notices: Vec<(Step, Notice)>,
    running: BTreeMap<Slot, (WorkId, Work)>,
    next_id: WorkId,
}

struct SignIn {
    phase: SignInPhase,
    address: Option<String>,
    opened: bool,
    azure_cli: Option<String>,
    stay: bool,
    can_stay: bool,
}

#[derive(Default)]
struct List {
    read: bool,
    accounts: Vec<Account>,
    revision: u32,
    subscriptions: u32,
}

#[derive(Default)]
struct Choice {
    account: Option<Account>,
    deployments: Option<Vec<Deployment>>,
    /// The answers that named the deployments: a message to one of them comes after these.
    listed: Cause,
    deployment: Option<String>,
    confirmed: bool,
}

#[derive(Default)]
struct RoleState {
    access: Option<Access>,
    assigned: Option<Assigned>,
    works: bool,
    /// The answer that showed that it works: the test message comes after it.
    proof: Cause,
    paused: bool,
    waiting: Option<Waiting>,
    confirmed: bool,
}

#[derive(Default)]
struct Project {
    folder: Option<PathBuf>,
    prepared: Option<Prepared>,
    written: bool,
}

#[derive(Default)]
struct Test {
    answer: String,
    pieces: u32,
    answered: bool,
}

impl Wizard {
    /// The first page, and what to do at once: look for a sign-in to continue.
    pub fn new(setting: Setting) -> (Self, Vec<Effect>) {
        let mut wizard = Wizard {
            project: Project { folder: setting.project_folder.clone(), ..Project::default() },
            setting,
            revision: 0,
            step: Step::SignIn,
            return_to: None,
            person: None,
            sign_in: SignIn {
                phase: SignInPhase::SignedOut,
                address: None,
                opened: false,
                azure_cli: None,
                stay: true,
                can_stay: true,
            },
            list: List::default(),
            choice: Choice::default(),
            role: RoleState::default(),
            test: Test::default(),
            failures: BTreeMap::new(),
            notices: Vec::new(),
            running: BTreeMap::new(),
            next_id: 0,
        };
        let mut effects = Vec::new();
        wizard.start(Work::Resume, &mut effects);
        wizard.start(Work::FindAzureCli, &mut effects);
        (wizard, effects)
    }

    /// Takes an event in.
    pub fn handle(&mut self, event: Event) -> Vec<Effect> {
        let mut effects = Vec::new();
        match event {
            Event::Command(command) => self.obey(command, &mut effects),
            Event::Progress(id, progress) if self.wants(id) => self.follow(progress),
            Event::Done(id, result) => {
                if let Some(work) = self.finish(id) {
                    match result {
                        Ok(outcome) => self.take(outcome, &mut effects),
                        Err(failure) => self.fail(failure, work),
                    }
                }
            }
            Event::Progress(..) => {}
            Event::Kept(kept) => self.note_kept(kept),
        }
        self.leave_lost_page();
        effects
    }

    /// Whether the result of this work is still wanted.
    pub fn wants(&self, id: WorkId) -> bool {
        self.running.values().any(|(running, _)| *running == id)
    }

    /// A window of the list, cut to what matches: every word of the filter occurs in the name,
    /// the group, the subscription, the region or the kind.
    pub fn list_resources(&self, filter: &str, from: u32, count: u32) -> ResourceWindow {
        let words: Vec<String> =
            filter.to_lowercase().split_whitespace().map(str::to_owned).collect();
        let matching: Vec<&Account> = self
            .list
            .accounts
            .iter()
            .filter(|account| {
                let resource = &account.resource;
                let text = [
                    &resource.name,
                    &resource.resource_group,
                    &resource.subscription,
                    &resource.location,
                    &resource.kind,
                ]
                .map(|field| field.to_lowercase())
                .join("\n");
                words.iter().all(|word| text.contains(word))
            })
            .collect();
        ResourceWindow {
            list_revision: self.list.revision,
            matching: number(matching.len()),
            from,
            items: matching
                .iter()
                .skip(from as usize)
                .take(count.min(WINDOW) as usize)
                .map(|account| account.resource.clone())
                .collect(),
        }
    }

    /// How many pieces the answer holds.
    pub fn pieces(&self) -> u32 {
        self.test.pieces
    }

    /// The page, as it is now.
    pub fn snapshot(&mut self) -> Snapshot {
        self.revision += 1;
        Snapshot {
            revision: self.revision,
            practice: self.setting.practice,
            steps: Step::ALL.map(|step| self.step_state(step)).to_vec(),
            person: self.person.clone(),
            page: self.page(),
            failure: self.failures.get(&self.step).map(|(failure, _)| failure.clone()),
            notices: self.notices_here(),
            busy: self.busy(),
            can_go_back: self.step != Step::SignIn,
        }
    }
}

/// Commands.
impl Wizard {
    fn obey(&mut self, command: Command, effects: &mut Vec<Effect>) {
        match command {
            Command::SignInWithBrowser => self.sign_in_with_browser(None, effects),
            Command::SignInWithAzureCli if self.sign_in.azure_cli.is_some() => {
                self.start(Work::SignInWithAzureCli, effects);
            }
            Command::SignInWithAzureCli => {}
            Command::OpenBrowserAgain => {
                effects.extend(self.sign_in.address.clone().map(Effect::Open));
            }
            Command::StaySignedIn { on } => self.stay_signed_in(on, effects),
            Command::SignOut => self.sign_out(effects),
            Command::SelectResource { id } => self.select_resource(&id, effects),
            Command::SelectDeployment { name } => self.select_deployment(&name, effects),
            Command::ConfirmResource => self.confirm_resource(effects),
            Command::AssignRole => self.assign_role(effects),
            Command::ConfirmAccess => self.confirm_access(effects),
            Command::ChooseFolder => self.start(Work::ChooseFolder, effects),
            Command::WriteEnv => self.write_env(effects),
            Command::SendTestMessage => self.send_test_message(effects),
            Command::GoToStep { step } => self.go_to(step, effects),
            Command::Cancel => self.cancel(effects),
            Command::PressRemedy { index } => self.press_remedy(index, effects),
        }
    }

    fn sign_in_with_browser(&mut self, claims: Option<String>, effects: &mut Vec<Effect>) {
        self.sign_in.address = None;
        self.sign_in.opened = false;
        self.clear_notices(Step::SignIn);
        self.start(Work::SignInWithBrowser { claims }, effects);
    }

    fn stay_signed_in(&mut self, on: bool, effects: &mut Vec<Effect>) {
        self.sign_in.stay = on && self.sign_in.can_stay;
        if self.person.is_some() {
            self.keep_or_not(effects);
        }
    }

    fn sign_out(&mut self, effects: &mut Vec<Effect>) {
        self.stop_all(effects);
        effects.push(Effect::Forget);
        self.start(Work::Unkeep, effects);
        let was_signed_in = self.person.take().is_some();
        self.forget_person();
        self.step = Step::SignIn;
        self.notices.clear();
        if was_signed_in {
            self.notify(Step::SignIn, Notice::new("signed_out", &[]));
        }
        self.start(Work::FindAzureCli, effects);
    }

    fn keep_or_not(&mut self, effects: &mut Vec<Effect>) {
        if self.sign_in.stay && self.sign_in.can_stay {
            effects.push(Effect::Keep);
        } else {
            self.start(Work::Unkeep, effects);
        }
    }

    fn select_resource(&mut self, id: &str, effects: &mut Vec<Effect>) {
        let found =
            self.list.accounts.iter().find(|account| account.resource.id.eq_ignore_ascii_case(id));
        let Some(account) = found.cloned() else {
            return;
        };
        if self.is_writing() {
            return;
        }
        let unchanged = self
            .choice
            .account
            .as_ref()
            .is_some_and(|chosen| chosen.resource.id == account.resource.id);
        if unchanged && self.choice.deployments.is_some() {
            return;
        }
        self.forget_choice(effects);
        self.failures.remove(&Step::ChooseResource);
        self.choice.account = Some(account.clone());
        // Neither needs the other: what is deployed, and what the person may do there.
        self.start(Work::ReadDeployments(Box::new(account.clone())), effects);
        self.start(Work::CheckAccess(Box::new(account)), effects);
    }

    fn select_deployment(&mut self, name: &str, effects: &mut Vec<Effect>) {
        let chats = self.choice.deployments.as_ref().is_some_and(|list| {
            list.iter().any(|deployment| deployment.name == name && deployment.can_chat)
        });
        if chats && !self.is_writing() && self.choice.deployment.as_deref() != Some(name) {
            self.choice.deployment = Some(name.to_owned());
            self.forget_project(effects);
        }
    }

    fn confirm_resource(&mut self, effects: &mut Vec<Effect>) {
        let (Some(account), Some(_)) = (self.choice.account.clone(), &self.choice.deployment)
        else {
            return;
        };
        if account.resource.obstacles.contains(&Obstacle::NoCustomSubdomain) {
            let known = [("resource", account.resource.name.as_str())];
            let failure = diagnosis::explain(&Evidence::state(State::NoCustomSubdomain), &known);
            self.failures.insert(Step::ChooseResource, (failure, Work::ReadResources));
            return;
        }
        self.choice.confirmed = true;
        self.go_to(Step::GetAccess, effects);
    }

    fn assign_role(&mut self, effects: &mut Vec<Effect>) {
        let (Some(account), Some(access)) = (self.choice.account.clone(), self.role.access.clone())
        else {
            return;
        };
        if self.role.works || self.is_running(Slot::Role) {
            return;
        }
        match self.role.assigned.clone() {
            Some(assigned) => self.wait_for_role(assigned.cause, effects),
            None => self.start(Work::AssignRole(Box::new(account), Box::new(access)), effects),
        }
    }

    fn wait_for_role(&mut self, cause: Cause, effects: &mut Vec<Effect>) {
        let (Some(account), Some(deployment)) =
            (self.choice.account.clone(), self.choice.deployment.clone())
        else {
            return;
        };
        self.role.paused = false;
        self.clear_notices(Step::GetAccess);
        let cause = cause.and(&self.choice.listed);
        self.start(Work::WaitForRole(Box::new(account), deployment, cause), effects);
    }

    fn confirm_access(&mut self, effects: &mut Vec<Effect>) {
        if self.choice.confirmed && self.role.access.is_some() {
            self.role.confirmed = true;
            self.go_to(Step::ConnectProject, effects);
        }
    }

    fn write_env(&mut self, effects: &mut Vec<Effect>) {
        if self.is_running(Slot::Env) || self.project.written {
            return;
        }
        if let Some(prepared) = self.project.prepared.clone() {
            self.start(Work::WriteEnv(Box::new(prepared)), effects);
        }
    }

    fn send_test_message(&mut self, effects: &mut Vec<Effect>) {
        let (Some(account), Some(deployment)) =
            (self.choice.account.clone(), self.choice.deployment.clone())
        else {
            return;
        };
        if !self.reachable(Step::TestConnection) || self.is_running(Slot::Chat) {
            return;
        }
        self.test = Test::default();
        let proof = self.role.proof.and(&self.choice.listed);
        self.start(Work::Ask(Box::new(account), deployment, proof), effects);
    }

    fn go_to(&mut self, step: Step, effects: &mut Vec<Effect>) {
        if !self.reachable(step) {
            return;
        }
        self.step = step;
        match step {
            Step::ChooseResource if !self.list.read && !self.failures.contains_key(&step) => {
                self.start_once(Work::ReadResources, effects);
            }
            Step::ChooseResource
                if self.choice.deployments.is_none() && !self.failures.contains_key(&step) =>
            {
                if let Some(account) = self.choice.account.clone() {
                    self.start_once(Work::ReadDeployments(Box::new(account)), effects);
                }
            }
            Step::GetAccess if self.role.access.is_none() && !self.failures.contains_key(&step) => {
                if let Some(account) = self.choice.account.clone() {
                    self.start_once(Work::CheckAccess(Box::new(account)), effects);
                }
            }
            Step::ConnectProject
                if self.project.prepared.is_none() && !self.failures.contains_key(&step) =>
            {
                self.prepare_env(effects);
            }
            _ => {}
        }
    }

    fn cancel(&mut self, effects: &mut Vec<Effect>) {
        let Some((slot, work)) = self.shown_work().map(|(slot, work)| (slot, work.clone())) else {
            return;
        };
        if !work.can_cancel() {
            return;
        }
        if let Some((id, _)) = self.running.remove(&slot) {
            effects.push(Effect::Stop(id));
        }
        match work {
            Work::WaitForRole(..) => self.role.paused = true,
            Work::ReadResources => self.step = Step::SignIn,
            Work::Resume | Work::SignInWithBrowser { .. } | Work::SignInWithAzureCli => {
                self.sign_in.address = None;
            }
            Work::CheckAccess(_) => self.step = Step::ChooseResource,
            Work::ReadDeployments(_) => self.choice.account = None,
            _ => {}
        }
    }

    fn press_remedy(&mut self, index: u32, effects: &mut Vec<Effect>) {
        let Some((failure, work)) = self.failures.get(&self.step).cloned() else {
            return;
        };
        let Some(remedy) = failure.remedies.get(index as usize) else {
            return;
        };
        let action = match remedy {
            Remedy::Link { url, .. } => {
                effects.push(Effect::Open(url.clone()));
                return;
            }
            Remedy::Text { .. } | Remedy::Command { .. } => return,
            Remedy::Action { action } => *action,
        };
        match action {
            Action::TryAgain => self.start(work, effects),
            Action::SignIn => {
                let claims = failure.details.iter().find(|detail| detail.name == identity::CLAIMS);
                let claims = claims.map(|detail| detail.value.clone());
                self.return_to = Some(self.step).filter(|step| *step != Step::SignIn);
                self.step = Step::SignIn;
                self.sign_in_with_browser(claims, effects);
            }
            Action::SwitchAccount => {
                self.sign_out(effects);
                self.sign_in_with_browser(None, effects);
            }
            Action::ChooseResource => self.go_to(Step::ChooseResource, effects),
            Action::ReadResources => {
                self.step = Step::ChooseResource;
                self.start(Work::ReadResources, effects);
            }
            Action::CheckAccess => self.check_access_again(effects),
            Action::KeepWaiting => {
                self.failures.remove(&Step::GetAccess);
                self.assign_role(effects);
            }
            Action::ChooseFolder => self.start(Work::ChooseFolder, effects),
            Action::ReadEnv => self.prepare_env(effects),
            Action::SendTestMessage => self.send_test_message(effects),
        }
    }

    fn check_access_again(&mut self, effects: &mut Vec<Effect>) {
        let Some(account) = self.choice.account.clone() else {
            return;
        };
        self.step = Step::GetAccess;
        self.role = RoleState { confirmed: self.role.confirmed, ..RoleState::default() };
        self.start(Work::CheckAccess(Box::new(account)), effects);
    }

    fn prepare_env(&mut self, effects: &mut Vec<Effect>) {
        let Some(folder) = self.project.folder.clone() else {
            return;
        };
        let (Some(account), Some(deployment)) = (&self.choice.account, &self.choice.deployment)
        else {
            return;
        };
        let values = EnvValues {
            endpoint: account.resource.endpoint.clone(),
            deployment: deployment.clone(),
            tenant_id: account.tenant_id.clone(),
            practice: self.setting.practice,
        };
        self.project.prepared = None;
        self.project.written = false;
        self.clear_notices(Step::ConnectProject);
        self.start(Work::PrepareEnv(folder, values), effects);
    }
}

/// Results.
impl Wizard {
    fn follow(&mut self, progress: Progress) {
        match progress {
            Progress::BrowserReady { address, opened } => {
                self.sign_in.address = Some(address);
                self.sign_in.opened = opened;
                if !opened {
                    self.notify(Step::SignIn, Notice::new("browser_not_opened", &[]));
                }
            }
            Progress::StrangerIgnored => {
                self.notify(Step::SignIn, Notice::new("answer_ignored", &[]))
            }
            Progress::Finishing => {
                self.sign_in.address = None;
                self.sign_in.phase = SignInPhase::Finishing;
                self.clear_notices(Step::SignIn);
            }
            Progress::StillWaiting(waiting) => self.role.waiting = Some(waiting),
            Progress::Piece(text) => {
                if self.test.answer.len() + text.len() <= ANSWER_LIMIT {
                    self.test.answer.push_str(&text);
                    self.test.pieces += 1;
                }
            }
        }
    }

    fn take(&mut self, outcome: Outcome, effects: &mut Vec<Effect>) {
        match outcome {
            Outcome::AzureCli(account) => self.sign_in.azure_cli = account,
            Outcome::Unkept => {
                if let Some(person) = &mut self.person {
                    person.kept = false;
                }
            }
            Outcome::NothingKept { can_keep } => {
                self.sign_in.can_stay = can_keep;
                self.sign_in.stay &= can_keep;
            }
            Outcome::SignedIn(person) => self.welcome(person, effects),
            Outcome::Resources(listing) => self.take_resources(listing, effects),
            Outcome::Deployments(deployments, cause) => self.take_deployments(deployments, cause),
            Outcome::Access(access) => {
                self.role.works = access.verdict == Verdict::MayChat;
                self.role.proof = access.cause.clone();
                self.role.access = Some(*access);
            }
            Outcome::Assigned(assigned) => {
                self.role.assigned = Some(assigned.clone());
                self.wait_for_role(assigned.cause, effects);
            }
            Outcome::RoleWorks(cause) => {
                self.role.works = true;
                self.role.waiting = None;
                self.role.proof = cause;
                if self.step == Step::GetAccess {
                    self.confirm_access(effects);
                }
            }
            Outcome::Folder(Some(folder)) => {
                self.project.folder = Some(folder);
                self.prepare_env(effects);
            }
            Outcome::Folder(None) => {}
            Outcome::Env(prepared, ignored) => {
                if ignored == Some(false) {
                    let path = prepared.path.display().to_string();
                    self.notify(
                        Step::ConnectProject,
                        Notice::new("env_not_ignored", &[("path", &path)]),
                    );
                }
                self.project.prepared = Some(*prepared);
            }
            Outcome::EnvWritten => {
                self.project.written = true;
                if self.step == Step::ConnectProject {
                    self.go_to(Step::TestConnection, effects);
                }
            }
            Outcome::Answered => {
                self.test.answered = true;
                self.role.works = true;
            }
        }
    }

    fn welcome(&mut self, person: Person, effects: &mut Vec<Effect>) {
        let same = self.person.as_ref().is_some_and(|known| {
            known.object_id == person.object_id && known.tenant_id == person.tenant_id
        });
        effects.push(Effect::Focus);
        self.sign_in.address = None;
        self.clear_notices(Step::SignIn);
        let back = self.return_to.take();
        if same && let Some(step) = back {
            self.person = Some(person);
            self.failures.clear();
            self.keep_or_not(effects);
            return self.go_to(step, effects);
        }
        self.stop_all(effects);
        self.forget_person();
        if !self.sign_in.stay || person.way == Way::AzureCli {
            // What an earlier person kept must not come back instead of this one.
            self.start(Work::Unkeep, effects);
        }
        self.person = Some(person);
        self.go_to(Step::ChooseResource, effects);
    }

    fn take_resources(&mut self, listing: Listing, effects: &mut Vec<Effect>) {
        // The sign-in has proved itself: now it may be kept, each time with the newest token.
        if self.sign_in.stay && self.sign_in.can_stay {
            effects.push(Effect::Keep);
        }
        if let Some(person) = &mut self.person {
            person.tenant_name = listing.tenant_name;
        }
        self.clear_notices(Step::ChooseResource);
        for (code, count) in [
            ("tenants_unreached", listing.unreached_tenants),
            ("subscriptions_unreached", listing.unreached_subscriptions),
        ] {
            if count > 0 {
                let count = count.to_string();
                self.notify(Step::ChooseResource, Notice::new(code, &[("count", &count)]));
            }
        }
        self.list.read = true;
        self.list.revision += 1;
        self.list.subscriptions = listing.subscriptions;
        self.list.accounts = listing.accounts;
        self.refresh_choice(effects);
        if self.list.accounts.is_empty() {
            let failure = self.nothing_found(listing.subscriptions);
            self.failures.insert(Step::ChooseResource, (failure, Work::ReadResources));
            return;
        }
        if let [only] = self.list.accounts.as_slice()
            && only.resource.obstacles.is_empty()
            && self.choice.account.is_none()
        {
            let id = only.resource.id.clone();
            self.select_resource(&id, effects);
        }
    }

    /// What was chosen is chosen again as it is now, or given up where it is gone.
    fn refresh_choice(&mut self, effects: &mut Vec<Effect>) {
        let Some(chosen) = self.choice.account.as_ref().map(|account| account.resource.clone())
        else {
            return;
        };
        let mut now = self.list.accounts.iter().map(|account| &account.resource);
        match now.find(|resource| resource.id.eq_ignore_ascii_case(&chosen.id)) {
            None => self.forget_choice(effects),
            Some(resource) if *resource != chosen => {
                let id = resource.id.clone();
                self.choice.deployments = None;
                self.select_resource(&id, effects);
            }
            Some(_) => {}
        }
    }

    fn nothing_found(&self, subscriptions: u32) -> Failure {
        let person = self.person.as_ref();
        let account = person.map_or("", |person| &person.account);
        let tenant =
            person.map_or("", |person| person.tenant_name.as_ref().unwrap_or(&person.tenant_id));
        let count = subscriptions.to_string();
        let known = [("account", account), ("tenant", tenant), ("subscriptions", &count)];
        let state = if subscriptions == 0 { State::NoSubscription } else { State::NoAccount };
        diagnosis::explain(&Evidence::state(state), &known).detail("subscriptions", subscriptions)
    }

    fn take_deployments(&mut self, deployments: Vec<Deployment>, cause: Cause) {
        self.choice.listed = cause;
        let first = deployments.iter().find(|deployment| deployment.can_chat);
        self.choice.deployment = first.map(|deployment| deployment.name.clone());
        if first.is_none()
            && let Some(account) = self.choice.account.clone()
        {
            let known = [("resource", account.resource.name.as_str())];
            let failure = diagnosis::explain(&Evidence::state(State::NoChatDeployment), &known)
                .detail("deployments", deployments.len());
            let work = Work::ReadDeployments(Box::new(account));
            self.failures.insert(Step::ChooseResource, (failure, work));
        }
        self.choice.deployments = Some(deployments);
    }

    fn fail(&mut self, mut failure: Failure, work: Work) {
        tracing::warn!(code = ?failure.code, "a step failed");
        self.name_directory(&mut failure);
        let step = work.step();
        match &work {
            Work::Resume => {
                // The sign-in of an earlier day is over: that is the first page, not a failure.
                self.sign_in.can_stay = true;
                if failure.code == Code::SignInExpired {
                    return;
                }
            }
            Work::SignInWithBrowser { .. } | Work::SignInWithAzureCli => {
                self.sign_in.address = None;
                self.clear_notices(Step::SignIn);
            }
            Work::WaitForRole(..) => self.role.paused = true,
            Work::Ask(..) => self.learn_from_refusal(failure.code),
            _ => {}
        }
        self.failures.insert(step, (failure, work));
    }

    /// Calls the person's directory by its name where that is known: few people know its id.
    fn name_directory(&self, failure: &mut Failure) {
        let Some(Person { tenant_id, tenant_name: Some(name), .. }) = &self.person else { return };
        if let Some(directory) = failure.parameters.get_mut("directory")
            && directory.eq_ignore_ascii_case(tenant_id)
        {
            directory.clone_from(name);
        }
    }

    /// What a refused chat says about access: a limit or a filter means that access works.
    fn learn_from_refusal(&mut self, code: Code) {
        match code {
            Code::ChatThrottled | Code::ContentFiltered => self.role.works = true,
            Code::ChatNotPermitted => self.role.works = false,
            _ => {}
        }
    }

    fn note_kept(&mut self, kept: bool) {
        if let Some(person) = &mut self.person {
            person.kept = kept;
        }
        self.notices.retain(|(_, notice)| notice.code != "session_only");
        if !kept && self.sign_in.stay {
            self.sign_in.can_stay = false;
            for step in Step::ALL {
                self.notices.push((step, Notice::new("session_only", &[])));
            }
        }
    }
}

/// Running work.
impl Wizard {
    fn start(&mut self, work: Work, effects: &mut Vec<Effect>) {
        let slot = work.slot();
        if let Some((id, _)) = self.running.remove(&slot) {
            effects.push(Effect::Stop(id));
        }
        let failed = self.failures.get(&work.step()).map(|(_, failed)| failed.slot());
        if work.activity().is_some() || failed == Some(slot) {
            self.failures.remove(&work.step());
        }
        if slot == Slot::Person {
            self.sign_in.phase = match work {
                Work::Resume => SignInPhase::Resuming,
                Work::SignInWithBrowser { .. } => SignInPhase::Opening,
                _ => SignInPhase::Finishing,
            };
        }
        let id = self.next_id;
        self.next_id += 1;
        self.running.insert(slot, (id, work.clone()));
        effects.push(Effect::Start(id, work));
    }

    fn start_once(&mut self, work: Work, effects: &mut Vec<Effect>) {
        if !self.is_running(work.slot()) {
            self.start(work, effects);
        }
    }

    fn is_running(&self, slot: Slot) -> bool {
        self.running.contains_key(&slot)
    }

    /// A write in flight is not pulled out from under itself by another choice.
    fn is_writing(&self) -> bool {
        self.running
            .values()
            .any(|(_, work)| matches!(work, Work::AssignRole(..) | Work::WriteEnv(_)))
    }

    fn finish(&mut self, id: WorkId) -> Option<Work> {
        let slot = *self.running.iter().find(|(_, (running, _))| *running == id)?.0;
        self.running.remove(&slot).map(|(_, work)| work)
    }

    fn stop(&mut self, slots: &[Slot], effects: &mut Vec<Effect>) {
        for slot in slots {
            effects.extend(self.running.remove(slot).map(|(id, _)| Effect::Stop(id)));
        }
    }

    fn stop_all(&mut self, effects: &mut Vec<Effect>) {
        effects.extend(
            std::mem::take(&mut self.running).into_values().map(|(id, _)| Effect::Stop(id)),
        );
    }

    fn forget_person(&mut self) {
        self.sign_in.address = None;
        self.list = List { revision: self.list.revision + 1, ..List::default() };
        self.choice = Choice::default();
        self.role = RoleState::default();
        self.project = Project { folder: self.project.folder.take(), ..Project::default() };
        self.test = Test::default();
        self.failures.clear();
        self.return_to = None;
    }

    fn forget_choice(&mut self, effects: &mut Vec<Effect>) {
        self.stop(&[Slot::Deployments, Slot::Access, Slot::Role], effects);
        self.choice = Choice::default();
        self.role = RoleState::default();
        self.failures.remove(&Step::GetAccess);
        self.clear_notices(Step::GetAccess);
        self.forget_project(effects);
    }

    fn forget_project(&mut self, effects: &mut Vec<Effect>) {
        self.stop(&[Slot::Env, Slot::Chat], effects);
        self.project.prepared = None;
        self.project.written = false;
        self.test = Test::default();
        self.failures.remove(&Step::ConnectProject);
        self.failures.remove(&Step::TestConnection);
        self.clear_notices(Step::ConnectProject);
    }

    /// A page whose ground is gone, such as the test of a project that was chosen anew, gives way
    /// to the last one that stands.
    fn leave_lost_page(&mut self) {
        let reachable =
            Step::ALL.into_iter().rev().find(|step| *step <= self.step && self.reachable(*step));
        self.step = reachable.unwrap_or(Step::SignIn);
    }

    fn notify(&mut self, step: Step, notice: Notice) {
        if !self.notices.contains(&(step, notice.clone())) {
            self.notices.push((step, notice));
        }
    }

    /// What concerns the whole sign-in stays until it changes.
    fn clear_notices(&mut self, step: Step) {
        self.notices.retain(|(at, notice)| *at != step || notice.code == "session_only");
    }
}

/// What the page shows.
impl Wizard {
    fn reachable(&self, step: Step) -> bool {
        match step {
            Step::SignIn => true,
            Step::ChooseResource => self.person.is_some(),
            Step::GetAccess => self.person.is_some() && self.choice.confirmed,
            Step::ConnectProject => self.reachable(Step::GetAccess) && self.role.confirmed,
            Step::TestConnection => self.reachable(Step::ConnectProject) && self.project.written,
        }
    }

    fn is_done(&self, step: Step) -> bool {
        match step {
            Step::SignIn => self.person.is_some(),
            Step::ChooseResource => self.choice.confirmed,
            Step::GetAccess => self.choice.confirmed && self.role.works,
            Step::ConnectProject => self.project.written,
            Step::TestConnection => self.test.answered,
        }
    }

    fn step_state(&self, step: Step) -> StepState {
        StepState {
            step,
            done: self.is_done(step),
            current: step == self.step,
            reachable: self.reachable(step),
            summary: self.is_done(step).then(|| self.summary(step)).flatten(),
        }
    }

    fn summary(&self, step: Step) -> Option<String> {
        match step {
            Step::SignIn => self.person.as_ref().map(|person| person.account.clone()),
            Step::ChooseResource => {
                self.choice.account.as_ref().map(|account| account.resource.name.clone())
            }
            Step::GetAccess => self.role_name(),
            Step::ConnectProject => {
                self.project.prepared.as_ref().map(|prepared| prepared.path.display().to_string())
            }
            Step::TestConnection => self.choice.deployment.clone(),
        }
    }

    fn role_name(&self) -> Option<String> {
        let access = self.role.access.as_ref()?;
        if self.role.assigned.is_some() {
            return Some(access.plan.role.clone());
        }
        access.findings.iter().find_map(|finding| {
            finding
                .code
                .starts_with("may_chat")
                .then(|| finding.parameters.get("role").cloned())
                .flatten()
        })
    }

    fn page(&self) -> Page {
        match self.step {
            Step::SignIn => Page::SignIn(self.sign_in_page()),
            Step::ChooseResource => Page::ChooseResource(self.choose_resource_page()),
            Step::GetAccess => Page::GetAccess(self.get_access_page()),
            Step::ConnectProject => Page::ConnectProject(self.connect_project_page()),
            Step::TestConnection => Page::TestConnection(self.test_connection_page()),
        }
    }

    fn sign_in_page(&self) -> SignInPage {
        let phase = match (self.is_running(Slot::Person), &self.sign_in.address, &self.person) {
            (true, Some(_), _) => SignInPhase::Waiting,
            (true, None, _) => self.sign_in.phase,
            (false, _, Some(_)) => SignInPhase::SignedIn,
            (false, _, None) => SignInPhase::SignedOut,
        };
        SignInPage {
            phase,
            address: self.sign_in.address.clone(),
            browser_opened: self.sign_in.opened,
            azure_cli_account: self.sign_in.azure_cli.clone(),
            stay_signed_in: self.sign_in.stay,
            can_stay_signed_in: self.sign_in.can_stay,
            can_practice: self.setting.can_practice,
        }
    }

    fn choose_resource_page(&self) -> ChooseResourcePage {
        ChooseResourcePage {
            reading: self.is_running(Slot::List),
            total: number(self.list.accounts.len()),
            list_revision: self.list.revision,
            subscriptions: self.list.subscriptions,
            selected: self.choice.account.as_ref().map(|account| account.resource.clone()),
            reading_deployments: self.is_running(Slot::Deployments),
            deployments: self.choice.deployments.clone().unwrap_or_default(),
            deployment: self.choice.deployment.clone(),
        }
    }

    fn get_access_page(&self) -> GetAccessPage {
        let role = &self.role;
        let mut findings =
            role.access.as_ref().map_or_else(Vec::new, |access| access.findings.clone());
        if let (Some(assigned), Some(access)) = (&role.assigned, &role.access) {
            let code = if assigned.existed { "role_existed" } else { "role_assigned" };
            findings = vec![Notice::new(code, &[("role", &access.plan.role)])];
        }
        GetAccessPage {
            phase: self.access_phase(),
            resource: self
                .choice
                .account
                .as_ref()
                .map_or_else(String::new, |a| a.resource.name.clone()),
            verdict: role
                .access
                .as_ref()
                .map(|access| if role.works { Verdict::MayChat } else { access.verdict }),
            findings,
            plan: role.access.as_ref().map(|access| access.plan.clone()),
            waiting: role.waiting.clone(),
        }
    }

    fn access_phase(&self) -> AccessPhase {
        let running = self.running.get(&Slot::Role).map(|(_, work)| work);
        match running {
            Some(Work::AssignRole(..)) => AccessPhase::Assigning,
            Some(_) => AccessPhase::Waiting,
            None if self.role.works => AccessPhase::Works,
            None if self.is_running(Slot::Access) => AccessPhase::Checking,
            None if self.role.paused && self.role.assigned.is_some() => AccessPhase::Paused,
            None => AccessPhase::Known,
        }
    }

    fn connect_project_page(&self) -> ConnectProjectPage {
        let prepared = self.project.prepared.as_ref();
        let phase = match self.running.get(&Slot::Env).map(|(_, work)| work) {
            Some(Work::WriteEnv(_)) => ProjectPhase::Writing,
            Some(_) => ProjectPhase::Reading,
            None if self.project.written => ProjectPhase::Written,
            None if prepared.is_some() => ProjectPhase::Ready,
            None => ProjectPhase::NoFolder,
        };
        ConnectProjectPage {
            phase,
            folder: self.project.folder.as_ref().map(|folder| folder.display().to_string()),
            file: prepared.map(|prepared| prepared.path.display().to_string()),
            file_exists: prepared.is_some_and(|prepared| prepared.exists),
            change: prepared.map_or_else(Vec::new, |prepared| prepared.change.clone()),
        }
    }

    fn test_connection_page(&self) -> TestConnectionPage {
        let phase = match (self.is_running(Slot::Chat), self.test.pieces, self.test.answered) {
            (true, 0, _) => TestPhase::Asking,
            (true, ..) => TestPhase::Answering,
            (false, _, true) => TestPhase::Answered,
            (false, ..) => TestPhase::Ready,
        };
        TestConnectionPage {
            phase,
            endpoint: self
                .choice
                .account
                .as_ref()
                .map_or_else(String::new, |a| a.resource.endpoint.clone()),
            deployment: self.choice.deployment.clone().unwrap_or_default(),
            question: self.setting.question.clone(),
            answer: self.test.answer.clone(),
            pieces: self.test.pieces,
            results: self.results(),
        }
    }

    fn results(&self) -> Vec<Notice> {
        let mut results = Vec::new();
        if let Some(person) = &self.person {
            results.push(Notice::new("signed_in", &[("account", &person.account)]));
        }
        if let (Some(account), Some(deployment)) = (&self.choice.account, &self.choice.deployment) {
            let parameters =
                [("resource", account.resource.name.as_str()), ("deployment", deployment)];
            results.push(Notice::new("uses_resource", &parameters));
        }
        if self.role.works {
            results.push(match self.role_name() {
                Some(role) => Notice::new("has_role", &[("role", &role)]),
                None => Notice::new("has_access", &[]),
            });
        }
        if let Some(prepared) = self.project.prepared.as_ref().filter(|_| self.project.written) {
            results
                .push(Notice::new("wrote_env", &[("path", &prepared.path.display().to_string())]));
        }
        if let Some(deployment) = self.choice.deployment.as_ref().filter(|_| self.test.answered) {
            results.push(Notice::new("answered", &[("deployment", deployment)]));
        }
        results
    }

    fn notices_here(&self) -> Vec<Notice> {
        self.notices
            .iter()
            .filter(|(step, _)| *step == self.step)
            .map(|(_, notice)| notice.clone())
            .collect()
    }

    fn busy(&self) -> Option<Busy> {
        let (_, work) = self.shown_work()?;
        Some(Busy { activity: work.activity()?, can_cancel: work.can_cancel() })
    }

    /// The work of this page that somebody looks at; the access of a resource is looked at in
    /// the background while the deployments are on the page.
    fn shown_work(&self) -> Option<(Slot, &Work)> {
        self.running
            .iter()
            .map(|(slot, (_, work))| (*slot, work))
            .find(|(_, work)| work.step() == self.step && work.activity().is_some())
    }
}

fn number(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
