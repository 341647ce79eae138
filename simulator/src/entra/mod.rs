//! Microsoft Entra ID, v2.0 endpoints: metadata, pages for people, codes, tokens.

mod application;
mod authorize;
mod claims;
mod device;
mod error;
mod interaction;
mod metadata;
mod page;
mod redeem;
mod scope;
mod state;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{Method, StatusCode};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::answer::Answer;
use crate::call::Call;
use crate::policy::{Case, Demand, Merits};
use crate::scenario::{Application, Scenario, Tenant, User};
use crate::site::Site;
use crate::world::World;

pub(crate) use claims::Claims;
use error::EntraError;
pub(crate) use state::{SignIn, State};

/// What is asked of Entra; the string is the tenant segment of the path.
#[derive(Debug)]
pub(crate) enum Route {
    OpenIdConfiguration(String),
    InstanceDiscovery,
    Keys(String),
    Authorize(String),
    SignIn(String),
    Token(String),
    DeviceCode(String),
    /// The short address that people type: `microsoft.com/devicelogin`.
    DeviceLogin,
    DevicePage,
    DeviceSignIn,
    Logout(String),
}

impl Route {
    pub(crate) fn of(call: &Call) -> Option<Self> {
        let segments = call.segments();
        let path: Vec<&str> = segments.iter().map(String::as_str).collect();
        let get = call.method == Method::GET;
        let post = call.method == Method::POST;
        let tenant = || path.first().map(|&tenant| tenant.to_owned()).unwrap_or_default();
        match path.as_slice() {
            ["common", "discovery", "instance"] if get => Some(Self::InstanceDiscovery),
            ["devicelogin"] if get => Some(Self::DeviceLogin),
            ["common", "oauth2", "deviceauth"] if get => Some(Self::DevicePage),
            ["common", "oauth2", "deviceauth"] if post => Some(Self::DeviceSignIn),
            [_, "v2.0", ".well-known", "openid-configuration"] if get => {
                Some(Self::OpenIdConfiguration(tenant()))
            }
            [_, "discovery", "v2.0", "keys"] if get => Some(Self::Keys(tenant())),
            [_, "oauth2", "v2.0", "authorize"] if get => Some(Self::Authorize(tenant())),
            [_, "oauth2", "v2.0", "authorize"] if post => Some(Self::SignIn(tenant())),
            [_, "oauth2", "v2.0", "token"] if post => Some(Self::Token(tenant())),
            [_, "oauth2", "v2.0", "devicecode"] if post => Some(Self::DeviceCode(tenant())),
            [_, "oauth2", "v2.0", "logout"] if get => Some(Self::Logout(tenant())),
            _ => None,
        }
    }

    pub(crate) fn operation(&self) -> &'static str {
        match self {
            Self::OpenIdConfiguration(_) => "entra.configuration",
            Self::InstanceDiscovery => "entra.discovery",
            Self::Keys(_) => "entra.keys",
            Self::Authorize(_) => "entra.authorize",
            Self::SignIn(_) => "entra.signIn",
            Self::Token(_) => "entra.token",
            Self::DeviceCode(_) => "entra.deviceCode",
            Self::DeviceLogin => "entra.deviceLogin",
            Self::DevicePage => "entra.devicePage",
            Self::DeviceSignIn => "entra.deviceSignIn",
            Self::Logout(_) => "entra.logout",
        }
    }
}

