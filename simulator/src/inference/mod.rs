//! Azure OpenAI inference: chat completions, embeddings and responses, on the v1 and the dated paths.

mod chat;
mod embeddings;
mod parameters;
mod responses;

use http::{Method, StatusCode};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::address::InferenceHost;
use crate::answer::Answer;
use crate::arm::{account_id, display_name};
use crate::call::Call;
use crate::clock::http_date;
use crate::model;
use crate::mutant::Mutant;
use crate::rbac::{Principal, Rights};
use crate::scenario::{Account, Deployment};
use crate::site::Site;
use crate::token::{Refusal, challenge_outdated, read_caller};
use crate::world::World;

use chat::Chat;
use embeddings::Embeddings;
use responses::Responses;

/// The host that was addressed: a subdomain or a region, and by which of its names.
#[derive(Debug)]
pub(crate) struct Host {
    pub(crate) label: String,
    pub(crate) host: InferenceHost,
}

/// What is asked of an account.
#[derive(Debug)]
pub(crate) enum Route {
    /// `/openai/v1/chat/completions`
    Chat,
    /// `/openai/deployments/{deployment}/chat/completions`
    DatedChat(String),
    /// `/openai/v1/embeddings`
    Embeddings,
    /// `/openai/deployments/{deployment}/embeddings`
    DatedEmbeddings(String),
    /// `/openai/v1/responses`
    Responses,
    /// `/openai/v1/models`
    Models,
}

/// Dated versions of the classic path that are served.
const DATED: [&str; 14] = [
    "2023-05-15",
    "2023-12-01-preview",
    "2024-02-01",
    "2024-03-01-preview",
    "2024-04-01-preview",
    "2024-05-01-preview",
    "2024-06-01",
    "2024-07-01-preview",
    "2024-08-01-preview",
    "2024-10-01-preview",
    "2024-10-21",
    "2024-12-01-preview",
    "2025-01-01-preview",
    "2025-04-01-preview",
];
/// Versions that the v1 path takes where one is given.
const UNDATED: [&str; 3] = ["v1", "preview", "latest"];

impl Route {
    pub(crate) fn of(call: &Call) -> Option<Self> {
        let segments = call.segments();
        let path: Vec<&str> = segments.iter().map(String::as_str).collect();
        let post = call.method == Method::POST;
        match path.as_slice() {
            ["openai", "v1", "chat", "completions"] if post => Some(Self::Chat),
            ["openai", "deployments", name, "chat", "completions"] if post => {
                Some(Self::DatedChat((*name).to_owned()))
            }
            ["openai", "v1", "embeddings"] if post => Some(Self::Embeddings),
            ["openai", "deployments", name, "embeddings"] if post => {
                Some(Self::DatedEmbeddings((*name).to_owned()))
            }
            ["openai", "v1", "responses"] if post => Some(Self::Responses),
            ["openai", "v1", "models"] if call.method == Method::GET => Some(Self::Models),
            _ => None,
        }
    }

    pub(crate) fn operation(&self) -> &'static str {
        match self {
            Self::Chat | Self::DatedChat(_) => "chat.create",
            Self::Embeddings | Self::DatedEmbeddings(_) => "embeddings.create",
            Self::Responses => "responses.create",
            Self::Models => "models.list",
        }
    }

    /// The data action that the route needs, and the operation as the refusal names it.
    fn needs(&self) -> (&'static str, &'static str) {
        match self {
            Self::Chat | Self::DatedChat(_) => (
                "Microsoft.CognitiveServices/accounts/OpenAI/deployments/chat/completions/action",
                "POST /openai/deployments/{deployment-id}/chat/completions",
            ),
            Self::Embeddings | Self::DatedEmbeddings(_) => (
                "Microsoft.CognitiveServices/accounts/OpenAI/deployments/embeddings/action",
                "POST /openai/deployments/{deployment-id}/embeddings",
            ),
            Self::Responses => (
                "Microsoft.CognitiveServices/accounts/OpenAI/responses/write",
                "POST /openai/responses",
            ),
            Self::Models => {
                ("Microsoft.CognitiveServices/accounts/OpenAI/models/read", "GET /openai/models")
            }
        }
    }

    /// The v1 path takes no date, the classic path takes one of its dates.
    fn check_version(&self, call: &Call) -> Result<(), Answer> {
        match self {
            Self::DatedChat(_) | Self::DatedEmbeddings(_) => check_dated(call),
            Self::Chat | Self::Embeddings | Self::Responses | Self::Models => check_undated(call),
        }
    }
}

