//! The device code flow (RFC 8628): a code for a program, a page for a person, and the polls between.
//!
//! Entra documents no `slow_down` for polls that come too early, and none is sent.

use std::time::Duration;

use http::StatusCode;
use serde_json::json;

use super::error::EntraError;
use super::interaction::{Outcome, Visit, proceed};
use super::redeem::Redeemed;
use super::scope::Scope;
use super::state::{Decision, DeviceCode};
use super::{Ask, Authority, Claims, check_duplicates, name_directory, page};
use crate::answer::Answer;
use crate::cloud::Names;
use crate::policy::Flow;
use crate::scenario::Application;
use crate::signature;
use crate::world::World;

/// A device code lives fifteen minutes.
const LIFETIME: Duration = Duration::from_secs(900);
/// Seconds between two polls.
const INTERVAL: u64 = 5;

/// `POST /{tenant}/oauth2/v2.0/devicecode` (recorded: `entra.devicecode__200`).
pub(super) fn answer_code_request(segment: &str, ask: &Ask<'_>) -> Answer {
    give_code(segment, ask, &mut ask.site.world()).unwrap_or_else(|error| error.into_answer(ask))
}

fn give_code(segment: &str, ask: &Ask<'_>, world: &mut World) -> Result<Answer, EntraError> {
    check_duplicates(&ask.call.body)?;
    let authority = Authority::of(segment, &world.scenario)?;
    let application = authority.find_client(&ask.needed("client_id")?, segment, &world.scenario)?;
    let scope = Scope::parse(
        &ask.needed("scope")?,
        name_directory(segment, &world.scenario),
        world.scenario.cloud,
    )?;
    scope.check_permission(&application)?;
    let claims = Claims::parse(ask.call.field("claims").as_deref())?;
    let device_code = signature::random_text(120);
    ask.site.ledger.keep_secret(&device_code);
    let user_code = make_user_code();
    let page = short_address(ask, world.scenario.cloud.names());
    let body = json!({
        "user_code": user_code,
        "device_code": device_code,
        "verification_uri": page,
        "expires_in": LIFETIME.as_secs(),
        "interval": INTERVAL,
        "message": format!("To sign in, use a web browser to open the page {page} and enter the code {user_code} to authenticate."),
    });
    world.entra.device_codes.insert(
        device_code,
        DeviceCode {
            user_code,
            client: application.id,
            segment: segment.to_owned(),
            scope,
            claims,
            issued: ask.now(),
            decision: Decision::Pending,
        },
    );
    Ok(Answer::json(StatusCode::OK, &body)
        .with("cache-control", "no-store, no-cache")
        .with("pragma", "no-cache")
        .with("expires", "-1")
        .with("x-ms-srs", "1.P")
        .with("x-xss-protection", "0"))
}

/// `GET microsoft.com/devicelogin`, or `deviceloginus`: leads on to the page.
pub(super) fn lead_to_page(ask: &Ask<'_>) -> Answer {
    Answer::empty(StatusCode::FOUND)
        .with("location", format!("{}/common/oauth2/deviceauth", ask.site.addresses.authority))
        .with("cache-control", "no-store, no-cache")
}

/// GET: asks for the code.
pub(super) fn show_page() -> Answer {
    page::device_code(None)
}

/// POST: the code alone asks who signs in; with more, somebody pressed a button.
pub(super) fn decide(ask: &Ask<'_>) -> Answer {
    let mut world = ask.site.world();
    let typed: String = ask
        .call
        .field("otc")
        .unwrap_or_default()
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|letter| letter.to_ascii_uppercase())
        .collect();
    let found = world
        .entra
        .device_codes
        .iter()
        .find(|(_, known)| known.user_code == typed && known.waits(ask))
        .map(|(id, known)| (id.clone(), known.clone()));
    let Some((id, known)) = found else {
        return page::device_code(Some("That code did not work. Check the code and try again."));
    };
    match lead_through(&known, ask, &mut world) {
        Err(error) => error.into_page(ask),
        Ok(Outcome::Page(page)) => page,
        Ok(Outcome::Declined) => {
            conclude(&id, Decision::Declined, &mut world);
            page::message(StatusCode::OK, "Declined", "The program has not been signed in.")
        }
        Ok(Outcome::SignedIn(sign_in, tenant)) => {
            let caller = (sign_in.upn.clone(), tenant.clone());
            conclude(&id, Decision::Approved(sign_in, tenant), &mut world);
            let mut answer = page::message(
                StatusCode::OK,
                "You have signed in",
                "The program on your device goes on by itself. You may close this window.",
            );
            answer.caller = Some(caller);
            answer
        }
    }
}

