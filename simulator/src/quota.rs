//! How many requests somebody may still send in a window of time.

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Duration;

use time::OffsetDateTime;

/// So many requests in every window, for each key by itself. A window begins with its first request.
#[derive(Debug)]
pub(crate) struct Quota {
    window: Duration,
    begun: RefCell<HashMap<String, (OffsetDateTime, u64)>>,
}

/// What a request was granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Draw {
    pub(crate) granted: bool,
    pub(crate) remaining: u64,
    /// Until the window ends, rounded up to seconds.
    pub(crate) resets_after: Duration,
}

impl Quota {
    pub(crate) fn every(window: Duration) -> Self {
        Self { window, begun: RefCell::default() }
    }

    /// Takes one of `limit` requests from a key's window.
    pub(crate) fn draw(&self, key: &str, limit: u64, now: OffsetDateTime) -> Draw {
        let mut begun = self.begun.borrow_mut();
        let (begin, used) = begun.entry(key.to_owned()).or_insert((now, 0));
        if *begin + self.window <= now {
            (*begin, *used) = (now, 0);
        }
        let granted = *used < limit;
        *used += u64::from(granted);
        let left = (*begin + self.window - now).unsigned_abs();
        let seconds = left.as_secs() + u64::from(left.subsec_nanos() > 0);
        Draw {
            granted,
            remaining: limit.saturating_sub(*used),
            resets_after: Duration::from_secs(seconds),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use time::macros::datetime;

    use super::Quota;

    #[test]
    fn a_window_ends_by_the_clock_and_is_everyones_own() {
        let quota = Quota::every(Duration::from_secs(5));
        let start = datetime!(2026-11-21 09:00 UTC);
        let left: Vec<(bool, u64)> = (0..3)
            .map(|_| quota.draw("ada", 2, start))
            .map(|draw| (draw.granted, draw.remaining))
            .collect();
        assert_eq!(left, [(true, 1), (true, 0), (false, 0)]);
        assert!(quota.draw("mary", 2, start).granted, "another window");
        let later = quota.draw("ada", 2, start + Duration::from_millis(4_001));
        assert_eq!((later.granted, later.resets_after), (false, Duration::from_secs(1)));
        assert!(quota.draw("ada", 2, start + Duration::from_secs(5)).granted, "a new window");
    }
}
