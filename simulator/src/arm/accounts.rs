//! Cognitive Services accounts and their deployments.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use http::StatusCode;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};
use uuid::Uuid;

use super::place::{Place, account_id};
use super::{Ask, domains, page};
use crate::address::{Addresses, InferenceHost};
use crate::answer::Answer;
use crate::model;
use crate::rbac::Rights;
use crate::scenario::{Account, Deployment, NetworkRules, ResourceGroup, Subscription};
use crate::signature;
use crate::world::World;

pub(super) const READ: &str = "Microsoft.CognitiveServices/accounts/read";
pub(super) const READ_MODELS: &str = "Microsoft.CognitiveServices/accounts/models/read";
pub(super) const READ_DEPLOYMENT: &str = "Microsoft.CognitiveServices/accounts/deployments/read";
const CREATED: &str = "2025-11-03T09:12:47.1187302Z";

/// `GET …/providers/Microsoft.CognitiveServices/accounts` of a subscription or a resource group:
/// the accounts that the caller may read.
pub(super) fn list(place: &Place<'_>, ask: &Ask<'_>, world: &World) -> Result<Answer, Answer> {
    let rights = Rights::of(world, &ask.who);
    if !rights.see_anything(&place.id()) {
        return Err(ask.forbid(READ, &place.id()));
    }
    let groups: Vec<(&Subscription, &ResourceGroup)> = match place {
        Place::Subscription(own) => own.resource_groups.iter().map(|group| (*own, group)).collect(),
        Place::Group(own, group) => vec![(*own, *group)],
        _ => Vec::new(),
    };
    let found: Vec<(String, &Account)> = groups
        .into_iter()
        .flat_map(|(subscription, group)| readable(&rights, subscription, group))
        .collect();
    let addresses = &ask.site.addresses;
    let page =
        page::cut(ask, world, found, |(id, account)| describe(&id, account, addresses, ask))?;
    let request = uuid::Uuid::new_v4().to_string();
    Ok(Answer::body(StatusCode::OK, &page).with("x-ms-original-request-ids", request))
}

/// The accounts of a resource group that may be read, with their ids. Where nothing below the group
/// is decided otherwise, the group decides for all of them.
pub(super) fn readable<'w>(
    rights: &Rights<'_>,
    subscription: &Subscription,
    group: &'w ResourceGroup,
) -> Vec<(String, &'w Account)> {
    let group_id = Place::Group(subscription, group).id();
    let one_by_one = rights.differ_below(&group_id);
    if !one_by_one && !rights.allow(&group_id, READ) {
        return Vec::new();
    }
    group
        .accounts
        .iter()
        .map(|account| (account_id(&subscription.id, &group.name, &account.name), account))
        .filter(|(id, _)| !one_by_one || rights.allow(id, READ))
        .collect()
}

/// `GET …/accounts/{name}`.
pub(super) fn read(place: &Place<'_>, ask: &Ask<'_>, world: &World) -> Result<Answer, Answer> {
    let id = place.id();
    ask.require(world, &id, READ)?;
    Ok(Answer::body(StatusCode::OK, &describe_place(place, ask)).with("etag", etag(&id)))
}

/// The account of a place, as an answer tells it.
pub(super) fn describe_place<'w>(
    place: &Place<'w>,
    ask: &Ask<'_>,
) -> Option<impl Serialize + use<'w>> {
    match place {
        Place::Account(_, _, account) => {
            Some(describe(&place.id(), account, &ask.site.addresses, ask))
        }
        _ => None,
    }
}

/// `GET …/accounts/{name}/deployments`.
pub(super) fn list_deployments(
    place: &Place<'_>,
    ask: &Ask<'_>,
    world: &World,
) -> Result<Answer, Answer> {
    let id = place.id();
    ask.require(world, &id, READ_DEPLOYMENT)?;
    let deployments: Vec<&Deployment> = match place {
        Place::Account(_, _, account) => account.deployments.iter().collect(),
        _ => Vec::new(),
    };
    let page = page::cut(ask, world, deployments, |one| describe_deployment(&id, one, ask))?;
    Ok(Answer::body(StatusCode::OK, &page))
}

