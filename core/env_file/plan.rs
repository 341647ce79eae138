//! What becomes of a `.env`, and how that is shown before it happens.
//!
//! Of several lines for one of our names some readers take the first and some the last, so the
//! first is replaced and the others go. Values are unquoted, and a remark about a line stands on
//! a line of its own: `docker run --env-file`, systemd and dotenv (Node) before 15 take
//! `dev  # this machine only` for the value, and an unknown `AZURE_TOKEN_CREDENTIALS` makes the
//! Azure SDKs throw. An inline comment that the file already has stays where it is.

use url::{Host, Url};

use super::EnvValues;
use super::lines::{Assignment, Content, Entry, EnvFile};
use crate::snapshot::{ChangeKind, ChangeLine};

const ENDPOINT: &str = "AZURE_OPENAI_ENDPOINT";
const DEPLOYMENT: &str = "AZURE_OPENAI_DEPLOYMENT";
const TOKEN_CREDENTIALS: &str = "AZURE_TOKEN_CREDENTIALS";

/// Our names, in the order of a new block.
const NAMES: [&str; 3] = [ENDPOINT, DEPLOYMENT, TOKEN_CREDENTIALS];

const PRACTICE_COMMENT: &str = "# practice Azure: works while Keyless is open";
const MACHINE_COMMENT: &str = "# this machine only";
const TENANT_COMMENT: &str = "# Azure tenant: ";

/// Names under which other libraries look for an endpoint (env-and-code, D.1).
const ENDPOINT_NAMES: &[&str] = &[
    ENDPOINT,
    "AZURE_OPENAI_API_ENDPOINT",
    "AZURE_OPENAI_BASE_PATH",
    "AZURE_OPENAI_BASE_URL",
    "AZURE_API_BASE",
    "AzureOpenAI__Endpoint",
    "FOUNDRY_PROJECT_ENDPOINT",
    "OPENAI_BASE_URL",
];

/// Names under which other libraries look for a resource's name (env-and-code, D.1).
const RESOURCE_NAMES: &[&str] =
    &["AZURE_OPENAI_SERVICE", "AZURE_OPENAI_API_INSTANCE_NAME", "AZURE_RESOURCE_NAME"];

/// The domains of Azure's inference endpoints, public and US Government.
const ENDPOINT_DOMAINS: &[&str] =
    &[".openai.azure.", ".cognitiveservices.azure.", ".services.ai.azure.", ".inference.ai.azure."];

const MASK: &str = "••••";
const GAP: &str = "…";
/// Lines around a change.
const CONTEXT: usize = 3;
/// Keeps a change far below the 64 kB of a snapshot.
const LINES_SHOWN: usize = 200;
/// A longer name or indentation is cut in the display.
const CHARACTERS_SHOWN: usize = 64;

/// The bytes of the new file and the change that leads to it.
pub(super) struct Plan {
    pub bytes: Vec<u8>,
    pub change: Vec<ChangeLine>,
}

/// A value that a reader might take apart: the name of its line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct UnsafeValue(pub &'static str);

/// Plans the change of a file to these values.
pub(super) fn plan(old: &EnvFile, values: &EnvValues) -> Result<Plan, UnsafeValue> {
    let block = Block::new(values)?;
    let owned = find_owned(&old.entries);
    let lines = arrange(old, &owned, &block);
    let change = describe(&old.entries, &owned, &lines);
    Ok(Plan { bytes: render(old, &lines), change })
}

/// Whether the file leads anywhere but to this machine.
pub(super) fn names_real_endpoint(file: &EnvFile) -> bool {
    file.assignments().any(|assignment| {
        let name = |known: &&str| known.eq_ignore_ascii_case(&assignment.key);
        let value = assignment.value.trim().to_ascii_lowercase();
        let known_domain = ENDPOINT_DOMAINS.iter().any(|domain| value.contains(domain));
        let elsewhere = ENDPOINT_NAMES.iter().any(name) && !leads_to_this_machine(&value);
        let resource = RESOURCE_NAMES.iter().any(name);
        !value.is_empty() && (known_domain || elsewhere || resource)
    })
}

