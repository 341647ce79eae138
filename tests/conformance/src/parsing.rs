//! Parsing: does core read out of a recorded answer what is in it?
//!
//! Core's own functions are run, whole: they send their request to a [`Replay`] and read what
//! comes. What they say is compared with [`crate::expectation`], which reads the same answer in
//! another way and knows nothing of core.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use azure_core::credentials::Secret;
use keyless::access::{self, Access, Facts, Wish};
use keyless::chat;
use keyless::clock::Clock;
use keyless::cloud::{Cloud, DEVELOPER_CLIENT};
use keyless::directory::{self, Subscription};
use keyless::failure::Failure;
use keyless::http::{Cause, Http};
use keyless::identity::Identity;
use keyless::resources::{self, Account, KnownBy, Pace};
use keyless::sign_in::{self, Application, Claims, Tokens};
use keyless::snapshot::{Resource, Usage, Way};
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::expectation::{self, OBJECT_ID, TENANT};
use crate::operation::Operation;
use crate::record::{Answer, Body, Record};
use crate::replay::{Replay, json_answer, made_up_token};

/// What became of one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Core does not make this request.
    NotUsed(String),
    /// Core reads what was expected.
    Agrees,
    /// Core reads something else.
    Differs {
        /// What the expectation reads.
        expected: String,
        /// What core reads.
        read: String,
    },
}

/// One record in the report.
#[derive(Clone, Debug)]
pub struct Line {
    /// The record.
    pub record: String,
    /// The operation.
    pub operation: String,
    /// What became of it.
    pub outcome: Outcome,
}

/// Feeds core with every record of an operation that it calls.
///
/// # Errors
/// When no server can be started.
pub async fn read_records(records: &[Record]) -> Result<Vec<Line>, String> {
    let replay = Replay::start().await.map_err(|error| error.to_string())?;
    let mut lines = Vec::new();
    for record in records {
        lines.push(read_record(record, &replay).await?);
    }
    Ok(lines)
}

async fn read_record(record: &Record, replay: &Replay) -> Result<Line, String> {
    let operation = record.request.as_ref().map(Operation::of);
    let name = operation.as_ref().map_or_else(|| record.hint.clone(), |one| one.name.clone());
    let line = |outcome| Line { record: record.name.clone(), operation: name.clone(), outcome };
    let Some(operation) = operation else {
        return Ok(line(Outcome::NotUsed("the request was not recorded".to_owned())));
    };
    if record.answer.status.is_none() {
        return Ok(line(Outcome::NotUsed("the status is not a number".to_owned())));
    }
    let answer = prepare(&record.answer, replay.base());
    let Some(reader) = Reader::of(&operation, &answer) else {
        let why = match operation.name.as_str() {
            "chat.create" => "core asks for a stream, and this answer is whole",
            _ => "core does not make this request",
        };
        return Ok(line(Outcome::NotUsed(why.to_owned())));
    };
    let reading = Reading::begin(replay)?;
    let read = reading.run(reader, &operation, &answer).await;
    let expected = expect(reader, &answer);
    Ok(line(if read == expected {
        Outcome::Agrees
    } else {
        Outcome::Differs { expected: expected.to_string(), read: read.to_string() }
    }))
}

/// The functions of core, by the request that they make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reader {
    Tenants,
    Subscriptions,
    Accounts,
    Deployments,
    Permissions,
    Assignments,
    NewAssignment,
    Chat,
    Token,
}

impl Reader {
    fn of(operation: &Operation, answer: &Answer) -> Option<Self> {
        let streams = matches!(answer.body, Body::Events(..));
        let refused = answer.status.is_some_and(|status| status >= 300);
        match operation.name.as_str() {
            "tenants.list" => Some(Self::Tenants),
            "subscriptions.list" => Some(Self::Subscriptions),
            "accounts.list" => Some(Self::Accounts),
            "deployments.list" => Some(Self::Deployments),
            "permissions.list" => Some(Self::Permissions),
            "roleAssignments.list" => Some(Self::Assignments),
            "roleAssignments.create" => Some(Self::NewAssignment),
            "chat.create" if streams || refused => Some(Self::Chat),
            "entra.token" => Some(Self::Token),
            _ => None,
        }
    }
}

/// The recorded answer with its links led to the replay, and made-up credentials where the
/// recorder took the real ones out.
fn prepare(answer: &Answer, base: &str) -> Answer {
    let mut answer = answer.clone();
    if let Body::Json(json) = &mut answer.body {
        if let Some(link) = json["nextLink"].as_str().filter(|link| !link.is_empty()) {
            let path = crate::operation::Address::of(link);
            json["nextLink"] = json!(format!("{base}/arm{}?{}", path.path, path.query));
        }
        for member in ["access_token", "id_token"] {
            if json[member].is_string() {
                json[member] = json!(made_up_token(TENANT));
            }
        }
    }
    answer
}

