//! From a recorded request and answer to a scenario in which the simulator must answer alike.
//!
//! What a record says of the world is read out of it: its ids and names, what exists, what does
//! not (404), who may do what (403), what was there before (409). The scenario is made of data
//! only; the simulator never sees the recorded answer.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::operation::{Address, Operation, Service};
use crate::record::{Body, Record, Request};
use crate::rename::new_id;

/// The person who asks, in every scenario.
pub const CALLER: &str = "grace@conformance.example";
const HOME: &str = "5b0d8f0a-0d5c-4b52-9d6f-3f6f0e2f5a11";
const CALLER_ID: &str = "8a4f3c1e-77b0-4a3e-8f53-6a1e2c9b7d20";
/// The public client that every directory knows.
const PUBLIC_CLIENT: &str = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";
/// The application that asks where an application asked.
pub const APPLICATION: &str = "d1c7f5a2-3e48-4b06-9a7d-5c2e8f1b6043";
const APPLICATION_ID: &str = "e2d8a6b3-4f59-4c17-8b8e-6d3f9a2c7154";
/// Its secret.
pub const APPLICATION_SECRET: &str = "conformance-secret";
const OWNER: &str = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635";
const OPENAI_USER: &str = "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd";

/// A world, and how to ask in it.
#[derive(Clone, Debug)]
pub struct Setting {
    /// The scenario file.
    pub scenario: Value,
    /// What the request carries.
    pub credential: Credential,
    /// The tenant whose token is used.
    pub tenant: String,
    /// Headers of the request that the answer shows.
    pub headers: BTreeMap<String, String>,
    /// The request, with the credentials that the recorder took out.
    pub request: Request,
    /// What has to happen before the request.
    pub before: Before,
}

/// What has to happen before a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Before {
    /// Nothing.
    Nothing,
    /// A device code was asked for.
    DeviceCode,
    /// A device code was asked for, and the caller has signed in with it.
    SignInWithDeviceCode,
}

/// What a request carries to say who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credential {
    /// A token of the caller.
    Token,
    /// A token of the caller that is over.
    Expired,
    /// Something that is no token.
    Nonsense,
    /// A token of an application, which has no permission in the directory.
    Application,
    /// A key of an account, which no account has.
    Key,
    /// Nothing: a sign-in, or a request without the header.
    Nothing,
}

/// Makes the world of a renamed record.
///
/// # Errors
/// Why no state of the world leads to the recorded answer.
pub fn import(
    record: &Record,
    operation: &Operation,
    built_in_roles: &std::collections::BTreeSet<String>,
) -> Result<Setting, &'static str> {
    let request = record.request.as_ref().ok_or("the request was not recorded")?;
    let status = record.answer.status.ok_or("the status is not a number")?;
    let has_body = request.method == "PUT"
        || (request.method == "POST" && operation.service == Service::Inference && status < 300);
    if has_body && request.body.is_null() {
        return Err("the body of the request was not recorded");
    }
    if request.body.is_string() && operation.service == Service::ResourceManager {
        return Err("the recorder put a word in the place of the body");
    }
    let code = record.answer.body.json().map(error_code).unwrap_or_default();
    if ["content_filter", "context_length_exceeded"].contains(&code.as_str()) {
        return Err("what a model or its filter thinks of a text: no state of the world");
    }
    if status == 429 || status >= 500 {
        return Err("an outage or a limit: no state of the world, a fault produces it");
    }
    let mut world = World::new(built_in_roles);
    let (request, before) = if operation.service == Service::Entra {
        world.read_sign_in(request, operation, &record.answer.body)?
    } else if operation.name == "resourceGraph.query" {
        (about_every_subscription(request), Before::Nothing)
    } else {
        (request.clone(), Before::Nothing)
    };
    let credential = world.read(record, &request, operation, status);
    Ok(Setting {
        tenant: world.tenant.clone(),
        scenario: world.finish(),
        credential,
        headers: echoed_headers(record),
        request,
        before,
    })
}

/// A correlation id that is not a GUID was the client's own, and came back.
fn echoed_headers(record: &Record) -> BTreeMap<String, String> {
    record
        .answer
        .headers
        .get("x-ms-correlation-request-id")
        .filter(|id| id.len() == 32)
        .map(|id| BTreeMap::from([("x-ms-correlation-request-id".to_owned(), id.clone())]))
        .unwrap_or_default()
}

/// A scenario in the making.
struct World<'r> {
    built_in_roles: &'r std::collections::BTreeSet<String>,
    tenant: String,
    tenants: Vec<Value>,
    people: BTreeMap<String, Value>,
    groups: Vec<Value>,
    service_principals: Vec<Value>,
    roles: BTreeMap<String, Value>,
    subscriptions: Vec<Value>,
    assignments: Vec<Value>,
    denials: Vec<Value>,
    page_size: usize,
    /// Members of the caller that the directory tells.
    traits: Vec<(&'static str, Value)>,
}

impl<'r> World<'r> {
    fn new(built_in_roles: &'r std::collections::BTreeSet<String>) -> Self {
        Self {
            built_in_roles,
            tenant: HOME.to_owned(),
            tenants: Vec::new(),
            people: BTreeMap::new(),
            groups: Vec::new(),
            service_principals: Vec::new(),
            roles: BTreeMap::new(),
            subscriptions: Vec::new(),
            assignments: Vec::new(),
            denials: Vec::new(),
            page_size: 100,
            traits: Vec::new(),
        }
    }

