//! Whoever is signed in: tokens per tenant and scope, from a sign-in of their own or borrowed from
//! a tool.
//!
//! Every source is a `TokenCredential`. This file adds what the credentials leave out: a cache, one
//! request for many callers, the rule for a 401, and which answer a token came from.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use azure_core::credentials::{AccessToken, Secret};
use azure_identity::Executor;

use crate::challenge::{Challenge, ClaimsRequest};
use crate::cloud::{DEVELOPER_CLIENT, Service};
use crate::developer_tools;
use crate::diagnosis;
use crate::failure::{Action, Code, Failure};
use crate::http::{Answer, Cause, Http, Request, StreamedAnswer};
use crate::sign_in::{self, Application, Claims, HomeAccount, Tokens};
use crate::snapshot::{Tool, Way};

mod borrowed;
mod own;
mod tokens;
mod tools;

pub use own::Kept;
pub use tools::find_tools;

use borrowed::Borrowed;
use own::Own;
use tokens::TokenCache;

/// Directories that are remembered as a head start: a store takes little.
const HEAD_START: usize = 24;

/// Somebody who is signed in.
pub struct Identity {
    http: Arc<Http>,
    home: Claims,
    home_account: Option<HomeAccount>,
    tokens: Arc<TokenCache>,
    /// Directories that are likely the person's, see [`Kept`].
    tenants: Mutex<Vec<String>>,
    /// Names of directories, by their ids in lower case.
    names: Mutex<HashMap<String, String>>,
    inference_scope: AtomicUsize,
}

/// Where tokens come from.
#[derive(Clone)]
enum Source {
    Own(Own),
    Tool(Borrowed),
}

#[derive(Clone)]
struct Issued {
    token: AccessToken,
    cause: Cause,
    /// What it was asked to hold.
    claims: Option<ClaimsRequest>,
}

impl Issued {
    /// Whether this is that very token.
    fn is(&self, other: &Issued) -> bool {
        self.token.token.secret() == other.token.token.secret()
    }
}

impl Identity {
    /// The person who has just signed in this way.
    pub fn from_sign_in(
        http: Arc<Http>,
        way: Way,
        client_id: String,
        tokens: Tokens,
    ) -> Result<Self, Failure> {
        let refresh = tokens.refresh.clone().ok_or_else(no_refresh_token)?;
        let own = Own::new(way, client_id, refresh, tokens.cause.clone());
        let cache = TokenCache::new(http.clone(), Source::Own(own));
        Ok(Self::with(http, Arc::new(cache), tokens, Vec::new()))
    }

    /// The person whose sign-in was kept on an earlier day. The directories of that day are asked
    /// for tokens at once, side by side with the home directory.
    pub async fn from_kept(http: Arc<Http>, kept: Kept) -> Result<Self, Failure> {
        let token = Secret::new(kept.refresh_token);
        let own = Own::new(kept.way, kept.client_id.clone(), token.clone(), Cause::none());
        let cache = Arc::new(TokenCache::new(http.clone(), Source::Own(own.clone())));
        let scope = http.cloud().resource_manager_scope();
        let chat = http.cloud().inference_scopes()[0];
        cache.ask_early(&kept.tenant, chat);
        for tenant in kept.tenants.iter().filter(|tenant| **tenant != kept.tenant) {
            cache.ask_early(tenant, scope);
            cache.ask_early(tenant, chat);
        }
        let application = Application {
            client_id: kept.client_id,
            tenant: kept.tenant,
            scope,
            account: None,
            claims: None,
        };
        let tokens = sign_in::refresh(&http, &application, &token, Cause::none()).await?;
        if let Some(newer) = tokens.refresh.clone() {
            own.adopt(newer, Cause::none());
        }
        Ok(Self::with(http, cache, tokens, kept.tenants))
    }

    /// The person whom a tool is signed in with. `offered` is the account that the person chose;
    /// the tool may be used beside Keyless.
    pub async fn from_tool(
        http: Arc<Http>,
        tool: Tool,
        executor: Arc<dyn Executor>,
        offered: Option<&str>,
    ) -> Result<Self, Failure> {
        let scope = http.cloud().resource_manager_scope();
        let token = developer_tools::get_token(tool, None, scope, executor.clone()).await?;
        let claims = developer_tools::read_person(tool, http.cloud(), &token)?;
        if let Some(known) = offered.filter(|known| !known.eq_ignore_ascii_case(claims.account())) {
            return Err(developer_tools::changed_person(tool, claims.account(), known));
        }
        let borrowed = Borrowed::new(tool, executor, claims.clone(), http.clock().elapsed());
        let source = Source::Tool(borrowed);
        let cache = Arc::new(TokenCache::new(http.clone(), source));
        let tokens = Tokens {
            access: token.token,
            expires_on: token.expires_on,
            refresh: None,
            claims,
            home_account: None,
            scope,
            cause: Cause::none(),
        };
        Ok(Self::with(http, cache, tokens, Vec::new()))
    }

