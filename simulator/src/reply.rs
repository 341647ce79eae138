//! What the practice model says: nothing it thought of, but true and to the point.

use crate::scenario::{Account, Deployment};

/// An answer to a question, in one paragraph.
pub(crate) fn write(question: &str, account: &Account, deployment: &Deployment) -> String {
    let asked = question.to_lowercase();
    let mentions = |words: &[&str]| words.iter().any(|word| asked.contains(word));
    if mentions(&["keyless", "api key", "without a key", "without keys"]) {
        return "Keyless means that your program signs in as you and sends a short-lived token instead of a key. \
                There is no secret to copy, to leak or to rotate, and taking your role away ends the access."
            .to_owned();
    }
    let place =
        format!("the deployment {} ({}) of {}", deployment.name, deployment.model, account.name);
    if mentions(&["hello", "hi ", "hi!", "hey", "say hi", "test"]) || asked.trim() == "hi" {
        return format!(
            "Hello! This answer comes from {place} in practice Azure. You reached it with your own sign-in and no key, so everything on the way here works."
        );
    }
    format!(
        "This is practice Azure, so no real model has thought about your question, but it did arrive at {place}, and the way there is the one that your program will take: your own sign-in, the right role, and no key."
    )
}