    fn read(
        &mut self,
        record: &Record,
        request: &Request,
        operation: &Operation,
        status: u16,
    ) -> Credential {
        let body = record.answer.body.json().cloned().unwrap_or_default();
        let code = error_code(&body);
        if let Some(tenant) = home_tenant(operation, &body) {
            self.tenant = tenant;
        }
        if code != "AuthorizationFailed" && operation.name != "permissions.list" {
            self.assign(CALLER_ID, OWNER, "/");
        }
        match operation.service {
            Service::Inference => self.read_inference(request, operation, &body),
            Service::ResourceManager => self.read_resources(request, operation, &body, status),
            Service::Graph => self.read_objects(request, operation, &body),
            Service::Entra => self.add_tenant_of_path(request, &body),
        }
        match (status, operation.service) {
            (_, Service::Entra) => Credential::Nothing,
            (401, Service::Inference) if code == "401" => Credential::Key,
            (403, Service::Graph) => {
                self.add_application();
                Credential::Application
            }
            (401, _) if code == "AuthenticationFailed" => Credential::Nothing,
            (401, _) if code == "InvalidAuthenticationTokenTenant" => {
                self.tenant = new_id("another tenant");
                self.tenants.push(tenant(&self.tenant.clone(), &Value::Null));
                Credential::Token
            }
            (401, _) if code == "ExpiredAuthenticationToken" => Credential::Expired,
            (401, Service::ResourceManager | Service::Graph) => Credential::Nonsense,
            (401, Service::Inference) if code.is_empty() => Credential::Nonsense,
            _ => Credential::Token,
        }
    }

