//! The custom subdomain of an account, without which it takes keys only.
//!
//! Operations: "Check Domain Availability", "Accounts - Update" and "Accounts - Get". A subdomain is
//! set once: Azure neither changes it nor takes it back.

use std::time::Duration;

use serde::Deserialize;
use serde_json::json;
use url::Url;

use super::{API_VERSION, Account, AccountItem, segment_after};
use crate::changes::Naming;
use crate::cloud::Service;
use crate::diagnosis::Asked;
use crate::failure::Failure;
use crate::http::{Answer, Cause, Request};
use crate::identity::Identity;
use crate::snapshot::Obstacle;

/// The detail of a failure that came after Azure had taken the change: it may be done all the same.
pub const TAKEN: &str = "accepted";
/// What setting it takes.
pub const WRITE_ACCOUNT: &str = "Microsoft.CognitiveServices/accounts/write";
/// A label of a host name (RFC 1035, section 2.3.4); Azure wants two characters at least.
const LENGTH: std::ops::RangeInclusive<usize> = 2..=63;
/// How often the operation is looked at.
const PAUSE: Duration = Duration::from_secs(2);
/// After this Azure goes on alone, and a look at the list shows what came of it.
const LIMIT: Duration = Duration::from_secs(5 * 60);

/// Whether Azure takes such a name: small letters, digits and hyphens, no hyphen at either end
/// (quoted: CustomDomainInvalid, for an underscore).
pub fn is_subdomain(name: &str) -> bool {
    LENGTH.contains(&name.len())
        && name.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-')
        && !name.starts_with('-')
        && !name.ends_with('-')
}

/// The name to offer: the account's, as far as a subdomain can be called that. An account's name
/// may also hold capital letters, dots and underscores.
pub fn suggest_subdomain(account: &str) -> String {
    let name: String = account
        .to_ascii_lowercase()
        .chars()
        .map(|it| if it.is_ascii_alphanumeric() { it } else { '-' })
        .take(*LENGTH.end())
        .collect();
    name.trim_matches('-').to_owned()
}

/// Whether nobody has this subdomain; `None` where the person may not ask.
pub async fn is_free(
    identity: &Identity,
    account: &Account,
    name: &str,
) -> Result<Option<bool>, Failure> {
    let subscription = segment_after(&account.resource.id, "subscriptions");
    let path = format!(
        "subscriptions/{subscription}/providers/Microsoft.CognitiveServices/checkDomainAvailability"
    );
    let url = identity.http().cloud().resource_manager(&path, API_VERSION);
    let body = json!({
        "subdomainName": name,
        "type": "Microsoft.CognitiveServices/accounts",
        "kind": account.resource.kind,
    });
    let request = Request::query(Service::ResourceManager, url, body, account.cause.clone());
    let answer = identity.send(&account.tenant_id, request).await?;
    match answer.status.as_u16() {
        200 => Ok(Some(answer.json::<Availability>()?.is_subdomain_available)),
        // The action belongs to the subscription, where few have a role that grants it.
        403 => Ok(None),
        _ => Err(answer.failure(&[])),
    }
}

/// Whether an account has a subdomain.
pub enum Named {
    /// It has one by now: somebody else was quicker, or an answer was lost.
    Already(Box<Account>),
    /// It has none, by this answer.
    NotYet(Cause),
}

/// Looks whether the account has a subdomain by now.
pub async fn find_subdomain(identity: &Identity, account: &Account) -> Result<Named, Failure> {
    let (item, cause) = read(identity, account, &account.cause).await?;
    if !item.has_subdomain() {
        return Ok(Named::NotYet(cause));
    }
    let settled = settle(identity, account, &cause);
    let settled = identity.http().within(LIMIT, "Azure", settled).await?;
    Ok(Named::Already(Box::new(settled)))
}

/// The subdomain that the account of this change has now: none where the account is gone.
pub async fn read_subdomain(
    identity: &Identity,
    naming: &Naming,
) -> Result<Option<String>, Failure> {
    let answer = get(identity, &naming.tenant_id, &naming.account, &Cause::none()).await?;
    if answer.status.as_u16() == 404 {
        return Ok(None);
    }
    let (item, _) = understand(answer)?;
    Ok(item.properties.custom_sub_domain_name.filter(|name| !name.is_empty()))
}

/// Sets the subdomain and returns the account as it is then, with its new endpoint. `cause` is what
/// showed that it has none.
pub async fn set_subdomain(
    identity: &Identity,
    account: &Account,
    name: &str,
    person: &str,
    cause: Cause,
) -> Result<Account, Failure> {
    let setting = set(identity, account, name, person, cause);
    identity.http().within(LIMIT, "Azure", setting).await
}

