//! Role-based access control: which assignments of a principal count at a scope, what they allow, and
//! what deny assignments take away again.

use std::collections::{HashMap, HashSet};

use time::OffsetDateTime;

use crate::assignment::Assignment;
use crate::condition::Target;
use crate::deny::DenyAssignment;
use crate::mutant::Mutant;
use crate::roles::{Plane, RoleDefinition};
use crate::scenario::{Scenario, Subscription};
use crate::world::World;

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

/// What becomes of a wish to do something somewhere.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Decision<'w> {
    Allowed,
    /// No role allows it.
    Missing,
    /// A role would allow it, but for its condition.
    Unfulfilled,
    /// A role allows it, and a deny assignment forbids it.
    Denied(&'w DenyAssignment),
}

/// What a principal holds: its own and its groups' assignments, looked up by scope.
#[derive(Debug)]
pub(crate) struct Rights<'w> {
    world: &'w World,
    /// The principal and every group that it is in, in lower case.
    identities: Vec<String>,
    /// Assignments that were made after this moment do not count.
    known: Option<OffsetDateTime>,
}

impl<'w> Rights<'w> {
    pub(crate) fn of(world: &'w World, who: &Principal) -> Self {
        let mut identities = world.scenario.identities_of(&who.object_id);
        if Mutant::GroupsIgnored.is_on() {
            identities.truncate(1);
        }
        Self { world, identities, known: None }
    }

    /// The same without assignments that were made after a moment.
    pub(crate) fn known_at(self, moment: OffsetDateTime) -> Self {
        Self { known: Some(moment), ..self }
    }

    /// Whether the control plane lets the principal do `action` at `scope`.
    pub(crate) fn allow(&self, scope: &str, action: &str) -> bool {
        matches!(self.decide(scope, action, &Target::default()), Decision::Allowed)
    }

