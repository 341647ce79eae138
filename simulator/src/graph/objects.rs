//! Directory objects as Graph describes them by default.

use serde_json::{Value, json};

use crate::scenario::{Group, ServicePrincipal, Tenant, User};
use crate::world::World;

/// The people whom a tenant knows (recorded: `graph.users__200`).
pub(super) fn list_users<'w>(
    tenant: &'w Tenant,
    world: &'w World,
) -> impl Iterator<Item = Value> + 'w {
    world
        .scenario
        .users
        .iter()
        .filter_map(|user| Some(describe_user(user, user.object_id(&tenant.id)?, tenant)))
}

/// The applications that a tenant knows.
pub(super) fn list_service_principals<'w>(
    tenant: &'w Tenant,
    world: &'w World,
) -> impl Iterator<Item = Value> + 'w {
    world
        .service_principals
        .iter()
        .filter(|one| one.tenant == tenant.id)
        .map(describe_service_principal)
}

/// Whatever a tenant's directory holds under an id, with its type.
pub(super) fn find_object(id: &str, tenant: &Tenant, world: &World) -> Option<Value> {
    if let Some(user) = world.caller(&tenant.id, id) {
        let own = user.object_id(&tenant.id)?;
        return Some(of_type("user", describe_user(user, own, tenant)));
    }
    if let Some(principal) = world.service_principal(&tenant.id, id) {
        return Some(of_type("servicePrincipal", describe_service_principal(principal)));
    }
    let group = world
        .scenario
        .groups
        .iter()
        .find(|group| group.tenant == tenant.id && group.id.eq_ignore_ascii_case(id))?;
    Some(of_type("group", describe_group(group)))
}

fn of_type(kind: &str, mut body: Value) -> Value {
    body["@odata.type"] = json!(format!("#microsoft.graph.{kind}"));
    body
}

fn describe_user(user: &User, object_id: &str, tenant: &Tenant) -> Value {
    json!({
        "businessPhones": [],
        "displayName": user.name(),
        "givenName": user.given_name,
        "jobTitle": user.job_title,
        "mail": user.has_mailbox.then_some(&user.upn),
        "mobilePhone": null,
        "officeLocation": user.office_location,
        "preferredLanguage": null,
        "surname": user.family_name,
        "userPrincipalName": user.upn_in(tenant),
        "id": object_id,
    })
}

fn describe_group(group: &Group) -> Value {
    json!({
        "id": group.id,
        "deletedDateTime": null,
        "classification": null,
        "createdDateTime": CREATED,
        "description": null,
        "displayName": group.name,
        "groupTypes": [],
        "mail": null,
        "mailEnabled": false,
        "mailNickname": group.name,
        "onPremisesSyncEnabled": null,
        "securityEnabled": true,
        "visibility": null,
    })
}

/// Recorded: `graph.getByIds__200__02`, `graph.servicePrincipals__201`.
pub(super) fn describe_service_principal(principal: &ServicePrincipal) -> Value {
    json!({
        "id": principal.id,
        "deletedDateTime": null,
        "accountEnabled": true,
        "alternativeNames": [],
        "appDisplayName": principal.name,
        "appDescription": null,
        "appId": principal.app_id,
        "applicationTemplateId": null,
        "appOwnerOrganizationId": principal.tenant,
        "appRoleAssignmentRequired": false,
        "createdDateTime": CREATED,
        "description": null,
        "disabledByMicrosoftStatus": null,
        "displayName": principal.name,
        "homepage": null,
        "loginUrl": null,
        "logoutUrl": null,
        "notes": null,
        "notificationEmailAddresses": [],
        "preferredSingleSignOnMode": null,
        "preferredTokenSigningKeyThumbprint": null,
        "replyUrls": [],
        "servicePrincipalNames": [principal.app_id],
        "servicePrincipalType": principal.kind,
        "signInAudience": "AzureADMyOrg",
        "tags": ["HideApp", "WindowsAzureActiveDirectoryIntegratedApp"],
        "tokenEncryptionKeyId": null,
        "samlSingleSignOnSettings": null,
        "addIns": [],
        "appRoles": [],
        "info": {
            "logoUrl": null,
            "marketingUrl": null,
            "privacyStatementUrl": null,
            "supportUrl": null,
            "termsOfServiceUrl": null,
        },
        "keyCredentials": [],
        "oauth2PermissionScopes": [],
        "passwordCredentials": [],
        "resourceSpecificApplicationPermissions": [],
        "verifiedPublisher": {
            "displayName": null,
            "verifiedPublisherId": null,
            "addedDateTime": null,
        },
    })
}

/// When everything of a scenario was created.
const CREATED: &str = "2024-02-01T08:00:00Z";
