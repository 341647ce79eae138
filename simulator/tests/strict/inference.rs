//! The data plane: who may chat, from when, and what a chat looks like.

use reqwest::Method;
use serde_json::{Value, json};

use crate::bench::{
    ACCOUNT, ADA, ADA_ID, ARM, Bench, CONTOSO, GRACE, GRACE_ID, GROUP, INFERENCE, MARY, MARY_ID,
    OPENAI_USER, OUTER_GROUP, Reply, SUBSCRIPTION,
};

const ALL_BUT_CHAT: &str = "66edf087-9e37-4afc-97dd-22e08f09e36e";

impl Bench {
    /// Ada with the chat role, in force.
    async fn start_with_access() -> Self {
        let bench = Self::start().await;
        bench.grant(GROUP, OPENAI_USER, ADA_ID).await;
        bench.pass(40);
        bench
    }

    async fn ask(&self, body: Value) -> Reply {
        let token = self.simulator.issue_token(ADA, CONTOSO, INFERENCE);
        self.chat_with(&token, "chat-one", body).await
    }

    /// A request to any path of an account, with Ada's token.
    async fn post(&self, subdomain: &str, path: &str) -> Reply {
        let token = self.simulator.issue_token(ADA, CONTOSO, INFERENCE);
        let url = format!("{}/{subdomain}/openai/{path}", self.simulator.addresses().openai);
        self.send(Method::POST, &url, Some(&token), Some(hello())).await
    }
}

fn hello() -> Value {
    json!({"model": "mini", "messages": [{"role": "user", "content": "Hello"}]})
}

/// The JSON of every event of a stream, the last being the end mark.
fn events(reply: &Reply) -> Vec<Value> {
    let mut lines: Vec<&str> = reply.text.split("\n\n").filter(|line| !line.is_empty()).collect();
    assert_eq!(lines.pop(), Some("data: [DONE]"), "the stream ends with its mark");
    let event = |line: &str| {
        serde_json::from_str(line.strip_prefix("data: ").expect("a data line")).expect("JSON")
    };
    lines.into_iter().map(event).collect()
}

#[tokio::test]
async fn a_missing_role_is_401_permission_denied_and_owner_may_not_chat() {
    let bench = Bench::start().await;
    for (user, id) in [(ADA, ADA_ID), (GRACE, GRACE_ID)] {
        let reply = bench.chat(user, "chat-one", "mini").await;
        assert_eq!(
            reply.refusal(),
            (401, "PermissionDenied".into()),
            "{user}: neither Reader nor Owner has data actions"
        );
        assert_eq!(
            reply.message(),
            format!(
                "The principal `{id}` lacks the required data action `Microsoft.CognitiveServices/accounts/OpenAI/deployments/chat/completions/action` to perform `POST /openai/deployments/{{deployment-id}}/chat/completions` operation."
            )
        );
        assert!(!reply.header("apim-request-id").is_empty());
    }
}

#[tokio::test]
async fn a_role_works_when_its_delay_is_over_and_not_before() {
    let bench = Bench::start().await;
    bench.grant(ACCOUNT, OPENAI_USER, ADA_ID).await;
    assert_eq!(
        bench.chat(ADA, "chat-one", "mini").await.refusal(),
        (401, "PermissionDenied".into()),
        "at once"
    );
    bench.pass(39);
    assert_eq!(
        bench.chat(ADA, "chat-one", "mini").await.refusal(),
        (401, "PermissionDenied".into()),
        "a second early"
    );
    bench.pass(1);
    assert_eq!(bench.chat(ADA, "chat-one", "mini").await.status, 200, "the delay is 40 s");
    assert_eq!(
        bench.chat(ADA, "foundry", "mini").await.status,
        401,
        "a role at one account is not one at its neighbour"
    );
}

#[tokio::test]
async fn roles_are_inherited_from_every_scope_above() {
    for scope in [
        "/providers/Microsoft.Management/managementGroups/contoso-platform",
        SUBSCRIPTION,
        GROUP,
        ACCOUNT,
    ] {
        let bench = Bench::start_with(json!({"assignments": [
            {"name": "f602e656-bbeb-462d-934c-69aa86f05151", "principal": ADA_ID, "role": OPENAI_USER, "scope": scope}
        ]}))
        .await;
        assert_eq!(bench.chat(ADA, "chat-one", "mini").await.status, 200, "from {scope}");
    }
    let beside = format!("{SUBSCRIPTION}/resourceGroups/rg-chat-two");
    let bench = Bench::start_with(json!({"assignments": [
        {"name": "f602e656-bbeb-462d-934c-69aa86f05151", "principal": ADA_ID, "role": OPENAI_USER, "scope": beside}
    ]}))
    .await;
    assert_eq!(
        bench.chat(ADA, "chat-one", "mini").await.status,
        401,
        "a scope whose name only begins alike"
    );
}

