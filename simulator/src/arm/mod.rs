//! Azure Resource Manager.

mod accounts;
mod assignments;
mod definitions;
mod domains;
mod identities;
mod metadata;
mod page;
mod place;
mod providers;
mod regions;
mod resource_graph;
mod subscriptions;
mod version;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{Method, StatusCode};
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::answer::Answer;
use crate::call::Call;
use crate::clock::{arm_time, compact_time, http_date};
use crate::cloud::Names;
use crate::condition::Target;
use crate::deny::DenyAssignment;
use crate::mutant::Mutant;
use crate::rbac::{Decision, Principal, PrincipalKind, Rights};
use crate::site::Site;
use crate::token::{Refusal, challenge_outdated, read_caller};
use crate::world::World;

#[doc(hidden)]
pub use assignments::spell_filter;
use place::Place;
pub(crate) use place::ScopePath;
pub(crate) use place::account_id;
pub(crate) use place::identity_id;
pub(crate) use regions::display_name;

/// What is asked of Resource Manager.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// The cloud's endpoints, which need no token.
    Metadata,
    Tenants,
    Subscriptions,
    Subscription(ScopePath),
    ResourceGroups(ScopePath),
    ResourceGroup(ScopePath),
    /// `HEAD`: whether the group exists.
    CheckResourceGroup(ScopePath),
    Locations(ScopePath),
    /// A resource provider of a subscription, by namespace.
    Provider(ScopePath, String),
    RegisterProvider(ScopePath, String),
    /// The accounts of a subscription or of a resource group.
    Accounts(ScopePath),
    Account(ScopePath),
    UpdateAccount(ScopePath),
    /// Whether a custom subdomain is free.
    CheckDomain(ScopePath),
    /// What became of a change, by region and id.
    OperationResult(ScopePath, String, String),
    Deployments(ScopePath),
    Deployment(ScopePath, String),
    /// The models that an account can deploy.
    Models(ScopePath),
    /// The user-assigned identities of a subscription or of a resource group.
    Identities(ScopePath),
    Identity(ScopePath),
    CreateIdentity(ScopePath),
    DeleteIdentity(ScopePath),
    /// A query of Resource Graph.
    Query,
    Permissions(ScopePath),
    DenyAssignments(ScopePath),
    RoleDefinitions(ScopePath),
    RoleDefinition(ScopePath, String),
    RoleAssignments(ScopePath),
    ReadRoleAssignment(ScopePath, String),
    CreateRoleAssignment(ScopePath, String),
    DeleteRoleAssignment(ScopePath, String),
}