    /// The application and the grant of a sign-in. Codes, passwords and refresh tokens belong to
    /// a sign-in that was not recorded.
    fn read_sign_in(
        &mut self,
        request: &Request,
        operation: &Operation,
        answer: &Body,
    ) -> Result<(Request, Before), &'static str> {
        let Value::String(form) = &request.body else {
            return Ok((request.clone(), Before::Nothing));
        };
        let mut fields: BTreeMap<String, String> =
            url::form_urlencoded::parse(form.as_bytes()).into_owned().collect();
        let told = |member: &str| answer.json().and_then(|json| json[member].as_str());
        let error = told("error").unwrap_or_default();
        let description = told("error_description").unwrap_or_default();
        let grant = fields.get("grant_type").cloned().unwrap_or_default();
        fields.insert("client_id".to_owned(), PUBLIC_CLIENT.to_owned());
        fields.insert("scope".to_owned(), known_scope(fields.get("scope")));
        if description.contains("AADSTS700016") {
            fields.insert("client_id".to_owned(), new_id("an unknown application"));
        }
        let before = match (operation.name.as_str(), grant.as_str(), error) {
            _ if description.contains("AADSTS700016") || description.contains("AADSTS90002") => {
                Before::Nothing
            }
            ("entra.token", "client_credentials", "" | "invalid_client") => {
                self.add_application();
                let secret = if error.is_empty() { APPLICATION_SECRET } else { "another" };
                fields.insert("client_id".to_owned(), APPLICATION.to_owned());
                fields.insert("client_secret".to_owned(), secret.to_owned());
                Before::Nothing
            }
            ("entra.token", grant, "") if grant.ends_with("device_code") => {
                Before::SignInWithDeviceCode
            }
            ("entra.token", grant, "authorization_pending") if grant.ends_with("device_code") => {
                Before::DeviceCode
            }
            ("entra.token", ..) => {
                return Err("the sign-in that its credentials come from was not recorded");
            }
            _ => Before::Nothing,
        };
        let form =
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        Ok((Request { body: Value::String(form), ..request.clone() }, before))
    }

    /// An application that can sign in by itself.
    fn add_application(&mut self) {
        self.service_principals.push(json!({
            "id": APPLICATION_ID, "app_id": APPLICATION, "name": "An application",
            "secrets": [APPLICATION_SECRET],
        }));
    }

    fn read_resources(
        &mut self,
        request: &Request,
        operation: &Operation,
        body: &Value,
        status: u16,
    ) {
        let code = error_code(body);
        self.add_scope(&operation.scope, Missing::of(&code, operation, status));
        let items = items_of(body);
        self.page_size = match body["nextLink"].is_string() {
            true => items.len().max(1),
            false => items.len() + 100,
        };
        match operation.name.as_str() {
            "tenants.list" => items.iter().for_each(|item| self.add_tenant(item)),
            "subscriptions.list" | "subscriptions.get" => {
                for item in &items {
                    self.add_subscription(item);
                }
            }
            "resourceGroups.list" | "resourceGroups.get" => {
                for item in &items {
                    self.add_resource_group(item);
                }
            }
            "accounts.list" | "accounts.get" => {
                for item in &items {
                    self.add_account(item);
                }
            }
            "deployments.list" | "deployments.get" => {
                for item in &items {
                    let mut item = item.clone();
                    if let Some(name) = &operation.item {
                        // Some recorders rename in the address only.
                        item["name"] = json!(name);
                    }
                    self.add_deployment(&operation.scope, &item);
                }
            }
            "identities.list" | "identities.get" => {
                for item in &items {
                    let mut item = item.clone();
                    if let Some(name) = &operation.item {
                        item["name"] = json!(name);
                    }
                    self.add_identity(&item);
                }
            }
            // What is updated or deleted was there before.
            "identities.create" | "identities.delete" if status == 200 => {
                let mut item = items.first().cloned().unwrap_or_else(|| json!({}));
                let name = operation.item.clone().unwrap_or_default();
                let kind = "providers/Microsoft.ManagedIdentity/userAssignedIdentities";
                item["id"] = json!(format!("{}/{kind}/{name}", operation.scope));
                item["name"] = json!(name);
                self.add_identity(&item);
            }
            "denyAssignments.list" => {
                for item in &items {
                    self.add_denial(item);
                }
            }
            "permissions.list" => {
                for (index, item) in items.iter().enumerate() {
                    self.add_permission(index, item, &operation.scope);
                }
            }
            "roleAssignments.list" | "roleAssignments.get" | "roleAssignments.delete"
                if status < 300 =>
            {
                for item in &items {
                    self.add_assignment(item);
                }
            }
            "roleDefinitions.list" | "roleDefinitions.get" => {
                for item in &items {
                    self.add_role(item);
                }
            }
            "roleAssignments.create" => self.read_assignment(request, operation, body, status),
            "resourceGraph.query" => self.read_rows(request, body),
            _ => {}
        }
        if body["nextLink"].is_string() {
            self.add_one_more(&items, operation);
        }
    }

    /// The rows of an answer of Resource Graph as resources, and as many more as lie before and
    /// behind them.
    fn read_rows(&mut self, request: &Request, body: &Value) {
        let rows = body["data"].as_array().cloned().unwrap_or_default();
        for row in &rows {
            self.add_row(row);
        }
        let Some(path) = rows.first().and_then(|row| row["id"].as_str()) else { return };
        let before = request.body["options"]["$skip"].as_u64().unwrap_or_default();
        let behind = u64::from(body["$skipToken"].is_string());
        for number in 0..before + behind {
            let mut more = rows[0].clone();
            more["id"] = json!(format!("{path}-{number}"));
            self.add_row(&more);
        }
    }

    /// A page with a link has another one behind it.
    fn add_one_more(&mut self, items: &[Value], operation: &Operation) {
        let Some(last) = items.last() else { return };
        let mut more = last.clone();
        for member in ["id", "name"] {
            if let Some(text) = last[member].as_str() {
                more[member] = json!(format!("{text}-2"));
            }
        }
        match operation.name.as_str() {
            "subscriptions.list" => {
                more["subscriptionId"] = json!(new_id("one more"));
                self.add_subscription(&more);
            }
            "resourceGroups.list" => self.add_resource_group(&more),
            "accounts.list" => self.add_account(&more),
            "deployments.list" => self.add_deployment(&operation.scope, &more),
            "identities.list" => self.add_identity(&more),
            _ => {}
        }
    }

    fn read_assignment(
        &mut self,
        request: &Request,
        operation: &Operation,
        body: &Value,
        status: u16,
    ) {
        let wanted = &request.body["properties"];
        let code = error_code(body);
        let definition = wanted["roleDefinitionId"].as_str().unwrap_or_default();
        let role = match code.as_str() {
            "RoleDefinitionDoesNotExist" => String::new(),
            _ => self.know_role(definition),
        };
        let principal = wanted["principalId"].as_str().unwrap_or_default().to_owned();
        let kind = wanted["principalType"]
            .as_str()
            .or(body["properties"]["principalType"].as_str())
            .unwrap_or("User");
        let kind = match (code.as_str(), kind) {
            ("UnmatchedPrincipalType", "User") => "Group",
            ("UnmatchedPrincipalType", _) => "User",
            (_, kind) => kind,
        };
        if Uuid::parse_str(&principal).is_err() {
            return;
        }
        if code == "PrincipalNotFound" {
            // The message names the directory.
            if let Some(tenant) = guids(body["error"]["message"].as_str()).last() {
                self.tenant.clone_from(tenant);
                self.move_subscriptions();
            }
            return;
        }
        self.add_principal(&principal, kind);
        let name = operation.item.clone().unwrap_or_default();
        match (status, code.as_str()) {
            (409, "RoleAssignmentExists") => {
                self.assign_as(&new_id(&name), &principal, &role, &operation.scope);
            }
            (400, "RoleAssignmentUpdateNotPermitted") => {
                let other = new_id(&principal);
                self.add_principal(&other, kind);
                self.assign_as(&name, &other, &role, &operation.scope);
            }
            (200, _) => self.assign_as(&name, &principal, &role, &operation.scope),
            _ => {}
        }
    }

    fn read_inference(&mut self, request: &Request, operation: &Operation, body: &Value) {
        let host = Address::of(&request.url).host;
        let subdomain = host.split('.').next().unwrap_or_default().to_owned();
        let code = error_code(body);
        let deployment = operation
            .item
            .clone()
            .or_else(|| request.body["model"].as_str().map(str::to_owned))
            .unwrap_or_else(|| "chat".to_owned());
        let usual = if operation.name.ends_with("embeddings") {
            "text-embedding-3-small"
        } else {
            "gpt-4o-mini"
        };
        let served = body["model"].as_str().map_or(usual, base_model);
        // What a model refuses tells which kind it is.
        let served = match code.as_str() {
            "OperationNotSupported" => "text-embedding-3-small",
            "unsupported_parameter" => "o3-mini",
            _ => served,
        };
        let mut deployments = vec![json!({"name": deployment, "model": served})];
        if code == "DeploymentNotFound" {
            deployments.clear();
        }
        let group = json!({
            "name": "rg-inference", "location": "swedencentral",
            "accounts": [{
                "name": "account", "location": "swedencentral",
                "kind": if host.ends_with(".services.ai.azure.com") { "AIServices" } else { "OpenAI" },
                "subdomain": subdomain,
                "public_network_access":
                    if body["error"]["message"].as_str().is_some_and(|text| text.contains("Public access")) { "Disabled" } else { "Enabled" },
                "disable_local_auth": code == "AuthenticationTypeDisabled",
                "deployments": deployments,
            }],
        });
        let id = new_id("the subscription of an endpoint");
        let subscription = self.subscription(&id);
        subscription["resource_groups"] = json!([group]);
        if code != "PermissionDenied" {
            self.assign(CALLER_ID, OPENAI_USER, &format!("/subscriptions/{id}"));
        }
    }

    fn read_objects(&mut self, request: &Request, operation: &Operation, body: &Value) {
        if operation.name == "graph.users.list" {
            let filter = Address::of(&request.url).parameter("$filter").unwrap_or_default();
            let upn = filter.split('\'').nth(1).unwrap_or_default().to_owned();
            for item in items_of(body) {
                let mut told = json!({"upn": upn});
                told["job_title"] = item["jobTitle"].clone();
                told["office_location"] = item["officeLocation"].clone();
                told["has_mailbox"] = json!(!item["mail"].is_null());
                self.people.insert(text(&item["id"]), told);
            }
        }
        if operation.name == "graph.me" {
            self.traits = vec![
                ("job_title", body["jobTitle"].clone()),
                ("office_location", body["officeLocation"].clone()),
                ("has_mailbox", json!(!body["mail"].is_null())),
            ];
        }
        for id in request.body["ids"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            let known = items_of(body).into_iter().find(|item| item["id"] == id);
            if let Some(object) = known {
                let kind = object["@odata.type"].as_str().unwrap_or_default().to_owned();
                let kind = if kind.ends_with("servicePrincipal") {
                    "ServicePrincipal"
                } else if kind.ends_with("group") {
                    "Group"
                } else {
                    "User"
                };
                self.add_principal(id, kind);
            }
        }
    }

    fn add_tenant_of_path(&mut self, request: &Request, body: &Value) {
        if body["error_description"].as_str().is_some_and(|text| text.contains("AADSTS90002")) {
            return;
        }
        let first = Address::of(&request.url).segments().first().cloned().unwrap_or_default();
        if Uuid::parse_str(&first).is_ok() {
            self.tenant = first;
        }
    }

    fn add_tenant(&mut self, item: &Value) {
        let id = tenant_id(item);
        self.tenants.retain(|known| known["id"] != id.as_str());
        self.tenants.push(tenant(&id, item));
    }

    fn add_subscription(&mut self, item: &Value) {
        let Some(id) = item["subscriptionId"].as_str() else { return };
        let tenant = self.tenant.clone();
        let subscription = self.subscription(id);
        set_text(subscription, "name", &item["displayName"]);
        set_text(subscription, "state", &item["state"]);
        subscription["tags"] = tags(item);
        let managers = item["managedByTenants"].as_array().into_iter().flatten();
        subscription["managed_by_tenants"] =
            managers.map(|manager| manager["tenantId"].clone()).collect();
        subscription["tenant"] = json!(tenant);
    }

    /// Everything on the way to a scope, except what the record says is missing.
    fn add_scope(&mut self, scope: &str, missing: Missing) {
        let segments = Address::of(scope).segments();
        let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
        let ["subscriptions", id, rest @ ..] = parts.as_slice() else { return };
        if missing == Missing::Subscription {
            return;
        }
        self.subscription(id);
        let [_, group, rest @ ..] = rest else { return };
        if missing == Missing::Group {
            return;
        }
        self.group(id, group);
        let ["providers", namespace, kinds @ ..] = rest else { return };
        if missing == Missing::Resource {
            return;
        }
        if let ["accounts", name, ..] = kinds
            && namespace.eq_ignore_ascii_case("Microsoft.CognitiveServices")
        {
            self.account(id, group, name);
        } else if kinds.len() >= 2 && !namespace.eq_ignore_ascii_case("Microsoft.ManagedIdentity") {
            let resource = format!("{namespace}/{}", kinds.join("/"));
            push(&mut self.group(id, group)["resources"], json!(resource));
        }
    }

    fn add_resource_group(&mut self, item: &Value) {
        let segments = Address::of(item["id"].as_str().unwrap_or_default()).segments();
        let (Some(id), Some(name)) = (segments.get(1), item["name"].as_str()) else { return };
        let group = self.group(&id.clone(), name);
        set_text(group, "location", &item["location"]);
        group["tags"] = tags(item);
        group["managed_by"] = item["managedBy"].clone();
    }

    fn add_account(&mut self, item: &Value) {
        let segments = Address::of(item["id"].as_str().unwrap_or_default()).segments();
        let (Some(id), Some(group), Some(name)) =
            (segments.get(1), segments.get(3), item["name"].as_str())
        else {
            return;
        };
        let account = self.account(&id.clone(), &group.clone(), name);
        let properties = &item["properties"];
        set_text(account, "kind", &item["kind"]);
        set_text(account, "location", &item["location"]);
        if properties["customSubDomainName"].is_string() {
            account["subdomain"] = properties["customSubDomainName"].clone();
        }
        account["tags"] = tags(item);
        account["disable_local_auth"] = properties["disableLocalAuth"].clone();
        account["identity"] = item["identity"]["principalId"].clone();
        let users = item["identity"]["userAssignedIdentities"].as_object();
        account["user_identities"] = users.into_iter().flatten().map(|(id, _)| json!(id)).collect();
        account["settings"] = settings(properties, &ACCOUNT_SETTINGS);
        if properties["associatedProjects"].is_array() {
            account["projects"] = properties["associatedProjects"].clone();
        }
        if properties["networkAcls"].is_object() {
            account["network_rules"] = network_rules(&properties["networkAcls"]);
        }
        if properties["publicNetworkAccess"].is_string() {
            account["public_network_access"] = properties["publicNetworkAccess"].clone();
        }
    }

    fn add_deployment(&mut self, account: &str, item: &Value) {
        let segments = Address::of(account).segments();
        let [_, id, _, group, _, _, _, name, ..] = segments.as_slice() else { return };
        let mut deployment =
            json!({"name": item["name"], "model": item["properties"]["model"]["name"]});
        if let (Some(sku), Some(capacity)) =
            (item["sku"]["name"].as_str(), item["sku"]["capacity"].as_u64())
        {
            deployment["sku"] = json!(sku);
            deployment["capacity"] = json!(capacity);
        }
        deployment["tags"] = tags(item);
        deployment["settings"] = settings(&item["properties"], &DEPLOYMENT_SETTINGS);
        let account = self.account(id, group, name);
        push(&mut account["deployments"], deployment);
    }

    fn add_identity(&mut self, item: &Value) {
        let segments = Address::of(item["id"].as_str().unwrap_or_default()).segments();
        let (Some(id), Some(group), Some(name)) =
            (segments.get(1), segments.get(3), item["name"].as_str())
        else {
            return;
        };
        // The recorder's zeros would make one principal of all identities.
        let made = |what: &str| new_id(&format!("{what} of {name}"));
        let identity = json!({
            "name": name, "principal_id": made("principal"), "client_id": made("client"),
            "tags": tags(item),
        });
        let group = self.group(&id.clone(), &group.clone());
        push(&mut group["identities"], identity);
    }

    fn add_denial(&mut self, item: &Value) {
        let properties = &item["properties"];
        let ids = |member: &str| -> Value {
            let list = properties[member].as_array().into_iter().flatten();
            list.map(|one| one["id"].clone()).collect()
        };
        let mut denial = role("", "", &properties["permissions"][0]);
        denial["id"] = item["name"].clone();
        denial["name"] = properties["denyAssignmentName"].clone();
        denial["scope"] = properties["scope"].clone();
        denial["principals"] = ids("principals");
        denial["exclude_principals"] = ids("excludePrincipals");
        self.denials.push(denial);
    }

    /// A row of Resource Graph: as what it is here, or as a resource that only Resource Graph knows.
    fn add_row(&mut self, row: &Value) {
        let id = text(&row["id"]);
        let Some((scope, path)) = id.split_once("/providers/") else { return };
        self.add_scope(scope, Missing::Nothing);
        match text(&row["type"]).to_lowercase().as_str() {
            "microsoft.cognitiveservices/accounts" => return self.add_account(row),
            "microsoft.authorization/roleassignments" => return self.add_assignment(row),
            _ => {}
        }
        let segments = Address::of(scope).segments();
        let [_, subscription, _, group] = segments.as_slice() else { return };
        let resources = &mut self.group(subscription, group)["resources"];
        push(resources, json!({"path": path, "columns": row}));
    }

    fn add_permission(&mut self, index: usize, item: &Value, scope: &str) {
        let id = new_id(&format!("permission {index} of {scope}"));
        self.roles.insert(id.clone(), role(&id, &format!("Role {index}"), item));
        self.assign(CALLER_ID, &id, scope);
    }

    fn add_assignment(&mut self, item: &Value) {
        let properties = &item["properties"];
        let text = |member: &str| properties[member].as_str().unwrap_or_default().to_owned();
        let role = self.know_role(&text("roleDefinitionId"));
        let (principal, scope) = (text("principalId"), text("scope"));
        let kind = properties["principalType"].as_str().unwrap_or("User").to_owned();
        self.add_principal(&principal, &kind);
        let name = item["name"].as_str().unwrap_or_default().to_owned();
        let taken = self.assignments.iter().any(|one| one["name"] == name.as_str());
        let name = if taken { new_id(&format!("{name}{scope}")) } else { name };
        self.assign_as(&name, &principal, &role, &scope);
        if let Some(made) = self.assignments.last_mut() {
            made["created_by"] = properties["createdBy"].clone();
            made["description"] = properties["description"].clone();
            made["condition"] = properties["condition"].clone();
        }
    }

    fn add_role(&mut self, item: &Value) {
        let Some(id) = item["name"].as_str() else { return };
        if self.built_in_roles.contains(id) || Uuid::parse_str(id).is_err() {
            return;
        }
        let properties = &item["properties"];
        let name = properties["roleName"].as_str().unwrap_or("A role");
        let mut made = role(id, name, &properties["permissions"][0]);
        made["assignable_scopes"] = properties["assignableScopes"].clone();
        made["built_in"] = json!(properties["type"] == "BuiltInRole");
        if let Some(description) = properties["description"].as_str() {
            made["description"] = json!(description);
        }
        self.roles.insert(id.to_owned(), made);
    }

    /// The id at the end of a definition's path; a role that is not built in is made up.
    fn know_role(&mut self, path: &str) -> String {
        let id = path.rsplit('/').next().unwrap_or_default().to_lowercase();
        if !self.built_in_roles.contains(&id) && !self.roles.contains_key(&id) {
            let name = format!("Role {}", id.get(..8).unwrap_or(&id));
            self.roles.insert(id.clone(), role(&id, &name, &Value::Null));
        }
        id
    }

    fn add_principal(&mut self, id: &str, kind: &str) {
        let known = id == CALLER_ID
            || self.people.contains_key(id)
            || self.groups.iter().chain(&self.service_principals).any(|one| one["id"] == id);
        if known {
            return;
        }
        let name = format!("{kind} {}", id.get(..8).unwrap_or(id));
        if kind == "Group" {
            self.groups.push(json!({"id": id, "name": name, "members": []}));
        } else if kind == "ServicePrincipal" {
            let app_id = new_id(&format!("application of {id}"));
            self.service_principals.push(json!({"id": id, "app_id": app_id, "name": name}));
        } else {
            self.people.insert(id.to_owned(), Value::Null);
        }
    }

    fn assign(&mut self, principal: &str, role: &str, scope: &str) {
        let name = new_id(&format!("{principal}{role}{scope}"));
        self.assign_as(&name, principal, role, scope);
    }

    fn assign_as(&mut self, name: &str, principal: &str, role: &str, scope: &str) {
        self.assignments
            .push(json!({"name": name, "principal": principal, "role": role, "scope": scope}));
    }

    fn move_subscriptions(&mut self) {
        let tenant = json!(self.tenant);
        self.subscriptions.iter_mut().for_each(|one| one["tenant"] = tenant.clone());
    }

    fn subscription(&mut self, id: &str) -> &mut Value {
        let at = self
            .subscriptions
            .iter()
            .position(|one| one["id"].as_str().is_some_and(|known| known.eq_ignore_ascii_case(id)));
        let at = at.unwrap_or_else(|| {
            let name = format!("Subscription {}", self.subscriptions.len() + 1);
            self.subscriptions.push(
                json!({"id": id, "name": name, "tenant": self.tenant, "resource_groups": []}),
            );
            self.subscriptions.len() - 1
        });
        &mut self.subscriptions[at]
    }

    fn group(&mut self, subscription: &str, name: &str) -> &mut Value {
        let subscription = self.subscription(subscription);
        named(
            &mut subscription["resource_groups"],
            name,
            || json!({"name": name, "location": "swedencentral", "accounts": []}),
        )
    }

    fn account(&mut self, subscription: &str, group: &str, name: &str) -> &mut Value {
        let group = self.group(subscription, group);
        named(&mut group["accounts"], name, || {
            json!({
                "name": name, "kind": "OpenAI", "location": "swedencentral", "deployments": [],
            })
        })
    }

    fn finish(mut self) -> Value {
        let mut ids: Vec<String> =
            self.subscriptions.iter().map(|one| text(&one["tenant"])).collect();
        ids.push(self.tenant.clone());
        for id in ids {
            if !self.tenants.iter().any(|known| known["id"] == id.as_str()) {
                self.tenants.push(tenant(&id, &Value::Null));
            }
        }
        let own: Map<String, Value> =
            self.tenants.iter().map(|one| (text(&one["id"]), json!(CALLER_ID))).collect();
        let mut caller = person(CALLER, "Grace", "Hopper", &self.tenant, &own);
        for (member, value) in &self.traits {
            caller[member] = value.clone();
        }
        let mut users = vec![caller];
        for (index, (id, told)) in self.people.iter().enumerate() {
            let at_home = Map::from_iter([(self.tenant.clone(), json!(id))]);
            let upn = format!("person{index}@conformance.example");
            let mut one = person(&upn, "Person", &index.to_string(), &self.tenant, &at_home);
            for (member, value) in told.as_object().into_iter().flatten() {
                one[member] = value.clone();
            }
            users.push(one);
        }
        for one in self.groups.iter_mut().chain(&mut self.service_principals) {
            one["tenant"] = json!(self.tenant);
        }
        json!({
            "name": "recorded",
            "tenants": self.tenants,
            "users": users,
            "groups": self.groups,
            "service_principals": self.service_principals,
            "role_definitions": self.roles.into_values().collect::<Vec<_>>(),
            "subscriptions": self.subscriptions,
            "assignments": self.assignments,
            "deny_assignments": self.denials,
            "page_size": self.page_size,
        })
    }
}

