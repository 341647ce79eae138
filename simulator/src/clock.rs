//! The simulator's own time: the system's, or one that stands still until it is advanced.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use time::OffsetDateTime;
use time::macros::format_description;
use tokio::sync::watch;

/// Time as the simulated services see it. Clones share one clock.
///
/// Everything that Azure does by the clock (lifetimes of codes and tokens, the delay before a role
/// works, `Date` headers, delays of faults) reads this one.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// `None`: the system's time; otherwise the moment at which a manual clock began.
    start: Option<OffsetDateTime>,
    advanced: Mutex<Duration>,
    /// How far it goes wrong.
    off: Mutex<time::Duration>,
    changed: watch::Sender<()>,
}

impl Clock {
    /// A clock that stands at `start` until [`Clock::advance`].
    pub fn manual(start: OffsetDateTime) -> Self {
        Self::new(Some(start))
    }

    /// The system's time, plus whatever it is advanced by.
    pub fn system() -> Self {
        Self::new(None)
    }

    fn new(start: Option<OffsetDateTime>) -> Self {
        Self(Arc::new(Inner {
            start,
            advanced: Mutex::new(Duration::ZERO),
            off: Mutex::new(time::Duration::ZERO),
            changed: watch::Sender::new(()),
        }))
    }

    /// The present moment, UTC.
    pub fn now(&self) -> OffsetDateTime {
        let advanced = *self.0.advanced.lock().unwrap_or_else(PoisonError::into_inner);
        let off = *self.0.off.lock().unwrap_or_else(PoisonError::into_inner);
        self.0.start.unwrap_or_else(OffsetDateTime::now_utc) + advanced + off
    }

    /// Moves time forward and wakes everything that waits for it.
    pub fn advance(&self, by: Duration) {
        *self.0.advanced.lock().unwrap_or_else(PoisonError::into_inner) += by;
        self.0.changed.send_replace(());
    }

    /// Lets the clock be wrong by so much, to the future or to the past, from now on.
    pub(crate) fn set_off(&self, by: time::Duration) {
        *self.0.off.lock().unwrap_or_else(PoisonError::into_inner) = by;
        self.0.changed.send_replace(());
    }

    /// Whether time passes only by [`Clock::advance`].
    pub(crate) fn is_manual(&self) -> bool {
        self.0.start.is_some()
    }

    /// Returns when this clock has reached a moment.
    pub(crate) async fn wait_until(&self, until: OffsetDateTime) {
        let mut changed = self.0.changed.subscribe();
        loop {
            let left = until - self.now();
            if !left.is_positive() {
                return;
            }
            if self.is_manual() {
                // The sender lives in `self`, so waiting cannot fail.
                let _ = changed.changed().await;
            } else {
                let _ = tokio::time::timeout(left.unsigned_abs(), changed.changed()).await;
            }
        }
    }
}

/// The form of the HTTP `Date` header (RFC 9110, section 5.6.7).
pub(crate) fn http_date(moment: OffsetDateTime) -> String {
    format(
        moment,
        format_description!(
            "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
        ),
    )
}

/// The form that Resource Manager uses in bodies: `2025-02-11T20:25:48.1490444Z`.
pub(crate) fn arm_time(moment: OffsetDateTime) -> String {
    format(
        moment,
        format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:7]Z"),
    )
}

/// The form that Entra uses in error bodies: `2025-04-10 19:21:00Z`.
pub(crate) fn entra_time(moment: OffsetDateTime) -> String {
    format(moment, format_description!("[year]-[month]-[day] [hour]:[minute]:[second]Z"))
}

/// The form inside `x-ms-routing-request-id`: `20251223T214046Z`.
pub(crate) fn compact_time(moment: OffsetDateTime) -> String {
    format(moment, format_description!("[year][month][day]T[hour][minute][second]Z"))
}

fn format(moment: OffsetDateTime, form: &(impl time::formatting::Formattable + ?Sized)) -> String {
    moment.format(form).expect("every field of these forms exists in a date and time")
}
