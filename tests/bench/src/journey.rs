//! The whole journey without the window: the core against practice Azure in another process, over
//! HTTP, on the system's clock.

use std::sync::Arc;
use std::time::{Duration, Instant};

use keyless::clock::SystemClock;
use keyless::cloud::Cloud;
use keyless::developer_tools::NoTools;
use keyless::network::Machine;
use keyless::secrets::SessionStore;
use keyless::session::{Command, Session, Surroundings};
use keyless::settings::Settings;
use keyless::snapshot::{
    AccessPhase, Message, Page, ProjectPhase, SignInPhase, Snapshot, Step, TestPhase,
};
use simulator::Entry;
use tempfile::TempDir;
use time::OffsetDateTime;
use tokio::sync::mpsc::UnboundedReceiver;

use crate::Trouble;
use crate::azure::{AT_ONCE, Azure};
use crate::figures::{median, round};
use crate::graph;
use crate::person::Person;
use crate::report;

const RESOURCE: &str = "contoso-chat-dev";
/// A journey that stands still this long is broken.
const STUCK: Duration = Duration::from_secs(30);
/// What the journey may take beyond its round trips, in milliseconds.
const OWN_TIME: f64 = 250.0;

/// The journeys at one latency.
pub struct Journeys {
    /// What every request spends on the wire, in milliseconds.
    pub latency_ms: u64,
    walls: Vec<f64>,
    history: Vec<Entry>,
}

/// Walks the journey several times at one latency.
pub async fn measure(latency_ms: u64, runs: usize) -> Result<Journeys, Trouble> {
    let azure = Azure::start(AT_ONCE, latency_ms)?;
    let mut walls = Vec::new();
    let mut deepest: Vec<Entry> = Vec::new();
    for _ in 0..runs {
        azure.reset().await?;
        let cloud = practice_cloud(&azure)?;
        walls.push(walk(cloud).await?.wall.as_secs_f64() * 1000.0);
        let history = azure.history().await?;
        if simulator::depth(&history) > simulator::depth(&deepest) {
            deepest = history;
        }
    }
    Ok(Journeys { latency_ms, walls, history: deepest })
}

impl Journeys {
    /// The median time of a journey in milliseconds, less the time in the browser.
    pub fn wall_ms(&self) -> f64 {
        median(&self.walls)
    }

    /// The requests of the deepest run, one on the other.
    pub fn depth(&self) -> usize {
        simulator::depth(&self.history)
    }

    /// What the journey may take at most, in milliseconds.
    pub fn allowed_ms(&self) -> f64 {
        (self.depth() as u64 * self.latency_ms) as f64 + OWN_TIME
    }

    /// For the machine.
    pub fn report(&self) -> report::Journey {
        report::Journey {
            latency_ms: self.latency_ms,
            wall_ms: round(self.wall_ms()),
            requests: self.history.len(),
            depth: self.depth(),
        }
    }

    /// For the person.
    pub fn print(&self) {
        let (least, most) = crate::figures::range(&self.walls);
        println!(
            "Journey at {} ms a request: {:.0} ms (of {} runs: {least:.0} to {most:.0}), at most \
             {:.0} allowed; {} requests, {} deep",
            self.latency_ms,
            self.wall_ms(),
            self.walls.len(),
            self.allowed_ms(),
            self.history.len(),
            self.depth(),
        );
        print!("{}", graph::describe(&self.history));
    }
}

/// One journey.
pub struct Walked {
    /// From the button of the first page to the last word of the answer, less the time in the
    /// browser.
    pub wall: Duration,
    /// Buttons that were pressed, those in the browser included.
    pub clicks: usize,
    /// When the last word of the answer was there.
    pub ended: OffsetDateTime,
}

/// Walks the whole journey once in this cloud.
pub async fn walk(cloud: Cloud) -> Result<Walked, Trouble> {
    let home = tempfile::tempdir()?;
    let person = Arc::new(Person::default());
    let mut walk = Walk::begin(cloud, &person, &home)?;
    walk.until("the wizard is ready", |snapshot| snapshot.busy.is_none()).await?;
    let started = Instant::now();
    walk.sign_in().await?;
    walk.choose_resource().await?;
    walk.get_access().await?;
    walk.connect_project().await?;
    walk.test_connection().await?;
    let (wall, ended) = (started.elapsed(), OffsetDateTime::now_utc());
    let clicks = walk.clicks;
    walk.end().await;
    let effort = person.effort();
    let wall = wall.saturating_sub(effort.time);
    Ok(Walked { wall, clicks: clicks + effort.clicks, ended })
}

/// The cloud that this practice Azure is.
pub fn practice_cloud(azure: &Azure) -> Result<Cloud, Trouble> {
    let addresses = azure.addresses();
    Cloud::practice(&addresses.authority, &addresses.arm, &addresses.openai, &addresses.graph)
        .map_err(|failure| format!("practice Azure is no cloud: {failure:?}").into())
}

