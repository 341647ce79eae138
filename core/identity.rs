//! Whoever is signed in: tokens per tenant and scope, from the browser or borrowed from a tool.
//!
//! Both ways are `TokenCredential`s. This file adds what the credentials leave out: a cache, one
//! request for many callers, the rule for a 401, and which answer a token came from.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use azure_core::credentials::{AccessToken, Secret, TokenCredential, TokenRequestOptions};
use azure_core::http::{ClientMethodOptions, Context};
use azure_identity::{AzureCliCredential, AzureCliCredentialOptions, Executor};
use base64::Engine;
use serde::{Deserialize, Serialize};
use time::Duration;

use crate::cloud::{DEVELOPER_CLIENT, Service};
use crate::diagnosis::{self, Asked, Evidence};
use crate::failure::{Action, Code, Failure};
use crate::http::{Answer, Cause, Http, Request, StreamedAnswer};
use crate::sign_in::{self, Claims, Tokens};
use crate::snapshot::{Tool, ToolSignIn, Way};

/// A token is renewed this long before it ends.
const MARGIN: Duration = Duration::minutes(5);

/// Somebody who is signed in.
pub struct Identity {
    http: Arc<Http>,
    home: Claims,
    way: Way,
    source: Source,
    tokens: Mutex<HashMap<Key, Arc<tokio::sync::Mutex<Option<Issued>>>>>,
    inference_scope: AtomicUsize,
}

enum Source {
    Browser { client_id: String, refresh: Arc<Mutex<Refresh>> },
    AzureCli { executor: Arc<dyn Executor> },
}

