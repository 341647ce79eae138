//! What a directory demands of sign-ins and of writes, as data of a scenario, and which of its
//! demands a sign-in leaves unmet.

use std::time::Duration;

use serde::Deserialize;
use time::OffsetDateTime;

/// The policies of one tenant.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Policies {
    /// Resource Manager answers writes by people whose token does not carry `acrs: ["p1"]` with a
    /// claims challenge, as Azure does since October 2025; reads and applications are exempt.
    #[serde(default)]
    pub(crate) mfa_for_writes: bool,
    /// Conditional access, and everything else that decides whether a token is issued.
    #[serde(default)]
    pub(crate) sign_in: Vec<Rule>,
    /// What happens to the sessions of its own people, for services that evaluate access
    /// continuously.
    #[serde(default)]
    pub(crate) session_events: Vec<SessionEvent>,
}

/// A moment from which on tokens from before it do not count, as when an administrator revokes the
/// sessions of a person. Only clients that can answer a challenge notice: the tokens of all others
/// live until they end.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SessionEvent {
    after_seconds: u64,
    /// A user principal name; none: everybody's session.
    #[serde(default)]
    user: Option<String>,
}

/// A demand, and whom it meets: every condition that is given must hold.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rule {
    pub(crate) demand: Demand,
    /// A user principal name.
    #[serde(default)]
    user: Option<String>,
    /// A client id.
    #[serde(default)]
    client: Option<String>,
    /// An audience, with or without its trailing slash.
    #[serde(default)]
    resource: Option<String>,
    /// How the person or the application came to sign in.
    #[serde(default)]
    flow: Option<Flow>,
}

/// What must be true before a token is issued.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Demand {
    /// Nothing helps: AADSTS53003.
    Block,
    /// The tenant does not know the application: AADSTS700016.
    NoApplication,
    /// Tokens are bound to a device, which takes the system's broker: AADSTS530084.
    TokenProtection,
    /// A device that the organization manages and finds in order: AADSTS53000. Practice has none.
    CompliantDevice,
    /// A device that proves itself: AADSTS50097. Practice has none.
    DeviceAuthentication,
    /// Multi-factor authentication in this sign-in: AADSTS50076.
    Mfa,
    /// A second factor must be set up first: AADSTS50079.
    Enrolment,
    /// The person has to agree to the application: AADSTS65001.
    Consent,
    /// A sign-in counts for so long: AADSTS70043.
    SignInFrequency { seconds: u64 },
    /// Sign-ins before this moment of the scenario do not count, as after a change of the password:
    /// AADSTS50173. A guest's are revoked in the home tenant.
    Revoked { after_seconds: u64 },
}

/// The grant by which a sign-in began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Flow {
    Browser,
    DeviceCode,
    ClientCredentials,
}

/// Who asks for a token of what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case<'a> {
    /// None for an application that signs in by itself.
    pub(crate) user: Option<&'a str>,
    pub(crate) client: &'a str,
    pub(crate) resource: &'a str,
    pub(crate) flow: Flow,
}

/// What a sign-in has to show for itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Merits {
    pub(crate) signed_in: OffsetDateTime,
    pub(crate) mfa: bool,
    pub(crate) enrolled: bool,
    pub(crate) consented: bool,
}

impl Policies {
    /// The demands that are made in this case and are not met, in the order of the rules.
    ///
    /// `began` is when the scenario began.
    pub(crate) fn unmet<'a>(
        &'a self,
        case: &Case<'_>,
        merits: &Merits,
        now: OffsetDateTime,
        began: OffsetDateTime,
    ) -> impl Iterator<Item = &'a Demand> {
        self.sign_in
            .iter()
            .filter(move |rule| rule.applies(case))
            .map(|rule| &rule.demand)
            .filter(move |demand| !demand.is_met(merits, now, began))
    }

    /// The last event in the session of a person; none where nothing has happened to it yet.
    ///
    /// `began` is when the scenario began.
    pub(crate) fn last_event(
        &self,
        user: &str,
        now: OffsetDateTime,
        began: OffsetDateTime,
    ) -> Option<OffsetDateTime> {
        self.session_events
            .iter()
            .filter(|event| event.user.as_ref().is_none_or(|one| one.eq_ignore_ascii_case(user)))
            .map(|event| began + Duration::from_secs(event.after_seconds))
            .filter(|moment| *moment <= now)
            .max()
    }
}

impl Rule {
    fn applies(&self, case: &Case<'_>) -> bool {
        let same = |wanted: &Option<String>, is: Option<&str>| {
            wanted.as_deref().is_none_or(|wanted| {
                is.is_some_and(|is| {
                    wanted.trim_end_matches('/').eq_ignore_ascii_case(is.trim_end_matches('/'))
                })
            })
        };
        let concerns_applications = matches!(self.demand, Demand::Block | Demand::NoApplication);
        (case.user.is_some() || concerns_applications)
            && same(&self.user, case.user)
            && same(&self.client, Some(case.client))
            && same(&self.resource, Some(case.resource))
            && self.flow.is_none_or(|flow| flow == case.flow)
    }
}

impl Demand {
    fn is_met(&self, merits: &Merits, now: OffsetDateTime, began: OffsetDateTime) -> bool {
        match self {
            Self::Block
            | Self::NoApplication
            | Self::TokenProtection
            | Self::CompliantDevice
            | Self::DeviceAuthentication => false,
            Self::Mfa => merits.mfa,
            Self::Enrolment => merits.enrolled,
            Self::Consent => merits.consented,
            Self::SignInFrequency { seconds } => {
                now < merits.signed_in + Duration::from_secs(*seconds)
            }
            Self::Revoked { after_seconds } => {
                let revoked = began + Duration::from_secs(*after_seconds);
                now < revoked || merits.signed_in >= revoked
            }
        }
    }
}