impl Route {
    pub(crate) fn of(call: &Call) -> Option<Self> {
        let segments = call.segments();
        let (scope, rest) = ScopePath::split(&segments);
        let lower: Vec<String> = rest.iter().map(|segment| segment.to_lowercase()).collect();
        let lower: Vec<&str> = lower.iter().map(String::as_str).collect();
        let last = || rest.last().cloned().unwrap_or_default();
        let authorization = |kind: &str| lower == ["providers", "microsoft.authorization", kind];
        let one_of = |kind: &str| {
            lower.len() == 4 && lower[..3] == ["providers", "microsoft.authorization", kind]
        };
        let write = call.method == Method::PUT;
        let delete = call.method == Method::DELETE;
        match (&scope, lower.as_slice()) {
            _ if write && one_of("roleassignments") => {
                return Some(Self::CreateRoleAssignment(scope, last()));
            }
            _ if delete && one_of("roleassignments") => {
                return Some(Self::DeleteRoleAssignment(scope, last()));
            }
            (ScopePath::Account(..), []) if call.method == Method::PATCH => {
                return Some(Self::UpdateAccount(scope));
            }
            (
                ScopePath::Subscription(_),
                ["providers", "microsoft.cognitiveservices", "checkdomainavailability"],
            ) if call.method == Method::POST => return Some(Self::CheckDomain(scope)),
            (ScopePath::Identity(..), []) if write => return Some(Self::CreateIdentity(scope)),
            (ScopePath::Identity(..), []) if delete => return Some(Self::DeleteIdentity(scope)),
            (ScopePath::Subscription(_), ["providers", _, "register"])
                if call.method == Method::POST =>
            {
                return Some(Self::RegisterProvider(scope, rest[1].clone()));
            }
            (ScopePath::Root, ["providers", "microsoft.resourcegraph", "resources"])
                if call.method == Method::POST =>
            {
                return Some(Self::Query);
            }
            (ScopePath::Group(..), []) if call.method == Method::HEAD => {
                return Some(Self::CheckResourceGroup(scope));
            }
            _ if call.method != Method::GET => return None,
            _ => {}
        }
        match (&scope, lower.as_slice()) {
            (ScopePath::Root, ["metadata", "endpoints"]) => Some(Self::Metadata),
            (ScopePath::Root, ["tenants"]) => Some(Self::Tenants),
            (ScopePath::Root, ["subscriptions"]) => Some(Self::Subscriptions),
            (ScopePath::Subscription(_), []) => Some(Self::Subscription(scope)),
            (ScopePath::Subscription(_), ["locations"]) => Some(Self::Locations(scope)),
            (ScopePath::Subscription(_), ["providers", _]) => Some(Self::Provider(scope, last())),
            (ScopePath::Subscription(_), ["resourcegroups"]) => Some(Self::ResourceGroups(scope)),
            (ScopePath::Group(..), []) => Some(Self::ResourceGroup(scope)),
            (ScopePath::Account(..), []) => Some(Self::Account(scope)),
            (ScopePath::Identity(..), []) => Some(Self::Identity(scope)),
            (
                ScopePath::Subscription(_),
                ["providers", "microsoft.cognitiveservices", "locations", _, "operationresults", _],
            ) => Some(Self::OperationResult(scope, rest[3].clone(), last())),
            (ScopePath::Account(..), ["deployments"]) => Some(Self::Deployments(scope)),
            (ScopePath::Account(..), ["deployments", _]) => Some(Self::Deployment(scope, last())),
            (ScopePath::Account(..), ["models"]) => Some(Self::Models(scope)),
            (
                ScopePath::Subscription(_) | ScopePath::Group(..),
                ["providers", "microsoft.cognitiveservices", "accounts"],
            ) => Some(Self::Accounts(scope)),
            (
                ScopePath::Subscription(_) | ScopePath::Group(..),
                ["providers", "microsoft.managedidentity", "userassignedidentities"],
            ) => Some(Self::Identities(scope)),
            (
                ScopePath::Group(..)
                | ScopePath::Account(..)
                | ScopePath::Identity(..)
                | ScopePath::Resource(..),
                _,
            ) if authorization("permissions") => Some(Self::Permissions(scope)),
            _ if authorization("denyassignments") => Some(Self::DenyAssignments(scope)),
            _ if authorization("roledefinitions") => Some(Self::RoleDefinitions(scope)),
            _ if one_of("roledefinitions") => Some(Self::RoleDefinition(scope, last())),
            _ if authorization("roleassignments") => Some(Self::RoleAssignments(scope)),
            _ if one_of("roleassignments") => Some(Self::ReadRoleAssignment(scope, last())),
            _ => None,
        }
    }