/// `GET …/accounts/{name}/deployments/{deployment}`.
pub(super) fn read_deployment(
    place: &Place<'_>,
    name: &str,
    ask: &Ask<'_>,
    world: &World,
) -> Result<Answer, Answer> {
    let id = place.id();
    ask.require(world, &format!("{id}/deployments/{name}"), READ_DEPLOYMENT)?;
    let found = match place {
        Place::Account(_, _, account) => account.deployment(name),
        _ => None,
    };
    match found {
        Some(deployment) => {
            Ok(Answer::json(StatusCode::OK, &describe_deployment(&id, deployment, ask)))
        }
        None => Err(Answer::error(
            StatusCode::NOT_FOUND,
            "NotFound",
            format!("Specified resource '{id}/deployments/{name}' cannot be found."),
        )),
    }
}

/// `GET …/accounts/{name}/models`.
pub(super) fn list_models(
    place: &Place<'_>,
    ask: &Ask<'_>,
    world: &World,
) -> Result<Answer, Answer> {
    ask.require(world, &place.id(), READ_MODELS)?;
    let mut models: Vec<Value> = model::offered().map(model::describe).collect();
    if let Place::Account(_, _, account) = place {
        for deployment in &account.deployments {
            tell_model_of(deployment, &mut models);
        }
    }
    let page = page::cut(ask, world, models, |model| model)?;
    Ok(Answer::body(StatusCode::OK, &page))
}

/// What is deployed is among the models of its account, with its own end.
fn tell_model_of(deployment: &Deployment, models: &mut Vec<Value>) {
    let listed = models.iter().position(|it| {
        it["name"] == deployment.model.as_str() && it["format"] == deployment.maker.as_str()
    });
    let at = listed.unwrap_or_else(|| {
        let mut model = model::describe(&deployment.model);
        model["format"] = json!(deployment.maker);
        models.push(model);
        models.len() - 1
    });
    if let Some(ends) = &deployment.retires {
        models[at]["deprecation"] = json!({"inference": ends});
        for sku in models[at]["skus"].as_array_mut().into_iter().flatten() {
            sku["deprecationDate"] = json!(ends);
        }
    }
}

/// An account as the version of the request tells it. The rules of its rate limits, which make most
/// of it, are the same for all accounts of a kind and are written once.
#[derive(Debug, Serialize)]
struct Description<'w> {
    id: String,
    name: &'w str,
    r#type: &'static str,
    etag: String,
    location: &'w str,
    sku: Value,
    kind: &'w str,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    tags: &'w BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    identity: Option<Value>,
    properties: Properties,
    #[serde(rename = "systemData", skip_serializing_if = "Option::is_none")]
    system_data: Option<Value>,
}

#[derive(Debug, Serialize)]
struct Properties {
    #[serde(flatten)]
    own: Value,
    #[serde(rename = "callRateLimit")]
    call_rate_limit: &'static RawValue,
}

fn describe<'w>(
    id: &str,
    account: &'w Account,
    addresses: &Addresses,
    ask: &Ask<'_>,
) -> Description<'w> {
    let tenant = &ask.who.tenant;
    let mut own = properties(id, account, addresses);
    if domains::is_changing(account.changing_until, ask.now) {
        own["provisioningState"] = json!("Accepted");
    }
    Description {
        id: id.to_owned(),
        name: &account.name,
        r#type: "Microsoft.CognitiveServices/accounts",
        etag: etag(id),
        location: &account.location,
        sku: json!({"name": "S0"}),
        kind: &account.kind,
        tags: &account.tags,
        identity: identity(account, tenant),
        properties: Properties { own, call_rate_limit: call_rate_limit(&account.kind) },
        system_data: ask.is_since("2021-04-30").then(system_data),
    }
}

/// Which identities the account has: its own, some of a user's, or both.
fn identity(account: &Account, tenant: &str) -> Option<Value> {
    let users: serde_json::Map<String, Value> = account
        .user_identities
        .iter()
        .map(|id| {
            let made = |what: &str| {
                let name = format!("{what}{id}");
                Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes()).to_string()
            };
            (id.clone(), json!({"principalId": made("principal"), "clientId": made("client")}))
        })
        .collect();
    let mut whole = match (&account.identity, users.is_empty()) {
        (None, true) => return None,
        (None, false) => json!({"type": "UserAssigned"}),
        (Some(own), _) => json!({
            "principalId": own,
            "tenantId": tenant,
            "type": if users.is_empty() { "SystemAssigned" } else { "SystemAssigned, UserAssigned" },
        }),
    };
    if !users.is_empty() {
        whole["userAssignedIdentities"] = users.into();
    }
    Some(whole)
}

