//! The models that deployments can hold: versions, capabilities, habits.

use serde_json::{Value, json};

/// The version that a deployment of the model has.
pub(crate) fn version(model: &str) -> &'static str {
    match model {
        "gpt-4o-mini" => "2024-07-18",
        "gpt-4o" => "2024-11-20",
        "gpt-4.1" | "gpt-4.1-mini" | "gpt-4.1-nano" => "2025-04-14",
        "o4-mini" => "2025-04-16",
        "gpt-5-mini" => "2025-08-07",
        _ => "1",
    }
}

/// The model's name in an answer: `gpt-4o-mini-2024-07-18`.
pub(crate) fn full_name(model: &str) -> String {
    match version(model) {
        "1" => model.to_owned(),
        version => format!("{model}-{version}"),
    }
}

/// Whether the model answers chat completions.
pub(crate) fn can_chat(model: &str) -> bool {
    !["embedding", "dall-e", "whisper", "tts", "image"].iter().any(|kind| model.contains(kind))
}

/// Whether the model takes `max_completion_tokens` in place of `max_tokens`.
pub(crate) fn is_reasoning(model: &str) -> bool {
    model.starts_with("gpt-5")
        || model.starts_with("o1")
        || model.starts_with("o3")
        || model.starts_with("o4")
}

/// The capabilities of a deployment; all values are strings.
pub(crate) fn capabilities(model: &str) -> Value {
    if can_chat(model) {
        json!({
            "area": "EUR",
            "chatCompletion": "true",
            "assistants": "true",
            "jsonSchemaResponse": "true",
            "responses": "true",
            "agentsV2": "true",
            "maxContextToken": "128000",
            "maxOutputToken": "16384",
        })
    } else if model.contains("embedding") {
        json!({"area": "EUR", "embeddings": "true", "embeddingsMaxInputs": "2048"})
    } else {
        json!({"area": "EUR"})
    }
}
