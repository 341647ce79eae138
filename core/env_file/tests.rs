//! What the `.env` promises: nothing is lost, nothing foreign is shown, readers agree.

pub(crate) mod faults;
mod readers;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use proptest::prelude::*;

use super::lines::Content;
use super::plan::plan;
use super::*;
use crate::failure::Remedy;
use crate::snapshot::ChangeKind;

const TENANT: &str = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";
const NAMES: [&str; 3] =
    ["AZURE_OPENAI_ENDPOINT", "AZURE_OPENAI_DEPLOYMENT", "AZURE_TOKEN_CREDENTIALS"];

fn values() -> EnvValues {
    EnvValues {
        endpoint: "https://contoso.openai.azure.com/".to_owned(),
        deployment: "gpt-4.1-mini".to_owned(),
        tenant_id: TENANT.to_owned(),
        practice: false,
    }
}

fn practice_values() -> EnvValues {
    let endpoint = "http://127.0.0.1:4711/openai/contoso".to_owned();
    EnvValues { endpoint, practice: true, ..values() }
}

fn changed_text(old: &str, values: &EnvValues) -> String {
    let file = EnvFile::parse(old.as_bytes()).expect("the test's file is understood");
    let plan = plan(&file, values).expect("the test's values are safe");
    String::from_utf8(plan.bytes).expect("text stays text")
}

fn change_of(old: &str) -> Vec<ChangeLine> {
    let file = EnvFile::parse(old.as_bytes()).expect("the test's file is understood");
    plan(&file, &values()).expect("the test's values are safe").change
}

fn shown(change: &[ChangeLine]) -> String {
    let mark = |kind| match kind {
        ChangeKind::Kept => ' ',
        ChangeKind::Added => '+',
        ChangeKind::Removed => '-',
    };
    change.iter().map(|line| format!("{}{}\n", mark(line.kind), line.text)).collect()
}

const BLOCK: &str = "# Azure tenant: 3f2504e0-4f89-41d3-9a0c-0305e82c3301
AZURE_OPENAI_ENDPOINT=https://contoso.openai.azure.com
AZURE_OPENAI_DEPLOYMENT=gpt-4.1-mini
# this machine only
AZURE_TOKEN_CREDENTIALS=dev
";

#[test]
fn a_new_file_holds_the_block_and_nothing_else() {
    assert_eq!(changed_text("", &values()), BLOCK);
    assert!(
        changed_text("", &practice_values())
            .starts_with("# practice Azure: works while Keyless is open\n# Azure tenant: "),
        "practice says what it is in the first line"
    );
}

#[test]
fn foreign_lines_stay_and_the_block_is_appended() {
    assert_eq!(changed_text("A=1", &values()), format!("A=1\n\n{BLOCK}"));
    assert_eq!(changed_text("A=1\n\n", &values()), format!("A=1\n\n{BLOCK}"));
    assert_eq!(
        changed_text("\u{feff}A=1\r\n", &values()),
        format!("\u{feff}A=1\r\n\r\n{}", BLOCK.replace('\n', "\r\n")),
        "a CRLF file gets CRLF lines, and keeps its byte order mark"
    );
}

#[test]
fn our_lines_are_replaced_in_place() {
    let old = "X=1\n  export AZURE_OPENAI_ENDPOINT = \"https://old.example\" # mine\r\nY=2\n\
               AZURE_OPENAI_DEPLOYMENT='old'\nAZURE_OPENAI_ENDPOINT=twice\nZ=\"a\nb\"";
    let new = format!(
        "X=1\n# Azure tenant: {TENANT}\r\n  export AZURE_OPENAI_ENDPOINT=\
         https://contoso.openai.azure.com # mine\r\nY=2\nAZURE_OPENAI_DEPLOYMENT=gpt-4.1-mini\n\
         # this machine only\nAZURE_TOKEN_CREDENTIALS=dev\nZ=\"a\nb\""
    );
    assert_eq!(changed_text(old, &values()), new);
}

