//! The state of the simulated Azure: the scenario, and what has happened since.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use serde_json::{Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::arm::identity_id;
use crate::assignment::{Assignment, Assignments};
use crate::entra;
use crate::quota::Quota;
use crate::rbac::canonical;
use crate::scenario::{Scenario, ServicePrincipal, User};

/// A user-assigned managed identity.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) location: String,
    /// A JSON object.
    pub(crate) tags: Value,
    pub(crate) tenant: String,
    /// Object id of its service principal.
    pub(crate) principal: String,
    pub(crate) client: String,
    /// None for what was there from the beginning.
    pub(crate) created: Option<OffsetDateTime>,
}

/// Everything that requests read and change.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) scenario: Scenario,
    pub(crate) assignments: Assignments,
    /// Those of the scenario and those that came with managed identities.
    pub(crate) service_principals: Vec<ServicePrincipal>,
    /// Managed identities by canonical id.
    identities: BTreeMap<String, Identity>,
    /// From when a subscription is registered for a namespace, both in lower case.
    registrations: HashMap<(String, String), OffsetDateTime>,
    /// Changes that take their time: when each was begun, and when it is done.
    operations: HashMap<Uuid, (OffsetDateTime, OffsetDateTime)>,
    /// What each person has sent to Resource Graph.
    pub(crate) graph_quota: Quota,
    /// What each deployment was sent.
    pub(crate) deployment_quota: Quota,
    /// What Entra has given out.
    pub(crate) entra: entra::State,
}

impl World {
    pub(crate) fn new(scenario: Scenario, now: OffsetDateTime) -> Self {
        Self {
            assignments: given_assignments(&scenario, now),
            service_principals: scenario.service_principals.clone(),
            identities: given_identities(&scenario),
            registrations: HashMap::new(),
            operations: HashMap::new(),
            graph_quota: Quota::every(Duration::from_secs(5)),
            deployment_quota: Quota::every(Duration::from_secs(10)),
            scenario,
            entra: entra::State::new(now),
        }
    }

    /// How long a new assignment stays unknown to the data plane.
    pub(crate) fn role_delay(&self) -> Duration {
        Duration::from_secs(self.scenario.role_effective_after_seconds)
    }

    /// A managed identity by id, in any case.
    pub(crate) fn identity(&self, id: &str) -> Option<&Identity> {
        self.identities.get(&canonical(id))
    }

    /// The managed identities of a subscription or a resource group, by id.
    pub(crate) fn identities_below(
        &self,
        scope: &str,
    ) -> impl Iterator<Item = &Identity> + use<'_> {
        let inside = format!("{}/", canonical(scope));
        self.identities
            .range(inside.clone()..)
            .take_while(move |(id, _)| id.starts_with(&inside))
            .map(|(_, identity)| identity)
    }

    /// Creates an identity, with its service principal, or changes one.
    pub(crate) fn put_identity(&mut self, identity: Identity) {
        if self.identity(&identity.id).is_none() {
            self.service_principals.push(ServicePrincipal::of_identity(
                &identity.name,
                &identity.principal,
                &identity.client,
                &identity.tenant,
            ));
        }
        self.identities.insert(canonical(&identity.id), identity);
    }

    /// Removes an identity with its service principal; whether there was one.
    pub(crate) fn remove_identity(&mut self, id: &str) -> bool {
        let Some(gone) = self.identities.remove(&canonical(id)) else {
            return false;
        };
        self.service_principals.retain(|one| one.id != gone.principal);
        true
    }

    /// The managed identity behind an object id of a tenant.
    pub(crate) fn identity_by_principal(&self, tenant: &str, object_id: &str) -> Option<&Identity> {
        self.identities
            .values()
            .find(|one| one.tenant == tenant && one.principal.eq_ignore_ascii_case(object_id))
    }

    /// Notes a change that takes its time, and returns the id under which it can be asked for.
    pub(crate) fn begin_operation(&mut self, now: OffsetDateTime, until: OffsetDateTime) -> Uuid {
        let id = Uuid::new_v4();
        self.operations.insert(id, (now, until));
        id
    }

    /// When a change was begun, and when it is done.
    pub(crate) fn operation(&self, id: Uuid) -> Option<(OffsetDateTime, OffsetDateTime)> {
        self.operations.get(&id).copied()
    }

    /// From when a subscription is registered for a namespace, where that was asked for.
    pub(crate) fn provider_registered_from(
        &self,
        subscription: &str,
        namespace: &str,
    ) -> Option<OffsetDateTime> {
        self.registrations.get(&(subscription.to_lowercase(), namespace.to_lowercase())).copied()
    }

    pub(crate) fn register_provider(
        &mut self,
        subscription: &str,
        namespace: &str,
        from: OffsetDateTime,
    ) {
        self.registrations.insert((subscription.to_lowercase(), namespace.to_lowercase()), from);
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
                    "created": crate::clock::arm_time(one.created),
                    "given": one.effective.is_none(),
                    "effective": one.effective.is_none_or(|from| from <= now),
                })
            })
            .collect();
        let [codes, redeemed, refresh_tokens, access_tokens] = self.entra.counts();
        json!({
            "scenario": self.scenario.name,
            "about": self.scenario.about,
            "now": crate::clock::arm_time(now),
            "assignments": assignments,
            "codes": { "issued": codes, "redeemed": redeemed },
            "refresh_tokens": refresh_tokens,
            "access_tokens": access_tokens,
        })
    }
}

fn given_assignments(scenario: &Scenario, now: OffsetDateTime) -> Assignments {
    let mut all = Assignments::default();
    for given in &scenario.assignments {
        let tenant = tenant_of_principal(scenario, &given.principal);
        let kind = scenario.principal_type(&given.principal);
        let role = scenario.role(&given.role);
        // A scenario that was read has all three.
        if let (Some(tenant), Some(kind), Some(role)) = (tenant, kind, role) {
            all.insert(Assignment {
                name: given.name.clone(),
                tenant,
                principal: given.principal.clone(),
                principal_type: kind.to_owned(),
                role: role.id.clone(),
                scope: given.scope.clone(),
                description: given.description.clone(),
                condition: given.condition.clone(),
                created: now,
                created_by: given.created_by.clone(),
                effective: None,
            });
        }
    }
    all
}

fn given_identities(scenario: &Scenario) -> BTreeMap<String, Identity> {
    let mut found = BTreeMap::new();
    for subscription in &scenario.subscriptions {
        for group in &subscription.resource_groups {
            for given in &group.identities {
                let id = identity_id(&subscription.id, &group.name, &given.name);
                let identity = Identity {
                    id: id.clone(),
                    name: given.name.clone(),
                    location: group.location.clone(),
                    tags: json!(given.tags),
                    tenant: subscription.tenant.clone(),
                    principal: given.principal_id.clone(),
                    client: given.client_id.clone(),
                    created: None,
                };
                found.insert(canonical(&id), identity);
            }
        }
    }
    found
}

fn tenant_of_principal(scenario: &Scenario, principal: &str) -> Option<String> {
    scenario
        .tenants
        .iter()
        .find(|tenant| scenario.principal_type_in(&tenant.id, principal).is_some())
        .map(|tenant| tenant.id.clone())
}
