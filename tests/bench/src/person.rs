//! The person and the browser, played: they sign in as soon as the page is there.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use keyless::session::Desktop;
use reqwest::header::LOCATION;
use reqwest::{Client, RequestBuilder, Response};

use crate::Trouble;

/// Who signs in: Ada may assign roles.
const ACCOUNT: &str = "ada@contoso.example";

/// What a sign-in took of the person, which is not the time of the program that asked for it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Effort {
    /// From the opening of the browser to the moment when it comes back with the answer.
    pub time: Duration,
    /// Buttons that were pressed in the browser.
    pub clicks: usize,
}

/// A desktop whose browser signs Ada in.
#[derive(Default)]
pub struct Person {
    effort: Arc<Mutex<Effort>>,
}

impl Person {
    /// What the sign-in took.
    pub fn effort(&self) -> Effort {
        *self.effort.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Desktop for Person {
    async fn open_address(&self, address: &str) -> io::Result<()> {
        let (address, effort) = (address.to_owned(), self.effort.clone());
        tokio::spawn(async move {
            let note = |spent| *effort.lock().unwrap_or_else(PoisonError::into_inner) = spent;
            if let Err(trouble) = sign_in(&address, note).await {
                eprintln!("bench: the browser did not come back: {trouble}");
            }
        });
        Ok(())
    }

    async fn pick_folder(&self) -> Option<PathBuf> {
        None
    }

    fn focus_window(&self) {}
}

/// Signs Ada in at this address, and goes back to the program that asked for it; what it took is
/// told before that.
pub async fn sign_in(address: &str, tell: impl FnOnce(Effort)) -> Result<(), Trouble> {
    let opened = Instant::now();
    let client =
        Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build()?;
    client.get(address).send().await?.error_for_status()?;
    let (back, clicks) = press_buttons(&client, address).await?;
    tell(Effort { time: opened.elapsed(), clicks });
    back.send().await?;
    Ok(())
}

/// Goes from page to page, and returns the way back to the program, and how many clicks it took.
async fn press_buttons(client: &Client, address: &str) -> Result<(RequestBuilder, usize), Trouble> {
    let mut fields = vec![("user".to_owned(), ACCOUNT.to_owned())];
    let mut clicks = 0;
    loop {
        clicks += 1;
        let answer = client.post(address).form(&fields).send().await?.error_for_status()?;
        if let Some(location) = location(&answer) {
            return Ok((client.get(location), clicks));
        }
        let page = answer.text().await?;
        fields = read_fields(&page);
        // A form that leads elsewhere leads back, and sends itself.
        if let Some(action) = tags(&page).find_map(|tag| attribute(tag, "action")) {
            return Ok((client.post(action).form(&fields), clicks));
        }
        if fields.is_empty() {
            return Err("a page of the sign-in has nothing to press".into());
        }
    }
}

fn location(answer: &Response) -> Option<String> {
    answer.headers().get(LOCATION).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

/// What the page's suggested button sends, with the hidden fields.
fn read_fields(page: &str) -> Vec<(String, String)> {
    let is_sent = |tag: &&str| {
        tag.starts_with("input type=\"hidden\"") || tag.starts_with("button id=\"continue\"")
    };
    let field = |tag| Some((attribute(tag, "name")?, attribute(tag, "value")?));
    tags(page).filter(is_sent).filter_map(field).collect()
}

fn tags(page: &str) -> impl Iterator<Item = &str> {
    page.split('<').filter_map(|tag| tag.split_once('>')).map(|(tag, _)| tag)
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    let (value, _) = rest.split_once('"')?;
    let entities = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    let plain = |text: String, (entity, letter): (&str, &str)| text.replace(entity, letter);
    Some(entities.into_iter().fold(value.to_owned(), plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_that_leads_back_is_read_with_its_letters() {
        let page = "<form method=\"post\" action=\"http://localhost:1/?a=1&amp;b=2\">\
                    <input type=\"hidden\" name=\"code\" value=\"0.&quot;A\">\
                    <button id=\"return\">Continue</button></form>";
        assert_eq!(read_fields(page), [("code".to_owned(), "0.\"A".to_owned())]);
        let action = tags(page).find_map(|tag| attribute(tag, "action"));
        assert_eq!(action.as_deref(), Some("http://localhost:1/?a=1&b=2"));
    }

    #[test]
    fn of_many_buttons_the_suggested_one_is_pressed() {
        let page = "<form><button name=\"number\" value=\"17\">17</button>\
                    <button id=\"continue\" class=\"x\" name=\"number\" value=\"42\">42</button>";
        assert_eq!(read_fields(page), [("number".to_owned(), "42".to_owned())]);
    }
}
