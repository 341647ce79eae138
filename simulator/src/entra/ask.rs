//! A request to Entra, and what is read from it everywhere.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use time::OffsetDateTime;
use uuid::Uuid;

use super::EntraError;
use crate::call::Call;
use crate::site::Site;

/// A request to Entra, and the two ids under which it can be found again.
pub(super) struct Ask<'a> {
    pub(super) call: &'a Call,
    pub(super) site: &'a Site,
    pub(super) trace: Uuid,
    /// The client's own id for the request where it sent one.
    pub(super) correlation: String,
}

impl<'a> Ask<'a> {
    pub(super) fn new(call: &'a Call, site: &'a Site) -> Self {
        Self { call, site, trace: Uuid::new_v4(), correlation: correlation_id(call) }
    }

    pub(super) fn now(&self) -> OffsetDateTime {
        self.site.clock.now()
    }

    /// What MSAL sends as a header, in the query or in the form, whichever it is.
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        parameter(self.call, name)
    }

    /// Id and secret of a client that authenticates by a header (RFC 6749, section 2.3.1).
    pub(super) fn client_credentials(&self) -> Option<(String, String)> {
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
    pub(super) fn needed(&self, name: &str) -> Result<String, EntraError> {
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
pub(super) fn check_duplicates(pairs: &[u8]) -> Result<(), EntraError> {
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
