//! Settings: which cloud, which application signs in, the directory to begin with, and whether a
//! sign-in outlives the window.
//!
//! Three places say so, and the first that says something valid counts, setting by setting: the
//! variables `KEYLESS_CLOUD`, `KEYLESS_CLIENT_ID`, `KEYLESS_TENANT` and `KEYLESS_STAY_SIGNED_IN`; the person's own
//! `settings.json` in Keyless's folder; a `settings.json` for the whole machine, which an
//! administrator may place. A file holds `{"cloud": …, "client_id": …, "tenant": …, "stay_signed_in": …}`,
//! each optional.
//! No setting can name an address. What is not understood is told ([`Settings::complaints`]) and
//! not used.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::cloud::{self, CLOUDS, DEVELOPER_CLIENT, Row};
use crate::snapshot::{CloudName, Notice};

/// The name of a file of settings.
const FILE: &str = "settings.json";
/// A file of settings is three lines; what is longer is something else.
const SIZE_LIMIT: u64 = 64 * 1024;
/// Of what somebody else wrote, a notice shows so many characters.
const SHOWN: usize = 60;
/// The members of a file, with the variables that go before them.
const NAMES: [(&str, &str); 4] = [
    ("cloud", "KEYLESS_CLOUD"),
    ("client_id", "KEYLESS_CLIENT_ID"),
    ("tenant", "KEYLESS_TENANT"),
    ("stay_signed_in", "KEYLESS_STAY_SIGNED_IN"),
];

/// What was set, and what could not be understood.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Which of Azure's clouds.
    pub cloud: &'static Row,
    /// The public client that signs people in.
    pub client_id: String,
    /// The directory to sign in to: an id or a domain; none: everybody's own.
    pub tenant: Option<String>,
    /// Whether a sign-in outlives the window, unless the person says otherwise.
    pub stay_signed_in: bool,
    /// What was set and is not used, as sentences by code: `notice.<code>`.
    pub complaints: Vec<Notice>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            cloud: &CLOUDS[0],
            client_id: DEVELOPER_CLIENT.to_owned(),
            tenant: None,
            stay_signed_in: true,
            complaints: Vec::new(),
        }
    }
}

/// Where settings come from.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// The variables of the environment, by name.
    pub variables: BTreeMap<String, String>,
    /// Files of settings; an earlier one goes before a later one.
    pub files: Vec<PathBuf>,
}

impl Sources {
    /// Those of this process, with Keyless's own folder.
    pub fn of_system(data_folder: &Path) -> Self {
        let variable = |(_, name): (&str, &str)| {
            let value = std::env::var_os(name)?;
            Some((name.to_owned(), value.to_string_lossy().into_owned()))
        };
        let mut files = vec![data_folder.join(FILE)];
        files.extend(machine_folders().into_iter().map(|folder| folder.join(FILE)));
        Sources { variables: NAMES.into_iter().filter_map(variable).collect(), files }
    }
}

impl Settings {
    /// Those of this process, with Keyless's own folder.
    pub fn of_system(data_folder: &Path) -> Self {
        Settings::read(&Sources::of_system(data_folder))
    }

    /// The same in a cloud that the person chose, which is remembered for the next start.
    pub fn choose_cloud(data_folder: &Path, cloud: CloudName) -> Self {
        let cloud: &Row = cloud.into();
        let remembered = remember(data_folder, "cloud", Value::from(cloud.name));
        let mut settings = Settings { cloud, ..Settings::of_system(data_folder) };
        if let Err(error) = remembered {
            tracing::warn!(%error, "the choice of a cloud was not written down");
            settings.complaints.push(not_remembered(data_folder));
        }
        settings
    }