/// The sanitiser of the recorder replaced the subscriptions of the answer, not those of the request.
fn about_every_subscription(request: &Request) -> Request {
    let mut request = request.clone();
    if let Some(body) = request.body.as_object_mut() {
        body.remove("subscriptions");
    }
    request
}

/// What does not exist, as an error says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Missing {
    Nothing,
    Subscription,
    Group,
    Resource,
}

impl Missing {
    fn of(code: &str, operation: &Operation, status: u16) -> Self {
        match code {
            _ if operation.name == "resourceGroups.exists" && status == 404 => Missing::Group,
            "SubscriptionNotFound" => Missing::Subscription,
            "ResourceGroupNotFound" => Missing::Group,
            "ParentResourceNotFound" => Missing::Resource,
            // An item that is missing is not there anyway; the scope may be what is missing.
            "ResourceNotFound" if !operation.name.starts_with("identities.") => Missing::Resource,
            _ => Missing::Nothing,
        }
    }
}

/// The tenant whose token listed the subscriptions, or that the directory calls home.
fn home_tenant(operation: &Operation, body: &Value) -> Option<String> {
    let items = items_of(body);
    match operation.name.as_str() {
        "tenants.list" => {
            // The directory that is asked tells most of itself.
            let told = items.iter().rev().max_by_key(|item| item.as_object().map_or(0, Map::len));
            told.map(tenant_id)
        }
        "subscriptions.list" | "subscriptions.get" => {
            items.first()?["tenantId"].as_str().map(str::to_owned)
        }
        _ => None,
    }
}

