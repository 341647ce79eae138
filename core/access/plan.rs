//! Which role the person should take, where, and whether they may.

use super::assignment_name;
use super::facts::Facts;
use super::permission::Certainty;
use super::role::{COGNITIVE_SERVICES_USER, FOUNDRY_USER, OPENAI_CONTRIBUTOR, OPENAI_USER, Role};
use crate::snapshot::{AssignmentPlan, MayAssign, Notice, RoleOffer, RoleScope, ScopeOffer, Usage};

/// What the person wants; Keyless chooses what they leave open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// What for.
    pub usage: Usage,
    /// Which role, by its GUID.
    pub role: Option<String>,
    /// Where.
    pub scope: RoleScope,
}

/// The roles for this usage, the one with the least rights first.
///
/// Foundry's own page says "don't assign built-in roles that start with Cognitive Services", the
/// article and the API's page name OpenAI User: it is the one that lists no keys, and works for
/// both kinds of resources.
fn candidates(usage: Usage, kind: &str) -> &'static [Role] {
    match (usage, kind) {
        (Usage::Chat, "AIServices") => {
            &[OPENAI_USER, FOUNDRY_USER, COGNITIVE_SERVICES_USER, OPENAI_CONTRIBUTOR]
        }
        (Usage::Chat, _) => {
            &[OPENAI_USER, OPENAI_CONTRIBUTOR, COGNITIVE_SERVICES_USER, FOUNDRY_USER]
        }
        (Usage::Files, _) => &[OPENAI_CONTRIBUTOR, FOUNDRY_USER, COGNITIVE_SERVICES_USER],
        (Usage::OtherModels, _) => &[FOUNDRY_USER, COGNITIVE_SERVICES_USER],
    }
}

/// What would be assigned to fulfil the wish.
pub fn plan(facts: &Facts, wish: &Wish) -> AssignmentPlan {
    let candidates = candidates(wish.usage, &facts.kind);
    let scope = scope_of(facts, wish.scope);
    let may: Vec<Certainty> = candidates.iter().map(|it| facts.may_assign(it, &scope)).collect();
    let chosen = wish.role.as_deref().and_then(|id| candidates.iter().position(|it| it.id == id));
    let easiest = |wanted: Certainty| may.iter().position(|it| *it == wanted);
    let at = chosen
        .or_else(|| easiest(Certainty::Yes))
        .or_else(|| easiest(Certainty::Maybe))
        .unwrap_or_default();
    let role = &candidates[at];
    let reason = match (chosen, at) {
        (Some(_), _) => Notice::new("chosen", &[("role", role.name)]),
        (None, 0) => Notice::new(usage_code(wish.usage), &[("role", role.name)]),
        (None, _) => {
            let known = [("role", role.name), ("wanted", candidates[0].name)];
            Notice::new("only_this", &known)
        }
    };
    AssignmentPlan {
        usage: wish.usage,
        usages: Usage::of(&facts.kind).to_vec(),
        role: role.name.to_owned(),
        former_role: role.former.map(str::to_owned),
        role_id: role.id.to_owned(),
        reason,
        lists_keys: role.lists_keys,
        scope_kind: wish.scope,
        account: facts.person.clone(),
        object_id: facts.object_id.clone(),
        may_assign: told(may[at]),
        may_undo: told(facts.may_undo(role, &scope)),
        name: assignment_name(&scope, &facts.object_id, role.id, "").to_string(),
        roles: candidates
            .iter()
            .zip(&may)
            .map(|(role, may)| RoleOffer {
                role: role.name.to_owned(),
                role_id: role.id.to_owned(),
                lists_keys: role.lists_keys,
                may_assign: told(*may),
            })
            .collect(),
        scopes: RoleScope::ALL
            .iter()
            .map(|kind| {
                let scope = scope_of(facts, *kind);
                ScopeOffer { kind: *kind, may_assign: told(facts.may_assign(role, &scope)), scope }
            })
            .collect(),
        scope,
    }
}

/// The id of the account or of its resource group.
fn scope_of(facts: &Facts, kind: RoleScope) -> String {
    match kind {
        RoleScope::Account => facts.account.clone(),
        RoleScope::ResourceGroup => group_of(&facts.account).unwrap_or(&facts.account).to_owned(),
    }
}

/// What is before the provider in the account's id; a group may itself be called "providers".
fn group_of(account: &str) -> Option<&str> {
    let end = account.to_ascii_lowercase().find("/providers/microsoft.")?;
    Some(&account[..end])
}

fn usage_code(usage: Usage) -> &'static str {
    match usage {
        Usage::Chat => "chat",
        Usage::Files => "files",
        Usage::OtherModels => "other_models",
    }
}

fn told(answer: Certainty) -> MayAssign {
    match answer {
        Certainty::Yes => MayAssign::Yes,
        Certainty::Maybe => MayAssign::Unknown,
        Certainty::No => MayAssign::No,
    }
}
