//! What PowerShell reads, and what it hands to a program.

use tree_sitter::Node;

use crate::syntax::{parse, text_of};

/// "about_Quoting_Rules", and `CharExtensions.IsSingleQuote` in PowerShell's source.
const QUOTES: [char; 5] = ['\'', '\u{2018}', '\u{2019}', '\u{201a}', '\u{201b}'];
/// What means something in a bare word, somewhere ("about_Parsing", "about_Special_Characters").
const SPECIAL: &str = "\"'`$@(){};,|&<>#\u{201c}\u{201d}\u{201e}\u{2013}\u{2014}\u{2015}";

/// The one command of this text, with its arguments.
///
/// # Errors
/// Where the text is none, or something else beside.
pub fn words(text: &str) -> Result<Vec<String>, String> {
    let tree = parse(&tree_sitter_powershell::LANGUAGE.into(), text)?;
    let mut node = tree.root_node();
    for kind in ["statement_list", "pipeline", "pipeline_chain", "command"] {
        node = only_child(node, text)?;
        if node.kind() != kind {
            return Err(format!("{} is no {kind}: {text}", node.kind()));
        }
    }
    let mut words = Vec::new();
    for part in node.named_children(&mut node.walk()) {
        match part.kind() {
            "command_name" => words.push(bare(text_of(part, text))?),
            "command_elements" => words.extend(arguments(part, text)?),
            other => return Err(format!("{other} in {text}")),
        }
    }
    Ok(words)
}

/// The value that this text gives to a variable of the environment.
///
/// # Errors
/// Where it does something else, or something else beside.
pub fn variable(text: &str) -> Result<String, String> {
    let tree = parse(&tree_sitter_powershell::LANGUAGE.into(), text)?;
    let mut node = tree.root_node();
    while node.kind() != "assignment_expression" {
        node = only_child(node, text)?;
    }
    value(node.child_by_field_name("value").ok_or("nothing is assigned")?, text)
}

/// The line that Windows PowerShell makes of it to start a batch file (`NativeCommandParameterBinder`
/// in PowerShell's source; later ones do the same for batch files): what is empty is left out, and
/// what has a blank gets quotes.
pub fn line_for_batch(words: &[String]) -> String {
    let given = words.iter().filter(|word| !word.is_empty());
    let written = given.map(|word| match word.contains(char::is_whitespace) {
        true => format!("\"{word}\""),
        false => word.clone(),
    });
    written.collect::<Vec<_>>().join(" ")
}

/// Arguments have blanks before them and nothing else.
fn arguments(elements: Node<'_>, text: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut apart = false;
    for part in elements.named_children(&mut elements.walk()) {
        if part.kind() == "command_argument_sep" {
            apart = text_of(part, text).chars().all(|letter| letter == ' ');
            continue;
        }
        if !apart {
            return Err(format!("{} is glued to what is before it: {text}", text_of(part, text)));
        }
        words.push(value(part, text)?);
        apart = false;
    }
    Ok(words)
}

fn value(node: Node<'_>, text: &str) -> Result<String, String> {
    let written = text_of(node, text);
    match node.kind() {
        // A number is handed on as it is written (`ParserOps.WrappedNumber`).
        "generic_token" | "command_parameter" | "integer_literal" | "real_literal" => bare(written),
        "verbatim_string_characters" => unquoted(written),
        _ => value(only_child(node, text)?, text),
    }
}

fn bare(word: &str) -> Result<String, String> {
    match word.contains(|letter| SPECIAL.contains(letter) || QUOTES.contains(&letter)) {
        true => Err(format!("{word} means something")),
        false => Ok(word.to_owned()),
    }
}

/// Of two quotes, whichever, the second one stands for itself; one alone ends the text.
fn unquoted(literal: &str) -> Result<String, String> {
    let inner = literal.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
    let mut letters = inner.ok_or("not in quotes")?.chars();
    let mut value = String::new();
    while let Some(letter) = letters.next() {
        let second = if QUOTES.contains(&letter) { letters.next() } else { Some(letter) };
        match second.filter(|second| QUOTES.contains(second) == QUOTES.contains(&letter)) {
            Some(letter) => value.push(letter),
            None => return Err(format!("{literal} ends early")),
        }
    }
    Ok(value)
}

fn only_child<'a>(node: Node<'a>, text: &str) -> Result<Node<'a>, String> {
    match node.named_child_count() {
        1 => node.named_child(0).ok_or_else(|| "a child is gone".to_owned()),
        count => Err(format!("{} has {count} parts: {text}", node.kind())),
    }
}