/// The items of a list, or the one item that the body is.
fn items_of(body: &Value) -> Vec<Value> {
    match &body["value"] {
        Value::Array(items) => items.iter().filter(|item| item.is_object()).cloned().collect(),
        _ if body.is_object() && body.get("error").is_none() => vec![body.clone()],
        _ => Vec::new(),
    }
}

/// The same scopes, of a resource that the simulator has.
fn known_scope(scope: Option<&String>) -> String {
    let words = scope.map_or("", String::as_str).split_whitespace().map(|word| {
        if word.contains("://") { "https://management.core.windows.net//.default" } else { word }
    });
    words.collect::<Vec<_>>().join(" ")
}

fn error_code(body: &Value) -> String {
    let error = body.get("error").or_else(|| body.get("Error")).unwrap_or(body);
    let code = error.get("code").or_else(|| error.get("Code")).unwrap_or(&Value::Null);
    text(code)
}

/// `gpt-4.1-mini-2025-04-14` is a version of `gpt-4.1-mini`.
fn base_model(full: &str) -> &str {
    let is_date = |tail: &str| {
        tail.len() == 10 && tail.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
    };
    match full.len().checked_sub(11).and_then(|at| full.split_at_checked(at)) {
        Some((base, tail)) if tail.starts_with('-') && is_date(&tail[1..]) => base,
        _ => full,
    }
}

