//! Finds tokens where none may be: in files, pages and outputs, in the forms in which they hide.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

/// Shorter runs of letters cannot hold a token.
const SHORTEST: usize = 24;

/// The forms in which a token lies around in `bytes`: a JSON Web Token, or the name of a protocol
/// field that holds a secret with a value behind it; as it is, in UTF-16 or in base64.
pub fn find_secrets(bytes: &[u8]) -> Vec<String> {
    let mut found = find_plain(bytes);
    for half in [0, 1] {
        let narrow: Vec<u8> = bytes.iter().skip(half).step_by(2).copied().collect();
        found.extend(find_plain(&narrow).into_iter().map(|secret| format!("UTF-16: {secret}")));
    }
    for run in runs(bytes, is_base64) {
        for start in 0..4 {
            let decoded = run.get(start..).and_then(decode);
            let secrets = decoded.map(|text| find_plain(&text)).unwrap_or_default();
            found.extend(secrets.into_iter().map(|secret| format!("base64: {secret}")));
        }
    }
    found
}

/// Every file below `folder` that holds a secret, with what was found. Sockets are no files.
///
/// Fails when a file cannot be read, except when it is gone by then.
pub fn search_files(folder: &Path) -> io::Result<Vec<(PathBuf, String)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        if kind.is_dir() {
            found.extend(search_files(&path)?);
        } else if kind.is_file() {
            match fs::read(&path) {
                Ok(bytes) => {
                    found.extend(find_secrets(&bytes).into_iter().map(|one| (path.clone(), one)));
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(found)
}

/// Every program that lives in `home`, with a secret in its arguments or its environment. A
/// program that ended meanwhile, or belongs to somebody else, is none of ours.
///
/// Fails when the processes cannot be listed.
pub fn search_processes(home: &Path) -> io::Result<Vec<(String, String)>> {
    let mark = home.display().to_string();
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let path = entry?.path();
        let Ok(environment) = fs::read(path.join("environ")) else { continue };
        let Ok(arguments) = fs::read(path.join("cmdline")) else { continue };
        if !String::from_utf8_lossy(&environment).contains(&mark) {
            continue;
        }
        let name = fs::read_to_string(path.join("comm")).unwrap_or_default();
        for (place, bytes) in [("environment", environment), ("arguments", arguments)] {
            let secrets = find_secrets(&bytes).into_iter();
            found.extend(secrets.map(|one| (format!("{place} of {}", name.trim()), one)));
        }
    }
    Ok(found)
}

/// Names of the protocol behind which a secret stands (RFC 6749, RFC 7636, Azure's keys).
const FIELDS: [&str; 10] = [
    "access_token",
    "refresh_token",
    "id_token",
    "code_verifier",
    "device_code",
    "client_assertion",
    "assertion",
    "?code",
    "&code",
    "api-key",
];

fn find_plain(bytes: &[u8]) -> Vec<String> {
    let mut found: Vec<String> = runs(bytes, |byte| is_base64url(byte) || byte == b'.')
        .into_iter()
        .filter(|run| is_json_web_token(run))
        .map(|run| String::from_utf8_lossy(&run[..SHORTEST]).into_owned())
        .collect();
    for field in FIELDS {
        found.extend(find_values(bytes, field));
    }
    found.extend(find_passwords(bytes));
    found
}

/// Addresses with a password in them (RFC 3986, section 3.2.1), as proxies have.
fn find_passwords(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    let ends = |c: char| c.is_whitespace() || c.is_control() || "/?#\"'<>\\".contains(c);
    text.match_indices("://")
        .filter_map(|(at, _)| {
            let authority = text[at + 3..].split(ends).next()?;
            let (person, host) = authority.rsplit_once('@')?;
            let (name, password) = person.split_once(':')?;
            (!password.is_empty()).then(|| format!("a password of {name} at {host}"))
        })
        .collect()
}

/// A header and a body that begin as JSON objects do, and a third part.
fn is_json_web_token(run: &[u8]) -> bool {
    let text = String::from_utf8_lossy(run);
    text.find("eyJ").is_some_and(|start| {
        let mut parts = text[start..].split('.');
        let (header, body) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
        header.len() >= 8 && body.len() >= 8 && body.starts_with("eyJ") && parts.next().is_some()
    })
}

fn find_values(bytes: &[u8], field: &str) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    text.match_indices(field)
        .filter_map(|(at, _)| {
            let rest = &text[at + field.len()..];
            let value = rest.trim_start_matches(['"', '\'', ':', '=', ' ', '\\']);
            let glued = rest.len() - value.len() > 0;
            let letters =
                value.bytes().take_while(|byte| is_base64url(*byte) || *byte == b'.').count();
            (glued && letters >= SHORTEST).then(|| format!("{field}={}", &value[..8]))
        })
        .collect()
}

