//! Conditions of role assignments and role definitions ("Azure role assignment condition format and
//! syntax"), as far as they limit who may assign what.
//!
//! Understood are the portal's templates for constrained delegation and the built-in conditions of
//! the Foundry roles: `ActionMatches`, comparisons of the role, the principal and its type, `AND`,
//! `OR`, `!` and parentheses. Whatever depends on anything else cannot be told.

use super::permission::{Action, Certainty, matches};

/// The role assignment that is made or taken away.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// The role definition's GUID.
    pub role: &'a str,
    /// The object id.
    pub principal: &'a str,
    /// `User`, `Group`, …
    pub principal_type: &'a str,
}

/// A condition that was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition(Term);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Term {
    Not(Box<Term>),
    All(Vec<Term>),
    Any(Vec<Term>),
    /// `ActionMatches{'…'}`
    Action(String),
    Compare(Comparison),
}

/// `@Request[…:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {…}`: each attribute has one value.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Comparison {
    source: Source,
    attribute: Attribute,
    /// Whether the value has to be one of the listed ones, or none of them.
    listed: bool,
    exact: bool,
    values: Vec<String>,
}

/// Whose attributes are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    /// Of what a write asks for.
    Request,
    /// Of what is there: a delete takes it away.
    Resource,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Attribute {
    Role,
    Principal,
    PrincipalType,
}

impl Condition {
    /// Reads a condition; `None` for one that is not understood.
    pub fn parse(text: &str) -> Option<Self> {
        let mut words = Words::split(text)?;
        let term = words.any()?;
        words.is_done().then_some(Condition(term))
    }

    /// Whether a condition, where there is one, lets the action be done. Without a target, what
    /// looks at one cannot be told.
    pub fn allows(
        text: Option<&str>,
        action: Action<'_>,
        target: Option<&Target<'_>>,
    ) -> Certainty {
        match text.map(str::trim).filter(|text| !text.is_empty()) {
            None => Certainty::Yes,
            Some(text) => Condition::parse(text)
                .map_or(Certainty::Maybe, |condition| condition.0.holds(action.name(), target)),
        }
    }
}

impl Term {
    fn holds(&self, action: &str, target: Option<&Target<'_>>) -> Certainty {
        match self {
            Term::Not(term) => term.holds(action, target).negated(),
            Term::All(terms) => Certainty::all(terms.iter().map(|term| term.holds(action, target))),
            Term::Any(terms) => Certainty::any(terms.iter().map(|term| term.holds(action, target))),
            Term::Action(pattern) => matches(pattern, action).into(),
            Term::Compare(comparison) => target
                .filter(|_| comparison.source.is_of(action))
                .map_or(Certainty::Maybe, |target| comparison.holds(target).into()),
        }
    }
}

impl Source {
    /// Whether an action has such attributes: nothing is there before a write.
    fn is_of(self, action: &str) -> bool {
        let deletes = action.to_ascii_lowercase().ends_with("/delete");
        deletes == (self == Source::Resource)
    }
}

impl Comparison {
    fn holds(&self, target: &Target<'_>) -> bool {
        let own = match self.attribute {
            Attribute::Role => target.role,
            Attribute::Principal => target.principal,
            Attribute::PrincipalType => target.principal_type,
        };
        let is = |value: &String| match self.exact {
            true => own == value,
            false => own.eq_ignore_ascii_case(value),
        };
        self.values.iter().any(is) == self.listed
    }
}

/// Templates have a dozen parentheses and negations. Every one of more could lie in the one before,
/// and reading them would take all of the stack.
const OPENINGS: usize = 100;

/// The pieces of a condition.
struct Words<'a> {
    words: Vec<&'a str>,
    at: usize,
}

impl<'a> Words<'a> {
    fn split(text: &'a str) -> Option<Self> {
        let mut words = Vec::new();
        let mut rest = text.trim_start();
        while let Some(first) = rest.chars().next() {
            let end = match first {
                '(' | ')' | '{' | '}' | ',' | '!' => 1,
                '\'' => rest[1..].find('\'')? + 2,
                '@' => rest.find(']')? + 1,
                _ => rest
                    .find(|it: char| it.is_whitespace() || "(){},!'@".contains(it))
                    .unwrap_or(rest.len()),
            };
            let (word, further) = rest.split_at(end);
            words.push(word);
            rest = further.trim_start();
        }
        let opens = |word: &&&str| ["(", "!", "NOT"].iter().any(|it| word.eq_ignore_ascii_case(it));
        let readable = words.iter().filter(opens).count() <= OPENINGS;
        readable.then_some(Words { words, at: 0 })
    }

    fn is_done(&self) -> bool {
        self.at == self.words.len()
    }

