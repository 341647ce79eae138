//! Access tokens: what is in them, how long they live, and how a service checks one.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::answer::Answer;
use crate::call::Call;
use crate::cloud::Cloud;
use crate::entra::{Claims, SignIn, find_session_event};
use crate::mutant::Mutant;
use crate::rbac::{Principal, PrincipalKind};
use crate::scenario::{ServicePrincipal, User};
use crate::signature;
use crate::site::Site;
use crate::world::World;

/// Tokens count from five minutes before they are made (recorded: exp - iat is 3900 s for an id token).
const BACKDATED: Duration = Duration::from_secs(300);

/// A token names no more groups than these; with more it says only where to ask for them.
const MOST_GROUPS: usize = 200;

/// For whom and for what a token is made.
pub(crate) struct Grant<'a> {
    pub(crate) subject: Subject<'a>,
    pub(crate) tenant: &'a str,
    pub(crate) client: &'a str,
    /// The resource as it was asked for: a trailing slash stays.
    pub(crate) resource: &'a str,
    pub(crate) claims: &'a Claims,
}

/// Whom a token speaks of.
#[derive(Clone, Copy)]
pub(crate) enum Subject<'a> {
    Person(&'a User, &'a SignIn),
    Application(&'a ServicePrincipal),
}

/// An access token (v1.0 shape) and its lifetime in seconds: 60 to 90 minutes for a person, an hour
/// for an application, 24 hours for a client that declared `cp1` (recorded:
/// `entra.token__200__cae_cp1`).
pub(crate) fn make_access_token(
    world: &mut World,
    site: &Site,
    grant: &Grant<'_>,
) -> (String, u64) {
    let number = world.entra.count_access_token();
    let lifetime = match grant.subject {
        _ if grant.claims.capable => 86_399,
        Subject::Person(..) => lifetime_of(number),
        Subject::Application(_) => 3599,
    };
    let now = site.clock.now();
    let mut claims = json!({
        "aud": grant.resource,
        "iss": format!("https://sts.windows.net/{}/", grant.tenant),
        "iat": (now - BACKDATED).unix_timestamp(),
        "nbf": not_before(grant.claims, now),
        "exp": now.unix_timestamp() + i64::try_from(lifetime).unwrap_or(i64::MAX),
        "aio": signature::random_text(36),
        "appid": grant.client,
        "rh": format!("1.{}.", signature::random_text(24)),
        "tid": grant.tenant,
        "uti": signature::random_text(16),
        "ver": "1.0",
    });
    let own = match grant.subject {
        Subject::Person(user, sign_in) => claims_of_person(user, sign_in, grant, world),
        Subject::Application(principal) => claims_of_application(principal, grant),
    };
    for (name, value) in own.as_object().into_iter().flatten() {
        claims[name] = value.clone();
    }
    if grant.claims.capable {
        claims["xms_cc"] = json!(["CP1"]);
    }
    let token = signature::sign(&claims);
    site.ledger.keep_secret(&token);
    (token, lifetime)
}

/// From when on a token counts: a claims request that asks for a later moment than usual gets it, as
/// far as it has come. How Entra decides is not established; this is what such a request says.
fn not_before(claims: &Claims, now: OffsetDateTime) -> i64 {
    let usual = (now - BACKDATED).unix_timestamp();
    claims.not_before.map_or(usual, |asked| asked.min(now.unix_timestamp()).max(usual))
}

/// What only a person's token says; a guest's names the home tenant and no user principal name, a
/// personal account's says that it is one.
fn claims_of_person(user: &User, sign_in: &SignIn, grant: &Grant<'_>, world: &World) -> Value {
    let object_id = user.object_id(grant.tenant).unwrap_or_default();
    let mut claims = json!({
        "acr": "1",
        "amr": if sign_in.mfa { json!(["pwd", "mfa"]) } else { json!(["pwd"]) },
        "appidacr": "0",
        "family_name": user.family_name,
        "given_name": user.given_name,
        "idtyp": "user",
        "ipaddr": "127.0.0.1",
        "name": user.name(),
        "oid": object_id,
        "puid": short_hash(&["puid", object_id], 16),
        "scp": Cloud::delegated_scopes(grant.resource).join(" "),
        "sub": pairwise(grant.resource, object_id),
        "unique_name": user.upn,
        // The role template that everybody holds who is no guest and no administrator.
        "wids": ["b79fbf4d-3ef9-4689-8143-76b194e85509"],
    });
    let groups = &world.scenario.identities_of(object_id)[1..];
    if groups.len() <= MOST_GROUPS {
        claims["groups"] = json!(groups);
    } else {
        let endpoint = format!(
            "https://graph.windows.net/{}/users/{object_id}/getMemberObjects",
            grant.tenant
        );
        claims["_claim_names"] = json!({"groups": "src1"});
        claims["_claim_sources"] = json!({"src1": {"endpoint": endpoint}});
    }
    if user.home == grant.tenant && !user.personal {
        claims["upn"] = json!(user.upn);
    } else {
        claims["email"] = json!(user.upn);
        claims["idp"] = json!(user.identity_provider());
    }
    if user.personal {
        claims["unique_name"] = json!(format!("{}#{}", user.identity_provider(), user.upn));
    }
    if sign_in.mfa {
        claims["acrs"] = json!(earned_contexts(grant.claims));
    }
    claims
}