fn expect(reader: Reader, answer: &Answer) -> Value {
    if let Some(refused) = expectation::refused(answer) {
        let existed = json!({"existed": true});
        return match reader {
            // "It is there already" is what was wanted.
            Reader::NewAssignment if refused["code"] == "RoleAssignmentExists" => existed,
            // A refused read lowers certainty, and ends nothing.
            Reader::Permissions | Reader::Assignments if refused["status"] == 403 => {
                json!({"verdict": "CannotTell", "may_assign": "Unknown"})
            }
            _ => refused,
        };
    }
    let body = match (&answer.body, reader) {
        (Body::Json(body), _) => body,
        (_, Reader::Chat | Reader::NewAssignment) => &Value::Null,
        // A success that is not JSON is an answer that nobody expects.
        _ => return json!({"status": answer.status, "code": "", "message": ""}),
    };
    match reader {
        Reader::Tenants => expectation::tenants(body),
        Reader::Subscriptions => expectation::subscriptions(body),
        Reader::Accounts => expectation::accounts(body),
        Reader::Deployments => expectation::deployments(body),
        Reader::Permissions => expectation::permissions(body),
        Reader::Assignments => expectation::assignments(body),
        Reader::NewAssignment => json!({"existed": answer.status == Some(200)}),
        Reader::Chat => expectation::chat(&answer.body),
        Reader::Token => expectation::token(body),
    }
}

/// Core, with a signed-in person, in front of a replay.
struct Reading<'r> {
    replay: &'r Replay,
    identity: Arc<Identity>,
}

impl<'r> Reading<'r> {
    fn begin(replay: &'r Replay) -> Result<Self, String> {
        let say = |failure: Failure| failure.to_string();
        let address = |service: &str| format!("{}/{service}", replay.base());
        let cloud = Cloud::practice(
            &address("entra"),
            &address("arm"),
            &address("openai"),
            &address("graph"),
        )
        .map_err(say)?;
        let clock = Arc::new(HandClock::default());
        let tokens = Tokens {
            access: Secret::new(made_up_token(TENANT)),
            expires_on: clock.now() + Duration::from_secs(3600),
            refresh: Some(Secret::new("made up")),
            claims: Claims {
                tid: TENANT.to_owned(),
                oid: OBJECT_ID.to_owned(),
                preferred_username: "grace@conformance.example".to_owned(),
                ..Claims::default()
            },
            home_account: None,
            scope: cloud.resource_manager_scope(),
            cause: Cause::none(),
        };
        let http = Arc::new(Http::new(cloud, clock).map_err(say)?);
        let client = DEVELOPER_CLIENT.to_owned();
        let identity = Identity::from_sign_in(http, Way::Browser, client, tokens).map_err(say)?;
        Ok(Self { replay, identity: Arc::new(identity) })
    }

    async fn run(&self, reader: Reader, operation: &Operation, answer: &Answer) -> Value {
        let read = match reader {
            Reader::Tenants => self.read_tenants(answer).await,
            Reader::Subscriptions => self.read_subscriptions(answer).await,
            Reader::Accounts => self.read_accounts(operation, answer).await,
            Reader::Deployments => self.read_deployments(answer).await,
            Reader::Permissions => self.check_access("/permissions", answer).await,
            Reader::Assignments => self.check_access("/roleAssignments", answer).await,
            Reader::NewAssignment => self.assign_role(answer).await,
            Reader::Chat => self.ask(answer).await,
            Reader::Token => self.refresh(answer).await,
        };
        read.unwrap_or_else(|failure| describe(&failure))
    }

    async fn read_tenants(&self, answer: &Answer) -> Result<Value, Failure> {
        self.replay.set([("/arm/tenants", answer.clone())]);
        let (tenants, _) = directory::list_tenants(&self.identity, TENANT).await?;
        Ok(tenants
            .into_iter()
            .map(|tenant| json!({"id": tenant.id, "name": tenant.name}))
            .collect())
    }

    async fn read_subscriptions(&self, answer: &Answer) -> Result<Value, Failure> {
        self.replay.set([("/arm/subscriptions", answer.clone())]);
        let found = directory::list_subscriptions(&self.identity, TENANT, &Cause::none()).await?;
        Ok(found.into_iter().map(|(one, _)| json!({"id": one.id, "name": one.name})).collect())
    }

