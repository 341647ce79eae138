//! Journeys on the real desktop app.
