//! Embeddings, responses, and what a deployment answers when it is asked too often.

use reqwest::Method;
use serde_json::{Value, json};

use crate::bench::{ADA, ADA_ID, Bench, CONTOSO, GROUP, INFERENCE, MARY, OPENAI_USER, Reply};

/// Ada with the chat role, in force, in a scenario with some members replaced.
async fn start(members: Value) -> Bench {
    let bench = Bench::start_with(members).await;
    bench.grant(GROUP, OPENAI_USER, ADA_ID).await;
    bench.pass(40);
    bench
}

async fn post(bench: &Bench, user: &str, path: &str, body: Value) -> Reply {
    let token = bench.simulator.issue_token(user, CONTOSO, INFERENCE);
    let url = format!("{}/chat-one/openai/{path}", bench.simulator.addresses().openai);
    bench.send(Method::POST, &url, Some(&token), Some(body)).await
}

#[tokio::test]
async fn embeddings_are_unit_vectors_and_the_same_for_the_same_text() {
    let bench = start(json!({})).await;
    let ask = async |path: &str, body: Value| post(&bench, ADA, path, body).await;
    let body = json!({"model": "vectors", "input": ["one text", "another"]});
    let reply = ask("v1/embeddings", body).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let answer = reply.json();
    let vector: Vec<f64> =
        serde_json::from_value(answer["data"][0]["embedding"].clone()).expect("numbers");
    let length: f64 = vector.iter().map(|number| number * number).sum();
    assert_eq!(vector.len(), 1536);
    assert!((length - 1.0).abs() < 1e-3, "a vector of length one, not {length}");
    assert_ne!(answer["data"][0]["embedding"], answer["data"][1]["embedding"]);
    assert_eq!(answer["data"][1]["index"], 1);
    assert_eq!(answer["model"], "text-embedding-3-small");
    let body = json!({"input": "one text", "encoding_format": "base64", "dimensions": 8});
    let dated = "deployments/vectors/embeddings?api-version=2024-10-21";
    let encoded = ask(dated, body).await.json()["data"][0]["embedding"].clone();
    assert_eq!(encoded.as_str().map(str::len), Some(44), "8 floats of 4 bytes in base64");
    for (path, body, expected) in [
        ("v1/embeddings", json!({"model": "mini", "input": "x"}), "OperationNotSupported"),
        ("v1/embeddings", json!({"model": "none", "input": "x"}), "DeploymentNotFound"),
        ("deployments/vectors/embeddings", json!({"input": "x"}), "404"),
        ("deployments/vectors/embeddings?api-version=2099-01-01", json!({"input": "x"}), "404"),
        ("v1/embeddings?api-version=2024-10-21", json!({"input": "x"}), "BadRequest"),
    ] {
        assert_eq!(ask(path, body).await.refusal().1, expected, "{path}");
    }
    assert_eq!(ask("v1/embeddings", json!({"model": "vectors"})).await.status, 400, "no input");
    let long = json!({"model": "vectors", "input": "x", "dimensions": 5000});
    assert_eq!(ask("v1/embeddings", long).await.status, 400, "longer than the model's");
}

#[tokio::test]
async fn each_operation_needs_its_own_data_action() {
    let bench = Bench::start().await;
    for (path, body, action, operation) in [
        (
            "v1/embeddings",
            json!({"model": "vectors", "input": "x"}),
            "Microsoft.CognitiveServices/accounts/OpenAI/deployments/embeddings/action",
            "POST /openai/deployments/{deployment-id}/embeddings",
        ),
        (
            "v1/responses",
            json!({"model": "mini", "input": "x"}),
            "Microsoft.CognitiveServices/accounts/OpenAI/responses/write",
            "POST /openai/responses",
        ),
    ] {
        let reply = post(&bench, MARY, path, body).await;
        assert_eq!(reply.refusal(), (401, "PermissionDenied".into()));
        let expected = format!(
            "lacks the required data action `{action}` to perform `{operation}` operation."
        );
        assert!(reply.message().ends_with(&expected), "{}", reply.message());
    }
}

