//! The types and limits of a chat request's members, and what is said of those that break them.
//!
//! OpenAI's public specification names types and limits; the texts are those that its service and
//! Azure's give (`decimal_above_max_value`, `integer_below_min_value`, `invalid_type`, …).

use serde_json::{Map, Value, json};

use super::invalid;
use crate::answer::Answer;

/// Members that are decimals, with the least and the most that they may be.
const DECIMALS: [(&str, i32, i32); 4] = [
    ("frequency_penalty", -2, 2),
    ("presence_penalty", -2, 2),
    ("temperature", 0, 2),
    ("top_p", 0, 1),
];
/// Members that are integers; the most is none where the model decides.
const INTEGERS: [(&str, i64, Option<i64>); 4] = [
    ("max_completion_tokens", 1, None),
    ("max_tokens", 1, None),
    ("n", 1, Some(128)),
    ("top_logprobs", 0, Some(20)),
];
const BOOLEANS: [&str; 4] = ["logprobs", "parallel_tool_calls", "store", "stream"];
const ROLES: [&str; 6] = ["system", "assistant", "user", "function", "tool", "developer"];

/// Refuses what is of another type than specified, or outside its limits. A null is nothing.
pub(super) fn check_parameters(members: &Map<String, Value>) -> Result<(), Answer> {
    let given = |name: &str| members.get(name).filter(|value| !value.is_null());
    for (name, least, most) in DECIMALS {
        let Some(value) = given(name) else { continue };
        let number = value.as_f64().ok_or_else(|| wrong_type(name, "a decimal", value))?;
        if number < f64::from(least) {
            return Err(below(name, "decimal", &least, value));
        }
        if number > f64::from(most) {
            return Err(above(name, "decimal", &most, value));
        }
    }
    for (name, least, most) in INTEGERS {
        let Some(value) = given(name) else { continue };
        let number = value.as_i64().ok_or_else(|| wrong_type(name, "an integer", value))?;
        if number < least {
            return Err(below(name, "integer", &least, value));
        }
        if let Some(most) = most.filter(|most| number > *most) {
            return Err(above(name, "integer", &most, value));
        }
    }
    for name in BOOLEANS {
        if let Some(value) = given(name).filter(|value| !value.is_boolean()) {
            return Err(wrong_type(name, "a boolean", value));
        }
    }
    if given("stream_options").is_some() && members.get("stream") != Some(&json!(true)) {
        return Err(invalid(
            "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
            &json!("stream_options"),
            &Value::Null,
        ));
    }
    Ok(())
}

/// Refuses a conversation that is none: at least one message, each with a role that there is. An
/// assistant that called a tool has said nothing.
pub(super) fn check_messages(messages: Option<&Value>) -> Result<(), Answer> {
    let Some(messages) = messages else {
        return Err(invalid("'messages' is a required property", &Value::Null, &Value::Null));
    };
    let Some(messages) = messages.as_array() else {
        return Err(wrong_type("messages", "an array of objects", messages));
    };
    if messages.is_empty() {
        return Err(invalid(
            "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
            &json!("messages"),
            &json!("empty_array"),
        ));
    }
    for (index, message) in messages.iter().enumerate() {
        let at = format!("messages[{index}]");
        if !message.is_object() {
            return Err(wrong_type(&at, "an object", message));
        }
        let Some(role) = message["role"].as_str() else {
            return Err(invalid(
                &format!("Missing required parameter: '{at}.role'."),
                &json!(format!("{at}.role")),
                &json!("missing_required_parameter"),
            ));
        };
        if !ROLES.contains(&role) {
            return Err(invalid(
                &format!(
                    "Invalid value: '{role}'. Supported values are: 'system', 'assistant', 'user', 'function', 'tool', and 'developer'."
                ),
                &json!(format!("{at}.role")),
                &json!("invalid_value"),
            ));
        }
        if message["content"].is_null() && role != "assistant" {
            return Err(invalid(
                "Invalid value for 'content': expected a string, got null.",
                &json!(format!("messages.[{index}].content")),
                &Value::Null,
            ));
        }
    }
    Ok(())
}

fn wrong_type(name: &str, expected: &str, value: &Value) -> Answer {
    let got = match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(number) if number.is_i64() || number.is_u64() => "an integer",
        Value::Number(_) => "a decimal number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    };
    invalid(
        &format!("Invalid type for '{name}': expected {expected}, but got {got} instead."),
        &json!(name),
        &json!("invalid_type"),
    )
}

fn below(name: &str, kind: &str, least: &dyn std::fmt::Display, value: &Value) -> Answer {
    invalid(
        &format!(
            "Invalid '{name}': {kind} below minimum value. Expected a value >= {least}, but got {value} instead."
        ),
        &json!(name),
        &json!(format!("{kind}_below_min_value")),
    )
}

fn above(name: &str, kind: &str, most: &dyn std::fmt::Display, value: &Value) -> Answer {
    invalid(
        &format!(
            "Invalid '{name}': {kind} above maximum value. Expected a value <= {most}, but got {value} instead."
        ),
        &json!(name),
        &json!(format!("{kind}_above_max_value")),
    )
}
