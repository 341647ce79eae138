//! What is in an answer, read by hand: one small function an operation, over the bare JSON.
//!
//! Nothing here is core's. Where core reads a typed page, this walks pointers; where core matches
//! wildcards by pieces, this makes a regular expression. A mistake in one is not in the other.

use regex::Regex;
use serde_json::{Value, json};

use crate::record::{Answer, Body};
use crate::roles::CHATTING;

/// The directory of the made-up person.
pub const TENANT: &str = "5b0d8f0a-0d5c-4b52-9d6f-3f6f0e2f5a11";
/// The person's id in it.
pub const OBJECT_ID: &str = "3f1a2b3c-0d1e-4f5a-8b6c-7d8e9f0a1b2c";
/// The account that is looked at.
pub const ACCOUNT: &str = "/subscriptions/6a9d3f0e-1b2c-4d5e-8f90-a1b2c3d4e5f6/resourceGroups/group/providers/Microsoft.CognitiveServices/accounts/account";

const CHAT: &str =
    "Microsoft.CognitiveServices/accounts/OpenAI/deployments/chat/completions/action";
const ASSIGN: &str = "Microsoft.Authorization/roleAssignments/write";

/// The roles that are known not to.
const SILENT: [&str; 8] = [
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
    "b24988ac-6180-42a0-ab88-20f7382dd24c",
    "acdd72a7-3385-48ef-bd42-f606fba81ae7",
    "25fbc0a9-bd7c-42a3-aa1a-3b75d497ee68",
    "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
    "f58310d9-a9f6-439a-9e8d-f62e7b41a168",
    "e47c6f54-e4a2-4754-9501-8e0985b135e1",
    "b78c5d69-af96-48a3-bf8d-a8b4d589de94",
];

/// The roles that assign any role.
const ASSIGNING: [&str; 3] = [
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
    "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
    "f58310d9-a9f6-439a-9e8d-f62e7b41a168",
];

/// Status, code and message of an answer that is not a success; none for a success.
pub fn refused(answer: &Answer) -> Option<Value> {
    let status = answer.status.filter(|status| !(200..300).contains(status))?;
    let json = answer.body.json().unwrap_or(&Value::Null);
    let places = [
        ("/error/code", "/error/message"),
        ("/Error/Code", "/Error/Message"),
        ("/error", "/error_description"),
        ("/code", "/message"),
    ];
    let text = |pointer: &str| json.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let (code, message) = places
        .into_iter()
        .map(|(code, message)| (text(code), text(message)))
        .find(|(code, message)| !code.is_empty() || !message.is_empty())
        .unwrap_or_default();
    // What support copies ends after 2,000 letters.
    let message: String = match message.char_indices().nth(2_000) {
        Some((at, _)) => format!("{}…", &message[..at]),
        None => message.to_owned(),
    };
    Some(json!({"status": status, "code": code, "message": message}))
}

/// Every tenant, with its name where it is told.
pub fn tenants(body: &Value) -> Value {
    list(body).map(|item| json!({"id": item["tenantId"], "name": item["displayName"]})).collect()
}

/// Every subscription that is not disabled or deleted, each id once.
pub fn subscriptions(body: &Value) -> Value {
    let mut ids = Vec::new();
    let mut found = Vec::new();
    for item in list(body).filter(|item| item["state"] != "Disabled" && item["state"] != "Deleted")
    {
        let id = item["subscriptionId"].as_str().unwrap_or_default().to_lowercase();
        if !ids.contains(&id) {
            ids.push(id);
            found.push(json!({"id": item["subscriptionId"], "name": item["displayName"]}));
        }
    }
    Value::Array(found)
}

/// The accounts that can hold models, by name.
pub fn accounts(body: &Value) -> Value {
    let mut found: Vec<&Value> = list(body)
        .filter(|item| item["kind"] == "OpenAI" || item["kind"] == "AIServices")
        .collect();
    let lower = |json: &Value| json.as_str().unwrap_or_default().to_lowercase();
    found.sort_by_key(|item| (lower(&item["name"]), lower(&item["id"])));
    found.into_iter().map(account).collect()
}

fn account(item: &Value) -> Value {
    let properties = &item["properties"];
    let endpoint = ["/endpoints/OpenAI Language Model Instance API", "/endpoint"]
        .into_iter()
        .find_map(|pointer| properties.pointer(pointer)?.as_str())
        .unwrap_or_default();
    let group = Regex::new("(?i)/resourceGroups/([^/]+)").expect("a constant pattern");
    let id = item["id"].as_str().unwrap_or_default();
    let network =
        match (&properties["publicNetworkAccess"], &properties["networkAcls"]["defaultAction"]) {
            (Value::String(access), _) if access == "Disabled" => Some("private_network"),
            (_, Value::String(action)) if action == "Deny" => Some("network_rules"),
            _ => None,
        };
    let subdomain = properties["customSubDomainName"].as_str().unwrap_or_default();
    let state = properties["provisioningState"].as_str().unwrap_or("Succeeded");
    let obstacles: Vec<&str> = [
        subdomain.is_empty().then_some("no_custom_subdomain"),
        network,
        (state != "Succeeded").then_some("not_ready"),
    ]
    .into_iter()
    .flatten()
    .collect();
    json!({
        "id": id,
        "name": item["name"],
        "kind": item["kind"],
        "location": item["location"],
        "resource_group": group.captures(id).map(|found| found[1].to_owned()).unwrap_or_default(),
        "endpoint": endpoint.trim_end_matches('/'),
        "obstacles": obstacles,
    })
}

