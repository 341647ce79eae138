//! Access: what the person has, what they may take, and whether it works yet.
//!
//! Operations of Microsoft.Authorization, api-version 2022-04-01. What was read are [`Facts`]; the
//! verdict and the plan are worked out from them without asking again.

mod causes;
mod condition;
mod facts;
mod permission;
mod plan;
mod recipe;
mod role;
mod verdict;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::{StreamExt, stream};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::{Uuid, uuid};

use crate::cloud::Service;
use crate::directory::read_list;
use crate::failure::{Code, Failure};
use crate::http::{Answer, Cause, Request};
use crate::identity::Identity;
use crate::resources::Account;
use crate::snapshot::AssignmentPlan;

pub use causes::{CURED_BY_SIGN_IN, GONE, causes, look_further};
pub use condition::{Condition, Target};
pub use facts::{Assignment, Definition, Denial, Facts, Party, reaches};
pub use permission::{Action, Certainty, Permission};
pub use plan::{Wish, plan};
pub use recipe::recipes;
pub use role::{Assigns, Grants, OPENAI_USER, ROLES, Role, actions_of};
pub use verdict::{judge, may, scope_name};

const API_VERSION: &str = "2022-04-01";
/// The data action of a chat.
pub const CHAT: &str =
    "Microsoft.CognitiveServices/accounts/OpenAI/deployments/chat/completions/action";
/// The data action of files, for assistants, batches and fine-tuning.
pub const FILES: &str = "Microsoft.CognitiveServices/accounts/OpenAI/files/write";
/// The data action of models that are not OpenAI's.
pub const OTHER_MODELS: &str = "Microsoft.CognitiveServices/accounts/MaaS/chat/completions/action";

/// What only helps is not waited for any longer: the token that the chat needs later, and the roles
/// that are not built in.
const COURTESY_LIMIT: Duration = Duration::from_secs(15);
/// So many roles are read at once that no proxy is drowned.
const ROLES_AT_ONCE: usize = 8;

const WRITE: &str = "Microsoft.Authorization/roleAssignments/write";
const DELETE: &str = "Microsoft.Authorization/roleAssignments/delete";

/// The namespace of the names that Keyless gives to role assignments: a UUIDv5 of
/// `<scope>|<principal>|<role>`, all in lower case, the scope without a trailing slash.
pub const ASSIGNMENT_NAMES: Uuid = uuid!("6f1f5c0e-3d6b-5f0a-9c61-0b8a52c8f6d4");
/// What follows when Azure says that the name is taken by something deleted ("hash conflict").
const SECOND_NAME: &str = "|2";
/// What an assignment of Keyless's says of itself.
pub const DESCRIPTION: &str = "Made by Keyless for Azure OpenAI";

/// What was found out about access.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// As much as Azure let the person read.
    pub facts: Facts,
    /// The answers that it took: an assignment needs them.
    pub cause: Cause,
}

/// How an assignment ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assigned {
    /// Whether the same assignment was there before, perhaps under another name.
    pub existed: bool,
    /// The id of the assignment, where it is one of Keyless's: it may be taken away again. Another
    /// one is not ours to take.
    pub own: Option<String>,
    /// The answer: a probe needs it.
    pub cause: Cause,
}

/// An assignment that Keyless makes: everything that it takes to find it again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// Its Azure Resource Manager id.
    pub id: String,
    /// The directory of the resource.
    pub tenant_id: String,
    /// The id in that directory of whom it is made to, and by.
    pub object_id: String,
    /// The role's name.
    pub role: String,
    /// The role definition's GUID.
    pub role_id: String,
    /// The Azure Resource Manager id of the scope.
    pub scope: String,
}

impl Grant {
    /// The assignment of the plan under this id.
    pub fn of(account: &Account, plan: &AssignmentPlan, id: &str) -> Self {
        Grant {
            id: id.to_owned(),
            tenant_id: account.tenant_id.clone(),
            object_id: plan.object_id.clone(),
            role: plan.role.clone(),
            role_id: plan.role_id.clone(),
            scope: plan.scope.clone(),
        }
    }
}

/// Hears of each write before it goes out.
#[async_trait]
pub trait Witness: Send + Sync {
    /// An assignment with this id is about to be asked for.
    async fn about_to_assign(&self, id: &str);
}

/// Nobody wants to know.
#[async_trait]
impl Witness for () {
    async fn about_to_assign(&self, _: &str) {}
}

/// What is true of an assignment that was begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whereabouts {
    /// It is there, and Keyless made it for this person.
    Own,
    /// Something of this name is there that Keyless did not make.
    Foreign,
    /// It is not there.
    Nowhere,
}

