//! Time, as a seam: the product waits on the system's clock, a test on one that it turns itself.

use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use time::OffsetDateTime;

/// What the core needs of time.
#[async_trait]
pub trait Clock: Send + Sync {
    /// The present, in UTC.
    fn now(&self) -> OffsetDateTime;
    /// Time since some moment: it goes on evenly when somebody sets the clock.
    fn elapsed(&self) -> Duration;
    /// Returns when `duration` has passed.
    async fn sleep(&self, duration: Duration);
}

/// What comes of the work within this time; `None` where it takes longer.
pub async fn within<T>(
    clock: &dyn Clock,
    limit: Duration,
    work: impl Future<Output = T>,
) -> Option<T> {
    tokio::select! {
        biased;
        done = work => Some(done),
        () = clock.sleep(limit) => None,
    }
}

/// The system's clock.
pub struct SystemClock;

static FIRST_LOOK: LazyLock<Instant> = LazyLock::new(Instant::now);

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::now_utc()
    }

    fn elapsed(&self) -> Duration {
        FIRST_LOOK.elapsed()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// Smaller differences are the second that `Date` is rounded to, and the time that answers take.
const TOLERANCE: time::Duration = time::Duration::minutes(1);

/// How far this computer's clock is from Azure's, learnt from the `Date` of answers (RFC 9110,
/// section 6.6.1). Times in tokens are Azure's: they are compared with the corrected present.
#[derive(Debug, Default)]
pub struct Correction(Mutex<Option<Sample>>);

/// What one answer said: its moment lies somewhere in the round trip.
#[derive(Clone, Copy, Debug)]
struct Sample {
    off: time::Duration,
    round_trip: time::Duration,
}

impl Correction {
    /// Takes in an answer that was asked for at `sent`, came at `arrived`, and says `date`. The
    /// smallest round trip tells best, until the clock of this computer is set.
    pub fn learn(&self, sent: OffsetDateTime, arrived: OffsetDateTime, date: OffsetDateTime) {
        let round_trip = (arrived - sent).max(time::Duration::ZERO);
        let sample = Sample { off: date - (sent + round_trip / 2), round_trip };
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let stands = known.is_some_and(|known| {
            let was_set = (known.off - sample.off).abs() > TOLERANCE + round_trip;
            known.round_trip <= round_trip && !was_set
        });
        if !stands {
            *known = Some(sample);
        }
    }

    /// The present by Azure's clock, when this computer's says `now`.
    pub fn apply(&self, now: OffsetDateTime) -> OffsetDateTime {
        let known = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match known.filter(|known| known.off.abs() > TOLERANCE) {
            Some(known) => now.saturating_add(known.off),
            None => now,
        }
    }
}

#[cfg(test)]
mod tests {
    use time::Duration;
    use time::macros::datetime;

    use super::*;

    const NOON: OffsetDateTime = datetime!(2026-11-20 12:00 UTC);

    #[test]
    fn a_clock_that_is_wrong_by_hours_is_corrected_both_ways() {
        for hours in [-10, -1, 1, 10] {
            let correction = Correction::default();
            let here = NOON + Duration::hours(hours);
            correction.learn(here, here + Duration::seconds(1), NOON);
            let error = (correction.apply(here) - NOON).abs();
            assert!(error <= Duration::seconds(1), "{hours} h: still wrong by {error}");
        }
    }

    #[test]
    fn a_clock_that_is_right_is_left_alone() {
        let correction = Correction::default();
        assert_eq!(correction.apply(NOON), NOON, "nothing is known yet");
        correction.learn(NOON, NOON + Duration::seconds(20), NOON + Duration::seconds(3));
        assert_eq!(correction.apply(NOON), NOON, "seconds are no error");
    }

    #[test]
    fn the_quickest_answer_tells_best() {
        let correction = Correction::default();
        let here = NOON + Duration::hours(1);
        correction.learn(here, here + Duration::seconds(40), NOON + Duration::seconds(39));
        correction.learn(here, here, NOON);
        correction.learn(here, here + Duration::seconds(40), NOON + Duration::seconds(39));
        assert_eq!(correction.apply(here), NOON);
    }

    #[test]
    fn a_clock_that_is_set_meanwhile_is_learnt_anew() {
        let correction = Correction::default();
        let wrong = NOON + Duration::hours(1);
        correction.learn(wrong, wrong, NOON);
        correction.learn(NOON, NOON + Duration::seconds(2), NOON + Duration::seconds(1));
        assert_eq!(correction.apply(NOON), NOON, "the old difference does not stay");
    }
}
