//! Resource Graph: one query over everything that a person may read in a tenant.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::time::Duration;

use http::StatusCode;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};
use uuid::Uuid;

use super::page::{make_token, read_token};
use super::place::{Place, resource_id};
use super::{Ask, accounts, subscriptions};
use crate::address::Addresses;
use crate::answer::Answer;
use crate::assignment::Assignment;
use crate::clock::arm_time;
use crate::condition::VERSION;
use crate::kusto::{Column, Direction, Misread, Output, Query, Step};
use crate::rbac::{Rights, canonical, management_group_scope, scopes_at_or_above};
use crate::scenario::{Account, Resource, ResourceGroup, Subscription};
use crate::world::{Identity, World};

/// Requests that a person may send in five seconds.
const QUOTA: u64 = 15;
/// Rows on one page, at most.
const PAGE: usize = 1000;

/// Columns of every row, in the order of a table (recorded: `resourceGraph.query__200__table__01`).
const COLUMNS: [(&str, &str); 16] = [
    ("id", "string"),
    ("name", "string"),
    ("type", "string"),
    ("tenantId", "string"),
    ("kind", "string"),
    ("location", "string"),
    ("resourceGroup", "string"),
    ("subscriptionId", "string"),
    ("managedBy", "string"),
    ("sku", "object"),
    ("plan", "object"),
    ("properties", "object"),
    ("tags", "object"),
    ("identity", "object"),
    ("zones", "object"),
    ("extendedLocation", "object"),
];

/// `POST /providers/Microsoft.ResourceGraph/resources`.
pub(super) fn query(ask: &Ask<'_>, world: &World) -> Result<Answer, Answer> {
    let key = format!("{}|{}", ask.who.tenant, ask.who.object_id);
    let draw = world.graph_quota.draw(&key, QUOTA, ask.now);
    let resets_after = format!("00:00:{:02}", draw.resets_after.as_secs());
    let with_quota = |answer: Answer| {
        answer
            .with("x-ms-user-quota-remaining", draw.remaining.to_string())
            .with("x-ms-user-quota-resets-after", &resets_after)
            .with("x-ms-ratelimit-remaining-tenant-resource-requests", draw.remaining.to_string())
    };
    if !draw.granted {
        let answer = refuse(
            StatusCode::TOO_MANY_REQUESTS,
            "RateLimiting",
            ask,
            &[json!({
                "code": "RateLimiting",
                "message": "Client application has been throttled and should not attempt to repeat the request until an amount of time has elapsed. Please see https://aka.ms/resourcegraph-throttling for help.",
            })],
        );
        let seconds = draw.resets_after.as_secs().to_string();
        return Err(with_quota(answer).with("retry-after", seconds));
    }
    match answer(ask, world) {
        Ok(answer) => {
            Ok(with_quota(answer)
                .with("x-ms-resource-graph-request-duration", "0:00:00:00.0312500"))
        }
        Err(answer) => Err(with_quota(answer)),
    }
}

fn answer(ask: &Ask<'_>, world: &World) -> Result<Answer, Answer> {
    if world.scenario.resource_graph.denied {
        return Err(refuse(
            StatusCode::FORBIDDEN,
            "AccessDenied",
            ask,
            &[json!({
                "code": "AccessDenied",
                "message": "Access is denied to the requested resource.",
            })],
        ));
    }
    let request = Request::read(ask)?;
    let mut rows = Rows { ask, world, rights: rights(ask, world) }.of_table(&request)?;
    let mut limited = false;
    let mut outputs = None;
    for step in &request.query.steps {
        match step {
            Step::Where(condition) => rows.retain(|row| {
                condition.holds(&|column| read_column(row, column, outputs.as_deref(), ask))
            }),
            Step::Order(keys) => sort(&mut rows, keys, outputs.as_deref(), ask),
            Step::Limit(count) => {
                limited = true;
                rows.truncate(*count);
            }
            Step::Project(own) => outputs = Some(narrow(own, outputs.as_deref())),
        }
    }
    let outputs = outputs.unwrap_or_else(every_column);
    let most = world.scenario.resource_graph.page_size.unwrap_or(PAGE);
    request.page(ask, &rows, &outputs, limited, most)
}

