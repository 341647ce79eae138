//! Role assignments: list, read, create, delete.

use std::fmt;
use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::definitions::{bad_filter, definition_id, missing as role_missing, quoted_after};
use super::place::{Place, ScopePath};
use super::{Ask, page};
use crate::answer::Answer;
use crate::clock::arm_time;
use crate::mutant::Mutant;
use crate::rbac::{canonical, is_below, scopes_at_or_above};
use crate::world::{Assignment, World};

const READ: &str = "Microsoft.Authorization/roleAssignments/read";
const WRITE: &str = "Microsoft.Authorization/roleAssignments/write";
const DELETE: &str = "Microsoft.Authorization/roleAssignments/delete";

/// `GET …/roleAssignments`. Without a filter, and for a principal: at this scope, above and below;
/// with `atScope()`: not below.
pub(super) fn list(place: &Place<'_>, ask: &Ask<'_>, world: &World) -> Result<Answer, Answer> {
    ask.require(world, &place.id(), READ)?;
    let filter = Filter::parse(&ask.call.query("$filter").unwrap_or_default())?;
    let above = scopes_at_or_above(&world.scenario, &place.id());
    let identities = filter.identities(world);
    let found: Vec<Value> = world
        .assignments
        .iter()
        .filter(|one| one.tenant == ask.who.tenant)
        .filter(|one| {
            above.contains(&canonical(&one.scope))
                || (!filter.only_above && is_below(&one.scope, &place.id()))
        })
        .filter(|one| {
            identities.as_ref().is_none_or(|ids| ids.contains(&one.principal.to_lowercase()))
        })
        .map(|one| describe(one, place, one.created_by.as_deref()))
        .collect();
    Ok(Answer::json(StatusCode::OK, &page::cut(ask, world, found)?))
}

/// `GET …/roleAssignments/{name}`.
pub(super) fn read(
    place: &Place<'_>,
    name: &str,
    ask: &Ask<'_>,
    world: &World,
) -> Result<Answer, Answer> {
    ask.require(world, &place.id(), READ)?;
    match find(world, place, name) {
        Some(one) => {
            Ok(Answer::json(StatusCode::OK, &describe(one, place, one.created_by.as_deref())))
        }
        None => Err(Answer::error(
            StatusCode::NOT_FOUND,
            "RoleAssignmentNotFound",
            format!("The role assignment '{name}' is not found."),
        )),
    }
}

/// `PUT …/roleAssignments/{name}`: 201 for a new one, 200 for the same one again.
pub(super) fn create(
    path: &ScopePath,
    name: &str,
    ask: &Ask<'_>,
    world: &mut World,
) -> Result<Answer, Answer> {
    let place = Place::find(path, world)?;
    let scope = place.id();
    ask.require(world, &scope, WRITE).map_err(|_| ask.forbid(WRITE, &item_scope(path, name)))?;
    let wanted = Wanted::read(name, ask, world)?;
    if let Some(at) = world.assignments.iter().position(|one| one.name.eq_ignore_ascii_case(name)) {
        let one = &world.assignments[at];
        let same = wanted.is(one) || Mutant::NameReused.is_on();
        if canonical(&one.scope) != canonical(&scope) || !same {
            return Err(Answer::error(
                StatusCode::BAD_REQUEST,
                "RoleAssignmentUpdateNotPermitted",
                "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.",
            ));
        }
        let body = describe(one, &place, one.created_by.as_deref());
        world.assignments[at].description = wanted.description;
        return Ok(Answer::json(StatusCode::OK, &body));
    }
    let twin = world
        .assignments
        .iter()
        .find(|one| canonical(&one.scope) == canonical(&scope) && wanted.is(one))
        .filter(|_| !Mutant::DuplicateCreated.is_on());
    if let Some(twin) = twin {
        return Err(Answer::error(
            StatusCode::CONFLICT,
            "RoleAssignmentExists",
            format!(
                "The role assignment already exists. The ID of the existing role assignment is {}.",
                twin.name.replace('-', "").to_lowercase()
            ),
        ));
    }
    let made = Assignment {
        name: name.to_lowercase(),
        tenant: ask.who.tenant.clone(),
        principal: wanted.principal,
        principal_type: wanted.principal_type,
        role: wanted.role,
        scope,
        description: wanted.description,
        created: ask.now,
        created_by: Some(ask.who.object_id.clone()),
        effective: Some(ask.now + world.role_delay()),
    };
    // A fresh assignment is answered with `createdBy: null` (recorded: `roleAssignment.PUT__201`).
    let body = describe(&made, &place, None);
    world.assignments.push(made);
    Ok(Answer::json(StatusCode::CREATED, &body))
}

