//! What a cloud says of itself: the endpoints that a client needs to know, without a token.

use http::StatusCode;
use serde_json::{Value, json};

use crate::address::Addresses;
use crate::answer::Answer;
use crate::token::GRAPH_AUDIENCE;

/// `GET /metadata/endpoints`: one object, or a list of clouds in the version of 2019.
pub(super) fn read(version: &str, addresses: &Addresses) -> Answer {
    let cloud = describe(addresses);
    let body = if version == "2019-05-01" { json!([cloud]) } else { cloud };
    Answer::json(StatusCode::OK, &body)
}

fn describe(addresses: &Addresses) -> Value {
    json!({
        "portal": "https://portal.azure.com",
        "authentication": {
            "loginEndpoint": addresses.authority,
            "audiences": ["https://management.core.windows.net/", "https://management.azure.com/"],
            "tenant": "common",
            "identityProvider": "AAD",
        },
        "graphAudience": format!("{GRAPH_AUDIENCE}/"),
        "graph": addresses.graph,
        "microsoftGraphResourceId": format!("{}/", addresses.graph),
        "name": "AzureCloud",
        "suffixes": {
            "acrLoginServer": "azurecr.io",
            "keyVaultDns": "vault.azure.net",
            "mhsmDns": "managedhsm.azure.net",
            "sqlServerHostname": "database.windows.net",
            "storage": "core.windows.net",
        },
        "resourceManager": format!("{}/", addresses.arm),
    })
}