    /// Reads every source. Nothing fails: what cannot be used is among the complaints.
    pub fn read(sources: &Sources) -> Self {
        let mut complaints = Vec::new();
        let variable = |(name, variable): (&'static str, &str)| {
            let value = sources.variables.get(variable).filter(|value| !value.is_empty())?;
            Some(Said { name, value: value.clone(), place: variable.to_owned() })
        };
        let mut said: Vec<Said> = NAMES.into_iter().filter_map(variable).collect();
        for file in &sources.files {
            said.extend(read_file(file, &mut complaints));
        }
        let mut settings = Settings { complaints, ..Settings::default() };
        if let Some(row) = settings.first(&said, "cloud", cloud::find) {
            settings.cloud = row;
        }
        if let Some(id) = settings.first(&said, "client_id", client_id) {
            settings.client_id = id;
        }
        settings.tenant = settings.first(&said, "tenant", tenant);
        if let Some(stay) = settings.first(&said, "stay_signed_in", |text| text.parse().ok()) {
            settings.stay_signed_in = stay;
        }
        settings
    }

    /// Remembers for the next start whether a sign-in outlives the window.
    ///
    /// Fails where the file cannot be written, or holds something that is not settings.
    pub fn remember_stay(data_folder: &Path, stay: bool) -> io::Result<()> {
        remember(data_folder, "stay_signed_in", Value::from(stay))
    }

    /// The organization's own application; none where it is the one of Microsoft's tools.
    pub fn own_client(&self) -> Option<&str> {
        Some(self.client_id.as_str()).filter(|id| *id != DEVELOPER_CLIENT)
    }

    /// The first valid value of a setting. Those that are not valid are told, those behind the
    /// first valid one as well: they would be in the way when that one goes.
    fn first<T>(
        &mut self,
        said: &[Said],
        name: &str,
        understand: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let mut first = None;
        for said in said.iter().filter(|said| said.name == name) {
            match understand(said.value.trim()) {
                Some(value) => {
                    first.get_or_insert(value);
                }
                None => self.complaints.push(said.complain()),
            }
        }
        first
    }
}

/// Writes a choice into the person's own settings and leaves the rest as it is.
///
/// Fails where the file cannot be written, or holds something that is not settings.
fn remember(data_folder: &Path, name: &str, value: Value) -> io::Result<()> {
    let path = data_folder.join(FILE);
    let mut members = match read_text(&path) {
        Ok(text) => serde_json::from_str::<Map<String, Value>>(without_mark(&text))?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Map::new(),
        Err(error) => return Err(error),
    };
    members.insert(name.to_owned(), value);
    std::fs::create_dir_all(data_folder)?;
    let mut file = tempfile::NamedTempFile::new_in(data_folder)?;
    writeln!(file, "{:#}", Value::Object(members))?;
    file.as_file().sync_all()?;
    file.persist(&path)?;
    Ok(())
}

/// The person's own settings, and that the choice of a cloud is not in them.
fn not_remembered(data_folder: &Path) -> Notice {
    let place = data_folder.join(FILE).display().to_string();
    Notice::new("cloud_not_remembered", &[("place", &place)])
}

/// Whether the text is the id of a directory or one of its domains: no other word of an address,
/// such as `common`, and nothing that would lead the address elsewhere.
pub fn is_tenant(text: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    is_id(text) || (text.len() <= 253 && text.contains('.') && text.split('.').all(is_label))
}

/// A setting as a source says it.
struct Said {
    name: &'static str,
    value: String,
    /// The variable or the file.
    place: String,
}

impl Said {
    fn complain(&self) -> Notice {
        let shown: String = self.value.chars().take(SHOWN).collect();
        let known = CLOUDS.iter().map(|row| row.name).collect::<Vec<_>>().join(", ");
        let parameters: &[(&str, &str)] = &[("place", &self.place), ("value", &shown)];
        match self.name {
            "cloud" => {
                Notice::new("setting_not_a_cloud", &[parameters, &[("known", &known)]].concat())
            }
            "client_id" => Notice::new("setting_not_a_client", parameters),
            "stay_signed_in" => Notice::new("setting_not_yes_or_no", parameters),
            _ => Notice::new("setting_not_a_tenant", parameters),
        }
    }
}