pub(crate) fn answer(host: &Host, route: Option<&Route>, call: &Call, site: &Site) -> Answer {
    let world = site.world();
    let now = site.clock.now();
    let mut caller = None;
    let answer =
        reply(host, route, call, &world, site, &mut caller).unwrap_or_else(|refusal| refusal);
    with_standard_headers(Answer { caller, ..answer }, call, now)
}

/// `Err` is a refusal, `Ok` is an answer; both are sent. `caller` is told as soon as it is known.
fn reply(
    host: &Host,
    route: Option<&Route>,
    call: &Call,
    world: &World,
    site: &Site,
    caller: &mut Option<(String, String)>,
) -> Result<Answer, Answer> {
    let now = site.clock.now();
    let (scope, account, tenant) = find_account(host, call, world, now)?;
    let who = check_token(call, account, tenant, world, site)?;
    *caller = Some((who.name.clone(), who.tenant.clone()));
    let route = route.ok_or_else(resource_not_found)?;
    route.check_version(call)?;
    let (action, operation) = route.needs();
    require(world, &who, &scope, action, operation, now)?;
    let ask = Ask { call, account, world, now };
    match route {
        Route::Models => Ok(list_models(account)),
        Route::Chat => {
            let request = Chat::read(call)?;
            let name = request.model()?;
            request.complete(&name, &ask)
        }
        Route::DatedChat(name) => Chat::read(call)?.complete(name, &ask),
        Route::Embeddings => {
            let request = Embeddings::read(call)?;
            let name = request.model()?;
            request.embed(&name, &ask)
        }
        Route::DatedEmbeddings(name) => Embeddings::read(call)?.embed(name, &ask),
        Route::Responses => Responses::read(call)?.respond(&ask),
    }
}

/// A request that the account takes, and everything that is needed to answer it.
struct Ask<'a> {
    call: &'a Call,
    account: &'a Account,
    world: &'a World,
    now: OffsetDateTime,
}

impl<'a> Ask<'a> {
    /// The deployment of a name, where it has not been asked too often.
    fn deployment(&self, name: &str, operation: &str) -> Result<&'a Deployment, Answer> {
        let deployment = self.account.deployment(name).ok_or_else(deployment_not_found)?;
        self.check_rate(deployment, operation)?;
        Ok(deployment)
    }

    /// 429 for more requests than a deployment takes, with the time to wait in seconds and, for the
    /// clients of OpenAI, in milliseconds.
    fn check_rate(&self, deployment: &Deployment, operation: &str) -> Result<(), Answer> {
        let Some(limit) = deployment.requests_per_ten_seconds else {
            return Ok(());
        };
        let account = self.account;
        let key = format!("{}|{}", account.name, deployment.name).to_lowercase();
        let draw = self.world.deployment_quota.draw(&key, limit, self.now);
        if draw.granted {
            return Ok(());
        }
        let version = self.call.query("api-version").unwrap_or_else(|| "v1".into());
        let tier = if account.kind == "AIServices" { "AIServices" } else { "OpenAI" };
        let seconds = draw.resets_after.as_secs();
        let message = format!(
            "Requests to the {operation} Operation under Azure OpenAI API version {version} have exceeded call rate limit of your current {tier} S0 pricing tier. Please retry after {seconds} seconds. Please go here: https://aka.ms/oai/quotaincrease if you would like to further increase the default rate limit."
        );
        Err(Answer::error(StatusCode::TOO_MANY_REQUESTS, "429", message)
            .with("retry-after", seconds.to_string())
            .with("retry-after-ms", draw.resets_after.as_millis().to_string())
            .with("x-ms-region", display_name(&account.location))
            .with("x-ratelimit-limit-requests", limit.to_string())
            .with("x-ratelimit-remaining-requests", "0"))
    }
}

fn with_standard_headers(answer: Answer, call: &Call, now: OffsetDateTime) -> Answer {
    let id = Uuid::new_v4().to_string();
    answer
        .with("date", http_date(now))
        .with("x-ms-client-request-id", call.header("x-ms-client-request-id").unwrap_or(&id))
        .with("apim-request-id", id)
        .with("x-content-type-options", "nosniff")
        .with("strict-transport-security", "max-age=31536000; includeSubDomains; preload")
}

