//! The built desktop app in its window, driven by WebKitWebDriver.

use std::env;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use fantoccini::actions::{InputSource as _, KeyAction, KeyActions};
use fantoccini::elements::Element;
use fantoccini::{Client, Locator};
use serde_json::{Map, Value, json};
use tokio::time::{interval, timeout};

use crate::driver::Driver;
use crate::{Home, PATIENCE, say};

/// More presses of Tab than any page has stops.
const STOPS: usize = 60;

/// A key without a letter (WebDriver, 17.4.2 Keyboard actions).
#[derive(Clone, Copy, Debug)]
pub enum Key {
    /// Leads to the next stop.
    Tab,
    /// Presses what has the focus.
    Enter,
    /// Presses or ticks what has the focus.
    Space,
    /// The next of a list or a group.
    Down,
}

/// A running app.
#[derive(Debug)]
pub struct Wizard {
    driver: Driver,
    output: PathBuf,
}

impl Wizard {
    /// Starts the app in this home with these arguments, and returns when its first page is there.
    ///
    /// # Panics
    /// When the app or the driver is missing, or no page comes.
    pub async fn start(home: &Home, arguments: &[&str]) -> Self {
        Self::start_program(&program(), home, arguments).await
    }

    /// Starts another build of the app.
    pub async fn start_program(program: &Path, home: &Home, arguments: &[&str]) -> Self {
        let output = home.path().join("output");
        let file = File::create(&output).expect("the folder is ours");
        let same_file = file.try_clone().expect("a file has many handles");
        let mut command = Command::new("WebKitWebDriver");
        home.lend_to(&mut command)
            .arg("--host=127.0.0.1")
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            .stdin(Stdio::null())
            .stdout(file)
            .stderr(same_file);
        let mut capabilities = Map::new();
        capabilities.insert("browserName".to_owned(), json!("wry"));
        let options = json!({ "binary": program, "args": arguments });
        capabilities.insert("webkitgtk:browserOptions".to_owned(), options);
        let wizard = Self { driver: Driver::start(&mut command, capabilities).await, output };
        wizard.wait_for("h1").await;
        wizard
    }

    /// The window's session.
    pub fn client(&self) -> &Client {
        &self.driver.client
    }

    /// What the app and the driver printed so far.
    pub fn output(&self) -> &Path {
        &self.output
    }

    /// The instruction of the page.
    pub async fn heading(&self) -> String {
        self.wait_for("h1").await.text().await.expect("a heading has a text")
    }

    /// Waits until the page shows these words.
    ///
    /// # Panics
    /// When it does not in time; the message holds what it shows instead.
    pub async fn shows(&self, words: &str) {
        let path = format!("//*[text()[contains(normalize-space(.), {})]]", quoted(words));
        self.find(Locator::XPath(&path), words).await;
    }

    /// Waits until a step is done and the page shows another.
    pub async fn arrives_at(&self, step: &str, parameters: &[(&str, &str)]) {
        let heading = say(&format!("step.{step}.heading"), parameters);
        let path = format!("//h1[normalize-space(.)={}]", quoted(&heading));
        self.find(Locator::XPath(&path), &heading).await;
    }

    /// Waits until the button can be pressed.
    pub async fn offers(&self, label: &str) -> Element {
        let path = format!(
            "//button[normalize-space(.)={} and not(@disabled) and not(@aria-disabled='true')]",
            quoted(label)
        );
        self.find(Locator::XPath(&path), label).await
    }

    /// Presses a button with the pointer.
    pub async fn press(&self, label: &str) {
        self.offers(label).await.click().await.expect("the button can be pressed");
    }

    /// The first element of this CSS selector; waits for it.
    pub async fn wait_for(&self, selector: &str) -> Element {
        self.find(Locator::Css(selector), selector).await
    }

    async fn find(&self, locator: Locator<'_>, name: &str) -> Element {
        match self.client().wait().at_most(PATIENCE).for_element(locator).await {
            Ok(element) => element,
            Err(error) => {
                panic!("{name:?} does not come ({error}); the page shows:\n{}", self.text().await)
            }
        }
    }

    /// Everything that a person reads on the page.
    pub async fn text(&self) -> String {
        let text = self.run("return document.body.innerText").await;
        text.as_str().unwrap_or_default().to_owned()
    }