/// The lines that a file holds in the end.
struct Block {
    comments: Vec<(Comment, String)>,
    values: [String; NAMES.len()],
}

/// The comments that are ours.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Comment {
    Practice,
    Tenant,
    Machine,
}

impl Block {
    fn new(values: &EnvValues) -> Result<Block, UnsafeValue> {
        let endpoint = values.endpoint.trim_end_matches('/');
        if !is_safe_endpoint(endpoint, values.practice) {
            return Err(UnsafeValue(ENDPOINT));
        }
        if !is_safe_deployment(&values.deployment) {
            return Err(UnsafeValue(DEPLOYMENT));
        }
        if uuid::Uuid::try_parse(&values.tenant_id).is_err() {
            return Err(UnsafeValue("AZURE_TENANT_ID"));
        }
        let practice = values.practice.then(|| (Comment::Practice, PRACTICE_COMMENT.to_owned()));
        let tenant = (Comment::Tenant, format!("{TENANT_COMMENT}{}", values.tenant_id));
        Ok(Block {
            comments: practice.into_iter().chain([tenant]).collect(),
            values: [endpoint.to_owned(), values.deployment.clone(), "dev".to_owned()],
        })
    }
}

/// Which entry is ours, and as what.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Owned {
    Foreign,
    Comment(Comment),
    Value(usize),
}

fn find_owned(entries: &[Entry]) -> Vec<Owned> {
    let value = |entry: &Entry| {
        let key = &entry.assignment()?.key;
        NAMES.iter().position(|name| name == key)
    };
    entries
        .iter()
        .enumerate()
        .map(|(index, entry)| match entry.content {
            Content::Blank => Owned::Foreign,
            Content::Assignment(_) => value(entry).map_or(Owned::Foreign, Owned::Value),
            Content::Comment => {
                let before_credentials = entries.get(index + 1).and_then(value) == Some(2);
                comment_of(&entry.raw, before_credentials).map_or(Owned::Foreign, Owned::Comment)
            }
        })
        .collect()
}

fn comment_of(raw: &str, before_credentials: bool) -> Option<Comment> {
    let tenant = raw.strip_prefix(TENANT_COMMENT);
    if raw == PRACTICE_COMMENT {
        Some(Comment::Practice)
    } else if tenant.is_some_and(|id| uuid::Uuid::try_parse(id).is_ok()) {
        Some(Comment::Tenant)
    } else if raw == MACHINE_COMMENT && before_credentials {
        Some(Comment::Machine)
    } else {
        None
    }
}

/// A line of the new file.
enum Line<'a> {
    Foreign(&'a Entry),
    Ours(OurLine),
}

struct OurLine {
    /// What stands in the file, up to a comment that somebody else wrote.
    text: String,
    comment: String,
    ending: &'static str,
}

impl Line<'_> {
    fn ending(&self) -> &'static str {
        match self {
            Line::Foreign(entry) => entry.ending,
            Line::Ours(line) => line.ending,
        }
    }

    fn is_blank(&self) -> bool {
        matches!(self, Line::Foreign(Entry { content: Content::Blank, .. }))
    }
}

/// Puts every foreign entry and our lines in order.
fn arrange<'a>(old: &'a EnvFile, owned: &'a [Owned], block: &'a Block) -> Vec<Line<'a>> {
    let groups = group_names(owned);
    let mut arrangement = Arrangement::new(old, owned, block);
    for (index, entry) in old.entries.iter().enumerate() {
        match groups.iter().find(|group| group.at == Some(index)) {
            Some(group) => arrangement.add_group(group),
            None if owned[index] == Owned::Foreign => arrangement.lines.push(Line::Foreign(entry)),
            None => {}
        }
    }
    if let Some(group) = groups.iter().find(|group| group.at.is_none()) {
        arrangement.add_separator();
        arrangement.add_group(group);
    }
    arrangement.lines
}

