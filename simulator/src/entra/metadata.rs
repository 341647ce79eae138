//! Who the authority is, where its endpoints are and which keys it signs with.

use http::StatusCode;
use serde_json::{Value, json};
use url::Url;

use super::{Ask, Authority, CONSUMERS, EntraError};
use crate::answer::Answer;
use crate::signature;

/// Hosts that Entra knows as itself, by cloud: preferred for requests, preferred for caches, and all
/// (recorded: `entra.instanceDiscovery__200`).
const CLOUDS: [(&str, &str, &[&str]); 5] = [
    (
        "login.microsoftonline.com",
        "login.windows.net",
        &[
            "login.microsoftonline.com",
            "login.windows.net",
            "login.microsoft.com",
            "sts.windows.net",
        ],
    ),
    (
        "login.partner.microsoftonline.cn",
        "login.partner.microsoftonline.cn",
        &["login.partner.microsoftonline.cn", "login.chinacloudapi.cn"],
    ),
    ("login.microsoftonline.de", "login.microsoftonline.de", &["login.microsoftonline.de"]),
    (
        "login.microsoftonline.us",
        "login.microsoftonline.us",
        &["login.microsoftonline.us", "login.usgovcloudapi.net"],
    ),
    (
        "login-us.microsoftonline.com",
        "login-us.microsoftonline.com",
        &["login-us.microsoftonline.com"],
    ),
];

/// Known, but in no list: the cloud on which Microsoft tests (recorded: `entra.discovery__200`).
const TEST_CLOUD: &str = "login.windows-ppe.net";

/// `/{tenant}/v2.0/.well-known/openid-configuration`; for `organizations` and `common` the issuer is
/// a template.
pub(super) fn describe_tenant(segment: &str, ask: &Ask<'_>) -> Answer {
    let site = ask.site;
    let world = site.world();
    let (tenant, issuer) = match Authority::of(segment, &world.scenario) {
        Ok(Authority::Tenant(id)) => (id.clone(), id),
        Ok(Authority::Home) => (segment.to_owned(), "{tenantid}".to_owned()),
        Ok(Authority::Consumers) => (segment.to_owned(), CONSUMERS.to_owned()),
        Err(error) => return error.named("invalid_tenant").into_answer(ask),
    };
    let names = world.scenario.cloud.names();
    let authority = &site.addresses.authority;
    let endpoint = |path: &str| format!("{authority}/{tenant}/{path}");
    cacheable(&json!({
        "token_endpoint": endpoint("oauth2/v2.0/token"),
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "jwks_uri": endpoint("discovery/v2.0/keys"),
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": format!("{authority}/{issuer}/v2.0"),
        "request_uri_parameter_supported": false,
        "userinfo_endpoint": format!("{}/oidc/userinfo", site.addresses.graph),
        "authorization_endpoint": endpoint("oauth2/v2.0/authorize"),
        "device_authorization_endpoint": endpoint("oauth2/v2.0/devicecode"),
        "http_logout_supported": true,
        "frontchannel_logout_supported": true,
        "end_session_endpoint": endpoint("oauth2/v2.0/logout"),
        "claims_supported": [
            "sub", "iss", "cloud_instance_name", "cloud_instance_host_name", "cloud_graph_host_name",
            "msgraph_host", "aud", "exp", "iat", "auth_time", "acr", "nonce", "preferred_username",
            "name", "tid", "ver", "at_hash", "c_hash", "email"
        ],
        "kerberos_endpoint": endpoint("kerberos"),
        "tenant_region_scope": "EU",
        "cloud_instance_name": names.instance,
        "cloud_graph_host_name": "graph.windows.net",
        "msgraph_host": names.graph,
        "rbac_url": "https://pas.windows.net",
    }))
}

/// `/{tenant}/discovery/v2.0/keys`.
pub(super) fn list_keys(segment: &str, ask: &Ask<'_>) -> Answer {
    match Authority::of(segment, &ask.site.world().scenario) {
        Ok(_) => cacheable(&signature::key_set(&format!(
            "{}/{{tenantid}}/v2.0",
            ask.site.addresses.authority
        ))),
        Err(error) => error.named("invalid_tenant").into_answer(ask),
    }
}

/// `/common/discovery/instance`: is this host an authority? Version 1.0 answers with the tenant's
/// endpoint alone (recorded: `entra.discovery__200`), 1.1 also with all clouds (recorded:
/// `entra.instanceDiscovery__200`).
pub(super) fn discover_instance(ask: &Ask<'_>) -> Answer {
    let version = ask.call.query("api-version").unwrap_or_default();
    let Some(endpoint) =
        ask.call.query("authorization_endpoint").and_then(|endpoint| Url::parse(&endpoint).ok())
    else {
        return EntraError::missing("authorization_endpoint").into_answer(ask);
    };
    let own = Url::parse(&ask.site.addresses.authority).ok();
    let is_own = own
        .as_ref()
        .is_some_and(|own| own.host() == endpoint.host() && own.port() == endpoint.port());
    let host = endpoint.host_str().unwrap_or_default();
    let known = host == TEST_CLOUD || CLOUDS.iter().any(|(_, _, aliases)| aliases.contains(&host));
    if !["1.0", "1.1"].contains(&version.as_str()) || !(is_own || known) {
        return EntraError::new("invalid_instance", 50049, "Unknown or invalid instance.")
            .into_answer(ask);
    }
    let base = if is_own {
        ask.site.addresses.authority.clone()
    } else {
        format!("https://{}", endpoint.authority())
    };
    let mut body =
        json!({"tenant_discovery_endpoint": format!("{base}{}", discovery_path(&endpoint))});
    if version == "1.1" {
        body["api-version"] = json!(version);
        body["metadata"] = Value::from(list_clouds(own.as_ref()));
    }
    cacheable(&body)
}

/// The path of the tenant's metadata, of the generation of endpoints that was named.
fn discovery_path(endpoint: &Url) -> String {
    let (tenant, rest) = endpoint.path().split_once("/oauth2").unwrap_or(("/common", ""));
    let tenant = tenant.rsplit('/').next().unwrap_or("common");
    let generation = if rest.starts_with("/v2.0") { "/v2.0" } else { "" };
    format!("/{tenant}{generation}/.well-known/openid-configuration")
}

/// All clouds, and the simulator where it has a name of its own.
fn list_clouds(own: Option<&Url>) -> Vec<Value> {
    let cloud = |network: &str, cache: &str, aliases: &[&str]| json!({"preferred_network": network, "preferred_cache": cache, "aliases": aliases});
    let stranger = own
        .map(Url::authority)
        .filter(|own| !CLOUDS.iter().any(|(_, _, aliases)| aliases.contains(own)));
    CLOUDS
        .iter()
        .map(|(network, cache, aliases)| cloud(network, cache, aliases))
        .chain(stranger.map(|host| cloud(host, host, &[host])))
        .collect()
}

fn cacheable(body: &Value) -> Answer {
    Answer::json(StatusCode::OK, body)
        .with("cache-control", "max-age=86400, private")
        .with("access-control-allow-origin", "*")
        .with("access-control-allow-methods", "GET, OPTIONS")
}