#[tokio::test]
async fn roles_reach_members_of_groups_in_groups() {
    let bench = Bench::start().await;
    bench.grant(GROUP, OPENAI_USER, OUTER_GROUP).await;
    bench.pass(40);
    assert_eq!(bench.chat(MARY, "chat-one", "mini").await.status, 200, "a member of a member");
    assert_eq!(bench.chat(ADA, "chat-one", "mini").await.status, 401, "not a member");
}

#[tokio::test]
async fn what_a_role_excludes_it_does_not_grant_and_another_role_still_can() {
    let bench = Bench::start().await;
    bench.grant(ACCOUNT, ALL_BUT_CHAT, MARY_ID).await;
    bench.pass(40);
    assert_eq!(
        bench.chat(MARY, "chat-one", "mini").await.status,
        401,
        "notDataActions take chat out of the wildcard"
    );
    bench.grant(ACCOUNT, OPENAI_USER, MARY_ID).await;
    bench.pass(40);
    assert_eq!(
        bench.chat(MARY, "chat-one", "mini").await.status,
        200,
        "an exclusion is not a denial"
    );
}

#[tokio::test]
async fn a_deleted_assignment_ends_the_access() {
    let bench = Bench::start().await;
    let name = "603fbb4a-db8d-45e6-a1c6-0524b1d434e9";
    assert_eq!(bench.assign(GRACE, ACCOUNT, name, OPENAI_USER, ADA_ID).await.status, 201);
    bench.pass(40);
    assert_eq!(bench.chat(ADA, "chat-one", "mini").await.status, 200);
    let path = format!(
        "{ACCOUNT}/providers/Microsoft.Authorization/roleAssignments/{name}?api-version=2022-04-01"
    );
    bench.arm(Method::DELETE, &path, &bench.arm_token(GRACE), None).await;
    assert_eq!(bench.chat(ADA, "chat-one", "mini").await.status, 401);
}

#[tokio::test]
async fn both_paths_answer_alike() {
    let bench = Bench::start_with_access().await;
    let dated =
        bench.post("chat-one", "deployments/mini/chat/completions?api-version=2024-10-21").await;
    let undated = bench.post("chat-one", "v1/chat/completions").await;
    for reply in [&dated, &undated] {
        let body = reply.json();
        assert_eq!(reply.status, 200, "{}", reply.text);
        assert_eq!(
            (&body["object"], &body["model"]),
            (&"chat.completion".into(), &"gpt-4o-mini-2024-07-18".into())
        );
        let choice = &body["choices"][0];
        assert_eq!(choice["finish_reason"], "stop");
        assert!(
            choice["message"]["content"].as_str().is_some_and(|text| text.starts_with("Hello!"))
        );
        assert_eq!(choice["content_filter_results"]["violence"]["severity"], "safe");
        assert_eq!(body["prompt_filter_results"][0]["prompt_index"], 0);
        assert_eq!(
            (reply.header("x-ms-region"), reply.header("x-ms-deployment-name")),
            ("Sweden Central", "mini")
        );
        assert!(!reply.header("x-ratelimit-remaining-tokens").is_empty());
    }
    let foundry =
        bench.post("foundry.services.ai", "v1/chat/completions?api-version=preview").await;
    assert_eq!(foundry.status, 200, "v1 also answers at the Foundry host");
}

#[tokio::test]
async fn a_stream_begins_with_the_prompts_filter_and_ends_with_its_mark() {
    let bench = Bench::start_with_access().await;
    let mut body = hello();
    body["stream"] = json!(true);
    let reply = bench.ask(body.clone()).await;
    assert_eq!(reply.header("content-type"), "text/event-stream");
    let events = events(&reply);
    assert_eq!(
        (&events[0]["choices"], &events[0]["id"]),
        (&json!([]), &"".into()),
        "no choice, no id"
    );
    assert!(events[0]["prompt_filter_results"][0]["content_filter_results"]["hate"].is_object());
    assert_eq!(events[1]["choices"][0]["delta"]["role"], "assistant");
    assert_eq!(events[1]["object"], "chat.completion.chunk");
    let last = events.last().expect("there are events");
    assert_eq!(
        (&last["choices"][0]["finish_reason"], &last["choices"][0]["delta"]),
        (&"stop".into(), &json!({}))
    );
    let words: Vec<&str> = events
        .iter()
        .filter_map(|event| event["choices"][0]["delta"]["content"].as_str())
        .collect();
    assert!(words.len() > 10, "many events");
    assert!(words.concat().starts_with("Hello! "), "which make one answer");
    let plain = bench.ask(hello()).await.json();
    assert_eq!(
        plain["choices"][0]["message"]["content"],
        words.concat(),
        "the same as in one piece"
    );
    body["stream_options"] = json!({"include_usage": true});
    let with_usage = self::events(&bench.ask(body).await);
    let last = with_usage.last().expect("there are events");
    assert_eq!(last["choices"], json!([]), "the usage comes in an event of its own");
    assert!(last["usage"]["total_tokens"].is_number());
}