/// Names that are written next to each other, in order.
struct Group {
    /// The entry that one of them replaces; without one they go to the end of the file.
    at: Option<usize>,
    names: Vec<usize>,
}

/// A name that the file has stays where it is; the others stand next to their neighbour.
fn group_names(owned: &[Owned]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut leading = Vec::new();
    for name in 0..NAMES.len() {
        let at = owned.iter().position(|owned| *owned == Owned::Value(name));
        match (at, groups.last_mut()) {
            (Some(_), _) => {
                leading.push(name);
                groups.push(Group { at, names: std::mem::take(&mut leading) });
            }
            (None, Some(group)) => group.names.push(name),
            (None, None) => leading.push(name),
        }
    }
    if groups.is_empty() {
        groups.push(Group { at: None, names: leading });
    }
    groups
}

struct Arrangement<'a> {
    old: &'a EnvFile,
    owned: &'a [Owned],
    block: &'a Block,
    usual_ending: &'static str,
    usual_prefix: &'static str,
    lines: Vec<Line<'a>>,
    has_comments: bool,
}

impl<'a> Arrangement<'a> {
    fn new(old: &'a EnvFile, owned: &'a [Owned], block: &'a Block) -> Arrangement<'a> {
        let mut prefixes = old.assignments().map(|assignment| assignment.prefix.trim_start());
        let exports = prefixes.next().is_some_and(is_export) && prefixes.all(is_export);
        Arrangement {
            old,
            owned,
            block,
            usual_ending: old.usual_ending(),
            usual_prefix: if exports { "export " } else { "" },
            lines: Vec::new(),
            has_comments: false,
        }
    }

    fn add_separator(&mut self) {
        if self.lines.last().is_some_and(|line| !line.is_blank()) {
            self.add(String::new(), String::new(), self.usual_ending);
        }
    }

    fn add_group(&mut self, group: &Group) {
        let ending = group.at.map_or("", |at| self.old.entries[at].ending);
        let ending = if ending.is_empty() { self.usual_ending } else { ending };
        for name in &group.names {
            let replaced = group.at.filter(|at| self.owned[*at] == Owned::Value(*name));
            self.add_heading(ending);
            self.add_value(*name, replaced, ending);
        }
    }

    /// The comments stand before our first line: so it is never the first of the file, where
    /// python-dotenv takes a byte order mark for a part of the name.
    fn add_heading(&mut self, ending: &'static str) {
        if std::mem::replace(&mut self.has_comments, true) {
            return;
        }
        for (comment, text) in &self.block.comments {
            self.add(text.clone(), String::new(), self.ending_of_comment(*comment, ending));
        }
    }

    fn add_value(&mut self, name: usize, replaced: Option<usize>, ending: &'static str) {
        let entry = replaced.map(|index| &self.old.entries[index]);
        let assignment = entry.and_then(Entry::assignment);
        let prefix = assignment.map_or(self.usual_prefix, |assignment| &assignment.prefix);
        let comment = assignment.map(kept_comment).unwrap_or_default();
        if NAMES[name] == TOKEN_CREDENTIALS && comment.trim_start() != MACHINE_COMMENT {
            let ending = self.ending_of_comment(Comment::Machine, ending);
            self.add(MACHINE_COMMENT.to_owned(), String::new(), ending);
        }
        let text = format!("{prefix}{}={}", NAMES[name], self.block.values[name]);
        self.add(text, comment, entry.map_or(ending, |entry| entry.ending));
    }

    fn add(&mut self, text: String, comment: String, ending: &'static str) {
        self.lines.push(Line::Ours(OurLine { text, comment, ending }));
    }

    fn ending_of_comment(&self, comment: Comment, otherwise: &'static str) -> &'static str {
        let index = self.owned.iter().position(|owned| *owned == Owned::Comment(comment));
        index.map_or(otherwise, |index| self.old.entries[index].ending)
    }
}

fn is_export(prefix: &str) -> bool {
    prefix.starts_with("export")
}

/// Behind an unquoted value a comment needs white space before it.
fn kept_comment(assignment: &Assignment) -> String {
    let comment = &assignment.comment;
    if comment.starts_with('#') { format!(" {comment}") } else { comment.clone() }
}

/// Every line but the last has an ending.
fn render(old: &EnvFile, lines: &[Line<'_>]) -> Vec<u8> {
    let mut text = String::from(if old.byte_order_mark { "\u{feff}" } else { "" });
    for (index, line) in lines.iter().enumerate() {
        match line {
            Line::Foreign(entry) => text.push_str(&entry.raw),
            Line::Ours(line) => text.extend([line.text.as_str(), line.comment.as_str()]),
        }
        let is_last = index + 1 == lines.len();
        let ending = line.ending();
        text.push_str(if ending.is_empty() && !is_last { old.usual_ending() } else { ending });
    }
    text.into_bytes()
}

/// What is shown: our lines and their surroundings, other people's values masked.
fn describe(old: &[Entry], owned: &[Owned], new: &[Line<'_>]) -> Vec<ChangeLine> {
    let mut shown = Vec::new();
    let mut old = old.iter().zip(owned).peekable();
    let mut ours = Vec::new();
    for line in new {
        match line {
            Line::Ours(line) => ours.push(line),
            Line::Foreign(entry) => {
                let replaced = take_ours(&mut old);
                describe_ours(&replaced, &std::mem::take(&mut ours), &mut shown);
                old.next();
                shown.push((false, ChangeKind::Kept, mask_foreign(entry)));
            }
        }
    }
    let replaced = take_ours(&mut old);
    describe_ours(&replaced, &ours, &mut shown);
    fit_budget(with_context(shown))
}

/// Whether a line is worth showing for itself, what happens to it, and its masked text.
type Shown = (bool, ChangeKind, String);

fn take_ours<'a>(
    old: &mut std::iter::Peekable<impl Iterator<Item = (&'a Entry, &'a Owned)>>,
) -> Vec<&'a Entry> {
    std::iter::from_fn(|| old.next_if(|(_, owned)| **owned != Owned::Foreign))
        .map(|(entry, _)| entry)
        .collect()
}

/// Compares our lines between two foreign ones by their longest common subsequence.
fn describe_ours(old: &[&Entry], new: &[&OurLine], shown: &mut Vec<Shown>) {
    let common = common_lengths(old, new);
    let (mut i, mut j) = (0, 0);
    while i < old.len() || j < new.len() {
        let kept = i < old.len() && j < new.len() && is_same(old[i], new[j]);
        let removed = j == new.len() || (i < old.len() && common[i + 1][j] >= common[i][j + 1]);
        if kept {
            shown.push((true, ChangeKind::Kept, mask_ours(new[j])));
            (i, j) = (i + 1, j + 1);
        } else if removed {
            shown.push((true, ChangeKind::Removed, mask_former(old[i])));
            i += 1;
        } else {
            shown.push((true, ChangeKind::Added, mask_ours(new[j])));
            j += 1;
        }
    }
}

fn common_lengths(old: &[&Entry], new: &[&OurLine]) -> Vec<Vec<usize>> {
    let mut lengths = vec![vec![0; new.len() + 1]; old.len() + 1];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            lengths[i][j] = if is_same(old[i], new[j]) {
                lengths[i + 1][j + 1] + 1
            } else {
                lengths[i + 1][j].max(lengths[i][j + 1])
            };
        }
    }
    lengths
}