    /// What the control plane says to `action` at `scope`, done to `target`.
    pub(crate) fn decide(&self, scope: &str, action: &str, target: &Target) -> Decision<'w> {
        self.judge(scope, action, Plane::Control, target, |_| true)
    }

    /// Whether the data plane lets the principal do `action` at `scope` at this moment.
    pub(crate) fn allow_data(&self, scope: &str, action: &str, now: OffsetDateTime) -> bool {
        let effective = |one: &Assignment| {
            one.effective.is_none_or(|from| from <= now) || Mutant::RoleAtOnce.is_on()
        };
        let target = Target::default();
        let decision = self.judge(scope, action, Plane::Data, &target, effective);
        matches!(decision, Decision::Allowed)
    }

    /// The roles that the principal holds at `scope`, one for every assignment.
    pub(crate) fn roles_at(&self, scope: &str) -> Vec<&'w RoleDefinition> {
        let held = self.at_or_above(&scopes_at_or_above(&self.world.scenario, scope));
        held.iter().filter_map(|one| self.world.scenario.role(&one.role)).collect()
    }

    /// Whether the principal holds any role with control-plane actions at, above or below `scope`.
    pub(crate) fn see_anything(&self, scope: &str) -> bool {
        let below = |id: &String| {
            self.world
                .assignments
                .of_below(id, scope)
                .iter()
                .any(|one| self.knows(one) && self.acts(one))
        };
        let above = scopes_at_or_above(&self.world.scenario, scope);
        self.at_or_above(&above).iter().any(|one| self.acts(one))
            || self.identities.iter().any(below)
    }

    /// The subscriptions of a tenant in which the principal sees anything.
    pub(crate) fn visible_subscriptions(&self, tenant: &str) -> Vec<&'w Subscription> {
        let scenario = &self.world.scenario;
        let mut inside: HashSet<&str> = HashSet::new();
        let mut above: HashSet<&str> = HashSet::new();
        for (scope, one) in self.identities.iter().flat_map(|id| self.world.assignments.own(id)) {
            if self.knows(one) && self.acts(one) {
                match scope.strip_prefix("/subscriptions/") {
                    Some(rest) => inside.insert(rest.split('/').next().unwrap_or_default()),
                    None => above.insert(scope),
                };
            }
        }
        // What lies above a subscription is the same for all of one management group.
        let mut decided: HashMap<Option<&str>, bool> = HashMap::new();
        let mut inherits = |one: &'w Subscription| {
            let group = one.management_group.as_deref();
            *decided.entry(group).or_insert_with(|| {
                let scopes = scopes_at_or_above(scenario, &format!("/subscriptions/{}", one.id));
                scopes.iter().any(|scope| above.contains(scope.as_str()))
            })
        };
        scenario
            .subscriptions_of(tenant)
            .filter(|(id, one)| inside.contains(id) || inherits(one))
            .map(|(_, one)| one)
            .collect()
    }

    /// Whether an assignment's role has any control-plane actions.
    fn acts(&self, one: &Assignment) -> bool {
        self.world.scenario.role(&one.role).is_some_and(|role| !role.actions.is_empty())
    }

    /// Whether something below `scope` may be decided otherwise than `scope` itself.
    pub(crate) fn differ_below(&self, scope: &str) -> bool {
        let assigned = |id: &String| self.world.assignments.has_below(id, scope);
        self.identities.iter().any(assigned)
            || self.world.scenario.deny_assignments.iter().any(|denial| {
                is_below(&denial.scope, scope)
                    || (denial.do_not_apply_to_child_scopes
                        && canonical(&denial.scope) == canonical(scope))
            })
    }

    fn judge(
        &self,
        scope: &str,
        action: &str,
        plane: Plane,
        target: &Target,
        counts: impl Fn(&Assignment) -> bool,
    ) -> Decision<'w> {
        let above = scopes_at_or_above(&self.world.scenario, scope);
        let mut decision = Decision::Missing;
        for one in self.at_or_above(&above).into_iter().filter(|one| counts(one)) {
            let Some(role) = self.world.scenario.role(&one.role) else {
                continue;
            };
            if !role.allows(action, plane) {
                continue;
            }
            if is_fulfilled(one, role, action, target) {
                decision = Decision::Allowed;
                break;
            }
            decision = Decision::Unfulfilled;
        }
        match decision {
            Decision::Allowed => {
                self.denial(&above, action, plane).map_or(decision, Decision::Denied)
            }
            _ => decision,
        }
    }

    /// The principal's own assignments and its groups', at some scopes.
    fn at_or_above(&self, scopes: &[String]) -> Vec<&'w Assignment> {
        let world: &'w World = self.world;
        let mut found: Vec<&'w Assignment> = Vec::new();
        for id in &self.identities {
            found.extend(world.assignments.of(id, scopes));
            if Mutant::ChildScopeCounted.is_on() {
                found.extend(world.assignments.of_below(id, &scopes[0]));
            }
        }
        found.retain(|one| self.knows(one));
        found
    }

    fn knows(&self, one: &Assignment) -> bool {
        one.effective.is_none() || self.known.is_none_or(|known| one.created <= known)
    }

    /// The deny assignment that forbids `action`; `above` begins with the scope itself.
    fn denial(&self, above: &[String], action: &str, plane: Plane) -> Option<&'w DenyAssignment> {
        if Mutant::DenyIgnored.is_on() {
            return None;
        }
        above.iter().enumerate().find_map(|(distance, scope)| {
            self.world.scenario.denials_at(scope).find(|denial| {
                (distance == 0 || !denial.do_not_apply_to_child_scopes)
                    && denial.concerns(&self.identities)
                    && denial.forbids(action, plane)
            })
        })
    }
}

/// Whether the conditions of an assignment and of its role are met.
fn is_fulfilled(one: &Assignment, role: &RoleDefinition, action: &str, target: &Target) -> bool {
    Mutant::ConditionIgnored.is_on()
        || one
            .condition
            .iter()
            .chain(&role.condition)
            .all(|condition| condition.is_fulfilled(action, target))
}

/// A scope and everything above it: what lies in an account, account, resource group, subscription,
/// management groups, root. The scope itself comes first.
pub(crate) fn scopes_at_or_above(scenario: &Scenario, scope: &str) -> Vec<String> {
    let scope = canonical(scope);
    let mut found = Vec::with_capacity(8);
    let mut parent = None;
    let segments: Vec<&str> = scope.split('/').skip(1).filter(|one| !one.is_empty()).collect();
    match segments.as_slice() {
        ["subscriptions", id, ..] => {
            let resource = (10..=segments.len()).rev().filter(|length| length % 2 == 0);
            for length in resource.chain([8, 4, 2]).filter(|length| *length <= segments.len()) {
                found.push(format!("/{}", segments[..length].join("/")));
            }
            parent = scenario.subscription(id).and_then(|one| one.management_group.clone());
        }
        ["providers", _, _, name] => parent = Some((*name).to_owned()),
        _ => {}
    }
    while let Some(name) = parent {
        found.push(canonical(&management_group_scope(&name)));
        parent = scenario.management_group(&name).and_then(|group| group.parent.clone());
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
