//! Pages for a person: plainly a practice, plainly not Microsoft's, and usable without scripts.
//!
//! No page sets `form-action`: Chromium applies it to the redirect that answers the form.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;

use super::authorize::Request;
use crate::answer::Answer;
use crate::scenario::{Scenario, User};

const STYLE: &str = include_str!("page.css");
/// Sends the hidden form at once; the button does it where scripts are off.
const SUBMIT: &str = "document.forms[0].submit()";

/// Whom to continue as, or not at all.
pub(super) fn sign_in(request: &Request, scenario: &Scenario) -> Answer {
    let preferred = preferred_user(request, scenario);
    let buttons: String = scenario
        .users
        .iter()
        .map(|user| user_button(user, preferred.is_some_and(|one| one.upn == user.upn)))
        .collect();
    let tenant = scenario
        .tenant(&request.tenant)
        .map_or("your own organization", |tenant| tenant.name.as_str());
    let body = format!(
        "<h1>Sign in for practice</h1>\
         <p><strong id=\"app\">{app}</strong> asks to sign you in to <strong id=\"tenant\">{tenant}</strong> \
         and to act as you at <code id=\"resource\">{resource}</code>.</p>\
         <p>Nobody here is real: no password is asked for, and nothing leaves this computer.</p>\
         <form method=\"post\">{buttons}\
         <button class=\"decline\" id=\"decline\" name=\"decision\" value=\"decline\">Decline</button></form>",
        app = escape(&request.application.name),
        tenant = escape(tenant),
        resource = escape(request.scope.resource.trim_end_matches('/')),
    );
    document(StatusCode::OK, "Sign in for practice", &body, None)
}

/// Something to read and nothing to press.
pub(super) fn message(status: StatusCode, heading: &str, text: &str) -> Answer {
    let body = format!("<h1>{}</h1><p id=\"message\">{}</p>", escape(heading), escape(text));
    document(status, heading, &body, None)
}

/// `response_mode=form_post`: a form that sends itself to the client.
pub(super) fn post_back(target: &str, fields: &[(&str, String)]) -> Answer {
    let inputs: String = fields
        .iter()
        .map(|(name, value)| {
            format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\">", escape(value))
        })
        .collect();
    let body = format!(
        "<h1>Going back</h1><form method=\"post\" action=\"{}\">{inputs}\
         <button id=\"return\">Continue</button></form><script>{SUBMIT}</script>",
        escape(target)
    );
    document(StatusCode::OK, "Going back", &body, Some(SUBMIT))
}

/// The user that `login_hint` names, else the first.
fn preferred_user<'s>(request: &Request, scenario: &'s Scenario) -> Option<&'s User> {
    request
        .login_hint
        .as_deref()
        .and_then(|hint| scenario.user(hint))
        .or_else(|| scenario.users.first())
}

fn user_button(user: &User, preferred: bool) -> String {
    let mark = if preferred { " id=\"continue\" class=\"preferred\" autofocus" } else { "" };
    format!(
        "<button{mark} name=\"user\" value=\"{upn}\">Continue as {name}<small>{upn}</small></button>",
        upn = escape(&user.upn),
        name = escape(&user.name()),
    )
}

fn document(status: StatusCode, title: &str, body: &str, script: Option<&str>) -> Answer {
    let html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>{title} – Practice Azure</title><link rel=\"icon\" href=\"data:,\">\
         <style>{STYLE}</style></head><body><main>\
         <p class=\"banner\">Practice Azure</p>{body}</main></body></html>",
        title = escape(title),
    );
    let scripts = script.map_or("'none'".to_owned(), source_hash);
    Answer::html(status, html)
        .with(
            "content-security-policy",
            format!(
                "default-src 'none'; style-src {}; script-src {scripts}; img-src data:; base-uri 'none'; frame-ancestors 'none'",
                source_hash(STYLE)
            ),
        )
        .with("cache-control", "no-store, no-cache")
        .with("referrer-policy", "no-referrer")
        .with("x-frame-options", "DENY")
}

fn source_hash(source: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(digest(&SHA256, source.as_bytes())))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}
