//! What Bicep reads.

use tree_sitter::Node;

use crate::syntax::{every_node, parse, text_of};

/// The texts of a file, by the property that has them and the type of the resource first.
///
/// # Errors
/// Where the file is none, or a text is not one that stands for itself.
pub fn texts(file: &str) -> Result<Vec<(String, String)>, String> {
    let tree = parse(&tree_sitter_bicep::LANGUAGE.into(), file)?;
    let mut texts = Vec::new();
    for node in every_node(tree.root_node()) {
        if node.kind() == "string" {
            texts.push((name_of(node, file), value(node, file)?));
        }
    }
    Ok(texts)
}

/// The property of a text, or the kind of what it belongs to.
fn name_of(node: Node<'_>, file: &str) -> String {
    let Some(parent) = node.parent() else { return String::new() };
    match parent.kind() {
        "object_property" => {
            parent.named_child(0).map_or("", |name| text_of(name, file)).to_owned()
        }
        kind => kind.to_owned(),
    }
}

/// "Data types in Bicep": the escapes that there are, no line breaks, and nothing filled in.
fn value(node: Node<'_>, file: &str) -> Result<String, String> {
    let written = text_of(node, file);
    if every_node(node).iter().any(|part| part.kind() == "interpolation") {
        return Err(format!("{written} is filled in"));
    }
    let inner = written.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
    let mut letters = inner.ok_or("not in quotes")?.chars().peekable();
    let mut value = String::new();
    while let Some(letter) = letters.next() {
        value.push(match letter {
            '\\' => match letters.next() {
                Some(escaped @ ('\\' | '\'' | '$')) => escaped,
                Some('u') => code_point(&mut letters).ok_or("no code point")?,
                other => return Err(format!("{other:?} is no escape: {written}")),
            },
            '\'' | '\n' | '\r' => return Err(format!("{written} ends early")),
            '$' if letters.peek() == Some(&'{') => return Err(format!("{written} is filled in")),
            other => other,
        });
    }
    Ok(value)
}

/// `{1f600}`
fn code_point(letters: &mut impl Iterator<Item = char>) -> Option<char> {
    let digits: String = letters.take_while(|letter| *letter != '}').collect();
    let number = u32::from_str_radix(digits.strip_prefix('{')?, 16).ok()?;
    char::from_u32(number)
}
