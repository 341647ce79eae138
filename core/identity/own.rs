//! A sign-in of Keyless's own, in the browser or by a code: one refresh token for every tenant.
//!
//! A refresh token belongs to a person and a client, not to a tenant or a resource. Each use brings
//! a newer one, and the older one stays good for a while ("Refresh tokens in the Microsoft
//! identity platform").

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use azure_core::credentials::{AccessToken, Secret, TokenCredential, TokenRequestOptions};
use azure_core::http::{ClientMethodOptions, Context};
use serde::{Deserialize, Serialize};

use super::Issued;
use crate::challenge::ClaimsRequest;
use crate::failure::{Action, Code, Failure};
use crate::http::{Cause, Http};
use crate::sign_in::{self, Application};
use crate::snapshot::Way;

/// A sign-in of Keyless's own.
#[derive(Clone)]
pub(super) struct Own {
    pub(super) way: Way,
    pub(super) client_id: String,
    refresh: Arc<Mutex<Refresh>>,
}

struct Refresh {
    token: Secret,
    cause: Cause,
    /// How many sign-ins the person has made: what a silent request that began before the last
    /// one brings is older, however late it comes.
    sign_ins: u32,
}

impl Own {
    pub(super) fn new(way: Way, client_id: String, token: Secret, cause: Cause) -> Self {
        let refresh = Refresh { token, cause, sign_ins: 1 };
        Own { way, client_id, refresh: Arc::new(Mutex::new(refresh)) }
    }

    /// The newest refresh token.
    pub(super) fn token(&self) -> Secret {
        self.lock().token.clone()
    }

    /// Takes the refresh token of another sign-in of the same person: it proves more.
    pub(super) fn adopt(&self, token: Secret, cause: Cause) {
        let mut refresh = self.lock();
        *refresh = Refresh { token, cause, sign_ins: refresh.sign_ins + 1 };
    }

    /// A token of `tenant` for `scope` that holds these claims.
    pub(super) async fn issue(
        &self,
        http: &Arc<Http>,
        tenant: &str,
        scope: &'static str,
        claims: Option<&ClaimsRequest>,
        cause: &Cause,
    ) -> Result<Issued, Failure> {
        let credential = OwnCredential {
            http: http.clone(),
            application: Application {
                client_id: self.client_id.clone(),
                tenant: tenant.to_owned(),
                scope,
                account: None,
                claims: claims.cloned(),
            },
            own: self.clone(),
        };
        let trail = Trail(Arc::new(Mutex::new(cause.clone())));
        let context = Context::new().with_value(trail.clone());
        let options = TokenRequestOptions { method_options: ClientMethodOptions { context } };
        let token = credential.get_token(&[scope], Some(options)).await.map_err(failure_in)?;
        Ok(Issued { token, cause: trail.get(), claims: claims.cloned() })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Refresh> {
        self.refresh.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The sign-in, for one tenant and one scope, as a credential like any other.
struct OwnCredential {
    http: Arc<Http>,
    application: Application,
    own: Own,
}

impl std::fmt::Debug for OwnCredential {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("OwnCredential")
            .field("tenant", &self.application.tenant)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl TokenCredential for OwnCredential {
    async fn get_token(
        &self,
        scopes: &[&str],
        options: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        if scopes != [self.application.scope] {
            return Err(azure_core::Error::with_message(
                azure_core::error::ErrorKind::Credential,
                "this credential is for one scope",
            ));
        }
        let trail =
            options.as_ref().and_then(|options| options.method_options.context.value::<Trail>());
        let (token, cause, sign_ins) = {
            let refresh = self.own.lock();
            let needed = trail.map(Trail::get).unwrap_or_default();
            (refresh.token.clone(), refresh.cause.and(&needed), refresh.sign_ins)
        };
        let tokens = sign_in::refresh(&self.http, &self.application, &token, cause).await.map_err(
            |failure| azure_core::Error::new(azure_core::error::ErrorKind::Credential, failure),
        )?;
        if let Some(trail) = trail {
            trail.set(tokens.cause.clone());
        }
        let mut refresh = self.own.lock();
        if let Some(newer) = tokens.refresh.filter(|_| refresh.sign_ins == sign_ins) {
            // Its cause stays the sign-in: a caller that comes later does not need this answer.
            refresh.token = newer;
        }
        Ok(AccessToken::new(tokens.access, tokens.expires_on))
    }
}

/// Which answers a token needed, carried through `TokenCredential` in its context.
#[derive(Clone, Debug)]
struct Trail(Arc<Mutex<Cause>>);

impl Trail {
    fn get(&self) -> Cause {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, cause: Cause) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = cause;
    }
}

fn failure_in(error: azure_core::Error) -> Failure {
    let text = error.to_string();
    match error.into_inner().map(|inner| inner.downcast::<Failure>()) {
        Ok(Ok(failure)) => *failure,
        _ => Failure::new(Code::SignInExpired).detail("cause", text).offer(Action::SignIn),
    }
}

/// What is kept in the system's store: a refresh token, with the client and the authority that
/// it belongs to. It is sent nowhere else.
#[derive(Deserialize, Serialize)]
pub struct Kept {
    pub(super) client_id: String,
    pub(super) authority: String,
    /// The directory that the person signed in to.
    pub tenant: String,
    pub(super) refresh_token: String,
    /// The sign-in name, to fill in where the person has to sign in again.
    #[serde(default)]
    pub account: String,
    /// The directories that were there the last time. They are asked at once, which is a head
    /// start and nothing more: what counts is the list that Azure gives.
    #[serde(default)]
    pub(super) tenants: Vec<String>,
    #[serde(default = "in_the_browser")]
    pub(super) way: Way,
}

/// What is kept without a way was kept before there was another.
fn in_the_browser() -> Way {
    Way::Browser
}

impl Kept {
    /// Reads what was kept. `None`: it belongs to another cloud or another client, or is none.
    pub fn read(kept: &str, authority: &str, client_id: &str) -> Option<Self> {
        let kept = serde_json::from_str::<Kept>(kept).ok()?;
        (kept.authority == authority && kept.client_id == client_id).then_some(kept)
    }
}