    fn next(&mut self) -> Option<&'a str> {
        let word = self.words.get(self.at).copied()?;
        self.at += 1;
        Some(word)
    }

    fn take(&mut self, wanted: &[&str]) -> bool {
        let found = self.words.get(self.at);
        let is = found.is_some_and(|word| wanted.iter().any(|it| word.eq_ignore_ascii_case(it)));
        self.at += usize::from(is);
        is
    }

    /// `a OR b OR …`
    fn any(&mut self) -> Option<Term> {
        let mut terms = vec![self.all()?];
        while self.take(&["OR", "||"]) {
            terms.push(self.all()?);
        }
        Some(if terms.len() == 1 { terms.remove(0) } else { Term::Any(terms) })
    }

    /// `a AND b AND …`
    fn all(&mut self) -> Option<Term> {
        let mut terms = vec![self.one()?];
        while self.take(&["AND", "&&"]) {
            terms.push(self.one()?);
        }
        Some(if terms.len() == 1 { terms.remove(0) } else { Term::All(terms) })
    }

    fn one(&mut self) -> Option<Term> {
        if self.take(&["!", "NOT"]) {
            return Some(Term::Not(Box::new(self.one()?)));
        }
        if self.take(&["("]) {
            let term = self.any()?;
            return self.take(&[")"]).then_some(term);
        }
        if self.take(&["ActionMatches"]) {
            let mut values = self.values()?;
            return (values.len() == 1).then(|| Term::Action(values.remove(0)));
        }
        self.comparison().map(Term::Compare)
    }

    fn comparison(&mut self) -> Option<Comparison> {
        let (source, attribute) = attribute_of(self.next()?)?;
        let (listed, exact) = operator_of(self.next()?)?;
        Some(Comparison { source, attribute, listed, exact, values: self.values()? })
    }

    /// `{a, b}`, in quotes or without.
    fn values(&mut self) -> Option<Vec<String>> {
        let mut values = Vec::new();
        if !self.take(&["{"]) {
            return None;
        }
        loop {
            values.push(self.next()?.trim_matches('\'').to_owned());
            if self.take(&["}"]) {
                return Some(values);
            }
            if !self.take(&[","]) {
                return None;
            }
        }
    }
}

/// `@Request[Microsoft.Authorization/roleAssignments:PrincipalId]`
fn attribute_of(word: &str) -> Option<(Source, Attribute)> {
    let (source, name) = word.strip_suffix(']')?.split_once('[')?;
    let source = match source.to_ascii_lowercase().as_str() {
        "@request" => Source::Request,
        "@resource" => Source::Resource,
        _ => return None,
    };
    let (kind, name) = name.split_once(':')?;
    if !kind.eq_ignore_ascii_case("Microsoft.Authorization/roleAssignments") {
        return None;
    }
    let attribute = match name.to_ascii_lowercase().as_str() {
        "roledefinitionid" => Attribute::Role,
        "principalid" => Attribute::Principal,
        "principaltype" => Attribute::PrincipalType,
        _ => return None,
    };
    Some((source, attribute))
}