type Key = (String, &'static str);

#[derive(Clone)]
struct Issued {
    token: AccessToken,
    cause: Cause,
}

struct Refresh {
    token: Secret,
    cause: Cause,
}

/// What is kept in the system's store: a refresh token, with the client and the authority that
/// it belongs to. It is sent nowhere else.
#[derive(Serialize, Deserialize)]
pub struct Kept {
    client_id: String,
    authority: String,
    tenant: String,
    refresh_token: String,
    #[serde(default = "in_the_browser")]
    way: Way,
}

/// What is kept without a way was kept before there was another.
fn in_the_browser() -> Way {
    Way::Browser
}

impl Identity {
    /// The person who has just signed in with the browser.
    pub fn from_browser(
        http: Arc<Http>,
        client_id: String,
        tokens: Tokens,
    ) -> Result<Self, Failure> {
        Identity::from_tokens(http, Way::Browser, client_id, tokens)
    }

    /// The person who has just signed in with a code.
    pub fn from_device_code(
        http: Arc<Http>,
        client_id: String,
        tokens: Tokens,
    ) -> Result<Self, Failure> {
        Identity::from_tokens(http, Way::DeviceCode, client_id, tokens)
    }

    fn from_tokens(
        http: Arc<Http>,
        way: Way,
        client_id: String,
        tokens: Tokens,
    ) -> Result<Self, Failure> {
        let refresh = tokens.refresh.ok_or_else(|| {
            Failure::new(Code::UnexpectedAnswer)
                .with("host", "Microsoft Entra")
                .detail("cause", "the answer has no refresh token")
                .offer(Action::SignIn)
        })?;
        let first = Issued {
            token: AccessToken::new(tokens.access, tokens.expires_on),
            cause: tokens.cause.clone(),
        };
        let refresh = Arc::new(Mutex::new(Refresh { token: refresh, cause: tokens.cause }));
        let key = (tokens.claims.tid.clone(), http.cloud().resource_manager_scope());
        Ok(Identity {
            way,
            source: Source::Browser { client_id, refresh },
            home: tokens.claims,
            tokens: Mutex::new(HashMap::from([(
                key,
                Arc::new(tokio::sync::Mutex::new(Some(first))),
            )])),
            inference_scope: AtomicUsize::new(0),
            http,
        })
    }

    /// The person whose sign-in was kept on an earlier day. `None`: it belongs to another cloud
    /// or another client.
    pub async fn from_kept(
        http: Arc<Http>,
        client_id: &str,
        kept: &str,
    ) -> Result<Option<Self>, Failure> {
        let Ok(kept) = serde_json::from_str::<Kept>(kept) else {
            return Ok(None);
        };
        if kept.authority != http.cloud().authority() || kept.client_id != client_id {
            return Ok(None);
        }
        let token = Secret::new(kept.refresh_token);
        let scope = http.cloud().resource_manager_scope();
        let mut tokens =
            sign_in::refresh(&http, client_id, &kept.tenant, scope, &token, Cause::none()).await?;
        tokens.refresh.get_or_insert(token);
        Identity::from_tokens(http, kept.way, client_id.to_owned(), tokens).map(Some)
    }

    /// The person whom the Azure CLI is signed in with.
    pub async fn from_azure_cli(
        http: Arc<Http>,
        executor: Arc<dyn Executor>,
    ) -> Result<Self, Failure> {
        let credential = azure_cli(None, executor.clone())?;
        let scope = http.cloud().resource_manager_scope();
        let token = credential
            .get_token(&[scope], None)
            .await
            .map_err(|error| cli_failure(&error, None))?;
        let home = Claims::of(token.token.secret())
            .filter(|claims| {
                // A service principal has ids and no sign-in name.
                [claims.oid.as_str(), &claims.tid, claims.account()]
                    .iter()
                    .all(|part| !part.is_empty())
            })
            .ok_or_else(|| {
                Failure::new(Code::AzureCliFailed)
                    .with("reason", "its token names no person")
                    .offer(Action::SignIn)
            })?;
        let issued = Issued { token, cause: Cause::none() };
        let key = (home.tid.clone(), scope);
        Ok(Identity {
            way: Way::AzureCli,
            source: Source::AzureCli { executor },
            home,
            tokens: Mutex::new(HashMap::from([(
                key,
                Arc::new(tokio::sync::Mutex::new(Some(issued))),
            )])),
            inference_scope: AtomicUsize::new(0),
            http,
        })
    }

    /// How they signed in.
    pub fn way(&self) -> Way {
        self.way
    }

    /// The organization's own application that signed them in; none where it is Microsoft's.
    pub fn own_client(&self) -> Option<&str> {
        match &self.source {
            Source::Browser { client_id, .. } if client_id != DEVELOPER_CLIENT => Some(client_id),
            _ => None,
        }
    }

    /// Who they are in their home directory.
    pub fn home(&self) -> &Claims {
        &self.home
    }

    /// The client that everything goes through.
    pub fn http(&self) -> &Arc<Http> {
        &self.http
    }

    /// Who they are in `tenant`: from a token that this tenant issued, because the same person
    /// has another object id in every directory.
    pub async fn claims_in(&self, tenant: &str, cause: &Cause) -> Result<Claims, Failure> {
        if tenant.eq_ignore_ascii_case(&self.home.tid) {
            return Ok(self.home.clone());
        }
        let issued = self.token(tenant, self.http.cloud().resource_manager_scope(), cause).await?;
        Claims::of(issued.token.token.secret()).filter(|claims| !claims.oid.is_empty()).ok_or_else(
            || {
                Failure::new(Code::UnexpectedAnswer)
                    .with("host", "Microsoft Entra")
                    .offer(Action::SignIn)
            },
        )
    }

    /// The scope of the data plane's tokens: the one that worked, at first the older name, which
    /// every endpoint and every cloud knows.
    pub fn inference_scope(&self) -> &'static str {
        let scopes = self.http.cloud().inference_scopes();
        scopes[self.inference_scope.load(Ordering::Relaxed).min(scopes.len() - 1)]
    }

    /// Gets a token of the data plane before it is needed.
    pub async fn prepare_inference(&self, tenant: &str, cause: &Cause) -> Result<(), Failure> {
        self.token(tenant, self.inference_scope(), cause).await.map(|_| ())
    }

    /// Forgets the token of the data plane, so that the next one knows of new groups and roles.
    pub async fn renew_inference(&self, tenant: &str) {
        self.forget(tenant, self.inference_scope()).await;
    }

    /// Sends a request to Azure Resource Manager with a token of `tenant`.
    ///
    /// A 401 is decided by what it says: a challenge asks for a stronger sign-in, a refused token
    /// is renewed once, anything else is an answer.
    pub async fn send(&self, tenant: &str, request: Request) -> Result<Answer, Failure> {
        let scope = self.http.cloud().resource_manager_scope();
        for last in [false, true] {
            let issued = self.token(tenant, scope, &Cause::none()).await?;
            let request = request.clone().caused_by(&issued.cause);
            let answer = self.http.send(&request, Some(issued.token.token.secret())).await?;
            if let Some(claims) = answer.claims_challenge() {
                return Err(self.proof_needed(tenant, &answer, &claims));
            }
            if last || !answer.refuses_token() {
                return Ok(answer);
            }
            self.forget(tenant, scope).await;
        }
        unreachable!("the second round returns")
    }

    /// Sends a request to the data plane with a token of `tenant`, and streams a success.
    ///
    /// Where the token is refused, a new one and then the newer scope are tried, each once.
    pub async fn open(
        &self,
        tenant: &str,
        request: Request,
    ) -> Result<Result<StreamedAnswer, Answer>, Failure> {
        debug_assert_eq!(request.service(), Service::Inference);
        let first = self.inference_scope.load(Ordering::Relaxed);
        let others =
            (0..self.http.cloud().inference_scopes().len()).filter(|index| *index != first);
        let mut choices = vec![(first, false), (first, true)];
        choices.extend(others.map(|index| (index, false)));
        let (mut refused, mut unknown) = (None, None);
        for (index, renew) in choices {
            let scope = self.http.cloud().inference_scopes()[index];
            if renew {
                self.forget(tenant, scope).await;
            }
            let issued = match self.token(tenant, scope, &Cause::none()).await {
                Ok(issued) => issued,
                // A directory may know only one of the two resources (AADSTS500011).
                Err(failure)
                    if failure.code == Code::ServiceUnknownToDirectory && refused.is_none() =>
                {
                    unknown = Some(failure);
                    continue;
                }
                // The newer scope is a second chance: where it is not to be had, the answer to
                // the first one stands.
                Err(failure) => return refused.map_or(Err(failure), |answer| Ok(Err(answer))),
            };
            let request = request.clone().caused_by(&issued.cause);
            let token = issued.token.token.secret();
            let answer = match self.http.open(&request, Some(token)).await? {
                Ok(answer) => {
                    self.inference_scope.store(index, Ordering::Relaxed);
                    return Ok(Ok(answer));
                }
                Err(answer) => answer,
            };
            if let Some(claims) = answer.claims_challenge() {
                return Err(self.proof_needed(tenant, &answer, &claims));
            }
            if !answer.refuses_token() {
                return Ok(Err(answer));
            }
            refused = Some(answer);
        }
        match (refused, unknown) {
            (Some(answer), _) => Ok(Err(answer)),
            (None, Some(failure)) => Err(failure),
            (None, None) => Err(Failure::new(Code::SignInExpired).offer(Action::SignIn)),
        }
    }

    /// What the system's store keeps of this sign-in; nothing where it is borrowed.
    pub fn keep(&self) -> Option<crate::secrets::Secret> {
        let Source::Browser { client_id, refresh } = &self.source else {
            return None;
        };
        let refresh = refresh.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = Kept {
            client_id: client_id.clone(),
            authority: self.http.cloud().authority().to_owned(),
            tenant: self.home.tid.clone(),
            refresh_token: refresh.token.secret().to_owned(),
            way: self.way,
        };
        serde_json::to_string(&kept).ok().map(crate::secrets::Secret::new)
    }

    /// The claims travel in the details: the next sign-in sends them back to Entra. That sign-in
    /// is to the home tenant, so it helps there only.
    fn proof_needed(&self, tenant: &str, answer: &Answer, claims: &str) -> Failure {
        let abroad = !tenant.eq_ignore_ascii_case(&self.home.tid);
        let challenge = base64::engine::general_purpose::STANDARD.encode(claims);
        let mut known = Vec::new();
        if self.way() == Way::AzureCli {
            // What was borrowed cannot answer a challenge; its owner can.
            known.extend([("az_tenant", tenant), ("az_challenge", &challenge)]);
        }
        let failure = diagnosis::explain(&answer.evidence().abroad(abroad), &known);
        answer.describe(failure).detail(CLAIMS, claims)
    }

    async fn token(
        &self,
        tenant: &str,
        scope: &'static str,
        cause: &Cause,
    ) -> Result<Issued, Failure> {
        let slot = self.slot(tenant, scope);
        let mut slot = slot.lock().await;
        let fresh = slot
            .as_ref()
            .filter(|issued| issued.token.expires_on - MARGIN > self.http.clock().now());
        if let Some(issued) = fresh {
            return Ok(issued.clone());
        }
        let issued = self.issue(tenant, scope, cause).await?;
        *slot = Some(issued.clone());
        Ok(issued)
    }

    async fn issue(
        &self,
        tenant: &str,
        scope: &'static str,
        cause: &Cause,
    ) -> Result<Issued, Failure> {
        match &self.source {
            Source::Browser { client_id, refresh } => {
                let credential = BrowserCredential {
                    http: self.http.clone(),
                    client_id: client_id.clone(),
                    tenant: tenant.to_owned(),
                    refresh: refresh.clone(),
                };
                let trail = Trail(Arc::new(Mutex::new(cause.clone())));
                let context = Context::new().with_value(trail.clone());
                let options =
                    TokenRequestOptions { method_options: ClientMethodOptions { context } };
                let token =
                    credential.get_token(&[scope], Some(options)).await.map_err(failure_in)?;
                Ok(Issued { token, cause: trail.get() })
            }
            Source::AzureCli { executor } => {
                let credential = azure_cli(Some(tenant.to_owned()), executor.clone())?;
                let token = credential
                    .get_token(&[scope], None)
                    .await
                    .map_err(|error| cli_failure(&error, Some((tenant, scope))))?;
                Ok(Issued { token, cause: cause.clone() })
            }
        }
    }

    async fn forget(&self, tenant: &str, scope: &'static str) {
        *self.slot(tenant, scope).lock().await = None;
    }

    fn slot(&self, tenant: &str, scope: &'static str) -> Arc<tokio::sync::Mutex<Option<Issued>>> {
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.entry((tenant.to_ascii_lowercase(), scope)).or_default().clone()
    }
}

