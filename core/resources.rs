//! Azure OpenAI and Foundry resources: accounts and their deployments.
//!
//! Operations: "Accounts - List" and "Deployments - List" of Microsoft.CognitiveServices,
//! api-version 2025-06-01.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::Semaphore;

use crate::directory::{Subscription, read_list};
use crate::failure::Failure;
use crate::http::Cause;
use crate::identity::Identity;
use crate::snapshot::{Deployment, Obstacle, Resource};

const API_VERSION: &str = "2025-06-01";
const LISTS_AT_ONCE: usize = 8;
/// The label of the chat endpoint among an account's endpoints; `endpoint` itself is another
/// host for kind AIServices (recorded: cog.account.GET__200__AIServices).
const CHAT_ENDPOINT: &str = "OpenAI Language Model Instance API";

/// An account, with what the window does not need to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// What the window shows.
    pub resource: Resource,
    /// The directory whose tokens it takes.
    pub tenant_id: String,
    /// The answer that named it.
    pub cause: Cause,
}

impl Account {
    /// Its place in a list: by name, in any case.
    pub fn place(&self) -> (String, String) {
        (self.resource.name.to_lowercase(), self.resource.id.to_lowercase())
    }
}

/// The accounts of some subscriptions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Sorted by name.
    pub accounts: Vec<Account>,
    /// Subscriptions that refused, or answered something odd.
    pub unreached: usize,
    /// What one of them said; that the network is gone goes before anything else.
    pub refused: Option<Failure>,
}

/// How many lists are read at once, and how long each may take: it can have thousands of accounts.
pub struct Pace {
    turns: Semaphore,
    limit: Duration,
}

impl Pace {
    /// So many lists at once that a large company is read soon and no proxy is drowned.
    pub fn within(limit: Duration) -> Self {
        Pace { turns: Semaphore::new(LISTS_AT_ONCE), limit }
    }
}

/// Reads the accounts of these subscriptions, side by side at this pace. One that refuses the
/// read, or takes too long, is left out.
pub async fn list_accounts(
    identity: &Arc<Identity>,
    subscriptions: &[(Subscription, Cause)],
    pace: &Pace,
) -> Found {
    let lists = subscriptions.iter().map(|(subscription, cause)| async move {
        // Nobody closes the semaphore.
        let _turn = pace.turns.acquire().await;
        let list = list_of_subscription(identity, subscription, cause);
        identity.http().within(pace.limit, "Azure", list).await
    });
    let mut found = Found::default();
    for list in join_all(lists).await {
        match list {
            Ok(list) => found.accounts.extend(list),
            Err(failure) => {
                tracing::info!(code = ?failure.code, "a subscription was not reached");
                found.unreached += 1;
                let known = found.refused.take().filter(|known| known.is_transient());
                found.refused = Some(known.unwrap_or(failure));
            }
        }
    }
    found.accounts.sort_by_cached_key(Account::place);
    found
}

async fn list_of_subscription(
    identity: &Identity,
    subscription: &Subscription,
    cause: &Cause,
) -> Result<Vec<Account>, Failure> {
    let path =
        format!("subscriptions/{}/providers/Microsoft.CognitiveServices/accounts", subscription.id);
    let url = identity.http().cloud().resource_manager(&path, API_VERSION);
    let items: Vec<(AccountItem, Cause)> =
        read_list(identity, &subscription.tenant_id, url, cause).await?;
    let chat = |item: &AccountItem| ["OpenAI", "AIServices"].contains(&item.kind.as_str());
    Ok(items
        .into_iter()
        .filter(|(item, _)| chat(item))
        .map(|(item, cause)| item.into_account(subscription, cause))
        .collect())
}