/// A wizard on its way, without the window.
pub struct Walk {
    session: Session,
    messages: UnboundedReceiver<Message>,
    last: Option<Snapshot>,
    clicks: usize,
}

impl Walk {
    /// Starts the core on the first page.
    pub fn begin(cloud: Cloud, person: &Arc<Person>, home: &TempDir) -> Result<Self, Trouble> {
        let project = home.path().join("project");
        std::fs::create_dir(&project)?;
        let session = Session::start(Surroundings {
            cloud,
            clock: Arc::new(SystemClock),
            desktop: person.clone(),
            store: Arc::new(SessionStore::default()),
            tools: Arc::new(NoTools),
            settings: Settings::default(),
            data_folder: home.path().join("data"),
            project_folder: Some(project),
            can_practice: false,
            machine: Machine::this(),
        })
        .map_err(|failure| format!("no session starts: {failure:?}"))?;
        let messages = session.watch();
        Ok(Self { session, messages, last: None, clicks: 0 })
    }

    /// Goes from the button of the first page to the whole list of resources.
    pub async fn sign_in(&mut self) -> Result<(), Trouble> {
        self.press(Command::SignInWithBrowser).await;
        self.until("somebody is signed in", |snapshot| {
            matches!(&snapshot.page, Page::SignIn(page) if page.phase == SignInPhase::SignedIn)
        })
        .await?;
        self.press(Command::GoToStep { step: Step::ChooseResource }).await;
        self.until("the resources are listed", |snapshot| {
            matches!(&snapshot.page, Page::ChooseResource(page) if !page.reading && page.total > 0)
        })
        .await
    }

    async fn choose_resource(&mut self) -> Result<(), Trouble> {
        let window = self.session.list_resources(RESOURCE, 0, 10);
        let resource = window.items.into_iter().find(|resource| resource.name == RESOURCE);
        let id = resource.ok_or("the resource is not listed")?.id;
        self.press(Command::SelectResource { id }).await;
        self.until("the deployments are listed", |snapshot| {
            matches!(&snapshot.page, Page::ChooseResource(page)
                if page.selected.is_some() && !page.reading_deployments)
        })
        .await?;
        self.press(Command::ConfirmResource).await;
        self.until("the access is known", |snapshot| {
            matches!(&snapshot.page, Page::GetAccess(page) if page.phase == AccessPhase::Known)
        })
        .await
    }

    async fn get_access(&mut self) -> Result<(), Trouble> {
        let shown = self.last.as_ref().and_then(|snapshot| match &snapshot.page {
            Page::GetAccess(page) => page.plan.as_ref().map(|plan| plan.name.clone()),
            _ => None,
        });
        let plan = shown.ok_or("no plan is shown")?;
        self.press(Command::AssignRole { plan }).await;
        self.until("the change to .env is shown", |snapshot| {
            matches!(&snapshot.page, Page::ConnectProject(page) if page.phase == ProjectPhase::Ready)
        })
        .await
    }

    async fn connect_project(&mut self) -> Result<(), Trouble> {
        self.press(Command::WriteEnv).await;
        self.until("the test can begin", |snapshot| {
            matches!(&snapshot.page, Page::TestConnection(_))
        })
        .await
    }

    async fn test_connection(&mut self) -> Result<(), Trouble> {
        self.press(Command::SendTestMessage).await;
        self.until("the answer is complete", |snapshot| {
            matches!(&snapshot.page, Page::TestConnection(page) if page.phase == TestPhase::Answered)
        })
        .await
    }

    async fn press(&mut self, command: Command) {
        self.clicks += 1;
        self.session.obey(command).await;
    }

    /// How many resources the page lists, and of how many subscriptions.
    pub fn count_listed(&self) -> Option<(u32, u32)> {
        match &self.last.as_ref()?.page {
            Page::ChooseResource(page) => Some((page.total, page.subscriptions)),
            _ => None,
        }
    }

    /// Ends the core.
    pub async fn end(self) {
        self.session.end().await;
    }

    /// Waits for a page that is as wanted. Fails when the core tells a failure before that.
    pub async fn until(
        &mut self,
        what: &str,
        wanted: impl Fn(&Snapshot) -> bool,
    ) -> Result<(), Trouble> {
        loop {
            while let Ok(message) = self.messages.try_recv() {
                self.take(message);
            }
            if let Some(snapshot) = &self.last {
                if wanted(snapshot) {
                    return Ok(());
                }
                if let Some(failure) = &snapshot.failure {
                    return Err(format!("{failure:?} came before {what}").into());
                }
            }
            match tokio::time::timeout(STUCK, self.messages.recv()).await {
                Ok(Some(message)) => self.take(message),
                Ok(None) => return Err(format!("the session ended before {what}").into()),
                Err(_) => return Err(format!("waited in vain until {what}").into()),
            }
        }
    }

    fn take(&mut self, message: Message) {
        if let Message::Snapshot { snapshot } = message {
            self.last = Some(*snapshot);
        }
    }
}
