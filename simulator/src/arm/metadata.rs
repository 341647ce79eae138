//! What a cloud says of itself: the endpoints that a client needs to know, without a token.

use http::StatusCode;
use serde_json::{Value, json};

use crate::address::Addresses;
use crate::answer::Answer;
use crate::cloud::Names;
use crate::site::Site;

/// `GET /metadata/endpoints`: one object, or a list of clouds in the version of 2019.
pub(super) fn read(version: &str, site: &Site) -> Answer {
    let cloud = describe(site.world().scenario.cloud.names(), &site.addresses);
    let body = if version == "2019-05-01" { json!([cloud]) } else { cloud };
    Answer::json(StatusCode::OK, &body)
}

fn describe(names: &Names, addresses: &Addresses) -> Value {
    let [registries, vaults, hsms, sql, storage] = names.suffixes;
    let audiences: Vec<String> =
        names.arm_audiences.iter().map(|audience| format!("{audience}/")).collect();
    json!({
        "portal": names.portal,
        "authentication": {
            "loginEndpoint": addresses.authority,
            "audiences": audiences,
            "tenant": "common",
            "identityProvider": "AAD",
        },
        "graphAudience": format!("{}/", names.graph_audience),
        "graph": addresses.graph,
        "microsoftGraphResourceId": format!("{}/", addresses.graph),
        "name": names.name,
        "suffixes": {
            "acrLoginServer": registries,
            "keyVaultDns": vaults,
            "mhsmDns": hsms,
            "sqlServerHostname": sql,
            "storage": storage,
        },
        "resourceManager": format!("{}/", addresses.arm),
    })
}