#[tokio::test]
async fn a_response_is_answered_as_recorded() {
    let bench = start(json!({})).await;
    let body = json!({"model": "mini", "input": [{"role": "user", "content": "Hello"}]});
    let reply = post(&bench, ADA, "v1/responses", body).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let answer = reply.json();
    assert_eq!((&answer["object"], &answer["status"]), (&"response".into(), &"completed".into()));
    let output = &answer["output"][0];
    assert_eq!((&output["type"], &output["role"]), (&"message".into(), &"assistant".into()));
    assert!(output["content"][0]["text"].as_str().is_some_and(|text| text.contains("mini")));
    assert_eq!(answer["content_filters"][0]["source_type"], "prompt");
    assert_eq!(answer["usage"]["output_tokens_details"]["reasoning_tokens"], 0);
    for wrong in [json!({"model": "mini"}), json!({"model": "mini", "input": "x", "nonsense": 1})] {
        assert_eq!(post(&bench, ADA, "v1/responses", wrong).await.status, 400);
    }
    let body = json!({"model": "vectors", "input": "x"});
    let reply = post(&bench, ADA, "v1/responses", body).await;
    assert_eq!(reply.refusal(), (400, "OperationNotSupported".into()));
}

#[tokio::test]
async fn a_streamed_response_is_a_numbered_run_of_named_events() {
    let bench = start(json!({})).await;
    let body = json!({"model": "mini", "input": "Hello", "stream": true});
    let reply = post(&bench, ADA, "v1/responses", body).await;
    let events: Vec<(String, Value)> = reply
        .text
        .split_terminator("\n\n")
        .map(|event| {
            let (name, data) = event.split_once('\n').expect("a name and data");
            let data = data.strip_prefix("data: ").expect("data");
            let name = name.strip_prefix("event: ").expect("a name").to_owned();
            (name, serde_json::from_str(data).expect("JSON"))
        })
        .collect();
    assert!(
        events.iter().enumerate().all(|(at, (name, event))| {
            event["type"] == *name && event["sequence_number"] == at
        })
    );
    assert_eq!(events[0].0, "response.created");
    let (last, whole) = events.last().expect("events");
    assert_eq!(
        (last.as_str(), &whole["response"]["status"]),
        ("response.completed", &"completed".into())
    );
    let words: String = events
        .iter()
        .filter(|(name, _)| name == "response.output_text.delta")
        .filter_map(|(_, event)| event["delta"].as_str())
        .collect();
    assert_eq!(whole["response"]["output"][0]["content"][0]["text"], words);
}

#[tokio::test]
async fn a_deployment_that_is_asked_too_often_says_how_long_to_wait() {
    let mut scenario: Value = serde_json::from_str(include_str!("scenario.json")).expect("JSON");
    let account = &mut scenario["subscriptions"][0]["resource_groups"][0]["accounts"][0];
    account["deployments"][0]["requests_per_ten_seconds"] = json!(2);
    let bench = start(scenario).await;
    let chat = async || bench.chat(ADA, "chat-one", "mini").await;
    assert_eq!((chat().await.status.as_u16(), chat().await.status.as_u16()), (200, 200));
    bench.pass(3);
    let reply = chat().await;
    assert_eq!(reply.refusal(), (429, "429".into()));
    assert_eq!((reply.header("retry-after"), reply.header("retry-after-ms")), ("7", "7000"));
    assert!(
        reply.message().starts_with("Requests to the ChatCompletions_Create Operation under Azure OpenAI API version v1 have exceeded call rate limit of your current OpenAI S0 pricing tier. Please retry after 7 seconds."),
        "{}",
        reply.message()
    );
    assert_eq!(bench.chat(ADA, "chat-one", "thinker").await.status, 200, "another deployment");
    bench.pass(7);
    assert_eq!(chat().await.status, 200, "the time is over");
}
