//! The sign-ins of the developer's tools, found without asking.

use std::sync::Arc;

use azure_identity::Executor;

use super::Identity;
use crate::http::Http;
use crate::snapshot::{Tool, ToolSignIn};

/// The tools that are signed in, each with its account; told one by one as they are found, so
/// that none waits for a slower one.
pub async fn find_tools(
    http: &Arc<Http>,
    executor: Arc<dyn Executor>,
    on_found: impl Fn(ToolSignIn),
) -> Vec<ToolSignIn> {
    let look = async |tool| {
        let found = look_at(http, tool, executor.clone()).await?;
        on_found(found.clone());
        Some(found)
    };
    let found = tokio::join!(look(Tool::AzureCli), look(Tool::AzureDeveloperCli));
    [found.0, found.1].into_iter().flatten().collect()
}

async fn look_at(http: &Arc<Http>, tool: Tool, executor: Arc<dyn Executor>) -> Option<ToolSignIn> {
    match Identity::from_tool(http.clone(), tool, executor, None).await {
        Ok(identity) => Some(ToolSignIn { tool, account: identity.home().account().to_owned() }),
        Err(failure) => {
            let row = failure.details.iter().find(|detail| detail.name == "diagnosis");
            let row = row.map(|detail| detail.value.as_str());
            tracing::info!(?tool, ?failure.code, row, "no sign-in of this tool is offered");
            None
        }
    }
}
