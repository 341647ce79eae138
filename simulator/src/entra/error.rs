//! Refusals by Entra, in the three ways in which it tells them.

use std::time::Duration;

use http::StatusCode;
use serde_json::json;
use time::OffsetDateTime;

use super::{Ask, page};
use crate::answer::Answer;
use crate::clock::{arm_time, entra_time};
use crate::cloud::Cloud;
use crate::policy::Demand;
use crate::scenario::{Application, Tenant};
use crate::signature;

/// A refusal: OAuth's code, Entra's number, and a text.
#[derive(Clone, Debug)]
pub(super) struct EntraError {
    pub(super) error: &'static str,
    number: u32,
    text: String,
    suberror: Option<&'static str>,
    claims: Option<String>,
}

impl EntraError {
    pub(super) fn new(error: &'static str, number: u32, text: impl Into<String>) -> Self {
        Self { error, number, text: text.into(), suberror: None, claims: None }
    }

    /// The same refusal under the name that another endpoint has for it.
    pub(super) fn named(self, error: &'static str) -> Self {
        Self { error, ..self }
    }

    pub(super) fn with_suberror(mut self, suberror: &'static str) -> Self {
        self.suberror = Some(suberror);
        self
    }

    pub(super) fn with_claims(mut self, claims: String) -> Self {
        self.claims = Some(claims);
        self
    }

    pub(super) fn unknown_tenant(segment: &str) -> Self {
        Self::new(
            "invalid_request",
            90002,
            format!(
                "Tenant '{segment}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant."
            ),
        )
    }

    pub(super) fn unknown_client(client: &str, directory: &str) -> Self {
        Self::new(
            "unauthorized_client",
            700_016,
            format!(
                "Application with identifier '{client}' was not found in the directory '{directory}'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant."
            ),
        )
    }

    /// The client's registration does not list a permission for the resource (quoted:
    /// `entra.authorize__AADSTS650057`).
    pub(super) fn lacking_permission(application: &Application, resource: &str) -> Self {
        let listed = application.resources.iter().flatten();
        let listed: Vec<&str> = listed.map(|one| Cloud::application_of(one)).collect();
        Self::new(
            "invalid_client",
            650_057,
            format!(
                "Invalid resource. The client has requested access to a resource which is not listed in the requested permissions in the client's application registration. Client app ID: {}({}). Resource value from request: {resource}. Resource app ID: {}. List of valid resources from app registration: {}.",
                application.id,
                application.name,
                Cloud::application_of(resource),
                listed.join(", ")
            ),
        )
    }

    /// A client that is not public, or does not sign in by itself, sends no secret.
    pub(super) fn no_secret() -> Self {
        Self::new(
            "invalid_client",
            7_000_218,
            "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
        )
    }

    pub(super) fn unknown_user(upn: &str) -> Self {
        Self::new(
            "invalid_grant",
            50034,
            format!("The user account {upn} does not exist in the directory."),
        )
    }

    pub(super) fn missing(parameter: &str) -> Self {
        Self::new(
            "invalid_request",
            900_144,
            format!("The request body must contain the following parameter: '{parameter}'."),
        )
    }

    /// The person pressed "decline"; the endpoints have different names for it.
    pub(super) fn declined(error: &'static str) -> Self {
        Self::new(error, 65004, "User declined to consent to access the app.")
    }

    /// A second factor is missing (quoted: `entra.token__400__interaction_required__mfa`; the v2.0
    /// endpoint says `invalid_grant`). `claims` is what the sign-in has to bring.
    pub(super) fn needs_mfa(resource: &str, claims: String) -> Self {
        Self::new(
            "invalid_grant",
            50076,
            format!(
                "Due to a configuration change made by your administrator, or because you moved to a new location, you must use multi-factor authentication to access '{}'.",
                Cloud::application_of(resource)
            ),
        )
        .with_suberror("basic_action")
        .with_claims(claims)
    }

