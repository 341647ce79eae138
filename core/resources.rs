//! Azure OpenAI and Foundry resources: accounts and their deployments.
//!
//! Operations of Microsoft.CognitiveServices, api-version 2025-06-01: "Accounts - List" here, and
//! what concerns one account in the files of this folder. Where Resource Graph serves the person,
//! one query brings the accounts of all subscriptions of a directory.

mod graph;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures::future::{BoxFuture, Shared, join_all};
use futures::stream;
use futures::{FutureExt, StreamExt};
use serde::Deserialize;
use tokio::sync::Semaphore;

use crate::directory::{Subscription, read_list};
use crate::failure::Failure;
use crate::http::Cause;
use crate::identity::Identity;
use crate::sign_in::Claims;
use crate::snapshot::{Obstacle, Resource};

mod deployments;
mod endpoint;
mod subdomain;

pub use deployments::list_deployments;
pub use endpoint::{Pasted, read_deployment, read_endpoint};
pub use subdomain::{
    Named, TAKEN, WRITE_ACCOUNT, find_subdomain, is_free, is_subdomain, read_subdomain,
    set_subdomain, suggest_subdomain,
};

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
    /// The directory that it belongs to, where it is delegated to this one (Azure Lighthouse):
    /// tokens of this one are refused by its data plane.
    pub delegated_from: Option<String>,
    /// The answer that named it.
    pub cause: Cause,
    /// How it came to be known.
    pub known_by: KnownBy,
}

/// How an account came to be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KnownBy {
    /// Azure listed it.
    List,
    /// Somebody wrote its endpoint down: it has no Azure Resource Manager id here, so nothing is
    /// read or changed there.
    Endpoint,
}

impl Account {
    /// The account behind an endpoint that was written down, in this directory.
    pub fn behind(pasted: &Pasted, tenant_id: &str) -> Self {
        let resource = Resource {
            name: pasted.name.clone(),
            endpoint: pasted.endpoint.clone(),
            ..Resource::default()
        };
        let (tenant_id, cause) = (tenant_id.to_owned(), Cause::none());
        let (delegated_from, known_by) = (None, KnownBy::Endpoint);
        Account { resource, tenant_id, delegated_from, cause, known_by }
    }

    /// Whether Azure listed it, so that it has an Azure Resource Manager id.
    pub fn is_listed(&self) -> bool {
        self.known_by == KnownBy::List
    }

    /// Its place in a list: by name, in any case.
    pub fn place(&self) -> (String, String) {
        (self.resource.name.to_lowercase(), self.resource.id.to_lowercase())
    }
}

/// The accounts of some subscriptions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// In no particular order.
    pub accounts: Vec<Account>,
    /// Subscriptions that refused, or answered something odd.
    pub unreached: usize,
    /// What one of them said; that the network is gone goes before anything else.
    pub refused: Option<Failure>,
}

/// Where the accounts of a directory are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Resource Graph's index, and the subscriptions where it says nothing or refuses.
    Index,
    /// The subscriptions themselves, side by side: they know what has just changed.
    Subscriptions,
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

    /// Waits for a turn, and no longer than the limit for what is done in it.
    async fn take_turn<T>(
        &self,
        identity: &Identity,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        // Nobody closes the semaphore.
        let _turn = self.turns.acquire().await;
        identity.http().within(self.limit, "Azure", work).await
    }
}

/// Whether a directory gives tokens, for all who want to know.
pub type Opened<'a> = Shared<BoxFuture<'a, Result<Claims, Failure>>>;

/// A directory whose accounts are looked for.
pub struct Search<'a> {
    /// Who looks.
    pub identity: &'a Arc<Identity>,
    /// The directory's id.
    pub tenant: &'a str,
    /// What named the directory.
    pub cause: &'a Cause,
    /// Whether its tokens are to be had: a silent directory takes no turn.
    pub opened: Opened<'a>,
    /// Where to look.
    pub source: Source,
    /// How fast.
    pub pace: &'a Pace,
}