#[test]
fn the_change_shows_our_lines_and_masks_the_others() {
    let old = "SECRET=canary1 # canary2\n# KEY=canary3\nAZURE_OPENAI_ENDPOINT=https://old.example\n\
               LONG=\"canary4\ncanary5\"\n";
    assert_eq!(
        shown(&change_of(old)),
        " SECRET=••••  # ••••\n # ••••\n\
         -AZURE_OPENAI_ENDPOINT=https://old.example\n\
         +# Azure tenant: 3f2504e0-4f89-41d3-9a0c-0305e82c3301\n\
         +AZURE_OPENAI_ENDPOINT=https://contoso.openai.azure.com\n\
         +AZURE_OPENAI_DEPLOYMENT=gpt-4.1-mini\n+# this machine only\n\
         +AZURE_TOKEN_CREDENTIALS=dev\n LONG=••••\n"
    );
}

#[test]
fn a_former_value_that_looks_like_a_secret_is_masked() {
    let old = "AZURE_OPENAI_ENDPOINT=https://me:canary@old.example?key=canary\n\
               AZURE_OPENAI_DEPLOYMENT=\"can\nary\"\nc2VjcmV0LWNhbmFyeS1zZWNyZXQ==\n";
    let change = shown(&change_of(old));
    assert!(!change.contains("canary") && !change.contains("ary"), "{change}");
    assert!(!change.contains("c2VjcmV0"), "the end of a base64 text is not a name: {change}");
}

#[test]
fn a_large_file_makes_a_small_change() {
    let foreign: String = (0..9000).map(|n| format!("{}{n}=1\n", "LONG_".repeat(30))).collect();
    let ours = "AZURE_OPENAI_ENDPOINT=https://old.example\n".repeat(900);
    for old in [foreign.clone(), ours.clone(), foreign.clone() + &ours + &foreign] {
        let change = change_of(&old);
        let bytes = serde_json::to_vec(&change).expect("a change is JSON").len();
        assert!(change.len() <= 200, "{} lines", change.len());
        assert!(bytes < 32_000, "{bytes} bytes of the snapshot's 64 kB");
        let added = change.iter().filter(|line| line.kind == ChangeKind::Added).count();
        assert!(added >= 5, "a person agrees to what is added, so it is all there");
    }
}

#[test]
fn practice_and_real_take_turns_in_one_block() {
    let practice = changed_text("A=1\n", &practice_values());
    let real = changed_text(&practice, &values());
    assert_eq!(real, format!("A=1\n\n{BLOCK}"), "the practice header goes with practice");
    assert_eq!(changed_text(&real, &practice_values()), practice);
}

#[test]
fn a_file_of_exports_gets_exports() {
    let text = changed_text("export A=1\n", &values());
    assert!(text.contains("\nexport AZURE_OPENAI_DEPLOYMENT="), "{text}");
}

#[test]
fn an_existing_remark_on_the_line_is_enough() {
    let old =
        BLOCK.replace("# this machine only\n", "").replace("=dev", "=dev  # this machine only");
    assert_eq!(changed_text(&old, &values()), old);
}

#[test]
fn a_file_that_is_not_understood_names_its_line() {
    let not_understood = [
        ("A=1\nB=\"open\nC=2\n", 2),
        ("A='open", 1),
        ("A=`open\n`", 1),
        ("A=\"a\"b\n", 1),
        ("A=1\nB\n", 2),
        ("A=1\n<<<<<<< HEAD\nA=2\n", 2),
        ("A=1\n=======\n", 2),
        ("A=1\rB=2\n", 1),
        ("A=1\nB=\0\n", 2),
        ("A=1\nB=\u{2028}\n", 2),
        ("A=1\n\u{feff}B=2\n", 2),
        ("'A'=1\n", 1),
        ("export =1\n", 1),
    ];
    for (text, line) in not_understood {
        let trouble = EnvFile::parse(text.as_bytes()).err();
        assert_eq!(trouble, Some(Trouble::NotUnderstood { line }), "{text:?}");
    }
    let not_utf8 = EnvFile::parse(b"A=1\nB=2\nC=\xff\n").err();
    assert_eq!(not_utf8, Some(Trouble::NotUtf8 { line: 3 }));
    let utf16 = EnvFile::parse(b"\xff\xfeA\0=\x001\0").err();
    assert_eq!(utf16, Some(Trouble::NotUtf8 { line: 1 }));
}

