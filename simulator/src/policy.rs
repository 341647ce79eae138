//! What a directory demands of sign-ins and of writes, as data of a scenario.

use serde::Deserialize;

/// The policies of one tenant.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Policies {
    /// Resource Manager answers writes by people whose token does not carry `acrs: ["p1"]` with a
    /// claims challenge, as Azure does since October 2025; reads and applications are exempt.
    #[serde(default)]
    pub(crate) mfa_for_writes: bool,
}
