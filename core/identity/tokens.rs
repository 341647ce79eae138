//! The tokens at hand, by tenant and scope: one request for many callers.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use time::Duration;
use tokio::task::JoinHandle;

use super::own::Own;
use super::{Issued, Source};
use crate::challenge::Challenge;
use crate::failure::Failure;
use crate::http::{Cause, Http};

/// A token is renewed this long before it ends.
const MARGIN: Duration = Duration::minutes(5);

/// The tokens at hand.
pub(super) struct TokenCache {
    http: Arc<Http>,
    source: Source,
    /// Tenants that are reached by a sign-in of their own, beside a borrowed one.
    elsewhere: Mutex<HashMap<String, Source>>,
    slots: Mutex<HashMap<Key, Arc<tokio::sync::Mutex<Slot>>>>,
}

type Key = (String, &'static str);

#[derive(Default)]
struct Slot {
    issued: Option<Issued>,
    early: Option<Early>,
}

/// A request that was sent before anybody needed its answer; whoever comes first takes it.
struct Early(JoinHandle<Result<Issued, Failure>>);

impl Drop for Early {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl TokenCache {
    pub(super) fn new(http: Arc<Http>, source: Source) -> Self {
        TokenCache { http, source, elsewhere: Mutex::default(), slots: Mutex::default() }
    }

    pub(super) fn source(&self) -> &Source {
        &self.source
    }

    /// Reaches `tenant` by this sign-in from now on.
    pub(super) fn reach(&self, tenant: &str, own: Own) {
        lock(&self.elsewhere).insert(tenant.to_ascii_lowercase(), Source::Own(own));
    }

    /// Puts a token in its place.
    pub(super) fn put(&self, tenant: &str, scope: &'static str, issued: Issued) {
        let slot = Slot { issued: Some(issued), early: None };
        let key = (tenant.to_ascii_lowercase(), scope);
        lock(&self.slots).insert(key, Arc::new(tokio::sync::Mutex::new(slot)));
    }

    /// Asks for a token before it is needed.
    pub(super) fn ask_early(&self, tenant: &str, scope: &'static str) {
        let Source::Own(own) = self.source_of(tenant) else { return };
        let (http, tenant) = (self.http.clone(), tenant.to_ascii_lowercase());
        let key = (tenant.clone(), scope);
        let early =
            tokio::spawn(
                async move { own.issue(&http, &tenant, scope, None, &Cause::none()).await },
            );
        let slot = Slot { issued: None, early: Some(Early(early)) };
        lock(&self.slots).insert(key, Arc::new(tokio::sync::Mutex::new(slot)));
    }

    pub(super) async fn token(
        &self,
        tenant: &str,
        scope: &'static str,
        cause: &Cause,
    ) -> Result<Issued, Failure> {
        let slot = self.slot(tenant, scope);
        let mut slot = slot.lock().await;
        let fresh = slot
            .issued
            .as_ref()
            .filter(|issued| issued.token.expires_on.saturating_sub(MARGIN) > self.http.now());
        if let Some(issued) = fresh {
            return Ok(issued.clone());
        }
        let early = match slot.early.take() {
            Some(mut early) => (&mut early.0).await.ok(),
            None => None,
        };
        let issued = match early {
            Some(early) => early?,
            None => self.issue(tenant, scope, cause).await?,
        };
        slot.issued = Some(issued.clone());
        Ok(issued)
    }

    /// Forgets a token.
    pub(super) async fn clear(&self, tenant: &str, scope: &'static str) {
        *self.slot(tenant, scope).lock().await = Slot::default();
    }

    /// Forgets a token that was refused, unless another caller has renewed it meanwhile.
    pub(super) async fn forget(&self, tenant: &str, scope: &'static str, refused: &Issued) {
        let slot = self.slot(tenant, scope);
        let mut slot = slot.lock().await;
        if slot.issued.as_ref().is_some_and(|issued| issued.is(refused)) {
            *slot = Slot::default();
        }
    }

    /// Gets a token with the claims of a challenge in place of the one that met it, unless another
    /// caller has done so meanwhile. `None`: a tool cannot ask for claims.
    pub(super) async fn prove(
        &self,
        challenge: &Challenge,
        refused: &Issued,
        cause: &Cause,
    ) -> Option<Result<(), Failure>> {
        let Challenge { tenant, scope, claims, .. } = challenge;
        let slot = self.slot(tenant, scope);
        let mut slot = slot.lock().await;
        if slot.issued.as_ref().is_some_and(|issued| !issued.is(refused)) {
            return Some(Ok(()));
        }
        *slot = Slot::default();
        let Source::Own(own) = self.source_of(tenant) else { return None };
        let issued = own.issue(&self.http, tenant, scope, claims.as_ref(), cause).await;
        Some(issued.map(|issued| slot.issued = Some(issued)))
    }

    async fn issue(
        &self,
        tenant: &str,
        scope: &'static str,
        cause: &Cause,
    ) -> Result<Issued, Failure> {
        match self.source_of(tenant) {
            Source::Own(own) => own.issue(&self.http, tenant, scope, None, cause).await,
            Source::Tool(borrowed) => {
                let token = borrowed.issue(&self.http, tenant, scope).await;
                let token = token.map_err(|it| it.challenged(self.sign_in_for(tenant, scope)))?;
                Ok(Issued { token, cause: cause.clone(), claims: None })
            }
        }
    }

    /// The sign-in in the browser that gets a token which a tool does not give.
    fn sign_in_for(&self, tenant: &str, scope: &'static str) -> Challenge {
        let service = self.http.cloud().service_of(scope);
        Challenge { tenant: tenant.to_owned(), scope, service, claims: None }
    }

    fn source_of(&self, tenant: &str) -> Source {
        let elsewhere = lock(&self.elsewhere).get(&tenant.to_ascii_lowercase()).cloned();
        elsewhere.unwrap_or_else(|| self.source.clone())
    }

    fn slot(&self, tenant: &str, scope: &'static str) -> Arc<tokio::sync::Mutex<Slot>> {
        lock(&self.slots).entry((tenant.to_ascii_lowercase(), scope)).or_default().clone()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