fn is_same(old: &Entry, new: &OurLine) -> bool {
    old.raw.strip_prefix(&new.text) == Some(&new.comment)
}

fn with_context(shown: Vec<Shown>) -> Vec<ChangeLine> {
    let near = |index: usize| {
        let from = index.saturating_sub(CONTEXT);
        let to = (index + CONTEXT + 1).min(shown.len());
        shown[from..to].iter().any(|(ours, ..)| *ours)
    };
    let visible: Vec<bool> = (0..shown.len()).map(near).collect();
    let mut change = Vec::new();
    for (index, (_, kind, text)) in shown.into_iter().enumerate() {
        if visible[index] {
            change.push(ChangeLine { kind, text });
        } else if index == 0 || visible[index - 1] {
            change.push(gap());
        }
    }
    change
}

/// Added lines are always shown: a person agrees to them.
fn fit_budget(change: Vec<ChangeLine>) -> Vec<ChangeLine> {
    if change.len() <= LINES_SHOWN {
        return change;
    }
    let added = change.iter().filter(|line| line.kind == ChangeKind::Added).count();
    let mut others = LINES_SHOWN.saturating_sub(added + 1);
    let mut fitting: Vec<ChangeLine> = change
        .into_iter()
        .filter(|line| {
            let fits = line.kind == ChangeKind::Added || others > 0;
            others = if line.kind == ChangeKind::Added { others } else { others.saturating_sub(1) };
            fits
        })
        .collect();
    fitting.push(gap());
    fitting
}