/// Reads the deployments of an account, sorted by name, with the answers that named them.
pub async fn list_deployments(
    identity: &Identity,
    account: &Account,
) -> Result<(Vec<Deployment>, Cause), Failure> {
    let path = format!("{}/deployments", account.resource.id);
    let url = identity.http().cloud().resource_manager(&path, API_VERSION);
    let items: Vec<(DeploymentItem, Cause)> =
        read_list(identity, &account.tenant_id, url, &account.cause).await?;
    let cause = items.iter().fold(Cause::none(), |all, (_, cause)| all.and(cause));
    let mut deployments: Vec<Deployment> =
        items.into_iter().map(|(item, _)| item.into_deployment()).collect();
    deployments.sort_by_key(|deployment| deployment.name.to_lowercase());
    Ok((deployments, cause))
}

#[derive(Deserialize)]
struct AccountItem {
    id: String,
    name: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    location: String,
    #[serde(default)]
    properties: AccountProperties,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct AccountProperties {
    endpoint: Option<String>,
    endpoints: Option<std::collections::HashMap<String, String>>,
    custom_sub_domain_name: Option<String>,
    public_network_access: Option<String>,
    network_acls: Option<NetworkRules>,
    provisioning_state: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct NetworkRules {
    default_action: Option<String>,
}

impl AccountItem {
    fn into_account(self, subscription: &Subscription, cause: Cause) -> Account {
        let obstacles = self.properties.obstacles();
        let resource = Resource {
            resource_group: segment_after(&self.id, "resourceGroups").to_owned(),
            endpoint: self.properties.chat_endpoint().trim_end_matches('/').to_owned(),
            subscription: subscription.name.clone(),
            id: self.id,
            name: self.name,
            kind: self.kind,
            location: self.location,
            obstacles,
        };
        Account { resource, tenant_id: subscription.tenant_id.clone(), cause }
    }
}

impl AccountProperties {
    fn chat_endpoint(&self) -> &str {
        self.endpoints
            .as_ref()
            .and_then(|endpoints| endpoints.get(CHAT_ENDPOINT))
            .or(self.endpoint.as_ref())
            .map_or("", String::as_str)
    }

    fn obstacles(&self) -> Vec<Obstacle> {
        let mut obstacles = Vec::new();
        if self.custom_sub_domain_name.as_deref().is_none_or(str::is_empty) {
            obstacles.push(Obstacle::NoCustomSubdomain);
        }
        if self.public_network_access.as_deref() == Some("Disabled") {
            obstacles.push(Obstacle::PrivateNetwork);
        } else if self.network_acls.as_ref().and_then(|rules| rules.default_action.as_deref())
            == Some("Deny")
        {
            obstacles.push(Obstacle::NetworkRules);
        }
        if self.provisioning_state.as_deref().is_some_and(|state| state != "Succeeded") {
            obstacles.push(Obstacle::NotReady);
        }
        obstacles
    }
}

#[derive(Deserialize)]
struct DeploymentItem {
    name: String,
    #[serde(default)]
    properties: DeploymentProperties,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct DeploymentProperties {
    model: Model,
    capabilities: serde_json::Map<String, Value>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Model {
    format: String,
    name: String,
    version: String,
}

impl DeploymentItem {
    fn into_deployment(self) -> Deployment {
        // Capabilities are strings: "true" (recorded: cog.deployments.list__200). Models of other
        // makers need `MaaS/*`, which the role that is assigned here does not grant.
        let capability = self.properties.capabilities.get("chatCompletion");
        let is_openai = ["", "OpenAI"].contains(&self.properties.model.format.as_str());
        let can_chat = is_openai && capability.and_then(Value::as_str) == Some("true");
        Deployment {
            name: self.name,
            model: self.properties.model.name,
            version: self.properties.model.version,
            can_chat,
        }
    }
}

/// The segment of an id that follows `name`, whatever the case: Azure's casing is not stable.
pub fn segment_after<'a>(id: &'a str, name: &str) -> &'a str {
    let mut segments = id.split('/');
    segments.find(|segment| segment.eq_ignore_ascii_case(name));
    segments.next().unwrap_or_default()
}