/// `DELETE …/roleAssignments/{name}`: 200 with what was deleted, 204 when there was nothing.
pub(super) fn delete(
    path: &ScopePath,
    name: &str,
    ask: &Ask<'_>,
    world: &mut World,
) -> Result<Answer, Answer> {
    let place = Place::find(path, world)?;
    ask.require(world, &place.id(), DELETE)
        .map_err(|_| ask.forbid(DELETE, &item_scope(path, name)))?;
    let Some(one) = find(world, &place, name) else {
        return Ok(Answer::empty(StatusCode::NO_CONTENT));
    };
    let body = describe(one, &place, one.created_by.as_deref());
    let gone = one.name.clone();
    world.assignments.retain(|one| one.name != gone);
    Ok(Answer::json(StatusCode::OK, &body))
}

/// Which assignments a list is asked for.
#[derive(Debug, Default)]
struct Filter {
    only_above: bool,
    principal: Option<String>,
    with_groups: bool,
}

impl Filter {
    /// `atScope()`, `principalId eq '…'`, `assignedTo('…')`, or the first and the last with `and`.
    fn parse(text: &str) -> Result<Self, Answer> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(Self::default());
        }
        if let Some(rest) = strip_word(text, "atScope()") {
            let rest = rest.trim();
            if rest.is_empty() {
                return Ok(Self { only_above: true, ..Self::default() });
            }
            let assigned = strip_word(rest, "and ").and_then(|rest| assigned_to(rest.trim()));
            return assigned
                .map(|principal| Self {
                    only_above: true,
                    principal: Some(principal),
                    with_groups: true,
                })
                .ok_or_else(|| bad_filter(text));
        }
        if let Some(principal) = quoted_after(text, "principalId eq ") {
            return Ok(Self { principal: Some(principal), ..Self::default() });
        }
        assigned_to(text)
            .map(|principal| Self {
                principal: Some(principal),
                with_groups: true,
                ..Self::default()
            })
            .ok_or_else(|| bad_filter(text))
    }

    /// The object ids whose assignments are wanted; none for everybody's.
    fn identities(&self, world: &World) -> Option<Vec<String>> {
        let principal = self.principal.as_ref()?;
        if self.with_groups {
            return Some(world.scenario.identities_of(principal));
        }
        Some(vec![principal.to_lowercase()])
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let principal = self.principal.as_ref().map(|id| id.replace('\'', "''"));
        match (self.only_above, principal) {
            (false, None) => Ok(()),
            (true, None) => out.write_str("atScope()"),
            (false, Some(id)) if !self.with_groups => write!(out, "principalId eq '{id}'"),
            (false, Some(id)) => write!(out, "assignedTo('{id}')"),
            (true, Some(id)) => write!(out, "atScope() and assignedTo('{id}')"),
        }
    }
}

/// A `$filter` of role assignments in its one spelling; none for one that is refused.
#[doc(hidden)]
pub fn spell_filter(text: &str) -> Option<String> {
    Filter::parse(text).ok().map(|filter| filter.to_string())
}

fn assigned_to(text: &str) -> Option<String> {
    quoted_after(strip_word(text, "assignedTo(")?.strip_suffix(')')?, "")
}

fn strip_word<'t>(text: &'t str, word: &str) -> Option<&'t str> {
    let head = text.get(..word.len())?;
    head.eq_ignore_ascii_case(word).then(|| &text[word.len()..])
}

/// The body of a PUT, checked.
struct Wanted {
    principal: String,
    principal_type: String,
    /// Id of a role definition that exists.
    role: String,
    description: Option<String>,
}

