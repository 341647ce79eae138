//! What the command line says.

use std::path::PathBuf;

/// Where the material is, and where the result goes. What is not named is not looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The folder of recorded answers.
    pub recorded: Option<PathBuf>,
    /// The folder of the specification's examples.
    pub examples: Option<PathBuf>,
    /// The folder of quoted answers.
    pub quoted: Option<PathBuf>,
    /// The table of failures, a page of Markdown.
    pub failures: Option<PathBuf>,
    /// The definitions of built-in roles, in the form of `az role definition list`.
    pub roles: Option<PathBuf>,
    /// The file that the figures are written to, as JSON.
    pub json: Option<PathBuf>,
}

impl Options {
    /// Reads `--recorded DIR --examples DIR --quoted DIR --failures FILE --roles FILE
    /// --json FILE`.
    ///
    /// # Errors
    /// The sentence that tells what is wrong with the words.
    pub fn read(words: impl IntoIterator<Item = String>) -> Result<Self, String> {
        let mut options = Self::default();
        let mut words = words.into_iter();
        while let Some(word) = words.next() {
            let (name, value) = match word.split_once('=') {
                Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                None => (word, words.next()),
            };
            let slot = match name.as_str() {
                "--recorded" => &mut options.recorded,
                "--examples" => &mut options.examples,
                "--quoted" => &mut options.quoted,
                "--failures" => &mut options.failures,
                "--roles" => &mut options.roles,
                "--json" => &mut options.json,
                _ => return Err(format!("there is no option {name}")),
            };
            *slot = Some(value.ok_or_else(|| format!("{name} needs a value"))?.into());
        }
        for place in [&options.recorded, &options.examples, &options.quoted] {
            if let Some(folder) = place.as_ref().filter(|folder| !folder.is_dir()) {
                return Err(format!("{} is no folder", folder.display()));
            }
        }
        for place in [&options.failures, &options.roles] {
            if let Some(file) = place.as_ref().filter(|file| !file.is_file()) {
                return Err(format!("{} is no file", file.display()));
            }
        }
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[&str]) -> Result<Options, String> {
        Options::read(words.iter().map(|word| (*word).to_owned()))
    }

    #[test]
    fn options_are_read_in_both_spellings() {
        let options = read(&["--recorded", "/", "--json=figures.json"]).expect("both are valid");
        assert_eq!(options.recorded, Some("/".into()));
        assert_eq!(options.json, Some("figures.json".into()));
        assert_eq!(options.quoted, None, "what is not named is not looked at");
    }

    #[test]
    fn a_folder_that_is_not_there_and_an_unknown_option_are_errors() {
        for words in
            [["--recorded", "/no/such/folder"], ["--failures", "/no/such/file"], ["--recoded", "/"]]
        {
            assert!(read(&words).is_err(), "{words:?}");
        }
        assert!(read(&["--json"]).is_err(), "a value is missing");
    }
}