/// Reads what the person may do at the account, side by side: the permissions API, the assignments
/// that reach them and what is denied; then the roles among these that are not built in. A token
/// of the data plane is got ready meanwhile. These two hold nothing up.
pub async fn check_access(identity: &Arc<Identity>, account: &Account) -> Result<Access, Failure> {
    let claims = identity.claims_in(&account.tenant_id, &account.cause).await?;
    let (permissions, assignments, denials, prepared) = futures::join!(
        read_permissions(identity, account),
        read_assignments(identity, account, &claims.oid),
        read_denials(identity, account),
        identity.http().within(
            COURTESY_LIMIT,
            "Azure",
            identity.prepare_inference(&account.tenant_id, &account.cause),
        ),
    );
    if let Err(failure) = prepared {
        // The chat would fail for this reason too, and then it is told.
        tracing::info!(code = ?failure.code, "no token of the data plane yet");
    }
    let (permissions, by_permissions) = readable(permissions)?;
    let (assignments, by_assignments) = readable(assignments)?;
    let (denials, by_denials) = readable(denials)?;
    let cause = account.cause.and(&by_permissions).and(&by_assignments).and(&by_denials);
    let listed = assignments.as_deref().unwrap_or_default();
    let definitions = read_definitions(identity, account, listed, &by_assignments).await;
    let facts = Facts {
        account: account.resource.id.clone(),
        subscription: account.resource.subscription.clone(),
        kind: account.resource.kind.clone(),
        person: identity.home().account().to_owned(),
        object_id: claims.oid,
        permissions,
        assignments,
        definitions,
        denials,
    };
    Ok(Access { facts, cause })
}

/// Assigns the role of the plan. "It is there already" is success; what is known to be there is not
/// written over, because somebody may have changed it since. The witness hears of each id before it
/// is asked for, and of none where nothing is written.
pub async fn assign_role(
    identity: &Identity,
    account: &Account,
    plan: &AssignmentPlan,
    access: &Access,
    witness: &dyn Witness,
) -> Result<Assigned, Failure> {
    let Access { facts, cause } = access;
    if let Some(existing) = facts.assignments.iter().flatten().find(|it| it.name == plan.name) {
        let own = existing.is_of_keyless(&facts.object_id);
        let own = own.then(|| assignment_id(plan, ""));
        return Ok(Assigned { existed: true, own, cause: cause.clone() });
    }
    let mut id = assignment_id(plan, "");
    witness.about_to_assign(&id).await;
    let mut answer = put_assignment(identity, account, plan, &id, cause).await?;
    if !answer.status.is_success() && answer.meaning() == Some(Code::AssignmentNameTaken) {
        id = assignment_id(plan, SECOND_NAME);
        witness.about_to_assign(&id).await;
        answer = put_assignment(identity, account, plan, &id, cause).await?;
    }
    if answer.status.is_success() {
        // It was not there when the list was read: a 200 is the second answer to this very request,
        // or to one of a window that was ended in between. Without the list nobody knows.
        // Somebody else may have run the same commands under the same name meanwhile.
        let others = |it: AssignmentItem| {
            let maker = it.properties.created_by.filter(|maker| !maker.is_empty());
            maker.is_some_and(|maker| !maker.eq_ignore_ascii_case(&facts.object_id))
        };
        let existed = answer.status.as_u16() == 200
            && (facts.assignments.is_none() || answer.json().is_ok_and(others));
        let own = Some(id).filter(|_| !existed);
        return Ok(Assigned { existed, own, cause: answer.cause });
    }
    if answer.meaning() == Some(Code::AssignmentExists) {
        return Ok(Assigned { existed: true, own: None, cause: answer.cause });
    }
    let (grant, name) = (Grant::of(account, plan, &id), &account.resource.name);
    Err(explain(identity, &grant, &plan.account, name, &answer))
}

/// Takes away an assignment that Keyless made. One that is gone already is success.
pub async fn undo_assignment(
    identity: &Identity,
    grant: &Grant,
    cause: &Cause,
) -> Result<Cause, Failure> {
    let url = identity.http().cloud().resource_manager(&grant.id, API_VERSION);
    let request = Request::delete(Service::ResourceManager, url, cause.clone());
    let answer = identity.send(&grant.tenant_id, request).await?;
    // "Role Assignments - Delete": 200 with what was taken away, 204 where there was nothing. 404:
    // the resource itself is gone, and every assignment at it (recorded: roleAssignment.DELETE__404).
    match answer.status.is_success() || answer.status.as_u16() == 404 {
        true => Ok(answer.cause),
        false => {
            let account = identity.home().account();
            Err(explain(identity, grant, account, scope_name(&grant.scope), &answer))
        }
    }
}

