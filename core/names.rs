//! The names of groups: a courtesy of Microsoft Graph, without which everything works.
//!
//! Operation "directoryObject: getByIds", v1.0 (recorded: graph.getByIds__200).

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde_json::json;

use crate::cloud::Service;
use crate::failure::Failure;
use crate::http::{Cause, Request};
use crate::identity::Identity;

/// Nobody waits for a name longer than this.
const LIMIT: Duration = Duration::from_secs(20);
/// "directoryObject: getByIds" takes so many ids.
const MOST: usize = 1_000;

/// The names of these groups of a directory, by id in lower case, as far as Microsoft Graph tells
/// them: whoever is not answered goes on with the ids.
pub async fn name_groups(
    identity: &Identity,
    tenant: &str,
    ids: &[String],
) -> BTreeMap<String, String> {
    let asked = ask(identity, tenant, &ids[..ids.len().min(MOST)]);
    match identity.http().within(LIMIT, "Microsoft Graph", asked).await {
        Ok(names) => names,
        Err(failure) => {
            tracing::info!(code = ?failure.code, "the groups keep their ids");
            BTreeMap::new()
        }
    }
}

async fn ask(
    identity: &Identity,
    tenant: &str,
    ids: &[String],
) -> Result<BTreeMap<String, String>, Failure> {
    let url = identity.http().cloud().graph("v1.0/directoryObjects/getByIds");
    let body = json!({ "ids": ids, "types": ["group"] });
    let request = Request::query(Service::Graph, url, body, Cause::none());
    let answer = identity.send(tenant, request).await?;
    if !answer.status.is_success() {
        return Err(answer.failure(&[]));
    }
    let objects: Objects = answer.json()?;
    let named = objects.value.into_iter().filter_map(|it| Some((it.id, it.display_name?)));
    Ok(named.map(|(id, name)| (id.to_lowercase(), name)).collect())
}

#[derive(Deserialize)]
struct Objects {
    value: Vec<Object>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Object {
    id: String,
    display_name: Option<String>,
}
