//! Signing in with the system browser: authorization code with PKCE (RFC 7636, RFC 8252).
//!
//! Entra's parameters and answers: "Microsoft identity platform and OAuth 2.0 authorization code
//! flow". Nothing is kept here; [`crate::identity`] holds what comes out.

use std::sync::Arc;
use std::time::Duration;

use azure_core::credentials::Secret;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::RngCore;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use url::Url;

use crate::challenge::{Challenge, ClaimsRequest, with_capabilities};
use crate::clock;
use crate::cloud::DEVELOPER_CLIENT;
use crate::diagnosis::{self, Asked, Evidence, State};
use crate::failure::{Action, Code, Failure};
use crate::http::{Answer, Cause, Http, Request};
use crate::loopback::{Callback, EndPages, Listening, Loopback, STRANGERS};

/// How long the browser may take. A first sign-in that enrols for MFA takes minutes.
pub const DEADLINE: Duration = Duration::from_secs(15 * 60);

/// How long Entra may take to answer, once the person has done their part.
const ANSWER_LIMIT: Duration = Duration::from_secs(60);

/// The tenant of a sign-in that names none: the home directory of a work or school account.
pub const ANY_ORGANIZATION: &str = "organizations";

/// What a sign-in is for.
#[derive(Clone, Debug)]
pub struct Application {
    /// The public client's id.
    pub client_id: String,
    /// The tenant to sign in to: an id, a domain, or [`ANY_ORGANIZATION`].
    pub tenant: String,
    /// What the first token is for.
    pub scope: &'static str,
    /// The sign-in name to fill in; without one the person chooses among their accounts.
    pub account: Option<String>,
    /// Claims that Azure asked for in a challenge.
    pub claims: Option<ClaimsRequest>,
}

/// A sign-in whose page is ready to be opened.
pub struct Attempt {
    application: Application,
    address: Url,
    redirect: String,
    verifier: Secret,
    nonce: String,
    listening: Listening,
}

/// What the person does in the browser, as it happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// A callback came that does not belong to this sign-in.
    StrangerIgnored,
    /// The browser answered.
    Finishing,
}

/// Tokens, as Entra issues them.
pub struct Tokens {
    /// The access token.
    pub access: Secret,
    /// When it ends.
    pub expires_on: OffsetDateTime,
    /// The token that gets others.
    pub refresh: Option<Secret>,
    /// Who signed in.
    pub claims: Claims,
    /// The account at home, which is the same in every directory.
    pub home_account: Option<HomeAccount>,
    /// What the access token is for.
    pub scope: &'static str,
    /// The answer that brought them.
    pub cause: Cause,
}

/// The account of a person at home: `client_info` of a token answer (recorded:
/// `entra.token__200__devicecode_foci`).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct HomeAccount {
    /// The object id in the home directory.
    pub uid: String,
    /// The home directory's id.
    pub utid: String,
}

impl HomeAccount {
    fn of(client_info: &str) -> Option<Self> {
        let json = URL_SAFE_NO_PAD.decode(client_info.trim_end_matches('=')).ok()?;
        serde_json::from_slice(&json).ok()
    }
}

/// What a token says about its person. Read as the Azure CLI reads it, never trusted for access.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Claims {
    /// The directory's id.
    #[serde(default)]
    pub tid: String,
    /// The person's id in that directory.
    #[serde(default)]
    pub oid: String,
    /// The display name.
    #[serde(default)]
    pub name: String,
    /// The sign-in name in an id token.
    #[serde(default)]
    pub preferred_username: String,
    /// The sign-in name in an access token.
    #[serde(default)]
    pub upn: String,
    /// The sign-in name in an access token of a guest.
    #[serde(default)]
    pub unique_name: String,
    /// Whom the token is for.
    #[serde(default)]
    pub aud: String,
    /// Echoes ours.
    #[serde(default)]
    pub nonce: String,
    /// When the token ends, in seconds since 1970.
    #[serde(default)]
    pub exp: i64,
}