#[tokio::test]
async fn a_deployment_must_exist_and_be_able_to_chat() {
    let bench = Bench::start_with_access().await;
    let with_model =
        |model: &str| json!({"model": model, "messages": [{"role": "user", "content": "Hello"}]});
    let reply = bench.ask(with_model("gpt-4o-mini")).await;
    assert_eq!(
        reply.refusal(),
        (404, "DeploymentNotFound".into()),
        "a model's name is not a deployment's"
    );
    let reply =
        bench.post("chat-one", "deployments/none/chat/completions?api-version=2024-10-21").await;
    assert_eq!(reply.refusal(), (404, "DeploymentNotFound".into()));
    let reply = bench.ask(with_model("vectors")).await;
    assert_eq!(reply.refusal(), (400, "OperationNotSupported".into()));
    assert!(reply.message().starts_with("The chatCompletion operation does not work with the specified model, text-embedding-3-small."));
    let mut body = with_model("thinker");
    body["max_tokens"] = json!(5);
    let reply = bench.ask(body.clone()).await;
    assert_eq!(
        reply.refusal(),
        (400, "unsupported_parameter".into()),
        "a reasoning model has max_completion_tokens"
    );
    body["model"] = json!("mini");
    assert_eq!(bench.ask(body).await.status, 200, "others take max_tokens");
}

#[tokio::test]
async fn an_improper_body_is_refused_in_the_models_own_words() {
    let bench = Bench::start_with_access().await;
    for (body, words) in [
        (
            json!({"messages": [{"role": "user", "content": "x"}]}),
            "you must provide a model parameter",
        ),
        (json!({"model": "mini"}), "'messages' is a required property"),
        (json!({"model": "mini", "messages": []}), "Invalid 'messages': empty array."),
        (json!({"model": "mini", "messages": "x"}), "Invalid type for 'messages'"),
        (
            json!({"model": "mini", "messages": [{"content": "x"}]}),
            "Missing required parameter: 'messages[0].role'.",
        ),
        (
            json!({"model": "mini", "messages": [{"role": "wizard", "content": "x"}]}),
            "Invalid value: 'wizard'. Supported values are: 'system'",
        ),
        (
            json!({"model": "mini", "messages": [{"role": "user", "content": null}]}),
            "Invalid value for 'content': expected a string, got null.",
        ),
        (
            json!({"model": "mini", "messages": [{"role": "user", "content": "x"}], "deployment": "mini"}),
            "Unrecognized request argument supplied: deployment",
        ),
        (json!([1]), "We could not parse the JSON body"),
    ] {
        let reply = bench.ask(body).await;
        assert_eq!(reply.status, 400);
        assert_eq!(reply.json()["error"]["type"], "invalid_request_error");
        assert!(
            reply.message().starts_with(words),
            "{} should begin with {words}",
            reply.message()
        );
    }
}

#[tokio::test]
async fn parameters_have_types_and_limits() {
    let bench = Bench::start_with_access().await;
    let body = |name: &str, value: serde_json::Value| {
        let mut body = json!({"model": "mini", "messages": [{"role": "user", "content": "x"}]});
        body[name] = value;
        body
    };
    for (name, value, code) in [
        ("temperature", json!(5), "decimal_above_max_value"),
        ("temperature", json!("warm"), "invalid_type"),
        ("top_p", json!(-0.5), "decimal_below_min_value"),
        ("n", json!(0), "integer_below_min_value"),
        ("n", json!(1.5), "invalid_type"),
        ("max_tokens", json!(0), "integer_below_min_value"),
        ("top_logprobs", json!(21), "integer_above_max_value"),
        ("stream", json!("yes"), "invalid_type"),
    ] {
        let reply = bench.ask(body(name, value.clone())).await;
        assert_eq!(reply.refusal(), (400, code.into()), "{name}: {value}");
        assert_eq!(reply.json()["error"]["param"], name);
    }
    let reply = bench.ask(body("stream_options", json!({"include_usage": true}))).await;
    assert_eq!(reply.status, 400, "nothing streams");
    for (name, value) in [("temperature", json!(2)), ("n", json!(1)), ("stream", json!(null))] {
        assert_eq!(bench.ask(body(name, value)).await.status, 200, "{name} is inside its limits");
    }
}

