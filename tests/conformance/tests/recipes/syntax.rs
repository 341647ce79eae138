//! Syntax trees by the grammars of others.

use tree_sitter::{Language, Node, Parser, Tree};

/// The tree of a text that the grammar reads from end to end.
///
/// # Errors
/// The tree, where a part of it is an error or missing.
pub fn parse(language: &Language, text: &str) -> Result<Tree, String> {
    let mut parser = Parser::new();
    parser.set_language(language).map_err(|error| error.to_string())?;
    let tree = parser.parse(text, None).ok_or("the parser gave up")?;
    match every_node(tree.root_node()).iter().any(|node| node.is_error() || node.is_missing()) {
        true => Err(format!("not understood: {text}\n{}", tree.root_node().to_sexp())),
        false => Ok(tree),
    }
}

/// The node with all that is in it, in the order of the text.
pub fn every_node(node: Node<'_>) -> Vec<Node<'_>> {
    let mut nodes = vec![node];
    for child in node.children(&mut node.walk()) {
        nodes.extend(every_node(child));
    }
    nodes
}

/// What is written there.
pub fn text_of<'a>(node: Node<'_>, text: &'a str) -> &'a str {
    &text[node.byte_range()]
}
