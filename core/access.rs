//! Access: what the person has, what they may take, and whether it works yet.
//!
//! Operations of Microsoft.Authorization, api-version 2022-04-01. The roles are those of the
//! built-in role list of 2026-08; they are matched by id, because names change.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::json;
use uuid::{Uuid, uuid};

use crate::cloud::Service;
use crate::directory::read_list;
use crate::failure::{Code, Failure};
use crate::http::{Answer, Cause, Request};
use crate::identity::Identity;
use crate::resources::Account;
use crate::snapshot::{AssignmentPlan, MayAssign, Notice, Verdict};

const API_VERSION: &str = "2022-04-01";
/// The data action of a chat.
pub const CHAT: &str =
    "Microsoft.CognitiveServices/accounts/OpenAI/deployments/chat/completions/action";
const ASSIGN: &str = "Microsoft.Authorization/roleAssignments/write";

/// The namespace of the names that Keyless gives to role assignments: a UUIDv5 of
/// `<scope>|<principal>|<role>`, all in lower case, the scope without a trailing slash.
pub const ASSIGNMENT_NAMES: Uuid = uuid!("6f1f5c0e-3d6b-5f0a-9c61-0b8a52c8f6d4");
/// What follows when Azure says that the name is taken by something deleted ("hash conflict").
const SECOND_NAME: &str = "|2";

/// A built-in role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Role {
    /// The role definition's GUID.
    pub id: &'static str,
    /// Its name in 2026.
    pub name: &'static str,
    /// Whether it grants [`CHAT`].
    pub chats: bool,
}

const fn role(id: &'static str, name: &'static str, chats: bool) -> Role {
    Role { id, name, chats }
}

/// Least privilege for chat: no key listing.
pub const OPENAI_USER: Role =
    role("5e0bd9bd-7b93-4f28-af87-19fc36ad61bd", "Cognitive Services OpenAI User", true);

/// The built-in roles that the wizard names without asking Azure.
pub const ROLES: &[Role] = &[
    OPENAI_USER,
    role("a001fd3d-188f-4b5d-821b-7da978bf7442", "Cognitive Services OpenAI Contributor", true),
    role("a97b65f3-24c7-4388-baec-2e87135dc908", "Cognitive Services User", true),
    role("53ca6127-db72-4b80-b1b0-d745d6d5456d", "Foundry User", true),
    role("eadc314b-1a2d-4efa-be10-5d325db5065e", "Foundry Project Manager", true),
    role("c883944f-8b7b-4483-af10-35834be79c4a", "Foundry Owner", true),
    role("64702f94-c441-49e6-a78b-ef80e0188fee", "Azure AI Developer", true),
    role(
        "19c28022-e58e-450d-a464-0b2a53034789",
        "Cognitive Services Data Contributor (Preview)",
        true,
    ),
    role("8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "Owner", false),
    role("b24988ac-6180-42a0-ab88-20f7382dd24c", "Contributor", false),
    role("acdd72a7-3385-48ef-bd42-f606fba81ae7", "Reader", false),
    role("25fbc0a9-bd7c-42a3-aa1a-3b75d497ee68", "Cognitive Services Contributor", false),
    role("18d7d88d-d35e-4fb5-a5c3-7773c20a72d9", "User Access Administrator", false),
    role("f58310d9-a9f6-439a-9e8d-f62e7b41a168", "Role Based Access Control Administrator", false),
    role("e47c6f54-e4a2-4754-9501-8e0985b135e1", "Foundry Account Owner", false),
    role("b78c5d69-af96-48a3-bf8d-a8b4d589de94", "Azure AI Administrator", false),
];

/// The roles that may assign any role: Owner, User Access Administrator, Role Based Access Control
/// Administrator.
const FREE_ASSIGNERS: [&str; 3] = [
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
    "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
    "f58310d9-a9f6-439a-9e8d-f62e7b41a168",
];

/// What was found out about access.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// Whether the person may chat.
    pub verdict: Verdict,
    /// Why, and what could not be read.
    pub findings: Vec<Notice>,
    /// What would be assigned.
    pub plan: AssignmentPlan,
    /// The answers that it took: an assignment needs them.
    pub cause: Cause,
}

