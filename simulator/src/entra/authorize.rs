//! The authorization endpoint (RFC 6749 section 4.1, with PKCE of RFC 7636): page, decision, redirect.

use http::StatusCode;
use url::Url;
use uuid::Uuid;

use super::error::EntraError;
use super::interaction::{Outcome, Visit, proceed};
use super::scope::Scope;
use super::state::{Code, SignIn};
use super::{Ask, Authority, Claims, check_duplicates, name_directory, page};
use crate::answer::Answer;
use crate::call::Call;
use crate::mutant::Mutant;
use crate::policy::Flow;
use crate::scenario::{Application, Scenario};
use crate::signature;
use crate::token::client_info;
use crate::world::World;

/// An authorization request that Entra would show a page for.
#[derive(Debug)]
struct Request {
    authority: Authority,
    application: Application,
    scope: Scope,
    claims: Claims,
    login_hint: Option<String>,
    /// The tenant as it was addressed.
    tenant: String,
    redirect: Redirect,
    challenge: String,
    nonce: Option<String>,
    wants_client_info: bool,
    prompt: Option<String>,
}

/// Where an answer goes, and in which form.
#[derive(Clone, Debug)]
struct Redirect {
    uri: String,
    mode: Mode,
    state: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Query,
    Fragment,
    FormPost,
}

/// What is wrong with a request: shown on the page, or sent back once the redirect is trusted.
enum Wrong {
    Here(EntraError),
    There(Box<Redirect>, EntraError),
}

/// GET: the sign-in page.
pub(super) fn show_page(segment: &str, ask: &Ask<'_>) -> Answer {
    let world = ask.site.world();
    match Request::read(segment, ask.call, &world.scenario) {
        Err(wrong) => wrong.into_answer(ask),
        // No page keeps a session, so nobody is ever signed in already.
        Ok(request) if request.prompt.as_deref() == Some("none") => {
            let error = EntraError::new(
                "login_required",
                50058,
                "A silent sign-in request was sent but no user is signed in.",
            );
            request.redirect.refuse(&error, ask)
        }
        Ok(request) => page::sign_in(&request.visit(), &world.scenario),
    }
}

/// POST: somebody pressed a button of a page.
pub(super) fn decide(segment: &str, ask: &Ask<'_>) -> Answer {
    let mut world = ask.site.world();
    let request = match Request::read(segment, ask.call, &world.scenario) {
        Ok(request) => request,
        Err(wrong) => return wrong.into_answer(ask),
    };
    match proceed(&request.visit(), ask, &mut world) {
        Err(error) => error.into_page(ask),
        Ok(Outcome::Page(page)) => page,
        Ok(Outcome::Declined) => {
            request.redirect.refuse(&EntraError::declined("access_denied"), ask)
        }
        Ok(Outcome::SignedIn(sign_in, tenant)) => {
            request.hand_over(sign_in, tenant, ask, &mut world)
        }
    }
}

/// GET: ends a browser session, of which there is none.
pub(super) fn sign_out(segment: &str, ask: &Ask<'_>) -> Answer {
    match Authority::of(segment, &ask.site.world().scenario) {
        Ok(_) => page::message(
            StatusCode::OK,
            "You are signed out",
            "This practice sign-in keeps no session.",
        ),
        Err(error) => error.into_page(ask),
    }
}

impl Wrong {
    fn into_answer(self, ask: &Ask<'_>) -> Answer {
        match self {
            Self::Here(error) => error.into_page(ask),
            Self::There(redirect, error) => redirect.refuse(&error, ask),
        }
    }
}

impl Request {
    /// Checks everything that Entra checks before it shows a page. What can only be told once the
    /// redirect is trusted comes after it.
    fn read(segment: &str, call: &Call, scenario: &Scenario) -> Result<Self, Wrong> {
        let parameter = |name: &str| call.query(name).filter(|value| !value.is_empty());
        let needed =
            |name: &str| parameter(name).ok_or_else(|| Wrong::Here(EntraError::missing(name)));
        check_duplicates(call.raw_query.as_bytes()).map_err(Wrong::Here)?;
        let authority = Authority::of(segment, scenario).map_err(Wrong::Here)?;
        let client = needed("client_id")?;
        let application = authority.find_client(&client, segment, scenario).map_err(Wrong::Here)?;
        let uri = needed("redirect_uri")?;
        if !is_registered(&application, &uri) {
            return Err(Wrong::Here(EntraError::new(
                "invalid_request",
                50011,
                format!(
                    "The redirect URI '{uri}' specified in the request does not match the redirect URIs configured for the application '{client}'. Make sure the redirect URI sent in the request matches one added to your application in the Azure portal."
                ),
            )));
        }
        let mode = match parameter("response_mode").as_deref() {
            None | Some("query") => Mode::Query,
            Some("fragment") => Mode::Fragment,
            Some("form_post") => Mode::FormPost,
            Some(other) => {
                return Err(Wrong::Here(EntraError::new(
                    "invalid_request",
                    900_432,
                    format!("The response mode '{other}' is not supported."),
                )));
            }
        };
        let redirect = Redirect { uri, mode, state: call.query("state") };
        match Self::read_rest(segment, call, scenario, authority, application, redirect.clone()) {
            Ok(request) => Ok(request),
            Err(error) => Err(Wrong::There(Box::new(redirect), error)),
        }
    }