    async fn read_accounts(
        &self,
        operation: &Operation,
        answer: &Answer,
    ) -> Result<Value, Failure> {
        self.replay.set([("/accounts", answer.clone())]);
        let id = resources::segment_after(&operation.scope, "subscriptions").to_owned();
        let subscription = Subscription {
            id,
            name: "A subscription".to_owned(),
            tenant_id: TENANT.to_owned(),
            delegated_from: None,
        };
        let pace = Pace::within(Duration::from_secs(60));
        let found =
            resources::list_accounts(&self.identity, &[(subscription, Cause::none())], &pace).await;
        if let Some(failure) = found.refused {
            return Err(failure);
        }
        let accounts = found.accounts.into_iter().map(|account| {
            let resource = account.resource;
            json!({
                "id": resource.id, "name": resource.name, "kind": resource.kind,
                "location": resource.location, "resource_group": resource.resource_group,
                "endpoint": resource.endpoint, "obstacles": resource.obstacles,
            })
        });
        Ok(accounts.collect())
    }

    async fn read_deployments(&self, answer: &Answer) -> Result<Value, Failure> {
        self.replay.set([("/deployments", answer.clone())]);
        let (found, _) = resources::list_deployments(&self.identity, &self.account()).await?;
        let deployments = found.into_iter().map(|one| {
            json!({
                "name": one.name, "model": one.model, "version": one.version,
                "can_chat": one.can_chat,
            })
        });
        Ok(deployments.collect())
    }

    /// The other source of the two is refused, so that this one alone decides.
    async fn check_access(&self, path: &'static str, answer: &Answer) -> Result<Value, Failure> {
        let other = if path == "/permissions" { "/roleAssignments" } else { "/permissions" };
        let refused = json_answer(
            403,
            json!({"error": {"code": "AuthorizationFailed", "message": "not allowed"}}),
        );
        let refuse = |path| (path, refused.clone());
        self.replay.set([
            (path, answer.clone()),
            refuse(other),
            refuse("/denyAssignments"),
            refuse("/roleDefinitions/"),
        ]);
        let mut account = self.account();
        if let Some(scope) = expectation::account_below_first_scope(answer.body.json()) {
            account.resource.id = scope;
        }
        let facts = access::check_access(&self.identity, &account).await?.facts;
        Ok(json!({
            "verdict": format!("{:?}", access::judge(&facts, Usage::Chat).0),
            "may_assign": format!("{:?}", access::plan(&facts, &Wish::default()).may_assign),
        }))
    }

    async fn assign_role(&self, answer: &Answer) -> Result<Value, Failure> {
        let account = self.account();
        let facts = Facts {
            account: account.resource.id.clone(),
            object_id: OBJECT_ID.to_owned(),
            ..Facts::default()
        };
        let plan = access::plan(&facts, &Wish::default());
        let access = Access { facts, cause: Cause::none() };
        // The name of the assignment ends the path.
        self.replay.set([(plan.name.clone(), answer.clone())]);
        let assigned = access::assign_role(&self.identity, &account, &plan, &access, &()).await?;
        Ok(json!({"existed": assigned.existed}))
    }

    async fn ask(&self, answer: &Answer) -> Result<Value, Failure> {
        self.replay.set([("/chat/completions", answer.clone())]);
        let text = Mutex::new(String::new());
        let on_piece =
            |piece: &str| text.lock().unwrap_or_else(PoisonError::into_inner).push_str(piece);
        let account = self.account();
        chat::ask(&self.identity, &account, "chat", "Hello", &Cause::none(), on_piece).await?;
        Ok(json!({"text": text.into_inner().unwrap_or_else(PoisonError::into_inner)}))
    }

    async fn refresh(&self, answer: &Answer) -> Result<Value, Failure> {
        self.replay.set([("/token", answer.clone())]);
        let http = self.identity.http();
        let old = Secret::new("made up");
        let application = Application {
            client_id: DEVELOPER_CLIENT.to_owned(),
            tenant: TENANT.to_owned(),
            scope: http.cloud().resource_manager_scope(),
            account: None,
            claims: None,
        };
        let tokens = sign_in::refresh(http, &application, &old, Cause::none()).await?;
        Ok(json!({
            "access_token": tokens.access.secret(),
            "refresh_token": tokens.refresh.map(|token| token.secret().to_owned()),
            "seconds": (tokens.expires_on - http.now()).whole_seconds(),
            "person": tokens.claims.account(),
        }))
    }

