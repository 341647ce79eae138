//! The straight road through the five steps on practice Azure, as its default scenario has it.

use std::fs;
use std::path::{Path, PathBuf};

use crate::{Browser, Home, Key, OpenedAddresses, Wizard, say};

/// The person of the road.
pub const ADA: &str = "ada@contoso.example";
/// The resource in which the person may assign roles.
pub const RESOURCE: &str = "contoso-chat-dev";
/// The deployment that the road takes.
pub const DEPLOYMENT: &str = "gpt-4o-mini";

/// The resource that the list is at.
const ACTIVE: &str = "document.getElementById(
    document.querySelector('[role=listbox]').getAttribute('aria-activedescendant'))";

/// A person with a machine, a browser and the wizard before them.
#[derive(Debug)]
pub struct Road {
    /// The window.
    pub wizard: Wizard,
    /// The browser.
    pub browser: Browser,
    /// What the wizard asks the desktop to open.
    pub opened: OpenedAddresses,
    /// The machine.
    pub home: Home,
}

impl Road {
    /// Starts on practice Azure.
    pub async fn begin() -> Self {
        Self::begin_in("default").await
    }

    /// Starts in this scenario of practice Azure.
    pub async fn begin_in(scenario: &str) -> Self {
        Self::begin_at(&crate::program(), scenario).await
    }

    /// Starts this build of the app on practice Azure.
    pub async fn begin_with(program: &Path) -> Self {
        Self::begin_at(program, "default").await
    }

    async fn begin_at(program: &Path, scenario: &str) -> Self {
        let home = Home::new();
        let opened = home.catch_addresses();
        let arguments = ["--practice", "--scenario", scenario];
        let wizard = Wizard::start_program(program, &home, &arguments);
        let (wizard, browser) = tokio::join!(wizard, Browser::start());
        Self { wizard, browser, opened, home }
    }

    /// Step 1: the page shows who signed in, and leads on to step 2.
    pub async fn sign_in(&self) {
        self.wizard.press_with_keyboard(&say("button.sign_in_with_browser", &[])).await;
        let address = self.opened.next().await;
        self.browser.sign_in(&address).await;
        self.wizard.press_with_keyboard(&say("button.continue", &[])).await;
        self.wizard.arrives_at("choose_resource", &[]).await;
    }

    /// Step 2, up to its last button.
    pub async fn choose_resource(&self) {
        let wizard = &self.wizard;
        wizard.shows(RESOURCE).await;
        wizard.tab_to(&say("label.resources", &[])).await;
        wizard.walk_down_to(&format!("{ACTIVE}.textContent.startsWith('{RESOURCE}')")).await;
        // Whoever walks by keyboard sees the row that Enter takes.
        wizard.becomes_true(&format!("getComputedStyle({ACTIVE}).outlineStyle === 'solid'")).await;
        wizard.key(Key::Enter).await;
        wizard.becomes_true("document.querySelector('input[type=radio]') !== null").await;
        wizard.tab_to(&say("label.deployments", &[])).await;
        wizard.walk_down_to(&format!("document.activeElement.value === '{DEPLOYMENT}'")).await;
        wizard.becomes_true("document.activeElement.checked").await;
        wizard.offers(&say("button.use_resource", &[])).await;
    }

    /// From the end of step 2 to the plan of step 3.
    pub async fn check_access(&self) {
        self.wizard.press_with_keyboard(&say("button.use_resource", &[])).await;
        self.wizard.arrives_at("get_access", &[("resource", RESOURCE)]).await;
        self.wizard.offers(&say("button.assign_role", &[])).await;
    }

    /// From the plan of step 3 to the shown change of step 4: a role that works leads there.
    pub async fn get_access(&self) {
        self.wizard.press_with_keyboard(&say("button.assign_role", &[])).await;
        self.wizard.arrives_at("connect_project", &[]).await;
        self.wizard.offers(&say("button.write_env", &[])).await;
    }

    /// Writes what step 4 shows, which leads to step 5.
    pub async fn write_env(&self) {
        self.wizard.press_with_keyboard(&say("button.write_env", &[])).await;
        self.wizard.arrives_at("test_connection", &[]).await;
    }

    /// Step 5, up to the whole answer.
    pub async fn test_connection(&self) {
        self.wizard.press_with_keyboard(&say("button.send_test_message", &[])).await;
        self.wizard.shows(&say("test.answered", &[])).await;
    }

    /// All five steps, by keyboard alone.
    pub async fn walk(&self) {
        self.sign_in().await;
        self.choose_resource().await;
        self.check_access().await;
        self.get_access().await;
        self.write_env().await;
        self.test_connection().await;
    }

    /// The `.env` of the project folder that practice offers.
    pub fn env_file(&self) -> PathBuf {
        let folders = fs::read_dir(self.home.temporary()).expect("the temporary folder is there");
        let mut projects =
            folders.map(|entry| entry.expect("an entry can be read").path()).filter(|path| {
                path.file_name()
                    .is_some_and(|name| name.to_string_lossy().starts_with("keyless-practice-"))
            });
        let project = projects.next().expect("practice makes a project folder");
        assert!(projects.next().is_none(), "one practice makes one folder");
        project.join(".env")
    }
}