    fn with(http: Arc<Http>, cache: Arc<TokenCache>, tokens: Tokens, tenants: Vec<String>) -> Self {
        let token = AccessToken::new(tokens.access, tokens.expires_on);
        let first = Issued { token, cause: tokens.cause, claims: None };
        cache.put(&tokens.claims.tid, tokens.scope, first);
        Identity {
            home: tokens.claims,
            home_account: tokens.home_account,
            tokens: cache,
            tenants: Mutex::new(tenants),
            names: Mutex::default(),
            inference_scope: AtomicUsize::new(0),
            http,
        }
    }

    /// Takes in the tokens of another sign-in of the same person, for the directory that it was
    /// made in; the newest refresh token serves every directory from now on. `claims` is what the
    /// token was asked to hold.
    ///
    /// Fails where somebody else signed in, and changes nothing then.
    pub fn adopt(
        &self,
        way: Way,
        client_id: String,
        tokens: Tokens,
        claims: Option<ClaimsRequest>,
    ) -> Result<(), Failure> {
        if !self.is_same_person(&tokens) {
            return Err(Failure::new(Code::AnotherAccount)
                .with("account", tokens.claims.account())
                .with("known", self.home.account())
                .offer(Action::TryAgain)
                .offer(Action::SwitchAccount));
        }
        let tenant = tokens.claims.tid;
        let refresh = tokens.refresh.ok_or_else(no_refresh_token)?;
        match self.tokens.source() {
            Source::Own(own) => own.adopt(refresh, tokens.cause.clone()),
            // A tool keeps its own sign-in; this directory is reached by the new one.
            Source::Tool(_) => {
                let own = Own::new(way, client_id, refresh, tokens.cause.clone());
                self.tokens.reach(&tenant, own);
            }
        }
        let token = AccessToken::new(tokens.access, tokens.expires_on);
        let issued = Issued { token, cause: tokens.cause, claims };
        self.tokens.put(&tenant, tokens.scope, issued);
        Ok(())
    }

    /// By the object ids where both name one of the same directory, else by the sign-in name.
    fn is_same_person(&self, tokens: &Tokens) -> bool {
        let ids = |claims: &Claims, account: &Option<HomeAccount>| {
            let home = account.as_ref().map(|home| (home.utid.clone(), home.uid.clone()));
            [Some((claims.tid.clone(), claims.oid.clone())), home].into_iter().flatten()
        };
        let known: HashMap<String, String> = ids(&self.home, &self.home_account).collect();
        let mut shared = ids(&tokens.claims, &tokens.home_account)
            .filter_map(|(tid, oid)| known.get(&tid).map(|known| *known == oid))
            .peekable();
        match shared.peek() {
            Some(_) => shared.all(|same| same),
            None => {
                let account = self.home.account();
                !account.is_empty() && account.eq_ignore_ascii_case(tokens.claims.account())
            }
        }
    }

    /// How they signed in.
    pub fn way(&self) -> Way {
        match self.tokens.source() {
            Source::Own(own) => own.way,
            Source::Tool(borrowed) => borrowed.tool.way(),
        }
    }

    /// The organization's own application that signed them in; none where it is Microsoft's.
    pub fn own_client(&self) -> Option<&str> {
        match self.tokens.source() {
            Source::Own(own) if own.client_id != DEVELOPER_CLIENT => Some(&own.client_id),
            _ => None,
        }
    }

    /// Who they are in the directory that they signed in to.
    pub fn home(&self) -> &Claims {
        &self.home
    }

    /// Whether they are at home in another directory than the one that they signed in to; `None`
    /// where Entra did not say.
    pub fn is_guest(&self) -> Option<bool> {
        let account = self.home_account.as_ref()?;
        Some(!account.utid.eq_ignore_ascii_case(&self.home.tid))
    }

    /// Directories that are likely the person's: those of an earlier day.
    pub fn likely_tenants(&self) -> Vec<String> {
        self.tenants.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Remembers the person's directories, as a head start for the next day.
    pub fn remember_tenants(&self, tenants: impl Iterator<Item = String>) {
        let tenants = tenants.take(HEAD_START).collect();
        *self.tenants.lock().unwrap_or_else(PoisonError::into_inner) = tenants;
    }

    /// The name of a directory, where it was heard of.
    pub fn name_of_tenant(&self, tenant: &str) -> Option<String> {
        let names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        names.get(&tenant.to_ascii_lowercase()).cloned()
    }

    /// Remembers the name of a directory while the window is open.
    pub fn remember_name(&self, tenant: &str, name: &str) {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        names.insert(tenant.to_ascii_lowercase(), name.to_owned());
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
        read_claims(issued.token.token.secret())
    }

    /// The scope of the data plane's tokens: the one that worked, at first the older name, which
    /// every endpoint and every cloud knows.
    pub fn inference_scope(&self) -> &'static str {
        let scopes = self.http.cloud().inference_scopes();
        scopes[self.inference_scope.load(Ordering::Relaxed).min(scopes.len() - 1)]
    }