#[test]
fn a_value_that_needs_quotes_is_refused() {
    let endpoint = |endpoint: &str| EnvValues { endpoint: endpoint.to_owned(), ..values() };
    let deployment = |name: &str| EnvValues { deployment: name.to_owned(), ..values() };
    let refused = [
        endpoint("http://contoso.openai.azure.com"),
        endpoint("https://contoso.openai.azure.com/$HOME"),
        endpoint("https://contoso.openai.azure.com/a b"),
        endpoint("https://contoso.openai.azure.com\nA=1"),
        endpoint("https://me@contoso.openai.azure.com"),
        endpoint(""),
        deployment("a b"),
        deployment("a#b"),
        deployment("a\nB=1"),
        deployment(""),
        EnvValues { tenant_id: "contoso\nA=1".to_owned(), ..values() },
        EnvValues { practice: true, ..values() },
    ];
    let folder = tempfile::tempdir().expect("a temporary folder");
    for values in refused {
        let failure = prepare(&Disk, folder.path(), &values).expect_err("the value is refused");
        assert_eq!(failure.code, Code::EnvWriteFailed, "{values:?}");
        assert_complete(&failure);
    }
}

#[test]
fn practice_refuses_a_file_that_names_a_real_endpoint() {
    let refused = [
        "AZURE_OPENAI_ENDPOINT=https://contoso.openai.azure.com",
        "AZURE_OPENAI_ENDPOINT=\"https://gateway.example/x\"",
        "OPENAI_BASE_URL=https://api.example/v1",
        "AZURE_OPENAI_ENDPOINT=http://127.0.0.1:1\nAZURE_OPENAI_ENDPOINT=${HOST}",
        "AZURE_OPENAI_ENDPOINT=http://127.0.0.1.example",
        "AZURE_OPENAI_SERVICE=contoso",
        "MY_URL=https://contoso.cognitiveservices.azure.us/",
    ];
    let taken = [
        "AZURE_OPENAI_ENDPOINT=http://127.0.0.1:4711/openai/x",
        "AZURE_OPENAI_ENDPOINT=http://localhost:4711",
        "OPENAI_BASE_URL=http://[::1]:80/",
        "AZURE_OPENAI_ENDPOINT=",
        "DATABASE=https://db.example",
        "# AZURE_OPENAI_ENDPOINT=https://contoso.openai.azure.com",
    ];
    let code = |text: &str| {
        let folder = folder_with(text.as_bytes());
        let outcome = prepare(&Disk, folder.path(), &practice_values());
        assert!(prepare(&Disk, folder.path(), &values()).is_ok(), "the real cloud may: {text}");
        outcome.map(drop).map_err(|failure| failure.code)
    };
    for text in refused {
        assert_eq!(code(text), Err(Code::EnvNamesRealEndpoint), "{text}");
    }
    for text in taken {
        assert_eq!(code(text), Ok(()), "{text}");
    }
}

#[test]
fn a_bad_file_is_refused_untouched_with_a_next_step() {
    let refuse = |arrange: &dyn Fn(&Path)| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        arrange(&folder.path().join(".env"));
        let before = listing(folder.path());
        let failure = prepare(&Disk, folder.path(), &values()).expect_err("the file is refused");
        assert_eq!(listing(folder.path()), before, "a refusal changes nothing");
        assert_complete(&failure);
        failure.code
    };
    let bytes = |bytes: &'static [u8]| move |path: &Path| fs::write(path, bytes).expect("written");
    assert_eq!(refuse(&|path| fs::create_dir(path).expect("made")), Code::EnvIsFolder);
    assert_eq!(refuse(&bytes(b"A=\xff\n")), Code::EnvNotUtf8);
    assert_eq!(refuse(&bytes(b"A=\"\n")), Code::EnvNotUnderstood);
    assert_eq!(refuse(&bytes(&[b'#'; 1024 * 1024 + 1])), Code::EnvNotReadable);
    assert_eq!(refuse(&|path| read_only(path, b"A=1\n")), Code::EnvNotWritable);
    let missing = prepare(&Disk, Path::new("/nowhere/at/all"), &values());
    let failure = missing.expect_err("there is no folder");
    assert_eq!(failure.code, Code::FolderMissing);
    assert_complete(&failure);
}

