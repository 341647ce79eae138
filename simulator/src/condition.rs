//! Conditions of role assignments and role definitions (attribute-based access control, version 2.0).
//!
//! The grammar is that of the portal's templates for constrained delegation: `ActionMatches`,
//! comparisons of the attributes of a role assignment, `AND`, `OR`, `!` and parentheses. What is not
//! of this grammar does not parse, and is refused where it is offered.

use serde::Deserialize;

/// The only version of conditions that there is.
pub(crate) const VERSION: &str = "2.0";

/// More parentheses and negations than any template has; all of them could lie in each other.
const MOST_OPENINGS: usize = 100;

/// A condition, as it was written and as it was understood.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Condition {
    text: String,
    term: Term,
}

/// A text that is no condition, and the first thing in it that was not understood.
#[derive(Debug, thiserror::Error)]
#[error("the condition is not understood at '{0}'")]
pub(crate) struct Misunderstood(String);

/// A role assignment as conditions see it: the one that is asked for, or the one that is there.
#[derive(Clone, Debug, Default)]
pub(crate) struct Attributes {
    pub(crate) role: String,
    pub(crate) principal: String,
    pub(crate) principal_type: String,
}

/// What a condition may look at.
#[derive(Clone, Debug, Default)]
pub(crate) struct Target {
    /// The assignment in the body of a request (`@Request`).
    pub(crate) request: Option<Attributes>,
    /// The assignment that a request names (`@Resource`).
    pub(crate) resource: Option<Attributes>,
}

impl Condition {
    /// The text as it was written.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Whether the condition lets `action` be done to `target`.
    pub(crate) fn is_fulfilled(&self, action: &str, target: &Target) -> bool {
        self.term.holds(action, target)
    }
}

impl TryFrom<String> for Condition {
    type Error = Misunderstood;

    fn try_from(text: String) -> Result<Self, Misunderstood> {
        let mut words = Words::split(&text)?;
        let term = words.read_either()?;
        match words.next() {
            None => Ok(Self { text, term }),
            Some(word) => Err(word.misunderstood()),
        }
    }
}

#[derive(Clone, Debug)]
enum Term {
    Not(Box<Term>),
    All(Vec<Term>),
    Any(Vec<Term>),
    /// `ActionMatches{'…'}`, with wildcards.
    Action(String),
    Compare(Comparison),
}

impl Term {
    fn holds(&self, action: &str, target: &Target) -> bool {
        match self {
            Self::Not(term) => !term.holds(action, target),
            Self::All(terms) => terms.iter().all(|term| term.holds(action, target)),
            Self::Any(terms) => terms.iter().any(|term| term.holds(action, target)),
            Self::Action(pattern) => crate::roles::matches(pattern, action),
            Self::Compare(comparison) => comparison.holds(target),
        }
    }
}

/// `@Request[…:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {…}`
#[derive(Clone, Debug)]
struct Comparison {
    source: Source,
    attribute: Attribute,
    /// Whether every value of the attribute must do, or one.
    all_left: bool,
    /// Whether a value must do with every listed value, or with one.
    all_right: bool,
    equal: bool,
    ignore_case: bool,
    values: Vec<String>,
}

impl Comparison {
    /// An attribute that is not there fulfils nothing.
    fn holds(&self, target: &Target) -> bool {
        let attributes = match self.source {
            Source::Request => &target.request,
            Source::Resource => &target.resource,
        };
        let Some(attributes) = attributes else {
            return false;
        };
        // Each of the three attributes has one value.
        let left = [match self.attribute {
            Attribute::Role => &attributes.role,
            Attribute::Principal => &attributes.principal,
            Attribute::PrincipalType => &attributes.principal_type,
            Attribute::Foreign => return false,
        }];
        let fits = |own: &str, listed: &str| {
            let same =
                if self.ignore_case { own.eq_ignore_ascii_case(listed) } else { own == listed };
            same == self.equal
        };
        let does = |own: &&String| match self.all_right {
            true => self.values.iter().all(|listed| fits(own, listed)),
            false => self.values.iter().any(|listed| fits(own, listed)),
        };
        if self.all_left { left.iter().all(does) } else { left.iter().any(does) }
    }
}

#[derive(Clone, Copy, Debug)]
enum Source {
    Request,
    Resource,
}

