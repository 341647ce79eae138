//! Azure OpenAI inference: chat completions on the v1 and the dated path, whole and streamed.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, StatusCode};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::address::InferenceHost;
use crate::answer::{Answer, Content};
use crate::arm::account_id;
use crate::call::Call;
use crate::clock::http_date;
use crate::mutant::Mutant;
use crate::rbac::{self, Principal};
use crate::scenario::{Account, Deployment};
use crate::signature;
use crate::site::Site;
use crate::token::{ARM_AUDIENCES, INFERENCE_AUDIENCES, read_caller};
use crate::world::World;
use crate::{model, reply};

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
    /// `/openai/v1/models`
    Models,
}

/// Dated versions of the classic path that are served.
const DATED: [&str; 5] =
    ["2024-02-01", "2024-06-01", "2024-10-21", "2024-12-01-preview", "2025-01-01-preview"];
/// Versions that the v1 path takes where one is given.
const UNDATED: [&str; 3] = ["v1", "preview", "latest"];

/// Members of a chat request (OpenAI's public specification); anything else is refused.
const ARGUMENTS: [&str; 32] = [
    "audio",
    "data_sources",
    "frequency_penalty",
    "function_call",
    "functions",
    "logit_bias",
    "logprobs",
    "max_completion_tokens",
    "max_tokens",
    "messages",
    "metadata",
    "modalities",
    "model",
    "n",
    "parallel_tool_calls",
    "prediction",
    "presence_penalty",
    "reasoning_effort",
    "response_format",
    "safety_identifier",
    "prompt_cache_key",
    "seed",
    "stop",
    "store",
    "stream",
    "stream_options",
    "temperature",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "user",
];

const CHAT_ACTION: &str =
    "Microsoft.CognitiveServices/accounts/OpenAI/deployments/chat/completions/action";
const CHAT_OPERATION: &str = "POST /openai/deployments/{deployment-id}/chat/completions";
const MODELS_ACTION: &str = "Microsoft.CognitiveServices/accounts/OpenAI/models/read";

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
            ["openai", "v1", "models"] if call.method == Method::GET => Some(Self::Models),
            _ => None,
        }
    }

    pub(crate) fn operation(&self) -> &'static str {
        match self {
            Self::Chat | Self::DatedChat(_) => "chat.create",
            Self::Models => "models.list",
        }
    }
}

pub(crate) fn answer(host: &Host, route: Option<&Route>, call: &Call, site: &Site) -> Answer {
    let world = site.world();
    let mut answer = reply(host, route, call, site, &world).unwrap_or_else(|refusal| refusal);
    if let Ok(who) = read_caller(call, &world, &INFERENCE_AUDIENCES, site.clock.now()) {
        answer.caller = Some((who.name, who.tenant));
    }
    answer
        .with("date", http_date(site.clock.now()))
        .with("apim-request-id", Uuid::new_v4().to_string())
        .with("x-content-type-options", "nosniff")
}

/// `Err` is a refusal, `Ok` is an answer; both are sent.
fn reply(
    host: &Host,
    route: Option<&Route>,
    call: &Call,
    site: &Site,
    world: &World,
) -> Result<Answer, Answer> {
    let now = site.clock.now();
    let (scope, account, tenant) = find_account(host, call, world)?;
    let who = check_token(call, account, tenant, world, now)?;
    match route.ok_or_else(resource_not_found)? {
        Route::Models => {
            check_undated(call)?;
            require(world, &who, &scope, MODELS_ACTION, "GET /openai/models", now)?;
            Ok(list_models(account))
        }
        Route::Chat => {
            check_undated(call)?;
            require(world, &who, &scope, CHAT_ACTION, CHAT_OPERATION, now)?;
            let request = Chat::read(call)?;
            let name = request.model()?;
            request.complete(&name, account, world, now)
        }
        Route::DatedChat(name) => {
            check_dated(call)?;
            require(world, &who, &scope, CHAT_ACTION, CHAT_OPERATION, now)?;
            Chat::read(call)?.complete(name, account, world, now)
        }
    }
}