fn read_file(path: &Path, complaints: &mut Vec<Notice>) -> Vec<Said> {
    let place = path.display().to_string();
    let text = match read_text(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Vec::new(),
        Err(error) => {
            let reason = error.to_string();
            let parameters = [("place", place.as_str()), ("reason", &reason)];
            complaints.push(Notice::new("settings_not_readable", &parameters));
            return Vec::new();
        }
    };
    let members = match serde_json::from_str::<Map<String, Value>>(without_mark(&text)) {
        Ok(members) => members,
        Err(error) => {
            let line = error.line().to_string();
            let parameters = [("place", place.as_str()), ("line", &line)];
            complaints.push(Notice::new("settings_not_json", &parameters));
            return Vec::new();
        }
    };
    let mut said = Vec::new();
    for (field, value) in members {
        let Some((name, _)) = NAMES.into_iter().find(|(name, _)| *name == field) else {
            let field: String = field.chars().take(SHOWN).collect();
            let parameters = [("place", place.as_str()), ("field", &field)];
            complaints.push(Notice::new("setting_not_known", &parameters));
            continue;
        };
        let value = match value {
            Value::Null => continue,
            Value::String(text) => text,
            other => other.to_string(),
        };
        said.push(Said { name, value, place: place.clone() });
    }
    said
}

fn read_text(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    let read = File::open(path)?.take(SIZE_LIMIT + 1).read_to_string(&mut text)?;
    if u64::try_from(read).unwrap_or(u64::MAX) > SIZE_LIMIT {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it is longer than 64 kB"));
    }
    Ok(text)
}

/// Editors on Windows begin a file with a byte order mark.
fn without_mark(text: &str) -> &str {
    text.trim_start_matches('\u{feff}')
}

fn client_id(text: &str) -> Option<String> {
    is_id(text).then(|| text.to_ascii_lowercase())
}

fn tenant(text: &str) -> Option<String> {
    is_tenant(text).then(|| text.to_ascii_lowercase())
}

/// The one spelling of an id that an address and a file agree about.
fn is_id(text: &str) -> bool {
    text.len() == 36 && Uuid::try_parse(text).is_ok()
}

