//! Microsoft Entra ID, v2.0 endpoints: metadata, sign-in page, tokens.

mod authorize;
mod metadata;
mod page;
mod redeem;
mod scope;

use http::{Method, StatusCode};
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::answer::Answer;
use crate::call::Call;
use crate::clock::entra_time;
use crate::scenario::{Scenario, User};
use crate::site::Site;

/// What is asked of Entra; the string is the tenant segment of the path.
#[derive(Debug)]
pub(crate) enum Route {
    OpenIdConfiguration(String),
    InstanceDiscovery,
    Keys(String),
    Authorize(String),
    SignIn(String),
    Token(String),
    Logout(String),
}

impl Route {
    pub(crate) fn of(call: &Call) -> Option<Self> {
        let segments = call.segments();
        let path: Vec<&str> = segments.iter().map(String::as_str).collect();
        let get = call.method == Method::GET;
        let post = call.method == Method::POST;
        match path.as_slice() {
            ["common", "discovery", "instance"] if get => Some(Self::InstanceDiscovery),
            [tenant, "v2.0", ".well-known", "openid-configuration"] if get => {
                Some(Self::OpenIdConfiguration((*tenant).to_owned()))
            }
            [tenant, "discovery", "v2.0", "keys"] if get => Some(Self::Keys((*tenant).to_owned())),
            [tenant, "oauth2", "v2.0", "authorize"] if get => {
                Some(Self::Authorize((*tenant).to_owned()))
            }
            [tenant, "oauth2", "v2.0", "authorize"] if post => {
                Some(Self::SignIn((*tenant).to_owned()))
            }
            [tenant, "oauth2", "v2.0", "token"] if post => Some(Self::Token((*tenant).to_owned())),
            [tenant, "oauth2", "v2.0", "logout"] if get => Some(Self::Logout((*tenant).to_owned())),
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
            Self::Logout(_) => "entra.logout",
        }
    }
}

pub(crate) fn answer(route: Option<&Route>, call: &Call, site: &Site) -> Answer {
    let answer = match route {
        None => Answer::empty(StatusCode::NOT_FOUND),
        Some(Route::InstanceDiscovery) => metadata::discover_instance(call, site),
        Some(Route::OpenIdConfiguration(tenant)) => metadata::describe_tenant(tenant, call, site),
        Some(Route::Keys(tenant)) => metadata::list_keys(tenant, call, site),
        Some(Route::Authorize(tenant)) => authorize::show_page(tenant, call, site),
        Some(Route::SignIn(tenant)) => authorize::decide(tenant, call, site),
        Some(Route::Token(tenant)) => redeem::answer_token_request(tenant, call, site),
        Some(Route::Logout(tenant)) => authorize::sign_out(tenant, site),
    };
    answer
        .with("x-ms-request-id", Uuid::new_v4().to_string())
        .with("x-ms-ests-server", "2.1.22345.6 - PRACTICE ProdSlices")
        .with("x-content-type-options", "nosniff")
        .with("date", crate::clock::http_date(site.clock.now()))
}

/// The tenant part of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Authority {
    /// One tenant, by its id.
    Tenant(String),
    /// `organizations` or `common`: the home tenant of whoever signs in.
    Home,
}

impl Authority {
    fn of(segment: &str, scenario: &Scenario) -> Result<Self, EntraError> {
        if ["organizations", "common"].contains(&segment) {
            return Ok(Self::Home);
        }
        let tenant = scenario.tenant(segment).ok_or_else(|| EntraError::unknown_tenant(segment))?;
        Ok(Self::Tenant(tenant.id.clone()))
    }

    /// The tenant whose token a user gets here.
    ///
    /// # Errors
    /// AADSTS50020 when the tenant does not know the user.
    fn tenant_for(&self, user: &User, client: &str) -> Result<String, EntraError> {
        let tenant = match self {
            Self::Home => &user.home,
            Self::Tenant(id) => id,
        };
        if user.object_id(tenant).is_none() {
            return Err(EntraError::new(
                "invalid_grant",
                50020,
                format!(
                    "User account '{}' from identity provider 'https://sts.windows.net/{}/' does not exist in tenant '{tenant}' and cannot access the application '{client}' in that tenant. The account needs to be added as an external user in the tenant first. Sign out and sign in again with a different Azure Active Directory user account.",
                    user.upn, user.home
                ),
            ));
        }
        Ok(tenant.clone())
    }
}

/// A refusal by Entra.
#[derive(Clone, Debug)]
struct EntraError {
    error: &'static str,
    number: u32,
    text: String,
    suberror: Option<&'static str>,
}

impl EntraError {
    fn new(error: &'static str, number: u32, text: impl Into<String>) -> Self {
        Self { error, number, text: text.into(), suberror: None }
    }

    fn with_suberror(mut self, suberror: &'static str) -> Self {
        self.suberror = Some(suberror);
        self
    }

    fn unknown_tenant(segment: &str) -> Self {
        Self::new(
            "invalid_request",
            90002,
            format!(
                "Tenant '{segment}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant."
            ),
        )
    }

    fn unknown_client(client: &str, tenant: &str) -> Self {
        Self::new(
            "unauthorized_client",
            700_016,
            format!(
                "Application with identifier '{client}' was not found in the directory '{tenant}'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant."
            ),
        )
    }

    fn missing(parameter: &str) -> Self {
        Self::new(
            "invalid_request",
            900_144,
            format!("The request body must contain the following parameter: '{parameter}'."),
        )
    }

    /// The text with everything that Entra appends to it (layout of 2024 and later: blanks).
    fn description(&self, trace: &Uuid, correlation: &str, now: OffsetDateTime) -> String {
        format!(
            "AADSTS{}: {} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {}",
            self.number,
            self.text,
            entra_time(now)
        )
    }

    /// The token endpoint's body, status 400 (recorded: `entra.token__400__authorization_pending`).
    fn into_answer(self, call: &Call, site: &Site) -> Answer {
        let now = site.clock.now();
        let trace = Uuid::new_v4();
        let correlation = correlation_id(call);
        let mut body = json!({
            "error": self.error,
            "error_description": self.description(&trace, &correlation, now),
            "error_codes": [self.number],
            "timestamp": entra_time(now),
            "trace_id": trace.to_string(),
            "correlation_id": correlation,
            "error_uri": format!("https://login.microsoftonline.com/error?code={}", self.number),
        });
        if let Some(suberror) = self.suberror {
            body["suberror"] = json!(suberror);
        }
        Answer::json(StatusCode::BAD_REQUEST, &body)
            .with("cache-control", "no-store, no-cache")
            .with("pragma", "no-cache")
            .with("x-ms-clitelem", format!("1,{},0,,", self.number))
    }
}

/// The client's own id for the request where it sent one, in the header or in the query.
fn correlation_id(call: &Call) -> String {
    call.header("client-request-id")
        .map(str::to_owned)
        .or_else(|| call.query("client-request-id"))
        .filter(|id| Uuid::parse_str(id).is_ok())
        .unwrap_or_else(|| Uuid::new_v4().to_string())
}
