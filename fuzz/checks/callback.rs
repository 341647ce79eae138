//! The query of the loopback callback: nothing is taken without this sign-in's state.

use keyless::loopback::{Callback, read_callback};
use url::form_urlencoded::{Serializer, parse};

const STATE: &str = "Zm9yLXRoaXM";

/// A query that is taken holds the state once and nothing twice; a proper one is taken.
pub fn check_callback(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let values = |name: &str| -> Vec<String> {
        let named = parse(text.as_bytes()).filter(|(key, _)| key == name);
        named.map(|(_, value)| value.into_owned()).collect()
    };
    match read_callback(&text, STATE) {
        Callback::Stranger => {}
        Callback::Code(code) => {
            assert_eq!(values("state"), [STATE], "a code came without this sign-in's state");
            assert_eq!(values("code"), [code], "the code is the one that was sent");
            assert!(values("error").is_empty(), "a code beside an error is neither");
        }
        Callback::Error(error, description) => {
            assert_eq!(values("state"), [STATE], "an error came without this sign-in's state");
            assert_eq!(values("error"), [error], "the error is the one that was sent");
            assert_eq!(values("error_description").concat(), description, "and so is its text");
        }
    }
    let other = format!("{STATE}x");
    assert!(
        values("state").contains(&other) || read_callback(&text, &other) == Callback::Stranger,
        "the state of another sign-in was taken"
    );
    let proper = Serializer::new(String::new())
        .append_pair("code", &text)
        .append_pair("state", STATE)
        .finish();
    let expected =
        if text.is_empty() { Callback::Stranger } else { Callback::Code(text.into_owned()) };
    assert!(read_callback(&proper, STATE) == expected, "a proper code is taken as it was sent");
}
