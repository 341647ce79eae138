//! The `api-version` parameter: required, one of those that real clients send, everything else refused.

use http::StatusCode;

use super::{Route, failed_by_gateway};
use crate::answer::Answer;
use crate::call::Call;
use crate::mutant::Mutant;

/// Versions by kind of resource, oldest first: those of the public specification and of real clients.
pub(super) const RESOURCES: &[&str] = &[
    "2014-04-01",
    "2015-11-01",
    "2016-06-01",
    "2018-05-01",
    "2018-06-01",
    "2019-06-01",
    "2019-11-01",
    "2020-01-01",
    "2021-01-01",
    "2021-04-01",
    "2022-01-01",
    "2022-09-01",
    "2022-12-01",
];
pub(super) const RESOURCE_GROUPS: &[&str] = &[
    "2015-11-01",
    "2016-02-01",
    "2016-06-01",
    "2016-07-01",
    "2016-09-01",
    "2017-05-10",
    "2018-02-01",
    "2018-05-01",
    "2019-03-01",
    "2019-05-01",
    "2019-05-10",
    "2019-07-01",
    "2019-08-01",
    "2019-10-01",
    "2020-06-01",
    "2020-08-01",
    "2020-10-01",
    "2021-01-01",
    "2021-04-01",
    "2022-09-01",
    "2023-07-01",
    "2024-03-01",
    "2024-07-01",
    "2024-11-01",
    "2025-03-01",
    "2025-04-01",
];
pub(super) const COGNITIVE_SERVICES: &[&str] = &[
    "2016-02-01-preview",
    "2017-04-18",
    "2021-04-30",
    "2021-10-01",
    "2022-03-01",
    "2022-10-01",
    "2022-12-01",
    "2023-05-01",
    "2023-10-01-preview",
    "2024-04-01-preview",
    "2024-06-01-preview",
    "2024-10-01",
    "2025-04-01-preview",
    "2025-06-01",
    "2025-07-01-preview",
    "2025-09-01",
    "2025-10-01-preview",
    "2025-12-01",
    "2026-01-15-preview",
    "2026-03-01",
    "2026-03-15-preview",
    "2026-05-01",
    "2026-05-15-preview",
];
pub(super) const AUTHORIZATION: &[&str] = &[
    "2015-05-01-preview",
    "2015-06-01",
    "2015-07-01",
    "2017-05-01",
    "2017-10-01-preview",
    "2018-01-01-preview",
    "2018-07-01",
    "2018-09-01-preview",
    "2020-03-01-preview",
    "2020-04-01-preview",
    "2020-08-01-preview",
    "2020-10-01-preview",
    "2021-04-01-preview",
    "2022-01-01-preview",
    "2022-04-01",
    "2022-05-01-preview",
    "2026-08-01",
];
pub(super) const DENY_ASSIGNMENTS: &[&str] =
    &["2018-07-01-preview", "2019-03-01-preview", "2022-04-01", "2024-07-01-preview", "2026-09-01"];
pub(super) const IDENTITIES: &[&str] = &[
    "2015-08-31-preview",
    "2018-11-30",
    "2021-09-30-preview",
    "2022-01-31-preview",
    "2023-01-31",
    "2023-07-31-preview",
    "2024-11-30",
    "2025-01-31-preview",
    "2025-05-31-preview",
    "2026-04-30",
    "2026-05-31",
];
pub(super) const RESOURCE_GRAPH: &[&str] = &[
    "2018-09-01-preview",
    "2019-04-01",
    "2020-04-01-preview",
    "2021-03-01",
    "2021-06-01-preview",
    "2022-10-01",
    "2024-04-01",
];
const METADATA: &[&str] = &["2015-01-01", "2018-05-01", "2019-05-01", "2020-06-01", "2022-09-01"];
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
    match kind {
        Some(kind) if is_dated(&version) => Err(refuse(
            "NoRegisteredProviderFound",
            format!(
                "No registered resource provider found for location 'swedencentral' and API version '{version}' for type '{kind}'. The supported api-versions are '{}'. The supported locations are '{LOCATIONS}'.",
                supported.join(", ")
            ),
        )),
        _ => Err(refuse(
            "InvalidApiVersionParameter",
            format!(
                "The api-version '{version}' is invalid. The supported versions are '{}'.",
                supported.iter().rev().copied().collect::<Vec<_>>().join(",")
            ),
        )),
    }
}

/// Whether a version has the form `2022-04-01` or `2022-04-01-preview`.
fn is_dated(version: &str) -> bool {
    let date = version.get(..10).unwrap_or_default();
    let digits = |part: &str| part.chars().all(|one| one.is_ascii_digit());
    let parts: Vec<&str> = date.split('-').collect();
    parts.len() == 3
        && [4, 2, 2].iter().zip(&parts).all(|(length, part)| part.len() == *length && digits(part))
        && ["", "-preview"].contains(&&version[10..])
}

/// The resource type as the refusal names it (none for Resource Manager's own), and its versions.
fn supported(route: &Route) -> (Option<&'static str>, &'static [&'static str]) {
    match route {
        Route::Metadata => (None, METADATA),
        Route::Tenants | Route::Subscriptions | Route::Subscription(_) | Route::Locations(_) => {
            (None, RESOURCES)
        }
        Route::ResourceGroups(_)
        | Route::ResourceGroup(_)
        | Route::CheckResourceGroup(_)
        | Route::Provider(..)
        | Route::RegisterProvider(..) => (None, RESOURCE_GROUPS),
        Route::Accounts(_) | Route::Account(_) | Route::UpdateAccount(_) => {
            (Some("accounts"), COGNITIVE_SERVICES)
        }
        Route::CheckDomain(_) => (Some("checkDomainAvailability"), COGNITIVE_SERVICES),
        Route::OperationResult(..) => (Some("locations/operationResults"), COGNITIVE_SERVICES),
        Route::Models(_) => (Some("accounts/models"), COGNITIVE_SERVICES),
        Route::Query => (Some("resources"), RESOURCE_GRAPH),
        Route::Identities(_)
        | Route::Identity(_)
        | Route::CreateIdentity(_)
        | Route::DeleteIdentity(_) => (Some("userAssignedIdentities"), IDENTITIES),
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
