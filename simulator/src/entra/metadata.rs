//! Who the authority is, where its endpoints are and which keys it signs with.

use http::StatusCode;
use serde_json::{Value, json};
use url::Url;

use super::{Authority, EntraError};
use crate::answer::Answer;
use crate::call::Call;
use crate::signature;
use crate::site::Site;

/// Hosts that Entra knows as itself, by cloud (recorded: `entra.instanceDiscovery__200`).
const CLOUDS: [(&str, &str, &[&str]); 3] = [
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
    (
        "login.microsoftonline.us",
        "login.microsoftonline.us",
        &["login.microsoftonline.us", "login.usgovcloudapi.net"],
    ),
];

/// `/{tenant}/v2.0/.well-known/openid-configuration`; for `organizations` and `common` the issuer is
/// a template.
pub(super) fn describe_tenant(segment: &str, call: &Call, site: &Site) -> Answer {
    let world = site.world();
    let issuer = match Authority::of(segment, &world.scenario) {
        Ok(Authority::Tenant(id)) => id,
        Ok(Authority::Home) => "{tenantid}".to_owned(),
        Err(error) => return error.into_answer(call, site),
    };
    let authority = &site.addresses.authority;
    let tenant = if issuer.starts_with('{') { segment } else { &issuer };
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
        "tenant_region_scope": "EU",
        "cloud_instance_name": "microsoftonline.com",
        "cloud_graph_host_name": "graph.windows.net",
        "msgraph_host": "graph.microsoft.com",
        "rbac_url": "https://pas.windows.net",
    }))
}

/// `/{tenant}/discovery/v2.0/keys`.
pub(super) fn list_keys(segment: &str, call: &Call, site: &Site) -> Answer {
    match Authority::of(segment, &site.world().scenario) {
        Ok(_) => cacheable(&signature::key_set(&format!(
            "{}/{{tenantid}}/v2.0",
            site.addresses.authority
        ))),
        Err(error) => error.into_answer(call, site),
    }
}

/// `/common/discovery/instance`, versions 1.0 and 1.1: is this host an authority?
pub(super) fn discover_instance(call: &Call, site: &Site) -> Answer {
    let version = call.query("api-version").unwrap_or_default();
    let Some(endpoint) =
        call.query("authorization_endpoint").and_then(|endpoint| Url::parse(&endpoint).ok())
    else {
        return EntraError::missing("authorization_endpoint").into_answer(call, site);
    };
    let own = Url::parse(&site.addresses.authority).ok();
    let same_host = |own: &Url| own.host() == endpoint.host() && own.port() == endpoint.port();
    let known = own.as_ref().is_some_and(same_host)
        || CLOUDS
            .iter()
            .any(|(_, _, aliases)| aliases.contains(&endpoint.host_str().unwrap_or_default()));
    if !["1.0", "1.1"].contains(&version.as_str()) || !known {
        let body = json!({
            "error": "invalid_instance",
            "error_description": "AADSTS50049: Unknown or invalid instance.",
            "error_codes": [50049],
        });
        return Answer::json(StatusCode::BAD_REQUEST, &body);
    }
    let tenant = endpoint
        .path()
        .split_once("/oauth2")
        .and_then(|(before, _)| before.rsplit('/').next())
        .unwrap_or("common");
    let mut metadata: Vec<Value> = CLOUDS
        .iter()
        .map(|(network, cache, aliases)| {
            json!({"preferred_network": network, "preferred_cache": cache, "aliases": aliases})
        })
        .collect();
    if let Some(host) = own.as_ref().map(|own| own.authority().to_owned()) {
        metadata
            .push(json!({"preferred_network": host, "preferred_cache": host, "aliases": [host]}));
    }
    cacheable(&json!({
        "tenant_discovery_endpoint": format!("{}/{tenant}/v2.0/.well-known/openid-configuration", site.addresses.authority),
        "api-version": version,
        "metadata": metadata,
    }))
}

fn cacheable(body: &Value) -> Answer {
    Answer::json(StatusCode::OK, body)
        .with("cache-control", "max-age=86400, private")
        .with("access-control-allow-origin", "*")
}
