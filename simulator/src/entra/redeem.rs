//! The token endpoint: a code or a refresh token for tokens.
//!
//! Device codes and client secrets are further arms of [`redeem`].

use std::time::Duration;

use http::StatusCode;
use serde_json::json;

use super::scope::Scope;
use super::{Authority, EntraError};
use crate::answer::Answer;
use crate::call::Call;
use crate::mutant::Mutant;
use crate::scenario::{Application, User};
use crate::signature;
use crate::site::Site;
use crate::token::{Grant, client_info, declares_cp1, make_access_token, make_id_token};
use crate::world::{RefreshToken, World};

/// A code lives ten minutes.
const CODE_LIFETIME: Duration = Duration::from_secs(600);
/// A refresh token that is not used for ninety days dies.
const REFRESH_LIFETIME: Duration = Duration::from_secs(90 * 24 * 3600);

/// `POST /{tenant}/oauth2/v2.0/token`.
pub(super) fn answer_token_request(segment: &str, call: &Call, site: &Site) -> Answer {
    let mut world = site.world();
    match redeem(segment, call, &mut world, site) {
        Ok(answer) => answer,
        Err(error) => error.into_answer(call, site),
    }
}

/// What a grant is good for.
struct Redeemed {
    user: User,
    tenant: String,
    scope: Scope,
    nonce: Option<String>,
    /// Whether the answer holds a refresh token.
    lasting: bool,
}

fn redeem(
    segment: &str,
    call: &Call,
    world: &mut World,
    site: &Site,
) -> Result<Answer, EntraError> {
    if !call.is_form() {
        return Err(EntraError::new(
            "invalid_request",
            900_144,
            "The request body must be of type 'application/x-www-form-urlencoded'.",
        ));
    }
    let authority = Authority::of(segment, &world.scenario)?;
    let client = needed(call, "client_id")?;
    let application = world
        .scenario
        .application(&client)
        .cloned()
        .ok_or_else(|| EntraError::unknown_client(&client, segment))?;
    let capable = declares_cp1(call.field("claims").as_deref()).ok_or_else(|| {
        EntraError::new("invalid_request", 90_015, "The claims parameter is not valid JSON.")
    })?;
    let redeemed = match needed(call, "grant_type")?.as_str() {
        "authorization_code" => redeem_code(segment, &authority, &application, call, world, site)?,
        "refresh_token" => {
            redeem_refresh_token(segment, &authority, &application, call, world, site)?
        }
        other => {
            return Err(EntraError::new(
                "unsupported_grant_type",
                70003,
                format!("The app requested an unsupported grant type '{other}'."),
            ));
        }
    };
    Ok(issue(&redeemed, &application, capable, call, world, site))
}

fn redeem_code(
    segment: &str,
    authority: &Authority,
    application: &Application,
    call: &Call,
    world: &mut World,
    site: &Site,
) -> Result<Redeemed, EntraError> {
    let code = needed(call, "code")?;
    let redirect = needed(call, "redirect_uri")?;
    let verifier = needed(call, "code_verifier")?;
    let invalid = |number, text: &str| Err(EntraError::new("invalid_grant", number, text));
    let Some(known) = world.codes.get_mut(&code) else {
        return invalid(70000, "Provided grant is invalid or malformed.");
    };
    if known.redeemed && !Mutant::CodeUsableTwice.is_on() {
        return invalid(
            54005,
            "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing refresh token.",
        );
    }
    if known.client != application.id {
        return invalid(70000, "Provided grant was issued to another client.");
    }
    if known.redirect != redirect {
        return invalid(
            500_112,
            "The reply address does not match the reply address provided when requesting Authorization code.",
        );
    }
    if site.clock.now() >= known.issued + CODE_LIFETIME {
        return invalid(
            70008,
            "The provided authorization code or refresh token has expired due to inactivity. Send a new interactive authorization request for this user and resource.",
        );
    }
    if matches!(authority, Authority::Tenant(id) if *id != known.tenant) {
        return invalid(
            700_005,
            "Provided Authorization Code is intended to use against other tenant, thus rejected.",
        );
    }
    let proven = is_verifier(&verifier) && signature::s256(&verifier) == known.challenge;
    if !proven && !Mutant::VerifierNotCompared.is_on() {
        return invalid(
            501_481,
            "The Code_Verifier does not match the code_challenge supplied in the authorization request.",
        );
    }
    let scope = Scope::parse(&needed(call, "scope")?, segment)?;
    if scope.resource.trim_end_matches('/') != known.resource.trim_end_matches('/') {
        return invalid(
            70000,
            "The scope is not one that the authorization code was requested for.",
        );
    }
    known.redeemed = true;
    let (upn, tenant, nonce) = (known.upn.clone(), known.tenant.clone(), known.nonce.clone());
    Ok(Redeemed { user: find_user(world, &upn)?, tenant, lasting: scope.offline, scope, nonce })
}

