//! Scopes: as a path names them, and what they are in the scenario.

use http::StatusCode;

use super::failed_by_gateway;
use crate::answer::Answer;
use crate::rbac::management_group_scope;
use crate::scenario::{Account, ResourceGroup, Subscription};
use crate::world::{Identity, World};

/// A scope as it was written in a request, in any case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ScopePath {
    Root,
    ManagementGroup(String),
    Subscription(String),
    Group(String, String),
    Account(String, String, String),
    /// A user-assigned identity of a resource group.
    Identity(String, String, String),
    /// Any other resource of a resource group, which is a scope and nothing else: its type with
    /// its names, `Microsoft.Network/virtualNetworks/one/subnets/two`.
    Resource(String, String, String),
}

impl ScopePath {
    /// The longest scope at the beginning of a path, and the segments after it.
    pub(super) fn split(segments: &[String]) -> (Self, &[String]) {
        let is = |index: usize, word: &str| {
            segments.get(index).is_some_and(|one| one.eq_ignore_ascii_case(word))
        };
        let at = |index: usize| segments[index].clone();
        let names = |count: usize| segments.len() >= count;
        if names(4)
            && is(0, "providers")
            && is(1, "Microsoft.Management")
            && is(2, "managementGroups")
        {
            return (Self::ManagementGroup(at(3)), &segments[4..]);
        }
        if !(names(2) && is(0, "subscriptions")) {
            return (Self::Root, segments);
        }
        if !(names(4) && is(2, "resourceGroups")) {
            return (Self::Subscription(at(1)), &segments[2..]);
        }
        if names(8)
            && is(4, "providers")
            && is(5, "Microsoft.CognitiveServices")
            && is(6, "accounts")
        {
            return (Self::Account(at(1), at(3), at(7)), &segments[8..]);
        }
        if names(8)
            && is(4, "providers")
            && is(5, "Microsoft.ManagedIdentity")
            && is(6, "userAssignedIdentities")
        {
            return (Self::Identity(at(1), at(3), at(7)), &segments[8..]);
        }
        // What lies at a resource begins with the next provider.
        let next = (6..segments.len()).find(|index| is(*index, "providers"));
        if let Some(next) = next.filter(|_| is(4, "providers")) {
            return (Self::Resource(at(1), at(3), segments[5..next].join("/")), &segments[next..]);
        }
        (Self::Group(at(1), at(3)), &segments[4..])
    }

    pub(super) fn subscription(&self) -> Option<&str> {
        match self {
            Self::Root | Self::ManagementGroup(_) => None,
            Self::Subscription(id)
            | Self::Group(id, _)
            | Self::Account(id, ..)
            | Self::Identity(id, ..)
            | Self::Resource(id, ..) => Some(id),
        }
    }

    /// The scope as the request wrote it.
    pub(super) fn id(&self) -> String {
        match self {
            Self::Root => "/".to_owned(),
            Self::ManagementGroup(name) => management_group_scope(name),
            Self::Subscription(id) => subscription_id(id),
            Self::Group(id, group) => group_id(id, group),
            Self::Account(id, group, account) => account_id(id, group, account),
            Self::Identity(id, group, name) => identity_id(id, group, name),
            Self::Resource(id, group, resource) => resource_id(id, group, resource),
        }
    }
}