fn guids(text: Option<&str>) -> Vec<String> {
    text.unwrap_or_default()
        .split(|letter: char| !letter.is_ascii_hexdigit() && letter != '-')
        .filter(|word| word.len() == 36 && Uuid::parse_str(word).is_ok())
        .map(str::to_lowercase)
        .collect()
}

/// The id of a tenant of the list. Recorders put zeros into `tenantId`, and leave the path.
fn tenant_id(item: &Value) -> String {
    let path = text(&item["id"]);
    let last = path.rsplit('/').next().filter(|last| Uuid::parse_str(last).is_ok());
    last.map_or_else(|| text(&item["tenantId"]), str::to_owned)
}

fn tenant(id: &str, item: &Value) -> Value {
    let domains = match &item["domains"] {
        Value::Array(domains) if !domains.is_empty() => item["domains"].clone(),
        _ => json!([format!("t{}.example", id.get(..8).unwrap_or(id))]),
    };
    json!({
        "id": id,
        "name": item["displayName"].as_str().unwrap_or("A directory"),
        "domains": domains,
        "logo": item["tenantBrandingLogoUrl"],
    })
}

fn set_text(thing: &mut Value, member: &str, value: &Value) {
    if value.is_string() {
        thing[member] = value.clone();
    }
}

/// The tags whose values are strings, as all of Azure's are.
fn tags(item: &Value) -> Value {
    let tags = item["tags"].as_object().into_iter().flatten();
    tags.filter(|(_, value)| value.is_string())
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect::<Map<String, Value>>()
        .into()
}

