//! The token endpoint: a code, a device code or a refresh token for tokens of a person.
//!
//! Applications that sign in by themselves are [`super::application`]'s.

use std::time::Duration;

use http::StatusCode;
use serde_json::json;

use super::error::EntraError;
use super::scope::Scope;
use super::state::{RefreshToken, SignIn};
use super::{
    Ask, Authority, Claims, application, check_duplicates, device, find_unmet_demand,
    name_directory,
};
use crate::answer::Answer;
use crate::mutant::Mutant;
use crate::policy::{Case, Merits};
use crate::scenario::{Application, User};
use crate::signature;
use crate::token::{Grant, Subject, client_info, make_access_token, make_id_token};
use crate::world::World;

/// A code lives ten minutes.
const CODE_LIFETIME: Duration = Duration::from_secs(600);
/// A refresh token that is not used for ninety days dies.
const REFRESH_LIFETIME: Duration = Duration::from_secs(90 * 24 * 3600);

/// `POST /{tenant}/oauth2/v2.0/token`.
pub(super) fn answer_token_request(segment: &str, ask: &Ask<'_>) -> Answer {
    redeem(segment, ask, &mut ask.site.world()).unwrap_or_else(|error| error.into_answer(ask))
}

/// What a grant is good for.
pub(super) struct Redeemed {
    pub(super) sign_in: SignIn,
    pub(super) tenant: String,
    pub(super) scope: Scope,
    pub(super) nonce: Option<String>,
    /// Whether the answer holds a refresh token.
    pub(super) lasting: bool,
}

fn redeem(segment: &str, ask: &Ask<'_>, world: &mut World) -> Result<Answer, EntraError> {
    if !ask.call.is_form() {
        return Err(EntraError::new(
            "invalid_request",
            900_144,
            "The request body must be of type 'application/x-www-form-urlencoded'.",
        ));
    }
    check_duplicates(&ask.call.body)?;
    let authority = Authority::of(segment, &world.scenario)?;
    let client = match ask.client_credentials() {
        Some((client, _)) => client,
        None => ask.needed("client_id")?,
    };
    let grant = ask.needed("grant_type")?;
    let claims = Claims::parse(ask.call.field("claims").as_deref())?;
    if grant == "client_credentials" {
        return application::sign_in(&authority, &client, &claims, ask, world);
    }
    let application = authority.find_client(&client, segment, &world.scenario)?;
    if ask.call.field("client_secret").is_some() || ask.client_credentials().is_some() {
        return Err(EntraError::new(
            "invalid_client",
            700_025,
            "Client is public so neither 'client_assertion' nor 'client_secret' should be presented.",
        ));
    }
    let redeemed = match grant.as_str() {
        "authorization_code" => redeem_code(segment, &authority, &application, ask, world)?,
        "refresh_token" => redeem_refresh_token(segment, &authority, &application, ask, world)?,
        "device_code" | "urn:ietf:params:oauth:grant-type:device_code" => {
            device::redeem_device_code(segment, &authority, &application, ask, world)?
        }
        other => {
            return Err(EntraError::new(
                "unsupported_grant_type",
                70003,
                format!("The app requested an unsupported grant type '{other}'."),
            ));
        }
    };
    redeemed.scope.check_permission(&application)?;
    check_demands(&redeemed, &application, &claims, ask, world)?;
    issue(&redeemed, &application, &claims, ask, world)
}

