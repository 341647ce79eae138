//! The running wizard: the one owner of its effects.
//!
//! Events go in one after the other, [`crate::wizard`] decides, the effects run here, each under
//! its number and cancellable, and every change goes to the watchers as a snapshot.

mod writes;

use std::collections::HashMap;
use std::io;
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use azure_identity::Executor;
use futures::FutureExt;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::sync::oneshot;
use tokio::task::AbortHandle;
use tokio_util::task::TaskTracker;

use crate::access::Grant;
use crate::changes::Changes;
use crate::clock::{Clock, SystemClock, within};
use crate::cloud::{Cloud, is_web_address};
use crate::developer_tools::HiddenProcess;
use crate::diagnosis;
use crate::failure::{Action, Code, Failure};
use crate::http::Http;
use crate::identity::{self, Identity, Kept};
use crate::kept_sign_in::{KeptSignIn, Owner};
use crate::loopback::{EndPage, EndPages};
use crate::names;
use crate::network::check::{self, check_network};
use crate::network::{Machine, programs};
use crate::secrets::{OsStore, SecretStore, StoreTrouble};
use crate::settings::Settings;
use crate::sign_in::{ANY_ORGANIZATION, Application, Attempt, Tokens};
use crate::snapshot::{ConnectivityPage, Message, Person, ResourceWindow, Snapshot, Tool, Way};
use crate::wizard::{
    self, Effect, Event, Outcome, Progress, Prompt, Purpose, Setting, Wizard, Work, WorkId,
};
use crate::{
    access, chat, device_code, directory, env_file, resources, sign_in, tenants, waiting, words,
};

pub use crate::wizard::Command;

/// A step that takes longer than this is told as a failure, unless it waits for a person or for
/// a role.
const PATIENCE: Duration = Duration::from_secs(60);

/// The service and the account of the entry in the system's store for secrets.
const STORE_ENTRY: [&str; 2] = ["Keyless for Azure OpenAI", "sign-in"];

const STORE_LIMIT: Duration = Duration::from_secs(5);

/// What the core needs of the desktop, and nothing else.
#[async_trait]
pub trait Desktop: Send + Sync {
    /// Opens an address in the system's browser. It fails when no program takes the address, or
    /// when the one that took it reports so soon after.
    async fn open_address(&self, address: &str) -> io::Result<()>;
    /// Asks for a folder; `None` when the dialog was closed.
    async fn pick_folder(&self) -> Option<PathBuf>;
    /// Brings the window to the front.
    fn focus_window(&self);
}

/// Everything around the wizard, each a seam.
pub struct Surroundings {
    /// Which Azure.
    pub cloud: Cloud,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// The window's desktop.
    pub desktop: Arc<dyn Desktop>,
    /// Where a sign-in is kept.
    pub store: Arc<dyn SecretStore>,
    /// How the developer's tools are run.
    pub tools: Arc<dyn Executor>,
    /// Which application signs in, and where to.
    pub settings: Settings,
    /// Keyless's own folder: backups of `.env` go there.
    pub data_folder: PathBuf,
    /// The folder to offer for the project.
    pub project_folder: Option<PathBuf>,
    /// Whether practice Azure can be started from here.
    pub can_practice: bool,
    /// The computer, as far as its network is concerned.
    pub machine: Machine,
}

impl Surroundings {
    /// Those of real Azure on this computer.
    pub fn of_system(desktop: Arc<dyn Desktop>, data_folder: &Path, settings: Settings) -> Self {
        let [service, account] = STORE_ENTRY;
        Surroundings {
            cloud: Cloud::of(settings.cloud),
            clock: Arc::new(SystemClock),
            desktop,
            store: Arc::new(OsStore::new(service, account)),
            tools: Arc::new(HiddenProcess::default()),
            settings,
            data_folder: data_folder.to_owned(),
            project_folder: None,
            can_practice: false,
            machine: Machine::this(),
        }
    }
}

/// A handle to a running wizard.
#[derive(Clone)]
pub struct Session {
    inner: Arc<Inner>,
}

struct Inner {
    surroundings: Surroundings,
    http: Arc<Http>,
    wizard: Mutex<Wizard>,
    last: Mutex<Option<Snapshot>>,
    watchers: Mutex<Vec<UnboundedSender<Message>>>,
    identity: Mutex<Option<Arc<Identity>>>,
    running: Mutex<HashMap<WorkId, AbortHandle>>,
    kept: KeptSignIn,
    changes: Arc<Changes>,
    stay: Arc<StayChoice>,
    /// What is being kept or removed; it is not stopped halfway.
    storing: TaskTracker,
    events: UnboundedSender<Incoming>,
}