/// The tools that are signed in, each with its account.
pub async fn find_tools(http: &Arc<Http>, executor: Arc<dyn Executor>) -> Vec<ToolSignIn> {
    match Identity::from_azure_cli(http.clone(), executor).await {
        Ok(identity) => {
            let account = identity.home().account().to_owned();
            vec![ToolSignIn { tool: Tool::AzureCli, account }]
        }
        Err(failure) => {
            tracing::info!(?failure.code, "no sign-in of the Azure CLI is offered");
            Vec::new()
        }
    }
}

/// A sign-in of the browser, for one tenant, as a credential like any other.
pub struct BrowserCredential {
    http: Arc<Http>,
    client_id: String,
    tenant: String,
    refresh: Arc<Mutex<Refresh>>,
}

impl std::fmt::Debug for BrowserCredential {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("BrowserCredential")
            .field("tenant", &self.tenant)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl TokenCredential for BrowserCredential {
    async fn get_token(
        &self,
        scopes: &[&str],
        options: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        let [scope] = scopes else {
            return Err(azure_core::Error::with_message(
                azure_core::error::ErrorKind::Credential,
                "one scope is required",
            ));
        };
        let trail =
            options.as_ref().and_then(|options| options.method_options.context.value::<Trail>());
        let (token, cause) = {
            let refresh = self.refresh.lock().unwrap_or_else(PoisonError::into_inner);
            let needed = trail.map(Trail::get).unwrap_or_default();
            (refresh.token.clone(), refresh.cause.and(&needed))
        };
        let tokens =
            sign_in::refresh(&self.http, &self.client_id, &self.tenant, scope, &token, cause)
                .await
                .map_err(|failure| {
                    azure_core::Error::new(azure_core::error::ErrorKind::Credential, failure)
                })?;
        if let Some(trail) = trail {
            trail.set(tokens.cause.clone());
        }
        if let Some(newer) = tokens.refresh {
            // Its cause stays the sign-in: a caller that comes later does not need this answer.
            self.refresh.lock().unwrap_or_else(PoisonError::into_inner).token = newer;
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

fn azure_cli(
    tenant_id: Option<String>,
    executor: Arc<dyn Executor>,
) -> Result<Arc<AzureCliCredential>, Failure> {
    let options =
        AzureCliCredentialOptions { tenant_id, executor: Some(executor), ..Default::default() };
    AzureCliCredential::new(Some(options)).map_err(|error| cli_failure(&error, None))
}

/// What the Azure CLI printed, with the directory and the scope that it was asked for.
fn cli_failure(error: &azure_core::Error, asked_for: Option<(&str, &str)>) -> Failure {
    let text = error.to_string();
    let said = text.trim_start_matches("AzureCliCredential authentication failed. ");
    let evidence = Evidence::text(said)
        .asked(Asked::Tool)
        .given("reason", said.lines().next().unwrap_or_default());
    let known = asked_for.map(|(tenant, scope)| [("az_tenant", tenant), ("az_scope", scope)]);
    diagnosis::explain(&evidence, known.as_ref().map_or(&[], |known| known.as_slice()))
        .detail("cause", &text)
}

fn failure_in(error: azure_core::Error) -> Failure {
    let text = error.to_string();
    match error.into_inner().map(|inner| inner.downcast::<Failure>()) {
        Ok(Ok(failure)) => *failure,
        _ => Failure::new(Code::SignInExpired).detail("cause", text).offer(Action::SignIn),
    }
}

/// The detail that holds the claims of a challenge.
pub const CLAIMS: &str = "claims";