/// The account's resource id, the account, its tenant.
fn find_account<'w>(
    host: &Host,
    call: &Call,
    world: &'w World,
    now: OffsetDateTime,
) -> Result<(String, &'w Account, &'w str), Answer> {
    if host.host == InferenceHost::Region && call.bearer().is_some() {
        return Err(Answer::error(
            StatusCode::BAD_REQUEST,
            "BadRequest",
            "Please provide a custom subdomain for token authentication, otherwise API key is required.",
        ));
    }
    // A subdomain that was just set leads nowhere at first.
    let leads = |account: &Account| account.changing_until.is_none_or(|until| until <= now);
    let found = world.scenario.account_by_subdomain(&host.label);
    let Some((subscription, group, account)) = found.filter(|(_, _, account)| leads(account))
    else {
        return Err(Answer::error(
            StatusCode::NOT_FOUND,
            "ResourceNotFound",
            "Subdomain does not map to a resource",
        ));
    };
    if account.public_network_access == "Disabled" {
        return Err(Answer::error(
            StatusCode::FORBIDDEN,
            "403",
            "Public access is disabled. Please configure private endpoint.",
        )
        .with("policy-id", "ThrowExceptionDueToTrafficDenied"));
    }
    let id = account_id(&subscription.id, &group.name, &account.name);
    Ok((id, account, &subscription.tenant))
}

/// Refuses keys, of which there are none, and tokens that this account does not take.
fn check_token(
    call: &Call,
    account: &Account,
    tenant: &str,
    world: &World,
    site: &Site,
) -> Result<Principal, Answer> {
    if call.header("api-key").is_some() && call.bearer().is_none() {
        if account.disable_local_auth == Some(true) {
            return Err(Answer::error(
                StatusCode::FORBIDDEN,
                "AuthenticationTypeDisabled",
                "Key based authentication is disabled for this resource.",
            ));
        }
        return Err(Answer::error(
            StatusCode::UNAUTHORIZED,
            "401",
            "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an active subscription and use a correct regional API endpoint for your resource.",
        ));
    }
    let also = Mutant::ArmTokenByInference
        .adds(world.scenario.cloud.names().arm_audiences)
        .iter()
        .copied();
    let audiences: Vec<&str> = account.audiences.iter().map(String::as_str).chain(also).collect();
    let who = read_caller(call, world, &audiences, site.clock.now())
        .map_err(|refusal| refuse_token(&refusal, &audiences, site))?;
    if who.tenant != tenant && !Mutant::TokenOfAnotherTenant.is_on() {
        return Err(Answer::error(
            StatusCode::BAD_REQUEST,
            "Tenant provided in token does not match resource token",
            format!("Token tenant {} does not match resource tenant.", who.tenant),
        ));
    }
    Ok(who)
}

fn refuse_token(refusal: &Refusal, audiences: &[&str], site: &Site) -> Answer {
    if let Refusal::Outdated { event, application } = refusal {
        return challenge_outdated(*event, application, &site.addresses.authority);
    }
    let message = format!(
        "Unauthorized. Access token is missing, invalid, audience is incorrect ({}), or have expired.",
        audiences.join(" or ")
    );
    Answer::json(StatusCode::UNAUTHORIZED, &json!({"statusCode": 401, "message": message}))
}

/// 401, not 403, for a missing role.
fn require(
    world: &World,
    who: &Principal,
    scope: &str,
    action: &str,
    operation: &str,
    now: OffsetDateTime,
) -> Result<(), Answer> {
    if Rights::of(world, who).allow_data(scope, action, now) {
        return Ok(());
    }
    let wrong = Mutant::MissingRoleForbidden.is_on();
    Err(Answer::error(
        if wrong { StatusCode::FORBIDDEN } else { StatusCode::UNAUTHORIZED },
        "PermissionDenied",
        format!(
            "The principal `{}` lacks the required data action `{action}` to perform `{operation}` operation.",
            who.object_id
        ),
    ))
}

fn check_undated(call: &Call) -> Result<(), Answer> {
    match call.query("api-version") {
        Some(version) if !UNDATED.contains(&version.as_str()) => Err(Answer::error(
            StatusCode::BAD_REQUEST,
            "BadRequest",
            "api-version query parameter is not allowed when using /v1 path",
        )),
        _ => Ok(()),
    }
}

