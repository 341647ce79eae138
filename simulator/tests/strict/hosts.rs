//! The real names: TLS that a client can verify, and the service by the host.

use std::net::SocketAddr;

use reqwest::{Certificate, Client};
use serde_json::{Value, json};
use simulator::{HostsFiles, Options, Scenario, Simulator};

use crate::bench::{ADA, ARM, CONTOSO};

/// A simulator under the real names on a free port, with a client that finds and trusts it.
struct Names {
    simulator: Simulator,
    client: Client,
    port: u16,
    folder: tempfile::TempDir,
}

impl Names {
    async fn start() -> Self {
        Self::of("default").await
    }

    async fn of(scenario: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let files = HostsFiles {
            authority: folder.path().to_owned(),
            hosts: Some(folder.path().join("hosts")),
        };
        let certificate = files.certificate();
        let scenario = Scenario::named(scenario).expect("it is built in");
        let options = Options { scenario, ..Options::default() };
        let simulator =
            Simulator::start_under_real_names(options, files).await.expect("a free port is there");
        let port = simulator.addresses().arm.rsplit(':').next().and_then(|port| port.parse().ok());
        let port = port.expect("a port that is not 443 is said");
        let pem = std::fs::read(certificate).expect("the certificate is written");
        let mut client = Client::builder()
            .no_proxy()
            .tls_certs_only([Certificate::from_pem(&pem).expect("it is a certificate")]);
        for name in simulator.names() {
            client = client.resolve(&name, SocketAddr::from(([127, 0, 0, 1], port)));
        }
        let client = client.build().expect("a client");
        Self { simulator, client, port, folder }
    }

    async fn get(&self, address: &str, token: Option<&str>) -> reqwest::Response {
        let mut request = self.client.get(address);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        request.send().await.expect("an answer")
    }
}

#[tokio::test]
async fn every_name_shows_a_certificate_that_verifies() {
    let names = Names::start().await;
    for name in names.simulator.names() {
        names.get(&format!("https://{name}:{}/", names.port), None).await;
    }
    let asked = names.simulator.history();
    assert_eq!(asked.len(), names.simulator.names().len(), "each request arrived");
    assert!(
        asked.iter().any(|entry| entry.path == format!("//graph.microsoft.com:{}/", names.port)),
        "the history says which host was asked"
    );
}

#[tokio::test]
async fn addresses_in_answers_are_the_real_ones() {
    let names = Names::start().await;
    let (port, addresses) = (names.port, names.simulator.addresses());
    let address =
        format!("{}/{CONTOSO}/v2.0/.well-known/openid-configuration", addresses.authority);
    let metadata: Value = names.get(&address, None).await.json().await.expect("JSON");
    assert_eq!(
        metadata["token_endpoint"],
        format!("https://login.microsoftonline.com:{port}/{CONTOSO}/oauth2/v2.0/token")
    );
    let token = names.simulator.issue_token(ADA, CONTOSO, ARM);
    let address = format!(
        "{}/subscriptions/04a91150-4b4d-434b-9a09-43e90cc8f48f/providers/Microsoft.CognitiveServices/accounts?api-version=2025-09-01",
        addresses.arm
    );
    let accounts: Value = names.get(&address, Some(&token)).await.json().await.expect("JSON");
    let endpoints: Vec<&Value> = accounts["value"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|account| &account["properties"]["endpoint"])
        .collect();
    let own = json!(format!("https://contoso-chat-dev.openai.azure.com:{port}/"));
    assert!(endpoints.contains(&&own), "{endpoints:?}");
}

#[tokio::test]
async fn control_is_not_under_the_real_names() {
    let names = Names::start().await;
    let control = names.simulator.addresses().control.expect("the routes are built in");
    assert!(control.starts_with("http://127.0.0.1:"), "it stays on loopback: {control}");
    assert_eq!(names.get(&format!("{control}/state"), None).await.status(), 200);
    let (base, path) = control.split_at(control.find("/control").expect("a path"));
    let address = format!("{}{path}/state", names.simulator.addresses().arm);
    assert_eq!(names.get(&address, None).await.status(), 401, "Resource Manager has no such path");
    let status = names.get(&format!("{base}/arm/tenants"), None).await.status();
    assert_eq!(status, 404, "no service answers beside it");
}

#[tokio::test]
async fn the_hosts_file_follows_the_scenario() {
    let names = Names::start().await;
    let read = || std::fs::read_to_string(names.folder.path().join("hosts")).expect("it is there");
    assert!(read().contains("127.0.0.1 contoso-chat-dev.openai.azure.com\n"), "{}", read());
    let control = names.simulator.addresses().control.expect("the routes are built in");
    let set = names.client.post(format!("{control}/scenario"));
    let set = set.json(&json!({"name": "no-account"})).send().await.expect("an answer");
    assert_eq!(set.status(), 200);
    assert!(!read().contains("contoso-chat-dev"), "its accounts are gone: {}", read());
}

#[tokio::test]
async fn another_cloud_answers_under_its_own_names() {
    let names = Names::of("us-government").await;
    let all = names.simulator.names();
    for own in
        ["login.microsoftonline.us", "management.usgovcloudapi.net", "agency-chat.openai.azure.us"]
    {
        assert!(all.contains(&own.to_owned()), "{own}: {all:?}");
    }
    assert!(
        all.iter().all(|name| !name.contains("azure.com")),
        "none of the public cloud: {all:?}"
    );
    let (port, addresses) = (names.port, names.simulator.addresses());
    assert_eq!(addresses.authority, format!("https://login.microsoftonline.us:{port}"));
    let arm = "https://management.usgovcloudapi.net";
    let token = names.simulator.issue_token("ada@agency.example", "agency.example", arm);
    let list = format!("{}/subscriptions?api-version=2022-12-01", addresses.arm);
    let subscriptions: Value = names.get(&list, Some(&token)).await.json().await.expect("JSON");
    let id = subscriptions["value"][0]["id"].as_str().expect("one subscription");
    let address = format!(
        "{}{id}/providers/Microsoft.CognitiveServices/accounts?api-version=2025-09-01",
        addresses.arm
    );
    let accounts: Value = names.get(&address, Some(&token)).await.json().await.expect("JSON");
    let own = format!("https://agency-chat.openai.azure.us:{port}/");
    assert_eq!(accounts["value"][0]["properties"]["endpoint"], own);
    let form = [("client_id", "04b07795-8ddb-461a-bbee-02f9e1bf7b46"), ("scope", arm)];
    let codes = format!("{}/organizations/oauth2/v2.0/devicecode", addresses.authority);
    let code = names.client.post(codes).form(&form).send().await.expect("an answer");
    let code: Value = code.json().await.expect("JSON");
    assert_eq!(code["verification_uri"], format!("https://microsoft.com:{port}/deviceloginus"));
}
