//! The wizard as a pure state machine: state and event in, state and effects out.
//!
//! Nothing here waits, sends or reads. [`crate::session`] runs the effects and brings their
//! results back as events; a result that is no longer wanted is dropped here.

mod changes;
mod commands;
mod endpoint;
mod page;
mod proof;
mod resource;
mod results;
mod role;
mod running;
mod tenants;
mod ways;
mod work;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use crate::access::{Access, Assigned, Wish, reaches};
use crate::cloud::Cloud;
use crate::diagnosis::{self, Evidence, State};
use crate::directory::Tenant;
use crate::env_file::{EnvValues, Prepared};
use crate::failure::{Action, Code, Failure, Remedy};
use crate::http::Cause;
use crate::resources::{Account, Found, Source};
use crate::secrets::StoreTrouble;
use crate::snapshot::{
    AccessPhase, Aside, AssignmentPlan, Audience, Busy, ChooseResourcePage, ConnectProjectPage,
    ConnectivityPage, Deployment, DeploymentState, DeviceCode, EndpointForm, GetAccessPage, Notice,
    Obstacle, Page, Person, ProjectPhase, Proof, Resource, ResourceWindow, Retirement, RoleScope,
    SignInPage, SignInPhase, Snapshot, Step, StepState, SubdomainState, TenantChoice, TenantKnown,
    TenantState, TenantStatus, TestConnectionPage, TestPhase, Tool, ToolSignIn, Usage, Verdict,
    Waiting, Way,
};
use crate::tenants::Sight;

use changes::Known;
use resource::Subdomain;
use work::Slot;
pub use work::{
    Command, Effect, Ended, Event, Outcome, Progress, Prompt, Proving, Purpose, Work, WorkId,
};

/// The most that one window of the list holds.
pub const WINDOW: u32 = 100;
/// The notice that the page to sign in on has to be opened by hand.
const NO_BROWSER: &str = "browser_not_opened";
/// The notice that nobody can be asked just now whether the code was typed in.
const POLLS_LOST: &str = "code_polls_lost";
/// The notice that another plan was confirmed than the one that is shown.
const PLAN_CHANGED: &str = "plan_changed";
/// The notice that an earlier window ended while it changed something.
const UNFINISHED: &str = "changes_unfinished";
/// The finding that the file of certificates could not be written.
const NOT_SAVED: &str = "not_saved";
/// An answer is cut here on the page: a test message needs no more.
const ANSWER_LIMIT: usize = 16 * 1024;

/// What does not change while the window is open.
#[derive(Clone, Debug, Default)]
pub struct Setting {
    /// The cloud to sign in to, or practice Azure.
    pub cloud: Cloud,
    /// Whether practice Azure can be started from here.
    pub can_practice: bool,
    /// The directory to offer, an id or a domain.
    pub tenant: Option<String>,
    /// The folder to offer.
    pub project_folder: Option<PathBuf>,
    /// The message that is sent.
    pub question: String,
    /// Whether a sign-in ends with the window, unless the person says otherwise.
    pub session_only: bool,
    /// The id of the organization's own application.
    pub application: Option<String>,
    /// What was set and is not used.
    pub complaints: Vec<Notice>,
}

/// The whole state.
pub struct Wizard {
    setting: Setting,
    revision: u32,
    step: Step,
    return_to: Option<Step>,
    person: Option<Person>,
    sign_in: SignIn,
    /// The person's directories, their own first.
    tenants: Vec<TenantState>,
    list: List,
    choice: Choice,
    role: RoleState,
    /// What groups are called, by id in lower case.
    groups: BTreeMap<String, String>,
    /// What Keyless assigned for this person, the newest last.
    made: Vec<Made>,
    /// Resources, by id in lower case, that refused the last message although a role lets the
    /// person chat, or that have not answered one since a role was assigned.
    doubted: BTreeSet<String>,
    /// Whether Keyless has changed anything in Azure in this run.
    has_changed: bool,
    project: Project,
    test: Test,
    aside: Option<Aside>,
    changes: Known,
    failures: BTreeMap<Step, (Failure, Work)>,
    notices: Vec<(Step, Notice)>,
    running: BTreeMap<Slot, (WorkId, Work)>,
    asked: Asked,
    next_id: WorkId,
}

/// Which work the person is waiting for, having just pressed its button, and which of it repeats
/// what a stronger sign-in was made for.
#[derive(Default)]
struct Asked {
    /// Whether what is started now is started for the person.
    now: bool,
    pressed: BTreeSet<WorkId>,
    repeated: BTreeSet<WorkId>,
}

struct SignIn {
    phase: SignInPhase,
    address: Option<String>,
    opened: bool,
    code: Option<DeviceCode>,
    tools: Vec<ToolSignIn>,
    tenant: TenantChoice,
    /// What the next sign-in can fill in, because an earlier one ended.
    ended: Option<Prompt>,
    stay: bool,
    /// What is wrong with the system's store for secrets.
    store: Option<StoreTrouble>,
    /// The newest wish to keep the sign-in of whoever is signed in.
    keeping: Option<WorkId>,
    /// The directory whose session in the browser outlived a sign-out.
    browser_session: Option<String>,
}