/// A scope that exists.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place<'w> {
    Root,
    ManagementGroup(&'w str),
    Subscription(&'w Subscription),
    Group(&'w Subscription, &'w ResourceGroup),
    Account(&'w Subscription, &'w ResourceGroup, &'w Account),
    Identity(&'w Subscription, &'w Identity),
    Resource(&'w Subscription, &'w ResourceGroup, &'w str),
}

impl<'w> Place<'w> {
    /// What a path names.
    ///
    /// # Errors
    /// 404 with the code for what is missing.
    pub(super) fn find(path: &ScopePath, world: &'w World) -> Result<Self, Answer> {
        let find_group = |id: &str, group: &str| {
            let subscription =
                world.scenario.subscription(id).ok_or_else(|| subscription_missing(id))?;
            let group = subscription.resource_group(group).ok_or_else(|| group_missing(group))?;
            Ok((subscription, group))
        };
        match path {
            ScopePath::Root => Ok(Self::Root),
            ScopePath::ManagementGroup(name) => world
                .scenario
                .management_group(name)
                .map(|group| Self::ManagementGroup(&group.name))
                .ok_or_else(|| management_group_missing(name)),
            ScopePath::Subscription(id) => world
                .scenario
                .subscription(id)
                .map(Self::Subscription)
                .ok_or_else(|| subscription_missing(id)),
            ScopePath::Group(id, group) => {
                let (subscription, group) = find_group(id, group)?;
                Ok(Self::Group(subscription, group))
            }
            ScopePath::Account(id, group, account) => {
                let (subscription, group) = find_group(id, group)?;
                let found =
                    group.account(account).ok_or_else(|| account_missing(&group.name, account))?;
                Ok(Self::Account(subscription, group, found))
            }
            ScopePath::Identity(id, group, name) => {
                let (subscription, group) = find_group(id, group)?;
                let found = world
                    .identity(&identity_id(&subscription.id, &group.name, name))
                    .ok_or_else(|| identity_missing(&group.name, name))?;
                Ok(Self::Identity(subscription, found))
            }
            ScopePath::Resource(id, group, resource) => {
                let (subscription, group) = find_group(id, group)?;
                let found =
                    group.resources.iter().find(|one| one.path.eq_ignore_ascii_case(resource));
                let found = found.ok_or_else(|| other_missing(&group.name, resource))?;
                Ok(Self::Resource(subscription, group, &found.path))
            }
        }
    }

    /// The scope's id, in the case in which it was created.
    pub(super) fn id(&self) -> String {
        match self {
            Self::Root => "/".to_owned(),
            Self::ManagementGroup(name) => management_group_scope(name),
            Self::Subscription(subscription) => subscription_id(&subscription.id),
            Self::Group(subscription, group) => group_id(&subscription.id, &group.name),
            Self::Account(subscription, group, account) => {
                account_id(&subscription.id, &group.name, &account.name)
            }
            Self::Identity(_, identity) => identity.id.clone(),
            Self::Resource(subscription, group, resource) => {
                resource_id(&subscription.id, &group.name, resource)
            }
        }
    }

    pub(super) fn subscription(&self) -> Option<&'w Subscription> {
        match self {
            Self::Root | Self::ManagementGroup(_) => None,
            Self::Subscription(subscription)
            | Self::Group(subscription, _)
            | Self::Account(subscription, ..)
            | Self::Identity(subscription, ..)
            | Self::Resource(subscription, ..) => Some(subscription),
        }
    }
}

pub(crate) fn account_id(subscription: &str, group: &str, account: &str) -> String {
    format!(
        "{}/providers/Microsoft.CognitiveServices/accounts/{account}",
        group_id(subscription, group)
    )
}

/// The id of an identity, which has `resourcegroups` in lower case (recorded: `identity.GET__200`).
pub(crate) fn identity_id(subscription: &str, group: &str, name: &str) -> String {
    format!(
        "/subscriptions/{subscription}/resourcegroups/{group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}"
    )
}

pub(super) fn resource_id(subscription: &str, group: &str, resource: &str) -> String {
    format!("{}/providers/{resource}", group_id(subscription, group))
}

fn subscription_id(id: &str) -> String {
    format!("/subscriptions/{id}")
}

fn group_id(subscription: &str, group: &str) -> String {
    format!("/subscriptions/{subscription}/resourceGroups/{group}")
}

fn subscription_missing(id: &str) -> Answer {
    missing("SubscriptionNotFound", format!("The subscription '{id}' could not be found."))
}

fn group_missing(name: &str) -> Answer {
    missing("ResourceGroupNotFound", format!("Resource group '{name}' could not be found."))
}

fn management_group_missing(name: &str) -> Answer {
    missing(
        "NotFound",
        format!("'/providers/Microsoft.Management/managementGroups/{name}' not found"),
    )
}

fn account_missing(group: &str, name: &str) -> Answer {
    resource_missing("Microsoft.CognitiveServices/accounts", group, name)
}

fn identity_missing(group: &str, name: &str) -> Answer {
    resource_missing("Microsoft.ManagedIdentity/userAssignedIdentities", group, name)
}

/// The last type and the last name stand for the whole (recorded: `roleAssignment.GET__404`).
fn other_missing(group: &str, resource: &str) -> Answer {
    let (kind, name) = resource.rsplit_once('/').unwrap_or((resource, ""));
    resource_missing(kind, group, name)
}

fn resource_missing(kind: &str, group: &str, name: &str) -> Answer {
    missing(
        "ResourceNotFound",
        format!(
            "The Resource '{kind}/{name}' under resource group '{group}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix"
        ),
    )
}

fn missing(code: &str, message: String) -> Answer {
    failed_by_gateway(Answer::error(StatusCode::NOT_FOUND, code, message))
}