/// What distinguishes one account from others of its kind.
pub(super) fn properties(id: &str, account: &Account, addresses: &Addresses) -> Value {
    let mut properties = json!({
        "endpoint": endpoint(account, addresses),
        "provisioningState": "Succeeded",
        "internalId": signature::s256(id).to_lowercase().replace(['-', '_'], "0")[..32],
        "dateCreated": CREATED,
        "isMigrated": false,
        "privateEndpointConnections": [],
        "publicNetworkAccess": account.public_network_access,
        "capabilities": capabilities(account),
        "endpoints": endpoints(account, addresses),
    });
    // Azure leaves out what was never set.
    if let Some(subdomain) = &account.subdomain {
        properties["customSubDomainName"] = json!(subdomain.to_lowercase());
    }
    if let Some(disabled) = account.disable_local_auth {
        properties["disableLocalAuth"] = json!(disabled);
    }
    if let Some(rules) = &account.network_rules {
        properties["networkAcls"] = network_rules(rules);
    }
    if account.kind == "AIServices" {
        properties["apiProperties"] = json!({"qnaAzureSearchEndpointKey": null});
        properties["allowProjectManagement"] = json!(true);
    }
    for (name, value) in &account.settings {
        properties[name] = value.clone();
    }
    if let Some(default) = account.projects.first() {
        properties["defaultProject"] = json!(default);
        properties["associatedProjects"] = json!(account.projects);
    }
    properties
}

fn network_rules(rules: &NetworkRules) -> Value {
    let addresses: Vec<Value> = rules.ip_rules.iter().map(|ip| json!({"value": ip})).collect();
    let subnets: Vec<Value> = rules
        .virtual_network_rules
        .iter()
        .map(|id| json!({"id": id, "ignoreMissingVnetServiceEndpoint": false}))
        .collect();
    json!({
        "defaultAction": rules.default_action,
        "virtualNetworkRules": subnets,
        "ipRules": addresses,
    })
}

/// Without a subdomain the region's host; with one, a host that depends on the kind.
pub(super) fn endpoint(account: &Account, addresses: &Addresses) -> String {
    match &account.subdomain {
        None => addresses.inference(&account.region(), InferenceHost::Region),
        Some(subdomain) if account.kind == "OpenAI" => {
            addresses.inference(subdomain, InferenceHost::OpenAi)
        }
        Some(subdomain) => addresses.inference(subdomain, InferenceHost::CognitiveServices),
    }
}

/// The endpoints by label. An AIServices account has its chat under the OpenAI label, and its own
/// `endpoint` elsewhere.
pub(super) fn endpoints(account: &Account, addresses: &Addresses) -> Value {
    let own = endpoint(account, addresses);
    let Some(subdomain) = &account.subdomain else {
        return json!({ label_of_kind(&account.kind): own });
    };
    let at = |host| addresses.inference(subdomain, host);
    match account.kind.as_str() {
        "OpenAI" => json!({
            "OpenAI Language Model Instance API": own,
            "OpenAI Dall-E API": own,
            "OpenAI Whisper API": own,
            "OpenAI Model Scaleset API": own,
            "OpenAI Realtime API": own,
            "Token API": own,
        }),
        "AIServices" => json!({
            "AI Foundry API": at(InferenceHost::Foundry),
            "Azure AI Model Inference API": at(InferenceHost::Foundry),
            "OpenAI Language Model Instance API": at(InferenceHost::OpenAi),
            "OpenAI Dall-E API": at(InferenceHost::OpenAi),
            "OpenAI Whisper API": at(InferenceHost::OpenAi),
            "OpenAI Model Scaleset API": at(InferenceHost::OpenAi),
            "OpenAI Realtime API": at(InferenceHost::OpenAi),
            "Content Safety": own,
            "Computer Vision": own,
            "FormRecognizer": own,
            "TextAnalytics": own,
            "TextTranslation": own,
            "Token": own,
        }),
        kind => json!({ label_of_kind(kind): own }),
    }
}

fn label_of_kind(kind: &str) -> &str {
    if kind == "OpenAI" { "OpenAI Language Model Instance API" } else { kind }
}