/// How an assignment ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assigned {
    /// Whether the same assignment was there before, perhaps under another name.
    pub existed: bool,
    /// The answer: a probe needs it.
    pub cause: Cause,
}

/// Reads what the person may do at the account: the permissions API and the assignments that
/// reach them, side by side, with a token of the data plane got ready meanwhile.
pub async fn check_access(identity: &Arc<Identity>, account: &Account) -> Result<Access, Failure> {
    let claims = identity.claims_in(&account.tenant_id, &account.cause).await?;
    let (permissions, assignments, prepared) = futures::join!(
        read_permissions(identity, account),
        read_assignments(identity, account, &claims.oid),
        identity.prepare_inference(&account.tenant_id, &account.cause),
    );
    if let Err(failure) = prepared {
        // The chat would fail for this reason too, and then it is told.
        tracing::info!(code = ?failure.code, "no token of the data plane yet");
    }
    let (permissions, assignments) = (readable(permissions)?, readable(assignments)?);
    let causes =
        [permissions.as_ref().map(|read| &read.1), assignments.as_ref().map(|read| &read.1)];
    let cause =
        causes.into_iter().flatten().fold(account.cause.clone(), |all, cause| all.and(cause));
    let permissions = permissions.as_ref().map(|(list, _)| list.as_slice());
    let assignments = assignments.as_ref().map(|(list, _)| list.as_slice());
    let plan = AssignmentPlan {
        role: OPENAI_USER.name.to_owned(),
        role_id: OPENAI_USER.id.to_owned(),
        scope: account.resource.id.clone(),
        account: identity.home().account().to_owned(),
        object_id: claims.oid,
        may_assign: may_assign(permissions, assignments),
    };
    let (verdict, findings) = judge(permissions, assignments, &account.resource.id);
    Ok(Access { verdict, findings, plan, cause })
}

/// Assigns the role of the plan. "It is there already" is success.
pub async fn assign_role(
    identity: &Identity,
    account: &Account,
    access: &Access,
) -> Result<Assigned, Failure> {
    let plan = &access.plan;
    let mut answer = put_assignment(identity, account, access, "").await?;
    if !answer.status.is_success() && answer.meaning() == Some(Code::AssignmentNameTaken) {
        answer = put_assignment(identity, account, access, SECOND_NAME).await?;
    }
    if answer.status.is_success() {
        return Ok(Assigned { existed: answer.status.as_u16() == 200, cause: answer.cause });
    }
    if answer.meaning() == Some(Code::AssignmentExists) {
        return Ok(Assigned { existed: true, cause: answer.cause });
    }
    let portal = identity.http().cloud().portal(&plan.scope);
    Err(answer.failure(&[
        ("account", &plan.account),
        ("directory", &account.tenant_id),
        ("object_id", &plan.object_id),
        ("portal", portal.as_str()),
        ("resource", &account.resource.name),
        ("role", &plan.role),
        ("role_id", &plan.role_id),
        ("scope", &plan.scope),
    ]))
}

/// The name of an assignment: the same for the same scope, person and role, so that a request
/// that is repeated, after a crash too, finds its own work.
pub fn assignment_name(scope: &str, principal: &str, role: &str, salt: &str) -> Uuid {
    let scope = scope.trim_end_matches('/').to_lowercase();
    let name = format!("{scope}|{}|{}{salt}", principal.to_lowercase(), role.to_lowercase());
    Uuid::new_v5(&ASSIGNMENT_NAMES, name.as_bytes())
}

async fn put_assignment(
    identity: &Identity,
    account: &Account,
    access: &Access,
    salt: &str,
) -> Result<Answer, Failure> {
    let plan = &access.plan;
    let name = assignment_name(&plan.scope, &plan.object_id, &plan.role_id, salt);
    let path = format!("{}/providers/Microsoft.Authorization/roleAssignments/{name}", plan.scope);
    let url = identity.http().cloud().resource_manager(&path, API_VERSION);
    let subscription = crate::resources::segment_after(&plan.scope, "subscriptions");
    let body = json!({ "properties": {
        "roleDefinitionId": format!(
            "/subscriptions/{subscription}/providers/Microsoft.Authorization/roleDefinitions/{}",
            plan.role_id
        ),
        "principalId": plan.object_id,
        "principalType": "User",
        "description": "Made by Keyless for Azure OpenAI",
    }});
    let request = Request::put(Service::ResourceManager, url, body, access.cause.clone());
    identity.send(&account.tenant_id, request).await
}

