//! Lists in pages: `value`, and `nextLink` with an opaque `$skiptoken` while there is more.

use http::StatusCode;
use serde_json::{Value, json};

use super::Ask;
use crate::answer::Answer;
use crate::mutant::Mutant;
use crate::signature;
use crate::world::World;

/// The page that a request asks for.
///
/// # Errors
/// 400 for a token that was not given out for this list.
pub(super) fn cut(ask: &Ask<'_>, world: &World, items: Vec<Value>) -> Result<Value, Answer> {
    let size = world.scenario.page_size.max(1);
    let list = ask.call.path.trim_end_matches('/').to_lowercase();
    let start = match ask.call.query("$skiptoken") {
        None => 0,
        Some(token) => (0..items.len())
            .step_by(size)
            .find(|start| skip_token(&list, *start) == token)
            .ok_or_else(|| {
                Answer::error(
                    StatusCode::BAD_REQUEST,
                    "InvalidSkipToken",
                    "The provided skip token is invalid.",
                )
            })?,
    };
    let end = (start + size).min(items.len());
    let mut page = json!({"value": items[start..end]});
    if end < items.len() && !Mutant::NextLinkDropped.is_on() {
        page["nextLink"] = json!(next_link(ask, &skip_token(&list, end)));
    }
    Ok(page)
}

/// The same request with the token in it, as an absolute address.
fn next_link(ask: &Ask<'_>, token: &str) -> String {
    let kept = form_urlencoded::parse(ask.call.raw_query.as_bytes())
        .filter(|(name, _)| !name.eq_ignore_ascii_case("$skiptoken"));
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(kept)
        .append_pair("$skiptoken", token)
        .finish();
    format!("{}{}?{query}", ask.site.addresses.arm, ask.call.path)
}

/// Unlike a number, it cannot be made up for another list.
fn skip_token(list: &str, start: usize) -> String {
    signature::s256(&format!("{list}|{start}"))
}
