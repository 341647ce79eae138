//! Role definitions, one's own permissions, deny assignments.

use http::StatusCode;
use serde_json::{Value, json};

use super::place::Place;
use super::{Ask, page};
use crate::answer::Answer;
use crate::deny::{DenyAssignment, EVERYONE};
use crate::rbac::{Rights, canonical, is_below, scopes_at_or_above};
use crate::roles::RoleDefinition;
use crate::world::World;

pub(super) const READ: &str = "Microsoft.Authorization/roleDefinitions/read";

/// `GET …/roleDefinitions` with no filter, `roleName eq '…'`, `type eq '…'` or `atScopeAndBelow()`.
pub(super) fn list(place: &Place<'_>, ask: &Ask<'_>, world: &World) -> Result<Answer, Answer> {
    require_read(place, ask, world)?;
    let filter = ask.call.query("$filter").unwrap_or_default();
    let wanted: Box<dyn Fn(&RoleDefinition) -> bool> = match quoted_after(&filter, "roleName eq ") {
        Some(name) => Box::new(move |role| role.name.eq_ignore_ascii_case(&name)),
        None => match quoted_after(&filter, "type eq ") {
            Some(kind) => Box::new(move |role| type_of(role).eq_ignore_ascii_case(&kind)),
            None if filter.is_empty() || filter == "atScopeAndBelow()" => Box::new(|_| true),
            None => return Err(bad_filter(&filter)),
        },
    };
    let found: Vec<&RoleDefinition> = world.scenario.roles().filter(|role| wanted(role)).collect();
    let page = page::cut(ask, world, found, |role| describe(role, place, ask))?;
    Ok(Answer::body(StatusCode::OK, &page))
}

/// `GET …/roleDefinitions/{id}`.
pub(super) fn read(
    place: &Place<'_>,
    id: &str,
    ask: &Ask<'_>,
    world: &World,
) -> Result<Answer, Answer> {
    require_read(place, ask, world)?;
    let role = world.scenario.role_by_id(id).ok_or_else(|| missing(id))?;
    Ok(Answer::json(StatusCode::OK, &describe(role, place, ask)))
}

/// `GET …/permissions`: one element for every assignment of the caller that counts here. Conditions
/// and deny assignments are not reflected, and neither is the data plane's delay.
pub(super) fn list_permissions(
    place: &Place<'_>,
    ask: &Ask<'_>,
    world: &World,
) -> Result<Answer, Answer> {
    if world.scenario.permissions_need_read_action {
        ask.require(world, &place.id(), "Microsoft.Authorization/permissions/read")?;
    }
    let permissions: Vec<Value> = Rights::of(world, &ask.who)
        .roles_at(&place.id())
        .into_iter()
        .map(|role| {
            json!({
                "actions": role.actions,
                "notActions": role.not_actions,
                "dataActions": role.data_actions,
                "notDataActions": role.not_data_actions,
            })
        })
        .collect();
    Ok(Answer::json(StatusCode::OK, &json!({"value": permissions})))
}

/// `GET …/denyAssignments`: at this scope, above and below; with `atScope()` not below; for a
/// principal those that name it.
pub(super) fn list_deny_assignments(
    place: &Place<'_>,
    ask: &Ask<'_>,
    world: &World,
) -> Result<Answer, Answer> {
    if world.scenario.deny_assignments_need_read_action {
        ask.require(world, &place.id(), "Microsoft.Authorization/denyAssignments/read")?;
    }
    let filter = ask.call.query("$filter").unwrap_or_default();
    let principal = quoted_after(&filter, "principalId eq ")
        .or_else(|| quoted_after(&filter, "gdprExportPrincipalId eq "));
    let only_above = filter.trim().eq_ignore_ascii_case("atScope()");
    if !filter.trim().is_empty() && !only_above && principal.is_none() {
        return Err(bad_filter(&filter));
    }
    let above = scopes_at_or_above(&world.scenario, &place.id());
    let found: Vec<&DenyAssignment> = world
        .scenario
        .deny_assignments
        .iter()
        .filter(|one| {
            above.contains(&canonical(&one.scope))
                || (!only_above && is_below(&one.scope, &place.id()))
        })
        .filter(|one| {
            principal.as_ref().is_none_or(|id| {
                one.principals.iter().any(|listed| listed.eq_ignore_ascii_case(id))
            })
        })
        .collect();
    let page = page::cut(ask, world, found, |one| describe_denial(one, world))?;
    Ok(Answer::body(StatusCode::OK, &page))
}

