//! Microsoft Entra ID, v2.0 endpoints: metadata, pages for people, codes, tokens.

mod application;
mod ask;
mod authority;
mod authorize;
mod claims;
mod demand;
mod device;
mod error;
mod interaction;
mod metadata;
mod page;
mod redeem;
mod scope;
mod state;

use http::{Method, StatusCode};

use crate::answer::Answer;
use crate::call::Call;
use crate::site::Site;

use ask::{Ask, check_duplicates};
use authority::{Authority, CONSUMERS, name_directory};
pub(crate) use claims::Claims;
pub(crate) use demand::find_session_event;
use demand::find_unmet_demand;
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
            ["devicelogin" | "deviceloginus"] if get => Some(Self::DeviceLogin),
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
    let ask = Ask::new(call, site);
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
