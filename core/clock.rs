//! Time, as a seam: the product waits on the system's clock, a test on one that it turns itself.

use std::time::Duration;

use async_trait::async_trait;
use time::OffsetDateTime;

/// What the core needs of time.
#[async_trait]
pub trait Clock: Send + Sync {
    /// The present, in UTC.
    fn now(&self) -> OffsetDateTime;
    /// Returns when `duration` has passed.
    async fn sleep(&self, duration: Duration);
}

/// The system's clock.
pub struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::now_utc()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}
