//! Lists in pages: `value`, and `nextLink` with an opaque `$skiptoken` while there is more.

use http::StatusCode;
use serde::Serialize;
use serde_json::Value;

use super::Ask;
use crate::answer::Answer;
use crate::mutant::Mutant;
use crate::signature;
use crate::world::World;

/// One page of a list.
#[derive(Debug, Serialize)]
pub(super) struct Page<T> {
    value: Vec<T>,
    #[serde(rename = "nextLink", skip_serializing_if = "Option::is_none")]
    next_link: Option<String>,
    /// The number of items on all pages, which only the list of subscriptions tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) count: Option<Value>,
}

/// The page that a request asks for. Only its own items are described. `$top` makes pages smaller,
/// not larger.
///
/// # Errors
/// 400 for a token that was not given out for this list.
pub(super) fn cut<I, T>(
    ask: &Ask<'_>,
    world: &World,
    items: Vec<I>,
    describe: impl Fn(I) -> T,
) -> Result<Page<T>, Answer> {
    let top = ask.call.query("$top").and_then(|top| top.parse().ok()).unwrap_or(usize::MAX);
    let size = world.scenario.page_size.min(top).max(1);
    let list = ask.call.path.trim_end_matches('/').to_lowercase();
    let start = match ask.call.query("$skiptoken") {
        None => 0,
        Some(token) => read_token(&list, &token).ok_or_else(|| {
            Answer::error(
                StatusCode::BAD_REQUEST,
                "InvalidSkipToken",
                "The provided skip token is invalid.",
            )
        })?,
    };
    let end = start.saturating_add(size).min(items.len());
    let more = end < items.len() && !Mutant::NextLinkDropped.is_on();
    let next_link = more.then(|| next_link(ask, &make_token(&list, end)));
    let value =
        items.into_iter().skip(start).take(end.saturating_sub(start)).map(describe).collect();
    Ok(Page { value, next_link, count: None })
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

/// A position in a list. Unlike a number, it cannot be made up, nor used for another list.
pub(super) fn make_token(list: &str, start: usize) -> String {
    signature::encode(format!("{start}|{}", signature::s256(&format!("{list}|{start}"))))
}

/// The position that a token of this list stands for.
pub(super) fn read_token(list: &str, token: &str) -> Option<usize> {
    let text = String::from_utf8(signature::decode(token)?).ok()?;
    let start = text.split_once('|')?.0.parse().ok()?;
    (make_token(list, start) == token).then_some(start)
}
