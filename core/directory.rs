//! Tenants and subscriptions: what the signed-in person can see.
//!
//! Operations: "Tenants - List" and "Subscriptions - List", api-version 2022-12-01. A token sees
//! only the subscriptions of its own tenant, so every tenant is asked with a token of its own.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::Url;

use crate::cloud::Service;
use crate::failure::{Action, Code, Failure};
use crate::http::{Cause, Http, Request};
use crate::identity::Identity;

const API_VERSION: &str = "2022-12-01";
/// More pages than any directory has: a list that never ends is not a list.
pub(crate) const PAGES: usize = 1_000;

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
    /// The directory that it belongs to, where it is delegated to this one.
    pub delegated_from: Option<String>,
}

/// Looks for a directory by its id or one of its domains, and returns its id; `None` where there
/// is none (AADSTS90002). Its metadata is public (recorded: entra.openidConfiguration__200__tenant).
pub async fn find_tenant(http: &Http, tenant: &str) -> Result<Option<String>, Failure> {
    let url = http.cloud().entra(&format!("{tenant}/v2.0/.well-known/openid-configuration"));
    let answer = http.send(&Request::get(Service::Entra, url, Cause::none()), None).await?;
    if answer.error().numbers.iter().any(|number| NO_SUCH_TENANT.contains(number)) {
        return Ok(None);
    }
    if !answer.status.is_success() {
        return Err(answer.failure(&[]));
    }
    let metadata: Metadata = answer.json()?;
    let segments = Url::parse(&metadata.issuer).map_err(|_| answer.failure(&[]))?;
    let segments = segments.path_segments().into_iter().flatten();
    let id = segments.filter_map(|segment| uuid::Uuid::try_parse(segment).ok()).next_back();
    id.map(|id| Some(id.to_string())).ok_or_else(|| answer.failure(&[]))
}

/// A tenant that is not found, and one whose name cannot be one.
const NO_SUCH_TENANT: [u32; 2] = [90002, 900_023];

#[derive(Deserialize)]
struct Metadata {
    /// `https://login.microsoftonline.com/{id}/v2.0`
    issuer: String,
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
    Err(endless("Azure Resource Manager"))
}

/// The failure of a service whose list does not end.
pub(crate) fn endless(service: &str) -> Failure {
    Failure::new(Code::UnexpectedAnswer)
        .with("host", service)
        .detail("cause", "the list does not end")
        .offer(Action::TryAgain)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TenantItem {
    tenant_id: String,
    display_name: Option<String>,
}

/// Every tenant of the person, as a token of `tenant` shows them.
pub async fn list_tenants(
    identity: &Identity,
    tenant: &str,
) -> Result<(Vec<Tenant>, Cause), Failure> {
    let url = identity.http().cloud().resource_manager("tenants", API_VERSION);
    let items: Vec<(TenantItem, Cause)> = read_list(identity, tenant, url, &Cause::none()).await?;
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
    tenant_id: Option<String>,
}

/// The subscriptions of a tenant that can be used, each with the answer that named it. `cause` is
/// what named the tenant.
pub async fn list_subscriptions(
    identity: &Identity,
    tenant: &str,
    cause: &Cause,
) -> Result<Vec<(Subscription, Cause)>, Failure> {
    let url = identity.http().cloud().resource_manager("subscriptions", API_VERSION);
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
                delegated_from: item.tenant_id.filter(|owner| !owner.eq_ignore_ascii_case(tenant)),
            };
            (subscription, cause)
        })
        .collect())
}