/// The deployments by name, and whether one can chat with them.
pub fn deployments(body: &Value) -> Value {
    let mut found: Vec<Value> = list(body)
        .map(|item| {
            let model = &item["properties"]["model"];
            let can_chat = item["properties"]["capabilities"]["chatCompletion"] == "true"
                && model["format"].as_str().unwrap_or("OpenAI") == "OpenAI";
            json!({
                "name": item["name"],
                "model": model["name"].as_str().unwrap_or_default(),
                "version": model["version"].as_str().unwrap_or_default(),
                "can_chat": can_chat,
            })
        })
        .collect();
    found.sort_by_key(|one| one["name"].as_str().unwrap_or_default().to_lowercase());
    Value::Array(found)
}

/// Whether the permissions let one chat, and assign roles. With the assignments unread a condition
/// may limit what they say about assigning.
pub fn permissions(body: &Value) -> Value {
    let grants = |given: &str, taken: &str, action: &str| {
        list(body).any(|item| covers(&item[given], action) && !covers(&item[taken], action))
    };
    let chats = grants("dataActions", "notDataActions", CHAT);
    let assigns = grants("actions", "notActions", ASSIGN);
    json!({
        "verdict": if chats { "MayChat" } else { "MayNotChat" },
        "may_assign": if assigns { "Unknown" } else { "No" },
    })
}

/// Whether the assignments let one chat at [`account_below_first_scope`].
pub fn assignments(body: &Value) -> Value {
    let account = account_below_first_scope(Some(body)).unwrap_or_else(|| ACCOUNT.to_owned());
    let reaching: Vec<(&Value, String)> = list(body)
        .map(|item| &item["properties"])
        .filter(|item| lies_at_or_below(&account, item["scope"].as_str().unwrap_or_default()))
        .map(|item| {
            let path = item["roleDefinitionId"].as_str().unwrap_or_default().to_lowercase();
            (item, path.rsplit('/').next().unwrap_or_default().to_owned())
        })
        .collect();
    let chats = reaching
        .iter()
        .any(|(item, role)| CHATTING.contains(&role.as_str()) && item["condition"].is_null());
    let all_silent = reaching.iter().all(|(_, role)| SILENT.contains(&role.as_str()));
    let verdict = match (chats, all_silent) {
        (true, _) => "MayChat",
        (false, true) => "MayNotChat",
        (false, false) => "CannotTell",
    };
    let free = reaching
        .iter()
        .any(|(item, role)| ASSIGNING.contains(&role.as_str()) && item["condition"].is_null());
    let all_known = reaching.iter().all(|(item, role)| {
        let known = [CHATTING, SILENT].iter().any(|list| list.contains(&role.as_str()));
        known && item["condition"].is_null()
    });
    let may_assign = match (free, all_known) {
        (true, _) => "Yes",
        (false, true) => "No",
        (false, false) => "Unknown",
    };
    json!({"verdict": verdict, "may_assign": may_assign})
}

/// An account at the scope of the first assignment of a list, so that some assignments reach it.
pub fn account_below_first_scope(body: Option<&Value>) -> Option<String> {
    let scope = list(body?).find_map(|item| item["properties"]["scope"].as_str())?;
    let parts: Vec<&str> = scope.trim_matches('/').split('/').collect();
    let (subscription, group) = match parts.as_slice() {
        ["subscriptions", id, _, group, ..] => (*id, *group),
        ["subscriptions", id] => (*id, "group"),
        _ => return None,
    };
    Some(format!(
        "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.CognitiveServices/accounts/account"
    ))
}

/// The text that a stream says, piece by piece.
pub fn chat(body: &Body) -> Value {
    let Body::Events(events, done) = body else { return Value::Null };
    if !done {
        // Whether something is missing cannot be seen.
        return json!({"status": null, "code": "", "message": ""});
    }
    let pieces = events
        .iter()
        .flat_map(|event| event["choices"].as_array().into_iter().flatten())
        .filter_map(|choice| choice["delta"]["content"].as_str());
    json!({"text": pieces.collect::<String>()})
}

/// The tokens, how long they hold, and whom they name.
pub fn token(body: &Value) -> Value {
    json!({
        "access_token": body["access_token"],
        "refresh_token": body["refresh_token"],
        "seconds": body["expires_in"],
        "person": "grace@conformance.example",
    })
}

fn list(body: &Value) -> impl Iterator<Item = &Value> {
    body["value"].as_array().into_iter().flatten()
}

fn covers(patterns: &Value, action: &str) -> bool {
    let patterns = patterns.as_array().into_iter().flatten().filter_map(Value::as_str);
    patterns.into_iter().any(|pattern| {
        let pattern = format!("(?i)^{}$", regex::escape(pattern).replace(r"\*", ".*"));
        Regex::new(&pattern).is_ok_and(|pattern| pattern.is_match(action))
    })
}

fn lies_at_or_below(account: &str, scope: &str) -> bool {
    let parts = |id: &str| -> Vec<String> {
        id.to_lowercase().split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect()
    };
    let (account, scope) = (parts(account), parts(scope));
    account.starts_with(&scope)
        || scope.starts_with(&["providers".to_owned(), "microsoft.management".to_owned()])
}
