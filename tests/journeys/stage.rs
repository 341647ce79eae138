//! A stage for one journey: practice Azure, a session, a clock, a person.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use azure_identity::Executor;
use keyless::cloud::Cloud;
use keyless::developer_tools::NoTools;
use keyless::failure::{Code, Failure};
use keyless::network::Machine;
use keyless::secrets::{SecretStore, SessionStore};
use keyless::session::{Command, Session, Surroundings};
use keyless::settings::Settings;
use keyless::snapshot::{
    AccessPhase, Aside, ChangesPage, ChooseResourcePage, ConnectProjectPage, GetAccessPage,
    Message, Page, ProjectPhase, SignInPage, SignInPhase, Snapshot, Step, TestConnectionPage,
    TestPhase,
};
use simulator::{Clock, Entry, Options, Scenario, Simulator};
use tempfile::TempDir;
use tokio::sync::mpsc::UnboundedReceiver;

use crate::browser::{Habit, PlayedDesktop};
use crate::hand_clock::{HandClock, START};

pub const ADA: &str = "ada@contoso.example";
/// Ada may assign roles here.
pub const RESOURCE: &str = "contoso-chat-dev";
/// A wait that is longer than this is not for the test's clock to turn.
const SHORT: Duration = Duration::from_secs(10);
/// A journey that stands still this long (by the real clock) is broken.
const STUCK: Duration = Duration::from_secs(30);

pub struct Stage {
    pub simulator: Simulator,
    network: (Cloud, Machine),
    pub session: Session,
    pub clock: Arc<HandClock>,
    pub desktop: Arc<PlayedDesktop>,
    pub store: Arc<dyn SecretStore>,
    pub settings: Settings,
    /// HOME of this journey: the project and Keyless's own data lie in it.
    pub home: TempDir,
    messages: UnboundedReceiver<Message>,
    /// Every message that went to the window, as JSON.
    pub told: Vec<String>,
    last: Option<Snapshot>,
    pieces: Vec<(u32, String)>,
}

/// What differs from the usual stage.
pub struct Setup {
    pub scenario: &'static str,
    pub habit: Habit,
    pub store: Arc<dyn SecretStore>,
    pub tools: fn(&Simulator) -> Arc<dyn Executor>,
    pub latency: Duration,
    pub settings: Settings,
}

impl Default for Setup {
    fn default() -> Self {
        Setup {
            scenario: "default",
            habit: Habit::ContinueAs(ADA),
            store: Arc::new(SessionStore::default()),
            tools: |_| Arc::new(NoTools),
            latency: Duration::ZERO,
            settings: Settings::default(),
        }
    }
}

impl Stage {
    pub async fn new(scenario: &'static str) -> Self {
        Stage::with(Setup { scenario, ..Setup::default() }).await
    }

    pub async fn with(setup: Setup) -> Self {
        let scenario = Scenario::named(setup.scenario).expect("the scenario exists");
        Stage::in_scenario(scenario, setup).await
    }

    /// A stage in an Azure that no file describes.
    pub async fn in_scenario(scenario: Scenario, setup: Setup) -> Self {
        let simulator = Simulator::start(Options {
            scenario,
            clock: Clock::manual(START),
            latency: setup.latency,
            ..Options::default()
        })
        .await
        .expect("a port of loopback is free");
        let addresses = simulator.addresses();
        let cloud = Cloud::practice_of(
            setup.settings.cloud,
            &addresses.authority,
            &addresses.arm,
            &addresses.openai,
            &addresses.graph,
        )
        .expect("the simulator lives on loopback");
        let desktop = Arc::new(PlayedDesktop::new(setup.habit.clone()));
        Stage::over(simulator, cloud, Machine::this(), desktop, setup).await
    }

    /// A stage over a simulator that runs already.
    pub async fn over(
        simulator: Simulator,
        cloud: Cloud,
        machine: Machine,
        desktop: Arc<PlayedDesktop>,
        setup: Setup,
    ) -> Self {
        let make = |home: &Path| std::fs::create_dir(home.join("project")).expect("a new folder");
        Stage::prepared(simulator, cloud, machine, desktop, setup, make).await
    }

    /// The same with a home that is prepared like this.
    pub async fn prepared(
        simulator: Simulator,
        cloud: Cloud,
        machine: Machine,
        desktop: Arc<PlayedDesktop>,
        setup: Setup,
        prepare: impl FnOnce(&Path),
    ) -> Self {
        let home = tempfile::tempdir().expect("a temporary folder");
        prepare(home.path());
        let clock = Arc::new(HandClock::new());
        let tools = (setup.tools)(&simulator);
        let network = (cloud, machine);
        let session =
            start(&network, &clock, &desktop, &setup.store, tools, home.path(), &setup.settings);
        let messages = session.watch();
        let mut stage = Stage {
            simulator,
            network,
            session,
            clock,
            desktop,
            store: setup.store,
            settings: setup.settings,
            home,
            messages,
            told: Vec::new(),
            last: None,
            pieces: Vec::new(),
        };
        stage.until("the wizard is ready", |s| s.busy.is_none()).await;
        stage
    }