/// The newest choice, whichever of its writes comes last.
#[derive(Default)]
struct StayChoice {
    wished: AtomicBool,
    writing: Mutex<()>,
}

enum Incoming {
    Event(Event),
    Command(Command, oneshot::Sender<()>),
    SignedIn(WorkId, Box<Person>, Arc<Identity>),
    /// Closes, and says so when nothing new is begun any more.
    Close(Option<oneshot::Sender<()>>),
}

impl Session {
    /// Starts a wizard on the current tokio runtime.
    pub fn start(surroundings: Surroundings) -> Result<Self, Failure> {
        let (cloud, clock) = (surroundings.cloud.clone(), surroundings.clock.clone());
        let http = Arc::new(Http::on(surroundings.machine.clone(), cloud, clock)?);
        let (wizard, effects) = Wizard::new(Setting {
            cloud: surroundings.cloud.clone(),
            can_practice: surroundings.can_practice,
            application: surroundings.settings.own_client().map(str::to_owned),
            complaints: surroundings.settings.complaints.clone(),
            tenant: surroundings.settings.tenant.clone(),
            project_folder: surroundings.project_folder.clone(),
            question: words::say("test.question", &[]),
            session_only: !surroundings.settings.stay_signed_in,
        });
        let (events, incoming) = mpsc::unbounded_channel();
        let owner = Owner {
            authority: surroundings.cloud.authority().to_owned(),
            client_id: surroundings.settings.client_id.clone(),
        };
        let kept =
            KeptSignIn::new(surroundings.store.clone(), surroundings.data_folder.clone(), owner);
        let files = Arc::new(env_file::Disk);
        let changes = Arc::new(Changes::new(files, surroundings.data_folder.clone()));
        let inner = Arc::new(Inner {
            surroundings,
            http,
            wizard: Mutex::new(wizard),
            last: Mutex::new(None),
            watchers: Mutex::new(Vec::new()),
            identity: Mutex::new(None),
            running: Mutex::new(HashMap::new()),
            kept,
            changes,
            stay: Arc::default(),
            storing: TaskTracker::new(),
            events,
        });
        inner.publish();
        inner.run(effects);
        tokio::spawn(inner.clone().turn(incoming));
        Ok(Session { inner })
    }

    /// Every message from now on; the first is the page as it is.
    pub fn watch(&self) -> UnboundedReceiver<Message> {
        let (sender, receiver) = mpsc::unbounded_channel();
        let last = lock(&self.inner.last);
        if let Some(snapshot) = last.clone() {
            // The receiver is at hand, so this cannot fail.
            let _ = sender.send(Message::Snapshot { snapshot: Box::new(snapshot) });
        }
        lock(&self.inner.watchers).push(sender);
        receiver
    }

    /// Hands a command over.
    pub fn send(&self, command: Command) {
        self.inner.tell(Event::Command(command));
    }

    /// Hands a command over and returns when the wizard has taken it in: its first effect on the
    /// page was told to the watchers, its work may go on.
    pub async fn obey(&self, command: Command) {
        let (taken, told) = oneshot::channel();
        if self.inner.events.send(Incoming::Command(command, taken)).is_ok() {
            // A session that closes meanwhile takes nothing in any more.
            let _ = told.await;
        }
    }

    /// A window of the list of resources.
    pub fn list_resources(&self, filter: &str, from: u32, count: u32) -> ResourceWindow {
        lock(&self.inner.wizard).list_resources(filter, from, count)
    }

    /// Closes, and returns when the store for secrets is at rest: a sign-in that is being removed
    /// is really gone then. It is not waited for longer than its own time limit.
    pub async fn end(&self) {
        let (closed, told) = oneshot::channel();
        let rests = async {
            if self.inner.events.send(Incoming::Close(Some(closed))).is_ok() {
                // A session that has ended meanwhile tells nothing.
                let _ = told.await;
            }
            self.inner.storing.close();
            self.inner.storing.wait().await;
        };
        if tokio::time::timeout(STORE_LIMIT, rests).await.is_err() {
            tracing::warn!("the store for secrets is still at work");
        }
    }