fn gap() -> ChangeLine {
    ChangeLine { kind: ChangeKind::Kept, text: GAP.to_owned() }
}

fn mask_ours(line: &OurLine) -> String {
    format!("{}{}", line.text, mask_comment(&line.comment))
}

/// A former value of one of our names is shown when it is what the name promises.
fn mask_former(entry: &Entry) -> String {
    let Some(assignment) = entry.assignment() else {
        return entry.raw.clone();
    };
    let value = &assignment.value;
    let plain = match assignment.key.as_str() {
        ENDPOINT => value.len() <= 300 && is_plain_url(value),
        _ => value.is_empty() || is_safe_deployment(value),
    };
    let prefix = cut(&assignment.prefix);
    let value = if plain { value } else { MASK };
    format!("{prefix}{}={value}{}", assignment.key, mask_comment(&assignment.comment))
}

fn mask_foreign(entry: &Entry) -> String {
    match &entry.content {
        Content::Blank => String::new(),
        Content::Comment => format!("# {MASK}"),
        Content::Assignment(assignment) => {
            let key = if is_plain_name(assignment) { &assignment.key } else { MASK };
            let comment = mask_comment(&assignment.comment);
            format!("{}{key}={MASK}{comment}", cut(&assignment.prefix))
        }
    }
}

/// A commented-out line may hold a key as well as any other.
fn mask_comment(comment: &str) -> String {
    match comment.trim() {
        "" => String::new(),
        MACHINE_COMMENT => comment.to_owned(),
        _ => format!("  # {MASK}"),
    }
}

/// The end of a base64 text looks like a name with an empty value.
fn is_plain_name(assignment: &Assignment) -> bool {
    let key = &assignment.key;
    let word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    let base64 =
        assignment.value.bytes().all(|byte| byte == b'=') && key.len() > 16 && !key.contains('_');
    !base64 && key.len() <= CHARACTERS_SHOWN && key.bytes().all(word)
}

fn cut(text: &str) -> String {
    text.chars().take(CHARACTERS_SHOWN).collect()
}

/// Host names, ports and paths, in characters that no reader treats specially.
fn is_plain_url(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b":/._~-".contains(&byte);
    text.bytes().all(plain)
}

fn is_safe_endpoint(endpoint: &str, practice: bool) -> bool {
    let Ok(url) = Url::parse(endpoint) else {
        return false;
    };
    let scheme = if practice { leads_to_this_machine(endpoint) } else { url.scheme() == "https" };
    scheme && url.has_host() && is_plain_url(endpoint)
}

/// Azure allows letters, digits, `_`, `.` and `-`, at most 64 of them.
fn is_safe_deployment(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    (1..=64).contains(&name.len()) && name.bytes().all(plain)
}

fn leads_to_this_machine(value: &str) -> bool {
    let Ok(url) = Url::parse(value) else {
        return false;
    };
    matches!(url.scheme(), "http" | "https")
        && match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        }
}
