//! Resource providers, and whether a subscription is registered for them.

use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::place::Place;
use super::{Ask, failed_by_gateway, regions, version};
use crate::answer::Answer;
use crate::scenario::Subscription;
use crate::world::World;

const READ: &str = "Microsoft.Resources/subscriptions/providers/read";

/// A namespace and its resource types, each with its api-versions.
struct Provider {
    namespace: &'static str,
    types: &'static [(&'static str, &'static [&'static str])],
    policy: &'static str,
}

const PROVIDERS: &[Provider] = &[
    Provider {
        namespace: "Microsoft.CognitiveServices",
        types: &[
            ("accounts", version::COGNITIVE_SERVICES),
            ("accounts/deployments", version::COGNITIVE_SERVICES),
            ("accounts/models", version::COGNITIVE_SERVICES),
        ],
        policy: "RegistrationRequired",
    },
    Provider {
        namespace: "Microsoft.ManagedIdentity",
        types: &[("userAssignedIdentities", version::IDENTITIES)],
        policy: "RegistrationRequired",
    },
    Provider {
        namespace: "Microsoft.Authorization",
        types: &[
            ("roleAssignments", version::AUTHORIZATION),
            ("roleDefinitions", version::AUTHORIZATION),
            ("permissions", version::AUTHORIZATION),
            ("denyAssignments", version::DENY_ASSIGNMENTS),
        ],
        policy: "RegistrationFree",
    },
    Provider {
        namespace: "Microsoft.Resources",
        types: &[
            ("tenants", version::RESOURCES),
            ("subscriptions", version::RESOURCES),
            ("subscriptions/resourceGroups", version::RESOURCE_GROUPS),
        ],
        policy: "RegistrationFree",
    },
    Provider {
        namespace: "Microsoft.ResourceGraph",
        types: &[("resources", version::RESOURCE_GRAPH)],
        policy: "RegistrationFree",
    },
];

/// `GET /subscriptions/{id}/providers/{namespace}` (recorded: `providers.get__200`).
pub(super) fn read(
    place: &Place<'_>,
    namespace: &str,
    ask: &Ask<'_>,
    world: &World,
) -> Result<Answer, Answer> {
    ask.require(world, &place.id(), READ)?;
    let provider = find(namespace)?;
    let subscription = place.subscription().ok_or_else(|| super::unknown_route(ask.call))?;
    let state = state_of(world, subscription, provider.namespace, ask.now);
    Ok(Answer::json(StatusCode::OK, &describe(&place.id(), provider, state)))
}

/// `POST /subscriptions/{id}/providers/{namespace}/register`: `Registering` until the scenario's
/// delay has passed (recorded: `providers.register__200`).
pub(super) fn register(
    subscription: &str,
    namespace: &str,
    ask: &Ask<'_>,
    world: &mut World,
) -> Result<Answer, Answer> {
    let path = super::ScopePath::Subscription(subscription.to_owned());
    let place = Place::find(&path, world)?;
    let provider = find(namespace)?;
    let id = place.id();
    ask.require(world, &id, &format!("{}/register/action", provider.namespace))?;
    let subscription = place.subscription().ok_or_else(|| super::unknown_route(ask.call))?;
    let delay = Duration::from_secs(world.scenario.provider_registered_after_seconds);
    let before = state_of(world, subscription, provider.namespace, ask.now);
    let subscription = subscription.id.clone();
    if before == "NotRegistered" {
        world.register_provider(&subscription, provider.namespace, ask.now + delay);
    }
    let state = if before == "Registered" { before } else { "Registering" };
    Ok(Answer::json(StatusCode::OK, &describe(&id, provider, state)))
}

/// 409 for a write in a namespace that the subscription is not registered for (recorded:
/// `arm.other__409__MissingSubscriptionRegistration`).
pub(super) fn require_registered(
    world: &World,
    subscription: &Subscription,
    namespace: &str,
    now: OffsetDateTime,
) -> Result<(), Answer> {
    if state_of(world, subscription, namespace, now) == "Registered" {
        return Ok(());
    }
    let code = "MissingSubscriptionRegistration";
    let message = format!(
        "The subscription is not registered to use namespace '{namespace}'. See https://aka.ms/rps-not-found for how to register subscriptions."
    );
    Err(failed_by_gateway(Answer::json(
        StatusCode::CONFLICT,
        &json!({"error": {
            "code": code,
            "message": message,
            "details": [{"code": code, "target": namespace, "message": message}],
        }}),
    )))
}

fn find(namespace: &str) -> Result<&'static Provider, Answer> {
    PROVIDERS.iter().find(|one| one.namespace.eq_ignore_ascii_case(namespace)).ok_or_else(|| {
        failed_by_gateway(Answer::error(
            StatusCode::NOT_FOUND,
            "InvalidResourceNamespace",
            format!("The resource namespace '{namespace}' is invalid."),
        ))
    })
}

fn state_of(
    world: &World,
    subscription: &Subscription,
    namespace: &str,
    now: OffsetDateTime,
) -> &'static str {
    let missing =
        subscription.unregistered_providers.iter().any(|one| one.eq_ignore_ascii_case(namespace));
    match world.provider_registered_from(&subscription.id, namespace) {
        Some(from) if from <= now => "Registered",
        Some(_) => "Registering",
        None if missing => "NotRegistered",
        None => "Registered",
    }
}

fn describe(subscription: &str, provider: &Provider, state: &str) -> Value {
    let types: Vec<Value> = provider
        .types
        .iter()
        .map(|(name, versions)| {
            json!({
                "resourceType": name,
                "locations": regions::display_names(),
                "apiVersions": versions.iter().rev().collect::<Vec<_>>(),
                "defaultApiVersion": versions.iter().rev().find(|one| !one.ends_with("-preview")),
                "capabilities": "None",
            })
        })
        .collect();
    json!({
        "id": format!("{subscription}/providers/{}", provider.namespace),
        "namespace": provider.namespace,
        "authorizations": [],
        "resourceTypes": types,
        "registrationState": state,
        "registrationPolicy": provider.policy,
    })
}