/// One element of the permissions API, or of a role definition.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Permission {
    actions: Vec<String>,
    not_actions: Vec<String>,
    data_actions: Vec<String>,
    not_data_actions: Vec<String>,
}

impl Permission {
    fn grants(&self, action: &str) -> bool {
        any_matches(&self.actions, action) && !any_matches(&self.not_actions, action)
    }

    fn grants_data(&self, action: &str) -> bool {
        any_matches(&self.data_actions, action) && !any_matches(&self.not_data_actions, action)
    }
}

fn any_matches(patterns: &[String], action: &str) -> bool {
    patterns.iter().any(|pattern| matches(pattern, action))
}

/// `*` stands for any run of characters, slashes too; the case does not matter.
fn matches(pattern: &str, action: &str) -> bool {
    let (pattern, action) = (pattern.to_ascii_lowercase(), action.to_ascii_lowercase());
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = action.strip_prefix(first) else {
        return false;
    };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else {
        return rest.is_empty();
    };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[derive(Clone, Debug, Deserialize)]
struct AssignmentItem {
    properties: AssignmentProperties,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct AssignmentProperties {
    role_definition_id: String,
    scope: String,
    #[serde(default)]
    principal_type: String,
    condition: Option<String>,
}

/// A list that was read, and the answers that it took.
type Read<T> = (Vec<T>, Cause);

async fn read_permissions(
    identity: &Identity,
    account: &Account,
) -> Result<Read<Permission>, Failure> {
    let path = format!("{}/providers/Microsoft.Authorization/permissions", account.resource.id);
    let url = identity.http().cloud().resource_manager(&path, API_VERSION);
    read_list(identity, &account.tenant_id, url, &account.cause).await.map(gather)
}

async fn read_assignments(
    identity: &Identity,
    account: &Account,
    oid: &str,
) -> Result<Read<AssignmentItem>, Failure> {
    let path = format!("{}/providers/Microsoft.Authorization/roleAssignments", account.resource.id);
    let mut url = identity.http().cloud().resource_manager(&path, API_VERSION);
    url.query_pairs_mut().append_pair("$filter", &format!("assignedTo('{oid}')"));
    read_list(identity, &account.tenant_id, url, &account.cause).await.map(gather)
}

fn gather<T>(items: Vec<(T, Cause)>) -> Read<T> {
    let cause = items.iter().fold(Cause::none(), |all, (_, cause)| all.and(cause));
    (items.into_iter().map(|(item, _)| item).collect(), cause)
}

/// A refusal lowers certainty and never means "no access"; anything else ends the look.
fn readable<T>(list: Result<Read<T>, Failure>) -> Result<Option<Read<T>>, Failure> {
    match list {
        Ok(read) => Ok(Some(read)),
        Err(failure) if [Code::ReadRefused, Code::ReadForbidden].contains(&failure.code) => {
            Ok(None)
        }
        Err(failure) => Err(failure),
    }
}

/// The permissions API shows no conditions. The Foundry roles may assign under one only, which
/// leaves out the role of the plan, and an assignment of any role may carry one.
fn may_assign(
    permissions: Option<&[Permission]>,
    assignments: Option<&[AssignmentItem]>,
) -> MayAssign {
    match permissions {
        None => MayAssign::Unknown,
        Some(list) if !list.iter().any(|permission| permission.grants(ASSIGN)) => MayAssign::No,
        Some(_) if assignments.is_none_or(|list| list.iter().any(assigns_freely)) => MayAssign::Yes,
        Some(_) => MayAssign::Unknown,
    }
}

fn assigns_freely(item: &AssignmentItem) -> bool {
    let role = known_role(&item.properties.role_definition_id);
    item.properties.condition.is_none() && role.is_none_or(|role| FREE_ASSIGNERS.contains(&role.id))
}

fn judge(
    permissions: Option<&[Permission]>,
    assignments: Option<&[AssignmentItem]>,
    scope: &str,
) -> (Verdict, Vec<Notice>) {
    let mut findings = Vec::new();
    // An assignment at a child of the account, such as a project, does not reach it.
    let reaching = || {
        assignments.unwrap_or_default().iter().filter(|item| reaches(&item.properties.scope, scope))
    };
    let mut through_role = false;
    for item in reaching() {
        let Some(role) = known_role(&item.properties.role_definition_id) else {
            continue;
        };
        if role.chats && item.properties.condition.is_none() {
            through_role = true;
            findings.push(found_role(role, &item.properties, scope));
        }
    }
    let by_permissions =
        permissions.map(|list| list.iter().any(|permission| permission.grants_data(CHAT)));
    let verdict = match by_permissions {
        Some(true) => Verdict::MayChat,
        _ if through_role => Verdict::MayChat,
        Some(false) => Verdict::MayNotChat,
        // A role that the list does not know, or a condition, may grant it all the same.
        None if assignments.is_some() && reaching().all(is_plain) => Verdict::MayNotChat,
        None => Verdict::CannotTell,
    };
    if verdict == Verdict::MayNotChat {
        // The strongest role is the one that a person wonders about.
        let without_data = ROLES.iter().filter(|role| !role.chats).find(|role| {
            reaching().any(|item| known_role(&item.properties.role_definition_id) == Some(**role))
        });
        let below = assignments.unwrap_or_default().iter().find_map(|item| {
            let role = known_role(&item.properties.role_definition_id)?;
            (role.chats && is_below(&item.properties.scope, scope)).then_some((role, item))
        });
        findings.push(match (below, without_data) {
            (Some((role, item)), _) => {
                let scope = scope_name(&item.properties.scope);
                Notice::new("role_below", &[("role", role.name), ("scope", scope)])
            }
            (_, Some(role)) => Notice::new("owner_without_data_role", &[("role", role.name)]),
            (None, None) => Notice::new("no_role", &[]),
        });
    }
    if permissions.is_none() {
        findings.push(Notice::new("permissions_unread", &[]));
    }
    if assignments.is_none() {
        findings.push(Notice::new("assignments_unread", &[]));
    }
    (verdict, findings)
}

fn is_plain(item: &AssignmentItem) -> bool {
    known_role(&item.properties.role_definition_id).is_some_and(|role| !role.chats)
}

fn found_role(role: Role, assignment: &AssignmentProperties, scope: &str) -> Notice {
    let group = assignment.principal_type == "Group";
    let inherited = !assignment.scope.trim_end_matches('/').eq_ignore_ascii_case(scope);
    let code = match (group, inherited) {
        (false, false) => "may_chat_through",
        (false, true) => "may_chat_inherited",
        (true, _) => "may_chat_through_group",
    };
    Notice::new(code, &[("role", role.name), ("scope", scope_name(&assignment.scope))])
}

fn known_role(definition: &str) -> Option<Role> {
    let id = definition.rsplit('/').next()?;
    ROLES.iter().find(|role| role.id.eq_ignore_ascii_case(id)).copied()
}

/// Whether a role is assigned at a part of the account, such as a project.
fn is_below(assigned: &str, scope: &str) -> bool {
    assigned.to_lowercase().starts_with(&format!("{}/", scope.to_lowercase()))
}

fn reaches(assigned: &str, scope: &str) -> bool {
    let assigned = assigned.trim_end_matches('/').to_lowercase();
    let scope = scope.to_lowercase();
    assigned.is_empty()
        || scope == assigned
        || scope.starts_with(&format!("{assigned}/"))
        || assigned.starts_with("/providers/microsoft.management/managementgroups/")
}

/// The last name of a scope: the resource, the group, or the subscription's id.
fn scope_name(scope: &str) -> &str {
    scope.trim_end_matches('/').rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCOPE: &str =
        "/subscriptions/1/resourceGroups/rg/providers/Microsoft.CognitiveServices/accounts/a";

    fn permission(data_actions: &[&str], not_data_actions: &[&str]) -> Permission {
        let owned = |list: &[&str]| list.iter().map(ToString::to_string).collect();
        Permission {
            data_actions: owned(data_actions),
            not_data_actions: owned(not_data_actions),
            ..Permission::default()
        }
    }

    fn assignment(role: &str, scope: &str) -> AssignmentItem {
        AssignmentItem {
            properties: AssignmentProperties {
                role_definition_id: format!(
                    "/providers/Microsoft.Authorization/roleDefinitions/{role}"
                ),
                scope: scope.to_owned(),
                principal_type: "User".to_owned(),
                condition: None,
            },
        }
    }

    #[test]
    fn wildcards_span_slashes_and_ignore_case() {
        for (pattern, action, expected) in [
            ("*", CHAT, true),
            ("microsoft.cognitiveservices/*", CHAT, true),
            ("Microsoft.CognitiveServices/accounts/OpenAI/*/read", CHAT, false),
            ("Microsoft.CognitiveServices/*/action", CHAT, true),
            ("Microsoft.CognitiveServices/accounts/*/chat/*", CHAT, true),
            (
                "Microsoft.CognitiveServices/accounts/OpenAI/deployments/chat/completions",
                CHAT,
                false,
            ),
            ("*/read", "Microsoft.Authorization/roleAssignments/read", true),
            ("a*a", "a", false),
        ] {
            assert_eq!(matches(pattern, action), expected, "{pattern} against {action}");
        }
    }

    #[test]
    fn what_is_taken_away_again_is_not_granted() {
        let list = [permission(&["Microsoft.CognitiveServices/*"], &[CHAT])];
        assert_eq!(judge(Some(&list), Some(&[]), SCOPE).0, Verdict::MayNotChat);
    }

    #[test]
    fn an_owner_may_not_chat_and_is_told_why() {
        let owner = assignment("8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "/subscriptions/1");
        let (verdict, findings) = judge(Some(&[permission(&[], &[])]), Some(&[owner]), SCOPE);
        assert_eq!(verdict, Verdict::MayNotChat);
        assert_eq!(findings[0].code, "owner_without_data_role");
        assert_eq!(findings[0].parameters["role"], "Owner");
    }

    #[test]
    fn a_role_at_a_child_of_the_account_does_not_reach_it() {
        let child = assignment(OPENAI_USER.id, &format!("{SCOPE}/projects/p"));
        let (verdict, findings) = judge(Some(&[]), Some(&[child]), SCOPE);
        assert_eq!(verdict, Verdict::MayNotChat);
        assert_eq!(findings[0].code, "role_below", "that it is there all the same is told");
        assert_eq!(findings[0].parameters["scope"], "p");
    }

    #[test]
    fn nothing_read_means_that_nothing_is_known() {
        let (verdict, findings) = judge(None, None, SCOPE);
        assert_eq!(verdict, Verdict::CannotTell);
        assert_eq!(findings.len(), 2, "both sources that could not be read are named");
    }

    #[test]
    fn an_unknown_role_leaves_the_question_open() {
        let custom = assignment("11111111-1111-1111-1111-111111111111", "/subscriptions/1");
        assert_eq!(judge(None, Some(&[custom]), SCOPE).0, Verdict::CannotTell);
    }

    #[test]
    fn the_name_of_an_assignment_does_not_depend_on_spelling() {
        let name = assignment_name(SCOPE, "ABC", OPENAI_USER.id, "");
        assert_eq!(
            name,
            assignment_name(&format!("{}/", SCOPE.to_uppercase()), "abc", OPENAI_USER.id, "")
        );
        assert_ne!(name, assignment_name(SCOPE, "abd", OPENAI_USER.id, ""));
        assert_ne!(name, assignment_name(SCOPE, "ABC", OPENAI_USER.id, SECOND_NAME));
    }

    #[test]
    fn a_role_that_may_assign_under_a_condition_only_promises_nothing() {
        let all = [Permission { actions: vec!["*".to_owned()], ..Permission::default() }];
        let owner = [assignment("8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "/subscriptions/1")];
        let foundry = [assignment("eadc314b-1a2d-4efa-be10-5d325db5065e", "/subscriptions/1")];
        assert_eq!(may_assign(Some(&all), Some(&owner)), MayAssign::Yes);
        assert_eq!(may_assign(Some(&all), Some(&foundry)), MayAssign::Unknown);
        assert_eq!(may_assign(Some(&[]), Some(&owner)), MayAssign::No);
        assert_eq!(may_assign(None, Some(&owner)), MayAssign::Unknown);
    }
}