/// Looks whether an assignment is there ("Role Assignments - Get By Id"), with the answer that tells.
pub async fn find_assignment(
    identity: &Identity,
    grant: &Grant,
    cause: &Cause,
) -> Result<(Whereabouts, Cause), Failure> {
    let url = identity.http().cloud().resource_manager(&grant.id, API_VERSION);
    let request = Request::get(Service::ResourceManager, url, cause.clone());
    let answer = identity.send(&grant.tenant_id, request).await?;
    if answer.status.as_u16() == 404 {
        return Ok((Whereabouts::Nowhere, answer.cause));
    }
    if !answer.status.is_success() {
        let account = identity.home().account();
        return Err(explain(identity, grant, account, scope_name(&grant.scope), &answer));
    }
    let found = answer.json::<AssignmentItem>()?.into_assignment();
    match found.is_of_keyless(&grant.object_id) {
        true => Ok((Whereabouts::Own, answer.cause)),
        false => Ok((Whereabouts::Foreign, answer.cause)),
    }
}

fn explain(
    identity: &Identity,
    grant: &Grant,
    account: &str,
    resource: &str,
    answer: &Answer,
) -> Failure {
    let portal = identity.http().cloud().portal(&grant.scope);
    answer.failure(&[
        ("account", account),
        ("directory", &grant.tenant_id),
        ("object_id", &grant.object_id),
        ("portal", portal.as_str()),
        ("resource", resource),
        ("role", &grant.role),
        ("role_id", &grant.role_id),
        ("scope", &grant.scope),
    ])
}

/// The name of an assignment: the same for the same scope, person and role, so that a request
/// that is repeated, after a crash too, finds its own work.
pub fn assignment_name(scope: &str, principal: &str, role: &str, salt: &str) -> Uuid {
    let scope = scope.trim_end_matches('/').to_lowercase();
    let name = format!("{scope}|{}|{}{salt}", principal.to_lowercase(), role.to_lowercase());
    Uuid::new_v5(&ASSIGNMENT_NAMES, name.as_bytes())
}

fn assignment_id(plan: &AssignmentPlan, salt: &str) -> String {
    let name = assignment_name(&plan.scope, &plan.object_id, &plan.role_id, salt);
    format!("{}/providers/Microsoft.Authorization/roleAssignments/{name}", plan.scope)
}

/// The id of a role definition, as an assignment in this scope names it.
pub fn role_definition_id(scope: &str, role: &str) -> String {
    let subscription = crate::resources::segment_after(scope, "subscriptions");
    format!(
        "/subscriptions/{subscription}/providers/Microsoft.Authorization/roleDefinitions/{role}"
    )
}

async fn put_assignment(
    identity: &Identity,
    account: &Account,
    plan: &AssignmentPlan,
    id: &str,
    cause: &Cause,
) -> Result<Answer, Failure> {
    let url = identity.http().cloud().resource_manager(id, API_VERSION);
    let body = json!({ "properties": {
        "roleDefinitionId": role_definition_id(&plan.scope, &plan.role_id),
        "principalId": plan.object_id,
        "principalType": "User",
        "description": DESCRIPTION,
    }});
    let request = Request::put(Service::ResourceManager, url, body, cause.clone());
    identity.send(&account.tenant_id, request).await
}