#[tokio::test]
async fn as_many_answers_come_as_are_asked_for() {
    let bench = Bench::start_with_access().await;
    let ask = |stream: bool| {
        json!({
            "model": "mini", "n": 2, "stream": stream,
            "messages": [{"role": "user", "content": "x"}],
        })
    };
    let whole = bench.ask(ask(false)).await.json();
    let indices: Vec<_> =
        whole["choices"].as_array().into_iter().flatten().map(|one| &one["index"]).collect();
    assert_eq!(indices, [0, 1]);
    let streamed = bench.ask(ask(true)).await;
    assert_eq!(streamed.text.matches("\"finish_reason\":\"stop\"").count(), 2, "each one ends");
}

#[tokio::test]
async fn versions_belong_to_the_dated_path_only() {
    let bench = Bench::start_with_access().await;
    let reply = bench.post("chat-one", "v1/chat/completions?api-version=2024-10-21").await;
    assert_eq!(reply.refusal(), (400, "BadRequest".into()));
    assert_eq!(reply.message(), "api-version query parameter is not allowed when using /v1 path");
    for path in [
        "deployments/mini/chat/completions",
        "deployments/mini/chat/completions?api-version=1999-01-01",
        "v1/chat/completion",
        "openai/v1/chat/completions",
    ] {
        let reply = bench.post("chat-one", path).await;
        assert_eq!(reply.refusal(), (404, "404".into()), "{path}");
        assert_eq!(reply.message(), "Resource not found");
    }
    let flagged: Vec<bool> =
        bench.simulator.history().iter().rev().take(4).map(|entry| entry.unknown).collect();
    assert_eq!(
        flagged,
        [true, true, false, false],
        "a wrong path is unknown, a wrong version is not"
    );
}

#[tokio::test]
async fn a_host_must_lead_to_an_account_that_takes_tokens() {
    let bench = Bench::start_with_access().await;
    assert_eq!(
        bench.chat(ADA, "nowhere", "mini").await.refusal(),
        (404, "ResourceNotFound".into())
    );
    let reply = bench.chat(ADA, "eastus.api.cognitive", "mini").await;
    assert_eq!(reply.refusal(), (400, "BadRequest".into()));
    assert_eq!(
        reply.message(),
        "Please provide a custom subdomain for token authentication, otherwise API key is required."
    );
    let reply = bench.chat(ADA, "private", "mini").await;
    assert_eq!(reply.refusal(), (403, "403".into()));
    assert_eq!(reply.header("policy-id"), "ThrowExceptionDueToTrafficDenied");
}

#[tokio::test]
async fn keys_open_nothing() {
    let bench = Bench::start_with_access().await;
    for (subdomain, expected) in [
        ("chat-one", (401, "401".to_owned())),
        ("keyless", (403, "AuthenticationTypeDisabled".to_owned())),
    ] {
        let url = format!(
            "{}/{subdomain}/openai/v1/chat/completions",
            bench.simulator.addresses().openai
        );
        let response = bench
            .client
            .post(url)
            .header("api-key", "0123456789abcdef")
            .json(&hello())
            .send()
            .await;
        let reply = crate::bench::read(response.expect("an answer")).await;
        assert_eq!(reply.refusal(), expected, "{subdomain}");
    }
    let key_as_bearer = bench.chat_with("0123456789abcdef", "chat-one", hello()).await;
    assert_eq!(key_as_bearer.json()["statusCode"], 401, "a key in place of a token");
    let no_credential =
        format!("{}/chat-one/openai/v1/chat/completions", bench.simulator.addresses().openai);
    let reply = bench.send(Method::POST, &no_credential, None, Some(hello())).await;
    assert_eq!(reply.json()["statusCode"], 401, "nothing at all");
}

#[tokio::test]
async fn models_need_a_role_too() {
    let bench = Bench::start().await;
    let url = format!("{}/chat-one/openai/v1/models", bench.simulator.addresses().openai);
    let token = bench.simulator.issue_token(ADA, CONTOSO, INFERENCE);
    assert_eq!(
        bench.send(Method::GET, &url, Some(&token), None).await.refusal(),
        (401, "PermissionDenied".into())
    );
    bench.grant(GROUP, OPENAI_USER, ADA_ID).await;
    bench.pass(40);
    let list = bench.send(Method::GET, &url, Some(&token), None).await.json();
    assert_eq!(list["object"], "list");
    assert!(
        list["data"]
            .as_array()
            .is_some_and(|all| all.iter().any(|one| one["id"] == "gpt-4o-mini-2024-07-18"))
    );
    let arm = bench.simulator.issue_token(ADA, CONTOSO, ARM);
    assert_eq!(bench.send(Method::GET, &url, Some(&arm), None).await.json()["statusCode"], 401);
}