pub(crate) fn answer(route: Option<&Route>, call: &Call, site: &Site) -> Answer {
    let ask = Ask { call, site, trace: Uuid::new_v4(), correlation: correlation_id(call) };
    let answer = match route {
        None => Answer::empty(StatusCode::NOT_FOUND),
        Some(Route::InstanceDiscovery) => metadata::discover_instance(&ask),
        Some(Route::OpenIdConfiguration(tenant)) => metadata::describe_tenant(tenant, &ask),
        Some(Route::Keys(tenant)) => metadata::list_keys(tenant, &ask),
        Some(Route::Authorize(tenant)) => authorize::show_page(tenant, &ask),
        Some(Route::SignIn(tenant)) => authorize::decide(tenant, &ask),
        Some(Route::Token(tenant)) => redeem::answer_token_request(tenant, &ask),
        Some(Route::DeviceCode(tenant)) => device::answer_code_request(tenant, &ask),
        Some(Route::DeviceLogin) => device::lead_to_page(&ask),
        Some(Route::DevicePage) => device::show_page(),
        Some(Route::DeviceSignIn) => device::decide(&ask),
        Some(Route::Logout(tenant)) => authorize::sign_out(tenant, &ask),
    };
    let answer = answer
        .with("x-ms-request-id", ask.trace.to_string())
        .with("x-ms-ests-server", "2.1.22345.6 - PRACTICE ProdSlices")
        .with("x-content-type-options", "nosniff")
        .with("strict-transport-security", "max-age=31536000; includeSubDomains")
        .with("p3p", "CP=\"DSP CUR OTPi IND OTRi ONL FIN\"")
        .with("date", crate::clock::http_date(ask.now()));
    if ask.parameter("return-client-request-id").is_some_and(|yes| yes == "true") {
        return answer.with("client-request-id", &ask.correlation);
    }
    answer
}

/// A request to Entra, and the two ids under which it can be found again.
struct Ask<'a> {
    call: &'a Call,
    site: &'a Site,
    trace: Uuid,
    /// The client's own id for the request where it sent one.
    correlation: String,
}

impl Ask<'_> {
    fn now(&self) -> OffsetDateTime {
        self.site.clock.now()
    }

    /// What MSAL sends as a header, in the query or in the form, whichever it is.
    fn parameter(&self, name: &str) -> Option<String> {
        parameter(self.call, name)
    }

    /// Id and secret of a client that authenticates by a header (RFC 6749, section 2.3.1).
    fn client_credentials(&self) -> Option<(String, String)> {
        let (scheme, text) = self.call.header("authorization")?.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let text = String::from_utf8(STANDARD.decode(text.trim()).ok()?).ok()?;
        let (id, secret) = text.split_once(':')?;
        let decode = |part: &str| {
            let mut pairs = form_urlencoded::parse(part.as_bytes());
            pairs.next().map(|(text, _)| text.into_owned()).unwrap_or_default()
        };
        let secret = decode(secret);
        self.site.ledger.keep_secret(&secret);
        Some((decode(id), secret))
    }

    /// A field of the form that must be there.
    fn needed(&self, name: &str) -> Result<String, EntraError> {
        self.call
            .field(name)
            .filter(|value| !value.is_empty())
            .ok_or_else(|| EntraError::missing(name))
    }
}

/// Parameters of OAuth, which are sent once (RFC 6749, sections 3.1 and 3.2).
const UNIQUE: [&str; 12] = [
    "claims",
    "client_id",
    "client_secret",
    "code",
    "code_verifier",
    "device_code",
    "grant_type",
    "login_hint",
    "redirect_uri",
    "refresh_token",
    "scope",
    "state",
];

/// Refuses a query or a form that names a parameter twice.
fn check_duplicates(pairs: &[u8]) -> Result<(), EntraError> {
    let names: Vec<_> = form_urlencoded::parse(pairs).map(|(name, _)| name).collect();
    let twice = UNIQUE.iter().find(|one| names.iter().filter(|name| name == one).count() > 1);
    match twice {
        None => Ok(()),
        Some(name) => Err(EntraError::new(
            "invalid_request",
            9_000_411,
            format!("The request is not properly formatted. The parameter '{name}' is duplicated."),
        )),
    }
}

fn parameter(call: &Call, name: &str) -> Option<String> {
    call.header(name)
        .map(str::to_owned)
        .or_else(|| call.query(name))
        .or_else(|| call.is_form().then(|| call.field(name)).flatten())
}

