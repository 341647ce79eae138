//! The models that deployments can hold: versions, capabilities, habits.

use serde_json::{Value, json};

/// Names and versions of the models that an account can deploy.
const MODELS: [(&str, &str); 10] = [
    ("gpt-4o-mini", "2024-07-18"),
    ("gpt-4o", "2024-11-20"),
    ("gpt-4.1", "2025-04-14"),
    ("gpt-4.1-mini", "2025-04-14"),
    ("gpt-4.1-nano", "2025-04-14"),
    ("o4-mini", "2025-04-16"),
    ("gpt-5-mini", "2025-08-07"),
    ("text-embedding-3-small", "1"),
    ("text-embedding-3-large", "1"),
    ("text-embedding-ada-002", "2"),
];

/// The names of the models that an account can deploy.
pub(crate) fn offered() -> impl Iterator<Item = &'static str> {
    MODELS.iter().map(|(name, _)| *name)
}

/// A model as the list of an account's models tells it.
pub(crate) fn describe(name: &str) -> Value {
    let made = "2025-04-14T00:00:00Z";
    let sku = |sku: &str| {
        json!({
            "name": sku,
            "usageName": format!("OpenAI.{sku}.{name}"),
            "capacity": {"minimum": 1, "maximum": 100_000, "step": 1, "default": 10},
            "deprecationDate": "2027-10-14T00:00:00Z",
        })
    };
    json!({
        "format": "OpenAI",
        "name": name,
        "version": version(name),
        "isDefaultVersion": true,
        "skus": [sku("GlobalStandard"), sku("Standard")],
        "maxCapacity": 3,
        "capabilities": capabilities(name),
        "deprecation": {"inference": "2027-10-14T00:00:00Z"},
        "lifecycleStatus": "GenerallyAvailable",
        "systemData": {
            "createdBy": "Microsoft",
            "createdByType": "Application",
            "createdAt": made,
            "lastModifiedBy": "Microsoft",
            "lastModifiedByType": "Application",
            "lastModifiedAt": made,
        },
    })
}

/// The version that a deployment of the model has.
pub(crate) fn version(model: &str) -> &'static str {
    MODELS.iter().find(|(name, _)| *name == model).map_or("1", |(_, version)| version)
}

/// The model's name in an answer: `gpt-4o-mini-2024-07-18`.
pub(crate) fn full_name(model: &str) -> String {
    match version(model) {
        "1" | "2" => model.to_owned(),
        version => format!("{model}-{version}"),
    }
}

/// Whether the model answers chat completions.
pub(crate) fn can_chat(model: &str) -> bool {
    !["embedding", "dall-e", "whisper", "tts", "image"].iter().any(|kind| model.contains(kind))
}

/// The length of the vectors that the model makes; none where it makes no vectors.
pub(crate) fn dimensions(model: &str) -> Option<usize> {
    match model {
        "text-embedding-3-large" => Some(3072),
        _ => model.contains("embedding").then_some(1536),
    }
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