    /// Gets a token of the data plane before it is needed, under the newer name where the tenant
    /// does not know the older one (AADSTS500011).
    pub async fn prepare_inference(&self, tenant: &str, cause: &Cause) -> Result<(), Failure> {
        let first = self.inference_scope();
        let scopes = self.http.cloud().inference_scopes().iter().copied();
        let others = scopes.filter(|scope| *scope != first);
        let mut outcome = self.token(tenant, first, cause).await.map(|_| ());
        for scope in others {
            match &outcome {
                Err(failure) if failure.code == Code::ServiceUnknownToDirectory => {
                    outcome = self.token(tenant, scope, cause).await.map(|_| ());
                }
                _ => break,
            }
        }
        outcome
    }

    /// Who the data plane takes them for in `tenant`.
    pub async fn inference_claims(&self, tenant: &str, cause: &Cause) -> Result<Claims, Failure> {
        self.prepare_inference(tenant, cause).await?;
        let issued = self.token(tenant, self.inference_scope(), cause).await?;
        read_claims(issued.token.token.secret())
    }

    /// Forgets the token of the data plane, so that the next one knows of new groups and roles.
    pub async fn renew_inference(&self, tenant: &str) {
        self.tokens.clear(tenant, self.inference_scope()).await;
    }

    /// Sends a request to Azure Resource Manager or Microsoft Graph with a token of `tenant`.
    ///
    /// A 401 is decided by what it says: a challenge is answered silently where Entra lets us and
    /// asks for a stronger sign-in where not, a refused token is renewed, each once; anything else
    /// is an answer.
    pub async fn send(&self, tenant: &str, request: Request) -> Result<Answer, Failure> {
        let cloud = self.http.cloud();
        let scope = match request.service() {
            Service::Graph => cloud.graph_scope(),
            _ => cloud.resource_manager_scope(),
        };
        let (mut proved, mut renewed) = (false, false);
        loop {
            let issued = self.token(tenant, scope, &Cause::none()).await?;
            let request = request.clone().caused_by(&issued.cause);
            let answer = self.http.send(&request, Some(issued.token.token.secret())).await?;
            if let Some(claims) = answer.claims_challenge() {
                let challenge = challenge(tenant, scope, request.service(), claims);
                self.prove(challenge, &issued, &answer, proved).await?;
                proved = true;
            } else if answer.refuses_token() && !renewed {
                self.tokens.forget(tenant, scope, &issued).await;
                renewed = true;
            } else {
                return Ok(answer);
            }
        }
    }

    /// Sends a request to the data plane with a token of `tenant`, and streams a success.
    ///
    /// Where the token is refused, a new one and then the newer scope are tried, each once; a
    /// challenge is answered as [`Identity::send`] does.
    pub async fn open(
        &self,
        tenant: &str,
        request: Request,
    ) -> Result<Result<StreamedAnswer, Answer>, Failure> {
        debug_assert_eq!(request.service(), Service::Inference);
        let scopes = self.http.cloud().inference_scopes();
        let first = self.inference_scope.load(Ordering::Relaxed);
        let others = (0..scopes.len()).filter(|index| *index != first);
        let (mut refused, mut unknown) = (None, None);
        for index in std::iter::once(first).chain(others) {
            match self.open_as(tenant, scopes[index], index == first, &request).await {
                Ok(Ok(answer)) => {
                    self.inference_scope.store(index, Ordering::Relaxed);
                    return Ok(Ok(answer));
                }
                Ok(Err(answer)) if answer.refuses_token() => refused = Some(answer),
                Ok(Err(answer)) => return Ok(Err(answer)),
                // A directory may know only one of the two resources (AADSTS500011).
                Err(failure)
                    if failure.code == Code::ServiceUnknownToDirectory && refused.is_none() =>
                {
                    unknown = Some(failure);
                }
                // The newer scope is a second chance: where it is not to be had, the answer to
                // the first one stands.
                Err(failure) => return refused.map_or(Err(failure), |answer| Ok(Err(answer))),
            }
        }
        match (refused, unknown) {
            (Some(answer), _) => Ok(Err(answer)),
            (None, Some(failure)) => Err(failure),
            (None, None) => Err(Failure::new(Code::SignInExpired).offer(Action::SignIn)),
        }
    }

