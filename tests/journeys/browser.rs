//! The browser and the desktop, played: what a person does on the sign-in page.

use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use keyless::session::Desktop;
use keyless::snapshot::DeviceCode;
use reqwest::header::LOCATION;
use reqwest::{Client, ClientBuilder, StatusCode};
use tokio::sync::Notify;

/// What the person does when the sign-in page opens.
#[derive(Clone, Debug)]
pub enum Habit {
    /// Presses the button of this account.
    ContinueAs(&'static str),
    /// Presses Decline.
    Decline,
    /// Another page comes back first, with a state that is not ours, as often as this.
    StrangersFirst(u32),
    /// Looks at the page and does nothing.
    Nothing,
    /// No browser opens.
    NoBrowser,
}

/// A desktop whose person has a habit.
pub struct PlayedDesktop {
    pub habit: Mutex<Habit>,
    pub opened: Mutex<Vec<String>>,
    pub folder: Mutex<Option<PathBuf>>,
    /// What the browser ended on, and what it was sent through.
    pub visited: Arc<Mutex<Vec<String>>>,
    /// How often the browser got no answer and gave up.
    pub lost: Arc<AtomicUsize>,
    pub gave_up: Arc<Notify>,
    client: Client,
}

impl PlayedDesktop {
    pub fn new(habit: Habit) -> Self {
        PlayedDesktop {
            habit: Mutex::new(habit),
            opened: Mutex::default(),
            folder: Mutex::default(),
            visited: Arc::default(),
            lost: Arc::default(),
            gave_up: Arc::default(),
            client: plain_client(),
        }
    }

    /// The same with a browser that finds and trusts the real names.
    pub fn with_browser(self, client: Client) -> Self {
        PlayedDesktop { client, ..self }
    }

    pub fn last_opened(&self) -> String {
        self.opened
            .lock()
            .expect("no test panics with the lock")
            .last()
            .cloned()
            .unwrap_or_default()
    }
}

#[async_trait]
impl Desktop for PlayedDesktop {
    async fn open_address(&self, address: &str) -> io::Result<()> {
        let habit = self.habit.lock().expect("no test panics with the lock").clone();
        if matches!(habit, Habit::NoBrowser) {
            return Err(io::Error::new(io::ErrorKind::NotFound, "no browser"));
        }
        self.opened.lock().expect("no test panics with the lock").push(address.to_owned());
        let is_played = ["http://127.0.0.1:", "https://login.microsoftonline.com/"]
            .iter()
            .any(|start| address.starts_with(start));
        if is_played {
            let (visited, lost, gave_up) =
                (self.visited.clone(), self.lost.clone(), self.gave_up.clone());
            let (address, client) = (address.to_owned(), self.client.clone());
            tokio::spawn(async move {
                if visit(client, address, habit, visited).await.is_none() {
                    lost.fetch_add(1, Ordering::SeqCst);
                    gave_up.notify_one();
                }
            });
        }
        Ok(())
    }

    async fn pick_folder(&self) -> Option<PathBuf> {
        self.folder.lock().expect("no test panics with the lock").clone()
    }

    fn focus_window(&self) {}
}

/// Plays the person on the page at `address`; `None` when the browser got no answer.
async fn visit(
    client: Client,
    address: String,
    habit: Habit,
    visited: Arc<Mutex<Vec<String>>>,
) -> Option<()> {
    let page = client.get(&address).send().await.ok()?;
    if let Some(back) = location(&page) {
        // There is nothing to do on the page: it sends the browser back at once.
        return follow(&client, back, &visited).await;
    }
    if page.status() != StatusCode::OK {
        return None;
    }
    let form = match habit {
        Habit::ContinueAs(account) => [("user", account)],
        Habit::Decline => [("decision", "decline")],
        Habit::StrangersFirst(times) => {
            let callback = callback_of(&address);
            for number in 0..times {
                let stranger = format!("{callback}/?code=somebody-elses&state=not-ours-{number}");
                // After the tenth the listener is gone.
                if let Ok(answer) = client.get(stranger).send().await {
                    assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "a stranger is told so");
                }
            }
            [("user", "ada@contoso.example")]
        }
        Habit::Nothing | Habit::NoBrowser => return Some(()),
    };
    let mut answer = client.post(&address).form(&form).send().await.ok()?;
    while location(&answer).is_none() {
        let further = suggested_fields(&answer.text().await.ok()?)?;
        answer = client.post(&address).form(&further).send().await.ok()?;
    }
    follow(&client, location(&answer)?, &visited).await
}

/// Goes where the browser is sent, up to the page that stays.
async fn follow(client: &Client, mut next: String, visited: &Mutex<Vec<String>>) -> Option<()> {
    loop {
        visited.lock().expect("no test panics with the lock").push(next.clone());
        let answer = client.get(&next).send().await.ok()?;
        let Some(onward) = location(&answer) else {
            return Some(());
        };
        let base = url::Url::parse(&next).expect("an absolute address");
        next = base.join(&onward).expect("a redirect leads somewhere").to_string();
    }
}

/// A browser that follows no redirect by itself and knows no proxy.
pub fn direct() -> ClientBuilder {
    Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none())
}

/// A client that follows nothing by itself. It has no trust store to read: all is on loopback.
pub fn plain_client() -> Client {
    direct().tls_certs_only([]).build().expect("a plain client")
}

/// Plays a person who types the code in on the page that it names, on any device.
pub async fn enter_code(code: &DeviceCode, account: &str) {
    let page = answer_code(code, ("user", account)).await;
    assert!(page.contains("You have signed in"), "{page}");
}

/// Plays a person who types the code in and then declines.
pub async fn decline_code(code: &DeviceCode) {
    let page = answer_code(code, ("decision", "decline")).await;
    assert!(page.contains("Declined"), "{page}");
}

/// Types the code in and presses a button; follows the suggested ones to the last page.
pub async fn answer_code(code: &DeviceCode, pressed: (&str, &str)) -> String {
    let client = plain_client();
    let short = client.get(&code.address).send().await.expect("the short address answers");
    let page = location(&short).expect("it leads on to the page");
    let mut form =
        vec![("otc".to_owned(), code.code.clone()), (pressed.0.to_owned(), pressed.1.to_owned())];
    loop {
        let answer = client.post(&page).form(&form).send().await.expect("the page answers");
        let text = answer.text().await.expect("a page");
        match suggested_fields(&text) {
            Some(further) => form = further,
            None => return text,
        }
    }
}

/// What the page's suggested button sends, with the hidden fields; none where the page has none.
fn suggested_fields(page: &str) -> Option<Vec<(String, String)>> {
    let field = |tag: &str| Some((attribute(tag, "name")?, attribute(tag, "value")?));
    let tags = page.split('<').filter_map(|tag| tag.split_once('>')).map(|(tag, _)| tag);
    let hidden = tags.clone().filter(|tag| tag.starts_with("input type=\"hidden\""));
    let button = tags.clone().find(|tag| tag.starts_with("button id=\"continue\""))?;
    hidden.chain([button]).map(field).collect()
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    rest.split_once('"').map(|(value, _)| value.to_owned())
}

/// `http://localhost:PORT` of an authorize address.
pub fn callback_of(address: &str) -> String {
    let url = url::Url::parse(address).expect("an absolute address");
    let redirect = url.query_pairs().find(|(name, _)| name == "redirect_uri");
    redirect.expect("every sign-in comes back").1.into_owned()
}

fn location(answer: &reqwest::Response) -> Option<String> {
    answer.headers().get(LOCATION).and_then(|value| value.to_str().ok()).map(str::to_owned)
}