/// The answers of Resource Graph come from an index that learns of new roles late.
fn rights<'w>(ask: &Ask<'_>, world: &'w World) -> Rights<'w> {
    let delay = Duration::from_secs(world.scenario.resource_graph.role_known_after_seconds);
    Rights::of(world, &ask.who).known_at(ask.now - delay)
}

/// A request whose form is right.
struct Request {
    text: String,
    query: Query,
    subscriptions: Vec<String>,
    management_groups: Vec<String>,
    top: usize,
    skip: usize,
    skip_token: Option<String>,
    as_table: bool,
}

impl Request {
    fn read(ask: &Ask<'_>) -> Result<Self, Answer> {
        let wrong = |code: &str, message: &str| {
            let details = [json!({"code": code, "message": message})];
            refuse(StatusCode::BAD_REQUEST, "BadRequest", ask, &details)
        };
        let body: Value = serde_json::from_slice(&ask.call.body)
            .map_err(|_| wrong("InvalidRequestContent", "The request content is not JSON."))?;
        let text = body["query"].as_str().unwrap_or_default().to_owned();
        if text.trim().is_empty() {
            return Err(wrong("InvalidQuery", "Query is missing or empty."));
        }
        let query = Query::parse(&text).map_err(|misread| refuse_query(&misread, ask))?;
        let ids = |member: &str| -> Vec<String> {
            let all = body[member].as_array().into_iter().flatten();
            all.filter_map(Value::as_str).map(str::to_lowercase).collect()
        };
        let options = &body["options"];
        let number = |member: &str, otherwise: usize| match &options[member] {
            Value::Null => Ok(otherwise),
            value => value
                .as_u64()
                .and_then(|number| usize::try_from(number).ok())
                .ok_or_else(|| wrong("InvalidArgument", &format!("{member} must be a number."))),
        };
        let top = number("$top", PAGE)?;
        if !(1..=PAGE).contains(&top) {
            return Err(wrong("InvalidArgument", "$top must be between 1 and 1000."));
        }
        // Versions before 2021 answered with a table unless they were asked for objects.
        let version = ask.call.query("api-version").unwrap_or_default();
        let as_table = match options["resultFormat"].as_str() {
            Some(format) if format.eq_ignore_ascii_case("table") => true,
            Some(format) if format.eq_ignore_ascii_case("objectArray") => false,
            Some(_) => return Err(wrong("InvalidArgument", "resultFormat is not known.")),
            None => version.as_str() < "2021",
        };
        Ok(Self {
            text,
            query,
            subscriptions: ids("subscriptions"),
            management_groups: ids("managementGroups"),
            top,
            skip: number("$skip", 0)?,
            skip_token: options["$skipToken"].as_str().map(str::to_owned),
            as_table,
        })
    }

    /// Whether the request asks about a subscription, or about all.
    fn covers(&self, subscription: &Subscription, world: &World) -> bool {
        if !self.subscriptions.is_empty() {
            return self.subscriptions.contains(&subscription.id.to_lowercase());
        }
        self.management_groups.is_empty() || {
            let above =
                scopes_at_or_above(&world.scenario, &Place::Subscription(subscription).id());
            let scope = |name: &String| canonical(&management_group_scope(name));
            self.management_groups.iter().any(|name| above.contains(&scope(name)))
        }
    }

