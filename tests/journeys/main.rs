//! Journeys of the core.

