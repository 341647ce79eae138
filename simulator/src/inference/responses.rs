//! Responses, whole and streamed.

use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use serde_json::{Map, Value, json};

use super::chat::{answer_filter, prompt_filter};
use super::{
    Ask, check_arguments, invalid, not_supported, read_members, read_model, with_model_headers,
};
use crate::answer::{Answer, Content};
use crate::call::Call;
use crate::{model, reply, signature};

/// Members of a responses request (OpenAI's public specification).
const ARGUMENTS: [&str; 25] = [
    "background",
    "include",
    "input",
    "instructions",
    "max_output_tokens",
    "max_tool_calls",
    "metadata",
    "model",
    "parallel_tool_calls",
    "previous_response_id",
    "prompt",
    "prompt_cache_key",
    "reasoning",
    "safety_identifier",
    "store",
    "stream",
    "stream_options",
    "temperature",
    "text",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "truncation",
    "user",
];

/// A responses request whose form is right.
pub(super) struct Responses {
    members: Map<String, Value>,
}

impl Responses {
    pub(super) fn read(call: &Call) -> Result<Self, Answer> {
        let members = read_members(call)?;
        check_arguments(&members, &ARGUMENTS)?;
        match members.get("input") {
            Some(Value::String(_)) => Ok(Self { members }),
            Some(Value::Array(items)) if !items.is_empty() => Ok(Self { members }),
            _ => Err(invalid(
                "Missing required parameter: 'input'.",
                &json!("input"),
                &json!("missing_required_parameter"),
            )),
        }
    }

    pub(super) fn respond(&self, ask: &Ask<'_>) -> Result<Answer, Answer> {
        let deployment = ask.deployment(&read_model(&self.members)?, "Responses_Create")?;
        if !model::can_chat(&deployment.model) {
            return Err(not_supported("responses", &deployment.model));
        }
        let response = Response {
            id: format!("resp_{}", random_hex()),
            message: format!("msg_{}", random_hex()),
            created: ask.now.unix_timestamp(),
            model: model::full_name(&deployment.model),
            text: reply::write(&self.question(), ask.account, deployment),
            asked: &self.members,
        };
        let answer = if self.members.get("stream") == Some(&json!(true)) {
            let pause = Duration::from_millis(ask.world.scenario.event_delay_milliseconds);
            response.streamed(pause)
        } else {
            Answer::json(StatusCode::OK, &response.whole("completed"))
        };
        Ok(with_model_headers(answer, ask.account, deployment))
    }

    /// The last text of the input.
    fn question(&self) -> String {
        match self.members.get("input") {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Array(items)) => match items.last().map(|item| &item["content"]) {
                Some(Value::String(text)) => text.clone(),
                Some(Value::Array(parts)) => {
                    let texts: Vec<&str> =
                        parts.iter().filter_map(|part| part["text"].as_str()).collect();
                    texts.join(" ")
                }
                _ => String::new(),
            },
            _ => String::new(),
        }
    }
}

/// An answer in the making.
struct Response<'a> {
    id: String,
    message: String,
    created: i64,
    model: String,
    text: String,
    asked: &'a Map<String, Value>,
}

