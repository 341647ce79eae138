//! Embeddings: vectors that are the same for the same text, and of length one.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use serde_json::{Map, Value, json};

use super::{
    Ask, check_arguments, invalid, not_supported, read_members, read_model, with_model_headers,
};
use crate::answer::Answer;
use crate::call::Call;
use crate::model;
use crate::signature;

/// Members of an embeddings request (OpenAI's public specification).
const ARGUMENTS: [&str; 5] = ["dimensions", "encoding_format", "input", "model", "user"];

/// An embeddings request whose form is right.
pub(super) struct Embeddings {
    members: Map<String, Value>,
    texts: Vec<String>,
}

impl Embeddings {
    pub(super) fn read(call: &Call) -> Result<Self, Answer> {
        let members = read_members(call)?;
        check_arguments(&members, &ARGUMENTS)?;
        let texts = match members.get("input") {
            Some(Value::String(text)) => vec![text.clone()],
            Some(Value::Array(all)) if !all.is_empty() => all
                .iter()
                .map(|one| one.as_str().map_or_else(|| one.to_string(), str::to_owned))
                .collect(),
            _ => {
                let message = "'input' is a required property";
                return Err(invalid(message, &json!("input"), &Value::Null));
            }
        };
        Ok(Self { members, texts })
    }

    pub(super) fn model(&self) -> Result<String, Answer> {
        read_model(&self.members)
    }

    /// Recorded: `aoai.embeddings__200__01`.
    pub(super) fn embed(&self, name: &str, ask: &Ask<'_>) -> Result<Answer, Answer> {
        let deployment = ask.deployment(name, "Embeddings_Create")?;
        let whole = model::dimensions(&deployment.model)
            .ok_or_else(|| not_supported("embeddings", &deployment.model))?;
        let asked = self.members.get("dimensions").and_then(Value::as_u64);
        let length = asked.map_or(whole, |asked| usize::try_from(asked).unwrap_or(usize::MAX));
        if length == 0 || length > whole {
            let message = format!(
                "Invalid value for 'dimensions' = {length}. Must be between 1 and {whole}."
            );
            return Err(invalid(&message, &json!("dimensions"), &json!("invalid_value")));
        }
        let in_base64 = self.members.get("encoding_format") == Some(&json!("base64"));
        let data: Vec<Value> = self
            .texts
            .iter()
            .enumerate()
            .map(|(index, text)| {
                let vector = vector_of(text, length);
                let embedding = if in_base64 { json!(encode(&vector)) } else { json!(vector) };
                json!({"object": "embedding", "index": index, "embedding": embedding})
            })
            .collect();
        let words: usize = self.texts.iter().map(|text| text.split_whitespace().count()).sum();
        let body = json!({
            "object": "list",
            "data": data,
            "model": model::full_name(&deployment.model),
            "usage": {"prompt_tokens": words, "total_tokens": words},
        });
        Ok(with_model_headers(Answer::json(StatusCode::OK, &body), ask.account, deployment))
    }
}

/// Numbers from the text's own hash, scaled to length one.
fn vector_of(text: &str, length: usize) -> Vec<f32> {
    let mut numbers = Vec::with_capacity(length);
    let mut round = 0;
    while numbers.len() < length {
        let block = signature::s256(&format!("{round}|{text}"));
        numbers.extend(block.bytes().map(|byte| f32::from(byte) - 90.0));
        round += 1;
    }
    numbers.truncate(length);
    let norm = numbers.iter().map(|number| number * number).sum::<f32>().sqrt().max(f32::EPSILON);
    numbers.iter().map(|number| number / norm).collect()
}

/// Little-endian 32-bit floats in base64, which is what the clients of OpenAI ask for.
fn encode(vector: &[f32]) -> String {
    STANDARD.encode(vector.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<u8>>())
}
