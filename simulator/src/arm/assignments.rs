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
use crate::assignment::Assignment;
use crate::clock::arm_time;
use crate::condition::{Attributes, Condition, Target, VERSION};
use crate::mutant::Mutant;
use crate::rbac::{canonical, scopes_at_or_above};
use crate::world::World;

pub(super) const READ: &str = "Microsoft.Authorization/roleAssignments/read";
const WRITE: &str = "Microsoft.Authorization/roleAssignments/write";
const DELETE: &str = "Microsoft.Authorization/roleAssignments/delete";

/// `GET …/roleAssignments`. Without a filter, and for a principal: at this scope, above and below;
/// with `atScope()`: not below.
pub(super) fn list(place: &Place<'_>, ask: &Ask<'_>, world: &World) -> Result<Answer, Answer> {
    ask.require(world, &place.id(), READ)?;
    let filter = Filter::parse(&ask.call.query("$filter").unwrap_or_default())?;
    let above = scopes_at_or_above(&world.scenario, &place.id());
    let mut found = match filter.identities(world) {
        None => world.assignments.at(&above),
        Some(ids) => ids.iter().flat_map(|id| world.assignments.of(id, &above)).collect(),
    };
    if !filter.only_above {
        found.extend(match filter.identities(world) {
            None => world.assignments.below(&place.id()),
            Some(ids) => {
                ids.iter().flat_map(|id| world.assignments.of_below(id, &place.id())).collect()
            }
        });
    }
    found.retain(|one| one.tenant == ask.who.tenant);
    let page =
        page::cut(ask, world, found, |one| describe(one, place, ask, one.created_by.as_deref()))?;
    Ok(Answer::body(StatusCode::OK, &page))
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
            Ok(Answer::json(StatusCode::OK, &describe(one, place, ask, one.created_by.as_deref())))
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
    let place = ask.find(path, Some(WRITE), world)?;
    let scope = place.id();
    let target = Target { request: Some(wished(ask, world)), resource: None };
    ask.require_for(world, &scope, &item_scope(path, name), WRITE, &target)?;
    let wanted = Wanted::read(name, ask, world)?;
    if let Some(one) = world.assignments.named(name) {
        let same = wanted.is(one) || Mutant::NameReused.is_on();
        if canonical(&one.scope) != canonical(&scope) || !same {
            return Err(Answer::error(
                StatusCode::BAD_REQUEST,
                "RoleAssignmentUpdateNotPermitted",
                "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.",
            ));
        }
        let mut amended = one.clone();
        amended.description = wanted.description;
        amended.condition = wanted.condition;
        let body = describe(&amended, &place, ask, amended.created_by.as_deref());
        world.assignments.amend(name, amended.description, amended.condition);
        return Ok(Answer::json(StatusCode::OK, &body));
    }
    let twin = world
        .assignments
        .of(&wanted.principal.to_lowercase(), &[canonical(&scope)])
        .into_iter()
        .find(|one| wanted.is(one))
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
        condition: wanted.condition,
        created: ask.now,
        created_by: Some(ask.who.object_id.clone()),
        effective: Some(ask.now + world.role_delay()),
    };
    // A fresh assignment is answered with `createdBy: null` (recorded: `roleAssignment.PUT__201`).
    let body = describe(&made, &place, ask, None);
    world.assignments.insert(made);
    Ok(Answer::json(StatusCode::CREATED, &body))
}

/// `DELETE …/roleAssignments/{name}`: 200 with what was deleted, 204 when there was nothing.
pub(super) fn delete(
    path: &ScopePath,
    name: &str,
    ask: &Ask<'_>,
    world: &mut World,
) -> Result<Answer, Answer> {
    let place = ask.find(path, Some(DELETE), world)?;
    let one = find(world, &place, name);
    let target = Target { request: None, resource: one.map(Assignment::attributes) };
    ask.require_for(world, &place.id(), &item_scope(path, name), DELETE, &target)?;
    let Some(one) = one else {
        return Ok(Answer::empty(StatusCode::NO_CONTENT));
    };
    let body = describe(one, &place, ask, one.created_by.as_deref());
    world.assignments.remove(name);
    Ok(Answer::json(StatusCode::OK, &body))
}

