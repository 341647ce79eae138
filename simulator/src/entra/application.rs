//! Applications that sign in by themselves, with a client secret (RFC 6749, section 4.4).

use serde_json::json;

use super::error::EntraError;
use super::redeem::hand_out;
use super::scope::Scope;
use super::{Ask, Authority, Claims, find_unmet_demand};
use crate::answer::Answer;
use crate::cloud::Cloud;
use crate::policy::{Case, Flow, Merits};
use crate::scenario::{Application, ServicePrincipal, Tenant};
use crate::token::{Grant, Subject, make_access_token};
use crate::world::World;

/// The answer to `grant_type=client_credentials` (recorded: `entra.token__200__cae_cp1`).
///
/// # Errors
/// AADSTS50059 without a tenant, AADSTS700016 where the tenant does not know the application,
/// AADSTS7000218 and AADSTS7000215 for a secret that is missing or wrong, AADSTS1002012 for a scope
/// other than a resource's `.default`.
pub(super) fn sign_in(
    authority: &Authority,
    client: &str,
    claims: &Claims,
    ask: &Ask<'_>,
    world: &mut World,
) -> Result<Answer, EntraError> {
    let tenant = find_tenant(authority, world)?;
    let principal = world
        .service_principals
        .iter()
        .find(|one| one.tenant == tenant.id && one.app_id.eq_ignore_ascii_case(client))
        .cloned();
    let principal = match principal {
        Some(principal) => principal,
        None if world.scenario.application(client).is_some() => return Err(EntraError::no_secret()),
        None => return Err(EntraError::unknown_client(client, &tenant.name)),
    };
    check_secret(&principal, ask)?;
    let scope = find_resource(&tenant, world.scenario.cloud, ask)?;
    check_demands(&principal, &tenant, &scope, ask, world)?;
    let grant = Grant {
        subject: Subject::Application(&principal),
        tenant: &tenant.id,
        client: &principal.app_id,
        resource: &scope.resource,
        claims,
    };
    let (access_token, lifetime) = make_access_token(world, ask.site, &grant);
    let mut body = json!({
        "token_type": "Bearer",
        "expires_in": lifetime,
        "ext_expires_in": lifetime,
        "access_token": access_token,
    });
    if claims.capable {
        body["refresh_in"] = json!(lifetime / 2);
    }
    let mut answer = hand_out(&body);
    answer.caller = Some((principal.app_id, tenant.id));
    Ok(answer)
}

fn find_tenant(authority: &Authority, world: &World) -> Result<Tenant, EntraError> {
    let tenant = match authority {
        Authority::Tenant(id) => world.scenario.tenant(id).cloned(),
        Authority::Home | Authority::Consumers => None,
    };
    tenant.ok_or_else(|| {
        EntraError::new(
            "invalid_request",
            50059,
            "No tenant-identifying information found in either the request or implied by any provided credentials.",
        )
    })
}

fn check_secret(principal: &ServicePrincipal, ask: &Ask<'_>) -> Result<(), EntraError> {
    let by_header = ask.client_credentials().map(|(_, secret)| secret);
    let secret = by_header
        .or_else(|| ask.call.field("client_secret"))
        .filter(|one| !one.is_empty())
        .ok_or_else(EntraError::no_secret)?;
    if !principal.secrets.contains(&secret) {
        return Err(EntraError::new(
            "invalid_client",
            7_000_215,
            format!(
                "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '{}'.",
                principal.app_id
            ),
        ));
    }
    Ok(())
}

fn find_resource(tenant: &Tenant, cloud: Cloud, ask: &Ask<'_>) -> Result<Scope, EntraError> {
    let asked = ask.needed("scope")?;
    let scope = Scope::parse(&asked, &tenant.name, cloud)?;
    if scope.asked.len() != 1 || !scope.asked[0].ends_with("/.default") {
        return Err(EntraError::new(
            "invalid_scope",
            1_002_012,
            format!(
                "The provided value for scope {asked} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI)."
            ),
        ));
    }
    Ok(scope)
}

/// Policies that block applications, or the application, count here too.
fn check_demands(
    principal: &ServicePrincipal,
    tenant: &Tenant,
    scope: &Scope,
    ask: &Ask<'_>,
    world: &World,
) -> Result<(), EntraError> {
    let case = Case {
        user: None,
        client: &principal.app_id,
        resource: &scope.resource,
        flow: Flow::ClientCredentials,
    };
    let now = ask.now();
    let merits = Merits { signed_in: now, mfa: false, enrolled: false, consented: false };
    let Some(demand) = find_unmet_demand(world, tenant, &case, &merits, now) else {
        return Ok(());
    };
    let application = Application {
        id: principal.app_id.clone(),
        name: principal.name.clone(),
        redirects: Vec::new(),
        family: false,
        resources: None,
        public_flows: false,
    };
    Err(EntraError::of_demand(
        demand,
        tenant,
        &application,
        &scope.resource,
        now,
        world.entra.began,
    ))
}
