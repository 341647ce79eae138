//! Arguments quoted so that a shell hands them on as they stand.

use crate::snapshot::connectivity::Shell;

/// Characters that none of the shells reads as anything else.
const PLAIN: &str = "-_./:";

/// The argument as it is written in this shell; `None` where the shell cannot be made to hand it
/// on, as no program can be handed a NUL.
pub fn quote(shell: Shell, argument: &str) -> Option<String> {
    let is_plain = |it: char| it.is_ascii_alphanumeric() || PLAIN.contains(it);
    // PowerShell reads a dash that begins a word as its own.
    let starts_plain = argument.starts_with(|it: char| it.is_ascii_alphanumeric() || it == '/');
    if starts_plain && argument.chars().all(is_plain) {
        return Some(argument.to_owned());
    }
    match shell {
        _ if argument.contains('\0') => None,
        Shell::Bash => Some(bash_text(argument)),
        // Windows PowerShell drops double quotes on the way to a program.
        Shell::PowerShell => (!argument.contains('"')).then(|| powershell_text(argument)),
        // A backslash before the closing quote would be read together with it.
        Shell::Cmd => cmd_text(argument).filter(|_| !argument.ends_with('\\')),
    }
}

/// A text in single quotes, in which bash reads nothing but their end.
pub fn bash_text(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A text in single quotes, in which PowerShell reads nothing but their end; a curly one ends it
/// too ("about_Quoting_Rules"; `CharExtensions.IsSingleQuote` in PowerShell's source).
pub fn powershell_text(text: &str) -> String {
    let mut quoted = String::from("'");
    for letter in text.chars() {
        quoted.push(letter);
        if ['\'', '\u{2018}', '\u{2019}', '\u{201a}', '\u{201b}'].contains(&letter) {
            quoted.push(letter);
        }
    }
    quoted.push('\'');
    quoted
}

/// A text in double quotes, as cmd reads it; `None` where it holds what cmd reads in them too: it
/// fills `%names%` in, `!names!` where it is told to, and ends at a line's end.
pub fn cmd_text(text: &str) -> Option<String> {
    let is_read = |it: char| ['"', '%', '!'].contains(&it) || it.is_control();
    (!text.contains(is_read)).then(|| format!("\"{text}\""))
}

/// The same for a batch file, as `az` is one on Windows. From PowerShell it is read again:
/// PowerShell leaves out what is empty and puts what has a blank in quotes, and cmd reads the rest.
pub fn quote_for_batch(shell: Shell, argument: &str) -> Option<String> {
    let fits = shell != Shell::PowerShell || {
        let bare = !argument.contains(' ');
        let ends = bare && argument.contains(['(', ')', '&', '|', '<', '>', '^']);
        !argument.is_empty() && !ends && quote(Shell::Cmd, argument).is_some()
    };
    quote(shell, argument).filter(|_| fits)
}

/// A command line whose values are quoted like this; `None` where one cannot be handed on.
pub fn line(
    quote: impl Fn(&str) -> Option<String>,
    program: &[&str],
    arguments: &[(&str, &str)],
) -> Option<String> {
    let mut line = program.join(" ");
    for (name, value) in arguments {
        line.push(' ');
        line.push_str(name);
        line.push(' ');
        line.push_str(&quote(value)?);
    }
    Some(line)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What bash hands on, asked of bash itself where it is there.
    #[cfg(unix)]
    fn bash_reads(line: &str) -> Vec<String> {
        let script = format!("set -- {line}; printf '%s\\0' \"$@\"");
        let output = std::process::Command::new("bash").arg("-c").arg(script).output();
        let output = output.expect("bash is there").stdout;
        let text = String::from_utf8(output).expect("what was written");
        text.split_terminator('\0').map(str::to_owned).collect()
    }

    /// What PowerShell takes for a single quote.
    const QUOTES: &str = "'\u{2018}\u{2019}\u{201a}\u{201b}";

    /// "about_Quoting_Rules": in single quotes everything stands for itself, and two are one.
    fn powershell_reads(line: &str) -> Vec<String> {
        let mut words = Vec::new();
        let mut letters = line.chars().peekable();
        while let Some(first) = letters.next() {
            let mut word = String::new();
            match first {
                ' ' => continue,
                '\'' => loop {
                    match letters.next() {
                        Some(quote) if QUOTES.contains(quote) => {
                            match letters.next_if(|next| QUOTES.contains(*next)) {
                                Some(second) => word.push(second),
                                None => break,
                            }
                        }
                        None => break,
                        Some(other) => word.push(other),
                    }
                },
                _ => {
                    word.push(first);
                    while let Some(next) = letters.next_if(|next| *next != ' ') {
                        assert!(!"\"'`$@(){};,|&<>#".contains(next), "{next} means something");
                        word.push(next);
                    }
                }
            }
            words.push(word);
        }
        words
    }

    /// cmd keeps what is in double quotes; the C runtime takes them away ("Parsing C command-line
    /// arguments").
    fn cmd_reads(line: &str) -> Vec<String> {
        assert!(!line.contains('%') && !line.contains('!'), "{line} would be filled in");
        let mut words = Vec::new();
        let (mut word, mut quoted, mut begun) = (String::new(), false, false);
        for letter in line.chars() {
            match letter {
                '"' => (quoted, begun) = (!quoted, true),
                ' ' if !quoted => {
                    if begun {
                        words.push(std::mem::take(&mut word));
                    }
                    begun = false;
                }
                other => {
                    assert!(quoted || !"&|<>^()".contains(other), "{other} means something");
                    word.push(other);
                    begun = true;
                }
            }
        }
        if begun {
            words.push(word);
        }
        words
    }

    fn argument() -> impl Strategy<Value = String> {
        prop_oneof![
            "[ -~]{0,24}",
            "[a-zA-Z0-9 '\"()$&|;<>^%!`\\\\*?~#{}-]{0,16}",
            "[\\PC'\u{2018}\u{2019}]{0,8}",
            Just("rg (x) $HOME 'y'".to_owned()),
        ]
    }

    proptest! {
        #[test]
        fn every_argument_is_handed_on_as_it_stands(
            arguments in prop::collection::vec(argument(), 1..4),
        ) {
            for shell in Shell::ALL {
                let known: Vec<(&String, String)> = arguments
                    .iter()
                    .filter_map(|it| Some((it, quote(*shell, it)?)))
                    .collect();
                let line: Vec<&str> = known.iter().map(|(_, quoted)| quoted.as_str()).collect();
                let line = line.join(" ");
                let read = match shell {
                    #[cfg(unix)]
                    Shell::Bash => bash_reads(&line),
                    #[cfg(not(unix))]
                    Shell::Bash => continue,
                    Shell::PowerShell => powershell_reads(&line),
                    Shell::Cmd => cmd_reads(&line),
                };
                let meant: Vec<&String> = known.iter().map(|(argument, _)| *argument).collect();
                prop_assert_eq!(read.iter().collect::<Vec<_>>(), meant, "{:?}: {}", shell, line);
            }
        }
    }

    #[test]
    fn names_of_azure_can_be_handed_on_by_every_shell() {
        let scope = "/subscriptions/1/resourceGroups/rg (x) & $y's/providers/A/accounts/b";
        for shell in Shell::ALL {
            assert!(quote(*shell, scope).is_some(), "{shell:?}");
        }
        assert_eq!(quote(Shell::Bash, "/subscriptions/1").as_deref(), Some("/subscriptions/1"));
        assert_eq!(quote(Shell::Cmd, "100%"), None, "cmd would fill it in");
        assert_eq!(quote_for_batch(Shell::PowerShell, "rg(x)"), None, "az.cmd would end there");
        for (argument, why) in [
            ("%PATH% x", "cmd would fill it in"),
            ("a\nb c", "cmd would end there"),
            ("a b\\", "the program would read the closing quote"),
            ("", "PowerShell would leave it out"),
        ] {
            assert_eq!(quote_for_batch(Shell::PowerShell, argument), None, "{why}");
        }
        for shell in Shell::ALL {
            assert_eq!(quote(*shell, "a\0b"), None, "{shell:?} hands on what is before it");
        }
        assert_eq!(
            quote(Shell::PowerShell, "it\u{2019}s").as_deref(),
            Some("'it\u{2019}\u{2019}s'")
        );
        assert!(quote_for_batch(Shell::PowerShell, "rg (x)").is_some(), "a blank keeps the quotes");
        assert!(quote_for_batch(Shell::Cmd, "rg(x)").is_some(), "cmd keeps them anyway");
    }
}
