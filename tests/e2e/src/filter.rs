//! How soon the list of resources answers a key in its filter, in frames of the window.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{Wizard, say};

/// What a person types to find one account of ten thousand: a name, a project in a region, a kind.
const TYPED: [&str; 6] =
    ["04321", "project 12 sweden", "1377 openai", "rg-project-09 west", "ai-0025", "eastus2 88"];
const BACKSPACE: char = '\u{e003}';

/// A key that changed what matches, until the rows of the new filter were there.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Answer {
    /// The frame in which they were there: the first is the one that follows the key.
    pub frame: u32,
    /// The time until then, in milliseconds.
    pub milliseconds: f64,
}

/// The keys of the filter on practice Azure with ten thousand accounts.
#[derive(Clone, Debug)]
pub struct Answers {
    /// One for each key that changed what matches, in the order of typing.
    pub all: Vec<Answer>,
    /// The time between two frames of the idle window, in milliseconds.
    pub frame_ms: f64,
}

/// Types in the filter of the page that lists ten thousand accounts, until so many keys have changed
/// what matches.
///
/// # Panics
/// When the list is never whole, or a key is not answered.
pub async fn measure_filter(wizard: &Wizard, keys: usize) -> Answers {
    wizard.shows(&say("resource.searched", &[("subscriptions", "2000")])).await;
    wizard.run(WATCH).await;
    let frame_ms = wizard.run_async(IDLE, Vec::new()).await;
    let input = wizard.wait_for("input[type=search]").await;
    let (mut all, mut shown) = (Vec::new(), Value::Null);
    for (filter, key) in TYPED.iter().cycle().flat_map(|text| strokes(text)) {
        let wanted = wizard.run_async(ASK, vec![json!(filter)]).await;
        input.send_keys(&key.to_string()).await.expect("the filter takes keys");
        let answer = wizard.run_async(ANSWERED, Vec::new()).await;
        let answer: Answer = serde_json::from_value(answer).expect("two numbers");
        // What matched before is shown at once: such a key waits for nothing.
        if wanted != shown && !shown.is_null() {
            all.push(answer);
        }
        shown = wanted;
        if all.len() == keys {
            break;
        }
    }
    Answers { all, frame_ms: frame_ms.as_f64().expect("a number") }
}

impl Answers {
    /// The middle of the frames.
    pub fn median_frame(&self) -> u32 {
        self.frame_at(0.5)
    }

    /// The frame at which so large a share of the keys was answered.
    pub fn frame_at(&self, share: f64) -> u32 {
        let mut frames: Vec<u32> = self.all.iter().map(|answer| answer.frame).collect();
        frames.sort_unstable();
        at(&frames, share)
    }

    /// The time in which so large a share of the keys was answered, in milliseconds.
    pub fn milliseconds_at(&self, share: f64) -> f64 {
        let mut times: Vec<f64> = self.all.iter().map(|answer| answer.milliseconds).collect();
        times.sort_unstable_by(f64::total_cmp);
        at(&times, share)
    }
}

/// Looks in each frame after a key whether the rows are there that the core names for its filter.
const WATCH: &str = "
    const shows = ({ matching, names }) => {
        const rows = [...document.querySelectorAll('[role=option]')].slice(0, names.length);
        return rows.length === names.length && rows.every((row, place) =>
            row.getAttribute('aria-setsize') === `${matching}`
                && row.firstElementChild.textContent === names[place]);
    };
    addEventListener('input', () => {
        const pressed = performance.now();
        let frame = 0;
        const look = () => {
            frame += 1;
            if (shows(window.wanted)) {
                window.tell({ frame, milliseconds: performance.now() - pressed });
            } else {
                requestAnimationFrame(look);
            }
        };
        requestAnimationFrame(look);
    }, true);";

/// What the core names for a filter: how many match, and the first of them, as many as are in view.
const ASK: &str = "
    const [filter, done] = arguments;
    __TAURI_INTERNALS__.invoke('list_resources', { filter, from: 0, count: 8 })
        .then(({ matching, items }) => {
            window.wanted = { matching, names: items.map(({ name }) => name) };
            window.answered = new Promise((tell) => { window.tell = tell });
            done(window.wanted);
        });";

const ANSWERED: &str = "window.answered.then(arguments[0])";

const IDLE: &str = "
    const [done] = arguments;
    const frames = [];
    const look = (now) => {
        frames.push(now);
        if (frames.length <= 60) {
            requestAnimationFrame(look);
        } else {
            done((now - frames[0]) / 60);
        }
    };
    requestAnimationFrame(look);";

/// The least of the sorted values that so large a share does not exceed.
fn at<T: Copy>(sorted: &[T], share: f64) -> T {
    let place = (sorted.len() as f64 * share).ceil() as usize;
    sorted[place.clamp(1, sorted.len()) - 1]
}

/// Each key of a text and of its removal, with the filter that it makes.
fn strokes(text: &str) -> Vec<(String, char)> {
    let ends: Vec<usize> = text.char_indices().map(|(start, key)| start + key.len_utf8()).collect();
    let typing = ends.iter().zip(text.chars()).map(|(end, key)| (text[..*end].to_owned(), key));
    let removal = text.char_indices().rev();
    let removal = removal.map(|(start, _)| (text[..start].to_owned(), BACKSPACE));
    typing.chain(removal).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_typed_and_removed_key_by_key() {
        let filters = strokes("ab").into_iter().map(|(filter, _)| filter).collect::<Vec<_>>();
        assert_eq!(filters, ["a", "ab", "a", ""]);
        assert_eq!(strokes("a").last().map(|(_, key)| *key), Some(BACKSPACE));
    }

    #[test]
    fn the_share_of_the_keys_is_counted_from_the_quickest() {
        assert_eq!(at(&[1, 2, 3, 9], 0.5), 2);
        assert_eq!(at(&[1, 2, 3, 9], 0.95), 9);
        assert_eq!(at(&[7], 0.5), 7);
    }
}
