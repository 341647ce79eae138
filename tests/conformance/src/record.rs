//! A recorded answer with its request, read from a file.
//!
//! The format: `{request{method,url,body}, response{status,headers,body,trimmed?}}`. Quoted answers
//! have no request. Whatever else a file holds is not looked at, and nothing of it is trusted: a
//! status may be a word, a header may have several values, a body may be a page of HTML.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::{Map, Value};

/// One file.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The file's name without its folder and extension.
    pub name: String,
    /// The operation as the file names it: for people only.
    pub hint: String,
    /// What was asked; quoted answers do not say.
    pub request: Option<Request>,
    /// What came.
    pub answer: Answer,
}

/// A request as it was recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The method, in capitals.
    pub method: String,
    /// The whole address.
    pub url: String,
    /// The body; `Null` where there is none.
    pub body: Value,
}

/// An answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The status; none where the file has a word in its place (a redirect of a sign-in page).
    pub status: Option<u16>,
    /// Headers with lower-case names.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: Body,
    /// Paths of lists that the recorder cut.
    pub trimmed: bool,
}

/// The body of an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// No byte.
    Empty,
    /// A JSON text.
    Json(Value),
    /// Server-sent events: the JSON of each, and whether `[DONE]` came last.
    Events(Vec<Value>, bool),
    /// Anything else.
    Text(String),
}

impl Body {
    /// Reads what came over the wire or out of a file.
    pub fn read(text: &str) -> Self {
        if text.trim().is_empty() {
            return Body::Empty;
        }
        if let Ok(json) = serde_json::from_str::<Value>(text)
            && (json.is_object() || json.is_array())
        {
            return Body::Json(json);
        }
        read_events(text).unwrap_or_else(|| Body::Text(text.to_owned()))
    }

    /// The JSON, where it is JSON.
    pub fn json(&self) -> Option<&Value> {
        match self {
            Body::Json(json) => Some(json),
            _ => None,
        }
    }

    /// The bytes as a server would send them.
    pub fn to_text(&self) -> String {
        match self {
            Body::Empty => String::new(),
            Body::Json(json) => json.to_string(),
            Body::Text(text) => text.clone(),
            Body::Events(events, done) => {
                let mut text: String =
                    events.iter().map(|event| format!("data: {event}\n\n")).collect();
                if *done {
                    text.push_str("data: [DONE]\n\n");
                }
                text
            }
        }
    }
}

impl Record {
    /// Reads the text of a file.
    ///
    /// # Errors
    /// When it is not JSON, or has no `response`.
    pub fn read(name: &str, text: &str) -> Result<Self, String> {
        let json: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let response =
            json.get("response").and_then(Value::as_object).ok_or("it has no `response`")?;
        Ok(Self {
            name: name.to_owned(),
            hint: json["operation"].as_str().unwrap_or_default().to_owned(),
            request: json.get("request").and_then(read_request),
            answer: Answer {
                status: response.get("status").and_then(read_status),
                headers: response.get("headers").map(read_headers).unwrap_or_default(),
                body: read_body(response),
                trimmed: response.get("trimmed").is_some_and(|trimmed| !trimmed.is_null()),
            },
        })
    }
}

/// Reads every `.json` file of a folder, in the order of names. A file that cannot be read takes
/// its place in the list, as an error with its name.
///
/// # Errors
/// When the folder cannot be listed.
pub fn read_folder(folder: &Path) -> Result<Vec<Result<Record, String>>, String> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut files: Vec<_> = entries
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    files.sort();
    Ok(files.iter().map(|file| read_file(file)).collect())
}

fn read_file(file: &Path) -> Result<Record, String> {
    let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let text = fs::read(file).map_err(|error| format!("{name}: {error}"))?;
    Record::read(&name, &String::from_utf8_lossy(&text)).map_err(|error| format!("{name}: {error}"))
}

fn read_request(json: &Value) -> Option<Request> {
    Some(Request {
        method: json.get("method")?.as_str()?.to_uppercase(),
        url: json.get("url")?.as_str()?.to_owned(),
        body: match json.get("body") {
            Some(Value::String(text)) => {
                serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.clone()))
            }
            Some(body) => body.clone(),
            None => Value::Null,
        },
    })
}

fn read_status(json: &Value) -> Option<u16> {
    match json {
        Value::Number(number) => number.as_u64().and_then(|status| u16::try_from(status).ok()),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

fn read_headers(json: &Value) -> BTreeMap<String, String> {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => {
            values.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    };
    let Some(headers) = json.as_object() else {
        return BTreeMap::new();
    };
    headers.iter().map(|(name, value)| (name.to_lowercase(), text(value))).collect()
}

fn read_body(response: &Map<String, Value>) -> Body {
    match response.get("body") {
        None | Some(Value::Null) => Body::Empty,
        Some(Value::String(text)) => Body::read(text),
        Some(json) => Body::Json(json.clone()),
    }
}

/// `data: …` lines (WHATWG HTML, "Server-sent events"), if the text is made of nothing else but
/// comments and the other fields of events.
fn read_events(text: &str) -> Option<Body> {
    let (mut events, mut done) = (Vec::new(), false);
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if [":", "event:", "id:", "retry:"].iter().any(|field| line.starts_with(field)) {
            continue;
        }
        let data = line.strip_prefix("data:")?.trim();
        if data == "[DONE]" {
            done = true;
        } else {
            done = false;
            events.push(serde_json::from_str(data).ok()?);
        }
    }
    (!events.is_empty() || done).then_some(Body::Events(events, done))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_record_is_read_whatever_its_status_headers_and_body_are() {
        let read = |response: Value| {
            let text = json!({"operation": "x", "response": response}).to_string();
            Record::read("name", &text).expect("the record has a response").answer
        };
        let answer = read(json!({"status": "redirect", "headers": null, "body": "<html>"}));
        assert_eq!(answer.status, None, "a word is no status");
        assert_eq!(answer.body, Body::Text("<html>".to_owned()));
        let answer = read(json!({"status": "404", "headers": {"Retry-After": ["1", "2"], "X": 3}}));
        assert_eq!(answer.status, Some(404));
        assert_eq!(answer.headers["retry-after"], "1, 2", "a list of values is joined");
        assert_eq!(answer.headers["x"], "3");
        assert_eq!(answer.body, Body::Empty);
        let events = "data: {\"choices\":[]}\n\ndata: [DONE]\n\n";
        assert_eq!(
            read(json!({"status": 200, "body": events})).body,
            Body::Events(vec![json!({"choices": []})], true)
        );
        let talkative = format!(": a comment\n\nevent: chunk\nid: 1\n{events}");
        assert_eq!(
            read(json!({"status": 200, "body": talkative})).body,
            Body::read(events),
            "comments and other fields are no events"
        );
    }

    #[test]
    fn what_is_no_record_is_an_error_and_no_crash() {
        for text in ["", "[]", "{", "{\"response\":5}", "null", "{\"request\":{}}"] {
            assert!(Record::read("name", text).is_err(), "{text} is no record");
        }
    }

    #[test]
    fn a_body_is_sent_as_it_was_read() {
        for text in ["", "{\"a\":1}", "<p>", "data: {\"a\":1}\n\ndata: [DONE]\n\n"] {
            assert_eq!(Body::read(&Body::read(text).to_text()), Body::read(text), "{text}");
        }
    }
}