    /// The page of some rows. Pages need an `id` in each row and a query without a limit; otherwise
    /// what does not fit is cut off, and said so.
    fn page(
        &self,
        ask: &Ask<'_>,
        rows: &[Row<'_>],
        outputs: &[Output],
        limited: bool,
        most: usize,
    ) -> Result<Answer, Answer> {
        let list = format!("{}|{}", ask.who.object_id, self.text);
        let start = match &self.skip_token {
            None => self.skip,
            Some(token) => read_token(&list, token).ok_or_else(|| {
                let details = [json!({
                    "code": "InvalidSkipToken",
                    "message": "The provided skip token is invalid.",
                })];
                refuse(StatusCode::BAD_REQUEST, "BadRequest", ask, &details)
            })?,
        };
        let top = self.top.min(most);
        let end = start.saturating_add(top).min(rows.len());
        let shown = rows.get(start..end).unwrap_or_default();
        let more = end < rows.len();
        let with_pages = !limited && outputs.iter().any(|output| output.name == "id");
        let addresses = &ask.site.addresses;
        let data = if self.as_table {
            Data::Table(table(shown, outputs, addresses))
        } else {
            Data::Objects(shown.iter().map(|row| write_object(row, outputs, addresses)).collect())
        };
        let page = Page {
            total_records: rows.len(),
            count: shown.len(),
            facets: [],
            result_truncated: if more && !with_pages { "true" } else { "false" },
            data,
            skip_token: (more && with_pages).then(|| make_token(&list, end)),
        };
        Ok(Answer::body(StatusCode::OK, &page))
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    total_records: usize,
    count: usize,
    facets: [(); 0],
    result_truncated: &'static str,
    data: Data,
    #[serde(rename = "$skipToken", skip_serializing_if = "Option::is_none")]
    skip_token: Option<String>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Data {
    Table(Value),
    /// Written row by row, so that no page is held twice.
    Objects(Vec<Box<RawValue>>),
}

fn write_object(row: &Row<'_>, outputs: &[Output], addresses: &Addresses) -> Box<RawValue> {
    let object: BTreeMap<&str, Value> = outputs
        .iter()
        .map(|output| (output.name.as_str(), row.read(&output.from, addresses)))
        .collect();
    to_raw_value(&object).expect("names are keys, which JSON can hold")
}

fn table(rows: &[Row<'_>], outputs: &[Output], addresses: &Addresses) -> Value {
    let kind = |output: &Output| {
        let [name] = output.from.0.as_slice() else {
            return "object";
        };
        COLUMNS.iter().find(|(known, _)| known == name).map_or("object", |(_, kind)| kind)
    };
    let columns: Vec<Value> =
        outputs.iter().map(|one| json!({"name": one.name, "type": kind(one)})).collect();
    let rows: Vec<Vec<Value>> = rows
        .iter()
        .map(|row| outputs.iter().map(|one| row.read(&one.from, addresses)).collect())
        .collect();
    json!({"columns": columns, "rows": rows})
}

/// One row before it is projected.
enum Row<'w> {
    Account {
        id: String,
        subscription: &'w Subscription,
        group: &'w ResourceGroup,
        account: &'w Account,
    },
    Identity {
        identity: &'w Identity,
    },
    Subscription {
        subscription: &'w Subscription,
    },
    Group {
        id: String,
        subscription: &'w Subscription,
        group: &'w ResourceGroup,
    },
    Assignment {
        assignment: &'w Assignment,
    },
    Other {
        id: String,
        subscription: &'w Subscription,
        resource: &'w Resource,
    },
}

impl Row<'_> {
    /// A column, or what lies in it; null for what is not there.
    fn read(&self, column: &Column, addresses: &Addresses) -> Value {
        let [first, rest @ ..] = column.0.as_slice() else {
            return Value::Null;
        };
        let whole = match (first.as_str(), rest) {
            ("id", _) => json!(self.id()),
            ("name", _) => json!(self.name()),
            ("type", _) => json!(self.kind_of_resource()),
            ("subscriptionId", _) => json!(self.segment(2).unwrap_or_default()),
            ("resourceGroup", _) => json!(self.segment(4).unwrap_or_default().to_lowercase()),
            ("properties", [name, rest @ ..]) => {
                let whole = self.property(name, addresses);
                return rest
                    .iter()
                    .fold(whole, |value, name| value.get(name).cloned().unwrap_or_default());
            }
            ("properties", _) => self.properties(addresses),
            (name, _) => self.other(name),
        };
        rest.iter().fold(whole, |value, name| value.get(name).cloned().unwrap_or_default())
    }

    fn id(&self) -> String {
        match self {
            Self::Account { id, .. } | Self::Group { id, .. } | Self::Other { id, .. } => {
                id.clone()
            }
            Self::Identity { identity } => identity.id.clone(),
            Self::Subscription { subscription } => Place::Subscription(subscription).id(),
            Self::Assignment { assignment } => format!(
                "{}/providers/Microsoft.Authorization/RoleAssignments/{}",
                assignment.scope.trim_end_matches('/'),
                assignment.name
            ),
        }
    }

    fn name(&self) -> &str {
        match self {
            Self::Account { account, .. } => &account.name,
            Self::Identity { identity } => &identity.name,
            Self::Subscription { subscription } => &subscription.name,
            Self::Group { group, .. } => &group.name,
            Self::Assignment { assignment } => &assignment.name,
            Self::Other { resource, .. } => {
                resource.path.rsplit('/').next().unwrap_or(&resource.path)
            }
        }
    }

    /// The type, in lower case as everywhere in Resource Graph.
    fn kind_of_resource(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::Account { .. } => "microsoft.cognitiveservices/accounts",
            Self::Identity { .. } => "microsoft.managedidentity/userassignedidentities",
            Self::Subscription { .. } => "microsoft.resources/subscriptions",
            Self::Group { .. } => "microsoft.resources/subscriptions/resourcegroups",
            Self::Assignment { .. } => "microsoft.authorization/roleassignments",
            Self::Other { resource, .. } => return Cow::Owned(kind_of(&resource.path)),
        })
    }

