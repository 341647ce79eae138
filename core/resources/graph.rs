//! Azure Resource Graph: the accounts of a whole directory by one query, a thousand to a page.
//!
//! Operation "Resources" of Microsoft.ResourceGraph, api-version 2024-04-01 (official example
//! ResourcesNextPageQuery; recorded: resourceGraph.query__200). It answers from an index that
//! shows only what the person may read, refuses some readers (403), and learns of new resources
//! and roles late: what it does not say is asked of the subscriptions themselves.

use std::collections::HashMap;
use std::time::Duration;

use futures::Stream;
use futures::stream::try_unfold;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{AccountItem, AccountProperties, CHAT_ENDPOINT, NetworkRules, Pace};
use crate::cloud::Service;
use crate::directory::{PAGES, endless};
use crate::failure::Failure;
use crate::http::{Answer, Cause, Request};
use crate::identity::Identity;

const API_VERSION: &str = "2024-04-01";
/// A quota that comes back later than this is not waited for.
const PATIENCE: Duration = Duration::from_secs(60);
/// Only what is needed of an account: a whole one of kind AIServices has 40 kB. Pages need the id,
/// and an order that is the same for all of them.
const QUERY: &str = "resources
| where type =~ 'microsoft.cognitiveservices/accounts' and kind in~ ('OpenAI', 'AIServices')
| project id, name, kind, location,
    endpoint = properties.endpoint,
    chatEndpoint = properties.endpoints['OpenAI Language Model Instance API'],
    customSubDomainName = properties.customSubDomainName,
    publicNetworkAccess = properties.publicNetworkAccess,
    networkDefaultAction = properties.networkAcls.defaultAction,
    provisioningState = properties.provisioningState,
    disableLocalAuth = properties.disableLocalAuth
| order by id asc";

/// What one answer brought.
pub(super) enum Page {
    /// So many accounts.
    Accounts(Vec<AccountItem>, Cause),
    /// Resource Graph does not serve this person, or is not understood.
    Refused(Cause),
}

/// Where the next page begins, and how long it is waited for.
enum Next {
    First,
    Token(String, Duration),
    None,
}

/// The accounts of a directory, page by page at this pace. An index that has told that the
/// person's quota is spent (15 queries in 5 s) is not asked before there is a new one.
///
/// Fails where there was no answer.
pub(super) fn query_accounts<'a>(
    identity: &'a Identity,
    tenant: &'a str,
    cause: &Cause,
    pace: &'a Pace,
) -> impl Stream<Item = Result<Page, Failure>> + 'a {
    let begin = (Next::First, cause.clone(), 0);
    try_unfold(begin, move |(next, cause, read)| async move {
        let clock = identity.http().clock();
        let token = match next {
            Next::First => None,
            Next::Token(..) if read == PAGES => {
                return Err(endless("Azure Resource Graph"));
            }
            Next::Token(token, pause) => {
                clock.sleep(pause).await;
                Some(token)
            }
            Next::None => return Ok(None),
        };
        let answer =
            pace.take_turn(identity, ask(identity, tenant, token.as_deref(), cause)).await?;
        let cause = answer.cause.clone();
        let (body, pause) = (whole(&answer), pause_after(&answer));
        let Some(body) = body.filter(|_| pause <= PATIENCE) else {
            tracing::info!(status = answer.status.as_u16(), "Resource Graph does not help");
            let refused = Page::Refused(cause.clone());
            return Ok(Some((refused, (Next::None, cause, read))));
        };
        let token = body.skip_token.filter(|token| !token.is_empty());
        let next = token.map_or(Next::None, |token| Next::Token(token, pause));
        let page =
            Page::Accounts(body.data.into_iter().map(Row::into_item).collect(), cause.clone());
        Ok(Some((page, (next, cause, read + 1))))
    })
}

async fn ask(
    identity: &Identity,
    tenant: &str,
    skip_token: Option<&str>,
    cause: Cause,
) -> Result<Answer, Failure> {
    let path = "providers/Microsoft.ResourceGraph/resources";
    let url = identity.http().cloud().resource_manager(path, API_VERSION);
    let mut options = json!({ "$top": 1_000, "resultFormat": "objectArray" });
    if let Some(token) = skip_token {
        options["$skipToken"] = Value::from(token);
    }
    let body = json!({ "query": QUERY, "options": options });
    identity.send(tenant, Request::query(Service::ResourceManager, url, body, cause)).await
}

/// What a success says; nothing where a part was cut off that no further page brings.
fn whole(answer: &Answer) -> Option<Body> {
    let body: Body = answer.status.is_success().then(|| answer.json().ok())??;
    let cut = body.result_truncated == "true" && body.skip_token.is_none();
    (!cut).then_some(body)
}

/// How long until the quota is there again, where the answer says that it is spent (recorded:
/// `x-ms-user-quota-remaining: 14`, `x-ms-user-quota-resets-after: 00:00:05`).
fn pause_after(answer: &Answer) -> Duration {
    let text = |name: &str| answer.headers.get(name)?.to_str().ok();
    if text("x-ms-user-quota-remaining") != Some("0") {
        return Duration::ZERO;
    }
    text("x-ms-user-quota-resets-after").and_then(read_pause).unwrap_or_default()
}

/// Hours, minutes and seconds.
fn read_pause(text: &str) -> Option<Duration> {
    let mut seconds = 0_u64;
    for part in text.split(':') {
        seconds = seconds.checked_mul(60)?.checked_add(part.parse().ok()?)?;
    }
    Some(Duration::from_secs(seconds))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    data: Vec<Row>,
    #[serde(rename = "$skipToken")]
    skip_token: Option<String>,
    /// A text, not a truth value (recorded).
    #[serde(default)]
    result_truncated: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    id: String,
    name: String,
    kind: String,
    location: String,
    endpoint: Option<String>,
    chat_endpoint: Option<String>,
    custom_sub_domain_name: Option<String>,
    public_network_access: Option<String>,
    network_default_action: Option<String>,
    provisioning_state: Option<String>,
    disable_local_auth: Option<bool>,
}

impl Row {
    fn into_item(self) -> AccountItem {
        AccountItem {
            id: self.id,
            name: self.name,
            kind: self.kind,
            location: self.location,
            properties: AccountProperties {
                endpoint: self.endpoint,
                endpoints: self
                    .chat_endpoint
                    .map(|it| HashMap::from([(CHAT_ENDPOINT.to_owned(), it)])),
                custom_sub_domain_name: self.custom_sub_domain_name,
                public_network_access: self.public_network_access,
                network_acls: Some(NetworkRules { default_action: self.network_default_action }),
                provisioning_state: self.provisioning_state,
                disable_local_auth: self.disable_local_auth,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_until_the_quota_is_there_again_is_read_or_unknown() {
        let seconds = |text| read_pause(text).map(|pause| pause.as_secs());
        assert_eq!(seconds("00:00:05"), Some(5), "as recorded");
        assert_eq!(seconds("01:02:03"), Some(3_723));
        for text in ["", "soon", "00:00:-1", "99999999999999999999:00:00", "1:".repeat(20).as_str()]
        {
            assert_eq!(seconds(text), None, "{text}");
        }
    }
}