impl Claims {
    /// Reads the middle part of a JSON web token.
    pub fn of(token: &str) -> Option<Claims> {
        let body = token.split('.').nth(1)?;
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(body.trim_end_matches('=')).ok()?).ok()
    }

    /// The sign-in name.
    pub fn account(&self) -> &str {
        [&self.preferred_username, &self.upn, &self.unique_name]
            .into_iter()
            .find(|name| !name.is_empty())
            .map_or("", String::as_str)
    }
}

impl Attempt {
    /// Binds the listener and makes the address: fresh verifier, state and nonce.
    pub async fn begin(
        http: &Http,
        application: Application,
        pages: EndPages,
    ) -> Result<Self, Failure> {
        let loopback = Loopback::bind().await?;
        let redirect = format!("http://localhost:{}", loopback.port());
        let (verifier, state, nonce) = (random(), random(), random());
        let mut address =
            http.cloud().entra(&format!("{}/oauth2/v2.0/authorize", application.tenant));
        address
            .query_pairs_mut()
            .append_pair("client_id", &application.client_id)
            .append_pair("response_type", "code")
            .append_pair("response_mode", "query")
            .append_pair("redirect_uri", &redirect)
            .append_pair("scope", &scope(application.scope))
            .append_pair("state", &state)
            .append_pair("nonce", &nonce)
            .append_pair("code_challenge", &challenge(&verifier))
            .append_pair("code_challenge_method", "S256")
            .append_pair("client_info", "1")
            .append_pair("claims", &with_capabilities(application.claims.as_ref()));
        match &application.account {
            Some(account) => address.query_pairs_mut().append_pair("login_hint", account),
            None => address.query_pairs_mut().append_pair("prompt", "select_account"),
        };
        let listening = loopback.listen(state, pages, http.clock().clone());
        Ok(Attempt {
            application,
            address,
            redirect,
            verifier: Secret::new(verifier),
            nonce,
            listening,
        })
    }

    /// Where the person signs in.
    pub fn address(&self) -> &Url {
        &self.address
    }

    /// Waits for the browser, then redeems the code.
    pub async fn finish(
        mut self,
        http: &Arc<Http>,
        progress: impl Fn(Progress) + Send,
    ) -> Result<Tokens, Failure> {
        let waited = clock::within(&**http.clock(), DEADLINE, self.wait(&progress)).await;
        let code = waited.unwrap_or_else(|| Err(nobody_came()))?;
        progress(Progress::Finishing);
        let form = vec![
            ("client_id", self.application.client_id.clone()),
            ("grant_type", "authorization_code".to_owned()),
            ("code", code),
            ("redirect_uri", self.redirect.clone()),
            ("code_verifier", self.verifier.secret().to_owned()),
            ("scope", scope(self.application.scope)),
            ("claims", with_capabilities(self.application.claims.as_ref())),
            ("client_info", "1".to_owned()),
        ];
        let url = http.cloud().entra(&format!("{}/oauth2/v2.0/token", self.application.tenant));
        let redeemed = redeem(http, Request::form(url, form, Cause::none()), &self.application);
        let tokens = in_time(http, redeemed).await?;
        if tokens.claims.nonce != self.nonce {
            return Err(Failure::new(Code::SignInDisturbed).offer(Action::SignIn));
        }
        Ok(tokens)
    }

    async fn wait(&mut self, progress: &impl Fn(Progress)) -> Result<String, Failure> {
        let mut strangers = 0;
        loop {
            match self.listening.next().await {
                Callback::Code(code) => return Ok(code),
                Callback::Error(error, description) => {
                    return Err(declined(&error, &description, &self.application));
                }
                Callback::Stranger => {
                    strangers += 1;
                    if strangers >= STRANGERS {
                        return Err(Failure::new(Code::SignInDisturbed).offer(Action::SignIn));
                    }
                    progress(Progress::StrangerIgnored);
                }
            }
        }
    }
}

/// Asks Entra for a token with a refresh token.
pub async fn refresh(
    http: &Http,
    application: &Application,
    token: &Secret,
    cause: Cause,
) -> Result<Tokens, Failure> {
    let form = vec![
        ("client_id", application.client_id.clone()),
        ("grant_type", "refresh_token".to_owned()),
        ("refresh_token", token.secret().to_owned()),
        ("scope", scope(application.scope)),
        ("claims", with_capabilities(application.claims.as_ref())),
        ("client_info", "1".to_owned()),
    ];
    let url = http.cloud().entra(&format!("{}/oauth2/v2.0/token", application.tenant));
    redeem(http, Request::form(url, form, cause).repeatable(), application).await
}