    /// Stops everything; the watchers end.
    pub fn close(&self) {
        if self.inner.events.send(Incoming::Close(None)).is_err() {
            tracing::debug!("the session was closed before");
        }
    }
}

impl Inner {
    fn tell(&self, event: Event) {
        if self.events.send(Incoming::Event(event)).is_err() {
            tracing::debug!("an event came after the session was closed");
        }
    }

    async fn turn(self: Arc<Self>, mut incoming: UnboundedReceiver<Incoming>) {
        let mut closed = None;
        while let Some(next) = incoming.recv().await {
            let mut taken = None;
            let event = match next {
                Incoming::Close(told) => {
                    closed = told;
                    break;
                }
                Incoming::Event(event) => event,
                Incoming::Command(command, sender) => {
                    taken = Some(sender);
                    Event::Command(command)
                }
                Incoming::SignedIn(id, person, identity) => {
                    if !lock(&self.wizard).wants(id) {
                        continue;
                    }
                    *lock(&self.identity) = Some(identity);
                    Event::Done(id, Ok(Outcome::SignedIn(*person)))
                }
            };
            if let Event::Done(id, _) = &event {
                lock(&self.running).remove(id);
            }
            let piece = self.piece_of(&event);
            let effects = lock(&self.wizard).handle(event);
            match piece {
                Some(text) => self.publish_piece(text),
                None => self.publish(),
            }
            self.run(effects);
            if let Some(taken) = taken {
                // Whoever asked may have gone.
                let _ = taken.send(());
            }
        }
        for (_, work) in lock(&self.running).drain() {
            work.abort();
        }
        lock(&self.watchers).clear();
        if let Some(closed) = closed {
            // Whoever asked may have gone.
            let _ = closed.send(());
        }
    }

    fn piece_of(&self, event: &Event) -> Option<String> {
        match event {
            Event::Progress(id, Progress::Piece(text)) if lock(&self.wizard).wants(*id) => {
                Some(text.clone())
            }
            _ => None,
        }
    }

    /// The first piece changes the page; those after it only add text.
    fn publish_piece(&self, text: String) {
        let pieces = lock(&self.wizard).pieces();
        if pieces <= 1 {
            return self.publish();
        }
        let number = pieces - 1;
        self.spread(&Message::Piece { number, text });
    }

    fn publish(&self) {
        let snapshot = lock(&self.wizard).snapshot();
        let mut last = lock(&self.last);
        let unchanged = last.as_ref().is_some_and(|before| {
            Snapshot { revision: snapshot.revision, ..before.clone() } == snapshot
        });
        if unchanged {
            return;
        }
        *last = Some(snapshot.clone());
        self.spread(&Message::Snapshot { snapshot: Box::new(snapshot) });
    }

    fn spread(&self, message: &Message) {
        lock(&self.watchers).retain(|watcher| watcher.send(message.clone()).is_ok());
    }