/// Where an administrator places files for everybody.
fn machine_folders() -> Vec<PathBuf> {
    if cfg!(windows) {
        let program_data = std::env::var_os("ProgramData").map(PathBuf::from);
        return program_data.into_iter().map(|folder| folder.join("Keyless")).collect();
    }
    if cfg!(target_os = "macos") {
        return vec![PathBuf::from("/Library/Application Support/Keyless")];
    }
    // XDG Base Directory Specification, `XDG_CONFIG_DIRS`; relative entries are to be ignored.
    let listed = std::env::var_os("XDG_CONFIG_DIRS").filter(|list| !list.is_empty());
    let listed = listed.unwrap_or_else(|| "/etc/xdg".into());
    let mut folders: Vec<PathBuf> = std::env::split_paths(&listed)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join("keyless"))
        .collect();
    folders.push(PathBuf::from("/etc/keyless"));
    folders
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "5a1f6a5e-0e8f-4c0b-9d43-0f5e6f1b7c11";

    /// A folder with files of settings, in the order in which they count.
    fn sources(variables: &[(&str, &str)], files: &[&str]) -> (tempfile::TempDir, Sources) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let place = |(number, text): (usize, &&str)| {
            let path = folder.path().join(format!("{number}.json"));
            std::fs::write(&path, text).expect("a new file");
            path
        };
        let files = files.iter().enumerate().map(place).collect();
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let variables = variables.iter().map(owned).collect();
        (folder, Sources { variables, files })
    }

    fn read(variables: &[(&str, &str)], files: &[&str]) -> Settings {
        let (_folder, sources) = sources(variables, files);
        Settings::read(&sources)
    }

    fn codes(settings: &Settings) -> Vec<&str> {
        settings.complaints.iter().map(|notice| notice.code.as_str()).collect()
    }

    #[test]
    fn without_settings_it_is_the_public_cloud_and_the_client_of_microsofts_tools() {
        let settings = Settings::read(&Sources::default());
        assert_eq!((settings.cloud.name, settings.own_client()), ("public", None));
        assert_eq!(settings.tenant, None);
        assert!(settings.complaints.is_empty(), "there is nothing to complain of");
    }

    #[test]
    fn a_variable_goes_before_the_persons_file_and_that_before_the_machines() {
        let own = r#"{"cloud": "us_government", "tenant": "fabrikam.example"}"#;
        let machine =
            format!(r#"{{"cloud": "public", "client_id": "{OWN}", "tenant": "x.example"}}"#);
        let settings = read(&[("KEYLESS_TENANT", "contoso.example")], &[own, &machine]);
        assert_eq!(settings.cloud.name, "us_government", "the person's file");
        assert_eq!(settings.own_client(), Some(OWN), "only the machine's file says so");
        assert_eq!(settings.tenant.as_deref(), Some("contoso.example"), "the variable");
        assert_eq!(codes(&settings), Vec::<&str>::new());
    }

    #[test]
    fn what_is_not_valid_is_told_and_gives_way_to_the_next_place() {
        let machine = format!(r#"{{"cloud": "us_government", "client_id": "{OWN}"}}"#);
        let settings = read(
            &[("KEYLESS_CLOUD", "mars"), ("KEYLESS_CLIENT_ID", "me"), ("KEYLESS_TENANT", "common")],
            &[&machine],
        );
        assert_eq!(settings.cloud.name, "us_government");
        assert_eq!(settings.own_client(), Some(OWN));
        assert_eq!(settings.tenant, None, "'common' would let personal accounts in");
        assert_eq!(
            codes(&settings),
            ["setting_not_a_cloud", "setting_not_a_client", "setting_not_a_tenant"]
        );
        let told = &settings.complaints[0].parameters;
        assert_eq!((told["place"].as_str(), told["value"].as_str()), ("KEYLESS_CLOUD", "mars"));
        assert_eq!(told["known"], "public, us_government");
    }

    #[test]
    fn a_file_that_is_not_settings_is_told_by_its_line() {
        let settings = read(&[], &["{\n  \"cloud\": \"public\",\n  oops\n}", "[1]", "{}"]);
        assert_eq!(codes(&settings), ["settings_not_json", "settings_not_json"]);
        assert_eq!(settings.complaints[0].parameters["line"], "3");
        assert!(settings.complaints[0].parameters["place"].ends_with("0.json"));
        assert_eq!(settings.cloud.name, "public");
    }

    #[test]
    fn no_setting_can_name_an_address() {
        let text = r#"{"authority": "https://evil.example/", "cloud": "https://evil.example/",
            "client_id": 7, "tenant": "evil.example/x?", "resource_manager": "http://127.0.0.1:1/"}"#;
        let settings = read(&[], &[text]);
        let mut codes = codes(&settings);
        codes.sort_unstable();
        let all = [
            "setting_not_a_client",
            "setting_not_a_cloud",
            "setting_not_a_tenant",
            "setting_not_known",
            "setting_not_known",
        ];
        assert_eq!(codes, all);
        assert_eq!((settings.cloud.name, settings.tenant), ("public", None));
    }

    #[test]
    fn a_file_that_cannot_be_read_is_told() {
        let (folder, mut sources) = sources(&[], &[&" ".repeat(70_000)]);
        sources.files.push(folder.path().to_owned());
        let settings = Settings::read(&sources);
        assert_eq!(codes(&settings), ["settings_not_readable", "settings_not_readable"]);
    }

    #[test]
    fn the_mark_of_a_windows_editor_is_no_mistake() {
        let settings = read(&[], &["\u{feff}{\"cloud\": \"us_government\", \"tenant\": null}"]);
        assert_eq!((settings.cloud.name, codes(&settings)), ("us_government", Vec::new()));
    }

    #[test]
    fn a_cloud_is_remembered_beside_what_else_is_set() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let own = folder.path().join("new");
        let government = || Value::from(CLOUDS[1].name);
        remember(&own, "cloud", government()).expect("the folder is made");
        std::fs::write(own.join(FILE), format!(r#"{{"client_id": "{OWN}", "note": 1}}"#))
            .expect("a file");
        remember(&own, "cloud", government()).expect("the file is settings");
        let text = std::fs::read_to_string(own.join(FILE)).expect("it is there");
        let settings =
            Settings::read(&Sources { files: vec![own.join(FILE)], ..Sources::default() });
        assert_eq!((settings.cloud.name, settings.own_client()), ("us_government", Some(OWN)));
        assert!(text.contains("\"note\": 1"), "what is not ours stays: {text}");
        let names: Vec<_> = std::fs::read_dir(&own).expect("a folder").collect();
        assert_eq!(names.len(), 1, "nothing else is left behind");
    }

    #[test]
    fn whether_to_stay_signed_in_is_remembered_and_an_administrator_can_say_no() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let machine = folder.path().join("machine.json");
        std::fs::write(&machine, r#"{"stay_signed_in": false}"#).expect("a file");
        let own = folder.path().join("own");
        let files = vec![own.join(FILE), machine];
        let stays = || {
            let sources = Sources { files: files.clone(), ..Sources::default() };
            Settings::read(&sources).stay_signed_in
        };
        assert!(Settings::default().stay_signed_in, "where nobody says anything");
        assert!(!stays(), "the administrator does not want it");
        for choice in [true, false] {
            Settings::remember_stay(&own, choice).expect("the folder is made");
            assert_eq!(stays(), choice, "the person chose");
        }
    }

    #[test]
    fn a_file_that_is_not_settings_is_not_written_over() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join(FILE);
        for text in ["{", "[]", "\"public\""] {
            std::fs::write(&path, text).expect("a file");
            assert!(remember(folder.path(), "cloud", Value::Null).is_err(), "{text}");
            assert_eq!(std::fs::read_to_string(&path).expect("it is there"), text);
        }
    }

    #[test]
    fn a_directory_is_an_id_or_a_domain() {
        for tenant in [OWN, "contoso.example", "contoso.onmicrosoft.com", "xn--bcher-kva.example"] {
            assert!(is_tenant(tenant), "{tenant}");
        }
        for other in [
            "",
            "common",
            "organizations",
            "consumers",
            "contoso",
            "contoso..example",
            ".example",
            "contoso.example/x",
            "contoso.example?x=1",
            "../contoso.example",
            "ada@contoso.example",
            "{5a1f6a5e-0e8f-4c0b-9d43-0f5e6f1b7c11}",
            "5a1f6a5e0e8f4c0b9d430f5e6f1b7c11",
            "-a.example",
        ] {
            assert!(!is_tenant(other), "{other} would be another address");
        }
    }

    #[test]
    fn every_complaint_has_words_that_name_only_what_it_carries() {
        let text =
            r#"{"cloud": "x", "client_id": "x", "tenant": "x", "stay_signed_in": 1, "other": 1}"#;
        let (folder, mut sources) = sources(&[], &[text, "{"]);
        sources.files.push(folder.path().to_owned());
        let mut complaints = Settings::read(&sources).complaints;
        complaints.push(not_remembered(folder.path()));
        assert_eq!(complaints.len(), 8, "each kind once: {complaints:?}");
        for notice in complaints {
            let key = format!("notice.{}", notice.code);
            let sentence = crate::words::all().get(&key).unwrap_or_else(|| panic!("{key}"));
            for named in sentence.split('{').skip(1).filter_map(|rest| rest.split_once('}')) {
                assert!(notice.parameters.contains_key(named.0), "{key} names {}", named.0);
            }
        }
    }
}