#[derive(Clone, Copy, Debug)]
enum Attribute {
    Role,
    Principal,
    PrincipalType,
    /// What another service tells of its resources; nothing that is asked for here has it.
    Foreign,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Word {
    /// `(`, `)`, `{`, `}`, `!`, `,`
    Mark(char),
    /// A bare word: an operator, a name, a GUID.
    Bare(String),
    /// A text in single quotes.
    Quoted(String),
    /// `@Request[…]`: the source and what stands in brackets.
    Path(String, String),
}

impl Word {
    fn misunderstood(self) -> Misunderstood {
        Misunderstood(match self {
            Self::Mark(mark) => mark.to_string(),
            Self::Bare(text) | Self::Quoted(text) => text,
            Self::Path(source, attribute) => format!("@{source}[{attribute}]"),
        })
    }

    fn is(&self, word: &str) -> bool {
        matches!(self, Self::Bare(text) if text.eq_ignore_ascii_case(word))
    }
}

struct Words(std::iter::Peekable<std::vec::IntoIter<Word>>);

impl Words {
    fn split(text: &str) -> Result<Self, Misunderstood> {
        let mut found = Vec::new();
        let mut rest = text.trim_start();
        while let Some(first) = rest.chars().next() {
            let (word, left) = match first {
                '(' | ')' | '{' | '}' | '!' | ',' => (Word::Mark(first), &rest[1..]),
                '\'' => {
                    let (inner, left) = rest[1..].split_once('\'').ok_or_else(|| at(rest))?;
                    (Word::Quoted(inner.to_owned()), left)
                }
                '@' => {
                    let (source, left) = rest[1..].split_once('[').ok_or_else(|| at(rest))?;
                    let (inner, left) = left.split_once(']').ok_or_else(|| at(rest))?;
                    (Word::Path(source.trim().to_owned(), inner.trim().to_owned()), left)
                }
                _ => {
                    let of_word = |one: char| one.is_ascii_alphanumeric() || "-:_&|".contains(one);
                    let end = rest.find(|one| !of_word(one)).unwrap_or(rest.len());
                    if end == 0 {
                        return Err(at(rest));
                    }
                    (Word::Bare(rest[..end].to_owned()), &rest[end..])
                }
            };
            found.push(word);
            rest = left.trim_start();
        }
        let opens = |word: &&Word| matches!(word, Word::Mark('(' | '!')) || word.is("NOT");
        if found.iter().filter(opens).count() > MOST_OPENINGS {
            return Err(at(text));
        }
        Ok(Self(found.into_iter().peekable()))
    }

    fn next(&mut self) -> Option<Word> {
        self.0.next()
    }

    /// Takes the next word if it is one of these.
    fn take(&mut self, words: &[&str]) -> bool {
        self.0.next_if(|next| words.iter().any(|word| next.is(word))).is_some()
    }

    fn take_mark(&mut self, mark: char) -> bool {
        self.0.next_if_eq(&Word::Mark(mark)).is_some()
    }

    fn require_mark(&mut self, mark: char) -> Result<(), Misunderstood> {
        if self.take_mark(mark) { Ok(()) } else { Err(self.stuck()) }
    }

    /// The error for the next word.
    fn stuck(&mut self) -> Misunderstood {
        self.next().map_or_else(|| at("the end"), Word::misunderstood)
    }

    fn read_either(&mut self) -> Result<Term, Misunderstood> {
        let mut terms = vec![self.read_both()?];
        while self.take(&["OR", "||"]) {
            terms.push(self.read_both()?);
        }
        Ok(if terms.len() == 1 { terms.remove(0) } else { Term::Any(terms) })
    }

    fn read_both(&mut self) -> Result<Term, Misunderstood> {
        let mut terms = vec![self.read_one()?];
        while self.take(&["AND", "&&"]) {
            terms.push(self.read_one()?);
        }
        Ok(if terms.len() == 1 { terms.remove(0) } else { Term::All(terms) })
    }

    fn read_one(&mut self) -> Result<Term, Misunderstood> {
        match self.next() {
            Some(Word::Mark('!')) => Ok(Term::Not(Box::new(self.read_one()?))),
            Some(Word::Mark('(')) => {
                let inner = self.read_either()?;
                self.require_mark(')')?;
                Ok(inner)
            }
            Some(word) if word.is("NOT") => Ok(Term::Not(Box::new(self.read_one()?))),
            Some(word) if word.is("ActionMatches") => self.read_action(),
            Some(Word::Path(source, attribute)) => self.read_comparison(&source, &attribute),
            Some(other) => Err(other.misunderstood()),
            None => Err(at("the end")),
        }
    }

    fn read_action(&mut self) -> Result<Term, Misunderstood> {
        self.require_mark('{')?;
        match self.next() {
            Some(Word::Quoted(pattern)) => {
                self.require_mark('}')?;
                Ok(Term::Action(pattern))
            }
            Some(other) => Err(other.misunderstood()),
            None => Err(at("the end")),
        }
    }