    fn run(self: &Arc<Self>, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Start(id, work) => self.start(id, work),
                Effect::Stop(id) => {
                    if let Some(work) = lock(&self.running).remove(&id) {
                        work.abort();
                    }
                }
                Effect::Open(address) => drop(tokio::spawn(self.clone().open_or_tell(address))),
                Effect::Keep(id) => {
                    let identity = lock(&self.identity).clone();
                    drop(self.storing.spawn(self.clone().keep(id, identity)));
                }
                Effect::RememberStay(on) => self.remember_stay(on),
                Effect::Forget => *lock(&self.identity) = None,
                Effect::Focus => self.surroundings.desktop.focus_window(),
            }
        }
    }

    fn start(self: &Arc<Self>, id: WorkId, work: Work) {
        let inner = self.clone();
        let mut running = lock(&self.running);
        let is_removal = matches!(work, Work::Unkeep { .. });
        let task = async move {
            let work = inner.clone().limited(id, work);
            let result =
                AssertUnwindSafe(work).catch_unwind().await.unwrap_or_else(|_| Err(broken()));
            match result {
                Ok(Ended::Plain(outcome)) => inner.tell(Event::Done(id, Ok(outcome))),
                Ok(Ended::SignedIn(person, identity)) => {
                    if inner.events.send(Incoming::SignedIn(id, person, identity)).is_err() {
                        tracing::debug!("somebody signed in after the session was closed");
                    }
                }
                Err(failure) => {
                    let failure = inner.surroundings.cloud.localize(failure);
                    inner.tell(Event::Done(id, Err(failure)));
                }
            }
        };
        if is_removal {
            drop(self.storing.spawn(task));
        } else {
            running.insert(id, tokio::spawn(task).abort_handle());
        }
    }

    async fn limited(self: Arc<Self>, id: WorkId, work: Work) -> Result<Ended, Failure> {
        let waits = matches!(
            work,
            Work::SignIn { way: Way::Browser | Way::DeviceCode, .. }
                | Work::Unkeep { .. }
                | Work::OpenStore
                | Work::SetSubdomain(..)
                | Work::WaitForRole(..)
                | Work::ReadDirectory(_)
                | Work::ReadTenants(..)
                | Work::NameGroups(..)
                | Work::LookAtChanges(_)
                | Work::ChooseFolder
                | Work::Ask(..)
        );
        if waits {
            return Box::pin(self.perform(id, work)).await;
        }
        let clock = self.surroundings.clock.clone();
        let too_slow = too_slow(&work);
        let done = within(&*clock, PATIENCE, Box::pin(self.perform(id, work))).await;
        done.unwrap_or(Err(too_slow))
    }

    async fn perform(self: Arc<Self>, id: WorkId, work: Work) -> Result<Ended, Failure> {
        let progress = |progress| self.tell(Event::Progress(id, progress));
        let outcome = match work {
            Work::FindTools => {
                let tools = self.surroundings.tools.clone();
                let on_found = |found| progress(Progress::ToolFound(found));
                Outcome::Tools(identity::find_tools(&self.http, tools, on_found).await)
            }
            Work::Resume => return self.resume().await,
            Work::Unkeep { ask, all } => {
                self.kept.forget(id, ask, all).await.map_err(still_kept)?;
                Outcome::Unkept
            }
            Work::OpenStore => Outcome::StoreOpened(self.kept.open().await),
            Work::SignIn { way: Way::AzureCli, prompt, .. } => {
                return self.borrow(Tool::AzureCli, prompt.account).await;
            }
            Work::SignIn { way: Way::AzureDeveloperCli, prompt, .. } => {
                return self.borrow(Tool::AzureDeveloperCli, prompt.account).await;
            }
            Work::SignIn { way, purpose, prompt } => {
                return Box::pin(self.sign_in(way, purpose, prompt, progress)).await;
            }
            Work::FindTenant(text) => {
                Outcome::Tenant(directory::find_tenant(&self.http, &text).await?)
            }
            Work::ReadDirectory(source) => {
                let told = |sight| progress(Progress::Sight(sight));
                Outcome::Directory(tenants::survey(&self.identity()?, source, &told).await.err())
            }
            Work::ReadTenants(ids, source) => {
                let told = |sight| progress(Progress::Sight(sight));
                tenants::survey_again(&self.identity()?, &ids, source, &told).await;
                Outcome::TenantsRead
            }
            Work::ReadDeployments(account) => {
                let (deployments, cause) =
                    resources::list_deployments(&*self.identity()?, &account).await?;
                Outcome::Deployments(deployments, cause)
            }
            Work::CheckSubdomain(account, name) => {
                let identity = self.identity()?;
                Outcome::SubdomainFree(resources::is_free(&identity, &account, &name).await?)
            }
            Work::SetSubdomain(account, name, person) => {
                let account = self.set_subdomain(&account, &name, &person).await?;
                Outcome::SubdomainSet(Box::new(account))
            }
            Work::CheckAccess(account) => {
                Outcome::Access(Box::new(access::check_access(&self.identity()?, &account).await?))
            }
            Work::NameGroups(tenant, ids) => {
                Outcome::GroupNames(names::name_groups(&*self.identity()?, &tenant, &ids).await)
            }
            Work::LookFurther(account, plan) => {
                let identity = self.identity()?;
                let look = access::look_further(&identity, &account, &plan);
                let (access, causes) = Box::pin(look).await?;
                Outcome::Causes(Box::new(access), causes)
            }
            Work::AssignRole(account, plan, access) => {
                Outcome::Assigned(self.assign_role(&account, &plan, &access).await?)
            }
            Work::UndoRole(account, plan, id, cause) => {
                match self.take_role_away(Grant::of(&account, &plan, &id), &cause).await? {
                    true => Outcome::RoleUndone,
                    false => Outcome::RoleNotOwn,
                }
            }
            Work::WaitForRole(account, deployment, role, cause) => {
                let identity = self.identity()?;
                let on_look = |waiting| progress(Progress::StillWaiting(waiting));
                Outcome::RoleWorks(
                    waiting::wait_for_role(
                        &identity,
                        &account,
                        &deployment,
                        &role,
                        &cause,
                        on_look,
                    )
                    .await?,
                )
            }
            Work::ChooseFolder => Outcome::Folder(self.surroundings.desktop.pick_folder().await),
            Work::PrepareEnv(folder, values) => {
                blocking(move || {
                    let prepared = env_file::prepare(&env_file::Disk, &folder, &values)?;
                    Ok(Outcome::Env(Box::new(prepared), env_file::is_ignored_by_git(&folder)))
                })
                .await?
            }
            Work::WriteEnv(prepared) => {
                self.write_env(*prepared).await?;
                Outcome::EnvWritten
            }
            Work::Ask(account, deployment, cause) => {
                let identity = self.identity()?;
                let question = words::say("test.question", &[]);
                let on_piece = |text: &str| progress(Progress::Piece(text.to_owned()));
                chat::ask(&identity, &account, &deployment, &question, &cause, on_piece).await?;
                Outcome::Answered
            }
            Work::CheckNetwork(endpoint) => {
                let on_change = |page| progress(Progress::Network(Box::new(page)));
                Outcome::Network(Box::new(self.check_network(endpoint, on_change).await))
            }
            Work::SaveCertificates => {
                let saved = self.save_certificates().await.map_err(|error| error.to_string());
                Outcome::CertificatesSaved(saved)
            }
            Work::ReadChanges => Outcome::Changes(Box::new(self.read_changes().await)),
            Work::LookAtChanges(unsettled) => {
                let (record, open) = self.look_at_changes(&unsettled).await?;
                Outcome::ChangesLookedAt(Box::new(record), open)
            }
            Work::UndoChange(change) => {
                Outcome::ChangeUndone(Box::new(self.undo_change(&change).await?))
            }
        };
        Ok(Ended::Plain(outcome))
    }

    async fn resume(&self) -> Result<Ended, Failure> {
        let kept = match self.kept.read().await {
            Ok(kept) => kept,
            Err(trouble) => {
                tracing::warn!(?trouble, "the system's store cannot be used");
                return Ok(Ended::Plain(Outcome::NothingKept(Some(trouble))));
            }
        };
        let nothing = Ended::Plain(Outcome::NothingKept(None));
        let Some(kept) = kept else { return Ok(nothing) };
        let client = &self.surroundings.settings.client_id;
        let authority = self.http.cloud().authority();
        let Some(kept) = Kept::read(kept.expose(), authority, client) else { return Ok(nothing) };
        let (account, tenant) = (kept.account.clone(), kept.tenant.clone());
        match Identity::from_kept(self.http.clone(), kept).await {
            Ok(identity) => Ok(signed_in(identity, true)),
            Err(failure) => {
                let ended = wizard::Ended { account, tenant, failure };
                Ok(Ended::Plain(Outcome::NotResumed(Box::new(ended))))
            }
        }
    }

    async fn sign_in(
        &self,
        way: Way,
        purpose: Purpose,
        prompt: Prompt,
        progress: impl Fn(Progress) + Send + Sync,
    ) -> Result<Ended, Failure> {
        let mut tenant = prompt.tenant.unwrap_or_else(|| ANY_ORGANIZATION.to_owned());
        if prompt.unchecked {
            match directory::find_tenant(&self.http, &tenant).await? {
                Some(id) => {
                    progress(Progress::TenantFound(id.clone()));
                    tenant = id;
                }
                None => return Ok(Ended::Plain(Outcome::Tenant(None))),
            }
        }
        let client_id = self.surroundings.settings.client_id.clone();
        let cloud = self.http.cloud();
        let scope = match &purpose {
            Purpose::Proof(proving) => proving.challenge.scope,
            _ if prompt.chat => cloud.inference_scopes()[0],
            _ => cloud.resource_manager_scope(),
        };
        let claims = prompt.claims.clone();
        let application = Application {
            client_id: client_id.clone(),
            tenant,
            scope,
            account: prompt.account,
            claims: prompt.claims,
        };
        let tokens = match way {
            Way::DeviceCode => self.sign_in_with_device_code(application, progress).await?,
            _ => self.sign_in_with_browser(application, progress).await?,
        };
        let outcome = match purpose {
            Purpose::Begin => {
                let identity = Identity::from_sign_in(self.http.clone(), way, client_id, tokens)?;
                return Ok(signed_in(identity, false));
            }
            Purpose::Tenant(id) => Outcome::TenantSignedIn(id),
            Purpose::Proof(_) => Outcome::Proved,
        };
        self.identity()?.adopt(way, client_id, tokens, claims)?;
        Ok(Ended::Plain(outcome))
    }

    async fn sign_in_with_browser(
        &self,
        application: Application,
        progress: impl Fn(Progress) + Send + Sync,
    ) -> Result<Tokens, Failure> {
        let attempt = Attempt::begin(&self.http, application, end_pages()).await?;
        let address = attempt.address().to_string();
        progress(Progress::BrowserReady { address: address.clone() });
        let opening = async {
            if !self.open(&address).await {
                progress(Progress::BrowserNotOpened);
            }
        };
        let finishing = attempt.finish(&self.http, |step| {
            progress(match step {
                sign_in::Progress::StrangerIgnored => Progress::StrangerIgnored,
                sign_in::Progress::Finishing => Progress::Finishing,
            });
        });
        beside(finishing, opening).await
    }

    async fn borrow(&self, tool: Tool, offered: Option<String>) -> Result<Ended, Failure> {
        let (http, tools) = (self.http.clone(), self.surroundings.tools.clone());
        let identity = Identity::from_tool(http, tool, tools, offered.as_deref()).await?;
        Ok(signed_in(identity, false))
    }

    async fn sign_in_with_device_code(
        &self,
        application: Application,
        progress: impl Fn(Progress) + Send + Sync,
    ) -> Result<Tokens, Failure> {
        let attempt = device_code::Attempt::begin(&self.http, application).await?;
        let address = attempt.address().to_string();
        progress(Progress::CodeReady {
            code: attempt.user_code().to_owned(),
            address: address.clone(),
            is_microsofts: attempt.is_microsofts(),
            lasts_seconds: whole_seconds(attempt.lasts(&**self.http.clock())),
        });
        let is_microsofts = attempt.is_microsofts();
        let opening = async {
            if is_microsofts && !self.open(&address).await {
                progress(Progress::BrowserNotOpened);
            }
        };
        let on_wait = |wait: device_code::Wait| {
            progress(Progress::CodeWaits {
                lasts_seconds: whole_seconds(wait.lasts),
                is_lost: wait.is_lost,
            });
        };
        beside(attempt.finish(&self.http, on_wait), opening).await
    }

    /// Opens an address of the web in the browser; for others the system would start a program.
    async fn open(&self, address: &str) -> bool {
        let opened = match is_web_address(address) {
            true => self.surroundings.desktop.open_address(address).await,
            false => Err(io::ErrorKind::InvalidInput.into()),
        };
        if let Err(error) = &opened {
            // The error's text holds the address, and the address the state of the sign-in.
            tracing::warn!(kind = ?error.kind(), "no browser opened");
        }
        opened.is_ok()
    }

    async fn open_or_tell(self: Arc<Self>, address: String) {
        if !self.open(&address).await {
            self.tell(Event::NotOpened(address));
        }
    }

    /// Practice forgets everything when the window closes.
    fn remember_stay(&self, on: bool) {
        if self.surroundings.cloud.is_practice() {
            return;
        }
        let (folder, stay) = (self.surroundings.data_folder.clone(), self.stay.clone());
        stay.wished.store(on, Ordering::SeqCst);
        self.storing.spawn_blocking(move || {
            let _turn = lock(&stay.writing);
            if let Err(error) = Settings::remember_stay(&folder, stay.wished.load(Ordering::SeqCst))
            {
                tracing::warn!(kind = ?error.kind(), "that choice is not remembered");
            }
        });
    }

    /// Keeps the sign-in of whoever it was asked for, unless they have signed out meanwhile or
    /// somebody else has signed in, who has not proved to be anybody yet.
    async fn keep(self: Arc<Self>, id: WorkId, asked_for: Option<Arc<Identity>>) {
        let secret = || {
            let now = lock(&self.identity).clone();
            let same = now.zip(asked_for).filter(|(now, then)| Arc::ptr_eq(now, then));
            same.and_then(|(identity, _)| identity.keep())
        };
        let Some(kept) = self.kept.keep(id, secret).await else {
            return;
        };
        if let Err(trouble) = &kept {
            tracing::warn!(?trouble, "the sign-in could not be kept");
        }
        self.tell(Event::Kept(id, kept));
    }

    /// What the person changed in the system's settings meanwhile counts from here on.
    async fn check_network(
        &self,
        endpoint: Option<String>,
        on_change: impl Fn(ConnectivityPage) + Send + Sync,
    ) -> ConnectivityPage {
        let proxies = self.http.renew().await;
        let setting = check::Setting {
            machine: &self.surroundings.machine,
            proxies: &proxies,
            data_folder: &self.surroundings.data_folder,
            now: self.surroundings.clock.now(),
            practice: self.surroundings.cloud.is_practice(),
        };
        let targets = check::targets(&self.surroundings.cloud, endpoint.as_deref());
        check_network(&setting, &targets, on_change).await
    }

    fn identity(&self) -> Result<Arc<Identity>, Failure> {
        lock(&self.identity)
            .clone()
            .ok_or_else(|| Failure::new(Code::SignInExpired).offer(Action::SignIn))
    }
}

