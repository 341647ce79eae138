//! The developer's own tools: `az` and `azd`, whose sign-in can be borrowed.

use std::ffi::OsStr;
use std::io;
use std::process::Output;

use async_trait::async_trait;
use azure_identity::Executor;

mod process;

pub use process::HiddenProcess;

/// A machine without the developer's tools: practice Azure has no `az`.
#[derive(Debug)]
pub struct NoTools;

#[async_trait]
impl Executor for NoTools {
    async fn run(&self, _: &OsStr, _: &[&OsStr]) -> io::Result<Output> {
        Err(io::Error::new(io::ErrorKind::NotFound, "practice Azure has no tools"))
    }
}