    fn read_comparison(&mut self, source: &str, attribute: &str) -> Result<Term, Misunderstood> {
        let source = match source.to_ascii_lowercase().as_str() {
            "request" => Source::Request,
            "resource" => Source::Resource,
            _ => return Err(at(source)),
        };
        let attribute = match attribute.to_ascii_lowercase().as_str() {
            "microsoft.authorization/roleassignments:roledefinitionid" => Attribute::Role,
            "microsoft.authorization/roleassignments:principalid" => Attribute::Principal,
            "microsoft.authorization/roleassignments:principaltype" => Attribute::PrincipalType,
            other if is_of_another_service(other) => Attribute::Foreign,
            _ => return Err(at(attribute)),
        };
        let Some(Word::Bare(operator)) = self.next() else {
            return Err(self.stuck());
        };
        let (quantifier, comparer) = operator.split_once(':').unwrap_or(("", &operator));
        let (all_left, all_right, listed) = match quantifier.to_ascii_lowercase().as_str() {
            "" => (false, false, false),
            "foranyofanyvalues" => (false, false, true),
            "forallofanyvalues" => (true, false, true),
            "foranyofallvalues" => (false, true, true),
            "forallofallvalues" => (true, true, true),
            _ => return Err(at(&operator)),
        };
        let (equal, ignore_case) = match comparer.to_ascii_lowercase().as_str() {
            "guidequals" | "stringequalsignorecase" => (true, true),
            "guidnotequals" | "stringnotequalsignorecase" => (false, true),
            "stringequals" => (true, false),
            "stringnotequals" => (false, false),
            _ => return Err(at(&operator)),
        };
        let values = if listed { self.read_list()? } else { vec![self.read_value()?] };
        if comparer.to_ascii_lowercase().starts_with("guid")
            && let Some(wrong) = values.iter().find(|value| uuid::Uuid::parse_str(value).is_err())
        {
            return Err(at(wrong));
        }
        Ok(Term::Compare(Comparison {
            source,
            attribute,
            all_left,
            all_right,
            equal,
            ignore_case,
            values,
        }))
    }

    fn read_list(&mut self) -> Result<Vec<String>, Misunderstood> {
        self.require_mark('{')?;
        let mut values = vec![self.read_value()?];
        while self.take_mark(',') {
            values.push(self.read_value()?);
        }
        self.require_mark('}')?;
        Ok(values)
    }

    fn read_value(&mut self) -> Result<String, Misunderstood> {
        match self.next() {
            Some(Word::Bare(value) | Word::Quoted(value)) => Ok(value),
            Some(other) => Err(other.misunderstood()),
            None => Err(at("the end")),
        }
    }
}

/// `microsoft.storage/storageaccounts/blobservices/containers:name`, in lower case: an attribute of
/// one of the other services that know conditions.
fn is_of_another_service(path: &str) -> bool {
    ["microsoft.storage/", "microsoft.appconfiguration/"].iter().any(|one| path.starts_with(one))
        && path.split_once(':').is_some_and(|(_, name)| !name.is_empty())
}

fn at(text: &str) -> Misunderstood {
    Misunderstood(text.chars().take(40).collect())
}

#[cfg(test)]
mod tests {
    use super::{Attributes, Condition, Target};

    const WRITE: &str = "Microsoft.Authorization/roleAssignments/write";
    const DELETE: &str = "Microsoft.Authorization/roleAssignments/delete";
    const USER: &str = "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd";
    const OWNER: &str = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635";
    const ADA: &str = "b2182484-7b2e-4569-b898-f8c2fb1355bd";

    fn parse(text: &str) -> Option<Condition> {
        Condition::try_from(text.to_owned()).ok()
    }

    /// A condition in the portal's two frames: for write on the request, for delete on the resource.
    fn framed(clause: impl Fn(&str) -> String) -> Condition {
        let text = format!(
            "((!(ActionMatches{{'{WRITE}'}})) OR ({})) AND ((!(ActionMatches{{'{DELETE}'}})) OR ({}))",
            clause("@Request"),
            clause("@Resource")
        );
        parse(&text).unwrap_or_else(|| panic!("the portal writes {text}"))
    }

    fn given(role: &str, principal: &str, kind: &str) -> Attributes {
        Attributes { role: role.into(), principal: principal.into(), principal_type: kind.into() }
    }