fn redeem_code(
    segment: &str,
    authority: &Authority,
    application: &Application,
    ask: &Ask<'_>,
    world: &mut World,
) -> Result<Redeemed, EntraError> {
    let code = ask.needed("code")?;
    let redirect = ask.needed("redirect_uri")?;
    let verifier = ask.needed("code_verifier")?;
    let invalid = |number, text: &str| Err(EntraError::new("invalid_grant", number, text));
    let Some(known) = world.entra.codes.get_mut(&code) else {
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
    if ask.now() >= known.issued + CODE_LIFETIME {
        return invalid(
            70008,
            "The provided authorization code or refresh token has expired due to inactivity. Send a new interactive authorization request for this user and resource.",
        );
    }
    if !authority.covers(&known.tenant) {
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
    let scope = Scope::parse(
        &ask.needed("scope")?,
        name_directory(segment, &world.scenario),
        world.scenario.cloud,
    )?;
    if scope.resource.trim_end_matches('/') != known.resource.trim_end_matches('/') {
        return invalid(
            70000,
            "The scope is not one that the authorization code was requested for.",
        );
    }
    known.redeemed = true;
    Ok(Redeemed {
        sign_in: known.sign_in.clone(),
        tenant: known.tenant.clone(),
        nonce: known.nonce.clone(),
        lasting: scope.offline,
        scope,
    })
}

/// A refresh token is bound to user and client, not to a tenant or a resource, and stays usable
/// beside its successor. It reaches the tenants that know the user and no other.
fn redeem_refresh_token(
    segment: &str,
    authority: &Authority,
    application: &Application,
    ask: &Ask<'_>,
    world: &World,
) -> Result<Redeemed, EntraError> {
    let token = ask.needed("refresh_token")?;
    let known = world.entra.refresh_tokens.get(&token).ok_or_else(|| {
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
    if ask.now() >= known.issued + REFRESH_LIFETIME {
        return Err(EntraError::new(
            "invalid_grant",
            700_082,
            format!(
                "The refresh token has expired due to inactivity. The token was issued on {} and was inactive for 90.00:00:00.",
                crate::clock::arm_time(known.issued)
            ),
        )
        .with_suberror("bad_token"));
    }
    let user = find_user(world, &known.sign_in.upn)?;
    let scope = Scope::parse(
        &ask.needed("scope")?,
        name_directory(segment, &world.scenario),
        world.scenario.cloud,
    )?;
    let tenant = match authority {
        Authority::Tenant(id) if Mutant::RefreshTokenOfAnotherTenant.is_on() => id.clone(),
        _ => authority.tenant_for(user, application, &world.scenario)?.id.clone(),
    };
    Ok(Redeemed { sign_in: known.sign_in.clone(), tenant, scope, nonce: None, lasting: true })
}

/// Refuses where the tenant or the client's own claims ask for more than the sign-in has.
fn check_demands(
    redeemed: &Redeemed,
    application: &Application,
    claims: &Claims,
    ask: &Ask<'_>,
    world: &World,
) -> Result<(), EntraError> {
    let Redeemed { sign_in, scope, .. } = redeemed;
    let tenant = world
        .scenario
        .tenant(&redeemed.tenant)
        .ok_or_else(|| EntraError::unknown_tenant(&redeemed.tenant))?;
    let case = Case {
        user: Some(&sign_in.upn),
        client: &application.id,
        resource: &scope.resource,
        flow: sign_in.flow,
    };
    let person = (tenant.id.clone(), sign_in.upn.clone());
    let agreement = (tenant.id.clone(), application.id.clone(), sign_in.upn.clone());
    let merits = Merits {
        signed_in: sign_in.at,
        mfa: sign_in.mfa,
        enrolled: world.entra.enrolments.contains(&person),
        consented: world.entra.consents.contains(&agreement),
    };
    if let Some(demand) = find_unmet_demand(world, tenant, &case, &merits, ask.now()) {
        let began = world.entra.began;
        return Err(EntraError::of_demand(
            demand,
            tenant,
            application,
            &scope.resource,
            sign_in.at,
            began,
        ));
    }
    if !claims.contexts.is_empty() && !sign_in.mfa {
        let claims = Claims::for_contexts(&claims.contexts);
        return Err(EntraError::needs_mfa(&scope.resource, claims));
    }
    Ok(())
}

/// The answer (recorded: `entra.token__200__devicecode_foci`).
fn issue(
    redeemed: &Redeemed,
    application: &Application,
    claims: &Claims,
    ask: &Ask<'_>,
    world: &mut World,
) -> Result<Answer, EntraError> {
    let user = find_user(world, &redeemed.sign_in.upn)?.clone();
    let grant = Grant {
        subject: Subject::Person(&user, &redeemed.sign_in),
        tenant: &redeemed.tenant,
        client: &application.id,
        resource: &redeemed.scope.resource,
        claims,
    };
    let (access_token, lifetime) = make_access_token(world, ask.site, &grant);
    let mut body = json!({
        "token_type": "Bearer",
        "scope": redeemed.scope.granted(),
        "expires_in": lifetime,
        "ext_expires_in": lifetime,
        "access_token": access_token,
    });
    if claims.capable {
        body["refresh_in"] = json!(lifetime / 2);
    }
    if redeemed.lasting {
        body["refresh_token"] = json!(make_refresh_token(redeemed, application, ask, world));
        if application.family {
            body["foci"] = json!("1");
        }
    }
    if redeemed.scope.openid {
        let nonce = redeemed.nonce.as_deref();
        body["id_token"] = json!(make_id_token(ask.site, &user, &grant, nonce));
    }
    if ask.call.field("client_info").as_deref() == Some("1") {
        body["client_info"] = json!(client_info(&user));
    }
    let mut answer = hand_out(&body);
    answer.caller = Some((user.upn, redeemed.tenant.clone()));
    Ok(answer)
}

/// Tokens are for one reader and for no cache.
pub(super) fn hand_out(body: &serde_json::Value) -> Answer {
    Answer::json(StatusCode::OK, body)
        .with("cache-control", "no-store, no-cache")
        .with("pragma", "no-cache")
        .with("expires", "-1")
        .with("x-ms-srs", "1.P")
        .with("x-xss-protection", "0")
        .with("x-ms-clitelem", "1,0,0,,")
}

/// As long as a real one: some 1.3 kB.
fn make_refresh_token(
    redeemed: &Redeemed,
    application: &Application,
    ask: &Ask<'_>,
    world: &mut World,
) -> String {
    let token = format!("1.{}", signature::random_text(960));
    ask.site.ledger.keep_secret(&token);
    world.entra.refresh_tokens.insert(
        token.clone(),
        RefreshToken {
            client: application.id.clone(),
            sign_in: redeemed.sign_in.clone(),
            issued: ask.now(),
        },
    );
    token
}

/// 43 to 128 unreserved characters (RFC 7636, section 4.1).
fn is_verifier(text: &str) -> bool {
    (43..=128).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
}

fn find_user<'w>(world: &'w World, upn: &str) -> Result<&'w User, EntraError> {
    world.scenario.user(upn).ok_or_else(|| EntraError::unknown_user(upn))
}