    /// Presses a key and lets it go.
    pub async fn key(&self, key: Key) {
        let value = match key {
            Key::Tab => '\u{e004}',
            Key::Enter => '\u{e007}',
            Key::Space => ' ',
            Key::Down => '\u{e015}',
        };
        let stroke = KeyActions::new("keyboard".to_owned())
            .then(KeyAction::Down { value })
            .then(KeyAction::Up { value });
        self.client().perform_actions(stroke).await.expect("the window takes keys");
    }

    /// Goes with Tab to the control that is called so.
    ///
    /// # Panics
    /// When no stop has this name.
    pub async fn tab_to(&self, name: &str) {
        let mut passed = Vec::new();
        for _ in 0..STOPS {
            let focused = self.focused().await;
            if focused == name {
                return;
            }
            passed.push(focused);
            self.key(Key::Tab).await;
        }
        panic!("Tab never leads to {name:?}, only to {passed:?}");
    }

    /// Presses the arrow until the expression of the page is true, as one does who looks at it:
    /// a press is not repeated before it shows.
    ///
    /// # Panics
    /// When the end of the list comes before that.
    pub async fn walk_down_to(&self, expression: &str) {
        for _ in 0..STOPS {
            if self.run(&format!("return {expression}")).await == json!(true) {
                return;
            }
            let before = self.run(&format!("return {PLACE}")).await;
            self.key(Key::Down).await;
            self.becomes_true(&format!("{PLACE} !== {before}")).await;
        }
        panic!("the arrow never leads to {expression}");
    }

    /// Goes with the keyboard to a button, waits until it can be pressed, and presses it.
    pub async fn press_with_keyboard(&self, label: &str) {
        self.offers(label).await;
        self.tab_to(label).await;
        self.key(Key::Enter).await;
    }

    /// The name of the control that has the focus, as a screen reader says it.
    pub async fn focused(&self) -> String {
        let name = self.run(FOCUSED).await;
        name.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until the script, which is an expression of the page, is true.
    pub async fn becomes_true(&self, expression: &str) {
        let mut look = interval(Duration::from_millis(50));
        let is_true = async {
            while self.run(&format!("return {expression}")).await != json!(true) {
                look.tick().await;
            }
        };
        if timeout(PATIENCE, is_true).await.is_err() {
            panic!("never true: {expression}; the page shows:\n{}", self.text().await);
        }
    }

    /// What the script returns in the page.
    pub async fn run(&self, script: &str) -> Value {
        self.client().execute(script, Vec::new()).await.expect("the page runs the script")
    }

    /// What the script hands to its last argument, a function.
    pub async fn run_async(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.client().execute_async(script, arguments).await.expect("the page runs the script")
    }

    /// A picture of the page as PNG.
    pub async fn picture(&self) -> Vec<u8> {
        // A font that is still on its way, or a colour that is still changing, is not the page.
        self.run_async(SETTLED, Vec::new()).await;
        self.client().screenshot().await.expect("the window can be pictured")
    }
}

const SETTLED: &str = "
    const done = arguments[arguments.length - 1];
    document.fonts.ready
        .then(() => Promise.allSettled(document.getAnimations().map((one) => one.finished)))
        .then(() => requestAnimationFrame(() => requestAnimationFrame(() => done(true))));";

/// A radio button is named by its group: that is where Tab leads.
const FOCUSED: &str = "
    const focused = document.activeElement;
    const control = focused.closest('[role=radiogroup]') ?? focused;
    const by = control.getAttribute('aria-labelledby');
    const label = by === null ? control.labels?.[0] : document.getElementById(by);
    return (control.getAttribute('aria-label') ?? (label ?? control).textContent).trim();";

/// Where the arrow keys are: an item of a list, or a button of a group.
const PLACE: &str = "(document.activeElement.getAttribute('aria-activedescendant') \
    ?? document.activeElement.value)";

/// The program of the app.
pub fn program() -> PathBuf {
    let built = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/debug/keyless-desktop");
    env::var_os("KEYLESS_APP").map_or_else(built, PathBuf::from)
}

/// XPath has no escapes: a text takes the quotation marks that it does not hold.
fn quoted(text: &str) -> String {
    if text.contains('"') { format!("'{text}'") } else { format!("\"{text}\"") }
}
