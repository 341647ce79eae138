//! The shape of a body: every JSON path with the types that are found there.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::{Value, json};

use crate::record::Body;

/// A JSON type (RFC 8259, section 3; the booleans are one).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Type {
    /// `null`
    Null,
    /// `true` or `false`
    Boolean,
    /// A number.
    Number,
    /// A string.
    String,
    /// An array.
    Array,
    /// An object.
    Object,
}

impl Type {
    fn of(json: &Value) -> Self {
        match json {
            Value::Null => Type::Null,
            Value::Bool(_) => Type::Boolean,
            Value::Number(_) => Type::Number,
            Value::String(_) => Type::String,
            Value::Array(_) => Type::Array,
            Value::Object(_) => Type::Object,
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Type::Null => "null",
            Type::Boolean => "boolean",
            Type::Number => "number",
            Type::String => "string",
            Type::Array => "array",
            Type::Object => "object",
        })
    }
}

/// Objects that the specification types as maps: their keys are data and not members.
const MAPS: [&str; 4] = ["tags", "endpoints", "userAssignedIdentities", "capabilities"];

/// The paths of a body. A list has one path for all its items: `value[].id`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    paths: BTreeMap<String, BTreeSet<Type>>,
}

/// What kind of difference there is at one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Recorded, and not served.
    Missing,
    /// Served, and not recorded.
    Extra,
    /// Both, in another form.
    Other,
}

/// A difference between what was recorded and what is served.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Difference {
    /// `status`, `header x`, or a JSON path that begins with `$`.
    pub place: String,
    /// Which side lacks it.
    pub kind: Kind,
    /// Both sides in a few words.
    pub detail: String,
}

impl Kind {
    /// The word for it in the table of reasons.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Missing => "missing",
            Kind::Extra => "extra",
            Kind::Other => "other",
        }
    }
}

impl Difference {
    /// Kind and place, without the details.
    pub fn headline(&self) -> String {
        format!("{} {}", self.kind.word(), self.place)
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.headline(), self.detail)
    }
}

impl Shape {
    /// The shape of a body. A stream has the shape of the list of its events, and says how it
    /// begins and ends; what is not JSON has the shape of a string.
    pub fn of(body: &Body) -> Self {
        let mut shape = Self::default();
        match body {
            Body::Empty => {}
            Body::Json(json) => shape.add("$", json, ""),
            Body::Text(_) => shape.add("$", &json!("text"), ""),
            Body::Events(events, done) => {
                let first_is_empty = events
                    .first()
                    .and_then(|event| event["choices"].as_array())
                    .is_some_and(Vec::is_empty);
                shape.add("$", &json!({"events": events}), "");
                if *done {
                    shape.add("$.done", &Value::Bool(true), "");
                }
                if first_is_empty {
                    shape.add("$.first-event-without-choices", &Value::Bool(true), "");
                }
            }
        }
        shape
    }

    /// Where `served` differs. What lies below a missing or an extra path is not told again, and
    /// an empty list says nothing about its items.
    pub fn differences(&self, served: &Shape) -> Vec<Difference> {
        let mut found = self.missing_from(served);
        for (path, types) in &served.paths {
            let Some(recorded) = self.paths.get(path) else {
                if self.knows_parent(path) {
                    found.push(Difference {
                        place: path.clone(),
                        kind: Kind::Extra,
                        detail: format!("{} is served", list(types)),
                    });
                }
                continue;
            };
            if recorded != types {
                found.push(Difference {
                    place: path.clone(),
                    kind: Kind::Other,
                    detail: format!("recorded {}, served {}", list(recorded), list(types)),
                });
            }
        }
        found.sort();
        found
    }

    /// What `served` lacks, or has with another type: every path must be there, more may be.
    pub fn missing_from(&self, served: &Shape) -> Vec<Difference> {
        let missing = self
            .paths
            .iter()
            .filter(|(path, _)| !served.paths.contains_key(*path) && served.has_parent(path));
        missing
            .map(|(path, types)| Difference {
                place: path.clone(),
                kind: Kind::Missing,
                detail: format!("{} was recorded", list(types)),
            })
            .collect()
    }

    /// The paths whose types have nothing in common with those of `served`.
    pub fn contradictions(&self, served: &Shape) -> Vec<Difference> {
        let both = self.paths.iter().filter_map(|(path, types)| {
            let others = served.paths.get(path)?;
            types.is_disjoint(others).then(|| Difference {
                place: path.clone(),
                kind: Kind::Other,
                detail: format!("recorded {}, served {}", list(types), list(others)),
            })
        });
        both.collect()
    }