/// A refresh token is bound to user and client, not to a tenant or a resource, and stays usable
/// beside its successor.
fn redeem_refresh_token(
    segment: &str,
    authority: &Authority,
    application: &Application,
    call: &Call,
    world: &World,
    site: &Site,
) -> Result<Redeemed, EntraError> {
    let token = needed(call, "refresh_token")?;
    let known = world.refresh_tokens.get(&token).ok_or_else(|| {
        EntraError::new(
            "invalid_grant",
            9_002_313,
            "Invalid request. Request is malformed or invalid.",
        )
        .with_suberror("bad_token")
    })?;
    let of_family = |id: &str| world.scenario.application(id).is_some_and(|one| one.family);
    if known.client != application.id && !(application.family && of_family(&known.client)) {
        return Err(EntraError::new(
            "invalid_grant",
            70000,
            "Provided grant was issued to another client.",
        )
        .with_suberror("client_mismatch"));
    }
    if site.clock.now() >= known.issued + REFRESH_LIFETIME {
        return Err(EntraError::new(
            "invalid_grant",
            700_082,
            "The refresh token has expired due to inactivity. The token was inactive for 90.00:00:00.",
        )
        .with_suberror("token_expired"));
    }
    let user = find_user(world, &known.upn)?;
    let scope = Scope::parse(&needed(call, "scope")?, segment)?;
    let tenant = match authority {
        Authority::Tenant(id) if Mutant::RefreshTokenOfAnotherTenant.is_on() => id.clone(),
        _ => authority.tenant_for(&user, &application.id)?,
    };
    Ok(Redeemed { user, tenant, scope, nonce: None, lasting: true })
}

/// The answer (recorded: `entra.token__200__devicecode_foci`).
fn issue(
    redeemed: &Redeemed,
    application: &Application,
    capable: bool,
    call: &Call,
    world: &mut World,
    site: &Site,
) -> Answer {
    let grant = Grant {
        user: &redeemed.user,
        tenant: &redeemed.tenant,
        client: &application.id,
        resource: &redeemed.scope.resource,
        capable,
    };
    let (access_token, lifetime) = make_access_token(world, site, &grant);
    let mut body = json!({
        "token_type": "Bearer",
        "scope": redeemed.scope.granted(),
        "expires_in": lifetime,
        "ext_expires_in": lifetime,
        "access_token": access_token,
    });
    if capable {
        body["refresh_in"] = json!(lifetime / 2);
    }
    if redeemed.lasting {
        body["refresh_token"] = json!(make_refresh_token(world, site, &grant));
        if application.family {
            body["foci"] = json!("1");
        }
    }
    if redeemed.scope.openid {
        body["id_token"] = json!(make_id_token(site, &grant, redeemed.nonce.as_deref()));
    }
    if call.field("client_info").as_deref() == Some("1") {
        body["client_info"] = json!(client_info(&redeemed.user));
    }
    let mut answer = Answer::json(StatusCode::OK, &body)
        .with("cache-control", "no-store, no-cache")
        .with("pragma", "no-cache")
        .with("expires", "-1")
        .with("x-ms-clitelem", "1,0,0,,");
    answer.caller = Some((redeemed.user.upn.clone(), redeemed.tenant.clone()));
    answer
}

/// As long as a real one: some 1.3 kB.
fn make_refresh_token(world: &mut World, site: &Site, grant: &Grant<'_>) -> String {
    let token = format!("1.{}", signature::random_text(960));
    site.ledger.keep_secret(&token);
    world.refresh_tokens.insert(
        token.clone(),
        RefreshToken {
            client: grant.client.to_owned(),
            upn: grant.user.upn.clone(),
            issued: site.clock.now(),
        },
    );
    token
}

/// 43 to 128 unreserved characters (RFC 7636, section 4.1).
fn is_verifier(text: &str) -> bool {
    (43..=128).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
}

fn find_user(world: &World, upn: &str) -> Result<User, EntraError> {
    world.scenario.user(upn).cloned().ok_or_else(|| {
        EntraError::new(
            "invalid_grant",
            50034,
            format!("The user account {upn} does not exist in the directory."),
        )
    })
}

fn needed(call: &Call, name: &str) -> Result<String, EntraError> {
    call.field(name).filter(|value| !value.is_empty()).ok_or_else(|| EntraError::missing(name))
}
