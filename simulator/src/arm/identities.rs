//! User-assigned managed identities: list, read, create, delete.

use http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::place::{Place, ScopePath, identity_id};
use super::{Ask, page, providers};
use crate::answer::Answer;
use crate::rbac::Rights;
use crate::world::{Identity, World};

const NAMESPACE: &str = "Microsoft.ManagedIdentity";
pub(super) const READ: &str = "Microsoft.ManagedIdentity/userAssignedIdentities/read";
const WRITE: &str = "Microsoft.ManagedIdentity/userAssignedIdentities/write";
const DELETE: &str = "Microsoft.ManagedIdentity/userAssignedIdentities/delete";

/// `GET …/userAssignedIdentities` of a subscription or a resource group: those that the caller may
/// read.
pub(super) fn list(place: &Place<'_>, ask: &Ask<'_>, world: &World) -> Result<Answer, Answer> {
    let rights = Rights::of(world, &ask.who);
    if !rights.see_anything(&place.id()) {
        return Err(ask.forbid(READ, &place.id()));
    }
    let found: Vec<&Identity> =
        world.identities_below(&place.id()).filter(|one| rights.allow(&one.id, READ)).collect();
    Ok(Answer::body(StatusCode::OK, &page::cut(ask, world, found, describe)?))
}

/// `GET …/userAssignedIdentities/{name}`.
pub(super) fn read(place: &Place<'_>, ask: &Ask<'_>, world: &World) -> Result<Answer, Answer> {
    ask.require(world, &place.id(), READ)?;
    let body = match place {
        Place::Identity(_, identity) => describe(identity),
        _ => Value::Null,
    };
    Ok(Answer::json(StatusCode::OK, &body))
}

/// `PUT …/userAssignedIdentities/{name}`: 201 with a relative `Location` for a new one (recorded:
/// `identity.PUT__201`), 200 for one that is there.
pub(super) fn create(path: &ScopePath, ask: &Ask<'_>, world: &mut World) -> Result<Answer, Answer> {
    let (subscription, group, name) = parts(path)?;
    let group = ScopePath::Group(subscription.clone(), group);
    let place = ask.find(&group, Some(WRITE), world)?;
    let Place::Group(subscription, group) = place else {
        return Err(super::unknown_route(ask.call));
    };
    let id = identity_id(&subscription.id, &group.name, &name);
    ask.require(world, &id, WRITE)?;
    providers::require_registered(world, subscription, NAMESPACE, ask.now)?;
    let body: Value = serde_json::from_slice(&ask.call.body).map_err(|error| malformed(&error))?;
    let Some(location) = body["location"].as_str().filter(|text| !text.is_empty()) else {
        return Err(Answer::error(
            StatusCode::BAD_REQUEST,
            "LocationRequired",
            "The location property is required for this definition.",
        ));
    };
    if !is_name(&name) {
        return Err(Answer::error(
            StatusCode::BAD_REQUEST,
            "InvalidResourceName",
            format!(
                "Resource name {name} is invalid. A name has 3 to 128 letters, digits, hyphens and underscores, and begins with a letter or a digit."
            ),
        ));
    }
    let tags = if body["tags"].is_object() { body["tags"].clone() } else { json!({}) };
    if let Some(known) = world.identity(&id) {
        let changed = Identity { tags, ..known.clone() };
        let answer = Answer::json(StatusCode::OK, &describe(&changed));
        world.put_identity(changed);
        return Ok(answer);
    }
    let made = Identity {
        id,
        name,
        location: location.to_lowercase().replace(' ', ""),
        tags,
        tenant: subscription.tenant.clone(),
        principal: Uuid::new_v4().to_string(),
        client: Uuid::new_v4().to_string(),
        created: Some(ask.now),
    };
    let answer = Answer::json(StatusCode::CREATED, &describe(&made)).with("location", &made.id);
    world.put_identity(made);
    Ok(answer)
}

/// `DELETE …/userAssignedIdentities/{name}`: 200 without a body (recorded: `identity.DELETE__200`),
/// 204 when there was none.
pub(super) fn delete(path: &ScopePath, ask: &Ask<'_>, world: &mut World) -> Result<Answer, Answer> {
    let (subscription, group, name) = parts(path)?;
    let place = ask.find(&ScopePath::Group(subscription, group), Some(DELETE), world)?;
    let Place::Group(subscription, group) = place else {
        return Err(super::unknown_route(ask.call));
    };
    let id = identity_id(&subscription.id, &group.name, &name);
    ask.require(world, &id, DELETE)?;
    let gone = world.remove_identity(&id);
    Ok(Answer::empty(if gone { StatusCode::OK } else { StatusCode::NO_CONTENT }))
}

fn parts(path: &ScopePath) -> Result<(String, String, String), Answer> {
    match path {
        ScopePath::Identity(subscription, group, name) => {
            Ok((subscription.clone(), group.clone(), name.clone()))
        }
        _ => Err(Answer::empty(StatusCode::NOT_FOUND)),
    }
}

fn malformed(error: &serde_json::Error) -> Answer {
    Answer::error(
        StatusCode::BAD_REQUEST,
        "InvalidRequestContent",
        format!("The request content was invalid and could not be deserialized: '{error}'."),
    )
}

/// 3 to 128 of `[a-zA-Z0-9_-]`, the first a letter or a digit.
fn is_name(name: &str) -> bool {
    (3..=128).contains(&name.len())
        && name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name.chars().all(|one| one.is_ascii_alphanumeric() || one == '-' || one == '_')
}

fn describe(identity: &Identity) -> Value {
    json!({
        "id": identity.id,
        "name": identity.name,
        "type": "Microsoft.ManagedIdentity/userAssignedIdentities",
        "location": identity.location,
        "tags": identity.tags,
        "properties": {
            "tenantId": identity.tenant,
            "principalId": identity.principal,
            "clientId": identity.client,
        },
    })
}
