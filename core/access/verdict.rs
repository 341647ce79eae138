//! Whether the person may do what they came for, and why.

use super::condition::Condition;
use super::facts::{Assignment, Facts};
use super::permission::{Action, Certainty};
use super::role::{ROLES, Role, actions_of};
use crate::snapshot::{Notice, Usage, Verdict};

/// The verdict for this usage, with what it rests on and what could not be read.
pub fn judge(facts: &Facts, usage: Usage) -> (Verdict, Vec<Notice>) {
    let actions = actions_of(usage);
    let answers: Vec<Certainty> = actions.iter().map(|action| may(facts, *action)).collect();
    let verdict = match Certainty::all(answers.iter().copied()) {
        Certainty::Yes => Verdict::MayChat,
        Certainty::Maybe => Verdict::CannotTell,
        Certainty::No => Verdict::MayNotChat,
    };
    let mut findings = match verdict {
        Verdict::MayChat => through(facts, actions),
        Verdict::CannotTell => doubts(facts, actions),
        Verdict::MayNotChat => vec![why_not(facts, actions, &answers)],
    };
    for (unread, code) in [
        (facts.permissions.is_none(), "permissions_unread"),
        (facts.assignments.is_none(), "assignments_unread"),
        (facts.denials.is_none(), "denials_unread"),
    ] {
        if unread {
            findings.push(Notice::new(code, &[]));
        }
    }
    (verdict, findings)
}

/// Whether the person may do it at the account.
pub fn may(facts: &Facts, action: Action<'_>) -> Certainty {
    let scope = &facts.account;
    let by_permissions = facts
        .permissions
        .as_ref()
        .map(|list| list.iter().any(|permission| permission.names(action)));
    let found = facts.reaching(scope).map(|it| (it, facts.grants(it, action, None)));
    let found: Vec<(&Assignment, Certainty)> = found.collect();
    let by_assignments = Certainty::any(found.iter().map(|(_, answer)| *answer));
    let granted = match (by_permissions, by_assignments) {
        (_, Certainty::Yes) => Certainty::Yes,
        (Some(true), _) if facts.assignments.is_none() => Certainty::Yes,
        // What a condition may have taken away is still among the permissions.
        (Some(true), _) => {
            let conditional = |(it, _): &(&Assignment, Certainty)| {
                Condition::allows(it.condition.as_deref(), action, None) != Certainty::Yes
                    && facts.role_grants(&it.role, action, None) != Certainty::No
            };
            if found.iter().any(conditional) { Certainty::Maybe } else { Certainty::Yes }
        }
        (Some(false), _) => Certainty::No,
        (None, _) if facts.assignments.is_none() => Certainty::Maybe,
        (None, answer) => answer,
    };
    Certainty::all([granted, facts.denies(action, scope).0.negated()])
}