/// Work on a file that hangs is not Azure's fault.
fn too_slow(work: &Work) -> Failure {
    let seconds = PATIENCE.as_secs();
    let path = match work {
        Work::PrepareEnv(folder, _) => folder.join(".env"),
        Work::WriteEnv(prepared) => prepared.path.clone(),
        Work::UndoChange(change) if change.deed.file_write().is_some() => {
            PathBuf::from(change.deed.file_write().map_or("", |write| &write.path))
        }
        _ => return diagnosis::too_slow("Azure", PATIENCE),
    };
    Failure::new(Code::EnvWriteFailed)
        .with("path", path.display())
        .with("reason", format!("the disk gave no answer in {seconds} seconds"))
        .offer(Action::ReadEnv)
        .offer(Action::ChooseFolder)
}

fn still_kept(trouble: StoreTrouble) -> Failure {
    Failure::new(Code::SignInStillKept).detail("cause", trouble.code()).offer(Action::TryAgain)
}

/// A panic in one piece of work ends that piece, not the page that waits for it.
fn broken() -> Failure {
    Failure::new(Code::UnexpectedAnswer).with("host", "Keyless").offer(Action::TryAgain)
}

/// What the browser shows after a sign-in.
fn end_pages() -> EndPages {
    let end =
        |heading, body| EndPage { heading: words::say(heading, &[]), body: words::say(body, &[]) };
    EndPages {
        done: end("browser.done.heading", "browser.done.body"),
        declined: end("browser.declined.heading", "browser.declined.body"),
        late: end("browser.late.heading", "browser.late.body"),
        stranger: end("browser.stranger.heading", "browser.stranger.body"),
    }
}