    /// What is said when a tenant's demand is not met and nobody is there to meet it.
    pub(super) fn of_demand(
        demand: &Demand,
        tenant: &Tenant,
        application: &Application,
        resource: &str,
        signed_in: OffsetDateTime,
        began: OffsetDateTime,
    ) -> Self {
        let signed_in = arm_time(signed_in);
        match demand {
            Demand::Block => Self::new(
                "invalid_grant",
                53003,
                "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance.",
            )
            .with_suberror("message_only"),
            Demand::NoApplication => Self::unknown_client(&application.id, &tenant.name),
            // Its suberror was not recorded.
            Demand::TokenProtection => Self::new(
                "invalid_grant",
                530_084,
                "Access has been blocked by conditional access token protection policy configured by this organization.",
            ),
            Demand::CompliantDevice => Self::new(
                "invalid_grant",
                53000,
                "Device is not in required device state: compliant. Conditional Access policy requires a compliant device, and the device is not compliant. The user must enroll their device with an approved MDM provider like Intune.",
            )
            .with_suberror("message_only"),
            Demand::DeviceAuthentication => {
                Self::new("invalid_grant", 50097, "Device authentication is required.")
                    .with_suberror("device_authentication_failed")
            }
            Demand::Mfa => Self::needs_mfa(resource, policy_claims(tenant)),
            Demand::Enrolment => Self::new(
                "invalid_grant",
                50079,
                format!(
                    "Due to a configuration change made by your administrator, or because you moved to a new location, you must enroll in multi-factor authentication to access '{}'.",
                    Cloud::application_of(resource)
                ),
            )
            .with_suberror("basic_action")
            .with_claims(policy_claims(tenant)),
            Demand::Consent => Self::new(
                "invalid_grant",
                65001,
                format!(
                    "The user or administrator has not consented to use the application with ID '{}' named '{}'. Send an interactive authorization request for this user and resource.",
                    application.id, application.name
                ),
            )
            .with_suberror("consent_required"),
            Demand::SignInFrequency { seconds } => Self::new(
                "invalid_grant",
                70043,
                format!(
                    "The refresh token has expired or is invalid due to sign-in frequency checks by conditional access. The token was issued on {signed_in} and the maximum allowed lifetime for this request is {seconds}."
                ),
            )
            .with_suberror("token_expired"),
            Demand::Revoked { after_seconds } => Self::new(
                "invalid_grant",
                50173,
                format!(
                    "The provided grant has expired due to it being revoked, a fresh auth token is needed. The user might have changed or reset their password. The grant was issued on '{signed_in}' and the TokensValidFrom date (before which tokens are not valid) for this user is '{}'.",
                    arm_time(began + Duration::from_secs(*after_seconds))
                ),
            )
            .with_suberror("bad_token"),
        }
    }

    /// The text with everything that Entra appends to it (layout of 2024 and later: blanks).
    pub(super) fn description(&self, ask: &Ask<'_>) -> String {
        format!(
            "AADSTS{}: {} Trace ID: {} Correlation ID: {} Timestamp: {}",
            self.number,
            self.text,
            ask.trace,
            ask.correlation,
            entra_time(ask.now())
        )
    }

    pub(super) fn uri(&self) -> String {
        format!("https://login.microsoftonline.com/error?code={}", self.number)
    }

    /// The body of the endpoints for programs (recorded: `entra.token__400__authorization_pending`):
    /// 401 for credentials of a client that are no good, 400 for everything else.
    pub(super) fn into_answer(self, ask: &Ask<'_>) -> Answer {
        let mut body = json!({
            "error": self.error,
            "error_description": self.description(ask),
            "error_codes": [self.number],
            "timestamp": entra_time(ask.now()),
            "trace_id": ask.trace.to_string(),
            "correlation_id": ask.correlation,
            "error_uri": self.uri(),
        });
        if let Some(suberror) = self.suberror {
            body["suberror"] = json!(suberror);
        }
        if let Some(claims) = &self.claims {
            body["claims"] = json!(claims);
        }
        let status = match self.error {
            "invalid_client" => StatusCode::UNAUTHORIZED,
            _ => StatusCode::BAD_REQUEST,
        };
        Answer::json(status, &body)
            .with("cache-control", "no-store, no-cache")
            .with("pragma", "no-cache")
            .with("expires", "-1")
            .with("x-ms-srs", "1.P")
            .with("x-xss-protection", "0")
            .with("x-ms-clitelem", format!("1,{},0,,", self.number))
    }

    /// The page for a person whom no redirect can help.
    pub(super) fn into_page(self, ask: &Ask<'_>) -> Answer {
        page::message(StatusCode::BAD_REQUEST, "This sign-in cannot go on", &self.description(ask))
    }
}

/// The claims request that names a conditional access policy of a tenant.
fn policy_claims(tenant: &Tenant) -> String {
    let policy = signature::stable_id(&format!("conditional access of {}", tenant.id)).to_string();
    json!({"access_token": {"capolids": {"essential": true, "values": [policy]}}}).to_string()
}
