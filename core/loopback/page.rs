//! The pages that the browser ends on: plain words, no script, nothing from elsewhere.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http_body_util::Full;
use hyper::{Response, header};
use sha2::{Digest as _, Sha256};

/// The pages that the browser ends on.
#[derive(Clone, Debug)]
pub struct EndPages {
    /// After a code.
    pub done: EndPage,
    /// After an error.
    pub declined: EndPage,
    /// For an answer after the one that was taken.
    pub late: EndPage,
    /// For an answer that does not belong to this sign-in.
    pub stranger: EndPage,
}

/// The sentences of a page that the browser ends on.
#[derive(Clone, Debug)]
pub struct EndPage {
    /// The heading.
    pub heading: String,
    /// What to do now.
    pub body: String,
}

/// What a page shows above its heading.
#[derive(Clone, Copy)]
pub(super) enum Mark {
    Done,
    Attention,
}

/// Fluent's colors for text, background and status, light and dark.
const STYLE: &str = "\
:root{color-scheme:light dark;--text:#242424;--quiet:#424242;--page:#fafafa;--card:#fff;\
--edge:#d1d1d1;--done:#0e700e;--attention:#8a3707}\
@media(prefers-color-scheme:dark){:root{--text:#fff;--quiet:#d6d6d6;--page:#1f1f1f;--card:#292929;\
--edge:#525252;--done:#9fd89f;--attention:#faa06b}}\
*{box-sizing:border-box}\
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:24px 16px;\
background:var(--page);color:var(--text);\
font:16px/1.5 'Segoe UI Variable','Segoe UI',system-ui,-apple-system,sans-serif}\
main{width:100%;max-width:440px;padding:40px 32px;text-align:center;overflow-wrap:break-word;\
background:var(--card);border:1px solid var(--edge);border-radius:8px}\
svg{width:48px;height:48px;fill:none;stroke:currentColor;stroke-width:2;stroke-linecap:round;\
stroke-linejoin:round}\
h1,p{text-wrap:balance}\
.done{color:var(--done)}.attention{color:var(--attention)}\
h1{font-size:24px;line-height:32px;font-weight:600;margin:16px 0 8px}\
p{margin:0;color:var(--quiet)}\
footer{margin-top:24px;font-size:12px;color:var(--quiet)}\
@media(max-width:400px){main{padding:32px 20px}}\
@media(forced-colors:active){svg{color:CanvasText}}";

/// The page with these words.
pub(super) fn show(words: &EndPage, mark: Mark) -> Response<Full<Bytes>> {
    Response::builder()
        .header(header::CONTENT_TYPE, "text/html; charset=utf-8")
        .header(header::CACHE_CONTROL, "no-store")
        .header(header::CONTENT_SECURITY_POLICY, policy())
        .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
        .header(header::REFERRER_POLICY, "no-referrer")
        .header("cross-origin-opener-policy", "same-origin")
        .header("cross-origin-resource-policy", "same-origin")
        .body(Full::from(text(words, mark)))
        .expect("the policy is a header")
}

fn text(words: &EndPage, mark: Mark) -> String {
    let (class, shape) = match mark {
        Mark::Done => ("done", "M7.5 12.5l3 3 6-6.5"),
        Mark::Attention => ("attention", "M12 7v6M12 16.5v.01"),
    };
    let (heading, body) = (escape(&words.heading), escape(&words.body));
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\">\
         <title>{heading} – Keyless</title><style>{STYLE}</style></head><body><main>\
         <svg class=\"{class}\" viewBox=\"0 0 24 24\" aria-hidden=\"true\">\
         <circle cx=\"12\" cy=\"12\" r=\"10\"/><path d=\"{shape}\"/></svg>\
         <h1>{heading}</h1><p>{body}</p>\
         <footer>Keyless for Azure OpenAI</footer></main></body></html>"
    )
}

/// Nothing but the one style, by its hash.
fn policy() -> String {
    let hash = STANDARD.encode(Sha256::digest(STYLE));
    format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'"
    )
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' | '<' | '>' | '"' | '\'' => {
                // Writing to a string does not fail.
                let _ = write!(escaped, "&#{};", u32::from(letter));
            }
            other => escaped.push(other),
        }
    }
    escaped
}
