//! Where things are in a scenario, so that no request searches through all of them.

use std::collections::HashMap;

use crate::rbac::canonical;
use crate::scenario::Scenario;

/// Positions in the lists of a scenario; names and ids in lower case.
#[derive(Clone, Debug, Default)]
pub(crate) struct Index {
    pub(crate) tenants: HashMap<String, usize>,
    /// By user principal name.
    pub(crate) users: HashMap<String, usize>,
    /// By tenant and object id.
    pub(crate) user_ids: HashMap<(String, String), usize>,
    pub(crate) groups: HashMap<String, usize>,
    /// The groups that a member is in, by the member's object id.
    pub(crate) memberships: HashMap<String, Vec<usize>>,
    pub(crate) service_principals: HashMap<String, usize>,
    pub(crate) management_groups: HashMap<String, usize>,
    pub(crate) subscriptions: HashMap<String, usize>,
    /// The subscriptions of a tenant, each with its id in lower case.
    pub(crate) of_tenant: HashMap<String, Vec<(String, usize)>>,
    /// Subscription, resource group and account, by custom subdomain.
    pub(crate) subdomains: HashMap<String, (usize, usize, usize)>,
    /// By id and by name, counted through the built-in roles and then the scenario's own.
    pub(crate) roles: HashMap<String, usize>,
    /// Deny assignments by canonical scope.
    pub(crate) denials: HashMap<String, Vec<usize>>,
}

impl Index {
    pub(crate) fn of(scenario: &Scenario) -> Self {
        let mut index = Self::default();
        index.read_directories(scenario);
        index.read_scopes(scenario);
        // The first of a name wins, and a name never hides an id.
        for (at, role) in scenario.roles().enumerate() {
            index.roles.entry(role.name.to_lowercase()).or_insert(at);
        }
        for (at, role) in scenario.roles().enumerate() {
            index.roles.insert(role.id.to_lowercase(), at);
        }
        for (at, denial) in scenario.deny_assignments.iter().enumerate() {
            index.denials.entry(canonical(&denial.scope)).or_default().push(at);
        }
        index
    }

    fn read_directories(&mut self, scenario: &Scenario) {
        for (at, tenant) in scenario.tenants.iter().enumerate() {
            for name in tenant.domains.iter().chain([&tenant.id]) {
                self.tenants.entry(name.to_lowercase()).or_insert(at);
            }
        }
        for (at, user) in scenario.users.iter().enumerate() {
            self.users.entry(user.upn.to_lowercase()).or_insert(at);
            for (tenant, id) in &user.object_ids {
                self.user_ids.entry((tenant.clone(), id.to_lowercase())).or_insert(at);
            }
        }
        for (at, group) in scenario.groups.iter().enumerate() {
            self.groups.entry(group.id.to_lowercase()).or_insert(at);
            for member in &group.members {
                self.memberships.entry(member.to_lowercase()).or_default().push(at);
            }
        }
        for (at, principal) in scenario.service_principals.iter().enumerate() {
            self.service_principals.entry(principal.id.to_lowercase()).or_insert(at);
        }
    }

    fn read_scopes(&mut self, scenario: &Scenario) {
        for (at, group) in scenario.management_groups.iter().enumerate() {
            self.management_groups.entry(group.name.to_lowercase()).or_insert(at);
        }
        for (at, subscription) in scenario.subscriptions.iter().enumerate() {
            self.subscriptions.entry(subscription.id.to_lowercase()).or_insert(at);
            let of_tenant = self.of_tenant.entry(subscription.tenant.clone()).or_default();
            of_tenant.push((subscription.id.to_lowercase(), at));
            for (in_subscription, group) in subscription.resource_groups.iter().enumerate() {
                for (in_group, account) in group.accounts.iter().enumerate() {
                    if let Some(name) = &account.subdomain {
                        let place = (at, in_subscription, in_group);
                        self.subdomains.entry(name.to_lowercase()).or_insert(place);
                    }
                }
            }
        }
    }
}
