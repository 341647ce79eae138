//! A build without practice Azure: its window does not offer it.

use std::path::Path;
use std::sync::Arc;

use keyless::session::{Desktop, Session};

use crate::sessions::Trouble;

/// There is none in this build.
pub enum Practice {}

impl Practice {
    /// Fails always.
    pub async fn start(
        _: Option<&str>,
        _: Arc<dyn Desktop>,
        _: &Path,
    ) -> Result<(Self, Session), Trouble> {
        Err("this build has no practice Azure".into())
    }
}