/// Looks for the accounts of a directory while its subscriptions are still being listed, and tells
/// what is known of them whenever there is more. What Resource Graph does not serve, or knows
/// nothing of, is asked of the subscriptions.
pub async fn find_accounts(
    search: Search<'_>,
    subscriptions: impl Future<Output = Vec<(Subscription, Cause)>>,
    told: &(impl Fn(Found) + Sync),
) {
    let Search { identity, tenant, cause, opened, source, pace } = search;
    let query = async move {
        let asked = source == Source::Index && opened.await.is_ok();
        stream::iter(asked.then(|| graph::query_accounts(identity, tenant, cause, pace))).flatten()
    };
    let mut index = stream::once(query).flatten().boxed().fuse();
    let mut subscriptions = Box::pin(subscriptions).fuse();
    let (mut known, mut found) = (Vec::new(), Found::default());
    let (mut complete, mut asked) = (true, Cause::none());
    loop {
        futures::select_biased! {
            listed = subscriptions => match listed.is_empty() {
                // The directory did not open, or has nothing that this person can use.
                true => return told(Found::default()),
                false => known = listed,
            },
            page = index.select_next_some() => match page {
                Ok(graph::Page::Accounts(items, cause)) => {
                    let account = |item: AccountItem| item.into_account(tenant, cause.clone());
                    found.accounts.extend(items.into_iter().map(account));
                    asked = asked.and(&cause);
                }
                Ok(graph::Page::Refused(cause)) => {
                    (complete, asked) = (false, asked.and(&cause));
                }
                // What stands in the way is told by what is asked next.
                Err(_) => complete = false,
            },
            complete => break,
        }
        if !found.accounts.is_empty() {
            found.name_subscriptions(&known);
            told(found.clone());
        }
    }
    if complete && !found.accounts.is_empty() {
        return;
    }
    for (_, cause) in &mut known {
        *cause = cause.and(&asked);
    }
    told(list_accounts(identity, &known, pace).await);
}

/// Reads the accounts of these subscriptions, side by side at this pace. One that refuses the
/// read, or takes too long, is left out.
pub async fn list_accounts(
    identity: &Arc<Identity>,
    subscriptions: &[(Subscription, Cause)],
    pace: &Pace,
) -> Found {
    let lists = subscriptions.iter().map(|(subscription, cause)| {
        pace.take_turn(identity, list_of_subscription(identity, subscription, cause))
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
    found.name_subscriptions(subscriptions);
    found
}

impl Found {
    /// Names the subscriptions of the accounts by those that are known. A subscription that is not
    /// among them is disabled: nothing in it can be used.
    fn name_subscriptions(&mut self, known: &[(Subscription, Cause)]) {
        let known: HashMap<String, &Subscription> =
            known.iter().map(|(it, _)| (it.id.to_lowercase(), it)).collect();
        if known.is_empty() {
            return;
        }
        self.accounts.retain_mut(|account| {
            let id = segment_after(&account.resource.id, "subscriptions").to_lowercase();
            let Some(subscription) = known.get(&id) else { return false };
            account.resource.subscription.clone_from(&subscription.name);
            account.delegated_from.clone_from(&subscription.delegated_from);
            true
        });
    }
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
        .map(|(item, cause)| item.into_account(&subscription.tenant_id, cause))
        .collect())
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
    endpoints: Option<HashMap<String, String>>,
    custom_sub_domain_name: Option<String>,
    public_network_access: Option<String>,
    network_acls: Option<NetworkRules>,
    provisioning_state: Option<String>,
    disable_local_auth: Option<bool>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct NetworkRules {
    default_action: Option<String>,
}

impl AccountItem {
    fn has_subdomain(&self) -> bool {
        !self.properties.custom_sub_domain_name.as_deref().is_none_or(str::is_empty)
    }

    /// Whether Azure changes nothing in it at the moment.
    fn is_settled(&self) -> bool {
        let state = self.properties.provisioning_state.as_deref();
        state.is_none_or(|state| ["Succeeded", "Failed", "Canceled"].contains(&state))
    }

    /// The account, whose subscription is known by its id so far.
    fn into_account(self, tenant: &str, cause: Cause) -> Account {
        let obstacles = self.properties.obstacles();
        // What was never set is not told, and then false (operation "Accounts - Get").
        let takes_keys = self.properties.disable_local_auth != Some(true);
        let resource = Resource {
            resource_group: segment_after(&self.id, "resourceGroups").to_owned(),
            endpoint: self.properties.chat_endpoint().trim_end_matches('/').to_owned(),
            subscription: segment_after(&self.id, "subscriptions").to_owned(),
            id: self.id,
            name: self.name,
            kind: self.kind,
            // Resource Manager keeps the spelling of whoever made it ("West Europe").
            location: self.location.to_lowercase().replace(' ', ""),
            takes_keys,
            obstacles,
        };
        let (tenant_id, delegated_from) = (tenant.to_owned(), None);
        Account { resource, tenant_id, delegated_from, cause, known_by: KnownBy::List }
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

/// What stands behind `name` in an id, whatever the case: Azure's casing is not stable. An id is a
/// list of pairs, and a group may itself be called "accounts".
pub fn segment_after<'a>(id: &'a str, name: &str) -> &'a str {
    let mut segments = id.trim_start_matches('/').split('/');
    while let (Some(kind), Some(own)) = (segments.next(), segments.next()) {
        if kind.eq_ignore_ascii_case(name) {
            return own;
        }
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::segment_after;

    #[test]
    fn a_name_is_not_taken_for_a_kind() {
        let id = "/subscriptions/1/resourcegroups/accounts/providers/Microsoft.X/accounts/a";
        assert_eq!(segment_after(id, "resourceGroups"), "accounts");
        assert_eq!(segment_after(id, "accounts"), "a");
        assert_eq!(segment_after("/subscriptions/1", "accounts"), "");
    }
}
