//! The commands and files that Keyless shows, read by others: by bash itself, by the tree-sitter
//! grammars of PowerShell and Bicep, and by the documented rules of cmd and of the C runtime.
#![cfg(unix)]

mod bash;
mod bicep;
mod cmd;
mod powershell;
mod shown;
mod syntax;

use keyless::cloud::{CLOUDS, Row};
use keyless::shell::{bash_text, cmd_text, line, powershell_text, quote_for_batch};
use keyless::snapshot::RoleScope;
use keyless::snapshot::connectivity::Shell;
use proptest::prelude::*;

use shown::{Counts, Names, Shown, handed_to_az, kind_of};

/// Names that every tool can be handed in every shell.
const ORDINARY: [&str; 19] = [
    "contoso",
    "accounts",
    "resourceGroups",
    "rg (x)",
    "it's mine",
    "''' three",
    "$HOME and $(whoami)",
    "${x} and \\${y}",
    "a `tick` b",
    "this & that | more",
    "1 < 2 > 0 ^ 3",
    "{x} [y] @z #1 ~ * ?",
    "a; b, c = d",
    "back \\ slash \\\\ two",
    "-dash --first",
    "a\u{2019}b \u{2018}c\u{201b} \u{201a}",
    "\u{201c}so\u{201d} \u{201e}x \u{2013} \u{2014}",
    "gr\u{fc}n \u{7f51}\u{7edc} \u{1f511}",
    " blanks  around ",
];

/// Names that a tool cannot be handed in some shell, and where they are missing.
const AWKWARD: [(&str, &[&str]); 7] = [
    ("nul \0", &EVERY_KIND),
    ("rg(x)", &["AzureCli in PowerShell", "Bicep in PowerShell"]),
    ("100% x", CMD_READS),
    ("well! x", CMD_READS),
    ("ends in \\", CMD_READS),
    ("two\nlines", CMD_READS),
    (
        "so \"x\"",
        &[
            "AzureCli in Cmd",
            "AzureCli in PowerShell",
            "AzurePowerShell",
            "Bicep in Cmd",
            "Bicep in PowerShell",
        ],
    ),
];
const CMD_READS: &[&str] =
    &["AzureCli in Cmd", "AzureCli in PowerShell", "Bicep in Cmd", "Bicep in PowerShell"];
const EVERY_KIND: [&str; 7] = [
    "AzureCli in Bash",
    "AzureCli in Cmd",
    "AzureCli in PowerShell",
    "AzurePowerShell",
    "Bicep in Bash",
    "Bicep in Cmd",
    "Bicep in PowerShell",
];

fn every_place() -> impl Iterator<Item = (RoleScope, &'static Row)> {
    RoleScope::ALL.iter().flat_map(|scope| CLOUDS.iter().map(|cloud| (*scope, cloud)))
}

/// The kinds of recipes that there are, one for all shells counted for each.
fn kinds(shown: &Shown) -> Vec<String> {
    let kinds = shown.recipes.iter().map(kind_of);
    let mut kinds: Vec<String> = kinds
        .flat_map(|kind| match kind.as_str() {
            "Bicep" => Shell::ALL.iter().map(|shell| format!("Bicep in {shell:?}")).collect(),
            _ => vec![kind],
        })
        .collect();
    kinds.sort();
    kinds
}

#[test]
fn recipes_say_what_is_meant_whatever_the_names_are() {
    let mut counts = Counts::new();
    let ordinary = ORDINARY.iter().map(|name| (*name, &[][..]));
    for (name, missing) in ordinary.chain(AWKWARD) {
        for (scope, cloud) in every_place() {
            let shown = Shown::new(&Names::all(name), scope, cloud);
            shown.check(&mut counts).unwrap_or_else(|wrong| panic!("{wrong}"));
            let expected = EVERY_KIND.iter().filter(|kind| !missing.contains(kind));
            assert_eq!(kinds(&shown), expected.copied().collect::<Vec<_>>(), "{name:?}");
        }
    }
    println!("{counts:#?}");
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        2 => "[ -.0-~]{0,16}",
        2 => "[a-z '\"()$&|;<>^%!`\\\\*?~#{}=,@\u{2018}\u{2019}\u{201c}\u{2013}-]{0,12}",
        1 => "[\\PC&&[^/]]{0,6}",
        1 => "(?s)[^/]{0,4}",
        2 => prop::sample::select(&ORDINARY[..]).prop_map(str::to_owned),
    ]
}

