//! The `api-version` parameter: required, one of those that real clients send, everything else refused.

use http::StatusCode;

use super::{Route, failed_by_gateway};
use crate::answer::Answer;
use crate::call::Call;
use crate::mutant::Mutant;

const RESOURCES: &[&str] =
    &["2019-06-01", "2019-11-01", "2020-01-01", "2021-01-01", "2022-09-01", "2022-12-01"];
const RESOURCE_GROUPS: &[&str] =
    &["2019-10-01", "2020-06-01", "2021-04-01", "2024-03-01", "2024-11-01", "2025-04-01"];
const COGNITIVE_SERVICES: &[&str] = &[
    "2022-10-01",
    "2022-12-01",
    "2023-05-01",
    "2024-10-01",
    "2025-06-01",
    "2025-09-01",
    "2025-12-01",
    "2026-03-01",
    "2026-05-01",
    "2026-05-15-preview",
];
const AUTHORIZATION: &[&str] = &[
    "2018-09-01-preview",
    "2020-04-01-preview",
    "2020-08-01-preview",
    "2022-04-01",
    "2022-05-01-preview",
    "2026-08-01",
];
const DENY_ASSIGNMENTS: &[&str] = &["2018-07-01-preview", "2022-04-01", "2026-09-01"];
const LOCATIONS: &str = "eastus, eastus2, swedencentral, westeurope, westus3";

/// Refuses a request without a version, or with one that its type does not support.
pub(super) fn check(route: &Route, call: &Call) -> Result<(), Answer> {
    let Some(version) = call.query("api-version").filter(|version| !version.is_empty()) else {
        return Err(refuse(
            "MissingApiVersionParameter",
            "The api-version query parameter (?api-version=) is required for all requests."
                .to_owned(),
        ));
    };
    let (kind, supported) = supported(route);
    if supported.contains(&version.to_lowercase().as_str()) || Mutant::UnknownVersion.is_on() {
        return Ok(());
    }
    let Some(kind) = kind else {
        return Err(refuse(
            "InvalidApiVersionParameter",
            format!(
                "The api-version '{version}' is invalid. The supported versions are '{}'.",
                supported.join(",")
            ),
        ));
    };
    Err(refuse(
        "NoRegisteredProviderFound",
        format!(
            "No registered resource provider found for location 'swedencentral' and API version '{version}' for type '{kind}'. The supported api-versions are '{}'. The supported locations are '{LOCATIONS}'.",
            supported.join(", ")
        ),
    ))
}

/// The resource type as the refusal names it (none for Resource Manager's own), and its versions.
fn supported(route: &Route) -> (Option<&'static str>, &'static [&'static str]) {
    match route {
        Route::Tenants | Route::Subscriptions | Route::Subscription(_) => (None, RESOURCES),
        Route::ResourceGroups(_) | Route::ResourceGroup(_) => (None, RESOURCE_GROUPS),
        Route::Accounts(_) | Route::Account(_) => (Some("accounts"), COGNITIVE_SERVICES),
        Route::Deployments(_) | Route::Deployment(..) => {
            (Some("accounts/deployments"), COGNITIVE_SERVICES)
        }
        Route::Permissions(_) => (Some("permissions"), AUTHORIZATION),
        Route::DenyAssignments(_) => (Some("denyAssignments"), DENY_ASSIGNMENTS),
        Route::RoleDefinitions(_) | Route::RoleDefinition(..) => {
            (Some("roleDefinitions"), AUTHORIZATION)
        }
        Route::RoleAssignments(_)
        | Route::ReadRoleAssignment(..)
        | Route::CreateRoleAssignment(..)
        | Route::DeleteRoleAssignment(..) => (Some("roleAssignments"), AUTHORIZATION),
    }
}

fn refuse(code: &str, message: String) -> Answer {
    failed_by_gateway(Answer::error(StatusCode::BAD_REQUEST, code, message))
}