/// What an owner can set and the service only gives back, by the specification of accounts.
const ACCOUNT_SETTINGS: [&str; 12] = [
    "encryption",
    "userOwnedStorage",
    "restrictOutboundNetworkAccess",
    "allowedFqdnList",
    "dynamicThrottlingEnabled",
    "raiMonitorConfig",
    "networkInjections",
    "amlWorkspace",
    "storedCompletionsDisabled",
    "foundryAutoUpgrade",
    "customDomains",
    "multiRegionSettings",
];

/// The same of deployments.
const DEPLOYMENT_SETTINGS: [&str; 7] = [
    "dynamicThrottlingEnabled",
    "parentDeploymentName",
    "spilloverDeploymentName",
    "deploymentState",
    "capacitySettings",
    "serviceTier",
    "routing",
];

fn settings(properties: &Value, names: &[&str]) -> Value {
    let set = names.iter().filter(|name| !properties[**name].is_null());
    set.map(|name| ((*name).to_owned(), properties[*name].clone()))
        .collect::<Map<String, Value>>()
        .into()
}

fn network_rules(rules: &Value) -> Value {
    let texts = |list: &str, member: &str| -> Value {
        let items = rules[list].as_array().into_iter().flatten();
        items.map(|item| item[member].clone()).collect()
    };
    json!({
        "default_action": rules["defaultAction"],
        "ip_rules": texts("ipRules", "value"),
        "virtual_network_rules": texts("virtualNetworkRules", "id"),
    })
}

