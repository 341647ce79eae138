//! Signing in with a code that is typed in on any device (RFC 8628).
//!
//! Entra's parameters and answers: "Microsoft identity platform and the OAuth 2.0 device
//! authorization grant flow". The code for the person is shown; the one for the program is a
//! secret and stays here.

use std::time::Duration;

use azure_core::credentials::Secret;
use serde::{Deserialize, Deserializer};
use url::Url;

use crate::challenge::with_capabilities;
use crate::clock::Clock;
use crate::diagnosis::{self, Asked, Evidence, State};
use crate::failure::Failure;
use crate::http::{Answer, Cause, Http, Request};
use crate::sign_in::{self, Application, Tokens};

/// What RFC 8628, section 3.2, says where the answer names no interval.
const USUAL_INTERVAL: Duration = Duration::from_secs(5);
/// A poll that comes too early makes all later ones wait this much longer (section 3.5).
const SLOW_DOWN: Duration = Duration::from_secs(5);
/// Polls get rarer while the network is away (section 3.5), down to this.
const RAREST: Duration = Duration::from_secs(40);

/// A code that waits for its person.
pub struct Attempt {
    application: Application,
    device_code: Secret,
    user_code: String,
    address: Url,
    is_microsofts: bool,
    interval: Duration,
    /// When it was issued, by [`crate::clock::Clock::elapsed`].
    issued: Duration,
    lifetime: Duration,
    cause: Cause,
}

#[derive(Deserialize)]
struct CodeAnswer {
    device_code: String,
    user_code: String,
    verification_uri: String,
    #[serde(deserialize_with = "seconds")]
    expires_in: u64,
    #[serde(default, deserialize_with = "perhaps_seconds")]
    interval: Option<u64>,
}

/// How the wait goes on, told before each poll.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// How long the code still lasts.
    pub lasts: Duration,
    /// Whether the last poll got no answer: what the person typed in may not be known yet.
    pub is_lost: bool,
}

enum Poll {
    SignedIn(Box<Tokens>),
    Pending,
    TooEarly,
    Lost,
}

impl Attempt {
    /// Gets a fresh code.
    pub async fn begin(http: &Http, application: Application) -> Result<Self, Failure> {
        let form = vec![
            ("client_id", application.client_id.clone()),
            ("scope", sign_in::scope(application.scope)),
            ("claims", with_capabilities(application.claims.as_ref())),
        ];
        let url = http.cloud().entra(&format!("{}/oauth2/v2.0/devicecode", application.tenant));
        // A code that nobody types in does nothing: another one may be asked for.
        let request = Request::form(url, form, Cause::none()).repeatable();
        let answer = sign_in::in_time(http, http.send(&request, None)).await?;
        if !answer.status.is_success() {
            return Err(refused(&answer, &application));
        }
        let codes: CodeAnswer = answer.json()?;
        let address = Url::parse(&codes.verification_uri)
            .map_err(|error| answer.failure(&[]).detail("cause", error))?;
        Ok(Attempt {
            application,
            device_code: Secret::new(codes.device_code),
            user_code: codes.user_code,
            is_microsofts: http.cloud().takes_device_codes_at(&address),
            address,
            interval: codes.interval.map_or(USUAL_INTERVAL, Duration::from_secs),
            issued: http.clock().elapsed(),
            lifetime: Duration::from_secs(codes.expires_in),
            cause: answer.cause,
        })
    }

    /// What the person types in.
    pub fn user_code(&self) -> &str {
        &self.user_code
    }

    /// Where they type it in.
    pub fn address(&self) -> &Url {
        &self.address
    }

    /// Whether that page is one of Microsoft's in this cloud: no other is opened.
    pub fn is_microsofts(&self) -> bool {
        self.is_microsofts
    }

    /// How long the code still lasts, whatever becomes of the computer's clock meanwhile.
    pub fn lasts(&self, clock: &dyn Clock) -> Duration {
        self.lifetime.saturating_sub(clock.elapsed().saturating_sub(self.issued))
    }

