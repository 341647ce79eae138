//! The sign-in of a developer's tool, which stays the tool's.

use std::sync::Arc;
use std::time::Duration;

use azure_core::credentials::AccessToken;
use azure_identity::Executor;
use tokio::sync::Mutex;

use crate::developer_tools;
use crate::failure::Failure;
use crate::http::Http;
use crate::sign_in::Claims;
use crate::snapshot::Tool;

/// For so long a tool is taken to be signed in as whom it was last seen signed in as.
const TRUSTED: Duration = Duration::from_secs(60);

/// The tool, and whom it was signed in as when it was borrowed.
#[derive(Clone)]
pub(super) struct Borrowed {
    pub(super) tool: Tool,
    executor: Arc<dyn Executor>,
    person: Arc<Claims>,
    /// When it was last seen that the tool is still theirs, by `Clock::elapsed`.
    seen: Arc<Mutex<Duration>>,
}

impl Borrowed {
    /// The sign-in of a tool that named this person at `seen`.
    pub(super) fn new(
        tool: Tool,
        executor: Arc<dyn Executor>,
        person: Claims,
        seen: Duration,
    ) -> Self {
        Borrowed { tool, executor, person: Arc::new(person), seen: Arc::new(Mutex::new(seen)) }
    }

    /// A token of `tenant` for `scope`.
    ///
    /// # Errors
    /// `ToolChangedPerson` where the tool is signed in as somebody else by now.
    pub(super) async fn issue(
        &self,
        http: &Http,
        tenant: &str,
        scope: &'static str,
    ) -> Result<AccessToken, Failure> {
        let token = self.get_token(tenant, scope);
        if tenant.eq_ignore_ascii_case(&self.person.tid) {
            let token = token.await?;
            developer_tools::check_person(self.tool, &self.person, &token)?;
            return Ok(token);
        }
        let (token, still_theirs) = tokio::join!(token, self.check_at_home(http));
        still_theirs?;
        token
    }

    /// A token of another directory does not say whose it is: the same person has another object
    /// id there, and perhaps another name. Their own directory does.
    async fn check_at_home(&self, http: &Http) -> Result<(), Failure> {
        let mut seen = self.seen.lock().await;
        if http.clock().elapsed().saturating_sub(*seen) < TRUSTED {
            return Ok(());
        }
        let scope = http.cloud().resource_manager_scope();
        let token = self.get_token(&self.person.tid, scope).await?;
        developer_tools::check_person(self.tool, &self.person, &token)?;
        *seen = http.clock().elapsed();
        Ok(())
    }

    async fn get_token(&self, tenant: &str, scope: &'static str) -> Result<AccessToken, Failure> {
        developer_tools::get_token(self.tool, Some(tenant), scope, self.executor.clone()).await
    }
}