impl Wanted {
    fn read(name: &str, ask: &Ask<'_>, world: &World) -> Result<Self, Answer> {
        let bad =
            |code: &str, message: String| Answer::error(StatusCode::BAD_REQUEST, code, message);
        if Uuid::parse_str(name).is_err() {
            return Err(bad(
                "InvalidRoleAssignmentId",
                format!(
                    "The role assignment ID '{name}' is not valid. The role assignment ID must be a GUID."
                ),
            ));
        }
        let body: Value = serde_json::from_slice(&ask.call.body).map_err(|error| {
            bad(
                "InvalidRequestContent",
                format!(
                    "The request content was invalid and could not be deserialized: '{error}'."
                ),
            )
        })?;
        let properties = &body["properties"];
        let text = |member: &str| properties[member].as_str().unwrap_or_default().to_owned();
        let principal = text("principalId");
        if Uuid::parse_str(&principal).is_err() {
            return Err(bad(
                "InvalidPrincipalId",
                format!(
                    "The Principal ID '{principal}' is not valid. Principal ID must be a GUID."
                ),
            ));
        }
        let role = find_role(&text("roleDefinitionId"), world)?;
        let claimed = text("principalType");
        let Some(principal_type) = principal_type(&principal, &claimed, ask, world) else {
            return Err(bad(
                "PrincipalNotFound",
                format!(
                    "Principal {} does not exist in the directory {}. Check that you have the correct principal ID. If you are creating this principal and then immediately assigning a role, this error might be related to a replication delay. In this case, set the role assignment principalType property to a value, such as ServicePrincipal, User, or Group.  See https://aka.ms/docs-principaltype",
                    principal.replace('-', "").to_lowercase(),
                    ask.who.tenant
                ),
            ));
        };
        if !claimed.is_empty() && !claimed.eq_ignore_ascii_case(principal_type) {
            return Err(bad(
                "UnmatchedPrincipalType",
                format!(
                    "The PrincipalId '{principal}' has type '{principal_type}' , which is different from specified PrinciaplType '{claimed}'."
                ),
            ));
        }
        Ok(Self {
            principal,
            principal_type: principal_type.to_owned(),
            role,
            description: properties["description"].as_str().map(str::to_owned),
        })
    }

    fn is(&self, one: &Assignment) -> bool {
        one.principal.eq_ignore_ascii_case(&self.principal)
            && one.role.eq_ignore_ascii_case(&self.role)
    }
}

/// What the tenant's directory holds under an object id. A new managed identity is known there only
/// after a while, which a request that says `principalType` does not have to wait for.
fn principal_type(
    object_id: &str,
    claimed: &str,
    ask: &Ask<'_>,
    world: &World,
) -> Option<&'static str> {
    let known = world.principal_type(&ask.who.tenant, object_id)?;
    let identity = world.identity_by_principal(&ask.who.tenant, object_id);
    let delay = Duration::from_secs(world.scenario.identity_known_after_seconds);
    let is_new = identity
        .and_then(|identity| identity.created)
        .is_some_and(|created| ask.now < created + delay);
    (!is_new || !claimed.is_empty()).then_some(known)
}

/// The id at the end of a definition's path, which may carry the prefix of a subscription.
fn find_role(path: &str, world: &World) -> Result<String, Answer> {
    let (before, id) = path.rsplit_once('/').unwrap_or_default();
    let proper =
        before.to_lowercase().ends_with("/providers/microsoft.authorization/roledefinitions");
    world
        .scenario
        .roles()
        .find(|role| proper && role.id.eq_ignore_ascii_case(id))
        .map(|role| role.id.clone())
        .ok_or_else(|| role_missing(if proper { id } else { path }))
}

fn find<'w>(world: &'w World, place: &Place<'_>, name: &str) -> Option<&'w Assignment> {
    world.assignments.iter().find(|one| {
        one.name.eq_ignore_ascii_case(name) && canonical(&one.scope) == canonical(&place.id())
    })
}

fn item_scope(path: &ScopePath, name: &str) -> String {
    assignment_id(&path.id(), name)
}

fn assignment_id(scope: &str, name: &str) -> String {
    format!(
        "{}/providers/Microsoft.Authorization/roleAssignments/{name}",
        scope.trim_end_matches('/')
    )
}

fn describe(one: &Assignment, seen_from: &Place<'_>, created_by: Option<&str>) -> Value {
    let subscription = seen_from.subscription().map(|one| one.id.as_str());
    json!({
        "properties": {
            "roleDefinitionId": definition_id(subscription, &one.role),
            "principalId": one.principal,
            "principalType": one.principal_type,
            "scope": one.scope,
            "condition": null,
            "conditionVersion": null,
            "createdOn": arm_time(one.created),
            "updatedOn": arm_time(one.created),
            "createdBy": created_by,
            "updatedBy": one.created_by,
            "delegatedManagedIdentityResourceId": null,
            "description": one.description,
        },
        "id": assignment_id(&one.scope, &one.name),
        "type": "Microsoft.Authorization/roleAssignments",
        "name": one.name,
    })
}