    /// Polls until the person has typed the code in, refused, or let its time pass. A network that
    /// is away is waited for.
    pub async fn finish(
        self,
        http: &Http,
        on_wait: impl Fn(Wait) + Send,
    ) -> Result<Tokens, Failure> {
        let (mut interval, mut lost) = (self.interval.max(Duration::from_secs(1)), 0);
        loop {
            let lasts = self.lasts(&**http.clock());
            if lasts.is_zero() {
                return Err(self.expired());
            }
            on_wait(Wait { lasts, is_lost: lost > 0 });
            let pause = interval.saturating_mul(1 << lost).min(RAREST.max(interval));
            http.clock().sleep(pause.min(lasts)).await;
            match self.poll(http).await? {
                Poll::SignedIn(tokens) => return Ok(*tokens),
                Poll::Pending => lost = 0,
                Poll::TooEarly => interval = interval.saturating_add(SLOW_DOWN),
                Poll::Lost => lost = (lost + 1).min(3),
            }
        }
    }

    async fn poll(&self, http: &Http) -> Result<Poll, Failure> {
        let form = vec![
            ("client_id", self.application.client_id.clone()),
            ("grant_type", "urn:ietf:params:oauth:grant-type:device_code".to_owned()),
            ("device_code", self.device_code.secret().to_owned()),
            ("scope", sign_in::scope(self.application.scope)),
            ("claims", with_capabilities(self.application.claims.as_ref())),
            ("client_info", "1".to_owned()),
        ];
        let url = http.cloud().entra(&format!("{}/oauth2/v2.0/token", self.application.tenant));
        let request = Request::form(url, form, self.cause.clone());
        let answer = match sign_in::in_time(http, http.send(&request, None)).await {
            Ok(answer) => answer,
            Err(failure) if failure.is_transient() => return Ok(Poll::Lost),
            Err(failure) => return Err(failure),
        };
        if answer.status.is_success() {
            return Ok(Poll::SignedIn(Box::new(sign_in::read_tokens(
                http,
                answer,
                &self.application,
            )?)));
        }
        match answer.error().code.as_str() {
            "authorization_pending" => Ok(Poll::Pending),
            "slow_down" => Ok(Poll::TooEarly),
            _ if answer.status.is_server_error() || answer.status.as_u16() == 429 => Ok(Poll::Lost),
            _ => Err(refused(&answer, &self.application)),
        }
    }

    fn expired(&self) -> Failure {
        let minutes = (self.lifetime.as_secs() / 60).to_string();
        let evidence = Evidence::state(State::CodeExpired).asked(Asked::DeviceCode);
        diagnosis::explain(&evidence, &[("minutes", &minutes)])
    }
}

fn refused(answer: &Answer, application: &Application) -> Failure {
    let evidence = answer.evidence().asked(Asked::DeviceCode);
    answer.describe(diagnosis::explain(&evidence, &sign_in::known(application)))
}

/// Entra writes seconds as a number; some of its recorded answers hold them as a text.
fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Seconds {
        Number(u64),
        Text(String),
    }
    match Seconds::deserialize(deserializer)? {
        Seconds::Number(number) => Ok(number),
        Seconds::Text(text) => text.parse().map_err(serde::de::Error::custom),
    }
}

fn perhaps_seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    seconds(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_read_as_a_number_and_as_a_text() {
        let codes = |interval: &str| {
            let text = format!(
                r#"{{"device_code":"d","user_code":"u","verification_uri":"https://microsoft.com/devicelogin","expires_in":900{interval}}}"#
            );
            serde_json::from_str::<CodeAnswer>(&text).expect("an answer of Entra").interval
        };
        assert_eq!(codes(r#","interval":5"#), Some(5));
        assert_eq!(codes(r#","interval":"0""#), Some(0), "as it was recorded");
        assert_eq!(codes(""), None);
    }
}
