//! The simulator refuses what Azure refuses.