fn names() -> impl Strategy<Value = Names> {
    let five = (name(), name(), name(), name(), name());
    let apart = five.prop_map(|(subscription, group, account, person, tenant)| Names {
        subscription,
        group,
        account,
        person,
        tenant,
    });
    // With the same name everywhere there are recipes oftener.
    prop_oneof![apart, name().prop_map(|name| Names::all(&name))]
}

fn argument() -> impl Strategy<Value = String> {
    prop_oneof![name(), "[a-z/:.-]{1,12}", "(?s).{0,8}"]
}

proptest! {
    #[test]
    fn recipes_say_what_is_meant_for_random_names(names in names(), at in 0..64_usize) {
        let places: Vec<(RoleScope, &Row)> = every_place().collect();
        let (scope, cloud) = places[at % places.len()];
        let shown = Shown::new(&names, scope, cloud);
        shown.check(&mut Counts::new()).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn every_line_is_read_back_as_its_arguments(
        arguments in prop::collection::vec(argument(), 1..5),
    ) {
        for shell in Shell::ALL {
            let known = arguments.iter().filter(|it| quote_for_batch(*shell, it).is_some());
            let known: Vec<(&str, &str)> = known.map(|it| ("--option", it.as_str())).collect();
            let line = line(|value| quote_for_batch(*shell, value), &["az"], &known);
            let line = line.expect("each of them can be quoted");
            let read = handed_to_az(*shell, &line).map_err(TestCaseError::fail)?;
            let meant = known.iter().flat_map(|(name, value)| [*name, *value]);
            let meant: Vec<&str> = std::iter::once("az").chain(meant).collect();
            prop_assert_eq!(read, meant, "{:?}: {}", shell, line);
        }
    }

    #[test]
    fn every_text_is_read_back_as_it_is(text in argument()) {
        if !text.contains('\0') {
            let line = format!("export NAME={}", bash_text(&text));
            prop_assert_eq!(bash::variable(&line, "NAME"), Ok(text.clone()), "{}", line);
            let line = format!("$env:NAME = {}", powershell_text(&text));
            prop_assert_eq!(powershell::variable(&line), Ok(text.clone()), "{}", line);
        }
        if let Some(quoted) = cmd_text(&format!("NAME={text}")) {
            let line = format!("set {quoted}");
            prop_assert_eq!(cmd::variable(&line), Ok(text), "{}", line);
        }
    }
}

/// A tool that quotes every text in the same quotes and escapes nothing.
fn naive(mut shown: Shown, plain: &str, quotes: char, name: &str) -> Shown {
    for recipe in &mut shown.recipes {
        for text in &mut recipe.texts {
            let quoted = format!("{quotes}{name}{quotes}");
            text.text = text.text.replace(&format!("'{plain}'"), plain).replace(plain, &quoted);
        }
    }
    shown
}

#[test]
fn a_naive_quoting_is_found_out_by_every_reader() {
    for (kind, quotes, name) in [
        ("AzureCli in Bash", '\'', "it's mine"),
        ("AzureCli in Bash", '"', "$HOME"),
        ("AzureCli in Bash", '"', "`tick`"),
        ("AzureCli in PowerShell", '\'', "it's mine"),
        ("AzureCli in PowerShell", '\'', "rg(x)"),
        ("AzureCli in PowerShell", '\'', "a & %b%"),
        ("AzureCli in PowerShell", '"', "$HOME"),
        ("AzureCli in Cmd", '\'', "a b"),
        ("AzureCli in Cmd", '\'', "a&b"),
        ("AzureCli in Cmd", '"', "%PATH%"),
        ("AzureCli in Cmd", '"', "a b\\"),
        ("AzurePowerShell", '\'', "it's mine"),
        ("AzurePowerShell", '\'', "a\u{2019}b"),
        ("AzurePowerShell", '"', "$HOME"),
        ("Bicep", '\'', "it's mine"),
        ("Bicep", '\'', "${x}"),
        ("Bicep", '\'', "a\\b"),
        ("Bicep", '\'', "a\\"),
    ] {
        let plain = Names { person: "somebody".to_owned(), ..Names::all("plain") };
        let mut shown = Shown::new(&plain, RoleScope::Account, &CLOUDS[0]);
        shown.recipes.retain(|recipe| kind_of(recipe) == kind);
        assert_eq!(shown.check(&mut Counts::new()), Ok(()), "{kind}, as Keyless writes it");
        let mut named =
            Shown::new(&Names { person: name.to_owned(), ..plain }, RoleScope::Account, &CLOUDS[0]);
        named.recipes = naive(shown, "somebody", quotes, name).recipes;
        let found = named.check(&mut Counts::new());
        assert!(found.is_err(), "{kind} with {quotes}{name}{quotes} passes");
    }
}
