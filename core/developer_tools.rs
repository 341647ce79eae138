//! The developer's own tools: `az` and `azd`, whose sign-in can be borrowed.

use std::error::Error as _;
use std::ffi::OsStr;
use std::io;
use std::process::Output;
use std::sync::Arc;

use async_trait::async_trait;
use azure_core::credentials::{AccessToken, TokenCredential};
use azure_identity::{
    AzureCliCredential, AzureCliCredentialOptions, AzureDeveloperCliCredential,
    AzureDeveloperCliCredentialOptions, Executor,
};

use crate::cloud::Cloud;
use crate::diagnosis::{self, Asked, Evidence, State};
use crate::failure::{Action, Code, Failure};
use crate::sign_in::Claims;
use crate::snapshot::Tool;

mod process;
mod said;

pub use process::HiddenProcess;

/// A token of `tenant`, or of the tenant that the tool is set to.
pub async fn get_token(
    tool: Tool,
    tenant: Option<&str>,
    scope: &str,
    executor: Arc<dyn Executor>,
) -> Result<AccessToken, Failure> {
    let explain = |error: azure_core::Error| failure_in(tool, tenant, scope, &error);
    let credential = credential_of(tool, tenant, executor).map_err(explain)?;
    credential.get_token(&[scope], None).await.map_err(explain)
}

/// The person that a tool's token for Azure Resource Manager names.
///
/// An application that the tool is signed in as is nobody to assign a role to here, and a token
/// of another cloud opens nothing in this one.
pub fn read_person(tool: Tool, cloud: &Cloud, token: &AccessToken) -> Result<Claims, Failure> {
    let refuse = |state| {
        let evidence = Evidence::state(state).asked(Asked::Tool).given("tool", tool.name());
        let known = match tool {
            Tool::AzureCli => [("az_cloud", cloud.row().azure_cli)],
            Tool::AzureDeveloperCli => [("azd_cloud", cloud.row().azure_cli)],
        };
        Err(diagnosis::explain(&evidence, &known))
    };
    let Some(claims) = Claims::of(token.token.secret()) else {
        return refuse(State::ToolNamesNobody);
    };
    if cloud.is_elsewhere(&claims.aud) {
        return refuse(State::ToolInAnotherCloud);
    }
    // A service principal and a managed identity have ids and no sign-in name.
    match [claims.oid.as_str(), &claims.tid, claims.account()].contains(&"") {
        true => refuse(State::ToolNamesNobody),
        false => Ok(claims),
    }
}

/// Whether the tool is still signed in as this person: it may be used beside Keyless. Certain only
/// in the directory that `person` was read in, because everybody has another object id elsewhere.
///
/// # Errors
/// `ToolChangedPerson` where the token is somebody else's.
pub fn check_person(tool: Tool, person: &Claims, token: &AccessToken) -> Result<(), Failure> {
    let now = Claims::of(token.token.secret()).unwrap_or_default();
    let is_other = now.tid.eq_ignore_ascii_case(&person.tid)
        && !now.oid.is_empty()
        && !now.oid.eq_ignore_ascii_case(&person.oid);
    if !is_other {
        return Ok(());
    }
    let account = if now.account().is_empty() { &now.oid } else { now.account() };
    Err(changed_person(tool, account, person.account()))
}

/// The tool is signed in as `account`, where `known` was expected.
pub fn changed_person(tool: Tool, account: &str, known: &str) -> Failure {
    Failure::new(Code::ToolChangedPerson)
        .with("tool", tool.name())
        .with("account", account)
        .with("known", known)
        .offer(match tool {
            Tool::AzureCli => Action::BorrowAzureCli,
            Tool::AzureDeveloperCli => Action::BorrowAzureDeveloperCli,
        })
        .offer(Action::SignIn)
        .offer(Action::TryAgain)
}

fn credential_of(
    tool: Tool,
    tenant: Option<&str>,
    executor: Arc<dyn Executor>,
) -> azure_core::Result<Arc<dyn TokenCredential>> {
    let (tenant_id, executor) = (tenant.map(str::to_owned), Some(executor));
    Ok(match tool {
        Tool::AzureCli => AzureCliCredential::new(Some(AzureCliCredentialOptions {
            tenant_id,
            executor,
            ..Default::default()
        }))?,
        Tool::AzureDeveloperCli => {
            AzureDeveloperCliCredential::new(Some(AzureDeveloperCliCredentialOptions {
                tenant_id,
                executor,
            }))?
        }
    })
}

/// What the tool printed, with the directory and the scope that it was asked for.
fn failure_in(tool: Tool, tenant: Option<&str>, scope: &str, error: &azure_core::Error) -> Failure {
    let said = match stopped(error) {
        Some(reason) => reason,
        None => said::read(&error.to_string()),
    };
    let evidence = Evidence::text(&said)
        .asked(Asked::Tool)
        .given("tool", tool.name())
        .given("reason", said::summarise(&said));
    let known = match (tool, tenant) {
        (Tool::AzureCli, Some(tenant)) => vec![("az_tenant", tenant), ("az_scope", scope)],
        (Tool::AzureDeveloperCli, Some(tenant)) => {
            vec![("azd_tenant", tenant), ("azd_scope", scope)]
        }
        (_, None) => Vec::new(),
    };
    diagnosis::explain(&evidence, &known).detail("cause", said)
}

/// Why the process itself was given up, where it was.
fn stopped(error: &azure_core::Error) -> Option<String> {
    let mut next = error.source();
    while let Some(cause) = next {
        if let Some(io) = cause.downcast_ref::<io::Error>() {
            return Some(io.to_string());
        }
        next = cause.source();
    }
    None
}

/// A machine without the developer's tools: practice Azure has no `az`.
#[derive(Debug)]
pub struct NoTools;

#[async_trait]
impl Executor for NoTools {
    async fn run(&self, _: &OsStr, _: &[&OsStr]) -> io::Result<Output> {
        Err(io::Error::new(io::ErrorKind::NotFound, "practice Azure has no tools"))
    }
}
