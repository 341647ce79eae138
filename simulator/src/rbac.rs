//! Role-based access control: which assignments of a principal count at a scope, and what they allow.
//!
//! Deny assignments would be subtracted in [`allows`]; conditions of assignments would be evaluated
//! in [`at_or_above`]. Neither exists yet, and no scenario can state one.

use time::OffsetDateTime;

use crate::mutant::Mutant;
use crate::roles::RoleDefinition;
use crate::scenario::Scenario;
use crate::world::{Assignment, World};

/// Someone who asks, in one tenant.
#[derive(Clone, Debug)]
pub(crate) struct Principal {
    pub(crate) tenant: String,
    pub(crate) object_id: String,
    /// A person's user principal name, or an application's id.
    pub(crate) name: String,
    pub(crate) kind: PrincipalKind,
    /// Authentication contexts that the token carries (claim `acrs`): `p1` after multi-factor
    /// authentication.
    pub(crate) acrs: Vec<String>,
}

/// What the token says of who asks (claim `idtyp`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PrincipalKind {
    User,
    Application,
}

/// Whether the control plane lets the principal do `action` at `scope`.
pub(crate) fn allows(world: &World, who: &Principal, scope: &str, action: &str) -> bool {
    roles_at(world, who, scope).any(|role| role.allows(action))
}

/// Whether the data plane lets the principal do `action` at `scope` at this moment.
pub(crate) fn allows_data(
    world: &World,
    who: &Principal,
    scope: &str,
    action: &str,
    now: OffsetDateTime,
) -> bool {
    at_or_above(world, who, scope)
        .filter(|one| one.effective.is_none_or(|from| from <= now) || Mutant::RoleAtOnce.is_on())
        .filter_map(|assignment| world.scenario.role(&assignment.role))
        .any(|role| role.allows_data(action))
}

/// The roles that the principal holds at `scope`, one for every assignment.
pub(crate) fn roles_at<'w>(
    world: &'w World,
    who: &Principal,
    scope: &str,
) -> impl Iterator<Item = &'w RoleDefinition> {
    at_or_above(world, who, scope).filter_map(|assignment| world.scenario.role(&assignment.role))
}

/// Whether the principal holds any role with control-plane actions at, above or below `scope`.
pub(crate) fn sees_anything(world: &World, who: &Principal, scope: &str) -> bool {
    let above = scopes_at_or_above(&world.scenario, scope);
    of_principal(world, who)
        .filter(|assignment| {
            above.contains(&canonical(&assignment.scope)) || is_below(&assignment.scope, scope)
        })
        .filter_map(|assignment| world.scenario.role(&assignment.role))
        .any(|role| !role.actions.is_empty())
}

/// The principal's own assignments and its groups', at `scope` and inherited from above.
pub(crate) fn at_or_above<'w>(
    world: &'w World,
    who: &Principal,
    scope: &str,
) -> impl Iterator<Item = &'w Assignment> {
    let above = scopes_at_or_above(&world.scenario, scope);
    of_principal(world, who).filter(move |assignment| {
        above.contains(&canonical(&assignment.scope))
            || (Mutant::ChildScopeCounted.is_on() && is_below(&assignment.scope, &above[0]))
    })
}

/// A scope and everything above it: account, resource group, subscription, management groups, root.
pub(crate) fn scopes_at_or_above(scenario: &Scenario, scope: &str) -> Vec<String> {
    let scope = canonical(scope);
    let segments: Vec<&str> = scope.split('/').filter(|segment| !segment.is_empty()).collect();
    let mut found: Vec<String> = [8, 4, 2]
        .into_iter()
        .filter(|length| *length <= segments.len() && segments.first() == Some(&"subscriptions"))
        .map(|length| format!("/{}", segments[..length].join("/")))
        .collect();
    let mut parent = match segments.as_slice() {
        ["subscriptions", id, ..] => {
            scenario.subscription(id).and_then(|one| one.management_group.clone())
        }
        ["providers", _, _, name] => Some((*name).to_owned()),
        _ => None,
    };
    while let Some(name) = parent {
        found.push(canonical(&management_group_scope(&name)));
        parent = scenario
            .management_groups
            .iter()
            .find(|group| group.name.eq_ignore_ascii_case(&name))
            .and_then(|group| group.parent.clone());
    }
    found.push("/".into());
    if Mutant::ParentScopeIgnored.is_on() {
        found.truncate(1);
    }
    found
}

/// Whether `scope` lies strictly below `outer` by its path alone.
pub(crate) fn is_below(scope: &str, outer: &str) -> bool {
    canonical(scope)
        .strip_prefix(&canonical(outer))
        .is_some_and(|rest| rest.len() > 1 && (rest.starts_with('/') || outer == "/"))
}

/// Lower case, no trailing slash; two scopes are the same when these are.
pub(crate) fn canonical(scope: &str) -> String {
    let scope = scope.trim_end_matches('/').to_lowercase();
    if scope.is_empty() { "/".into() } else { scope }
}

pub(crate) fn management_group_scope(name: &str) -> String {
    format!("/providers/Microsoft.Management/managementGroups/{name}")
}

/// Object ids are unique across tenants, so the ids alone decide.
fn of_principal<'w>(
    world: &'w World,
    who: &Principal,
) -> impl Iterator<Item = &'w Assignment> + use<'w> {
    let mut identities = world.scenario.identities_of(&who.object_id);
    if Mutant::GroupsIgnored.is_on() {
        identities.truncate(1);
    }
    world
        .assignments
        .iter()
        .filter(move |assignment| identities.contains(&assignment.principal.to_lowercase()))
}
