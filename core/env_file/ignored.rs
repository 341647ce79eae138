//! Whether git leaves a project's `.env` alone, as far as the repository's own files say.

use std::fs;
use std::path::Path;

/// Whether `.env` in this folder is ignored; `None` outside a repository.
///
/// Reads `.git/info/exclude` and every `.gitignore` from the repository's root to the folder;
/// the last pattern that matches decides (gitignore documentation, "Pattern format"). A pattern
/// with `[` counts as no match, and the person's global ignore file is not read: the answer
/// errs towards "not ignored". Whether the file is tracked already is not looked at.
pub fn is_ignored_by_git(folder: &Path) -> Option<bool> {
    let root = folder.ancestors().find(|folder| folder.join(".git").exists())?;
    let below = folder.strip_prefix(root).ok()?.join(".env");
    let path: Vec<String> = below.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    let patterns = read_patterns(root, &path);
    // Nothing below an ignored folder can be brought back.
    Some((1..=path.len()).any(|length| is_ignored(&patterns, &path[..length], length < path.len())))
}

struct Pattern {
    /// How many folders below the root its file lies.
    depth: usize,
    negated: bool,
    folders_only: bool,
    parts: Vec<String>,
}

fn read_patterns(root: &Path, path: &[String]) -> Vec<Pattern> {
    let mut patterns = parse_patterns(&root.join(".git/info/exclude"), 0);
    let mut folder = root.to_owned();
    for (depth, part) in path.iter().enumerate() {
        patterns.extend(parse_patterns(&folder.join(".gitignore"), depth));
        folder.push(part);
    }
    patterns
}

/// A file that cannot be read ignores nothing.
fn parse_patterns(file: &Path, depth: usize) -> Vec<Pattern> {
    // A pipe of that name would never end.
    let text = if file.is_file() { fs::read(file).unwrap_or_default() } else { Vec::new() };
    String::from_utf8_lossy(&text).lines().filter_map(|line| parse_pattern(line, depth)).collect()
}

fn parse_pattern(line: &str, depth: usize) -> Option<Pattern> {
    let line = line.trim_end();
    if line.is_empty() || line.starts_with('#') || line.contains('[') {
        return None;
    }
    let (negated, line) = line.strip_prefix('!').map_or((false, line), |rest| (true, rest));
    let (folders_only, line) = line.strip_suffix('/').map_or((false, line), |rest| (true, rest));
    let anchored = line.contains('/');
    let mut parts: Vec<String> =
        line.trim_start_matches('/').replace('\\', "").split('/').map(str::to_owned).collect();
    if !anchored {
        parts.insert(0, "**".to_owned());
    }
    Some(Pattern { depth, negated, folders_only, parts })
}

fn is_ignored(patterns: &[Pattern], path: &[String], is_folder: bool) -> bool {
    patterns
        .iter()
        .rfind(|pattern| {
            (is_folder || !pattern.folders_only)
                && path.len() > pattern.depth
                && matches_parts(&pattern.parts, &path[pattern.depth..])
        })
        .is_some_and(|pattern| !pattern.negated)
}

fn matches_parts(pattern: &[String], path: &[String]) -> bool {
    match (pattern.split_first(), path.split_first()) {
        (None, None) => true,
        (Some((first, rest)), _) if first == "**" => {
            (!rest.is_empty() && matches_parts(rest, path))
                || (!path.is_empty() && (rest.is_empty() || matches_parts(pattern, &path[1..])))
        }
        (Some((first, rest)), Some((name, below))) => {
            matches_name(first.as_bytes(), name.as_bytes()) && matches_parts(rest, below)
        }
        _ => false,
    }
}

/// `*` is any run of bytes, `?` is one. It goes back to the last `*` only, so that a hostile pattern
/// takes no longer than pattern times name.
fn matches_name(pattern: &[u8], name: &[u8]) -> bool {
    let (mut at, mut seen) = (0, 0);
    let mut last_star = None;
    while seen < name.len() {
        match pattern.get(at) {
            Some(b'*') => {
                last_star = Some((at, seen));
                at += 1;
            }
            Some(byte) if *byte == b'?' || *byte == name[seen] => {
                at += 1;
                seen += 1;
            }
            _ => {
                let Some((star, from)) = last_star else {
                    return false;
                };
                last_star = Some((star, from + 1));
                at = star + 1;
                seen = from + 1;
            }
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}