    pub(crate) fn operation(&self) -> &'static str {
        match self {
            Self::Metadata => "metadata.get",
            Self::Tenants => "tenants.list",
            Self::Subscriptions => "subscriptions.list",
            Self::Subscription(_) => "subscriptions.get",
            Self::ResourceGroups(_) => "resourceGroups.list",
            Self::ResourceGroup(_) => "resourceGroups.get",
            Self::CheckResourceGroup(_) => "resourceGroups.check",
            Self::Locations(_) => "locations.list",
            Self::Provider(..) => "providers.get",
            Self::RegisterProvider(..) => "providers.register",
            Self::Accounts(_) => "accounts.list",
            Self::Account(_) => "accounts.get",
            Self::UpdateAccount(_) => "accounts.update",
            Self::CheckDomain(_) => "domains.check",
            Self::OperationResult(..) => "operationResults.get",
            Self::Deployments(_) => "deployments.list",
            Self::Deployment(..) => "deployments.get",
            Self::Models(_) => "accounts.listModels",
            Self::Identities(_) => "identities.list",
            Self::Identity(_) => "identities.get",
            Self::CreateIdentity(_) => "identities.create",
            Self::DeleteIdentity(_) => "identities.delete",
            Self::Query => "resourceGraph.query",
            Self::Permissions(_) => "permissions.list",
            Self::DenyAssignments(_) => "denyAssignments.list",
            Self::RoleDefinitions(_) => "roleDefinitions.list",
            Self::RoleDefinition(..) => "roleDefinitions.get",
            Self::RoleAssignments(_) => "roleAssignments.list",
            Self::ReadRoleAssignment(..) => "roleAssignments.get",
            Self::CreateRoleAssignment(..) => "roleAssignments.create",
            Self::DeleteRoleAssignment(..) => "roleAssignments.delete",
        }
    }

    /// The action that reading this needs; none where nothing is read at a scope.
    fn reads(&self) -> Option<&'static str> {
        match self {
            Self::ResourceGroup(_) | Self::CheckResourceGroup(_) => {
                Some("Microsoft.Resources/subscriptions/resourceGroups/read")
            }
            Self::Accounts(_) | Self::Account(_) => Some(accounts::READ),
            Self::Deployments(_) | Self::Deployment(..) => Some(accounts::READ_DEPLOYMENT),
            Self::Models(_) => Some(accounts::READ_MODELS),
            Self::Identities(_) | Self::Identity(_) => Some(identities::READ),
            Self::RoleDefinitions(_) | Self::RoleDefinition(..) => Some(definitions::READ),
            Self::RoleAssignments(_) | Self::ReadRoleAssignment(..) => Some(assignments::READ),
            _ => None,
        }
    }

    fn scope(&self) -> Option<&ScopePath> {
        match self {
            Self::Metadata | Self::Tenants | Self::Subscriptions | Self::Query => None,
            Self::Subscription(scope)
            | Self::CheckResourceGroup(scope)
            | Self::Locations(scope)
            | Self::Provider(scope, _)
            | Self::RegisterProvider(scope, _)
            | Self::Models(scope)
            | Self::Identities(scope)
            | Self::Identity(scope)
            | Self::CreateIdentity(scope)
            | Self::DeleteIdentity(scope)
            | Self::ResourceGroups(scope)
            | Self::ResourceGroup(scope)
            | Self::Accounts(scope)
            | Self::Account(scope)
            | Self::UpdateAccount(scope)
            | Self::CheckDomain(scope)
            | Self::OperationResult(scope, ..)
            | Self::Deployments(scope)
            | Self::Deployment(scope, _)
            | Self::Permissions(scope)
            | Self::DenyAssignments(scope)
            | Self::RoleDefinitions(scope)
            | Self::RoleDefinition(scope, _)
            | Self::RoleAssignments(scope)
            | Self::ReadRoleAssignment(scope, _)
            | Self::CreateRoleAssignment(scope, _)
            | Self::DeleteRoleAssignment(scope, _) => Some(scope),
        }
    }
}

/// A request of a known caller, and everything that is needed to answer it.
struct Ask<'a> {
    call: &'a Call,
    site: &'a Site,
    who: Principal,
    now: OffsetDateTime,
}