    /// A segment of the id: 2 is the subscription, 4 the resource group.
    fn segment(&self, number: usize) -> Option<String> {
        match self {
            Self::Account { subscription, .. } if number == 2 => Some(subscription.id.clone()),
            Self::Account { group, .. } if number == 4 => Some(group.name.clone()),
            _ => self.id().split('/').nth(number).map(str::to_owned),
        }
    }

    fn other(&self, name: &str) -> Value {
        match (name, self) {
            ("tenantId", Self::Account { subscription, .. })
            | ("tenantId", Self::Group { subscription, .. })
            | ("tenantId", Self::Subscription { subscription }) => json!(subscription.tenant),
            ("tenantId", Self::Identity { identity }) => json!(identity.tenant),
            ("tenantId", Self::Assignment { assignment }) => json!(assignment.tenant),
            ("kind", Self::Account { account, .. }) => json!(account.kind),
            ("location", Self::Account { account, .. }) => json!(account.region()),
            ("location", Self::Identity { identity }) => json!(identity.location),
            ("location", Self::Group { group, .. }) => json!(group.location),
            ("sku", Self::Account { .. }) => json!({"name": "S0"}),
            ("tags", Self::Account { account, .. }) => json!(account.tags),
            ("tags", Self::Group { group, .. }) => json!(group.tags),
            ("tags", Self::Subscription { subscription }) => json!(subscription.tags),
            ("tags", Self::Identity { identity }) => identity.tags.clone(),
            ("tenantId", Self::Other { subscription, .. }) => json!(subscription.tenant),
            (name, Self::Other { resource, .. }) => {
                resource.columns.get(name).cloned().unwrap_or_default()
            }
            ("kind" | "location" | "managedBy", _) => json!(""),
            _ => Value::Null,
        }
    }

    /// One property, without making all of them where that is costly.
    fn property(&self, name: &str, addresses: &Addresses) -> Value {
        match (self, name) {
            (Self::Account { account, .. }, "customSubDomainName") => {
                json!(account.subdomain.as_ref().map(|name| name.to_lowercase()))
            }
            (Self::Account { account, .. }, "endpoint") => {
                json!(accounts::endpoint(account, addresses))
            }
            (Self::Account { account, .. }, "endpoints") => accounts::endpoints(account, addresses),
            (Self::Account { account, .. }, "disableLocalAuth") => {
                json!(account.disable_local_auth)
            }
            (Self::Account { account, .. }, "publicNetworkAccess") => {
                json!(account.public_network_access)
            }
            (Self::Account { account, .. }, "provisioningState")
                if !account.settings.contains_key(name) =>
            {
                json!("Succeeded")
            }
            _ => self.properties(addresses).get(name).cloned().unwrap_or_default(),
        }
    }