/// The account's resource id, the account, its tenant.
fn find_account<'w>(
    host: &Host,
    call: &Call,
    world: &'w World,
) -> Result<(String, &'w Account, &'w str), Answer> {
    if host.host == InferenceHost::Region && call.bearer().is_some() {
        return Err(Answer::error(
            StatusCode::BAD_REQUEST,
            "BadRequest",
            "Please provide a custom subdomain for token authentication, otherwise API key is required.",
        ));
    }
    let Some((subscription, group, account)) = world.account_by_subdomain(&host.label) else {
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
    now: OffsetDateTime,
) -> Result<Principal, Answer> {
    if call.header("api-key").is_some() && call.bearer().is_none() {
        if account.disable_local_auth {
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
    let also = Mutant::ArmTokenByInference.adds(&ARM_AUDIENCES).iter().copied();
    let audiences: Vec<&str> = account.audiences.iter().map(String::as_str).chain(also).collect();
    let who = read_caller(call, world, &audiences, now).map_err(|_| {
        let message = format!(
            "Unauthorized. Access token is missing, invalid, audience is incorrect ({}), or have expired.",
            audiences.join(" or ")
        );
        Answer::json(StatusCode::UNAUTHORIZED, &json!({"statusCode": 401, "message": message}))
    })?;
    if who.tenant != tenant && !Mutant::TokenOfAnotherTenant.is_on() {
        return Err(Answer::error(
            StatusCode::BAD_REQUEST,
            "Tenant provided in token does not match resource token",
            format!("Token tenant {} does not match resource tenant.", who.tenant),
        ));
    }
    Ok(who)
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
    if rbac::allows_data(world, who, scope, action, now) {
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

/// A chat request whose form is right.
struct Chat {
    members: Map<String, Value>,
}

impl Chat {
    fn read(call: &Call) -> Result<Self, Answer> {
        let Ok(Value::Object(members)) = serde_json::from_slice(&call.body) else {
            return Err(invalid(
                "We could not parse the JSON body of your request.",
                &Value::Null,
                &Value::Null,
            ));
        };
        if let Some(unknown) = members.keys().find(|name| !ARGUMENTS.contains(&name.as_str())) {
            let message = format!("Unrecognized request argument supplied: {unknown}");
            return Err(invalid(&message, &Value::Null, &Value::Null));
        }
        let messages = members.get("messages").and_then(Value::as_array);
        let proper = |message: &Value| message["role"].is_string() && !message["content"].is_null();
        match messages {
            None => Err(invalid("'messages' is a required property", &Value::Null, &Value::Null)),
            Some(messages) if messages.is_empty() || !messages.iter().all(proper) => Err(invalid(
                "Invalid 'messages': expected a list of at least one message with a role and content.",
                &json!("messages"),
                &json!("invalid_value"),
            )),
            Some(_) => Ok(Self { members }),
        }
    }

    /// The deployment that the v1 path is told in the body.
    fn model(&self) -> Result<String, Answer> {
        self.members.get("model").and_then(Value::as_str).map(str::to_owned).ok_or_else(|| {
            invalid("you must provide a model parameter", &Value::Null, &Value::Null)
        })
    }

    fn complete(
        &self,
        name: &str,
        account: &Account,
        world: &World,
        now: OffsetDateTime,
    ) -> Result<Answer, Answer> {
        let deployment = account.deployment(name).ok_or_else(deployment_not_found)?;
        self.check_model(&deployment.model)?;
        let text = reply::write(&self.question(), account, deployment);
        let completion = Completion {
            id: format!("chatcmpl-{}", &signature::random_text(24)[..29]),
            created: now.unix_timestamp(),
            model: model::full_name(&deployment.model),
            text,
        };
        let answer = if self.flag("stream") {
            let with_usage = self
                .members
                .get("stream_options")
                .is_some_and(|options| options["include_usage"] == json!(true));
            let pause = Duration::from_millis(world.scenario.event_delay_milliseconds);
            completion.streamed(with_usage, pause)
        } else {
            completion.whole()
        };
        Ok(with_model_headers(answer, account, deployment))
    }

    fn check_model(&self, model: &str) -> Result<(), Answer> {
        if !model::can_chat(model) {
            return Err(Answer::error(
                StatusCode::BAD_REQUEST,
                "OperationNotSupported",
                format!(
                    "The chatCompletion operation does not work with the specified model, {model}. Please choose different model and try again. You can learn more about which models can be used with each operation here: https://go.microsoft.com/fwlink/?linkid=2197993."
                ),
            ));
        }
        if model::is_reasoning(model) && self.members.contains_key("max_tokens") {
            return Err(invalid(
                "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
                &json!("max_tokens"),
                &json!("unsupported_parameter"),
            ));
        }
        Ok(())
    }

    /// The last message of the user, text parts joined.
    fn question(&self) -> String {
        let messages = self.members.get("messages").and_then(Value::as_array);
        let last =
            messages.and_then(|all| all.iter().rev().find(|one| one["role"] == json!("user")));
        match last.map(|one| &one["content"]) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Array(parts)) => {
                parts.iter().filter_map(|part| part["text"].as_str()).collect::<Vec<_>>().join(" ")
            }
            _ => String::new(),
        }
    }

    fn flag(&self, name: &str) -> bool {
        self.members.get(name) == Some(&json!(true))
    }
}

/// An answer in the making.
struct Completion {
    id: String,
    created: i64,
    model: String,
    text: String,
}

impl Completion {
    /// Recorded: `aoai.chat__200__keyless__01`.
    fn whole(&self) -> Answer {
        Answer::json(
            StatusCode::OK,
            &json!({
                "choices": [{
                    "content_filter_results": answer_filter(),
                    "finish_reason": "stop",
                    "index": 0,
                    "logprobs": null,
                    "message": {"content": self.text, "refusal": null, "role": "assistant", "annotations": []},
                }],
                "created": self.created,
                "id": self.id,
                "model": self.model,
                "object": "chat.completion",
                "prompt_filter_results": prompt_filter(),
                "system_fingerprint": "fp_practice",
                "usage": self.usage(),
            }),
        )
    }

    /// Recorded: `aoai.chat__200__stream__01`. The first event has no choice and no id, only what the
    /// filter said of the prompt; then the role, the words, the finish, the usage if asked for.
    fn streamed(&self, with_usage: bool, pause: Duration) -> Answer {
        let mut events = vec![
            json!({"choices": [], "created": 0, "id": "", "model": "", "object": "", "prompt_filter_results": prompt_filter()}),
            self.chunk(
                &json!({"content": "", "refusal": null, "role": "assistant"}),
                &json!({}),
                None,
            ),
        ];
        events.extend(
            self.text
                .split_inclusive(' ')
                .map(|word| self.chunk(&json!({"content": word}), &word_filter(), None)),
        );
        events.push(self.chunk(&json!({}), &json!({}), Some("stop")));
        if with_usage {
            let mut last = self.chunk(&json!({}), &json!({}), None);
            last["choices"] = json!([]);
            last["usage"] = self.usage();
            events.push(last);
        }
        let mut pieces: Vec<Bytes> =
            events.iter().map(|event| format!("data: {event}\n\n").into()).collect();
        pieces.push(Bytes::from_static(b"data: [DONE]\n\n"));
        if Mutant::StreamWithoutEnds.is_on() {
            pieces.pop();
            pieces.remove(0);
        }
        let mut answer = Answer::empty(StatusCode::OK)
            .with("content-type", "text/event-stream; charset=utf-8")
            .with("cache-control", "no-cache, must-revalidate")
            .with("x-accel-buffering", "no");
        answer.content = Content::Pieces(pieces, pause);
        answer
    }

    fn chunk(&self, delta: &Value, filter: &Value, finish: Option<&str>) -> Value {
        json!({
            "choices": [{
                "content_filter_results": filter,
                "delta": delta,
                "finish_reason": finish,
                "index": 0,
                "logprobs": null,
            }],
            "created": self.created,
            "id": self.id,
            "model": self.model,
            "object": "chat.completion.chunk",
            "system_fingerprint": "fp_practice",
        })
    }

    fn usage(&self) -> Value {
        let words = self.text.split_whitespace().count();
        json!({"completion_tokens": words, "prompt_tokens": 12, "total_tokens": words + 12})
    }
}

fn with_model_headers(answer: Answer, account: &Account, deployment: &Deployment) -> Answer {
    answer
        .with("x-request-id", Uuid::new_v4().to_string())
        .with("x-ms-region", region_name(&account.location))
        .with("x-ms-deployment-name", &deployment.name)
        .with("x-ms-rai-invoked", "true")
        .with("azureml-model-session", "d062-20261101120000")
        .with("x-ratelimit-remaining-requests", (deployment.capacity - 1).to_string())
        .with("x-ratelimit-remaining-tokens", (deployment.capacity * 1000 - 48).to_string())
}

fn region_name(location: &str) -> &str {
    match location {
        "swedencentral" => "Sweden Central",
        "westeurope" => "West Europe",
        "eastus" => "East US",
        "eastus2" => "East US 2",
        other => other,
    }
}

fn prompt_filter() -> Value {
    let mut results = word_filter();
    results["jailbreak"] = json!({"filtered": false, "detected": false});
    json!([{"prompt_index": 0, "content_filter_results": results}])
}

fn answer_filter() -> Value {
    let mut results = word_filter();
    results["protected_material_code"] = json!({"filtered": false, "detected": false});
    results["protected_material_text"] = json!({"filtered": false, "detected": false});
    results
}

fn word_filter() -> Value {
    let safe = json!({"filtered": false, "severity": "safe"});
    json!({"hate": safe, "self_harm": safe, "sexual": safe, "violence": safe})
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