fn runs(bytes: &[u8], belongs: impl Fn(u8) -> bool) -> Vec<&[u8]> {
    bytes.split(|byte| !belongs(*byte)).filter(|run| run.len() >= SHORTEST).collect()
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_')
}

fn is_base64url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

/// Both alphabets; a last group that is not whole is left out.
fn decode(run: &[u8]) -> Option<Vec<u8>> {
    let whole: Vec<u8> = run[..run.len() / 4 * 4]
        .iter()
        .map(|byte| match byte {
            b'-' => b'+',
            b'_' => b'/',
            other => *other,
        })
        .collect();
    STANDARD_NO_PAD.decode(whole).ok()
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

    use super::*;

    fn token() -> String {
        let part = |json: &str| URL_SAFE_NO_PAD.encode(json);
        format!("{}.{}.c2lnbmF0dXJl", part(r#"{"alg":"RS256"}"#), part(r#"{"oid":"b2182484"}"#))
    }

    #[test]
    fn a_token_is_found_in_every_form_in_which_it_is_planted() {
        let token = token();
        let wide: Vec<u8> = token.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let forms = [
            ("plain", token.clone().into_bytes()),
            ("UTF-16", wide),
            ("base64", STANDARD.encode(&token).into_bytes()),
            ("base64 after one byte", STANDARD.encode(format!("x{token}")).into_bytes()),
            ("base64 after two bytes", STANDARD.encode(format!("xy{token}")).into_bytes()),
            ("base64url", URL_SAFE_NO_PAD.encode(&token).into_bytes()),
        ];
        for (name, form) in forms {
            let around = [b"some text: ".as_slice(), &form, b" and more"].concat();
            let found = find_secrets(&around);
            assert!(!found.is_empty(), "a token planted as {name} must be found");
        }
    }

    #[test]
    fn a_refresh_token_is_found_by_the_name_before_it() {
        let body = br#"{"refresh_token":"1.AXoAiQcVbEVoXkOnlfTg2Ejv2A"}"#;
        assert_eq!(find_secrets(body).len(), 1, "it has no shape of its own");
    }

    #[test]
    fn the_code_behind_a_device_code_is_found_and_the_one_that_is_shown_is_not() {
        let body = br#"{"device_code":"FAQABAAEAAAD--DLA3VO7QrddgJg7WevrN"}"#;
        assert_eq!(find_secrets(body).len(), 1, "whoever has it gets the tokens");
        let page = br#"{"device_code":{"code":"FXDLWKKMF","lasts_seconds":900}}"#;
        assert_eq!(find_secrets(page), [""; 0], "the person is to see this one");
    }

    #[test]
    fn the_password_of_a_proxy_is_found() {
        for text in ["HTTPS_PROXY=http://ada:hunter2@proxy:8080", "\"https://ada:a@b@proxy/\""] {
            assert_eq!(find_secrets(text.as_bytes()).len(), 1, "{text}");
        }
        let innocent =
            "http://proxy:8080/ada@contoso.example https://ada@proxy.example mailto:a:b@c";
        assert_eq!(find_secrets(innocent.as_bytes()), [""; 0], "a host and a name are no secret");
    }

    #[test]
    fn a_token_that_a_program_was_started_with_is_found() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let sleeper = |token: String| {
            let mut command = std::process::Command::new("sleep");
            command.arg("1000").env("HOME", home.path()).env("TOKEN", token);
            let mut program =
                crate::process::Program::start(&mut command).expect("every system can sleep");
            // Its parent goes on a moment before the system shows what it was started with.
            let place = format!("/proc/{}/environ", program.child().id());
            while fs::read(&place).expect("it runs").is_empty() {
                std::thread::yield_now();
            }
            program
        };
        let innocent = sleeper(String::new());
        assert_eq!(search_processes(home.path()).expect("a list").len(), 0, "nothing is there yet");
        let guilty = sleeper(token());
        let found = search_processes(home.path()).expect("a list");
        assert_eq!(found.len(), 1, "one token lies there: {found:?}");
        assert!(found[0].0.starts_with("environment of "), "{found:?}");
        drop((innocent, guilty));
    }

    #[test]
    fn a_page_that_only_speaks_of_tokens_holds_none() {
        let page =
            b"The access_token stays in memory; eyJ is how one begins. AZURE_TOKEN_CREDENTIALS=dev";
        assert_eq!(find_secrets(page), [""; 0], "a false alarm would train people to ignore it");
    }

    #[test]
    fn a_token_planted_in_a_file_is_found_with_its_path() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("deep/log.txt");
        fs::create_dir(folder.path().join("deep")).expect("the folder is ours");
        fs::write(&file, token()).expect("the folder is ours");
        let found = search_files(folder.path()).expect("every file can be read");
        assert_eq!(found.len(), 1, "one token lies there");
        assert_eq!(found[0].0, file, "the report says where");
    }
}