/// The roles that grant all of it.
fn through(facts: &Facts, actions: &[Action<'_>]) -> Vec<Notice> {
    let grants = |assignment: &&Assignment| {
        let answers = actions.iter().map(|action| facts.grants(assignment, *action, None));
        Certainty::all(answers) == Certainty::Yes
    };
    facts.reaching(&facts.account).filter(grants).map(|it| found_role(facts, it)).collect()
}

fn found_role(facts: &Facts, assignment: &Assignment) -> Notice {
    let inherited = !assignment.scope.trim_end_matches('/').eq_ignore_ascii_case(&facts.account);
    let (role, scope) = (name_of(facts, &assignment.role), place_of(facts, assignment));
    let known = [("role", role), ("scope", scope), ("group", &assignment.principal)];
    match (assignment.principal_type == "Group", inherited) {
        (false, false) => Notice::new("may_chat_through", &known[..2]),
        (false, true) => Notice::new("may_chat_inherited", &known[..2]),
        (true, _) => Notice::new("may_chat_through_group", &known),
    }
}

/// What keeps Keyless from telling.
fn doubts(facts: &Facts, actions: &[Action<'_>]) -> Vec<Notice> {
    let mut doubts = Vec::new();
    for &action in actions {
        for assignment in facts.reaching(&facts.account) {
            let by_role = facts.role_grants(&assignment.role, action, None);
            let role = [("role", name_of(facts, &assignment.role))];
            match (by_role, facts.grants(assignment, action, None)) {
                (Certainty::Maybe, _) => doubts.push(Notice::new("role_unread", &role)),
                (_, Certainty::Maybe) => doubts.push(Notice::new("condition_unread", &role)),
                // It is among the permissions, and nobody knows through what.
                (Certainty::Yes, Certainty::No) if may(facts, action) == Certainty::Maybe => {
                    doubts.push(Notice::new("condition_against", &role));
                }
                _ => {}
            }
        }
        if let (Certainty::Maybe, Some(denial)) = facts.denies(action, &facts.account) {
            doubts.push(Notice::new("perhaps_denied", &[("name", &denial.name)]));
        }
    }
    doubts.dedup();
    doubts
}

fn why_not(facts: &Facts, actions: &[Action<'_>], answers: &[Certainty]) -> Notice {
    let missing = actions.iter().zip(answers).find(|(_, answer)| **answer == Certainty::No);
    let action = missing.map_or(actions[0], |(action, _)| *action);
    let scope = facts.account.as_str();
    if let (Certainty::Yes, Some(denial)) = facts.denies(action, scope) {
        return Notice::new("denied", &[("name", &denial.name)]);
    }
    let below = facts.assignments.iter().flatten().find(|assignment| {
        is_below(&assignment.scope, scope)
            && facts.role_grants(&assignment.role, action, None) == Certainty::Yes
    });
    if let Some(assignment) = below {
        let role = name_of(facts, &assignment.role);
        let known = [("role", role), ("scope", scope_name(&assignment.scope))];
        return Notice::new("role_below", &known);
    }
    let mut chats = facts
        .reaching(scope)
        .filter(|it| action != actions[0] && facts.grants(it, actions[0], None) == Certainty::Yes);
    if let Some(assignment) = chats.next() {
        return Notice::new("role_for_chat_only", &[("role", name_of(facts, &assignment.role))]);
    }
    // The strongest role is the one that a person wonders about.
    let held = |role: &Role| facts.reaching(scope).find(|it| it.role.eq_ignore_ascii_case(role.id));
    match ROLES.iter().filter(|role| !role.grants.chat).find_map(held) {
        Some(assignment) => {
            let role = name_of(facts, &assignment.role);
            let known = [("role", role), ("scope", place_of(facts, assignment))];
            Notice::new("owner_without_data_role", &known)
        }
        None => Notice::new("no_role", &[]),
    }
}

fn name_of<'a>(facts: &'a Facts, role: &'a str) -> &'a str {
    match (Role::find(role), facts.definitions.get(role)) {
        (Some(known), _) => known.name,
        (None, Some(definition)) => &definition.name,
        (None, None) => role,
    }
}

/// Where it was assigned, by the name that people call it.
fn place_of<'a>(facts: &'a Facts, assignment: &'a Assignment) -> &'a str {
    let named = is_subscription(&assignment.scope) && !facts.subscription.is_empty();
    if named { &facts.subscription } else { scope_name(&assignment.scope) }
}

/// Whether a role is assigned at a part of the account, such as a project.
fn is_below(assigned: &str, scope: &str) -> bool {
    assigned.to_lowercase().starts_with(&format!("{}/", scope.to_lowercase()))
}

/// The account's own subscription, whose id says little to anybody.
fn is_subscription(scope: &str) -> bool {
    let scope = scope.trim_end_matches('/').to_ascii_lowercase();
    scope.strip_prefix("/subscriptions/").is_some_and(|id| !id.contains('/'))
}

/// The last name of a scope: the resource, the group, or the subscription's id.
pub fn scope_name(scope: &str) -> &str {
    scope.trim_end_matches('/').rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or("/")
}
