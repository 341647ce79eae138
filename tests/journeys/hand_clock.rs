//! A clock that a test turns, together with the simulator's.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use keyless::clock::Clock;
use time::OffsetDateTime;
use time::macros::datetime;
use tokio::sync::{Notify, oneshot};

/// Where every journey starts.
pub const START: OffsetDateTime = datetime!(2026-11-20 09:00 UTC);

/// The clock of the core.
pub struct HandClock {
    state: Mutex<State>,
    pub slept: Notify,
}

struct State {
    now: OffsetDateTime,
    /// How far somebody has set the clock.
    set: time::Duration,
    sleepers: Vec<(OffsetDateTime, oneshot::Sender<()>)>,
}

impl HandClock {
    pub fn new() -> Self {
        let state = State { now: START, set: time::Duration::ZERO, sleepers: Vec::new() };
        HandClock { state: Mutex::new(state), slept: Notify::new() }
    }

    /// How long until the first sleeper wakes.
    pub fn next(&self) -> Option<Duration> {
        let mut state = self.lock();
        state.sleepers.retain(|(_, sender)| !sender.is_closed());
        let first = state.sleepers.iter().map(|(at, _)| *at).min()?;
        Some(Duration::try_from(first - state.now).unwrap_or_default())
    }

    /// Lets `by` pass and wakes whoever slept as long.
    pub fn advance(&self, by: Duration) {
        let mut state = self.lock();
        state.now += by;
        let now = state.now;
        let (due, rest) =
            std::mem::take(&mut state.sleepers).into_iter().partition(|(at, _)| *at <= now);
        state.sleepers = rest;
        let due: Vec<(OffsetDateTime, oneshot::Sender<()>)> = due;
        for (_, sender) in due {
            // A sleeper that was cancelled needs no call.
            let _ = sender.send(());
        }
    }

    /// Sets the clock as somebody does who corrects it; nobody who sleeps wakes from that.
    pub fn set(&self, by: time::Duration) {
        self.lock().set += by;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Clock for HandClock {
    fn now(&self) -> OffsetDateTime {
        let state = self.lock();
        state.now + state.set
    }

    fn elapsed(&self) -> Duration {
        Duration::try_from(self.lock().now - START).unwrap_or_default()
    }

    async fn sleep(&self, duration: Duration) {
        let (sender, receiver) = oneshot::channel();
        {
            let mut state = self.lock();
            let at = state.now + duration;
            state.sleepers.push((at, sender));
        }
        self.slept.notify_one();
        receiver.await.expect("the clock outlives its sleepers");
    }
}