    /// Ends this session and starts another over the same Azure, store and folder.
    pub async fn relaunch(&mut self) {
        self.session.close();
        let tools = Arc::new(NoTools);
        self.session = start(
            &self.network,
            &self.clock,
            &self.desktop,
            &self.store,
            tools,
            self.home.path(),
            &self.settings,
        );
        self.messages = self.session.watch();
        self.last = None;
    }

    /// Does something and sees what the page says to it at once.
    pub async fn send(&mut self, command: Command) {
        self.session.obey(command).await;
        while let Ok(message) = self.messages.try_recv() {
            self.take(message);
        }
    }

    pub fn project(&self) -> PathBuf {
        self.home.path().join("project")
    }

    pub fn env(&self) -> String {
        std::fs::read_to_string(self.project().join(".env")).expect("the .env is written")
    }

    /// The page as it is.
    pub fn page(&self) -> &Snapshot {
        self.last.as_ref().expect("a session tells its page at once")
    }

    pub fn failure(&self) -> &Failure {
        self.page().failure.as_ref().expect("the page shows a failure")
    }

    /// Turns short waits until the page is as wanted.
    pub async fn until(&mut self, what: &str, wanted: impl Fn(&Snapshot) -> bool) -> Snapshot {
        loop {
            while let Ok(message) = self.messages.try_recv() {
                self.take(message);
            }
            if let Some(snapshot) = self.last.as_ref().filter(|snapshot| wanted(snapshot)) {
                return snapshot.clone();
            }
            self.turn_short_wait();
            let next = async {
                tokio::select! {
                    message = self.messages.recv() => Some(message.expect("the session is open")),
                    () = self.clock.slept.notified() => None,
                    () = self.desktop.gave_up.notified() => None,
                }
            };
            match tokio::time::timeout(STUCK, next).await {
                Ok(Some(message)) => self.take(message),
                Ok(None) => {}
                Err(_) => panic!("waited in vain until {what}: {:#?}", self.last),
            }
        }
    }

    /// Waits for a failure of this code.
    pub async fn until_failure(&mut self, code: Code) -> Failure {
        let what = format!("{code:?}");
        let snapshot =
            self.until(&what, |s| s.failure.as_ref().is_some_and(|f| f.code == code)).await;
        let failure = snapshot.failure.expect("it was just seen");
        for parameter in code.parameters() {
            assert!(failure.parameters.contains_key(*parameter), "{code:?} names its {parameter}");
        }
        assert!(!failure.remedies.is_empty(), "{code:?} ends in a next step");
        failure
    }

    fn take(&mut self, message: Message) {
        self.told.push(serde_json::to_string(&message).expect("a message is JSON"));
        match message {
            Message::Snapshot { snapshot } => {
                let size = serde_json::to_vec(&snapshot).expect("a snapshot is JSON").len();
                assert!(
                    size < 64 * 1024,
                    "a snapshot of {size} bytes is too large for the channel"
                );
                if let Some(failure) = &snapshot.failure {
                    assert!(!failure.remedies.is_empty(), "no next step: {failure:?}");
                }
                self.last = Some(*snapshot);
                self.pieces.clear();
            }
            Message::Piece { number, text } => self.pieces.push((number, text)),
        }
    }

    fn turn_short_wait(&self) {
        if let Some(pause) = self.clock.next().filter(|pause| *pause <= SHORT) {
            self.pass(pause);
        }
    }

    /// Lets time pass, here and in Azure.
    pub fn pass(&self, time: Duration) {
        self.simulator.advance(time);
        self.clock.advance(time);
    }

    /// Every request, after checking that none was unknown to Azure.
    pub fn history(&self) -> Vec<Entry> {
        let history = self.simulator.history();
        let unknown: Vec<_> = history.iter().filter(|entry| entry.unknown).collect();
        assert!(unknown.is_empty(), "Azure does not know these requests: {unknown:#?}");
        history
    }

    pub async fn sign_in(&mut self) {
        self.send(Command::SignInWithBrowser).await;
        self.go_on().await;
        self.until("the resources are listed", |s| {
            choose(s).is_some_and(|page| !page.reading && page.total > 0)
        })
        .await;
    }

    /// Continues from the first page once it shows who signed in.
    pub async fn go_on(&mut self) {
        self.until("somebody is signed in", is_signed_in).await;
        self.send(Command::GoToStep { step: Step::ChooseResource }).await;
    }

    pub async fn choose(&mut self, name: &str) {
        self.select(name).await;
        self.send(Command::ConfirmResource).await;
        self.until("the access is known", |s| {
            access(s)
                .is_some_and(|page| matches!(page.phase, AccessPhase::Known | AccessPhase::Works))
        })
        .await;
    }

