//! The person's browser: a real Chromium without a window.

use std::path::Path;
use std::process::{Command, Stdio};

use fantoccini::elements::Element;
use fantoccini::{Client, Locator};
use serde_json::{Map, Value, json};
use tempfile::TempDir;
use url::Url;

use crate::PATIENCE;
use crate::driver::Driver;

/// The button that answers the question for a second factor.
const SECOND_FACTOR: &str = "button[name=number]#continue";

/// A running Chromium with a profile of its own, outside of every [`crate::Home`].
#[derive(Debug)]
pub struct Browser {
    driver: Driver,
    _profile: TempDir,
}

impl Browser {
    /// Starts the browser.
    ///
    /// # Panics
    /// When Chromium or its driver is missing.
    pub async fn start() -> Self {
        Self::start_with(Map::new()).await
    }

    /// Starts a browser that takes every certificate, as a company's takes the company's own.
    ///
    /// # Panics
    /// When Chromium or its driver is missing.
    pub async fn trusting_anybody() -> Self {
        let mut more = Map::new();
        more.insert("acceptInsecureCerts".to_owned(), json!(true));
        Self::start_with(more).await
    }

    /// Starts the browser with these capabilities besides those that it always has.
    ///
    /// # Panics
    /// When Chromium or its driver is missing.
    pub async fn start_with(more: Map<String, Value>) -> Self {
        let profile = TempDir::with_prefix("keyless-browser-").expect("a temporary folder");
        let mut command = Command::new("chromedriver");
        // Its reports are about itself, and tests run side by side.
        command.stdout(Stdio::null()).stderr(Stdio::null()).env("TMPDIR", profile.path());
        let mut capabilities = capabilities(profile.path());
        capabilities.extend(more);
        let driver = Driver::start(&mut command, capabilities).await;
        Self { driver, _profile: profile }
    }

    /// The browser's session.
    pub fn client(&self) -> &Client {
        &self.driver.client
    }

    /// Signs in at this address as the person whom the page suggests.
    pub async fn sign_in(&self, address: &Url) {
        self.answer(address, "#continue", "browser.done.heading").await;
    }

    /// Signs in at this address as the person whom the page suggests, and approves with the second
    /// factor that it asks for.
    pub async fn approve(&self, address: &Url) {
        self.client().goto(address.as_str()).await.expect("the sign-in page opens");
        self.press("#continue").await;
        self.press(SECOND_FACTOR).await;
        self.ends_on("browser.done.heading").await;
    }

    /// Declines to sign in at this address.
    pub async fn decline(&self, address: &Url) {
        self.answer(address, "#decline", "browser.declined.heading").await;
    }

    /// Types a code at this address, and signs in as this person.
    pub async fn enter_code(&self, address: &Url, code: &str, account: &str) {
        let client = self.client();
        client.goto(address.as_str()).await.expect("the page for codes opens");
        self.find("#otc").await.send_keys(code).await.expect("a code can be typed");
        self.press("#next").await;
        self.press(&format!("button[name=user][value=\"{account}\"]")).await;
        let done = Locator::XPath("//*[contains(normalize-space(.), 'You have signed in')]");
        let done = client.wait().at_most(PATIENCE).for_element(done).await;
        done.expect("the page says that it is done");
    }

    async fn press(&self, selector: &str) {
        self.find(selector).await.click().await.expect("it can be pressed");
    }

    async fn find(&self, selector: &str) -> Element {
        let found =
            self.client().wait().at_most(PATIENCE).for_element(Locator::Css(selector)).await;
        found.unwrap_or_else(|error| panic!("the sign-in page has no {selector}: {error}"))
    }

    /// Presses a button of the sign-in page, and returns on the page of the app with this heading.
    async fn answer(&self, address: &Url, button: &str, end: &str) {
        let client = self.client();
        client.goto(address.as_str()).await.expect("the sign-in page opens");
        self.press(button).await;
        self.ends_on(end).await;
    }

    /// Waits for the page of the app with this heading.
    async fn ends_on(&self, end: &str) {
        let client = self.client();
        let heading = crate::say(end, &[]);
        let done = format!("//h1[normalize-space(.)=\"{heading}\"]");
        let done = client.wait().at_most(PATIENCE).for_element(Locator::XPath(&done)).await;
        done.expect("the browser ends on the page that says so");
        let url = client.current_url().await.expect("the page has an address");
        assert!(url.query().is_none(), "no code stays in the browser's address bar: {url}");
    }
}

fn capabilities(profile: &Path) -> Map<String, Value> {
    let mut arguments = vec![
        "--headless=new".to_owned(),
        "--disable-gpu".to_owned(),
        "--disable-dev-shm-usage".to_owned(),
        "--disable-background-networking".to_owned(),
        "--disable-component-update".to_owned(),
        "--disable-sync".to_owned(),
        "--disable-quic".to_owned(),
        "--no-first-run".to_owned(),
        format!("--user-data-dir={}", profile.join("profile").display()),
    ];
    if rustix::process::geteuid().is_root() {
        // Chromium's sandbox refuses to work for root.
        arguments.push("--no-sandbox".to_owned());
    }
    let mut capabilities = Map::new();
    capabilities.insert("browserName".to_owned(), json!("chrome"));
    capabilities.insert("goog:chromeOptions".to_owned(), json!({ "args": arguments }));
    capabilities
}