fn check_dated(call: &Call) -> Result<(), Answer> {
    match call.query("api-version") {
        Some(version) if DATED.contains(&version.as_str()) => Ok(()),
        _ => Err(resource_not_found()),
    }
}

fn resource_not_found() -> Answer {
    Answer::error(StatusCode::NOT_FOUND, "404", "Resource not found")
}

fn list_models(account: &Account) -> Answer {
    let models: Vec<Value> = account
        .deployments
        .iter()
        .map(|deployment| {
            json!({
                "id": model::full_name(&deployment.model),
                "object": "model",
                "created": 1_721_172_717,
                "created_at": 1_721_172_717,
                "status": "succeeded",
                "lifecycle_status": "generally-available",
                "capabilities": {
                    "chat_completion": model::can_chat(&deployment.model),
                    "embeddings": !model::can_chat(&deployment.model),
                    "inference": true,
                    "fine_tune": false,
                    "completion": false,
                },
            })
        })
        .collect();
    Answer::json(StatusCode::OK, &json!({"object": "list", "data": models}))
}

fn with_model_headers(answer: Answer, account: &Account, deployment: &Deployment) -> Answer {
    answer
        .with("x-request-id", Uuid::new_v4().to_string())
        .with("x-ms-region", display_name(&account.location))
        .with("x-ms-deployment-name", &deployment.name)
        .with("x-ms-rai-invoked", "true")
        .with("azureml-model-session", "d062-20261101120000")
        .with("x-ratelimit-limit-requests", deployment.capacity.to_string())
        .with("x-ratelimit-limit-tokens", deployment.capacity.saturating_mul(1000).to_string())
        .with("x-ratelimit-remaining-requests", deployment.capacity.saturating_sub(1).to_string())
        .with(
            "x-ratelimit-remaining-tokens",
            deployment.capacity.saturating_mul(1000).saturating_sub(48).to_string(),
        )
}

/// A request's body as the members of an object.
fn read_members(call: &Call) -> Result<Map<String, Value>, Answer> {
    match serde_json::from_slice(&call.body) {
        Ok(Value::Object(members)) => Ok(members),
        _ => Err(invalid(
            "We could not parse the JSON body of your request.",
            &Value::Null,
            &Value::Null,
        )),
    }
}

/// The deployment that the v1 path is told in the body.
fn read_model(members: &Map<String, Value>) -> Result<String, Answer> {
    members
        .get("model")
        .and_then(Value::as_str)
        .map(str::to_owned)
        .ok_or_else(|| invalid("you must provide a model parameter", &Value::Null, &Value::Null))
}

/// Refuses members that the operation does not have.
fn check_arguments(members: &Map<String, Value>, known: &[&str]) -> Result<(), Answer> {
    match members.keys().find(|name| !known.contains(&name.as_str())) {
        Some(unknown) => {
            let message = format!("Unrecognized request argument supplied: {unknown}");
            Err(invalid(&message, &Value::Null, &Value::Null))
        }
        None => Ok(()),
    }
}

/// 400 for a model that does not do what it is asked for.
fn not_supported(operation: &str, model: &str) -> Answer {
    Answer::error(
        StatusCode::BAD_REQUEST,
        "OperationNotSupported",
        format!(
            "The {operation} operation does not work with the specified model, {model}. Please choose different model and try again. You can learn more about which models can be used with each operation here: https://go.microsoft.com/fwlink/?linkid=2197993."
        ),
    )
}

/// Recorded: `aoai.chat__404__DeploymentNotFound__01`.
fn deployment_not_found() -> Answer {
    Answer::json(
        StatusCode::NOT_FOUND,
        &json!({"error": {
            "type": "invalid_request_error",
            "code": "DeploymentNotFound",
            "message": "The API deployment for this resource does not exist. If you created the deployment within the last 5 minutes, please wait a moment and try again.",
        }}),
    )
}

/// 400 in OpenAI's own shape.
fn invalid(message: &str, parameter: &Value, code: &Value) -> Answer {
    Answer::json(
        StatusCode::BAD_REQUEST,
        &json!({"error": {"message": message, "type": "invalid_request_error", "param": parameter, "code": code}}),
    )
}