fn call_rate_limit(kind: &str) -> &'static RawValue {
    static WRITTEN: [OnceLock<Box<RawValue>>; 2] = [OnceLock::new(), OnceLock::new()];
    WRITTEN[usize::from(kind == "AIServices")].get_or_init(|| {
        to_raw_value(&json!({"rules": rate_rules(kind)})).expect("a JSON value can be written")
    })
}

/// Two rules for an OpenAI account. An AIServices account has some hundred and thirty, which make
/// a list of accounts as heavy as a real one.
fn rate_rules(kind: &str) -> Vec<Value> {
    let rule = |key: &str, path: &str, count: u32| {
        json!({
            "key": key,
            "renewalPeriod": 1,
            "count": count,
            "dynamicThrottlingEnabled": false,
            "matchPatterns": [{"path": path, "method": "*"}],
        })
    };
    let mut rules = vec![rule("openai", "openai/*", 30), rule("default", "*", 30)];
    if kind == "AIServices" {
        for area in [
            "vision",
            "language",
            "speech",
            "translator",
            "contentsafety",
            "formrecognizer",
            "contentunderstanding",
        ] {
            rules.extend((1..=19).map(|number| {
                let path = format!("{area}/operations/{number}/{{identifier}}/*");
                rule(&format!("{area}.operation{number}.calls"), &path, 20)
            }));
        }
    }
    rules
}

fn capabilities(account: &Account) -> Value {
    if account.kind == "OpenAI" || account.kind == "AIServices" {
        json!([
            {"name": "VirtualNetworks"},
            {"name": "CustomerManagedKey"},
            {"name": "MaxFineTuneCount", "value": "500"},
            {"name": "MaxRunningFineTuneCount", "value": "3"},
            {"name": "MaxUserFileCount", "value": "100"},
            {"name": "MaxTrainingFileSize", "value": "512000000"},
        ])
    } else {
        json!([{"name": "VirtualNetworks"}, {"name": "CustomerManagedKey"}])
    }
}

/// Versions before 2023 have scale settings and no SKU (recorded: `cog.deployments.list__200__01`).
fn describe_deployment(account: &str, deployment: &Deployment, ask: &Ask<'_>) -> Value {
    let id = format!("{account}/deployments/{}", deployment.name);
    if !ask.is_since("2023-01-01") {
        return json!({
            "id": id,
            "type": "Microsoft.CognitiveServices/accounts/deployments",
            "name": deployment.name,
            "properties": {
                "model": {
                    "format": "OpenAI",
                    "name": deployment.model,
                    "version": model::version(&deployment.model),
                },
                "scaleSettings": {"scaleType": "Standard"},
                "capabilities": model::capabilities(&deployment.model),
                "provisioningState": "Succeeded",
            },
            "systemData": system_data(),
            "etag": etag(&id),
        });
    }
    let mut whole = json!({
        "id": id,
        "type": "Microsoft.CognitiveServices/accounts/deployments",
        "name": deployment.name,
        "sku": {"name": deployment.sku, "capacity": deployment.capacity},
        "properties": {
            "model": {
                "publisher": deployment.maker,
                "format": deployment.maker,
                "name": deployment.model,
                "version": model::version(&deployment.model),
            },
            "versionUpgradeOption": "OnceNewDefaultVersionAvailable",
            "currentCapacity": deployment.capacity,
            "capabilities": model::capabilities(&deployment.model),
            "raiPolicyName": "Microsoft.DefaultV2",
            "provisioningState": "Succeeded",
            "rateLimits": [
                {"key": "request", "renewalPeriod": 10, "count": deployment.capacity},
                {"key": "token", "renewalPeriod": 60, "count": deployment.capacity * 1000},
            ],
        },
        "systemData": system_data(),
        "etag": etag(&id),
    });
    for (name, value) in &deployment.settings {
        whole["properties"][name] = value.clone();
    }
    if !deployment.tags.is_empty() {
        whole["tags"] = json!(deployment.tags);
    }
    whole
}

fn system_data() -> Value {
    json!({
        "createdBy": "grace@contoso.example",
        "createdByType": "User",
        "createdAt": CREATED,
        "lastModifiedBy": "grace@contoso.example",
        "lastModifiedByType": "User",
        "lastModifiedAt": CREATED,
    })
}

fn etag(id: &str) -> String {
    format!("\"{}\"", &signature::s256(id)[..20])
}