    fn read_rest(
        segment: &str,
        call: &Call,
        scenario: &Scenario,
        authority: Authority,
        application: Application,
        redirect: Redirect,
    ) -> Result<Self, EntraError> {
        let parameter = |name: &str| call.query(name).filter(|value| !value.is_empty());
        match parameter("response_type").as_deref() {
            Some("code") => {}
            None => return Err(EntraError::missing("response_type")),
            Some(other) => {
                return Err(EntraError::new(
                    "unsupported_response_type",
                    700_054,
                    format!("response_type '{other}' is not enabled for the application."),
                ));
            }
        }
        let scope = Scope::parse(
            &parameter("scope").ok_or_else(|| EntraError::missing("scope"))?,
            name_directory(segment, scenario),
            scenario.cloud,
        )?;
        scope.check_permission(&application)?;
        Ok(Self {
            authority,
            application,
            scope,
            claims: Claims::parse(parameter("claims").as_deref())?,
            challenge: read_challenge(call)?,
            login_hint: parameter("login_hint"),
            tenant: segment.to_owned(),
            redirect,
            nonce: parameter("nonce"),
            wants_client_info: parameter("client_info").as_deref() == Some("1"),
            prompt: parameter("prompt"),
        })
    }

    fn visit(&self) -> Visit<'_> {
        Visit {
            authority: &self.authority,
            segment: &self.tenant,
            application: &self.application,
            scope: &self.scope,
            claims: &self.claims,
            login_hint: self.login_hint.as_deref(),
            asks_consent: self.prompt.as_deref() == Some("consent"),
            flow: Flow::Browser,
            carried: Vec::new(),
        }
    }

    /// Sends a code to the client.
    fn hand_over(
        self,
        sign_in: SignIn,
        tenant: String,
        ask: &Ask<'_>,
        world: &mut World,
    ) -> Answer {
        let upn = sign_in.upn.clone();
        let code = format!("1.{}", signature::random_text(96));
        ask.site.ledger.keep_secret(&code);
        world.entra.codes.insert(
            code.clone(),
            Code {
                client: self.application.id,
                redirect: self.redirect.uri.clone(),
                challenge: self.challenge,
                tenant: tenant.clone(),
                sign_in,
                resource: self.scope.resource,
                nonce: self.nonce,
                issued: ask.now(),
                redeemed: false,
            },
        );
        let mut fields = vec![("code", code)];
        if let Some(user) = world.scenario.user(&upn).filter(|_| self.wants_client_info) {
            fields.push(("client_info", client_info(user)));
        }
        fields.push(("session_state", Uuid::new_v4().to_string()));
        let mut answer = self.redirect.send(fields);
        answer.caller = Some((upn, tenant));
        answer
    }
}

/// The S256 challenge. Entra lets native clients leave it out; here it is required of every public
/// client, and `plain` is refused.
fn read_challenge(call: &Call) -> Result<String, EntraError> {
    let challenge = call.query("code_challenge").unwrap_or_default();
    let method = call.query("code_challenge_method").unwrap_or_default();
    if method != "S256" || challenge.len() != 43 {
        return Err(EntraError::new(
            "invalid_request",
            9_002_325,
            "Proof Key for Code Exchange is required: send code_challenge with code_challenge_method S256.",
        ));
    }
    Ok(challenge)
}

/// The port of loopback redirects is ignored; host and path must match exactly, where no path and
/// `/` are the same.
fn is_registered(application: &Application, uri: &str) -> bool {
    let Ok(sent) = Url::parse(uri) else {
        return false;
    };
    application.redirects.iter().filter_map(|one| Url::parse(one).ok()).any(|own| {
        let loopback =
            own.scheme() == "http" && matches!(own.host_str(), Some("localhost" | "127.0.0.1"));
        own.scheme() == sent.scheme()
            && own.host_str() == sent.host_str()
            && (own.path() == sent.path() || Mutant::RedirectPathIgnored.is_on())
            && (loopback || own.port() == sent.port())
            && sent.query().is_none()
            && sent.fragment().is_none()
            && sent.username().is_empty()
    })
}

impl Redirect {
    fn refuse(&self, error: &EntraError, ask: &Ask<'_>) -> Answer {
        self.send(vec![
            ("error", error.error.to_owned()),
            ("error_description", error.description(ask)),
            ("error_uri", error.uri()),
        ])
    }

    /// The answer, with the state as it was sent.
    fn send(&self, mut fields: Vec<(&'static str, String)>) -> Answer {
        if let Some(state) = &self.state
            && !Mutant::StateNotEchoed.is_on()
        {
            fields.push(("state", state.clone()));
        }
        if self.mode == Mode::FormPost {
            return page::post_back(&self.uri, &fields);
        }
        let encoded =
            form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
        // A redirect URI without a path gets a slash in query and fragment answers.
        let target = Url::parse(&self.uri).map_or_else(|_| self.uri.clone(), String::from);
        let mark = if self.mode == Mode::Query { '?' } else { '#' };
        Answer::empty(StatusCode::FOUND)
            .with("location", format!("{target}{mark}{encoded}"))
            .with("cache-control", "no-store, no-cache")
            .with("referrer-policy", "no-referrer")
    }
}
