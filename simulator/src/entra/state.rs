//! What Entra remembers: sign-ins under way, and everything that was given out.

use std::collections::{HashMap, HashSet};

use time::OffsetDateTime;

use super::claims::Claims;
use super::scope::Scope;
use crate::policy::Flow;

/// Everything that sign-ins and token requests read and change.
#[derive(Debug)]
pub(crate) struct State {
    /// When the scenario began.
    pub(super) began: OffsetDateTime,
    pub(super) codes: HashMap<String, Code>,
    pub(super) device_codes: HashMap<String, DeviceCode>,
    pub(super) refresh_tokens: HashMap<String, RefreshToken>,
    /// Sign-ins that wait for the next page.
    pub(super) attempts: HashMap<String, Attempt>,
    /// Tenant, client and user principal name of everyone who has agreed.
    pub(super) consents: HashSet<(String, String, String)>,
    /// Tenant and user principal name of everyone who has set up a second factor.
    pub(super) enrolments: HashSet<(String, String)>,
    /// Access tokens given out so far, which seeds their lifetimes.
    pub(super) access_tokens: u64,
}

/// A person who has signed in, and how.
#[derive(Clone, Debug)]
pub(crate) struct SignIn {
    pub(crate) upn: String,
    pub(crate) at: OffsetDateTime,
    pub(crate) mfa: bool,
    pub(crate) flow: Flow,
}

/// An authorization code that was given out.
#[derive(Clone, Debug)]
pub(super) struct Code {
    pub(super) client: String,
    pub(super) redirect: String,
    pub(super) challenge: String,
    pub(super) tenant: String,
    pub(super) sign_in: SignIn,
    pub(super) resource: String,
    pub(super) nonce: Option<String>,
    pub(super) issued: OffsetDateTime,
    pub(super) redeemed: bool,
}

/// A device code that was given out (RFC 8628), with what the person is shown.
#[derive(Clone, Debug)]
pub(super) struct DeviceCode {
    pub(super) user_code: String,
    pub(super) client: String,
    /// The tenant as it was addressed.
    pub(super) segment: String,
    pub(super) scope: Scope,
    pub(super) claims: Claims,
    pub(super) issued: OffsetDateTime,
    pub(super) decision: Decision,
}

/// What has become of a device code.
#[derive(Clone, Debug)]
pub(super) enum Decision {
    Pending,
    Declined,
    /// Signed in, in this tenant.
    Approved(SignIn, String),
    Redeemed,
}

/// A refresh token that was given out.
#[derive(Clone, Debug)]
pub(super) struct RefreshToken {
    pub(super) client: String,
    pub(super) sign_in: SignIn,
    pub(super) issued: OffsetDateTime,
}

/// A person who has chosen an account and is not through yet.
#[derive(Clone, Debug)]
pub(super) struct Attempt {
    /// The client that asks: what is agreed to for one is not agreed to for another.
    pub(super) client: String,
    pub(super) upn: String,
    pub(super) mfa: bool,
    pub(super) consented: bool,
    pub(super) step: Step,
}

/// What the page that is shown asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The number that the practice phone shows.
    Approval(u8),
    Enrolment,
    Consent,
}

impl State {
    pub(crate) fn new(now: OffsetDateTime) -> Self {
        Self {
            began: now,
            codes: HashMap::new(),
            device_codes: HashMap::new(),
            refresh_tokens: HashMap::new(),
            attempts: HashMap::new(),
            consents: HashSet::new(),
            enrolments: HashSet::new(),
            access_tokens: 0,
        }
    }

    /// The number of the next access token, from 1.
    pub(crate) fn count_access_token(&mut self) -> u64 {
        self.access_tokens += 1;
        self.access_tokens
    }

    /// Codes given out, codes redeemed, refresh tokens and access tokens given out.
    pub(crate) fn counts(&self) -> [u64; 4] {
        let redeemed = self.codes.values().filter(|code| code.redeemed).count();
        [
            self.codes.len() as u64,
            redeemed as u64,
            self.refresh_tokens.len() as u64,
            self.access_tokens,
        ]
    }
}
