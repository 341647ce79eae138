//! The way of a program: DefaultAzureCredential, Azure CLI, a chat.

use serde_json::{Value, json};

use super::{CONTOSO, DEPLOYMENT, ENDPOINT, FOUNDRY, INFERENCE};
use crate::flow::{Client, Flow, flow};
use crate::stage::{ADA, Stage};

pub(super) fn flows() -> Vec<Flow> {
    let of_each = |client| {
        [
            flow!(
                client,
                "chats-in-dated-form",
                "DefaultAzureCredential → Azure CLI → chat in the article's dated form",
                ["identity", "openai"],
                dated
            ),
            flow!(
                client,
                "chats-in-v1-form",
                "DefaultAzureCredential → Azure CLI → chat in today's v1 form",
                ["identity", "openai"],
                v1
            ),
        ]
    };
    [Client::Python, Client::JavaScript, Client::Go, Client::Java]
        .into_iter()
        .flat_map(of_each)
        .collect()
}

/// A chat with Ada's account in one form.
pub(super) fn order(form: &str, scope: &str, stream: bool) -> Value {
    json!({
        "action": "chat", "credential": "default", "form": form, "scope": scope,
        "endpoint": ENDPOINT, "deployment": DEPLOYMENT, "api_version": "2024-06-01",
        "question": "Say hello", "stream": stream,
    })
}

/// Fails unless the answer is whole.
pub(super) fn assert_whole(chat: &Value) {
    assert!(chat["text"].as_str().is_some_and(|text| text.contains("Hello")), "{chat}");
    assert_eq!(chat["finish"], "stop", "{chat}");
    assert!(chat["tokens"].as_u64() > Some(0), "the tokens are counted: {chat}");
    assert!(chat["model"].as_str().is_some_and(|text| text.starts_with(DEPLOYMENT)), "{chat}");
}

/// Fails unless the answer is whole and came as Azure streams it.
pub(super) fn assert_streamed(chat: &Value) {
    assert_whole(chat);
    assert!(chat["events"].as_u64() > Some(3), "it came in pieces: {chat}");
    assert_eq!(chat["first_without_choice"], true, "the prompt's filter comes first: {chat}");
    assert_eq!(chat["events_without_choice"], 2, "the filter, and the usage: {chat}");
}

async fn dated(stage: &mut Stage, client: Client) {
    chat(stage, client, &[order("dated", INFERENCE, false), order("dated", INFERENCE, true)]).await;
}

async fn v1(stage: &mut Stage, client: Client) {
    let orders =
        [order("v1", INFERENCE, false), order("v1", INFERENCE, true), order("v1", FOUNDRY, false)];
    chat(stage, client, &orders).await;
}

async fn chat(stage: &mut Stage, client: Client, orders: &[Value]) {
    stage.sign_in_az(ADA, &["--tenant", CONTOSO]).await.succeeded();
    let order = json!({"action": "credential", "credential": "default", "kind": "default"});
    stage.obey(client, order).await;
    for order in orders {
        let answer = stage.obey(client, order.clone()).await;
        if order["stream"] == true {
            assert_streamed(&answer["chat"]);
        } else {
            assert_whole(&answer["chat"]);
        }
    }
    assert_eq!(stage.practice.count("chat.create").await, orders.len(), "one request a chat");
}
