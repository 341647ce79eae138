//! Tenants and subscriptions: what the signed-in person can see.
//!
//! Operations: "Tenants - List" and "Subscriptions - List", api-version 2022-12-01. A token sees
//! only the subscriptions of its own tenant, so every tenant is asked with a token of its own.

use std::sync::Arc;

use futures::future::join_all;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::Url;

use crate::cloud::Service;
use crate::failure::{Action, Code, Failure};
use crate::http::{Cause, Request};
use crate::identity::Identity;

const API_VERSION: &str = "2022-12-01";
/// More pages than any directory has: a list that never ends is not a list.
const PAGES: usize = 1_000;

/// A directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenant {
    /// Its id.
    pub id: String,
    /// Its name, which foreign directories do not always show.
    pub name: Option<String>,
}

/// A subscription that can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// Its id.
    pub id: String,
    /// Its display name.
    pub name: String,
    /// The directory whose token listed it. A delegated subscription (Azure Lighthouse) belongs to
    /// another one, in which the person may be unknown.
    pub tenant_id: String,
}

/// What was found, and which answers it took.
pub struct Directory {
    /// Every tenant of the person.
    pub tenants: Vec<Tenant>,
    /// Every subscription of the tenants that could be reached, with the answer that named it.
    pub subscriptions: Vec<(Subscription, Cause)>,
    /// How many tenants could not be reached silently.
    pub unreached: usize,
}

/// Reads the tenants and, side by side with them, the subscriptions of the home tenant; then
/// those of the other tenants, side by side. A tenant that cannot be reached fails no other.
pub async fn read_directory(identity: &Arc<Identity>) -> Result<Directory, Failure> {
    let home = identity.home().tid.clone();
    let nothing = Cause::none();
    let (tenants, own) = futures::join!(
        list_tenants(identity, &home),
        list_subscriptions(identity, &home, &nothing),
    );
    let ((tenants, cause), own) = (tenants?, own?);
    let others = tenants.iter().filter(|tenant| !tenant.id.eq_ignore_ascii_case(&home));
    let found =
        join_all(others.map(|tenant| list_subscriptions(identity, &tenant.id, &cause))).await;
    let mut directory = Directory { tenants, subscriptions: own, unreached: 0 };
    for list in found {
        match list {
            Ok(list) => directory.subscriptions.extend(list),
            Err(failure) => {
                tracing::info!(code = ?failure.code, "a tenant was not reached");
                directory.unreached += 1;
            }
        }
    }
    let mut seen = std::collections::HashSet::new();
    directory
        .subscriptions
        .retain(|(subscription, _)| seen.insert(subscription.id.to_ascii_lowercase()));
    Ok(directory)
}

/// A page of a list of Azure Resource Manager.
#[derive(Deserialize)]
pub(crate) struct ListPage<T> {
    #[serde(default = "Vec::new")]
    value: Vec<T>,
    #[serde(rename = "nextLink")]
    next_link: Option<String>,
}

/// Reads a list to its end, page by page, each item with the answer that brought it.
pub(crate) async fn read_list<T: DeserializeOwned>(
    identity: &Identity,
    tenant: &str,
    first: Url,
    cause: &Cause,
) -> Result<Vec<(T, Cause)>, Failure> {
    let (mut url, mut cause) = (first, cause.clone());
    let mut items = Vec::new();
    for _ in 0..PAGES {
        let answer =
            identity.send(tenant, Request::get(Service::ResourceManager, url, cause)).await?;
        if !answer.status.is_success() {
            return Err(answer.failure(&[]));
        }
        let page: ListPage<T> = answer.json()?;
        items.extend(page.value.into_iter().map(|item| (item, answer.cause.clone())));
        let Some(next) = page.next_link.filter(|link| !link.is_empty()) else {
            return Ok(items);
        };
        url = Url::parse(&next).map_err(|_| answer.failure(&[]))?;
        cause = answer.cause;
    }
    Err(Failure::new(Code::UnexpectedAnswer)
        .with("host", "Azure Resource Manager")
        .detail("cause", "the list does not end")
        .offer(Action::TryAgain))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TenantItem {
    tenant_id: String,
    display_name: Option<String>,
}

async fn list_tenants(identity: &Identity, home: &str) -> Result<(Vec<Tenant>, Cause), Failure> {
    let url = identity.http().cloud().resource_manager("tenants", API_VERSION);
    let items: Vec<(TenantItem, Cause)> = read_list(identity, home, url, &Cause::none()).await?;
    let cause = items.iter().fold(Cause::none(), |all, (_, cause)| all.and(cause));
    let tenants = items
        .into_iter()
        .map(|(item, _)| Tenant { id: item.tenant_id, name: item.display_name })
        .collect();
    Ok((tenants, cause))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SubscriptionItem {
    subscription_id: String,
    #[serde(default)]
    display_name: String,
    #[serde(default)]
    state: String,
}

async fn list_subscriptions(
    identity: &Identity,
    tenant: &str,
    cause: &Cause,
) -> Result<Vec<(Subscription, Cause)>, Failure> {
    let url = identity.http().cloud().resource_manager("subscriptions", API_VERSION);
    // The tenant's token is asked for here, so that it counts as needing the list of tenants.
    identity.claims_in(tenant, cause).await?;
    let items: Vec<(SubscriptionItem, Cause)> = read_list(identity, tenant, url, cause).await?;
    Ok(items
        .into_iter()
        // "Subscriptions - List": a disabled one can be read, a deleted one not even that.
        .filter(|(item, _)| !["Disabled", "Deleted"].contains(&item.state.as_str()))
        .map(|(item, cause)| {
            let subscription = Subscription {
                id: item.subscription_id,
                name: item.display_name,
                tenant_id: tenant.to_owned(),
            };
            (subscription, cause)
        })
        .collect())
}