/// The assignment in a request's body as conditions see it, whether or not it will do.
fn wished(ask: &Ask<'_>, world: &World) -> Attributes {
    let body: Value = serde_json::from_slice(&ask.call.body).unwrap_or_default();
    let text = |member: &str| body["properties"][member].as_str().unwrap_or_default();
    let principal = text("principalId");
    let known = || world.principal_type(&ask.who.tenant, principal).unwrap_or_default();
    let claimed = text("principalType");
    Attributes {
        role: text("roleDefinitionId").rsplit('/').next().unwrap_or_default().to_owned(),
        principal: principal.to_owned(),
        principal_type: if claimed.is_empty() { known() } else { claimed }.to_owned(),
    }
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
    condition: Option<Condition>,
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
            condition: read_condition(properties)?,
        })
    }

    fn is(&self, one: &Assignment) -> bool {
        one.principal.eq_ignore_ascii_case(&self.principal)
            && one.role.eq_ignore_ascii_case(&self.role)
    }
}

/// The condition in a request's properties, which has to be of the one version that there is. The
/// text of the refusal is documented, its code is not.
fn read_condition(properties: &Value) -> Result<Option<Condition>, Answer> {
    let invalid = || {
        Answer::error(
            StatusCode::BAD_REQUEST,
            "InvalidRoleAssignmentCondition",
            "The given role assignment condition is invalid.",
        )
    };
    let condition = match &properties["condition"] {
        Value::Null => return Ok(None),
        Value::String(text) => Condition::try_from(text.clone()).map_err(|_| invalid())?,
        _ => return Err(invalid()),
    };
    match properties["conditionVersion"].as_str() {
        None | Some(VERSION) => Ok(Some(condition)),
        Some(_) => Err(invalid()),
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
    let role = if proper { world.scenario.role_by_id(id) } else { None };
    role.map(|role| role.id.clone()).ok_or_else(|| role_missing(if proper { id } else { path }))
}

fn find<'w>(world: &'w World, place: &Place<'_>, name: &str) -> Option<&'w Assignment> {
    world.assignments.named(name).filter(|one| canonical(&one.scope) == canonical(&place.id()))
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

/// What the version of the request tells of an assignment (recorded: `roleAssignment.PUT__201` of
/// seven versions).
fn describe(
    one: &Assignment,
    seen_from: &Place<'_>,
    ask: &Ask<'_>,
    created_by: Option<&str>,
) -> Value {
    let subscription = seen_from.subscription().map(|one| one.id.as_str());
    let mut properties = json!({
        "roleDefinitionId": definition_id(subscription, &one.role),
        "principalId": one.principal,
        "scope": one.scope,
        "createdOn": arm_time(one.created),
        "updatedOn": arm_time(one.created),
        "createdBy": created_by,
        "updatedBy": one.created_by,
    });
    if ask.is_since("2018-01-01-preview") {
        properties["principalType"] = json!(one.principal_type);
    }
    if ask.is_since("2020-03-01-preview") {
        properties["condition"] = json!(one.condition.as_ref().map(Condition::text));
        properties["conditionVersion"] = json!(one.condition.as_ref().map(|_| VERSION));
        properties["delegatedManagedIdentityResourceId"] = Value::Null;
        properties["description"] = json!(one.description);
    }
    if ask.is_since("2020-08-01-preview") && !ask.is_since("2021-01-01") {
        properties["canDelegate"] = json!(false);
    }
    json!({
        "properties": properties,
        "id": assignment_id(&one.scope, &one.name),
        "type": "Microsoft.Authorization/roleAssignments",
        "name": one.name,
    })
}
