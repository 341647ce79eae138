//! The person and the browser, played: they sign in as soon as the page is there.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use keyless::session::Desktop;
use reqwest::Client;
use reqwest::header::LOCATION;

use crate::Trouble;

/// Who signs in: Ada may assign roles.
const ACCOUNT: &str = "ada@contoso.example";

/// A desktop whose browser signs Ada in.
#[derive(Default)]
pub struct Person {
    away: Arc<Mutex<Duration>>,
}

impl Person {
    /// How long the sign-in lay with the browser: from its opening to the moment when it comes
    /// back with the code. It is the person's time and the page's, not Keyless's.
    pub fn time_in_browser(&self) -> Duration {
        *self.away.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Desktop for Person {
    fn open_address(&self, address: &str) -> io::Result<()> {
        let (address, away) = (address.to_owned(), self.away.clone());
        let opened = Instant::now();
        tokio::spawn(async move {
            if let Err(trouble) = sign_in(&address, opened, &away).await {
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

async fn sign_in(address: &str, opened: Instant, away: &Mutex<Duration>) -> Result<(), Trouble> {
    let client =
        Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build()?;
    client.get(address).send().await?.error_for_status()?;
    let answer = client.post(address).form(&[("user", ACCOUNT)]).send().await?;
    let location = answer.headers().get(LOCATION).ok_or("the sign-in page leads nowhere")?;
    let callback = location.to_str()?.to_owned();
    *away.lock().unwrap_or_else(PoisonError::into_inner) = opened.elapsed();
    client.get(callback).send().await?;
    Ok(())
}
