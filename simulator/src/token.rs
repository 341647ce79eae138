//! Access tokens: what is in them, how long they live, and how a service checks one.

use std::time::Duration;

use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::call::Call;
use crate::mutant::Mutant;
use crate::rbac::{Principal, PrincipalKind};
use crate::scenario::User;
use crate::signature;
use crate::site::Site;
use crate::world::World;

/// Audiences of Resource Manager, as its own refusal lists them.
pub(crate) const ARM_AUDIENCES: [&str; 2] =
    ["https://management.core.windows.net", "https://management.azure.com"];
/// Audiences of inference.
pub(crate) const INFERENCE_AUDIENCES: [&str; 2] =
    ["https://cognitiveservices.azure.com", "https://ai.azure.com"];
/// Audience of Graph.
pub(crate) const GRAPH_AUDIENCE: &str = "https://graph.microsoft.com";

/// Tokens count from five minutes before they are made (recorded: exp - iat is 3900 s for an id token).
const BACKDATED: Duration = Duration::from_secs(300);

/// Whether a resource exists whose tokens can be asked for.
pub(crate) fn is_resource(resource: &str) -> bool {
    let resource = resource.trim_end_matches('/');
    resource == GRAPH_AUDIENCE
        || ARM_AUDIENCES.contains(&resource)
        || INFERENCE_AUDIENCES.contains(&resource)
}

/// For whom and for what a token is made.
pub(crate) struct Grant<'a> {
    pub(crate) user: &'a User,
    pub(crate) tenant: &'a str,
    pub(crate) client: &'a str,
    /// The resource as it was asked for: a trailing slash stays.
    pub(crate) resource: &'a str,
    /// The client said that it can answer claims challenges (`cp1`).
    pub(crate) capable: bool,
}

/// An access token and its lifetime in seconds: 60 to 90 minutes, or 24 hours for a client that
/// declared `cp1` (recorded: `entra.token__200__cae_cp1`).
pub(crate) fn make_access_token(
    world: &mut World,
    site: &Site,
    grant: &Grant<'_>,
) -> (String, u64) {
    world.access_tokens += 1;
    let lifetime = if grant.capable { 86_399 } else { lifetime_of(world.access_tokens) };
    let now = site.clock.now();
    let user = grant.user;
    let object_id = user.object_id(grant.tenant).unwrap_or_default();
    let mut claims = json!({
        "aud": grant.resource,
        "iss": format!("https://sts.windows.net/{}/", grant.tenant),
        "iat": (now - BACKDATED).unix_timestamp(),
        "nbf": (now - BACKDATED).unix_timestamp(),
        "exp": now.unix_timestamp() + i64::try_from(lifetime).unwrap_or(i64::MAX),
        "acr": "1",
        "amr": ["pwd"],
        "appid": grant.client,
        "appidacr": "0",
        "family_name": user.family_name,
        "given_name": user.given_name,
        "groups": world.scenario.identities_of(object_id)[1..],
        "idtyp": "user",
        "ipaddr": "127.0.0.1",
        "name": user.name(),
        "oid": object_id,
        "puid": short_hash(&["puid", object_id], 16),
        "rh": format!("1.{}.", signature::random_text(24)),
        "scp": "user_impersonation",
        "sub": pairwise(grant.resource, object_id),
        "tid": grant.tenant,
        "unique_name": user.upn,
        "upn": user.upn,
        "uti": signature::random_text(16),
        "ver": "1.0",
    });
    if grant.capable {
        claims["xms_cc"] = json!(["CP1"]);
    }
    let token = signature::sign(&claims);
    site.ledger.keep_secret(&token);
    (token, lifetime)
}

