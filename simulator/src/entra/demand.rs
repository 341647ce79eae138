//! Which tenant's policies count for a sign-in, and for a session.

use time::OffsetDateTime;

use crate::policy::{Case, Demand, Merits};
use crate::scenario::{Tenant, User};
use crate::world::World;

/// The first thing that is demanded of this person and this client and is not there: sign-ins are
/// revoked by the home tenant, everything else is the business of the tenant of the token.
pub(super) fn find_unmet_demand<'w>(
    world: &'w World,
    tenant: &'w Tenant,
    case: &Case<'_>,
    merits: &Merits,
    now: OffsetDateTime,
) -> Option<&'w Demand> {
    let began = world.entra.began;
    let home = case
        .user
        .and_then(|upn| world.scenario.user(upn))
        .and_then(|user| world.scenario.tenant(&user.home))
        .unwrap_or(tenant);
    let revokes = |demand: &&Demand| matches!(demand, Demand::Revoked { .. });
    home.policies
        .unmet(case, merits, now, began)
        .find(revokes)
        .or_else(|| tenant.policies.unmet(case, merits, now, began).find(|one| !revokes(one)))
}

/// The last event in the session behind a person's token of a tenant. The access of guests is not
/// evaluated continuously.
pub(crate) fn find_session_event(
    world: &World,
    tenant: &str,
    user: &User,
    now: OffsetDateTime,
) -> Option<OffsetDateTime> {
    let home = world.scenario.tenant(tenant).filter(|one| one.id == user.home)?;
    home.policies.last_event(&user.upn, now, world.entra.began)
}
