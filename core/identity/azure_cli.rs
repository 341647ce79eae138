//! The sign-in of the Azure CLI, borrowed.

use std::sync::Arc;

use azure_core::credentials::{AccessToken, TokenCredential};
use azure_identity::{AzureCliCredential, AzureCliCredentialOptions, Executor};

use super::Identity;
use crate::diagnosis::{self, Asked, Evidence};
use crate::failure::Failure;
use crate::http::Http;
use crate::snapshot::{Tool, ToolSignIn};

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

/// A token of a tenant, or of the tenant that the Azure CLI is set to.
pub(super) async fn get_token(
    tenant: Option<&str>,
    scope: &str,
    executor: Arc<dyn Executor>,
) -> Result<AccessToken, Failure> {
    let asked_for = tenant.map(|tenant| (tenant, scope));
    let options = AzureCliCredentialOptions {
        tenant_id: tenant.map(str::to_owned),
        executor: Some(executor),
        ..Default::default()
    };
    let credential =
        AzureCliCredential::new(Some(options)).map_err(|error| failure_in(&error, asked_for))?;
    credential.get_token(&[scope], None).await.map_err(|error| failure_in(&error, asked_for))
}

/// What the Azure CLI printed, with the directory and the scope that it was asked for.
fn failure_in(error: &azure_core::Error, asked_for: Option<(&str, &str)>) -> Failure {
    let text = error.to_string();
    let said = text.trim_start_matches("AzureCliCredential authentication failed. ");
    let evidence = Evidence::text(said)
        .asked(Asked::Tool)
        .given("reason", said.lines().next().unwrap_or_default());
    let known = asked_for.map(|(tenant, scope)| [("az_tenant", tenant), ("az_scope", scope)]);
    diagnosis::explain(&evidence, known.as_ref().map_or(&[], |known| known.as_slice()))
        .detail("cause", &text)
}