#[test]
fn a_file_that_is_right_already_may_be_read_only() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    read_only(&folder.path().join(".env"), BLOCK.as_bytes());
    let prepared = prepare(&Disk, folder.path(), &values()).expect("nothing has to be written");
    assert!(prepared.is_unchanged());
    let backups = folder.path().join("backups");
    write(&Disk, &prepared, &backups).expect("nothing has to be written");
    assert!(!backups.exists(), "no copy is made of what stays");
}

#[test]
fn the_copies_are_private_five_and_deletable() {
    let folder = folder_with(b"N=0\n");
    let data = tempfile::tempdir().expect("a temporary folder");
    let backups = data.path().join("keyless/backups");
    for number in 0..8 {
        fs::write(folder.path().join(".env"), format!("N={number}\n")).expect("written");
        let prepared = prepare(&Disk, folder.path(), &values()).expect("the file is understood");
        assert!(prepared.exists);
        write(&Disk, &prepared, &backups).expect("the folder is writable");
    }
    let found = list_backups(&Disk, &backups).expect("the copies can be listed");
    let texts: Vec<_> =
        found.iter().map(|backup| fs::read_to_string(&backup.file).expect("readable")).collect();
    assert_eq!(texts, ["N=3\n", "N=4\n", "N=5\n", "N=6\n", "N=7\n"]);
    let original = folder.path().canonicalize().expect("it exists").join(".env");
    assert!(found.iter().all(|backup| backup.original == original.display().to_string()));
    assert_eq!(mode(&found[0].file), 0o600);
    assert_eq!(mode(&backups), 0o700);
    for backup in &found {
        delete_backup(&Disk, &backups, &backup.file).expect("a copy can be deleted");
    }
    assert_eq!(list_backups(&Disk, &backups).expect("listed"), []);
    let foreign = delete_backup(&Disk, &backups, &original);
    assert!(foreign.is_err(), "only copies are deleted");
    assert_eq!(listing(folder.path()), [".env"], "no copy lies beside the project's file");
}

#[test]
#[cfg(unix)]
fn a_new_file_is_private_and_an_old_one_keeps_its_mode() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join(".env");
    write_values(folder.path(), &values());
    assert_eq!(mode(&file), 0o600);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o664)).expect("our file");
    write_values(folder.path(), &other_values());
    assert_eq!(mode(&file), 0o664);
}

#[test]
#[cfg(unix)]
fn a_link_stays_a_link() {
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let elsewhere = folder_with(b"A=1\n");
    let link = folder.path().join(".env");
    symlink(elsewhere.path().join(".env"), &link).expect("a link");
    write_values(folder.path(), &values());
    assert!(link.is_symlink(), "the link is not replaced by a file");
    let text = fs::read_to_string(elsewhere.path().join(".env")).expect("readable");
    assert_eq!(text, format!("A=1\n\n{BLOCK}"));
    assert_eq!(listing(elsewhere.path()), [".env"]);

    fs::remove_file(elsewhere.path().join(".env")).expect("removed");
    let failure = prepare(&Disk, folder.path(), &values()).expect_err("the link leads nowhere");
    assert_eq!(failure.code, Code::EnvNotReadable);
    assert_complete(&failure);
}

#[test]
#[cfg(unix)]
fn a_pipe_is_not_waited_for() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let made = std::process::Command::new("mkfifo").arg(folder.path().join(".env")).status();
    assert!(made.expect("mkfifo is part of every Unix").success());
    let failure = prepare(&Disk, folder.path(), &values()).expect_err("a pipe has no text");
    assert_eq!(failure.code, Code::EnvNotReadable);
}

