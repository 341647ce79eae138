//! Which tenant's policies count for a sign-in.

use time::OffsetDateTime;

use crate::policy::{Case, Demand, Merits};
use crate::scenario::Tenant;
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