    fn add(&mut self, path: &str, json: &Value, key: &str) {
        self.paths.entry(path.to_owned()).or_default().insert(Type::of(json));
        match json {
            Value::Array(items) => {
                items.iter().for_each(|item| self.add(&format!("{path}[]"), item, key));
            }
            Value::Object(members) => {
                for (name, value) in members {
                    let step = if MAPS.contains(&key) { "*" } else { name };
                    self.add(&format!("{path}.{step}"), value, name);
                }
            }
            _ => {}
        }
    }

    /// Whether the path's parent is there with something in it: a list that is empty on one side
    /// has no items to compare.
    fn has_parent(&self, path: &str) -> bool {
        parent(path).is_none_or(|parent| self.paths.contains_key(parent))
    }

    fn knows_parent(&self, path: &str) -> bool {
        match parent(path) {
            None => true,
            Some(_) if path.ends_with("[]") => false,
            Some(parent) => self.paths.contains_key(parent),
        }
    }
}

fn parent(path: &str) -> Option<&str> {
    if let Some(list) = path.strip_suffix("[]") {
        return Some(list);
    }
    path.rfind('.').map(|at| &path[..at])
}

fn list(types: &BTreeSet<Type>) -> String {
    types.iter().map(Type::to_string).collect::<Vec<_>>().join(" or ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(recorded: &Value, served: &Value) -> Vec<(Kind, String)> {
        let shape = |json: &Value| Shape::of(&Body::Json(json.clone()));
        let found = shape(recorded).differences(&shape(served));
        found.into_iter().map(|difference| (difference.kind, difference.place)).collect()
    }

    #[test]
    fn a_missing_an_extra_and_a_changed_member_are_each_told_once() {
        let recorded = json!({"value": [{"id": "a", "gone": {"deep": 1}}], "same": null});
        let served = json!({"value": [{"id": 1, "new": {"deep": 1}}], "same": null});
        assert_eq!(
            places(&recorded, &served),
            [
                (Kind::Missing, "$.value[].gone".to_owned()),
                (Kind::Other, "$.value[].id".to_owned()),
                (Kind::Extra, "$.value[].new".to_owned()),
            ]
        );
    }

    #[test]
    fn a_null_is_another_type_than_a_string() {
        assert_eq!(
            places(&json!({"a": null}), &json!({"a": "x"})),
            [(Kind::Other, "$.a".to_owned())]
        );
    }

    #[test]
    fn all_items_of_a_list_count_and_an_empty_list_says_nothing_of_them() {
        let mixed = json!({"value": [{"a": 1}, {"b": 1}]});
        assert_eq!(places(&mixed, &json!({"value": [{"b": 1, "a": 1}]})), []);
        assert_eq!(
            places(&mixed, &json!({"value": [{"a": 1}]})),
            [(Kind::Missing, "$.value[].b".to_owned())]
        );
        assert_eq!(places(&json!({"value": []}), &mixed), [], "nothing was recorded of the items");
        assert_eq!(
            places(&mixed, &json!({"value": []})),
            [(Kind::Missing, "$.value[]".to_owned())],
            "items that were recorded must be served"
        );
    }

    #[test]
    fn the_keys_of_a_map_are_data() {
        let tags = |key: &str| json!({"tags": {key: "x"}, "properties": {"endpoints": {key: "u"}}});
        assert_eq!(places(&tags("a"), &tags("b")), []);
        assert_eq!(places(&json!({"name": {"a": 1}}), &json!({"name": {"b": 1}})).len(), 2);
    }

    #[test]
    fn the_form_of_a_stream_counts() {
        let event = json!({"choices": []});
        let whole = Shape::of(&Body::Events(vec![event.clone()], true));
        let cut = Shape::of(&Body::Events(vec![event], false));
        assert_eq!(whole.differences(&cut).len(), 1, "the end of a stream is part of its form");
        let page = Shape::of(&Body::Text("<html>".to_owned()));
        let json = Shape::of(&Body::Json(json!({"error": {}})));
        assert!(!page.differences(&json).is_empty(), "a page is not JSON");
        assert!(!json.differences(&Shape::default()).is_empty(), "nothing is not JSON");
    }
}
