//! The command line of the desktop app.

use std::ffi::OsString;
use std::path::PathBuf;

use lexopt::{Arg, Error, Parser, ValueExt as _};

/// What `--help` prints.
pub const USAGE: &str = "\
Keyless for Azure OpenAI

Usage: keyless-desktop [--practice [--scenario NAME]] [--data-folder DIR]

  --practice         start with practice Azure: nothing reaches Microsoft
  --scenario NAME    which practice Azure
  --data-folder DIR  where the app keeps its own files";

/// How the app was started.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// Whether the wizard starts with practice Azure.
    pub practice: bool,
    /// Which practice Azure; the default one when absent.
    pub scenario: Option<String>,
    /// Where the app keeps its own files; the system's place when absent.
    pub data_folder: Option<PathBuf>,
}

impl Flags {
    /// Reads the arguments, the first of which is the program; `None` asks for help.
    ///
    /// Fails on an unknown or incomplete flag, and on a scenario without practice.
    pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Option<Flags>, Error> {
        let mut flags = Flags::default();
        let mut parser = Parser::from_iter(arguments);
        while let Some(argument) = parser.next()? {
            match argument {
                Arg::Long("practice") if cfg!(feature = "practice") => flags.practice = true,
                Arg::Long("scenario") => flags.scenario = Some(parser.value()?.string()?),
                Arg::Long("data-folder") => flags.data_folder = Some(parser.value()?.into()),
                Arg::Long("help") | Arg::Short('h') => return Ok(None),
                unknown => return Err(unknown.unexpected()),
            }
        }
        if flags.scenario.is_some() && !flags.practice {
            return Err("--scenario needs --practice".into());
        }
        Ok(Some(flags))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Option<Flags>, Error> {
        Flags::parse(
            ["keyless-desktop"]
                .iter()
                .chain(arguments)
                .map(OsString::from),
        )
    }

    #[test]
    fn a_start_without_flags_is_real_azure() {
        assert_eq!(
            parse(&[]).expect("no flag is fine"),
            Some(Flags::default()),
            "practice must be asked for"
        );
    }

    #[test]
    fn a_scenario_never_applies_to_real_azure() {
        assert!(
            parse(&["--scenario", "default"]).is_err(),
            "a scenario belongs to practice"
        );
    }

    #[test]
    fn a_misspelled_flag_is_refused() {
        for arguments in [&["--pratice"][..], &["--data-folder"], &["practice"]] {
            assert!(
                parse(arguments).is_err(),
                "{arguments:?} must not start real Azure"
            );
        }
    }
}