fn role(id: &str, name: &str, permission: &Value) -> Value {
    let list = |member: &str| match &permission[member] {
        Value::Array(_) => permission[member].clone(),
        _ => json!([]),
    };
    json!({
        "id": id, "name": name,
        "actions": list("actions"), "not_actions": list("notActions"),
        "data_actions": list("dataActions"), "not_data_actions": list("notDataActions"),
    })
}

fn person(upn: &str, given: &str, family: &str, home: &str, ids: &Map<String, Value>) -> Value {
    json!({
        "upn": upn, "given_name": given, "family_name": family, "home": home, "object_ids": ids,
    })
}

fn named<'v>(list: &'v mut Value, name: &str, make: impl FnOnce() -> Value) -> &'v mut Value {
    let known =
        list.as_array().into_iter().flatten().position(|one| {
            one["name"].as_str().is_some_and(|known| known.eq_ignore_ascii_case(name))
        });
    let at = known.unwrap_or_else(|| {
        push(list, make());
        list.as_array().map_or(0, Vec::len) - 1
    });
    &mut list[at]
}

fn push(list: &mut Value, item: Value) {
    if !list.is_array() {
        *list = json!([]);
    }
    if let Value::Array(items) = list {
        items.push(item);
    }
}

fn text(json: &Value) -> String {
    json.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const SCOPE: &str = "/subscriptions/8e2c4b6a-1f3d-4a5b-8c7d-9e0f1a2b3c4d/resourceGroups/group";
    const PRINCIPAL: &str = "1d0f5a3e-7b64-4c1a-9f0d-2f6b8e4c7a91";

    fn world(method: &str, path: &str, body: &Value, status: u16, answer: &Value) -> Value {
        let text = json!({
            "request": {
                "method": method, "body": body,
                "url": format!("https://management.azure.com{SCOPE}{path}?api-version=2022-04-01"),
            },
            "response": {"status": status, "headers": {}, "body": answer},
        });
        let record =
            Record::read("hand-made", &text.to_string()).expect("a request and a response");
        let operation = Operation::of(record.request.as_ref().expect("a request"));
        let roles = BTreeSet::from([OWNER.to_owned()]);
        import(&record, &operation, &roles).expect("a state of the world").scenario
    }

    fn put_assignment(status: u16, code: &str) -> Value {
        let name = "2e1f6b4f-8c75-4d2b-8a1e-3a7c9f5d8ba2";
        let path = format!("/providers/Microsoft.Authorization/roleAssignments/{name}");
        let body = json!({"properties": {
            "roleDefinitionId": format!("/x/roleDefinitions/{OWNER}"),
            "principalId": PRINCIPAL, "principalType": "Group",
        }});
        world("PUT", &path, &body, status, &json!({"error": {"code": code, "message": ""}}))
    }

    #[test]
    fn a_conflict_was_there_before_under_another_name() {
        let world = put_assignment(409, "RoleAssignmentExists");
        let twin = world["assignments"]
            .as_array()
            .into_iter()
            .flatten()
            .find(|one| one["principal"] == PRINCIPAL)
            .expect("the assignment exists already");
        assert_eq!((&twin["scope"], &twin["role"]), (&json!(SCOPE), &json!(OWNER)));
        assert_ne!(twin["name"], "2e1f6b4f-8c75-4d2b-8a1e-3a7c9f5d8ba2");
        assert_eq!(world["groups"][0]["id"], PRINCIPAL, "the principal is of its kind");
    }

    #[test]
    fn whoever_is_refused_has_no_role_and_whom_nobody_knows_does_not_exist() {
        let refused = put_assignment(403, "AuthorizationFailed");
        assert_eq!(refused["assignments"], json!([]), "nobody may do anything");
        let unknown = put_assignment(400, "PrincipalNotFound");
        assert_eq!(unknown["groups"], json!([]), "the principal is not there");
    }

    #[test]
    fn what_was_not_found_is_not_there() {
        let missing = json!({"error": {"code": "ResourceGroupNotFound", "message": ""}});
        let empty = world("GET", "", &Value::Null, 404, &missing);
        assert_eq!(empty["subscriptions"][0]["resource_groups"], json!([]));
        let found = json!({"id": SCOPE, "name": "group", "location": "westus", "tags": {"a": "b"}});
        let whole = world("GET", "", &Value::Null, 200, &found);
        let group = &whole["subscriptions"][0]["resource_groups"][0];
        assert_eq!((&group["location"], &group["tags"]), (&json!("westus"), &json!({"a": "b"})));
    }
}