pub(crate) fn answer(route: Option<&Route>, call: &Call, site: &Site) -> Answer {
    let now = site.clock.now();
    if route == Some(&Route::Metadata) {
        let answer = version::check(&Route::Metadata, call).map_or_else(
            |refusal| refusal,
            |()| metadata::read(&call.query("api-version").unwrap_or_default(), site),
        );
        return with_standard_headers(answer, call, now);
    }
    let mut world = site.world();
    let names = world.scenario.cloud.names();
    let also = Mutant::InferenceTokenByArm.adds(names.inference_audiences);
    let answer = match read_caller(call, &world, &[names.arm_audiences, also].concat(), now) {
        Err(refusal) => refuse_token(&refusal, names, site, now),
        Ok(who) => {
            let caller = (who.name.clone(), who.tenant.clone());
            let ask = Ask { call, site, who, now };
            let mut answer = match route {
                None => unknown_route(call),
                Some(route) => {
                    answer_known(route, &ask, &mut world).unwrap_or_else(|refusal| refusal)
                }
            };
            answer.caller = Some(caller);
            answer
        }
    };
    with_standard_headers(answer, call, now)
}

/// `Err` is a refusal, `Ok` is an answer; both are sent.
fn answer_known(route: &Route, ask: &Ask<'_>, world: &mut World) -> Result<Answer, Answer> {
    version::check(route, ask.call)?;
    check_media_type(ask.call)?;
    match route {
        Route::Tenants => return Ok(subscriptions::list_tenants(ask, world)),
        Route::Subscriptions => return subscriptions::list(ask, world),
        Route::Query => return resource_graph::query(ask, world),
        _ => {}
    }
    let path = route.scope().cloned().unwrap_or(ScopePath::Root);
    check_tenant(&path, ask, world)?;
    // A question in a body changes nothing.
    if !matches!(route, Route::CheckDomain(_)) {
        check_factors(ask, world)?;
    }
    match route {
        Route::CreateRoleAssignment(_, name) => {
            return assignments::create(&path, name, ask, world);
        }
        Route::DeleteRoleAssignment(_, name) => {
            return assignments::delete(&path, name, ask, world);
        }
        Route::UpdateAccount(_) => return domains::update(&path, ask, world),
        Route::OperationResult(_, location, id) => {
            return domains::read_operation(&path, (location, id), ask, world);
        }
        Route::CreateIdentity(_) => return identities::create(&path, ask, world),
        Route::DeleteIdentity(_) => return identities::delete(&path, ask, world),
        Route::RegisterProvider(_, namespace) => {
            let subscription = path.subscription().unwrap_or_default();
            return providers::register(subscription, namespace, ask, world);
        }
        _ => {}
    }
    let place = ask.find(&path, route.reads(), world)?;
    match route {
        Route::Subscription(_) => subscriptions::read(&place, ask, world),
        Route::ResourceGroups(_) => subscriptions::list_resource_groups(&place, ask, world),
        Route::ResourceGroup(_) => subscriptions::read_resource_group(&place, ask, world),
        Route::CheckResourceGroup(_) => subscriptions::check_resource_group(&place, ask, world),
        Route::Locations(_) => regions::list(&place, ask, world),
        Route::Provider(_, namespace) => providers::read(&place, namespace, ask, world),
        Route::CheckDomain(_) => domains::check(&place, ask, world),
        Route::Accounts(_) => accounts::list(&place, ask, world),
        Route::Account(_) => accounts::read(&place, ask, world),
        Route::Deployments(_) => accounts::list_deployments(&place, ask, world),
        Route::Deployment(_, name) => accounts::read_deployment(&place, name, ask, world),
        Route::Models(_) => accounts::list_models(&place, ask, world),
        Route::Identities(_) => identities::list(&place, ask, world),
        Route::Identity(_) => identities::read(&place, ask, world),
        Route::Permissions(_) => definitions::list_permissions(&place, ask, world),
        Route::DenyAssignments(_) => definitions::list_deny_assignments(&place, ask, world),
        Route::RoleDefinitions(_) => definitions::list(&place, ask, world),
        Route::RoleDefinition(_, id) => definitions::read(&place, id, ask, world),
        Route::RoleAssignments(_) => assignments::list(&place, ask, world),
        Route::ReadRoleAssignment(_, name) => assignments::read(&place, name, ask, world),
        Route::Metadata
        | Route::Query
        | Route::Tenants
        | Route::Subscriptions
        | Route::UpdateAccount(_)
        | Route::OperationResult(..)
        | Route::CreateIdentity(_)
        | Route::DeleteIdentity(_)
        | Route::RegisterProvider(..)
        | Route::CreateRoleAssignment(..)
        | Route::DeleteRoleAssignment(..) => Err(unknown_route(ask.call)),
    }
}