#[test]
fn a_change_of_somebody_else_is_not_overwritten() {
    let folder = folder_with(b"A=1\n");
    let file = folder.path().join(".env");
    let prepared = prepare(&Disk, folder.path(), &values()).expect("understood");
    fs::write(&file, "A=2\n").expect("written");
    let failure = write(&Disk, &prepared, &folder.path().join("b")).expect_err("it changed");
    assert_eq!(failure.code, Code::EnvChanged);
    assert_complete(&failure);
    assert_eq!(fs::read_to_string(&file).expect("readable"), "A=2\n");

    let prepared = prepare(&Disk, folder.path(), &values()).expect("understood");
    fs::remove_file(&file).expect("removed");
    let failure = write(&Disk, &prepared, &folder.path().join("b")).expect_err("it is gone");
    assert_eq!(failure.code, Code::EnvChanged);
    assert!(!file.exists(), "a removed file does not come back");
}

#[test]
fn what_a_dead_process_left_is_removed() {
    let folder = folder_with(b"A=1\n");
    let name = |digit| format!(".env.keyless-0000000{digit}-0000-4000-8000-000000000000");
    let (old, young) = (folder.path().join(name(1)), folder.path().join(name(2)));
    fs::write(&old, "SECRET=1\n").expect("written");
    fs::write(&young, "SECRET=1\n").expect("written");
    let long_ago = std::time::SystemTime::now() - Duration::from_secs(3600);
    let file = fs::OpenOptions::new().append(true).open(&old).expect("it exists");
    file.set_modified(long_ago).expect("our file");
    write_values(folder.path(), &values());
    assert!(!old.exists(), "a copy of the project's secrets is not left lying about");
    assert!(young.exists(), "another process may be about to rename it");
}

#[test]
fn a_repository_says_whether_the_file_is_ignored() {
    let cases: &[(&str, &str, bool)] = &[
        ("", "", false),
        (".env", "", true),
        ("# .env", "", false),
        ("*.env\n", "", true),
        (".env*\n", "", true),
        (".en?\n", "", true),
        ("/.env\n", "", false),
        ("/app/.env\n", "", true),
        ("**/.env\n", "", true),
        ("app/**\n", "", true),
        ("app/\n", "", true),
        (".env/\n", "", false),
        (".env\n!.env\n", "", false),
        (".env\n", "!.env\n", false),
        ("app/\n", "!.env\n", true),
        ("", "/.env\n", true),
        (".env.local\n", "", false),
    ];
    for (root, below, expected) in cases {
        let repository = tempfile::tempdir().expect("a temporary folder");
        let app = repository.path().join("app");
        fs::create_dir_all(&app).expect("made");
        assert_eq!(is_ignored_by_git(&app), None, "there is no repository yet");
        fs::create_dir(repository.path().join(".git")).expect("made");
        fs::write(repository.path().join(".gitignore"), root).expect("written");
        fs::write(app.join(".gitignore"), below).expect("written");
        assert_eq!(is_ignored_by_git(&app), Some(*expected), "{root:?} {below:?}");
    }
}

/// Lines as people write them, and some as they should not.
fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        "[ \t]{0,3}",
        "#[ -~é]{0,12}",
        "(export )?[A-Z_]{1,6}[ ]?=[ ]?[ -~é]{0,12}",
        "[A-Z_]{1,6}=(\"([a-z \n'#=]|\\\\\"){0,10}\"|'[a-z \n\"#=]{0,10}')( # [a-z]{0,4})?",
        "[A-Z_]{1,6}: ?[a-z]{0,6}",
        (0..3usize, "[ ]{0,2}(export )?", "[ ]?=[ ]?", former_value(), "( +# [a-z]{0,5})?")
            .prop_map(|(name, prefix, sign, value, comment)| {
                format!("{prefix}{}{sign}{value}{comment}", NAMES[name])
            }),
        Just(format!("# Azure tenant: {TENANT}")),
        Just("# practice Azure: works while Keyless is open".to_owned()),
        Just("# this machine only".to_owned()),
    ]
}

