//! Tenants, subscriptions and resource groups.

use std::collections::BTreeMap;

use http::StatusCode;
use serde::Serialize;
use serde_json::{Value, json};

use super::place::Place;
use super::{Ask, page};
use crate::answer::Answer;
use crate::rbac::Rights;
use crate::scenario::{ResourceGroup, Subscription};
use crate::world::World;

/// `GET /tenants`: every tenant that knows the caller. Of tenants other than the token's own only
/// the ids are told.
pub(super) fn list_tenants(ask: &Ask<'_>, world: &World) -> Answer {
    let Some(user) = world.caller(&ask.who.tenant, &ask.who.object_id) else {
        return Answer::json(StatusCode::OK, &json!({"value": []}));
    };
    let tenants: Vec<Value> = world
        .scenario
        .tenants
        .iter()
        .filter(|tenant| user.object_id(&tenant.id).is_some())
        .map(|tenant| {
            let id = format!("/tenants/{}", tenant.id);
            if tenant.id != ask.who.tenant || !ask.is_since("2020-01-01") {
                return json!({"id": id, "tenantId": tenant.id, "tenantCategory": "Home"});
            }
            let mut whole = json!({
                "id": id,
                "tenantId": tenant.id,
                "countryCode": tenant.country,
                "displayName": tenant.name,
                "domains": tenant.domains,
                "tenantCategory": "Home",
                "defaultDomain": tenant.domains.first(),
                "tenantType": "AAD",
            });
            if let Some(logo) = &tenant.logo {
                whole["tenantBrandingLogoUrl"] = json!(logo);
            }
            whole
        })
        .collect();
    Answer::json(StatusCode::OK, &json!({"value": tenants}))
}

/// `GET /subscriptions`: those of the token's tenant in which the caller holds any role.
pub(super) fn list(ask: &Ask<'_>, world: &World) -> Result<Answer, Answer> {
    let rights = Rights::of(world, &ask.who);
    let visible = rights.visible_subscriptions(&ask.who.tenant);
    let total = visible.len();
    let mut page = page::cut(ask, world, visible, describe)?;
    page.count = Some(json!({"type": "Total", "value": total}));
    Ok(Answer::body(StatusCode::OK, &page))
}

/// `GET /subscriptions/{id}`.
pub(super) fn read(place: &Place<'_>, ask: &Ask<'_>, world: &World) -> Result<Answer, Answer> {
    if !Rights::of(world, &ask.who).see_anything(&place.id()) {
        return Err(ask.forbid("Microsoft.Resources/subscriptions/read", &place.id()));
    }
    let body = place.subscription().map(describe);
    Ok(Answer::body(StatusCode::OK, &body))
}

/// `GET /subscriptions/{id}/resourcegroups`: those that the caller may read.
pub(super) fn list_resource_groups(
    place: &Place<'_>,
    ask: &Ask<'_>,
    world: &World,
) -> Result<Answer, Answer> {
    let action = "Microsoft.Resources/subscriptions/resourceGroups/read";
    if !Rights::of(world, &ask.who).see_anything(&place.id()) {
        return Err(ask.forbid(action, &place.id()));
    }
    let Some(subscription) = place.subscription() else {
        return Err(ask.forbid(action, &place.id()));
    };
    let rights = Rights::of(world, &ask.who);
    let groups: Vec<(String, &ResourceGroup)> = subscription
        .resource_groups
        .iter()
        .map(|group| (Place::Group(subscription, group).id(), group))
        .filter(|(id, _)| rights.allow(id, action))
        .collect();
    let page = page::cut(ask, world, groups, |(id, group)| describe_group(&id, group, ask))?;
    Ok(Answer::body(StatusCode::OK, &page))
}

/// `GET /subscriptions/{id}/resourcegroups/{name}`.
pub(super) fn read_resource_group(
    place: &Place<'_>,
    ask: &Ask<'_>,
    world: &World,
) -> Result<Answer, Answer> {
    let id = place.id();
    ask.require(world, &id, "Microsoft.Resources/subscriptions/resourceGroups/read")?;
    let body = match place {
        Place::Group(_, group) => describe_group(&id, group, ask),
        _ => Value::Null,
    };
    Ok(Answer::json(StatusCode::OK, &body))
}

/// `HEAD /subscriptions/{id}/resourcegroups/{name}`: 204; a group that is not there is 404 before.
pub(super) fn check_resource_group(
    place: &Place<'_>,
    ask: &Ask<'_>,
    world: &World,
) -> Result<Answer, Answer> {
    let action = "Microsoft.Resources/subscriptions/resourceGroups/read";
    ask.require(world, &place.id(), action)?;
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

/// A subscription as it is told, without a detour through values: a person can have thousands.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Description<'w> {
    id: String,
    authorization_source: &'static str,
    managed_by_tenants: Vec<Manager<'w>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    tags: &'w BTreeMap<String, String>,
    subscription_id: &'w str,
    tenant_id: &'w str,
    display_name: &'w str,
    state: &'w str,
    subscription_policies: Policies,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Manager<'w> {
    tenant_id: &'w str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Policies {
    location_placement_id: &'static str,
    quota_id: &'static str,
    spending_limit: &'static str,
}

const POLICIES: Policies = Policies {
    location_placement_id: "Public_2014-09-01",
    quota_id: "PayAsYouGo_2014-09-01",
    spending_limit: "Off",
};

fn describe(subscription: &Subscription) -> Description<'_> {
    let managers = subscription.managed_by_tenants.iter();
    Description {
        id: Place::Subscription(subscription).id(),
        authorization_source: "RoleBased",
        managed_by_tenants: managers.map(|id| Manager { tenant_id: id }).collect(),
        tags: &subscription.tags,
        subscription_id: &subscription.id,
        tenant_id: &subscription.tenant,
        display_name: &subscription.name,
        state: &subscription.state,
        subscription_policies: POLICIES,
    }
}

/// What Resource Graph tells of a subscription.
pub(super) fn properties(subscription: &Subscription) -> Value {
    json!({
        "managedByTenants": subscription.managed_by_tenants,
        "state": subscription.state,
        "subscriptionPolicies": POLICIES,
    })
}

/// Versions before 2019 do not tell the type (recorded: `resourceGroups.GET__200`).
fn describe_group(id: &str, group: &ResourceGroup, ask: &Ask<'_>) -> Value {
    let mut whole = json!({
        "id": id,
        "name": group.name,
        "location": group.location,
        "properties": {"provisioningState": "Succeeded"},
    });
    if ask.is_since("2019-05-01") {
        whole["type"] = json!("Microsoft.Resources/resourceGroups");
    }
    if let Some(owner) = &group.managed_by {
        whole["managedBy"] = json!(owner);
    }
    if !group.tags.is_empty() {
        whole["tags"] = json!(group.tags);
    }
    whole
}
