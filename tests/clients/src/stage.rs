//! Everything that a flow meets: practice Azure, a browser, and the clients.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::azure_cli::AzureCli;
use crate::browser::Browser;
use crate::flow::{Client, Flow};
use crate::opened::OpenedAddresses;
use crate::practice::{Practice, describe_entry};
use crate::sdk::{Failure, Sdk};

/// The person of most flows.
pub const ADA: &str = "ada@contoso.example";

/// What lives longer than one flow.
#[derive(Debug)]
pub struct Stage {
    /// Practice Azure.
    pub practice: Practice,
    /// Azure CLI.
    pub az: AzureCli,
    /// What clients want to show in a browser.
    pub opened: OpenedAddresses,
    /// The folder with one program a client.
    programs: PathBuf,
    browser: Option<Browser>,
    sdks: BTreeMap<Client, Sdk>,
    versions: BTreeMap<Client, BTreeMap<String, String>>,
    az_version: Option<String>,
    /// Who signs in when an SDK opens the browser.
    person: String,
    folder: TempDir,
}

impl Stage {
    /// Needs `AZURE_SIMULATOR` and `KEYLESS_CLIENTS`, the folder with one program a client.
    pub fn begin() -> Result<Self, String> {
        let programs = std::env::var_os("KEYLESS_CLIENTS");
        let programs = PathBuf::from(programs.ok_or("KEYLESS_CLIENTS is not set")?);
        let folder = TempDir::with_prefix("clients-").map_err(|error| error.to_string())?;
        let opened = OpenedAddresses::listen(folder.path()).map_err(|error| error.to_string())?;
        Ok(Self {
            practice: Practice::find()?,
            az: AzureCli::new(programs.join(Client::AzureCli.name()), &opened)?,
            opened,
            programs,
            browser: None,
            sdks: BTreeMap::new(),
            versions: BTreeMap::new(),
            az_version: None,
            person: ADA.to_owned(),
            folder,
        })
    }

    /// A new world, in which nobody has signed in.
    pub async fn begin_flow(&mut self) {
        self.az.forget().expect("the folder of Azure CLI is ours");
        ADA.clone_into(&mut self.person);
        self.set_scenario(&json!({})).await;
        if self.az_version.is_none() {
            let versions = self.az.run(&["version", "-o", "json"]).await.json();
            self.az_version = versions["azure-cli"].as_str().map(str::to_owned);
        }
    }

    /// The world of all flows, with these members changed.
    pub async fn set_scenario(&self, changes: &Value) {
        let world = include_str!("../scenarios/clients.json");
        let mut world: Value = serde_json::from_str(world).expect("the scenario is JSON");
        for (name, value) in changes.as_object().into_iter().flatten() {
            world[name] = value.clone();
        }
        self.practice.set_scenario(&world).await;
    }

    /// Fails when practice Azure was asked for something that it does not know.
    pub async fn end_flow(&self) {
        let history = self.practice.history().await;
        assert!(!history.is_empty(), "nothing was asked of practice Azure");
        let unknown: Vec<String> =
            history.iter().filter(|entry| entry["unknown"] == true).map(describe_entry).collect();
        assert!(unknown.is_empty(), "practice Azure does not know {}", unknown.join(" nor "));
    }

    /// The browser, started at its first use.
    pub async fn browser(&mut self) -> &Browser {
        if self.browser.is_none() {
            self.browser = Some(Browser::start().await);
        }
        self.browser.as_ref().expect("it was started")
    }

    /// The program of a client's SDKs, started at its first use.
    pub async fn sdk(&mut self, client: Client) -> &mut Sdk {
        if !self.sdks.contains_key(&client) {
            let sdk = Sdk::start(&self.programs.join(client.name()), &self.opened).await;
            self.versions.insert(client, sdk.versions.clone());
            self.sdks.insert(client, sdk);
        }
        self.sdks.get_mut(&client).expect("it was started")
    }

    /// Runs one command of Azure CLI to its end.
    pub async fn az(&self, words: &[&str]) -> crate::azure_cli::Output {
        self.az.run(words).await
    }

    /// The Azure CLI itself.
    pub fn azure_cli(&self) -> &crate::azure_cli::AzureCli {
        &self.az
    }

    /// Signs Azure CLI in by the browser, as this person.
    pub async fn sign_in_az(&mut self, upn: &str, words: &[&str]) -> crate::azure_cli::Output {
        let running = self.az.start(&[&["login"], words].concat());
        let address = self.opened.next().await;
        self.browser().await.sign_in(&address, upn).await;
        running.end().await
    }

    /// Makes a credential that signs this person in by the browser, and signs in.
    pub async fn sign_in_sdk(
        &mut self,
        client: Client,
        name: &str,
        upn: &str,
        tenant: Option<&str>,
    ) {
        let mut order = json!({"action": "credential", "credential": name, "kind": "browser"});
        if let Some(tenant) = tenant {
            order["tenant"] = json!(tenant);
        }
        upn.clone_into(&mut self.person);
        self.obey(client, order).await;
        let scope = "https://management.azure.com/.default";
        self.obey(client, json!({"action": "token", "credential": name, "scope": scope})).await;
    }

    /// Sends a command and returns its answer, which must not be a failure.
    pub async fn obey(&mut self, client: Client, order: Value) -> Value {
        let answer = self.answer(client, &order).await;
        assert!(answer["failure"].is_null(), "{order} failed: {}", answer["failure"]);
        answer
    }

    /// Sends a command that must fail.
    pub async fn fail(&mut self, client: Client, order: Value) -> Failure {
        let answer = self.answer(client, &order).await;
        assert!(answer["failure"].is_object(), "{order} succeeded: {answer}");
        Failure::read(&answer["failure"])
    }

    /// Sends a command, and signs the person in whenever it opens the browser.
    async fn answer(&mut self, client: Client, order: &Value) -> Value {
        self.browser().await;
        self.sdk(client).await.send(order).await;
        let sdk = self.sdks.get_mut(&client).expect("it was started");
        let browser = self.browser.as_ref().expect("it was started");
        loop {
            tokio::select! {
                answer = sdk.read() => return answer,
                address = self.opened.next() => browser.sign_in(&address, &self.person).await,
            }
        }
    }

    /// `azure-cli 2.91.0: signs in by browser`.
    pub fn title(&self, flow: &Flow) -> String {
        let versions = match (flow.client, &self.az_version) {
            (Client::AzureCli, Some(version)) => format!("azure-cli {version}"),
            (client, _) => match self.versions.get(&client) {
                Some(versions) => format!("{}: {}", client.name(), pick(versions, flow.uses)),
                None => client.name().to_owned(),
            },
        };
        format!("{versions}: {}", flow.promise)
    }

    /// Ends the clients' programs, whatever they do, and what they asked of the browser.
    pub fn forget_programs(&mut self) {
        self.sdks.clear();
        self.opened = OpenedAddresses::listen(self.folder.path()).expect("the folder is ours");
    }

    /// Ends everything.
    pub fn end(&mut self) {
        self.forget_programs();
        self.browser = None;
    }
}

/// The libraries whose names hold one of the parts, with their versions.
fn pick(versions: &BTreeMap<String, String>, parts: &[&str]) -> String {
    let used = versions.iter().filter(|(name, _)| parts.iter().any(|part| name.contains(part)));
    used.map(|(name, version)| format!("{name} {version}")).collect::<Vec<_>>().join(", ")
}