fn former_value() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z0-9:/.-]{0,12}",
        "\"[a-z \n]{0,8}\"",
        "'[a-z\n]{0,8}'",
        Just("dev".to_owned()),
        Just("gpt-4.1-mini".to_owned()),
        Just("https://contoso.openai.azure.com".to_owned()),
    ]
}

fn text() -> impl Strategy<Value = String> {
    let lines = proptest::collection::vec((line(), prop_oneof![Just("\n"), Just("\r\n")]), 0..12);
    (any::<bool>(), lines, any::<bool>()).prop_map(|(mark, lines, ended)| {
        let mut text: String = lines
            .into_iter()
            .flat_map(|(line, ending)| [line.replace('\n', ending), ending.to_owned()])
            .collect();
        if !ended {
            text.truncate(text.trim_end_matches(['\r', '\n']).len());
        }
        format!("{}{text}", if mark { "\u{feff}" } else { "" })
    })
}

/// Every entry that is not ours, in order.
fn foreign_entries(bytes: &[u8]) -> Vec<String> {
    let file = EnvFile::parse(bytes).expect("the file is understood");
    let mut before_credentials = false;
    let mut found = Vec::new();
    for entry in file.entries.iter().rev() {
        let key = entry.assignment().map(|assignment| assignment.key.as_str());
        let ours = match entry.content {
            Content::Blank => false,
            Content::Assignment(_) => key.is_some_and(|key| NAMES.contains(&key)),
            Content::Comment => {
                entry.raw.starts_with("# Azure tenant: ")
                    || entry.raw == "# practice Azure: works while Keyless is open"
                    || (entry.raw == "# this machine only" && before_credentials)
            }
        };
        before_credentials = key == Some("AZURE_TOKEN_CREDENTIALS");
        if !ours {
            found.push(format!("{}{}", entry.raw, entry.ending));
        }
    }
    found.reverse();
    found
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..Default::default() })]

    #[test]
    fn what_parses_renders_to_the_same_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        if let Ok(file) = EnvFile::parse(&bytes) {
            prop_assert_eq!(file.render(), bytes);
        }
    }

    #[test]
    fn what_people_write_renders_to_the_same_bytes(text in text()) {
        if let Ok(file) = EnvFile::parse(text.as_bytes()) {
            prop_assert_eq!(file.render(), text.as_bytes());
        }
    }

    #[test]
    fn every_other_line_stays_as_it_is(text in text()) {
        prop_assume!(EnvFile::parse(text.as_bytes()).is_ok());
        let new = changed_text(&text, &values());
        let mut expected = foreign_entries(text.as_bytes());
        let mut found = foreign_entries(new.as_bytes());
        if found.len() == expected.len() + 1 {
            // The empty line before a block at the end.
            let position = found.len() - 1;
            prop_assert!(found[position].trim().is_empty());
            found.truncate(position);
        }
        // A last line without an ending gets one when something follows it.
        for last in [expected.last_mut(), found.last_mut()].into_iter().flatten() {
            last.truncate(last.trim_end_matches(['\r', '\n']).len());
        }
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn a_second_change_changes_nothing(text in text(), practice in any::<bool>()) {
        prop_assume!(EnvFile::parse(text.as_bytes()).is_ok());
        let values = if practice { practice_values() } else { values() };
        let once = changed_text(&text, &values);
        prop_assert_eq!(changed_text(&once, &values), once.clone());
        let file = EnvFile::parse(once.as_bytes()).expect("our own file is understood");
        let change = plan(&file, &values).expect("the values are safe").change;
        prop_assert!(change.iter().all(|line| line.kind == ChangeKind::Kept), "{}", shown(&change));
    }

    #[test]
    fn the_change_is_what_happens(text in text()) {
        prop_assume!(EnvFile::parse(text.as_bytes()).is_ok());
        let new = changed_text(&text, &values());
        let change = change_of(&text);
        let added: Vec<_> = change
            .iter()
            .filter(|line| line.kind == ChangeKind::Added && !line.text.contains("••••"))
            .map(|line| line.text.clone())
            .collect();
        let lines: BTreeSet<_> = new.trim_start_matches('\u{feff}').lines().collect();
        prop_assert!(added.iter().all(|line| lines.contains(line.as_str())), "{}", shown(&change));
        let changes = change.iter().any(|line| line.kind != ChangeKind::Kept);
        let ending_only = new.trim_end() == text.trim_end();
        prop_assert!(changes || ending_only, "a change is never silent");
    }

    #[test]
    fn no_foreign_value_is_shown(text in text(), canary in "[a-z]{12}", at in 0..6usize) {
        let forms = [
            format!("KEY={canary}"), format!("KEY=\"x\n{canary}\""), format!("# {canary}"),
            format!("export KEY='{canary}' # {canary}"), format!("KEY: {canary}"),
            format!("AZURE_OPENAI_DEPLOYMENT=x # {canary}"),
        ];
        let text = format!("{}\n{}", forms[at], text.trim_start_matches('\u{feff}'));
        prop_assume!(EnvFile::parse(text.as_bytes()).is_ok());
        prop_assert!(!shown(&change_of(&text)).contains(&canary));
    }

    #[test]
    fn readers_agree_on_our_values(text in text()) {
        prop_assume!(EnvFile::parse(text.as_bytes()).is_ok());
        let new = changed_text(&text, &values());
        let expected = [Some("https://contoso.openai.azure.com"), Some("gpt-4.1-mini"), Some("dev")];
        let find = |read: &std::collections::BTreeMap<String, String>| {
            NAMES.map(|name| read.get(name).cloned())
        };
        let expected = expected.map(|value| value.map(str::to_owned));
        prop_assert_eq!(find(&readers::read_as_python(&new)), expected.clone(), "python: {:?}", new);
        prop_assert_eq!(find(&readers::read_as_node(&new)), expected.clone(), "node: {:?}", new);
        if readers::read_as_go(&text).is_some() {
            let read = readers::read_as_go(&new);
            prop_assert_eq!(read.as_ref().map(find), Some(expected), "go: {:?}", new);
        }
    }
}