impl Response<'_> {
    /// Recorded: `aoai.v1.responses__200__01`.
    fn whole(&self, status: &str) -> Value {
        let done = status == "completed";
        let words = self.text.split_whitespace().count();
        let given =
            |name: &str, otherwise: Value| self.asked.get(name).cloned().unwrap_or(otherwise);
        let usage = json!({
            "input_tokens": 12,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": words,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": words + 12,
        });
        json!({
            "background": false,
            "completed_at": done.then_some(self.created),
            "content_filters": if done { self.content_filters() } else { Value::Null },
            "created_at": self.created,
            "error": null,
            "frequency_penalty": 0.0,
            "id": self.id,
            "incomplete_details": null,
            "instructions": given("instructions", Value::Null),
            "max_output_tokens": given("max_output_tokens", Value::Null),
            "max_tool_calls": null,
            "metadata": given("metadata", json!({})),
            "model": self.model,
            "moderation": null,
            "object": "response",
            "output": if done { json!([self.item("completed")]) } else { json!([]) },
            "parallel_tool_calls": true,
            "presence_penalty": 0.0,
            "previous_response_id": given("previous_response_id", Value::Null),
            "prompt_cache_key": null,
            "prompt_cache_retention": "in_memory",
            "reasoning": {"context": "all_turns", "effort": "none", "mode": "standard", "summary": null},
            "safety_identifier": null,
            "service_tier": if done { "default" } else { "auto" },
            "status": status,
            "store": given("store", json!(true)),
            "temperature": given("temperature", json!(1.0)),
            "text": {"format": {"type": "text"}, "verbosity": "medium"},
            "tool_choice": "auto",
            "tools": [],
            "top_logprobs": 0,
            "top_p": given("top_p", json!(1.0)),
            "truncation": "disabled",
            "usage": if done { usage } else { Value::Null },
            "user": null,
        })
    }

    fn item(&self, status: &str) -> Value {
        let content =
            if status == "completed" { json!([self.part(&self.text)]) } else { json!([]) };
        json!({
            "content": content,
            "id": self.message,
            "phase": "final_answer",
            "role": "assistant",
            "status": status,
            "type": "message",
        })
    }

    fn part(&self, text: &str) -> Value {
        json!({"annotations": [], "logprobs": [], "text": text, "type": "output_text"})
    }

    fn content_filters(&self) -> Value {
        let filter = |results: Value, end: usize, source: &str| {
            json!({
                "blocked": false,
                "content_filter_offsets": {"check_offset": 0, "end_offset": end, "start_offset": 0},
                "content_filter_raw": [],
                "content_filter_results": results,
                "source_type": source,
            })
        };
        let prompt = prompt_filter()[0]["content_filter_results"].clone();
        json!([
            filter(prompt, 882, "prompt"),
            filter(answer_filter(), self.text.len(), "completion"),
        ])
    }

    /// The events of OpenAI's public specification, numbered.
    fn streamed(&self, pause: Duration) -> Answer {
        let place = json!({"item_id": self.message, "output_index": 0, "content_index": 0});
        let with = |members: Value| {
            let mut whole = place.clone();
            if let (Some(whole), Value::Object(mut members)) = (whole.as_object_mut(), members) {
                whole.append(&mut members);
            }
            whole
        };
        let mut events = vec![
            ("response.created", json!({"response": self.whole("in_progress")})),
            ("response.in_progress", json!({"response": self.whole("in_progress")})),
            (
                "response.output_item.added",
                json!({"output_index": 0, "item": self.item("in_progress")}),
            ),
            ("response.content_part.added", with(json!({"part": self.part("")}))),
        ];
        events.extend(self.text.split_inclusive(' ').map(|word| {
            ("response.output_text.delta", with(json!({"delta": word, "logprobs": []})))
        }));
        events.extend([
            ("response.output_text.done", with(json!({"text": self.text, "logprobs": []}))),
            ("response.content_part.done", with(json!({"part": self.part(&self.text)}))),
            (
                "response.output_item.done",
                json!({"output_index": 0, "item": self.item("completed")}),
            ),
            ("response.completed", json!({"response": self.whole("completed")})),
        ]);
        let pieces: Vec<Bytes> = events
            .into_iter()
            .enumerate()
            .map(|(number, (kind, mut event))| {
                event["type"] = json!(kind);
                event["sequence_number"] = json!(number);
                format!("event: {kind}\ndata: {event}\n\n").into()
            })
            .collect();
        let mut answer = Answer::empty(StatusCode::OK)
            .with("content-type", "text/event-stream; charset=utf-8")
            .with("cache-control", "no-cache, must-revalidate");
        answer.content = Content::Pieces(pieces, pause);
        answer
    }
}

/// 50 letters that look like an id.
fn random_hex() -> String {
    let letters = [signature::random_text(24), signature::random_text(24)].concat();
    letters.bytes().map(|byte| format!("{:x}", byte % 16)).take(50).collect()
}