impl Ask<'_> {
    /// Whether the request's version is this one or newer: shapes grew over the years.
    fn is_since(&self, version: &str) -> bool {
        self.call.query("api-version").is_some_and(|own| own.as_str() >= version)
    }

    /// What a path names. To somebody who may not do `action` there, Resource Manager does not tell
    /// what is missing: what does not exist is refused like what does.
    fn find<'w>(
        &self,
        path: &ScopePath,
        action: Option<&str>,
        world: &'w World,
    ) -> Result<Place<'w>, Answer> {
        Place::find(path, world).map_err(|missing| {
            let known = path.subscription().and_then(|id| world.scenario.subscription(id));
            let hidden = action.filter(|action| {
                known.is_some() && !Rights::of(world, &self.who).allow(&path.id(), action)
            });
            hidden.map_or(missing, |action| self.forbid(action, &path.id()))
        })
    }

    /// Refuses unless the caller may do `action` at `scope`.
    fn require(&self, world: &World, scope: &str, action: &str) -> Result<(), Answer> {
        self.require_for(world, scope, scope, action, &Target::default())
    }

    /// Refuses unless the caller may do `action`, decided at `scope`, to `target`; the refusal names
    /// `item`, which may lie below.
    fn require_for(
        &self,
        world: &World,
        scope: &str,
        item: &str,
        action: &str,
        target: &Target,
    ) -> Result<(), Answer> {
        match Rights::of(world, &self.who).decide(scope, action, target) {
            Decision::Allowed => Ok(()),
            Decision::Missing => Err(self.forbid(action, item)),
            Decision::Unfulfilled => Err(self.forbid_conditioned(action, item)),
            Decision::Denied(denial) => Err(self.forbid_denied(action, item, denial)),
        }
    }

    /// 403 `AuthorizationFailed`, in the wording of 2023 and later.
    fn forbid(&self, action: &str, scope: &str) -> Answer {
        self.fail_authorization("does not have authorization", action, scope)
    }

    /// The same where a role would do, but for its condition.
    fn forbid_conditioned(&self, action: &str, scope: &str) -> Answer {
        let what = "does not have authorization or an ABAC condition not fulfilled";
        self.fail_authorization(what, action, scope)
    }

    fn fail_authorization(&self, what: &str, action: &str, scope: &str) -> Answer {
        failed_by_gateway(Answer::error(
            StatusCode::FORBIDDEN,
            "AuthorizationFailed",
            format!(
                "The client '{}' with object id '{}' {what} to perform action '{action}' over scope '{scope}' or the scope is invalid. If access was recently granted, please refresh your credentials.",
                self.who.name, self.who.object_id
            ),
        ))
    }

    /// 403 where a role allows what a deny assignment forbids.
    fn forbid_denied(&self, action: &str, scope: &str, denial: &DenyAssignment) -> Answer {
        failed_by_gateway(Answer::error(
            StatusCode::FORBIDDEN,
            "DenyAssignmentAuthorizationFailed",
            format!(
                "The client '{}' with object id '{}' has permission to perform action '{action}' on scope '{scope}'; however, the access is denied because of the deny assignment with name '{}' and Id '{}' at scope '{}'.",
                self.who.name,
                self.who.object_id,
                denial.name,
                denial.id.replace('-', ""),
                denial.scope
            ),
        ))
    }
}