    fn properties(&self, addresses: &Addresses) -> Value {
        match self {
            Self::Account { id, account, .. } => accounts::properties(id, account, addresses),
            Self::Identity { identity } => json!({
                "tenantId": identity.tenant,
                "principalId": identity.principal,
                "clientId": identity.client,
            }),
            Self::Subscription { subscription } => subscriptions::properties(subscription),
            Self::Group { .. } => json!({"provisioningState": "Succeeded"}),
            Self::Other { resource, .. } => {
                resource.columns.get("properties").cloned().unwrap_or_default()
            }
            // Recorded: `resourceGraph.query__200__authorizationresources__01`.
            Self::Assignment { assignment } => json!({
                "roleDefinitionId": format!(
                    "/providers/Microsoft.Authorization/RoleDefinitions/{}",
                    assignment.role
                ),
                "principalType": assignment.principal_type,
                "delegatedManagedIdentityResourceId": null,
                "principalId": assignment.principal,
                "createdOn": arm_time(assignment.created),
                "updatedOn": arm_time(assignment.created),
                "updatedBy": assignment.created_by,
                "createdBy": assignment.created_by,
                "condition": assignment.condition.as_ref().map(|one| one.text()),
                "conditionVersion": assignment.condition.as_ref().map(|_| VERSION),
                "scope": assignment.scope,
                "description": assignment.description,
                "canDelegate": false,
            }),
        }
    }
}

/// What can be asked about.
struct Rows<'a, 'w> {
    ask: &'a Ask<'a>,
    world: &'w World,
    rights: Rights<'w>,
}

impl<'w> Rows<'_, 'w> {
    fn of_table(&self, request: &Request) -> Result<Vec<Row<'w>>, Answer> {
        let mut rows = match request.query.table.as_str() {
            "resources" => self.resources(request),
            "resourcecontainers" => self.containers(request),
            "authorizationresources" => self.assignments(request),
            other => {
                let message = format!("Table {other} is invalid, unsupported or disallowed.");
                let details = [
                    invalid_query(),
                    json!({"code": "DisallowedLogicalTableName", "message": message}),
                ];
                return Err(refuse(StatusCode::BAD_REQUEST, "BadRequest", self.ask, &details));
            }
        };
        rows.sort_by_cached_key(Row::id);
        Ok(rows)
    }

    fn subscriptions(&self, request: &Request) -> Vec<&'w Subscription> {
        let visible = self.rights.visible_subscriptions(&self.ask.who.tenant).into_iter();
        visible.filter(|one| request.covers(one, self.world)).collect()
    }

    fn resources(&self, request: &Request) -> Vec<Row<'w>> {
        let mut rows = Vec::new();
        for subscription in self.subscriptions(request) {
            for group in &subscription.resource_groups {
                let readable = accounts::readable(&self.rights, subscription, group);
                rows.extend(readable.into_iter().map(|(id, account)| Row::Account {
                    id,
                    subscription,
                    group,
                    account,
                }));
            }
            rows.extend(self.others(subscription));
            let action = "Microsoft.ManagedIdentity/userAssignedIdentities/read";
            let identities = self.world.identities_below(&Place::Subscription(subscription).id());
            rows.extend(
                identities
                    .filter(|identity| self.rights.allow(&identity.id, action))
                    .map(|identity| Row::Identity { identity }),
            );
        }
        rows
    }

    /// Resources of kinds that nothing but Resource Graph tells of.
    fn others(&self, subscription: &'w Subscription) -> Vec<Row<'w>> {
        let mut rows = Vec::new();
        for group in &subscription.resource_groups {
            for resource in &group.resources {
                let id = resource_id(&subscription.id, &group.name, &resource.path);
                if self.rights.allow(&id, &format!("{}/read", kind_of(&resource.path))) {
                    rows.push(Row::Other { id, subscription, resource });
                }
            }
        }
        rows
    }

    fn containers(&self, request: &Request) -> Vec<Row<'w>> {
        let action = "Microsoft.Resources/subscriptions/resourceGroups/read";
        let mut rows = Vec::new();
        for subscription in self.subscriptions(request) {
            rows.push(Row::Subscription { subscription });
            for group in &subscription.resource_groups {
                let id = Place::Group(subscription, group).id();
                if self.rights.allow(&id, action) {
                    rows.push(Row::Group { id, subscription, group });
                }
            }
        }
        rows
    }

    fn assignments(&self, request: &Request) -> Vec<Row<'w>> {
        let action = "Microsoft.Authorization/roleAssignments/read";
        let mut rows = Vec::new();
        for subscription in self.subscriptions(request) {
            let id = Place::Subscription(subscription).id();
            let mut all = self.world.assignments.at(&[canonical(&id)]);
            all.extend(self.world.assignments.below(&id));
            rows.extend(
                all.into_iter()
                    .filter(|one| one.tenant == self.ask.who.tenant)
                    .filter(|one| self.rights.allow(&one.scope, action))
                    .map(|assignment| Row::Assignment { assignment }),
            );
        }
        rows
    }
}

