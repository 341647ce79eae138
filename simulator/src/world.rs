//! The state of the simulated Azure: the scenario, and what has happened since.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::scenario::{Account, ResourceGroup, Scenario, ServicePrincipal, Subscription, User};

/// A role assignment.
#[derive(Clone, Debug)]
pub(crate) struct Assignment {
    pub(crate) name: String,
    pub(crate) tenant: String,
    pub(crate) principal: String,
    pub(crate) principal_type: String,
    /// Id of a role definition.
    pub(crate) role: String,
    pub(crate) scope: String,
    pub(crate) description: Option<String>,
    pub(crate) created: OffsetDateTime,
    pub(crate) created_by: Option<String>,
    /// From when the data plane knows of it; none for what was there from the beginning.
    pub(crate) effective: Option<OffsetDateTime>,
}

/// An authorization code that was given out.
#[derive(Clone, Debug)]
pub(crate) struct Code {
    pub(crate) client: String,
    pub(crate) redirect: String,
    pub(crate) challenge: String,
    pub(crate) tenant: String,
    pub(crate) upn: String,
    pub(crate) resource: String,
    pub(crate) nonce: Option<String>,
    pub(crate) issued: OffsetDateTime,
    pub(crate) redeemed: bool,
}

/// A refresh token that was given out.
#[derive(Clone, Debug)]
pub(crate) struct RefreshToken {
    pub(crate) client: String,
    pub(crate) upn: String,
    pub(crate) issued: OffsetDateTime,
}

/// Everything that requests read and change.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) scenario: Scenario,
    pub(crate) assignments: Vec<Assignment>,
    /// Those of the scenario and those that came with managed identities.
    pub(crate) service_principals: Vec<ServicePrincipal>,
    pub(crate) codes: HashMap<String, Code>,
    pub(crate) refresh_tokens: HashMap<String, RefreshToken>,
    /// Access tokens given out so far, which seeds their lifetimes.
    pub(crate) access_tokens: u64,
}

impl World {
    pub(crate) fn new(scenario: Scenario, now: OffsetDateTime) -> Self {
        Self {
            assignments: given_assignments(&scenario, now),
            service_principals: scenario.service_principals.clone(),
            scenario,
            codes: HashMap::new(),
            refresh_tokens: HashMap::new(),
            access_tokens: 0,
        }
    }

    /// How long a new assignment stays unknown to the data plane.
    pub(crate) fn role_delay(&self) -> Duration {
        Duration::from_secs(self.scenario.role_effective_after_seconds)
    }

    /// The account behind a custom subdomain.
    pub(crate) fn account_by_subdomain(
        &self,
        label: &str,
    ) -> Option<(&Subscription, &ResourceGroup, &Account)> {
        self.accounts().find(|(_, _, account)| {
            account.subdomain.as_ref().is_some_and(|own| own.eq_ignore_ascii_case(label))
        })
    }

    pub(crate) fn accounts(
        &self,
    ) -> impl Iterator<Item = (&Subscription, &ResourceGroup, &Account)> {
        self.scenario.subscriptions.iter().flat_map(|subscription| {
            subscription.resource_groups.iter().flat_map(move |group| {
                group.accounts.iter().map(move |account| (subscription, group, account))
            })
        })
    }

    /// The person whom a token of a tenant speaks of.
    pub(crate) fn caller(&self, tenant: &str, object_id: &str) -> Option<&User> {
        self.scenario.user_by_object_id(tenant, object_id)
    }

    /// The application that an object id of a tenant stands for.
    pub(crate) fn service_principal(&self, tenant: &str, id: &str) -> Option<&ServicePrincipal> {
        self.service_principals
            .iter()
            .find(|one| one.tenant == tenant && one.id.eq_ignore_ascii_case(id))
    }

    /// `User`, `Group` or `ServicePrincipal`, for an object id that a tenant's directory holds now.
    pub(crate) fn principal_type(&self, tenant: &str, object_id: &str) -> Option<&'static str> {
        self.service_principal(tenant, object_id)
            .map(|_| "ServicePrincipal")
            .or_else(|| self.scenario.principal_type_in(tenant, object_id))
    }

    /// What has happened, without secrets.
    pub(crate) fn describe(&self, now: OffsetDateTime) -> Value {
        let assignments: Vec<Value> = self
            .assignments
            .iter()
            .map(|one| {
                json!({
                    "name": one.name,
                    "principal": one.principal,
                    "principal_type": one.principal_type,
                    "role": one.role,
                    "role_name": self.scenario.role(&one.role).map(|role| &role.name),
                    "scope": one.scope,
                    "description": one.description,
                    "given": one.effective.is_none(),
                    "effective": one.effective.is_none_or(|from| from <= now),
                })
            })
            .collect();
        json!({
            "scenario": self.scenario.name,
            "about": self.scenario.about,
            "now": crate::clock::arm_time(now),
            "assignments": assignments,
            "codes": {
                "issued": self.codes.len(),
                "redeemed": self.codes.values().filter(|code| code.redeemed).count(),
            },
            "refresh_tokens": self.refresh_tokens.len(),
            "access_tokens": self.access_tokens,
        })
    }
}

fn given_assignments(scenario: &Scenario, now: OffsetDateTime) -> Vec<Assignment> {
    scenario
        .assignments
        .iter()
        .filter_map(|given| {
            Some(Assignment {
                name: given.name.clone(),
                tenant: tenant_of_principal(scenario, &given.principal)?,
                principal: given.principal.clone(),
                principal_type: scenario.principal_type(&given.principal)?.to_owned(),
                role: scenario.role(&given.role)?.id.clone(),
                scope: given.scope.clone(),
                description: None,
                created: now,
                created_by: None,
                effective: None,
            })
        })
        .collect()
}

fn tenant_of_principal(scenario: &Scenario, principal: &str) -> Option<String> {
    scenario
        .tenants
        .iter()
        .find(|tenant| scenario.principal_type_in(&tenant.id, principal).is_some())
        .map(|tenant| tenant.id.clone())
}
