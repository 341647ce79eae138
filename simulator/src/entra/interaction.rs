//! From choosing an account to being signed in: every page that a person has to get past, for the
//! browser flow and for the device code flow alike.

use super::error::EntraError;
use super::scope::Scope;
use super::state::{Attempt, SignIn, Step};
use super::{Ask, Authority, Claims, find_unmet_demand, page};
use crate::answer::Answer;
use crate::policy::{Case, Demand, Flow, Merits};
use crate::scenario::{Application, Tenant};
use crate::signature;
use crate::world::World;

/// What a person is asked to agree to.
pub(super) struct Visit<'a> {
    pub(super) authority: &'a Authority,
    /// The tenant as it was addressed.
    pub(super) segment: &'a str,
    pub(super) application: &'a Application,
    pub(super) scope: &'a Scope,
    pub(super) claims: &'a Claims,
    pub(super) login_hint: Option<&'a str>,
    /// `prompt=consent`: the person is asked even where nothing demands it.
    pub(super) asks_consent: bool,
    pub(super) flow: Flow,
    /// Fields that every form of the visit sends back.
    pub(super) carried: Vec<(&'static str, String)>,
}

/// How far the person has come.
pub(super) enum Outcome {
    Page(Answer),
    Declined,
    /// Signed in, in the tenant with this id.
    SignedIn(SignIn, String),
}

/// Takes one press of a button into account.
///
/// # Errors
/// What the page says where this person cannot go on.
pub(super) fn proceed(
    visit: &Visit<'_>,
    ask: &Ask<'_>,
    world: &mut World,
) -> Result<Outcome, EntraError> {
    let attempt = match (ask.call.field("attempt"), ask.call.field("user")) {
        _ if ask.call.field("decision").is_some() => return Ok(Outcome::Declined),
        (Some(id), _) => pass_step(&id, visit, ask, world)?,
        (None, Some(upn)) => begin(&upn, visit, world)?,
        (None, None) => return Ok(Outcome::Declined),
    };
    let user = world.scenario.user(&attempt.upn).cloned();
    let user = user.ok_or_else(|| EntraError::unknown_user(&attempt.upn))?;
    let tenant = visit.authority.tenant_for(&user, visit.application, &world.scenario)?.clone();
    match find_step(visit, &attempt, &tenant, ask, world)? {
        Some(step) => Ok(Outcome::Page(show_step(Attempt { step, ..attempt }, visit, world))),
        None => {
            if attempt.consented {
                world.entra.consents.insert(agreement(visit, &tenant, &attempt));
            }
            let sign_in =
                SignIn { upn: user.upn, at: ask.now(), mfa: attempt.mfa, flow: visit.flow };
            Ok(Outcome::SignedIn(sign_in, tenant.id))
        }
    }
}

fn begin(upn: &str, visit: &Visit<'_>, world: &World) -> Result<Attempt, EntraError> {
    let user = world.scenario.user(upn).ok_or_else(|| EntraError::unknown_user(upn))?;
    Ok(Attempt {
        client: visit.application.id.clone(),
        upn: user.upn.clone(),
        mfa: false,
        consented: false,
        step: Step::Consent,
    })
}

/// An attempt is good for one press: whoever presses the wrong number begins again.
fn pass_step(
    id: &str,
    visit: &Visit<'_>,
    ask: &Ask<'_>,
    world: &mut World,
) -> Result<Attempt, EntraError> {
    let expired = || {
        EntraError::new(
            "invalid_request",
            50089,
            "Authentication failed due to flow token expired.",
        )
    };
    let known = world.entra.attempts.remove(id);
    let mut attempt = known.filter(|one| one.client == visit.application.id).ok_or_else(expired)?;
    match attempt.step {
        Step::Approval(number) => {
            if ask.call.field("number") != Some(number.to_string()) {
                return Err(EntraError::new(
                    "access_denied",
                    500_121,
                    "Authentication failed during strong authentication request.",
                ));
            }
            attempt.mfa = true;
        }
        Step::Enrolment => {
            ask.needed("enrol")?;
            let user = world.scenario.user(&attempt.upn).ok_or_else(expired)?;
            let tenant =
                visit.authority.tenant_for(user, visit.application, &world.scenario)?.id.clone();
            world.entra.enrolments.insert((tenant, attempt.upn.clone()));
            attempt.mfa = true;
        }
        Step::Consent => {
            ask.needed("consent")?;
            attempt.consented = true;
        }
    }
    Ok(attempt)
}

/// What the person still has to do.
fn find_step(
    visit: &Visit<'_>,
    attempt: &Attempt,
    tenant: &Tenant,
    ask: &Ask<'_>,
    world: &World,
) -> Result<Option<Step>, EntraError> {
    let case = Case {
        user: Some(&attempt.upn),
        client: &visit.application.id,
        resource: &visit.scope.resource,
        flow: visit.flow,
    };
    let enrolment = (tenant.id.clone(), attempt.upn.clone());
    let merits = Merits {
        signed_in: ask.now(),
        mfa: attempt.mfa,
        enrolled: world.entra.enrolments.contains(&enrolment),
        consented: attempt.consented
            || world.entra.consents.contains(&agreement(visit, tenant, attempt)),
    };
    match find_unmet_demand(world, tenant, &case, &merits, ask.now()) {
        Some(Demand::Mfa) => Ok(Some(Step::Approval(signature::random_number(10..100)))),
        Some(Demand::Enrolment) => Ok(Some(Step::Enrolment)),
        Some(Demand::Consent) => Ok(Some(Step::Consent)),
        Some(demand) => Err(EntraError::of_demand(
            demand,
            tenant,
            visit.application,
            &visit.scope.resource,
            ask.now(),
            world.entra.began,
        )),
        None if visit.claims.ask_for_proof() && !attempt.mfa => {
            Ok(Some(Step::Approval(signature::random_number(10..100))))
        }
        None if visit.asks_consent && !attempt.consented => Ok(Some(Step::Consent)),
        None => Ok(None),
    }
}

fn show_step(attempt: Attempt, visit: &Visit<'_>, world: &mut World) -> Answer {
    let id = signature::random_text(32);
    let mut carried = visit.carried.clone();
    carried.push(("attempt", id.clone()));
    let page = match attempt.step {
        Step::Approval(number) => page::approve(&carried, number),
        Step::Enrolment => page::enrol(&carried),
        Step::Consent => page::consent(&carried, visit),
    };
    world.entra.attempts.insert(id, attempt);
    page
}

fn agreement(visit: &Visit<'_>, tenant: &Tenant, attempt: &Attempt) -> (String, String, String) {
    (tenant.id.clone(), visit.application.id.clone(), attempt.upn.clone())
}
