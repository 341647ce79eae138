//! The person's browser: a real Chromium without a window, which finds the real names as every
//! other client does.

use std::net::{SocketAddr, TcpListener};
use std::process::Stdio;
use std::time::Duration;

use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Map, Value, json};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::{interval, timeout};
use url::Url;

const PATIENCE: Duration = Duration::from_secs(60);

/// The right one of the three numbers of the page that asks for the second factor.
const APPROVE: &str = "button[name=number]#continue";

/// A running Chromium with a profile of its own.
#[derive(Debug)]
pub struct Browser {
    client: Client,
    driver: Child,
    _profile: TempDir,
}

impl Browser {
    /// Starts the browser.
    ///
    /// # Panics
    /// When Chromium or its driver is missing.
    pub async fn start() -> Self {
        let profile = TempDir::with_prefix("browser-").expect("a temporary folder");
        let address = free_address();
        let driver = Command::new("chromedriver")
            .arg(format!("--port={}", address.port()))
            .env("TMPDIR", profile.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("chromedriver is installed");
        timeout(PATIENCE, wait_until_open(address)).await.expect("the driver listens in time");
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities(&profile))
            .connect(&format!("http://{address}"))
            .await
            .expect("the driver starts a browser");
        Self { client, driver, _profile: profile }
    }

    /// Signs in as this person at the address of a client that listens on loopback, with a second
    /// factor where one is asked for.
    pub async fn sign_in(&self, address: &Url, upn: &str) {
        self.sign_in_for_answer(address, upn).await;
    }

    /// Signs in as this person, and returns the address to which the answer went, code and all. The
    /// page at that address need not exist.
    pub async fn sign_in_for_answer(&self, address: &Url, upn: &str) -> Url {
        self.open(address).await;
        self.press_person(upn).await;
        self.arrives().await
    }

    /// Presses the button that declines.
    pub async fn decline(&self, address: &Url) {
        self.open(address).await;
        self.press("#decline").await;
        self.arrives().await;
    }

    /// Types a device code at the address that the client names, and signs in as this person.
    pub async fn enter_code(&self, address: &Url, code: &str, upn: &str) {
        self.open(address).await;
        self.find("#otc").await.send_keys(code).await.expect("a code can be typed");
        self.press("#next").await;
        self.press_person(upn).await;
        self.shows("You have signed in").await;
    }

    /// Waits until the page has this text.
    pub async fn shows(&self, text: &str) {
        let element = format!("//*[contains(normalize-space(.), \"{text}\")]");
        let wait = self.client.wait().at_most(PATIENCE);
        let found = wait.for_element(Locator::XPath(&element)).await;
        found.unwrap_or_else(|_| panic!("the page never says {text:?}"));
    }

    /// Expects the page that was opened to say this already.
    pub async fn says(&self, text: &str) {
        let page = self.client.source().await.expect("the page that is open has a source");
        assert!(page.contains(text), "the page does not say {text:?}");
    }

    /// Opens a page, which may not exist.
    pub async fn open(&self, address: &Url) {
        // Where nobody listens, Chromium shows a page of its own, and the driver an error.
        let _ = self.client.goto(address.as_str()).await;
    }

    /// Presses what the selector finds; where it leads to need not exist.
    pub async fn press(&self, selector: &str) {
        let button = self.find(selector).await;
        // The driver tells an error where the next page is Chromium's own.
        let _ = button.click().await;
    }

    /// Ends the browser.
    pub async fn stop(mut self) {
        // One that is gone already has nothing left to end.
        let _ = self.client.close().await;
        let _ = self.driver.kill().await;
    }

    async fn press_person(&self, upn: &str) {
        self.press(&format!("button[name=user][value=\"{upn}\"]")).await;
    }

    async fn find(&self, selector: &str) -> fantoccini::elements::Element {
        let wait = self.client.wait().at_most(Duration::from_secs(20));
        match wait.for_element(Locator::Css(selector)).await {
            Ok(element) => element,
            Err(_) => panic!("there is no {selector} on the page:\n{}", self.text().await),
        }
    }

    async fn text(&self) -> String {
        let body = match self.client.find(Locator::Css("body")).await {
            Ok(body) => body.text().await.unwrap_or_default(),
            Err(error) => error.to_string(),
        };
        format!("{:?} {body}", self.client.current_url().await.map(String::from))
    }

    /// Waits until the browser is at the client, and approves with the second factor on the way.
    async fn arrives(&self) -> Url {
        let mut look = interval(Duration::from_millis(20));
        let arrival = timeout(PATIENCE, async {
            loop {
                look.tick().await;
                match self.client.current_url().await {
                    Ok(url) if url.host_str() == Some("localhost") => return url,
                    _ => {}
                }
                // The page may go while it is looked at.
                if let Ok(button) = self.client.find(Locator::Css(APPROVE)).await {
                    let _ = button.click().await;
                }
            }
        });
        match arrival.await {
            Ok(url) => url,
            Err(_) => panic!("the browser stays where it is:\n{}", self.text().await),
        }
    }
}

fn capabilities(profile: &TempDir) -> Map<String, Value> {
    let arguments = [
        "--headless=new".to_owned(),
        "--disable-gpu".to_owned(),
        "--disable-dev-shm-usage".to_owned(),
        "--disable-background-networking".to_owned(),
        "--disable-component-update".to_owned(),
        "--disable-sync".to_owned(),
        "--disable-quic".to_owned(),
        "--no-first-run".to_owned(),
        // Chromium's sandbox refuses to work for root, which everybody is in a namespace.
        "--no-sandbox".to_owned(),
        format!("--user-data-dir={}", profile.path().join("profile").display()),
    ];
    let capabilities = json!({
        "browserName": "chrome",
        // Chromium reads its authorities from a database; every other client checks the certificate.
        "acceptInsecureCerts": true,
        "pageLoadStrategy": "eager",
        "goog:chromeOptions": { "args": arguments },
    });
    capabilities.as_object().cloned().unwrap_or_default()
}

fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    listener.local_addr().expect("a bound socket has an address")
}

async fn wait_until_open(address: SocketAddr) {
    let mut look = interval(Duration::from_millis(20));
    while TcpStream::connect(address).await.is_err() {
        look.tick().await;
    }
}