#[derive(Deserialize)]
struct AssignmentItem {
    #[serde(default)]
    name: String,
    properties: AssignmentProperties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AssignmentProperties {
    role_definition_id: String,
    scope: String,
    #[serde(default)]
    principal_id: String,
    #[serde(default)]
    principal_type: String,
    condition: Option<String>,
    description: Option<String>,
    created_by: Option<String>,
}

impl AssignmentItem {
    fn into_assignment(self) -> Assignment {
        let (name, it) = (self.name.to_lowercase(), self.properties);
        let role = it.role_definition_id.rsplit('/').next().unwrap_or_default();
        Assignment {
            name,
            made_by: it.created_by.unwrap_or_default(),
            description: it.description.unwrap_or_default(),
            role: role.to_lowercase(),
            scope: it.scope,
            principal: it.principal_id,
            principal_type: it.principal_type,
            condition: it.condition,
        }
    }
}

#[derive(Deserialize)]
struct DefinitionItem {
    properties: DefinitionProperties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DefinitionProperties {
    #[serde(default)]
    role_name: String,
    #[serde(default)]
    permissions: Vec<Permission>,
}

#[derive(Deserialize)]
struct DenialItem {
    properties: DenialProperties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DenialProperties {
    #[serde(default)]
    deny_assignment_name: String,
    #[serde(default)]
    permissions: Vec<Permission>,
    #[serde(default)]
    scope: String,
    #[serde(default)]
    do_not_apply_to_child_scopes: bool,
    #[serde(default)]
    principals: Vec<Principal>,
    #[serde(default)]
    exclude_principals: Vec<Principal>,
    condition: Option<String>,
}

#[derive(Deserialize)]
struct Principal {
    id: String,
    #[serde(rename = "type", default)]
    kind: String,
}

impl DenialItem {
    fn into_denial(self) -> Denial {
        let it = self.properties;
        let parties = |listed: Vec<Principal>| {
            listed.into_iter().map(|it| Party { id: it.id, kind: it.kind }).collect()
        };
        Denial {
            name: it.deny_assignment_name,
            scope: it.scope,
            here_only: it.do_not_apply_to_child_scopes,
            principals: parties(it.principals),
            excepted: parties(it.exclude_principals),
            permissions: it.permissions,
            condition: it.condition,
        }
    }
}

/// A list that was read, and the answers that it took.
type Read<T> = (Vec<T>, Cause);

async fn read_permissions(
    identity: &Identity,
    account: &Account,
) -> Result<Read<Permission>, Failure> {
    let url = url_at(identity, account, "permissions");
    read_list(identity, &account.tenant_id, url, &account.cause).await.map(gather)
}

async fn read_assignments(
    identity: &Identity,
    account: &Account,
    oid: &str,
) -> Result<Read<Assignment>, Failure> {
    let mut url = url_at(identity, account, "roleAssignments");
    url.query_pairs_mut().append_pair("$filter", &format!("assignedTo('{oid}')"));
    let (items, cause): Read<AssignmentItem> =
        read_list(identity, &account.tenant_id, url, &account.cause).await.map(gather)?;
    Ok((items.into_iter().map(AssignmentItem::into_assignment).collect(), cause))
}

async fn read_denials(identity: &Identity, account: &Account) -> Result<Read<Denial>, Failure> {
    let mut url = url_at(identity, account, "denyAssignments");
    url.query_pairs_mut().append_pair("$filter", "atScope()");
    let (items, cause): Read<DenialItem> =
        read_list(identity, &account.tenant_id, url, &account.cause).await.map(gather)?;
    Ok((items.into_iter().map(DenialItem::into_denial).collect(), cause))
}

/// The roles of these assignments that are not built in; one that cannot be read, or not in time,
/// is left out.
async fn read_definitions(
    identity: &Identity,
    account: &Account,
    assignments: &[Assignment],
    cause: &Cause,
) -> BTreeMap<String, Definition> {
    let unknown: BTreeSet<&str> = assignments
        .iter()
        .map(|assignment| assignment.role.as_str())
        .filter(|role| Role::find(role).is_none())
        .collect();
    let reads: Vec<_> =
        unknown.into_iter().map(|role| read_definition(identity, account, role, cause)).collect();
    let reads = stream::iter(reads).buffer_unordered(ROLES_AT_ONCE);
    let reads = reads.take_until(identity.http().clock().sleep(COURTESY_LIMIT));
    reads.filter_map(async |definition| definition).collect().await
}

async fn read_definition(
    identity: &Identity,
    account: &Account,
    role: &str,
    cause: &Cause,
) -> Option<(String, Definition)> {
    let path = role_definition_id(&account.resource.id, role);
    let url = identity.http().cloud().resource_manager(&path, API_VERSION);
    let request = Request::get(Service::ResourceManager, url, cause.clone());
    let answer = identity.send(&account.tenant_id, request).await.ok()?;
    let item = answer.status.is_success().then(|| answer.json::<DefinitionItem>().ok())??;
    let definition =
        Definition { name: item.properties.role_name, permissions: item.properties.permissions };
    Some((role.to_owned(), definition))
}

fn url_at(identity: &Identity, account: &Account, kind: &str) -> url::Url {
    let path = format!("{}/providers/Microsoft.Authorization/{kind}", account.resource.id);
    identity.http().cloud().resource_manager(&path, API_VERSION)
}

fn gather<T>(items: Vec<(T, Cause)>) -> Read<T> {
    let cause = items.iter().fold(Cause::none(), |all, (_, cause)| all.and(cause));
    (items.into_iter().map(|(item, _)| item).collect(), cause)
}

/// What was read, and the answers that it took. A refusal lowers certainty and never means "no
/// access"; anything else ends the look.
fn readable<T>(list: Result<Read<T>, Failure>) -> Result<(Option<Vec<T>>, Cause), Failure> {
    match list {
        Ok((list, cause)) => Ok((Some(list), cause)),
        Err(failure) if [Code::ReadRefused, Code::ReadForbidden].contains(&failure.code) => {
            Ok((None, Cause::none()))
        }
        Err(failure) => Err(failure),
    }
}

#[cfg(test)]
mod tests;