/// What only an application's token says.
fn claims_of_application(principal: &ServicePrincipal, grant: &Grant<'_>) -> Value {
    json!({
        "appidacr": "1",
        "idp": format!("https://sts.windows.net/{}/", grant.tenant),
        "idtyp": "app",
        "oid": principal.id,
        "sub": principal.id,
    })
}

/// `p1` stands for multi-factor authentication; other contexts are granted with it when they are
/// asked for.
fn earned_contexts(claims: &Claims) -> Vec<String> {
    let mut contexts = vec!["p1".to_owned()];
    contexts.extend(claims.contexts.iter().filter(|one| *one != "p1").cloned());
    contexts
}

/// An id token (v2.0 shape).
pub(crate) fn make_id_token(
    site: &Site,
    user: &User,
    grant: &Grant<'_>,
    nonce: Option<&str>,
) -> String {
    let issued = site.clock.now() - BACKDATED;
    let object_id = user.object_id(grant.tenant).unwrap_or_default();
    let mut claims = json!({
        "aud": grant.client,
        "iss": format!("{}/{}/v2.0", site.addresses.authority, grant.tenant),
        "iat": issued.unix_timestamp(),
        "nbf": issued.unix_timestamp(),
        "exp": issued.unix_timestamp() + 3900,
        "aio": signature::random_text(36),
        "name": user.name(),
        "oid": object_id,
        "preferred_username": user.upn,
        "puid": short_hash(&["puid", object_id], 16),
        "rh": format!("1.{}.", signature::random_text(24)),
        "sub": pairwise(grant.client, object_id),
        "tid": grant.tenant,
        "uti": signature::random_text(16),
        "ver": "2.0",
    });
    if user.home != grant.tenant || user.personal {
        claims["idp"] = json!(user.identity_provider());
    }
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
    /// From before an event in the person's session, at a service that names its own application.
    Outdated {
        event: OffsetDateTime,
        application: String,
    },
}

/// What is said of a token from before an event (quoted: `graph__401__cae_challenge`).
pub(crate) const OUTDATED: &str = "Continuous access evaluation resulted in challenge with result: InteractionRequired and code: TokenIssuedBeforeRevocationTimestamp";

/// 401 with the challenge to bring a token that counts from this event on. Graph's was quoted; those
/// of Resource Manager and of inference are taken to have its form.
pub(crate) fn challenge_outdated(
    event: OffsetDateTime,
    application: &str,
    authority: &str,
) -> Answer {
    Answer::error(StatusCode::UNAUTHORIZED, "InvalidAuthenticationToken", OUTDATED)
        .with("www-authenticate", ask_for_newer(event, application, authority))
}

/// The header of that answer.
pub(crate) fn ask_for_newer(event: OffsetDateTime, application: &str, authority: &str) -> String {
    let moment = event.unix_timestamp().to_string();
    let claims = json!({"access_token": {"nbf": {"essential": true, "value": moment}}});
    let claims = STANDARD.encode(claims.to_string());
    format!(
        "Bearer realm=\"\", authorization_uri=\"{authority}/common/oauth2/authorize\", client_id=\"{application}\", error_description=\"{OUTDATED}\", error=\"insufficient_claims\", claims=\"{claims}\""
    )
}

/// The caller behind a request's bearer token.
pub(crate) fn read_caller(
    call: &Call,
    world: &World,
    audiences: &[&str],
    now: OffsetDateTime,
) -> Result<Principal, Refusal> {
    if call.headers.get_all(http::header::AUTHORIZATION).iter().count() > 1 {
        // Joined (RFC 9110, section 5.3), two credentials are no token.
        return Err(Refusal::Invalid);
    }
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
            let event =
                find_session_event(world, &tenant, user, now).filter(|_| is_capable(&claims));
            if let Some(event) = event
                && moment("nbf")? < event.unix_timestamp()
                && !Mutant::SessionEventIgnored.is_on()
            {
                let application = Cloud::application_of(&audience).to_owned();
                return Err(Refusal::Outdated { event, application });
            }
            (PrincipalKind::User, user.upn.clone())
        }
        Some("app") => (PrincipalKind::Application, text("appid")?),
        _ => return Err(Refusal::Invalid),
    };
    let acrs = serde_json::from_value(claims["acrs"].clone()).unwrap_or_default();
    Ok(Principal { tenant, object_id, name, kind, acrs })
}

/// Whether the client declared that it can answer a challenge; nobody challenges another.
fn is_capable(claims: &Value) -> bool {
    let capabilities = claims["xms_cc"].as_array().into_iter().flatten();
    capabilities.filter_map(Value::as_str).any(|one| one.eq_ignore_ascii_case("cp1"))
}

/// `client_info`: the home account, as `{"uid":oid,"utid":home tenant}` in base64url.
pub(crate) fn client_info(user: &User) -> String {
    let home = user.home.as_str();
    signature::encode(json!({"uid": user.object_id(home), "utid": home}).to_string())
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
