//! Other ids, names, numbers, dates and line ends in the same error.
//!
//! Everything follows from a seed, so that a miss can be repeated.

use std::sync::LazyLock;

use regex::{Captures, Regex};
use uuid::{Uuid, uuid};

const SEEDS: Uuid = uuid!("b7e1a3c4-92d5-5e0f-8a61-3c9d2f4e7b80");

const NAMES: [&str; 6] =
    ["contoso-ai-dev", "Fabrikam_Search", "rg-7421", "oai.lab-west", "adatum", "NW-Assistant-2"];
const MODELS: [&str; 4] = ["gpt-4o", "text-embedding-3-large", "dall-e-3", "o3-mini"];
const FILLER: [&str; 4] = [
    "Please see the documentation.",
    "(request 7)",
    "Details follow in the next line",
    "for the person and the resource concerned",
];

static BLANK: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\{([A-Za-z0-9 _/]+)\}|<([A-Za-z0-9]+)>"));
static GUID: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"));
static BARE_GUID: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)\b[0-9a-f]{32}\b"));
static SECONDS: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b\d+( seconds?\b)"));
static DATE: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b20\d\d-\d\d-\d\d([ T])\d\d:\d\d:\d\d"));
static MAIL: LazyLock<Regex> = LazyLock::new(|| pattern(r"[A-Za-z0-9._-]+@[A-Za-z0-9.-]+\.[a-z]+"));
static NAMED: LazyLock<Regex> = LazyLock::new(|| {
    // An action such as `Microsoft.X/accounts/read` looks alike, and is no id.
    pattern(r"(?i)(/resourceGroups/|/providers/[A-Za-z.]+/[A-Za-z]+/)([A-Za-z0-9._-]+)")
});

/// A source of variations.
#[derive(Clone, Debug)]
pub struct Noise {
    seed: String,
    count: u32,
}

impl Noise {
    /// The variation of this number of an error of this name.
    pub fn new(name: &str, variant: usize) -> Self {
        Self { seed: format!("{name}|{variant}"), count: 0 }
    }

    /// An error text with everything changed that differs from one person to the next.
    pub fn vary(&mut self, text: &str) -> String {
        let filled = self.fill(text);
        let text = self.replace(&filled, &GUID, |noise, _| noise.id());
        let text = self.replace(&text, &BARE_GUID, |noise, _| noise.id().replace('-', ""));
        let text = self.replace(&text, &SECONDS, |noise, found| {
            format!("{}{}", noise.pick(86_400), &found[1])
        });
        let text = self.replace(&text, &DATE, |noise, found| {
            let (month, day) = (noise.pick(12) + 1, noise.pick(28) + 1);
            format!("2026-{month:02}-{day:02}{}{:02}:00:07", &found[1], noise.pick(24))
        });
        let text = self.replace(&text, &MAIL, |noise, _| noise.mail());
        self.replace(&text, &NAMED, |noise, found| format!("{}{}", &found[1], noise.name()))
    }

    /// The same words with other line ends and blanks, and ids at the end.
    pub fn disturb(&mut self, text: &str) -> String {
        let mut text = text.replace("\r\n", " ");
        match self.pick(4) {
            0 => text = text.replace(". ", ".\r\n"),
            1 => text = text.replace(". ", ".  "),
            2 => text = format!("  {text}\n"),
            _ => {}
        }
        match self.pick(3) {
            0 => format!(
                "{text} Trace ID: {} Correlation ID: {} Timestamp: 2026-11-{:02} 10:11:12Z",
                self.id(),
                self.id(),
                self.pick(28) + 1
            ),
            1 => format!("{text}\r\nRequest ID: {}", self.id()),
            _ => text,
        }
    }

    /// A number below `limit`.
    pub fn pick(&mut self, limit: u32) -> u32 {
        self.count += 1;
        let id = Uuid::new_v5(&SEEDS, format!("{}|{}", self.seed, self.count).as_bytes());
        id.as_u128() as u32 % limit
    }

    fn fill(&mut self, text: &str) -> String {
        let text = self.replace(text, &BLANK, |noise, found| {
            let word = found.get(1).or_else(|| found.get(2)).map_or("", |word| word.as_str());
            noise.stand_in(word)
        });
        let mut parts = text.split("...");
        let mut whole = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            whole.push_str(FILLER[self.pick(4) as usize]);
            whole.push_str(part);
        }
        whole
    }

    /// Something of the kind that a blank's name tells.
    fn stand_in(&mut self, word: &str) -> String {
        match word {
            "32 hex" | "32hex" => self.id().replace('-', ""),
            "upn" | "email" => self.mail(),
            "n" => self.pick(86_400).to_string(),
            "v" => format!("2024-{:02}-{:02}", self.pick(12) + 1, self.pick(28) + 1),
            "m" => MODELS[self.pick(4) as usize].to_owned(),
            "uri" => format!("https://{}.example/api", self.name().to_lowercase()),
            "region" => ["eastus", "swedencentral", "westus3"][self.pick(3) as usize].to_owned(),
            "scope" | "resource" => format!(
                "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.CognitiveServices/accounts/{}",
                self.id(),
                self.name(),
                self.name()
            ),
            "name" => self.name(),
            _ => self.id(),
        }
    }

    fn id(&mut self) -> String {
        self.count += 1;
        let name = format!("{}|{}", self.seed, self.count);
        let id = Uuid::new_v5(&SEEDS, name.as_bytes()).to_string();
        if self.pick(3) == 0 { id.to_uppercase() } else { id }
    }

    fn name(&mut self) -> String {
        let at = self.pick(6) as usize;
        format!("{}{}", NAMES[at], self.pick(90))
    }

    fn mail(&mut self) -> String {
        format!("person{}@fabrikam.example", self.pick(900))
    }

    fn replace(
        &mut self,
        text: &str,
        pattern: &Regex,
        mut make: impl FnMut(&mut Self, &Captures<'_>) -> String,
    ) -> String {
        pattern.replace_all(text, |found: &Captures<'_>| make(self, found)).into_owned()
    }
}

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is a constant of this file")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "The client '{upn}' with object id '3f1a2b3c-0d1e-4f5a-8b6c-7d8e9f0a1b2c' may not ... \
        'Microsoft.X/accounts/read' over \
        '/subscriptions/3f1a2b3c-0d1e-4f5a-8b6c-7d8e9f0a1b2c/resourceGroups/old-group'. Retry after 7 seconds.";

    #[test]
    fn ids_names_and_numbers_change_and_the_words_stay() {
        let new = Noise::new("C1", 0).vary(TEXT);
        for gone in ["3f1a2b3c", "old-group", "{upn}", "...", "after 7 "] {
            assert!(!new.contains(gone), "{gone} is left in {new}");
        }
        for kept in ["The client '", "with object id '", "may not", "/resourceGroups/", " seconds."]
        {
            assert!(new.contains(kept), "{kept} is gone from {new}");
        }
    }

    #[test]
    fn a_seed_can_be_repeated_and_another_one_differs() {
        let vary = |variant| Noise::new("C1", variant).vary(TEXT);
        assert_eq!(vary(1), vary(1));
        assert_ne!(vary(1), vary(2));
    }

    #[test]
    fn a_disturbed_text_has_the_same_words() {
        for variant in 0..20 {
            let text = Noise::new("C2", variant).disturb("One thing. Another thing.");
            let words: Vec<&str> = text.split_whitespace().take(4).collect();
            assert_eq!(words, ["One", "thing.", "Another", "thing."], "{text:?}");
        }
    }
}