fn lead_through(
    known: &DeviceCode,
    ask: &Ask<'_>,
    world: &mut World,
) -> Result<Outcome, EntraError> {
    let authority = Authority::of(&known.segment, &world.scenario)?;
    let application = authority.find_client(&known.client, &known.segment, &world.scenario)?;
    let visit = Visit {
        authority: &authority,
        segment: &known.segment,
        application: &application,
        scope: &known.scope,
        claims: &known.claims,
        login_hint: None,
        asks_consent: false,
        flow: Flow::DeviceCode,
        carried: vec![("otc", known.user_code.clone())],
    };
    if ["user", "attempt", "decision"].iter().all(|name| ask.call.field(name).is_none()) {
        return Ok(Outcome::Page(page::sign_in(&visit, &world.scenario)));
    }
    proceed(&visit, ask, world)
}

fn conclude(id: &str, decision: Decision, world: &mut World) {
    if let Some(known) = world.entra.device_codes.get_mut(id) {
        known.decision = decision;
    }
}

/// A poll: the sign-in, once there is one.
///
/// # Errors
/// AADSTS7000218 where the registration allows no public client flows,
/// `authorization_pending` (recorded: `entra.token__400__authorization_pending`),
/// `authorization_declined`, `expired_token`, or that the code is no good here.
pub(super) fn redeem_device_code(
    segment: &str,
    authority: &Authority,
    application: &Application,
    ask: &Ask<'_>,
    world: &mut World,
) -> Result<Redeemed, EntraError> {
    let id = ask.needed("device_code")?;
    let known = world
        .entra
        .device_codes
        .get_mut(&id)
        .filter(|known| known.client == application.id)
        .ok_or_else(|| {
            EntraError::new(
                "bad_verification_code",
                70000,
                "The provided value for the input parameter 'device_code' is not valid.",
            )
        })?;
    if !application.public_flows {
        return Err(EntraError::no_secret());
    }
    let scope = match ask.call.field("scope") {
        Some(scope) => {
            Scope::parse(&scope, name_directory(segment, &world.scenario), world.scenario.cloud)?
        }
        None => known.scope.clone(),
    };
    match known.decision.clone() {
        Decision::Redeemed => Err(EntraError::new(
            "invalid_grant",
            54005,
            "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing refresh token.",
        )),
        _ if ask.now() >= known.issued + LIFETIME => Err(EntraError::new(
            "expired_token",
            70020,
            "The provided value for the input parameter 'device_code' is not valid. This device code has expired.",
        )),
        Decision::Pending => Err(EntraError::new(
            "authorization_pending",
            70016,
            "OAuth 2.0 device flow error. Authorization is pending. Continue polling.",
        )),
        Decision::Declined => Err(EntraError::declined("authorization_declined")),
        Decision::Approved(_, tenant) if !authority.covers(&tenant) => Err(EntraError::new(
            "invalid_grant",
            700_005,
            "Provided Authorization Code is intended to use against other tenant, thus rejected.",
        )),
        Decision::Approved(sign_in, tenant) => {
            known.decision = Decision::Redeemed;
            Ok(Redeemed { sign_in, tenant, lasting: scope.offline, scope, nonce: None })
        }
    }
}

impl DeviceCode {
    fn waits(&self, ask: &Ask<'_>) -> bool {
        matches!(self.decision, Decision::Pending) && ask.now() < self.issued + LIFETIME
    }
}

/// The short address that people type; under the real names it is not one of Entra's own.
fn short_address(ask: &Ask<'_>, names: &Names) -> String {
    let authority = format!("//{}", names.entra[0]);
    let base = ask.site.addresses.authority.replacen(&authority, "//microsoft.com", 1);
    format!("{base}/{}", names.device_login)
}

/// Nine letters that are not easily mistaken for one another.
fn make_user_code() -> String {
    const LETTERS: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZ";
    (0..9).map(|_| char::from(LETTERS[usize::from(signature::random_number(0..24))])).collect()
}