    /// Whether such an assignment may be written, and whether it may be deleted.
    fn may(condition: &Condition, role: &str, principal: &str, kind: &str) -> (bool, bool) {
        let one = Some(given(role, principal, kind));
        let write = Target { request: one.clone(), resource: None };
        let delete = Target { request: None, resource: one };
        (condition.is_fulfilled(WRITE, &write), condition.is_fulfilled(DELETE, &delete))
    }

    fn attribute(source: &str, name: &str) -> String {
        format!("{source}[Microsoft.Authorization/roleAssignments:{name}]")
    }

    #[test]
    fn the_five_shapes_of_the_portal_hold_in_both_frames() {
        let roles = |source: &str| {
            format!(
                "{} ForAnyOfAnyValues:GuidEquals {{{USER}, acdd72a7-3385-48ef-bd42-f606fba81ae7}}",
                attribute(source, "RoleDefinitionId")
            )
        };
        let first = framed(roles);
        assert_eq!(may(&first, USER, ADA, "User"), (true, true), "a listed role");
        assert_eq!(may(&first, OWNER, ADA, "User"), (false, false), "another role");
        let second = framed(|source| {
            let types = attribute(source, "PrincipalType");
            format!(
                "{} AND {types} ForAnyOfAnyValues:StringEqualsIgnoreCase {{'User', 'Group'}}",
                roles(source)
            )
        });
        assert_eq!(may(&second, USER, ADA, "user"), (true, true), "a listed type, in any case");
        assert_eq!(may(&second, USER, ADA, "ServicePrincipal"), (false, false), "another type");
        let third = framed(|source| {
            let ids = attribute(source, "PrincipalId");
            format!("{} AND {ids} ForAnyOfAnyValues:GuidEquals {{{ADA}}}", roles(source))
        });
        assert_eq!(may(&third, USER, &ADA.to_uppercase(), "User"), (true, true), "a listed id");
        assert_eq!(may(&third, USER, OWNER, "User"), (false, false), "another id");
        let fourth = framed(|source| {
            let roles = attribute(source, "RoleDefinitionId");
            format!(
                "{roles} ForAnyOfAllValues:GuidNotEquals {{{OWNER}, f58310d9-a9f6-439a-9e8d-f62e7b41a168}}"
            )
        });
        assert_eq!(may(&fourth, USER, ADA, "User"), (true, true), "no excepted role");
        assert_eq!(may(&fourth, OWNER, ADA, "User"), (false, false), "an excepted role");
        let fifth = framed(|source| {
            format!(
                "{} ForAnyOfAnyValues:GuidEquals{{{USER}}}",
                attribute(source, "RoleDefinitionId")
            )
        });
        assert_eq!(may(&fifth, USER, ADA, "User"), (true, true), "without a space");
        assert!(
            fifth.is_fulfilled("Microsoft.Authorization/roleAssignments/read", &Target::default()),
            "other actions are free"
        );
    }

    #[test]
    fn what_another_service_tells_is_understood_and_fulfils_nothing() {
        let text = "@Resource[Microsoft.Storage/storageAccounts/blobServices/containers:name] stringEquals 'x'";
        let condition = parse(text).expect("the documentation of the Azure CLI shows this one");
        assert_eq!(may(&condition, USER, ADA, "User"), (false, false));
    }

    #[test]
    fn an_attribute_that_is_not_there_fulfils_nothing() {
        let bare = format!(
            "@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] GuidNotEquals {OWNER}"
        );
        let condition = parse(&bare).expect("a comparison without a list");
        assert!(!condition.is_fulfilled(WRITE, &Target::default()));
        assert_eq!(may(&condition, USER, ADA, "User"), (true, false), "only the request is asked");
    }

    #[test]
    fn what_is_not_of_the_grammar_does_not_parse() {
        for wrong in [
            "",
            "(",
            "ActionMatches",
            "ActionMatches{unquoted}",
            "ActionMatches{'a'} ActionMatches{'b'}",
            "ActionMatches{'a'} XOR ActionMatches{'b'}",
            "@Request[Microsoft.Authorization/roleAssignments:Colour] StringEquals 'x'",
            "@Request[Microsoft.Storage/storageAccounts] StringEquals 'x'",
            "@Environment[isPrivateLink] BoolEquals true",
            "@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {no-guid}",
            "@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {}",
            "@Request[Microsoft.Authorization/roleAssignments:PrincipalType] StringLike 'U*'",
            "@Request[Microsoft.Authorization/roleAssignments:PrincipalType StringEquals 'User'",
            "ActionMatches{'a' }) OR (ActionMatches{'b'}",
            "ActionMatches{'a",
            "#",
        ] {
            assert!(parse(wrong).is_none(), "{wrong} is not understood");
        }
    }
}