/// The result of `main`, while `side` goes on beside it: what is done first is not held up.
async fn beside<T>(main: impl Future<Output = T>, side: impl Future<Output = ()>) -> T {
    let mut main = pin!(main);
    tokio::select! {
        result = &mut main => result,
        () = side => main.await,
    }
}

enum Ended {
    Plain(Outcome),
    SignedIn(Box<Person>, Arc<Identity>),
}

fn signed_in(identity: Identity, kept: bool) -> Ended {
    let home = identity.home();
    let person = Person {
        name: if home.name.is_empty() { home.account().to_owned() } else { home.name.clone() },
        account: home.account().to_owned(),
        tenant_name: None,
        tenant_id: home.tid.clone(),
        object_id: home.oid.clone(),
        guest: identity.is_guest() == Some(true),
        way: identity.way(),
        kept: kept && !identity.way().is_borrowed(),
        cloud: identity.http().cloud().row().cloud,
        application: identity.own_client().map(str::to_owned),
    };
    Ended::SignedIn(Box::new(person), Arc::new(identity))
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| {
        Err(Failure::new(Code::EnvWriteFailed)
            .with("path", ".env")
            .with("reason", error)
            .offer(Action::ReadEnv))
    })
}

fn whole_seconds(duration: Duration) -> u32 {
    u32::try_from(duration.as_secs()).unwrap_or(u32::MAX)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