    fn account(&self) -> Account {
        let resource = Resource {
            id: expectation::ACCOUNT.to_owned(),
            name: "account".to_owned(),
            kind: "OpenAI".to_owned(),
            location: "swedencentral".to_owned(),
            resource_group: "group".to_owned(),
            subscription: "A subscription".to_owned(),
            endpoint: format!("{}/openai/account", self.replay.base()),
            takes_keys: true,
            obstacles: Vec::new(),
        };
        Account {
            resource,
            tenant_id: TENANT.to_owned(),
            delegated_from: None,
            cause: Cause::none(),
            known_by: KnownBy::List,
        }
    }
}

/// What core tells of a refusal: status, code and message, as support would ask for them.
fn describe(failure: &Failure) -> Value {
    let detail = |name: &str| {
        failure.details.iter().find(|detail| detail.name == name).map(|detail| detail.value.clone())
    };
    json!({
        "status": detail("status").and_then(|status| status.parse::<u16>().ok()),
        "code": detail("azure_code").unwrap_or_default(),
        "message": detail("azure_message").unwrap_or_default(),
    })
}

/// What lasts so long is a limit.
const LIMITS: Duration = Duration::from_secs(60);

/// A clock on which waiting takes no time.
struct HandClock(Mutex<OffsetDateTime>);

impl Default for HandClock {
    fn default() -> Self {
        Self(Mutex::new(OffsetDateTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000)))
    }
}

#[async_trait]
impl Clock for HandClock {
    fn now(&self) -> OffsetDateTime {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn elapsed(&self) -> Duration {
        let now = self.now().unix_timestamp();
        Duration::from_secs(u64::try_from(now).unwrap_or_default())
    }

    async fn sleep(&self, duration: Duration) {
        if duration >= LIMITS {
            // A time limit is not a wait: nobody reaches it here.
            return std::future::pending().await;
        }
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += duration;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(method: &str, url: &str, status: u16, body: &Value) -> Record {
        let text = json!({
            "request": {"method": method, "url": url, "body": null},
            "response": {"status": status, "headers": {}, "body": body},
        });
        Record::read("hand-made", &text.to_string()).expect("a request and a response")
    }

    async fn outcomes(records: &[Record]) -> Vec<Outcome> {
        let lines = read_records(records).await.expect("a port of loopback");
        lines.into_iter().map(|line| line.outcome).collect()
    }

    const ARM: &str = "https://management.azure.com";

    #[tokio::test]
    async fn core_reads_what_is_in_an_answer() {
        let scope = "/subscriptions/6a9d3f0e-1b2c-4d5e-8f90-a1b2c3d4e5f6";
        let assignments = format!("{ARM}{scope}/providers/Microsoft.Authorization/roleAssignments");
        let records = [
            record("GET", &format!("{ARM}/tenants"), 200, &json!({"value": [{"tenantId": "t"}]})),
            record(
                "GET",
                &assignments,
                200,
                &json!({"value": [{"properties": {
                    "scope": scope,
                    "roleDefinitionId": "/x/5e0bd9bd-7b93-4f28-af87-19fc36ad61bd",
                }}]}),
            ),
            record(
                "PUT",
                &format!("{assignments}/x"),
                409,
                &json!({"error": {"code": "RoleAssignmentExists", "message": "It is there."}}),
            ),
            record("GET", &format!("{ARM}/tenants"), 503, &json!("<html>busy</html>")),
        ];
        assert_eq!(outcomes(&records).await, vec![Outcome::Agrees; 4]);
    }

    #[tokio::test]
    async fn what_core_does_not_ask_for_is_not_used() {
        let disk = format!("{ARM}/subscriptions/s/providers/Microsoft.Compute/disks");
        let found = outcomes(&[record("GET", &disk, 200, &json!({"value": []}))]).await;
        assert!(matches!(found[0], Outcome::NotUsed(_)), "{found:?}");
    }

    #[test]
    fn the_expectations_are_no_echo_of_core() {
        let body = json!({"value": [{
            "id": "/subscriptions/s/resourceGroups/g/x", "name": "a", "kind": "AIServices", "location": "l",
            "properties": {
                "endpoint": "https://a/", "publicNetworkAccess": "Disabled",
                "endpoints": {"OpenAI Language Model Instance API": "https://b/"},
            },
        }, {"kind": "Face"}]});
        let expected = json!([{
            "id": "/subscriptions/s/resourceGroups/g/x", "name": "a", "kind": "AIServices", "location": "l",
            "resource_group": "g", "endpoint": "https://b",
            "obstacles": ["no_custom_subdomain", "private_network"],
        }]);
        assert_eq!(expectation::accounts(&body), expected);
    }
}