/// What Entra answers, within the time that a person waits for a page.
pub(crate) async fn in_time<T>(
    http: &Http,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    http.within(ANSWER_LIMIT, "Microsoft Entra", work).await
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: String,
    expires_in: i64,
    refresh_token: Option<String>,
    id_token: Option<String>,
    client_info: Option<String>,
}

async fn redeem(
    http: &Http,
    request: Request,
    application: &Application,
) -> Result<Tokens, Failure> {
    let answer = http.send(&request, None).await?;
    if !answer.status.is_success() {
        return Err(refused(http, &answer, application));
    }
    read_tokens(http, answer, application)
}

/// The tokens of a success.
pub(crate) fn read_tokens(
    http: &Http,
    answer: Answer,
    application: &Application,
) -> Result<Tokens, Failure> {
    let tokens: TokenAnswer = answer.json()?;
    let claims = tokens
        .id_token
        .as_deref()
        .and_then(Claims::of)
        .or_else(|| Claims::of(&tokens.access_token))
        .ok_or_else(|| answer.failure(&[]))?;
    Ok(Tokens {
        access: Secret::new(tokens.access_token),
        expires_on: http.now().saturating_add(time::Duration::seconds(tokens.expires_in)),
        refresh: tokens.refresh_token.map(Secret::new),
        claims,
        scope: application.scope,
        home_account: tokens.client_info.as_deref().and_then(HomeAccount::of),
        cause: answer.cause,
    })
}

/// What Entra refuses silently it may grant in the browser, for the same tenant and scope.
fn refused(http: &Http, answer: &Answer, application: &Application) -> Failure {
    let asked = answer.error().claims.as_deref().and_then(ClaimsRequest::parse);
    answer.failure(&known(application)).challenged(Challenge {
        tenant: application.tenant.clone(),
        scope: application.scope,
        service: http.cloud().service_of(application.scope),
        claims: application.claims.clone().or(asked),
    })
}

fn nobody_came() -> Failure {
    let minutes = (DEADLINE.as_secs() / 60).to_string();
    let evidence = Evidence::state(State::NoCallback).asked(Asked::Code);
    diagnosis::explain(&evidence, &[("minutes", &minutes)])
}

fn declined(error: &str, description: &str, application: &Application) -> Failure {
    let evidence = Evidence::redirect(error, description).asked(Asked::Code);
    diagnosis::explain(&evidence, &known(application))
        .detail("entra_error", error)
        .detail("entra_message", description)
}

/// What a refusal may leave out: which directory was asked, and for which application.
pub(crate) fn known(application: &Application) -> Vec<(&str, &str)> {
    let mut known = vec![
        ("tenant", application.tenant.as_str()),
        ("directory", &application.tenant),
        ("application", &application.client_id),
    ];
    if application.client_id != DEVELOPER_CLIENT {
        // Its registration is the organization's own to mend.
        known.push(("own_application", &application.client_id));
    }
    known
}

pub(crate) fn scope(resource: &str) -> String {
    format!("{resource} openid profile offline_access")
}

fn random() -> String {
    let mut bytes = [0; 32];
    rand::rng().fill_bytes(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// RFC 7636, section 4.2.
fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_the_one_of_the_rfc() {
        // RFC 7636, appendix B.
        assert_eq!(
            challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
    }

    #[test]
    fn a_refusal_is_told_in_words_and_the_code_is_a_link() {
        let application = Application {
            client_id: "app".to_owned(),
            tenant: ANY_ORGANIZATION.to_owned(),
            scope: "https://management.azure.com/.default",
            claims: None,
            account: None,
        };
        let description = "AADSTS50105: The signed in user is not assigned to a role. Trace ID: 1 Correlation ID: 2";
        let failure = declined("invalid_request", description, &application);
        assert_eq!(failure.code, Code::SignInRefused);
        assert_eq!(failure.parameters["reason"], "The signed in user is not assigned to a role.");
        assert_eq!(failure.remedies.len(), 2, "signing in again, and what the number means");
    }
}