/// Whether the operator asks for one of the listed values, and whether the case matters.
fn operator_of(word: &str) -> Option<(bool, bool)> {
    let (quantifier, operator) = word.split_once(':').unwrap_or(("", word));
    let negative = match operator.to_ascii_lowercase().as_str() {
        "guidequals" | "stringequals" | "stringequalsignorecase" => false,
        "guidnotequals" | "stringnotequals" | "stringnotequalsignorecase" => true,
        _ => return None,
    };
    // Of a list, "equals one of them" and "differs from all of them" are what templates say; the
    // other two combinations mean something else.
    match (quantifier.to_ascii_lowercase().as_str(), negative) {
        ("foranyofanyvalues" | "forallofanyvalues" | "", false) => {}
        ("foranyofallvalues" | "forallofallvalues" | "", true) => {}
        _ => return None,
    }
    let exact =
        matches!(operator.to_ascii_lowercase().as_str(), "stringequals" | "stringnotequals");
    Some((!negative, exact))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WRITE: Action<'_> = Action::Control("Microsoft.Authorization/roleAssignments/write");
    const DELETE: Action<'_> = Action::Control("Microsoft.Authorization/roleAssignments/delete");
    const ONE: &str = "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd";
    const OTHER: &str = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635";
    const ADA: &str = "b2182484-7b2e-4569-b898-f8c2fb1355bd";
    const GRACE: &str = "00a154d8-5ed8-4bcc-b5c7-19c2add9ca88";

    /// The frame of every template: one clause for writes, one for deletes.
    fn framed(clause: &str, for_deletes: &str) -> String {
        format!(
            "((!(ActionMatches{{'Microsoft.Authorization/roleAssignments/write'}})) OR ({clause})) \
             AND ((!(ActionMatches{{'Microsoft.Authorization/roleAssignments/delete'}})) OR \
             ({for_deletes}))"
        )
    }

    fn template(clause: &str) -> String {
        framed(clause, &clause.replace("@Request", "@Resource"))
    }

    fn allows(
        text: &str,
        action: Action<'_>,
        role: &str,
        principal: &str,
        kind: &str,
    ) -> Certainty {
        let target = Target { role, principal, principal_type: kind };
        Condition::allows(Some(text), action, Some(&target))
    }

    const ROLES: &str = "@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] \
        ForAnyOfAnyValues:GuidEquals {5e0bd9bd-7b93-4f28-af87-19fc36ad61bd, \
        a97b65f3-24c7-4388-baec-2e87135dc908}";

    /// The five templates of the portal ("Examples to delegate Azure role assignment management").
    #[test]
    fn the_templates_of_constrained_delegation_are_understood() {
        let types = "@Request[Microsoft.Authorization/roleAssignments:PrincipalType] \
            ForAnyOfAnyValues:StringEqualsIgnoreCase {'User', 'Group'}";
        let people = format!(
            "@Request[Microsoft.Authorization/roleAssignments:PrincipalId] \
             ForAnyOfAnyValues:GuidEquals {{{ADA}}}"
        );
        let except = format!(
            "@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] \
             ForAnyOfAllValues:GuidNotEquals {{{OTHER}, f58310d9-a9f6-439a-9e8d-f62e7b41a168, \
             18d7d88d-d35e-4fb5-a5c3-7773c20a72d9}}"
        );
        let foundry = "@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] \
            ForAnyOfAnyValues:GuidEquals{eed3b665-ab3a-47b6-8f48-c9382fb1dad6,\
            53ca6127-db72-4b80-b1b0-d745d6d5456d}";
        for (clause, role, principal, kind, expected) in [
            (ROLES, ONE, ADA, "User", Certainty::Yes),
            (ROLES, OTHER, ADA, "User", Certainty::No),
            (&format!("{ROLES} AND {types}"), ONE, ADA, "user", Certainty::Yes),
            (&format!("{ROLES} AND {types}"), ONE, ADA, "ServicePrincipal", Certainty::No),
            (&format!("{ROLES} AND {people}"), ONE, ADA, "User", Certainty::Yes),
            (&format!("{ROLES} AND {people}"), ONE, GRACE, "User", Certainty::No),
            (&except, ONE, ADA, "User", Certainty::Yes),
            (&except, OTHER, ADA, "User", Certainty::No),
            (&except, "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9", ADA, "User", Certainty::No),
            (foundry, ONE, ADA, "User", Certainty::No),
            (foundry, "53CA6127-db72-4b80-b1b0-d745d6d5456d", ADA, "User", Certainty::Yes),
        ] {
            for action in [WRITE, DELETE] {
                let text = template(clause);
                assert_eq!(allows(&text, action, role, principal, kind), expected, "{text} {role}");
            }
            let chat = Action::Data(crate::access::CHAT);
            let text = template(clause);
            assert_eq!(
                Condition::allows(Some(&text), chat, None),
                Certainty::Yes,
                "a limit of what may be assigned is none of what may be done"
            );
        }
    }

    #[test]
    fn the_clause_for_deletes_decides_whether_it_can_be_undone() {
        let nothing = "@Resource[Microsoft.Authorization/roleAssignments:RoleDefinitionId] \
            ForAnyOfAnyValues:GuidEquals {eed3b665-ab3a-47b6-8f48-c9382fb1dad6}";
        let text = framed(ROLES, nothing);
        assert_eq!(allows(&text, WRITE, ONE, ADA, "User"), Certainty::Yes);
        assert_eq!(allows(&text, DELETE, ONE, ADA, "User"), Certainty::No);
    }

    #[test]
    fn whatever_is_of_another_form_cannot_be_told() {
        for text in [
            "@Principal[Microsoft.Directory/CustomSecurityAttributes/Id:Team] StringEquals 'a'",
            "@Environment[UtcNow] DateTimeGreaterThan '2026-01-01'",
            "@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] \
             ForAnyOfAllValues:GuidEquals {5e0bd9bd-7b93-4f28-af87-19fc36ad61bd}",
            "SubOperationMatches{'x'}",
            "(ActionMatches{'x'}",
            "ActionMatches{'x'} ActionMatches{'y'}",
            "ActionMatches{'x",
        ] {
            assert_eq!(Condition::parse(text), None, "{text}");
            assert_eq!(allows(text, WRITE, ONE, ADA, "User"), Certainty::Maybe, "{text}");
        }
        assert_eq!(Condition::allows(None, WRITE, None), Certainty::Yes, "none limits nothing");
        assert_eq!(Condition::allows(Some(" "), WRITE, None), Certainty::Yes);
        let text = template(ROLES);
        assert_eq!(Condition::allows(Some(&text), WRITE, None), Certainty::Maybe, "of what?");
    }
}
