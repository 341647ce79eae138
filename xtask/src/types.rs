//! What is generated from the core's types and checked in.

use crate::Outcome;
use crate::process::{cargo, run};

/// Writes `ui/src/types` and `ui/fixtures` anew. The tests of the core that compare them with
/// what it generates do the writing when `KEYLESS_WRITE` is 1.
pub fn write_types() -> Outcome {
    run(cargo(&["test", "--package", "keyless", "--locked"]).env("KEYLESS_WRITE", "1"))
}
