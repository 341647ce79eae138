//! Chat completions, whole and streamed.

use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use serde_json::{Map, Value, json};

use super::parameters::{check_messages, check_parameters};
use super::{
    Ask, check_arguments, invalid, not_supported, read_members, read_model, with_model_headers,
};
use crate::answer::{Answer, Content};
use crate::call::Call;
use crate::mutant::Mutant;
use crate::{model, reply, signature};

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

/// A chat request whose form is right.
pub(super) struct Chat {
    members: Map<String, Value>,
}

impl Chat {
    pub(super) fn read(call: &Call) -> Result<Self, Answer> {
        let members = read_members(call)?;
        check_arguments(&members, &ARGUMENTS)?;
        check_messages(members.get("messages"))?;
        check_parameters(&members)?;
        Ok(Self { members })
    }

    /// The deployment that the v1 path is told in the body.
    pub(super) fn model(&self) -> Result<String, Answer> {
        read_model(&self.members)
    }

    pub(super) fn complete(&self, name: &str, ask: &Ask<'_>) -> Result<Answer, Answer> {
        let deployment = ask.deployment(name, "ChatCompletions_Create")?;
        self.check_model(&deployment.model)?;
        let text = reply::write(&self.question(), ask.account, deployment);
        let completion = Completion {
            id: format!("chatcmpl-{}", &signature::random_text(24)[..29]),
            created: ask.now.unix_timestamp(),
            model: model::full_name(&deployment.model),
            text,
            choices: self.members.get("n").and_then(Value::as_u64).unwrap_or(1),
        };
        let answer = if self.flag("stream") {
            let with_usage = self
                .members
                .get("stream_options")
                .is_some_and(|options| options["include_usage"] == json!(true));
            let pause = Duration::from_millis(ask.world.scenario.event_delay_milliseconds);
            completion.streamed(with_usage, pause)
        } else {
            completion.whole()
        };
        Ok(with_model_headers(answer, ask.account, deployment))
    }

    fn check_model(&self, model: &str) -> Result<(), Answer> {
        if !model::can_chat(model) {
            return Err(not_supported("chatCompletion", model));
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
    /// How many answers were asked for; they are all the same.
    choices: u64,
}

impl Completion {
    /// Recorded: `aoai.chat__200__keyless__01`.
    fn whole(&self) -> Answer {
        Answer::json(
            StatusCode::OK,
            &json!({
                "choices": (0..self.choices).map(|index| json!({
                    "content_filter_results": answer_filter(),
                    "finish_reason": "stop",
                    "index": index,
                    "logprobs": null,
                    "message": {"content": self.text, "refusal": null, "role": "assistant", "annotations": []},
                })).collect::<Vec<_>>(),
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

    /// Recorded: `aoai.chat__200__stream__02`. The first event has no choice and no id, only what the
    /// filter said of the prompt; then the role, the words, the finish, the usage if asked for.
    fn streamed(&self, with_usage: bool, pause: Duration) -> Answer {
        let mut events = vec![
            json!({"choices": [], "created": 0, "id": "", "model": "", "object": "", "prompt_filter_results": prompt_filter()}),
        ];
        let role = json!({"content": "", "refusal": null, "role": "assistant"});
        events.extend(self.each(&self.chunk(&role, &json!({}), None)));
        for word in self.text.split_inclusive(' ') {
            let chunk = self.chunk(&json!({"content": word}), &answer_filter(), None);
            events.extend(self.each(&chunk));
        }
        events.extend(self.each(&self.chunk(&json!({}), &json!({}), Some("stop"))));
        if with_usage {
            // "All other chunks will also include a usage field, but with a null value": the
            // reference of chat completions.
            for event in events.iter_mut().skip(1) {
                event["usage"] = Value::Null;
            }
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
            .with("content-type", "text/event-stream")
            .with("cache-control", "no-cache, must-revalidate")
            .with("x-accel-buffering", "no");
        answer.content = Content::Pieces(pieces, pause);
        answer
    }

    /// The same event for every choice.
    fn each(&self, chunk: &Value) -> Vec<Value> {
        let choices = (0..self.choices).map(|index| {
            let mut chunk = chunk.clone();
            chunk["choices"][0]["index"] = json!(index);
            chunk
        });
        choices.collect()
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
            "obfuscation": obfuscation(delta),
            "object": "chat.completion.chunk",
            "system_fingerprint": "fp_practice",
        })
    }

    fn usage(&self) -> Value {
        let words = self.text.split_whitespace().count() as u64 * self.choices;
        json!({
            "completion_tokens": words,
            "completion_tokens_details": {
                "accepted_prediction_tokens": 0,
                "audio_tokens": 0,
                "reasoning_tokens": 0,
                "rejected_prediction_tokens": 0,
            },
            "prompt_tokens": 12,
            "prompt_tokens_details": {"audio_tokens": 0, "cached_tokens": 0},
            "total_tokens": words + 12,
        })
    }
}

/// Letters without a meaning that hide how long the piece is.
fn obfuscation(delta: &Value) -> String {
    let length = 16 - delta["content"].as_str().map_or(6, str::len) % 16;
    signature::random_text(length)
}

pub(super) fn prompt_filter() -> Value {
    let mut results = word_filter();
    results["jailbreak"] = json!({"filtered": false, "detected": false});
    json!([{"prompt_index": 0, "content_filter_results": results}])
}

pub(super) fn answer_filter() -> Value {
    let mut results = word_filter();
    results["protected_material_code"] = json!({"filtered": false, "detected": false});
    results["protected_material_text"] = json!({"filtered": false, "detected": false});
    results
}

fn word_filter() -> Value {
    let safe = json!({"filtered": false, "severity": "safe"});
    json!({"hate": safe, "self_harm": safe, "sexual": safe, "violence": safe})
}