/// A subscription answers only to tokens of its own tenant.
fn check_tenant(path: &ScopePath, ask: &Ask<'_>, world: &World) -> Result<(), Answer> {
    let Some(subscription) = path.subscription().and_then(|id| world.scenario.subscription(id))
    else {
        return Ok(());
    };
    if subscription.tenant == ask.who.tenant || Mutant::TokenOfAnotherTenant.is_on() {
        return Ok(());
    }
    let (own, theirs) = (&subscription.tenant, &ask.who.tenant);
    let message = format!(
        "The access token is from the wrong issuer 'https://sts.windows.net/{theirs}/'. It must match the tenant 'https://sts.windows.net/{own}/' associated with this subscription. Please use the authority (URL) 'https://login.windows.net/{own}' to get the token. Note, if the subscription is transferred to another tenant there is no impact to the services, but information about new tenant could take time to propagate (up to an hour). If you just transferred your subscription and see this error message, please try back later."
    );
    Err(challenge(
        &format!("{}/{own}", ask.site.addresses.authority),
        "InvalidAuthenticationTokenTenant",
        &message,
    ))
}

/// Where the tenant demands it, a person changes things only with a token that says `p1`: more than
/// one factor. Reads and applications are exempt (quoted: `arm.PUT__401__mfa_claims_challenge`).
fn check_factors(ask: &Ask<'_>, world: &World) -> Result<(), Answer> {
    let demanded =
        world.scenario.tenant(&ask.who.tenant).is_some_and(|one| one.policies.mfa_for_writes);
    let exempt = ask.who.kind == PrincipalKind::Application
        || [Method::GET, Method::HEAD].contains(&ask.call.method)
        || ask.who.acrs.iter().any(|context| context == "p1");
    if exempt || !demanded || Mutant::NoClaimsChallenge.is_on() {
        return Ok(());
    }
    let claims = STANDARD.encode(
        json!({"access_token": {"acrs": {"essential": true, "values": ["p1"]}}}).to_string(),
    );
    let target = ask.call.segments().pop().unwrap_or_default();
    let message = format!(
        "Resource '{target}' was disallowed by policy. See error details for policy resource IDs."
    );
    let body = json!({"error": {
        "code": "RequestDisallowedByPolicy",
        "target": target,
        "message": message,
    }});
    let authorize = format!("{}/common/oauth2/authorize", ask.site.addresses.authority);
    Err(failed_by_gateway(Answer::json(StatusCode::UNAUTHORIZED, &body)).with(
        "www-authenticate",
        format!(
            "Bearer realm=\"\", authorization_uri=\"{authorize}\", error=\"insufficient_claims\", claims=\"{claims}\""
        ),
    ))
}

/// What is sent to Resource Manager is JSON, and says so.
fn check_media_type(call: &Call) -> Result<(), Answer> {
    let told = call.header(http::header::CONTENT_TYPE.as_str());
    let kind = told.and_then(|value| value.split(';').next()).map_or("<null>", str::trim);
    let is_json =
        ["application/json", "text/json"].iter().any(|one| kind.eq_ignore_ascii_case(one));
    if call.body.is_empty() || is_json {
        return Ok(());
    }
    Err(failed_by_gateway(Answer::error(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "UnsupportedMediaType",
        format!(
            "The content media type '{kind}' is not supported. Only 'application/json' is supported."
        ),
    )))
}

fn refuse_token(refusal: &Refusal, names: &Names, site: &Site, now: OffsetDateTime) -> Answer {
    let allowed = names.arm_audiences.iter().map(|one| format!("'{one}/','{one}'"));
    let authority = format!("{}/", site.addresses.authority);
    match refusal {
        Refusal::Missing => challenge(
            &authority,
            "AuthenticationFailed",
            "Authentication failed. The 'Authorization' header is missing.",
        ),
        Refusal::Invalid => {
            challenge(&authority, "InvalidAuthenticationToken", "The access token is invalid.")
        }
        Refusal::Expired(at) => challenge(
            &authority,
            "ExpiredAuthenticationToken",
            &format!(
                "The access token expiry UTC time '{}' is earlier than current UTC time '{}'.",
                arm_time(*at),
                arm_time(now)
            ),
        ),
        Refusal::WrongAudience(audience) => challenge(
            &authority,
            "InvalidAuthenticationTokenAudience",
            &format!(
                "The access token has been obtained for wrong audience or resource '{audience}'. It should exactly match with one of the allowed audiences {}.",
                allowed.collect::<Vec<_>>().join(",")
            ),
        ),
        Refusal::Outdated { event, application } => {
            let authority = &site.addresses.authority;
            failed_by_gateway(challenge_outdated(*event, application, authority))
        }
    }
}

