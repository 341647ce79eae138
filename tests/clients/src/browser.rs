//! The person's browser: a real Chromium without a window, which finds the real names as every
//! other client does.

use std::time::Duration;

use e2e::PATIENCE;
use fantoccini::{Client, Locator};
use serde_json::{Map, json};
use tokio::time::{interval, timeout};
use url::Url;

/// The right one of the three numbers of the page that asks for the second factor.
const APPROVE: &str = "button[name=number]#continue";

/// A running Chromium with a profile of its own.
#[derive(Debug)]
pub struct Browser {
    chromium: e2e::Browser,
}

impl Browser {
    /// Starts the browser.
    ///
    /// # Panics
    /// When Chromium or its driver is missing.
    pub async fn start() -> Self {
        let mut more = Map::new();
        // Chromium reads its authorities from a database; every other client checks the certificate.
        more.insert("acceptInsecureCerts".to_owned(), json!(true));
        more.insert("pageLoadStrategy".to_owned(), json!("eager"));
        Self { chromium: e2e::Browser::start_with(more).await }
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
        let wait = self.client().wait().at_most(PATIENCE);
        let found = wait.for_element(Locator::XPath(&element)).await;
        found.unwrap_or_else(|_| panic!("the page never says {text:?}"));
    }

    /// Expects the page that was opened to say this already.
    pub async fn says(&self, text: &str) {
        let page = self.client().source().await.expect("the page that is open has a source");
        assert!(page.contains(text), "the page does not say {text:?}");
    }

    /// Opens a page, which may not exist.
    pub async fn open(&self, address: &Url) {
        // Where nobody listens, Chromium shows a page of its own, and the driver an error.
        let _ = self.client().goto(address.as_str()).await;
    }

    /// Presses what the selector finds; where it leads to need not exist.
    pub async fn press(&self, selector: &str) {
        let button = self.find(selector).await;
        // The driver tells an error where the next page is Chromium's own.
        let _ = button.click().await;
    }

    fn client(&self) -> &Client {
        self.chromium.client()
    }

    async fn press_person(&self, upn: &str) {
        self.press(&format!("button[name=user][value=\"{upn}\"]")).await;
    }

    async fn find(&self, selector: &str) -> fantoccini::elements::Element {
        let wait = self.client().wait().at_most(Duration::from_secs(20));
        match wait.for_element(Locator::Css(selector)).await {
            Ok(element) => element,
            Err(_) => panic!("there is no {selector} on the page:\n{}", self.text().await),
        }
    }

    async fn text(&self) -> String {
        let body = match self.client().find(Locator::Css("body")).await {
            Ok(body) => body.text().await.unwrap_or_default(),
            Err(error) => error.to_string(),
        };
        format!("{:?} {body}", self.client().current_url().await.map(String::from))
    }

    /// Waits until the browser is at the client, and approves with the second factor on the way.
    async fn arrives(&self) -> Url {
        let mut look = interval(Duration::from_millis(20));
        let arrival = timeout(PATIENCE, async {
            loop {
                look.tick().await;
                match self.client().current_url().await {
                    Ok(url) if url.host_str() == Some("localhost") => return url,
                    _ => {}
                }
                // The page may go while it is looked at.
                if let Ok(button) = self.client().find(Locator::Css(APPROVE)).await {
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