#[derive(Default)]
struct List {
    read: bool,
    accounts: Vec<Account>,
    /// Of each account in turn what a filter looks in: every key in it asks for all of them.
    texts: Vec<String>,
    revision: u32,
    subscriptions: u32,
    /// What was found, by directory.
    found: BTreeMap<String, Found>,
    /// Directories whose part is of an earlier look.
    stale: BTreeSet<String>,
}

impl List {
    fn show(&mut self, accounts: Vec<Account>) {
        self.texts = accounts.iter().map(|account| text_of(&account.resource)).collect();
        self.accounts = accounts;
        self.revision += 1;
    }
}

/// Everything of a resource that a filter looks in, in lower case.
fn text_of(resource: &Resource) -> String {
    let Resource { name, resource_group, subscription, location, kind, .. } = resource;
    [name, resource_group, subscription, location, kind]
        .map(|field| field.to_lowercase())
        .join("\n")
}

#[derive(Default)]
struct Choice {
    account: Option<Account>,
    deployments: Option<Vec<Deployment>>,
    /// The answers that named the deployments: a message to one of them comes after these.
    listed: Cause,
    deployment: Option<String>,
    /// The subdomain that it is to have.
    subdomain: Option<Subdomain>,
    /// The endpoint that is written down, in place of a choice from the list.
    endpoint: Option<EndpointForm>,
    confirmed: bool,
}

#[derive(Default)]
struct RoleState {
    access: Option<Access>,
    /// The role that lets the person chat, as far as it was found.
    through: Option<String>,
    wish: Wish,
    works: bool,
    /// The answer that showed that it works: the test message comes after it.
    proof: Cause,
    paused: bool,
    waiting: Option<Waiting>,
    /// What keeps the role from working, as far as it was looked for.
    causes: Vec<Notice>,
    confirmed: bool,
}

/// A role that Keyless assigned.
struct Made {
    plan: AssignmentPlan,
    assigned: Assigned,
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
        let stay = !setting.session_only;
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
                code: None,
                tools: Vec::new(),
                tenant: TenantChoice::default(),
                ended: None,
                stay,
                store: None,
                keeping: None,
                browser_session: None,
            },
            tenants: Vec::new(),
            list: List::default(),
            choice: Choice::default(),
            role: RoleState::default(),
            groups: BTreeMap::new(),
            made: Vec::new(),
            doubted: BTreeSet::new(),
            has_changed: false,
            test: Test::default(),
            aside: None,
            changes: Known::default(),
            failures: BTreeMap::new(),
            notices: Vec::new(),
            running: BTreeMap::new(),
            asked: Asked::default(),
            next_id: 0,
        };
        let mut effects = Vec::new();
        // What was kept before somebody chose otherwise is not used any more.
        let first = if stay { Work::Resume } else { Work::Unkeep { ask: false, all: false } };
        wizard.start(first, &mut effects);
        wizard.start(Work::FindTools, &mut effects);
        wizard.start(Work::ReadChanges, &mut effects);
        if let Some(tenant) = wizard.setting.tenant.clone() {
            wizard.choose_tenant(&tenant, &mut effects);
        }
        (wizard, effects)
    }

    /// Takes an event in.
    pub fn handle(&mut self, event: Event) -> Vec<Effect> {
        let mut effects = Vec::new();
        match event {
            Event::Command(command) => {
                self.asked.now = true;
                self.obey(command, &mut effects);
            }
            Event::Progress(id, progress) if self.wants(id) => {
                self.follow(id, progress, &mut effects)
            }
            Event::Done(id, result) => {
                if let Some(work) = self.finish(id) {
                    self.asked.now = self.asked.pressed.remove(&id);
                    let repeated = self.asked.repeated.remove(&id);
                    let writes = work.writes();
                    match result {
                        Ok(outcome) => self.take(outcome, &work, &mut effects),
                        Err(failure) => self.meet(failure, work, repeated, &mut effects),
                    }
                    if writes {
                        self.read_changes_again(&mut effects);
                    }
                }
            }
            Event::Progress(..) => {}
            Event::Kept(id, kept) => self.note_kept(id, kept),
            Event::NotOpened(address) => self.note_not_opened(&address),
        }
        self.asked.now = false;
        self.leave_lost_page();
        self.renew_changes_page();
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
            .zip(&self.list.texts)
            .filter(|(_, text)| words.iter().all(|word| text.contains(word)))
            .map(|(account, _)| account)
            .collect();
        ResourceWindow {
            list_revision: self.list.revision,
            matching: number(matching.len()),
            from,
            items: matching
                .iter()
                .skip(from as usize)
                .take(count.min(WINDOW) as usize)
                .map(|account| self.shown(account))
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
            practice: self.setting.cloud.is_practice(),
            steps: Step::ALL.map(|step| self.step_state(step)).to_vec(),
            person: self.person.clone(),
            page: self.page(),
            failure: self
                .failures
                .get(&self.step)
                .map(|(failure, work)| self.fitting(failure, work)),
            notices: self.notices_here(),
            busy: self.busy(),
            can_go_back: self.step != Step::SignIn,
            proof: self.proof(),
            aside: self.aside.clone(),
        }
    }
}

fn number(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