    async fn open_as(
        &self,
        tenant: &str,
        scope: &'static str,
        may_renew: bool,
        request: &Request,
    ) -> Result<Result<StreamedAnswer, Answer>, Failure> {
        let (mut proved, mut renewed) = (false, !may_renew);
        loop {
            let issued = self.token(tenant, scope, &Cause::none()).await?;
            let request = request.clone().caused_by(&issued.cause);
            let token = issued.token.token.secret();
            let answer = match self.http.open(&request, Some(token)).await? {
                Ok(answer) => return Ok(Ok(answer)),
                Err(answer) => answer,
            };
            if let Some(claims) = answer.claims_challenge() {
                let challenge = challenge(tenant, scope, Service::Inference, claims);
                self.prove(challenge, &issued, &answer, proved).await?;
                proved = true;
            } else if answer.refuses_token() && !renewed {
                self.tokens.forget(tenant, scope, &issued).await;
                renewed = true;
            } else {
                return Ok(Err(answer));
            }
        }
    }

    /// What the system's store keeps of this sign-in; nothing where it is borrowed.
    pub fn keep(&self) -> Option<crate::secrets::Secret> {
        let Source::Own(own) = self.tokens.source() else {
            return None;
        };
        let kept = Kept {
            client_id: own.client_id.clone(),
            authority: self.http.cloud().authority().to_owned(),
            tenant: self.home.tid.clone(),
            refresh_token: own.token().secret().to_owned(),
            account: self.home.account().to_owned(),
            tenants: self.likely_tenants(),
            way: own.way,
        };
        serde_json::to_string(&kept).ok().map(crate::secrets::Secret::new)
    }

    /// Gets a token with the claims of a challenge silently; the request that met it is sent again
    /// with that token.
    ///
    /// # Errors
    /// `ProofNeeded`, with the challenge, where only the person can answer it, and where a token
    /// that was asked for with these claims is challenged again.
    async fn prove(
        &self,
        challenge: Challenge,
        refused: &Issued,
        answer: &Answer,
        proved: bool,
    ) -> Result<(), Failure> {
        if proved || refused.claims == challenge.claims {
            self.tokens.forget(&challenge.tenant, challenge.scope, refused).await;
            return Err(self.proof_needed(challenge, answer));
        }
        match self.tokens.prove(&challenge, refused, &answer.cause).await {
            Some(Ok(())) => Ok(()),
            Some(Err(failure)) if failure.challenge().is_none() => Err(failure),
            _ => Err(self.proof_needed(challenge, answer)),
        }
    }

    fn proof_needed(&self, challenge: Challenge, answer: &Answer) -> Failure {
        let encoded = challenge.claims.as_ref().map(ClaimsRequest::to_base64).unwrap_or_default();
        let names = match self.tokens.source() {
            Source::Own(_) => None,
            // What was borrowed cannot answer a challenge; its owner can.
            Source::Tool(Borrowed { tool, .. }) => Some(match tool {
                Tool::AzureCli => (tool, ["az_tenant", "az_scope", "az_challenge"]),
                Tool::AzureDeveloperCli => (tool, ["azd_tenant", "azd_scope", "azd_challenge"]),
            }),
        };
        let mut known = Vec::new();
        if let Some((tool, [tenant, scope, claims])) = names {
            known.push(("tool", tool.name()));
            known.extend([(tenant, &*challenge.tenant), (scope, challenge.scope)]);
            known.push((claims, &encoded));
        }
        let evidence = answer.evidence().borrowed(self.way().is_borrowed());
        answer.describe(diagnosis::explain(&evidence, &known)).challenged(challenge)
    }

    async fn token(
        &self,
        tenant: &str,
        scope: &'static str,
        cause: &Cause,
    ) -> Result<Issued, Failure> {
        self.tokens.token(tenant, scope, cause).await
    }
}

/// Whom a token is about.
fn read_claims(token: &str) -> Result<Claims, Failure> {
    Claims::of(token).filter(|claims| !claims.oid.is_empty()).ok_or_else(|| {
        Failure::new(Code::UnexpectedAnswer).with("host", "Microsoft Entra").offer(Action::SignIn)
    })
}

fn no_refresh_token() -> Failure {
    Failure::new(Code::UnexpectedAnswer)
        .with("host", "Microsoft Entra")
        .detail("cause", "the answer has no refresh token")
        .offer(Action::SignIn)
}

fn challenge(
    tenant: &str,
    scope: &'static str,
    service: Service,
    claims: ClaimsRequest,
) -> Challenge {
    Challenge { tenant: tenant.to_owned(), scope, service, claims: Some(claims) }
}
