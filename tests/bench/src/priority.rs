//! Priority over the machine's other programs while windows are measured.
//!
//! Linux schedules by session first (`sched(7)`, "The autogroup feature"): a nice value says nothing
//! to the programs of another session, its autogroup's does.

use std::fs;

const FILE: &str = "/proc/self/autogroup";
/// Of -20, the most, to 19.
const MOST: i32 = -15;

/// This session goes first, and goes back to its place with this value.
pub struct Priority {
    before: i32,
}

impl Priority {
    /// None where the system does not grant it, which it does to administrators.
    pub fn take() -> Option<Self> {
        let before = read_nice(&fs::read_to_string(FILE).ok()?)?;
        fs::write(FILE, MOST.to_string()).ok()?;
        Some(Self { before })
    }
}

impl Drop for Priority {
    fn drop(&mut self) {
        if let Err(error) = fs::write(FILE, self.before.to_string()) {
            eprintln!("bench: this session keeps its priority: {error}");
        }
    }
}

/// The number at the end of `/autogroup-25 nice 0`.
fn read_nice(text: &str) -> Option<i32> {
    text.trim().rsplit_once(' ')?.1.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_to_go_back_to_is_read() {
        assert_eq!(read_nice("/autogroup-25 nice -3\n"), Some(-3));
        assert_eq!(read_nice(""), None, "a kernel without the feature");
    }
}