#[test]
fn the_readers_of_these_tests_can_disagree() {
    let text = "A=b#c\nD: e\n";
    let value = |read: std::collections::BTreeMap<String, String>| read.get("A").cloned();
    assert_eq!(value(readers::read_as_python(text)).as_deref(), Some("b#c"));
    assert_eq!(value(readers::read_as_node(text)).as_deref(), Some("b"));
    assert!(readers::read_as_go("A-B=1\n").is_none(), "godotenv takes no hyphen in a name");
}

fn folder_with(bytes: &[u8]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join(".env"), bytes).expect("written");
    folder
}

fn write_values(folder: &Path, values: &EnvValues) {
    let backups = tempfile::tempdir().expect("a temporary folder");
    let prepared = prepare(&Disk, folder, values).expect("the file is understood");
    write(&Disk, &prepared, backups.path()).expect("the folder is writable");
}

/// Other values, so that something is written.
fn other_values() -> EnvValues {
    EnvValues { deployment: "gpt-5".to_owned(), ..values() }
}

fn read_only(path: &Path, bytes: &[u8]) {
    fs::write(path, bytes).expect("written");
    let mut permissions = fs::metadata(path).expect("it exists").permissions();
    permissions.set_readonly(true);
    fs::set_permissions(path, permissions).expect("our file");
}

fn listing(folder: &Path) -> Vec<String> {
    Disk.list(folder).expect("the folder can be listed")
}

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).expect("it exists").permissions().mode() & 0o777
}

fn assert_complete(failure: &Failure) {
    for name in failure.code.parameters() {
        assert!(failure.parameters.contains_key(*name), "{:?} names its {name}", failure.code);
    }
    let action = |remedy: &Remedy| matches!(remedy, Remedy::Action { .. });
    assert!(failure.remedies.iter().any(action), "{:?} has a next step", failure.code);
}
