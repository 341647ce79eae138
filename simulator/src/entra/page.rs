//! Pages for a person: plainly a practice, plainly not Microsoft's, and usable without scripts.
//!
//! No page sets `form-action`: Chromium applies it to the redirect that answers the form.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;

use super::interaction::Visit;
use crate::answer::Answer;
use crate::scenario::{Scenario, User};

const STYLE: &str = include_str!("page.css");
/// Sends the hidden form at once; the button does it where scripts are off.
const SUBMIT: &str = "document.forms[0].submit()";
/// The button that a person most likely wants; it has the same id on every page.
const PREFERRED: &str = " id=\"continue\" class=\"preferred\" autofocus";
const DECLINE: &str =
    "<button class=\"decline\" id=\"decline\" name=\"decision\" value=\"decline\">Decline</button>";

/// Whom to continue as, or not at all.
pub(super) fn sign_in(visit: &Visit<'_>, scenario: &Scenario) -> Answer {
    let preferred = preferred_user(visit.login_hint, scenario);
    let buttons: String = scenario
        .users
        .iter()
        .map(|user| user_button(user, preferred.is_some_and(|one| one.upn == user.upn)))
        .collect();
    let tenant = scenario
        .tenant(visit.segment)
        .map_or("your own organization", |tenant| tenant.name.as_str());
    let body = format!(
        "<h1>Sign in for practice</h1>\
         <p><strong id=\"app\">{app}</strong> asks to sign you in to <strong id=\"tenant\">{tenant}</strong> \
         and to act as you at <code id=\"resource\">{resource}</code>.</p>\
         <p>Nobody here is real: no password is asked for, and nothing leaves this computer.</p>\
         <form method=\"post\">{carried}{buttons}{DECLINE}</form>",
        app = escape(&visit.application.name),
        tenant = escape(tenant),
        resource = escape(visit.scope.resource.trim_end_matches('/')),
        carried = hidden(&visit.carried),
    );
    document(StatusCode::OK, "Sign in for practice", &body, None)
}

/// The second factor: which of three numbers does the phone show?
pub(super) fn approve(carried: &[(&str, String)], number: u8) -> Answer {
    let mut numbers = [number, other_number(number, 31), other_number(number, 58)];
    numbers.sort_unstable();
    let buttons: String = numbers
        .iter()
        .map(|&one| {
            let mark = if one == number { PREFERRED } else { "" };
            format!("<button{mark} name=\"number\" value=\"{one}\">{one}</button>")
        })
        .collect();
    let body = format!(
        "<h1>Approve the sign-in</h1>\
         <p>Your practice phone shows <strong id=\"number\">{number}</strong>. Press the same number here.</p>\
         <form method=\"post\">{}{buttons}{DECLINE}</form>",
        hidden(carried)
    );
    document(StatusCode::OK, "Approve the sign-in", &body, None)
}

/// Setting up a second factor.
pub(super) fn enrol(carried: &[(&str, String)]) -> Answer {
    let body = format!(
        "<h1>More information is needed</h1>\
         <p>Your organization wants a second factor for this account. Set up the practice phone to go on.</p>\
         <form method=\"post\">{}<button{PREFERRED} name=\"enrol\" value=\"phone\">Set up the practice phone</button>{DECLINE}</form>",
        hidden(carried)
    );
    document(StatusCode::OK, "More information is needed", &body, None)
}

/// Agreeing to what an application may do.
pub(super) fn consent(carried: &[(&str, String)], visit: &Visit<'_>) -> Answer {
    let body = format!(
        "<h1>Permissions are asked for</h1>\
         <p><strong id=\"app\">{}</strong> would like to act as you at <code id=\"resource\">{}</code>.</p>\
         <form method=\"post\">{}<button{PREFERRED} name=\"consent\" value=\"accept\">Accept</button>{DECLINE}</form>",
        escape(&visit.application.name),
        escape(visit.scope.resource.trim_end_matches('/')),
        hidden(carried)
    );
    document(StatusCode::OK, "Permissions are asked for", &body, None)
}

/// Where the code of another device is typed; `complaint` is about the last one.
pub(super) fn device_code(complaint: Option<&str>) -> Answer {
    let complaint = complaint
        .map(|text| format!("<p id=\"message\" role=\"alert\">{}</p>", escape(text)))
        .unwrap_or_default();
    let body = format!(
        "<h1>Enter the code to allow access</h1>\
         <p>A program on another device shows a code. Nobody here is real, and nothing leaves this computer.</p>{complaint}\
         <form method=\"post\"><label for=\"otc\">Code</label>\
         <input id=\"otc\" name=\"otc\" required autofocus autocomplete=\"off\" spellcheck=\"false\" maxlength=\"16\">\
         <button id=\"next\" class=\"preferred\">Next</button></form>",
    );
    document(StatusCode::OK, "Enter the code", &body, None)
}

/// Something to read and nothing to press.
pub(super) fn message(status: StatusCode, heading: &str, text: &str) -> Answer {
    let body = format!("<h1>{}</h1><p id=\"message\">{}</p>", escape(heading), escape(text));
    document(status, heading, &body, None)
}

/// `response_mode=form_post`: a form that sends itself to the client.
pub(super) fn post_back(target: &str, fields: &[(&str, String)]) -> Answer {
    let body = format!(
        "<h1>Going back</h1><form method=\"post\" action=\"{}\">{}\
         <button id=\"return\">Continue</button></form><script>{SUBMIT}</script>",
        escape(target),
        hidden(fields)
    );
    document(StatusCode::OK, "Going back", &body, Some(SUBMIT))
}

fn hidden(fields: &[(&str, String)]) -> String {
    fields
        .iter()
        .map(|(name, value)| {
            format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\">", escape(value))
        })
        .collect()
}

/// Another number of two digits.
fn other_number(number: u8, distance: u8) -> u8 {
    10 + (number - 10 + distance) % 90
}

/// The user that `login_hint` names, else the first.
fn preferred_user<'s>(login_hint: Option<&str>, scenario: &'s Scenario) -> Option<&'s User> {
    login_hint.and_then(|hint| scenario.user(hint)).or_else(|| scenario.users.first())
}

fn user_button(user: &User, preferred: bool) -> String {
    let mark = if preferred { PREFERRED } else { "" };
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