async fn set(
    identity: &Identity,
    account: &Account,
    name: &str,
    person: &str,
    cause: Cause,
) -> Result<Account, Failure> {
    let url = identity.http().cloud().resource_manager(&account.resource.id, API_VERSION);
    let body = json!({ "properties": { "customSubDomainName": name } });
    let request = Request::patch(Service::ResourceManager, url, body, cause);
    let answer = identity.send(&account.tenant_id, request.asking(Asked::Subdomain)).await?;
    if !answer.status.is_success() {
        return Err(explain(identity, account, name, person, &answer));
    }
    let finish = async {
        let end = match operation_of(&answer) {
            Some(operation) => follow(identity, account, operation, &answer.cause).await?,
            None => End::Unknown(answer.cause.clone()),
        };
        // Only the account itself tells whether anything was changed.
        let settled = settle(identity, account, end.cause()).await?;
        if !settled.resource.obstacles.contains(&Obstacle::NoCustomSubdomain) {
            return Ok(settled);
        }
        Err(match &end {
            End::Failed(answer) => explain(identity, account, name, person, answer),
            End::Unknown(_) => answer.failure(&[]).detail("cause", "the account has no subdomain"),
        })
    };
    finish.await.map_err(|failure: Failure| failure.detail(TAKEN, name))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Availability {
    is_subdomain_available: bool,
}

#[derive(Deserialize)]
struct OperationItem {
    #[serde(default)]
    status: String,
}

/// Where to look for what comes of it (recorded: cog.account.PATCH__202).
fn operation_of(answer: &Answer) -> Option<Url> {
    let header = |name: &str| answer.headers.get(name)?.to_str().ok();
    Url::parse(header("azure-asyncoperation").or_else(|| header("location"))?).ok()
}

/// What an operation tells of its end.
enum End {
    /// This answer says that it failed.
    Failed(Answer),
    /// It is done, or cannot be looked at.
    Unknown(Cause),
}

impl End {
    fn cause(&self) -> &Cause {
        match self {
            End::Failed(answer) => &answer.cause,
            End::Unknown(cause) => cause,
        }
    }
}

/// Waits until the operation has ended, or cannot be looked at: it belongs to the subscription. Its
/// states while it runs are not those of other services (recorded: cog.operationResults__200).
async fn follow(
    identity: &Identity,
    account: &Account,
    operation: Url,
    cause: &Cause,
) -> Result<End, Failure> {
    let mut cause = cause.clone();
    loop {
        let request = Request::get(Service::ResourceManager, operation.clone(), cause);
        let answer = identity.send(&account.tenant_id, request.asking(Asked::Subdomain)).await?;
        if !answer.status.is_success() {
            return Ok(End::Unknown(answer.cause));
        }
        match answer.json::<OperationItem>()?.status.as_str() {
            "Succeeded" => return Ok(End::Unknown(answer.cause)),
            "Failed" | "Canceled" => return Ok(End::Failed(answer)),
            _ => cause = answer.cause,
        }
        identity.http().clock().sleep(PAUSE).await;
    }
}

/// Reads the account until nothing changes in it any more.
async fn settle(identity: &Identity, account: &Account, cause: &Cause) -> Result<Account, Failure> {
    let mut cause = cause.clone();
    loop {
        let (item, read) = read(identity, account, &cause).await?;
        if item.is_settled() {
            let mut settled = item.into_account(&account.tenant_id, read);
            settled.resource.subscription.clone_from(&account.resource.subscription);
            settled.delegated_from.clone_from(&account.delegated_from);
            return Ok(settled);
        }
        cause = read;
        identity.http().clock().sleep(PAUSE).await;
    }
}

async fn read(
    identity: &Identity,
    account: &Account,
    cause: &Cause,
) -> Result<(AccountItem, Cause), Failure> {
    understand(get(identity, &account.tenant_id, &account.resource.id, cause).await?)
}

async fn get(
    identity: &Identity,
    tenant: &str,
    id: &str,
    cause: &Cause,
) -> Result<Answer, Failure> {
    let url = identity.http().cloud().resource_manager(id, API_VERSION);
    let request = Request::get(Service::ResourceManager, url, cause.clone());
    identity.send(tenant, request).await
}

fn understand(answer: Answer) -> Result<(AccountItem, Cause), Failure> {
    match answer.status.is_success() {
        true => Ok((answer.json()?, answer.cause)),
        false => Err(answer.failure(&[])),
    }
}

fn explain(
    identity: &Identity,
    account: &Account,
    name: &str,
    person: &str,
    answer: &Answer,
) -> Failure {
    let portal = identity.http().cloud().portal(&account.resource.id);
    answer.failure(&[
        ("account", person),
        ("portal", portal.as_str()),
        ("resource", &account.resource.name),
        ("resource_group", &account.resource.resource_group),
        ("scope", &account.resource.id),
        ("subdomain", name),
        ("subscription_id", segment_after(&account.resource.id, "subscriptions")),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subdomain_is_a_label_of_a_host_name() {
        for name in ["ai", "contoso-chat-1", "0-0", &"a".repeat(63)] {
            assert!(is_subdomain(name), "{name}");
        }
        let too_long = "a".repeat(64);
        for name in ["", "a", "-ai", "ai-", "ai_foundry", "Contoso", "a.b", "ä-i", "a b", &too_long]
        {
            assert!(!is_subdomain(name), "{name} is refused by Azure");
        }
    }

    #[test]
    fn the_name_that_is_offered_is_the_accounts_as_far_as_it_can_be() {
        for (account, expected) in [
            ("contoso-first-try", "contoso-first-try"),
            ("Contoso_AI.Lab", "contoso-ai-lab"),
            ("x1_", "x1"),
        ] {
            assert_eq!(suggest_subdomain(account), expected);
            assert!(is_subdomain(expected));
        }
        assert_eq!(suggest_subdomain(&"a".repeat(64)).len(), 63);
    }
}