fn correlation_id(call: &Call) -> String {
    parameter(call, "client-request-id")
        .filter(|id| Uuid::parse_str(id).is_ok())
        .unwrap_or_else(|| Uuid::new_v4().to_string())
}

/// The tenant of personal accounts.
const CONSUMERS: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

/// The tenant part of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Authority {
    /// One tenant, by its id.
    Tenant(String),
    /// `organizations` or `common`: the home tenant of whoever signs in.
    Home,
    /// `consumers`: personal accounts, of which no scenario has one.
    Consumers,
}

impl Authority {
    fn of(segment: &str, scenario: &Scenario) -> Result<Self, EntraError> {
        match segment {
            "organizations" | "common" => return Ok(Self::Home),
            "consumers" | CONSUMERS => return Ok(Self::Consumers),
            _ => {}
        }
        let tenant = scenario.tenant(segment).ok_or_else(|| EntraError::unknown_tenant(segment))?;
        Ok(Self::Tenant(tenant.id.clone()))
    }

    /// The public client with this id, where the authority lets it sign people in.
    fn find_client(
        &self,
        client: &str,
        segment: &str,
        scenario: &Scenario,
    ) -> Result<Application, EntraError> {
        if *self == Self::Consumers {
            return Err(EntraError::unknown_client(client, "Microsoft Accounts"));
        }
        scenario
            .application(client)
            .cloned()
            .ok_or_else(|| EntraError::unknown_client(client, name_directory(segment, scenario)))
    }

    /// The tenant whose token a user gets here.
    ///
    /// # Errors
    /// AADSTS50020 when the tenant does not know the user.
    fn tenant_for<'s>(
        &self,
        user: &User,
        application: &Application,
        scenario: &'s Scenario,
    ) -> Result<&'s Tenant, EntraError> {
        let id = match self {
            Self::Home | Self::Consumers => &user.home,
            Self::Tenant(id) => id,
        };
        let tenant = scenario.tenant(id).ok_or_else(|| EntraError::unknown_tenant(id))?;
        if user.object_id(&tenant.id).is_none() {
            return Err(EntraError::new(
                "invalid_grant",
                50020,
                format!(
                    "User account '{}' from identity provider 'https://sts.windows.net/{}/' does not exist in tenant '{}' and cannot access the application '{}'({}) in that tenant. The account needs to be added as an external user in the tenant first. Sign out and sign in again with a different Azure Active Directory user account.",
                    user.upn, user.home, tenant.name, application.id, application.name
                ),
            ));
        }
        Ok(tenant)
    }

    /// Whether something that was given out for `tenant` may be redeemed here.
    fn covers(&self, tenant: &str) -> bool {
        match self {
            Self::Tenant(id) => id == tenant,
            Self::Home => true,
            Self::Consumers => false,
        }
    }
}

/// What Entra calls a tenant in its texts.
fn name_directory<'a>(segment: &'a str, scenario: &'a Scenario) -> &'a str {
    scenario.tenant(segment).map_or(segment, |tenant| tenant.name.as_str())
}

/// The first thing that is demanded of this person and this client and is not there: sign-ins are
/// revoked by the home tenant, everything else is the business of the tenant of the token.
fn find_unmet_demand<'w>(
    world: &'w World,
    tenant: &'w Tenant,
    case: &Case<'_>,
    merits: &Merits,
    now: OffsetDateTime,
) -> Option<&'w Demand> {
    let began = world.entra.began;
    let home = case
        .user
        .and_then(|upn| world.scenario.user(upn))
        .and_then(|user| world.scenario.tenant(&user.home))
        .unwrap_or(tenant);
    let revokes = |demand: &&Demand| matches!(demand, Demand::Revoked { .. });
    home.policies
        .unmet(case, merits, now, began)
        .find(revokes)
        .or_else(|| tenant.policies.unmet(case, merits, now, began).find(|one| !revokes(one)))
}