/// An id token (v2.0 shape).
pub(crate) fn make_id_token(site: &Site, grant: &Grant<'_>, nonce: Option<&str>) -> String {
    let issued = site.clock.now() - BACKDATED;
    let object_id = grant.user.object_id(grant.tenant).unwrap_or_default();
    let mut claims = json!({
        "aud": grant.client,
        "iss": format!("{}/{}/v2.0", site.addresses.authority, grant.tenant),
        "iat": issued.unix_timestamp(),
        "nbf": issued.unix_timestamp(),
        "exp": issued.unix_timestamp() + 3900,
        "name": grant.user.name(),
        "oid": object_id,
        "preferred_username": grant.user.upn,
        "puid": short_hash(&["puid", object_id], 16),
        "rh": format!("1.{}.", signature::random_text(24)),
        "sub": pairwise(grant.client, object_id),
        "tid": grant.tenant,
        "uti": signature::random_text(16),
        "ver": "2.0",
    });
    if let Some(nonce) = nonce {
        claims["nonce"] = json!(nonce);
    }
    let token = signature::sign(&claims);
    site.ledger.keep_secret(&token);
    token
}

/// Why a service does not take a token.
#[derive(Debug)]
pub(crate) enum Refusal {
    Missing,
    /// Not a token of this authority.
    Invalid,
    Expired(OffsetDateTime),
    WrongAudience(String),
}

/// The caller behind a request's bearer token.
pub(crate) fn read_caller(
    call: &Call,
    world: &World,
    audiences: &[&str],
    now: OffsetDateTime,
) -> Result<Principal, Refusal> {
    let token = call.bearer().ok_or(Refusal::Missing)?;
    let claims = signature::verify(token).ok_or(Refusal::Invalid)?;
    let text = |name: &str| claims[name].as_str().map(str::to_owned).ok_or(Refusal::Invalid);
    let moment = |name: &str| claims[name].as_i64().ok_or(Refusal::Invalid);
    if now.unix_timestamp() < moment("nbf")? {
        return Err(Refusal::Invalid);
    }
    if now.unix_timestamp() >= moment("exp")? && !Mutant::ExpiredToken.is_on() {
        return Err(Refusal::Expired(
            OffsetDateTime::from_unix_timestamp(moment("exp")?).map_err(|_| Refusal::Invalid)?,
        ));
    }
    let audience = text("aud")?;
    if !audiences.contains(&audience.trim_end_matches('/')) {
        return Err(Refusal::WrongAudience(audience));
    }
    let (tenant, object_id) = (text("tid")?, text("oid")?);
    let (kind, name) = match claims["idtyp"].as_str() {
        // An id token has the client's id as audience and ends above.
        Some("user") => {
            let user = world.caller(&tenant, &object_id).ok_or(Refusal::Invalid)?;
            (PrincipalKind::User, user.upn.clone())
        }
        Some("app") => (PrincipalKind::Application, text("appid")?),
        _ => return Err(Refusal::Invalid),
    };
    let acrs = serde_json::from_value(claims["acrs"].clone()).unwrap_or_default();
    Ok(Principal { tenant, object_id, name, kind, acrs })
}

/// `client_info`: the home account, as `{"uid":oid,"utid":home tenant}` in base64url.
pub(crate) fn client_info(user: &User) -> String {
    let home = user.home.as_str();
    signature::encode(json!({"uid": user.object_id(home), "utid": home}).to_string())
}

/// Whether a `claims` parameter declares `cp1`; none when it is not JSON.
pub(crate) fn declares_cp1(claims: Option<&str>) -> Option<bool> {
    let Some(claims) = claims else {
        return Some(false);
    };
    let claims: Value = serde_json::from_str(claims).ok()?;
    let values = claims["access_token"]["xms_cc"]["values"].as_array();
    Some(values.is_some_and(|values| {
        values.iter().filter_map(Value::as_str).any(|value| value.eq_ignore_ascii_case("cp1"))
    }))
}

/// Between 3600 and 5399 seconds, the same for the same number.
fn lifetime_of(number: u64) -> u64 {
    let spread = number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
    3600 + spread % 1800
}

/// The subject of a person for one party, which is another one for every other party.
fn pairwise(party: &str, object_id: &str) -> String {
    signature::s256(&format!("{party}|{object_id}"))
}

fn short_hash(parts: &[&str], length: usize) -> String {
    let mut text = signature::s256(&parts.join("|")).to_uppercase();
    text.retain(|letter| letter.is_ascii_alphanumeric());
    text.truncate(length);
    text
}
