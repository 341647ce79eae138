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
    /// The scenario of practice Azure; real Azure when absent.
    pub practice: Option<String>,
    /// Where the app keeps its own files; the system's place when absent.
    pub data_folder: Option<PathBuf>,
}

impl Flags {
    /// Reads the arguments, the first of which is the program; `None` asks for help. Fails on an
    /// unknown or incomplete flag, and on a scenario without practice.
    pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Option<Flags>, Error> {
        let (mut flags, mut practice, mut scenario) = (Flags::default(), false, None);
        let mut parser = Parser::from_iter(arguments);
        while let Some(argument) = parser.next()? {
            match argument {
                Arg::Long("practice") if cfg!(feature = "practice") => practice = true,
                Arg::Long("scenario") => scenario = Some(parser.value()?.string()?),
                Arg::Long("data-folder") => flags.data_folder = Some(parser.value()?.into()),
                Arg::Long("help") | Arg::Short('h') => return Ok(None),
                unknown => return Err(unknown.unexpected()),
            }
        }
        if scenario.is_some() && !practice {
            return Err("--scenario needs --practice".into());
        }
        flags.practice = practice.then(|| scenario.unwrap_or_else(|| "default".to_owned()));
        Ok(Some(flags))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Option<Flags>, Error> {
        Flags::parse(["keyless-desktop"].iter().chain(arguments).map(OsString::from))
    }

    #[test]
    fn a_start_without_flags_is_real_azure() {
        let flags = parse(&[]).expect("no flag is fine");
        assert_eq!(flags, Some(Flags::default()), "practice must be asked for");
    }

    #[test]
    fn what_is_not_understood_starts_nothing() {
        for arguments in
            [&["--pratice"][..], &["--data-folder"], &["practice"], &["--scenario", "default"]]
        {
            assert!(parse(arguments).is_err(), "{arguments:?} must not start real Azure");
        }
    }
}