    pub async fn select(&mut self, name: &str) {
        let window = self.session.list_resources(name, 0, 10);
        let resource = window.items.iter().find(|resource| resource.name == name);
        let id = resource.expect("the resource is in the list").id.clone();
        self.send(Command::SelectResource { id }).await;
        self.until("the deployments are listed", |s| {
            choose(s).is_some_and(|page| {
                !page.reading_deployments && page.selected.as_ref().is_some_and(|r| r.name == name)
            })
        })
        .await;
    }

    /// Confirms the plan that the page shows.
    pub fn confirmation(&self) -> Command {
        let shown = access(self.page()).and_then(|page| page.plan.clone());
        Command::AssignRole { plan: shown.expect("the page shows a plan").name }
    }

    pub async fn assign_role(&mut self) {
        let command = self.confirmation();
        self.send(command).await;
    }

    pub async fn get_role(&mut self) {
        self.assign_role().await;
        self.see_change().await;
    }

    /// Goes on to the project with the access that there is.
    pub async fn confirm_access(&mut self) {
        self.send(Command::ConfirmAccess).await;
        self.see_change().await;
    }

    /// Waits until the change to `.env` is shown.
    pub async fn see_change(&mut self) {
        self.until("the change to .env is shown", |s| {
            project(s).is_some_and(|page| page.phase == ProjectPhase::Ready)
        })
        .await;
    }

    pub async fn write_env(&mut self) {
        self.send(Command::WriteEnv).await;
        self.until("the test can begin", |s| test(s).is_some()).await;
    }

    pub async fn test_connection(&mut self) -> String {
        self.send(Command::SendTestMessage).await;
        let page = self
            .until("the answer is complete", |s| {
                test(s).is_some_and(|page| page.phase == TestPhase::Answered)
            })
            .await;
        test(&page).expect("the page was just seen").answer.clone()
    }

    /// All five steps.
    pub async fn walk(&mut self) -> String {
        self.sign_in().await;
        self.choose(RESOURCE).await;
        self.get_role().await;
        self.write_env().await;
        self.test_connection().await
    }

    /// Back to the first page and forth again: every step on the way still shows.
    pub async fn back_works(&mut self) {
        for state in self.page().steps.clone() {
            if state.reachable {
                self.send(Command::GoToStep { step: state.step }).await;
                self.until("the step is shown", |s| shown(s) == state.step).await;
            }
        }
    }
}

fn start(
    (cloud, machine): &(Cloud, Machine),
    clock: &Arc<HandClock>,
    desktop: &Arc<PlayedDesktop>,
    store: &Arc<dyn SecretStore>,
    tools: Arc<dyn Executor>,
    home: &Path,
    settings: &Settings,
) -> Session {
    Session::start(Surroundings {
        cloud: cloud.clone(),
        clock: clock.clone(),
        desktop: desktop.clone(),
        store: store.clone(),
        tools,
        settings: settings.clone(),
        data_folder: home.join("data"),
        project_folder: Some(home.join("project")),
        can_practice: false,
        machine: machine.clone(),
    })
    .expect("a session starts")
}

pub fn shown(snapshot: &Snapshot) -> Step {
    snapshot.steps.iter().find(|step| step.current).expect("one step is shown").step
}

pub fn sign_in(snapshot: &Snapshot) -> Option<&SignInPage> {
    match &snapshot.page {
        Page::SignIn(page) => Some(page),
        _ => None,
    }
}

pub fn is_signed_in(snapshot: &Snapshot) -> bool {
    sign_in(snapshot).is_some_and(|page| page.phase == SignInPhase::SignedIn)
}

pub fn is_waiting_for_browser(snapshot: &Snapshot) -> bool {
    sign_in(snapshot).is_some_and(|page| page.phase == SignInPhase::Waiting)
}

pub fn choose(snapshot: &Snapshot) -> Option<&ChooseResourcePage> {
    match &snapshot.page {
        Page::ChooseResource(page) => Some(page),
        _ => None,
    }
}

pub fn access(snapshot: &Snapshot) -> Option<&GetAccessPage> {
    match &snapshot.page {
        Page::GetAccess(page) => Some(page),
        _ => None,
    }
}

pub fn project(snapshot: &Snapshot) -> Option<&ConnectProjectPage> {
    match &snapshot.page {
        Page::ConnectProject(page) => Some(page),
        _ => None,
    }
}

pub fn changes(snapshot: &Snapshot) -> Option<&ChangesPage> {
    match &snapshot.aside {
        Some(Aside::Changes(page)) => Some(page),
        _ => None,
    }
}

pub fn test(snapshot: &Snapshot) -> Option<&TestConnectionPage> {
    match &snapshot.page {
        Page::TestConnection(page) => Some(page),
        _ => None,
    }
}
