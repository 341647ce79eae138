//! The tenant part of a path: who may sign in there, by which client, and for which tenant.

use super::EntraError;
use crate::scenario::{Application, Scenario, Tenant, User};

/// The tenant of personal accounts.
pub(super) const CONSUMERS: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

/// The tenant part of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Authority {
    /// One tenant, by its id.
    Tenant(String),
    /// `organizations` or `common`: the home tenant of whoever signs in.
    Home,
    /// `consumers`: personal accounts, of which no scenario has one.
    Consumers,
}

impl Authority {
    pub(super) fn of(segment: &str, scenario: &Scenario) -> Result<Self, EntraError> {
        match segment {
            "organizations" | "common" => return Ok(Self::Home),
            "consumers" | CONSUMERS => return Ok(Self::Consumers),
            _ => {}
        }
        let tenant = scenario.tenant(segment).ok_or_else(|| EntraError::unknown_tenant(segment))?;
        Ok(Self::Tenant(tenant.id.clone()))
    }

    /// The public client with this id, where the authority lets it sign people in.
    pub(super) fn find_client(
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
    pub(super) fn tenant_for<'s>(
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
                    "User account '{}' from identity provider '{}' does not exist in tenant '{}' and cannot access the application '{}'({}) in that tenant. The account needs to be added as an external user in the tenant first. Sign out and sign in again with a different Azure Active Directory user account.",
                    user.upn,
                    user.identity_provider(),
                    tenant.name,
                    application.id,
                    application.name
                ),
            ));
        }
        Ok(tenant)
    }

    /// Whether something that was given out for `tenant` may be redeemed here.
    pub(super) fn covers(&self, tenant: &str) -> bool {
        match self {
            Self::Tenant(id) => id == tenant,
            Self::Home => true,
            Self::Consumers => false,
        }
    }
}

/// What Entra calls a tenant in its texts.
pub(super) fn name_directory<'a>(segment: &'a str, scenario: &'a Scenario) -> &'a str {
    scenario.tenant(segment).map_or(segment, |tenant| tenant.name.as_str())
}