/// 401 with the header that the recording shows (`arm.other__401__InvalidAuthenticationToken`).
fn challenge(authority: &str, code: &str, message: &str) -> Answer {
    failed_by_gateway(Answer::error(StatusCode::UNAUTHORIZED, code, message)).with(
        "www-authenticate",
        format!("Bearer authorization_uri=\"{authority}\", error=\"invalid_token\", error_description=\"{message}\""),
    )
}

fn unknown_route(call: &Call) -> Answer {
    failed_by_gateway(Answer::error(
        StatusCode::NOT_FOUND,
        "InvalidResourceType",
        format!("The resource type could not be found for '{} {}'.", call.method, call.path),
    ))
}

/// Marks an answer that Resource Manager itself gave, not the resource's provider.
fn failed_by_gateway(answer: Answer) -> Answer {
    answer.with("x-ms-failure-cause", "gateway")
}

fn with_standard_headers(answer: Answer, call: &Call, now: OffsetDateTime) -> Answer {
    let id = Uuid::new_v4();
    let own = answer.header("x-ms-correlation-request-id");
    let correlation = call
        .header("x-ms-correlation-request-id")
        .or(own)
        .map_or_else(|| id.to_string(), str::to_owned);
    let mut answer = answer
        .with("cache-control", "no-cache")
        .with("pragma", "no-cache")
        .with("expires", "-1")
        .with("date", http_date(now))
        .with("x-content-type-options", "nosniff")
        .with("strict-transport-security", "max-age=31536000; includeSubDomains")
        .with("x-cache", "CONFIG_NOCACHE")
        .with("x-ms-request-id", id.to_string())
        .with("x-ms-correlation-request-id", correlation)
        .with("x-ms-routing-request-id", format!("SWEDENCENTRAL:{}:{id}", compact_time(now)));
    for (name, left) in rate_headers(call) {
        answer = answer.with(name, left);
    }
    match call.header("x-ms-client-request-id") {
        Some(own) if call.header("x-ms-return-client-request-id") == Some("true") => {
            answer.with("x-ms-client-request-id", own)
        }
        _ => answer,
    }
}

/// The token buckets that a request draws from, as they stand after a single request (recorded in
/// 2026: 250 reads, 200 writes, 200 deletes a subscription, fifteen times that for all callers).
fn rate_headers(call: &Call) -> &'static [(&'static str, &'static str)] {
    let of_tenant = !call.path.to_lowercase().starts_with("/subscriptions/");
    match call.method {
        // Resource Graph's queries are reads.
        Method::POST if of_tenant => &[("x-ms-ratelimit-remaining-tenant-reads", "249")],
        Method::PUT | Method::PATCH if of_tenant => {
            &[("x-ms-ratelimit-remaining-tenant-writes", "199")]
        }
        Method::PUT | Method::POST | Method::PATCH => &[
            ("x-ms-ratelimit-remaining-subscription-writes", "199"),
            ("x-ms-ratelimit-remaining-subscription-global-writes", "2999"),
        ],
        Method::DELETE => &[
            ("x-ms-ratelimit-remaining-subscription-deletes", "199"),
            ("x-ms-ratelimit-remaining-subscription-global-deletes", "2999"),
        ],
        _ if of_tenant => &[("x-ms-ratelimit-remaining-tenant-reads", "249")],
        _ => &[
            ("x-ms-ratelimit-remaining-subscription-reads", "249"),
            ("x-ms-ratelimit-remaining-subscription-global-reads", "3749"),
        ],
    }
}
