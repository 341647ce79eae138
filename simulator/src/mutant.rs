//! Rules that can be broken one at a time, to prove that a wrong simulator is caught.
//!
//! The feature `mutants` is off in every shipped build; then [`Mutant::is_on`] is `false` at compile
//! time and the rules cannot be broken. With it, the environment variable [`VARIABLE`] holds the
//! number of the mutant that a process runs. `docs/mutants.md` says which test catches which.

/// Names the one rule that this process breaks: a number from 1 to 26.
#[cfg(feature = "mutants")]
pub(crate) const VARIABLE: &str = "AZURE_SIMULATOR_MUTANT";

/// A way in which practice Azure could be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mutant {
    /// PKCE verifier not compared
    VerifierNotCompared = 1,
    /// code usable twice
    CodeUsableTwice = 2,
    /// redirect path ignored
    RedirectPathIgnored = 3,
    /// state not echoed
    StateNotEchoed = 4,
    /// ARM token accepted by inference
    ArmTokenByInference = 5,
    /// inference token accepted by ARM
    InferenceTokenByArm = 6,
    /// token of tenant A accepted in B
    TokenOfAnotherTenant = 7,
    /// expired token accepted
    ExpiredToken = 8,
    /// role effective at once
    RoleAtOnce = 9,
    /// Owner may chat
    OwnerMayChat = 10,
    /// notDataActions ignored
    NotDataActionsIgnored = 11,
    /// group membership ignored
    GroupsIgnored = 12,
    /// parent scope ignored
    ParentScopeIgnored = 13,
    /// child scope counted
    ChildScopeCounted = 14,
    /// condition ignored
    ConditionIgnored = 15,
    /// deny assignment ignored
    DenyIgnored = 16,
    /// duplicate assignment answers 201
    DuplicateCreated = 17,
    /// same name for another principal answers 200
    NameReused = 18,
    /// missing role is 403 instead of 401
    MissingRoleForbidden = 19,
    /// `[DONE]` and the first event with empty choices omitted
    StreamWithoutEnds = 20,
    /// nextLink dropped
    NextLinkDropped = 21,
    /// Retry-After dropped
    RetryAfterDropped = 22,
    /// no claims challenge for writes
    NoClaimsChallenge = 23,
    /// unknown api-version accepted
    UnknownVersion = 24,
    /// another tenant's refresh token accepted
    RefreshTokenOfAnotherTenant = 25,
    /// token from before a session event accepted
    SessionEventIgnored = 26,
}

impl Mutant {
    /// What a service takes besides its own when this rule is broken.
    pub(crate) fn adds<'a>(self, foreign: &'a [&'a str]) -> &'a [&'a str] {
        if self.is_on() { foreign } else { &[] }
    }

    /// Whether this process breaks this rule.
    #[cfg(not(feature = "mutants"))]
    pub(crate) const fn is_on(self) -> bool {
        false
    }

    /// Whether this process breaks this rule.
    ///
    /// # Panics
    /// When [`VARIABLE`] is set to anything but a number from 1 to 26: a run that breaks nothing must
    /// not pass for one that does.
    #[cfg(feature = "mutants")]
    pub(crate) fn is_on(self) -> bool {
        use std::sync::OnceLock;
        static CHOSEN: OnceLock<u8> = OnceLock::new();
        let chosen = CHOSEN.get_or_init(|| {
            let text = std::env::var(VARIABLE).unwrap_or_default();
            let number = if text.is_empty() { Ok(0) } else { text.parse() };
            let last = Self::SessionEventIgnored as u8;
            let known = number.ok().filter(|number| *number <= last);
            known.unwrap_or_else(|| panic!("{VARIABLE}={text} is not a number from 1 to {last}"))
        });
        *chosen == self as u8
    }
}