/// 404 for a role that is not there (recorded: `roleDefinition.GET__404`).
pub(super) fn missing(id: &str) -> Answer {
    Answer::error(
        StatusCode::NOT_FOUND,
        "RoleDefinitionDoesNotExist",
        format!("The specified role definition with ID '{id}' does not exist."),
    )
}

/// A definition's id as seen from a scope: with the subscription's prefix where there is one.
pub(super) fn definition_id(subscription: Option<&str>, role: &str) -> String {
    let prefix = subscription.map_or_else(String::new, |id| format!("/subscriptions/{id}"));
    format!("{prefix}/providers/Microsoft.Authorization/roleDefinitions/{role}")
}

/// 400 for a filter that the operation does not have.
pub(super) fn bad_filter(filter: &str) -> Answer {
    Answer::error(
        StatusCode::BAD_REQUEST,
        "UnsupportedQuery",
        format!(
            "The filter '{filter}' is not supported. Supported filters are either 'atScope()' or 'principalId eq '{{value}}' or assignedTo('{{value}}')'."
        ),
    )
}

/// The text between quotes after `words`, when that is all there is.
pub(super) fn quoted_after(filter: &str, words: &str) -> Option<String> {
    let inner = filter.trim().strip_prefix(words)?.strip_prefix('\'')?.strip_suffix('\'')?;
    (!inner.replace("''", "").contains('\'')).then(|| inner.replace("''", "'"))
}

/// Definitions of the tenant as a whole may be read by everyone in it.
fn require_read(place: &Place<'_>, ask: &Ask<'_>, world: &World) -> Result<(), Answer> {
    match place {
        Place::Root => Ok(()),
        _ if Rights::of(world, &ask.who).see_anything(&place.id()) => {
            ask.require(world, &place.id(), READ)
        }
        _ => Err(ask.forbid(READ, &place.id())),
    }
}

/// Who made the custom roles of a scenario.
const MAKER: &str = "7c1d0f6e-52a8-4c0b-9d57-1e8f3a6b2c94";

/// Versions before 2018 know no data actions (recorded: `roleDefinitions.list.roleName__200`).
fn describe(role: &RoleDefinition, place: &Place<'_>, ask: &Ask<'_>) -> Value {
    let mut permission = json!({"actions": role.actions, "notActions": role.not_actions});
    if ask.is_since("2018-01-01-preview") {
        permission["dataActions"] = json!(role.data_actions);
        permission["notDataActions"] = json!(role.not_data_actions);
    }
    let maker = (!role.is_built_in()).then_some(MAKER);
    if let Some(condition) = &role.condition {
        permission["condition"] = json!(condition.text());
        permission["conditionVersion"] = json!(role.condition_version);
    }
    json!({
        "properties": {
            "roleName": role.name,
            "type": type_of(role),
            "description": (!role.description.is_empty()).then_some(&role.description),
            "assignableScopes": role.assignable_scopes,
            "permissions": [permission],
            "createdOn": "2018-03-15T23:23:08.4038322Z",
            "updatedOn": "2026-06-30T15:12:51.3093215Z",
            "createdBy": maker,
            "updatedBy": maker,
        },
        "id": definition_id(place.subscription().map(|one| one.id.as_str()), &role.id),
        "type": "Microsoft.Authorization/roleDefinitions",
        "name": role.id,
    })
}

/// The shape of the public specification's example; no recording has one.
fn describe_denial(one: &DenyAssignment, world: &World) -> Value {
    let named = |id: &String| {
        let kind = if id == EVERYONE {
            "SystemDefined"
        } else {
            world.scenario.principal_type(id).unwrap_or("ServicePrincipal")
        };
        json!({"id": id, "type": kind})
    };
    json!({
        "properties": {
            "denyAssignmentName": one.name,
            "description": one.description,
            "permissions": [{
                "actions": one.actions,
                "notActions": one.not_actions,
                "dataActions": one.data_actions,
                "notDataActions": one.not_data_actions,
            }],
            "scope": one.scope,
            "doNotApplyToChildScopes": one.do_not_apply_to_child_scopes,
            "principals": one.principals.iter().map(named).collect::<Vec<_>>(),
            "excludePrincipals": one.exclude_principals.iter().map(named).collect::<Vec<_>>(),
            "isSystemProtected": true,
        },
        "id": format!(
            "{}/providers/Microsoft.Authorization/denyAssignments/{}",
            one.scope.trim_end_matches('/'),
            one.id
        ),
        "type": "Microsoft.Authorization/denyAssignments",
        "name": one.id,
    })
}

fn type_of(role: &RoleDefinition) -> &'static str {
    if role.is_built_in() { "BuiltInRole" } else { "CustomRole" }
}
