//! Conditions of role assignments.

use keyless::access::{Action, CHAT, Certainty, Condition};

/// What is not understood decides nothing, white space and parentheses around it mean nothing, and
/// the opposite of what is understood is as certain.
pub fn check_condition(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let chat = Action::Data(CHAT);
    let allows = |text: &str| Condition::allows(Some(text), chat, None);
    if text.trim().is_empty() {
        assert_eq!(allows(&text), Certainty::Yes, "none limits nothing");
        return;
    }
    let Some(condition) = Condition::parse(&text) else {
        assert_eq!(allows(&text), Certainty::Maybe, "'{text}' is not understood");
        return;
    };
    let spaced = format!("\n {text}\t");
    assert_eq!(Condition::parse(&spaced).as_ref(), Some(&condition), "'{text}' in white space");
    // One more may be more than what is read.
    let wrapped = Condition::parse(&format!("({text})"));
    assert!(wrapped.is_none_or(|it| it == condition), "'{text}' in parentheses");
    let opposite = format!("!({text})");
    if Condition::parse(&opposite).is_some() {
        assert_eq!(allows(&opposite), allows(&text).negated(), "the opposite of '{text}'");
    }
}