/// The type of a resource by its path, in lower case: the namespace and every second segment.
fn kind_of(path: &str) -> String {
    let segments: Vec<&str> = path.split('/').collect();
    let types = segments.iter().skip(1).step_by(2);
    let parts: Vec<&str> = segments.first().into_iter().chain(types).copied().collect();
    parts.join("/").to_lowercase()
}

/// What a name means after the projections so far.
fn resolve(column: &Column, outputs: Option<&[Output]>) -> Option<Column> {
    let Some(outputs) = outputs else {
        return Some(column.clone());
    };
    let (first, rest) = column.0.split_first()?;
    let output = outputs.iter().find(|output| output.name == *first)?;
    Some(Column(output.from.0.iter().chain(rest).cloned().collect()))
}

fn read_column(row: &Row<'_>, column: &Column, outputs: Option<&[Output]>, ask: &Ask<'_>) -> Value {
    resolve(column, outputs).map_or(Value::Null, |column| row.read(&column, &ask.site.addresses))
}

fn narrow(own: &[Output], before: Option<&[Output]>) -> Vec<Output> {
    own.iter()
        .map(|output| Output {
            name: output.name.clone(),
            from: resolve(&output.from, before).unwrap_or_else(|| Column(Vec::new())),
        })
        .collect()
}

fn every_column() -> Vec<Output> {
    COLUMNS
        .iter()
        .map(|(name, _)| Output {
            name: (*name).to_owned(),
            from: Column(vec![(*name).to_owned()]),
        })
        .collect()
}

fn sort<'w>(
    rows: &mut Vec<Row<'w>>,
    keys: &[(Column, Direction)],
    outputs: Option<&[Output]>,
    ask: &Ask<'_>,
) {
    let text = |value: Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let key_of = |row: &Row<'_>| -> Vec<String> {
        keys.iter().map(|(column, _)| text(read_column(row, column, outputs, ask))).collect()
    };
    let compare = |one: &[String], two: &[String]| {
        keys.iter().enumerate().fold(Ordering::Equal, |so_far, (at, (_, direction))| {
            so_far.then_with(|| match direction {
                Direction::Ascending => one[at].cmp(&two[at]),
                Direction::Descending => two[at].cmp(&one[at]),
            })
        })
    };
    let mut keyed: Vec<(Vec<String>, Row<'w>)> =
        rows.drain(..).map(|row| (key_of(&row), row)).collect();
    keyed.sort_by(|(one, _), (two, _)| compare(one, two));
    rows.extend(keyed.into_iter().map(|(_, row)| row));
}

fn invalid_query() -> Value {
    json!({
        "code": "InvalidQuery",
        "message": "Query is invalid. Please refer to the documentation for the Azure Resource Graph service and fix the error before retrying.",
    })
}

/// Recorded: `resourceGraph.query__400__BadRequest__01`.
fn refuse_query(misread: &Misread, ask: &Ask<'_>) -> Answer {
    let details = [
        invalid_query(),
        json!({
            "code": "ParserFailure",
            "message": "ParserFailure",
            "line": misread.line,
            "characterPositionInLine": misread.position,
            "token": misread.token,
            "expectedToken": "\u{179}",
        }),
    ];
    refuse(StatusCode::BAD_REQUEST, "BadRequest", ask, &details)
}

/// Resource Graph's own envelope: what support wants to know, and the reason in the details.
fn refuse(status: StatusCode, code: &str, ask: &Ask<'_>, details: &[Value]) -> Answer {
    let correlation = ask
        .call
        .header("x-ms-correlation-request-id")
        .map_or_else(|| Uuid::new_v4().to_string(), str::to_owned);
    let message = format!(
        "Please provide below info when asking for support: timestamp = {}, correlationId = {correlation}.",
        arm_time(ask.now)
    );
    Answer::json(status, &json!({"error": {"code": code, "message": message, "details": details}}))
        .with("x-ms-correlation-request-id", correlation)
}
