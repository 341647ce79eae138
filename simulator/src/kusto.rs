//! The part of the query language of Resource Graph that is served: one table, then `where`,
//! `project`, `order by` and `limit`. Everything else is refused, as Azure refuses what it does not
//! understand: with the place where understanding ended.

use serde_json::Value;

/// A query that was understood.
#[derive(Clone, Debug)]
pub(crate) struct Query {
    /// The table in lower case; `resources` where none is named.
    pub(crate) table: String,
    pub(crate) steps: Vec<Step>,
}

#[derive(Clone, Debug)]
pub(crate) enum Step {
    Where(Condition),
    Project(Vec<Output>),
    Order(Vec<(Column, Direction)>),
    Limit(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Ascending,
    Descending,
}

/// A column as it leaves the query.
#[derive(Clone, Debug)]
pub(crate) struct Output {
    pub(crate) name: String,
    pub(crate) from: Column,
}

/// `name`, `properties.endpoint`, `properties['endpoint']`
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Column(pub(crate) Vec<String>);

#[derive(Clone, Debug)]
pub(crate) enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Compare { column: Column, how: Comparison, negated: bool, values: Vec<String> },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    /// `==` and `in`
    Same,
    /// `=~` and `in~`
    SameInAnyCase,
    Contains,
    StartsWith,
    EndsWith,
}

/// Where a query stopped making sense.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Misread {
    /// Counted from 1.
    pub(crate) line: usize,
    /// Counted from 0.
    pub(crate) position: usize,
    /// What stands there; `<EOF>` at the end.
    pub(crate) token: String,
}

impl Query {
    /// # Errors
    /// The place of the first word that is not of the served part of the language.
    pub(crate) fn parse(text: &str) -> Result<Self, Misread> {
        let mut reader = Reader { tokens: split(text)?, next: 0 };
        let table = reader.read_table();
        let mut steps = Vec::new();
        if table.is_none() {
            steps.push(reader.read_step()?);
        }
        while !reader.at_end() {
            reader.expect("|")?;
            steps.push(reader.read_step()?);
        }
        Ok(Self { table: table.unwrap_or_else(|| "resources".into()), steps })
    }
}

impl Column {
    /// The name that a projected column gets: `properties_endpoint`.
    pub(crate) fn output_name(&self) -> String {
        self.0.join("_")
    }
}

impl Condition {
    /// Whether a row passes; `column` reads one of its columns.
    pub(crate) fn holds(&self, column: &impl Fn(&Column) -> Value) -> bool {
        match self {
            Self::All(all) => all.iter().all(|one| one.holds(column)),
            Self::Any(all) => all.iter().any(|one| one.holds(column)),
            Self::Compare { column: name, how, negated, values } => {
                let own = match column(name) {
                    Value::String(text) => text,
                    Value::Null => String::new(),
                    other => other.to_string(),
                };
                values.iter().any(|value| how.holds(&own, value)) != *negated
            }
        }
    }
}

impl Comparison {
    fn holds(self, own: &str, value: &str) -> bool {
        match self {
            Self::Same => own == value,
            Self::SameInAnyCase => own.eq_ignore_ascii_case(value),
            Self::Contains => own.to_lowercase().contains(&value.to_lowercase()),
            Self::StartsWith => own.to_lowercase().starts_with(&value.to_lowercase()),
            Self::EndsWith => own.to_lowercase().ends_with(&value.to_lowercase()),
        }
    }
}

#[derive(Clone, Debug)]
enum Kind {
    Word(String),
    Text(String),
    Mark(&'static str),
    End,
}

#[derive(Clone, Debug)]
struct Token {
    kind: Kind,
    line: usize,
    position: usize,
    text: String,
}

const MARKS: [&str; 13] = ["=~", "!~", "==", "!=", "|", "(", ")", "[", "]", ",", ".", "=", "~"];

fn split(text: &str) -> Result<Vec<Token>, Misread> {
    let mut tokens = Vec::new();
    let (mut line, mut position) = (1, 0);
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (kind, length) = if first.is_whitespace() {
            rest = &rest[first.len_utf8()..];
            (line, position) = if first == '\n' { (line + 1, 0) } else { (line, position + 1) };
            continue;
        } else if first == '\'' || first == '"' {
            let inner = rest[1..].find(first).map(|end| &rest[1..=end]);
            let Some(inner) = inner else {
                return Err(Misread { line, position, token: first.to_string() });
            };
            (Kind::Text(inner.to_owned()), inner.len() + 2)
        } else if first.is_ascii_alphanumeric() || first == '_' {
            let of_word = |one: char| one.is_ascii_alphanumeric() || "_-".contains(one);
            let length = rest.find(|one| !of_word(one)).unwrap_or(rest.len());
            (Kind::Word(rest[..length].to_owned()), length)
        } else if let Some(mark) = MARKS.into_iter().find(|mark| rest.starts_with(mark)) {
            (Kind::Mark(mark), mark.len())
        } else {
            return Err(Misread { line, position, token: first.to_string() });
        };
        tokens.push(Token { kind, line, position, text: rest[..length].to_owned() });
        position += rest[..length].chars().count();
        rest = &rest[length..];
    }
    tokens.push(Token { kind: Kind::End, line, position, text: "<EOF>".into() });
    Ok(tokens)
}

struct Reader {
    tokens: Vec<Token>,
    next: usize,
}

impl Reader {
    fn peek(&self) -> &Token {
        &self.tokens[self.next.min(self.tokens.len() - 1)]
    }

    fn at_end(&self) -> bool {
        matches!(self.peek().kind, Kind::End)
    }

    fn wrong<T>(&self) -> Result<T, Misread> {
        let Token { line, position, text, .. } = self.peek().clone();
        Err(Misread { line, position, token: text })
    }

    fn take(&mut self, mark: &str) -> bool {
        let found = matches!(self.peek().kind, Kind::Mark(own) if own == mark);
        self.next += usize::from(found);
        found
    }

    fn expect(&mut self, mark: &str) -> Result<(), Misread> {
        if self.take(mark) { Ok(()) } else { self.wrong() }
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = matches!(&self.peek().kind, Kind::Word(own) if own.eq_ignore_ascii_case(word));
        self.next += usize::from(found);
        found
    }

    fn read_word(&mut self) -> Result<String, Misread> {
        match self.peek().kind.clone() {
            Kind::Word(word) => {
                self.next += 1;
                Ok(word)
            }
            _ => self.wrong(),
        }
    }

    fn read_text(&mut self) -> Result<String, Misread> {
        match self.peek().kind.clone() {
            Kind::Text(text) => {
                self.next += 1;
                Ok(text)
            }
            _ => self.wrong(),
        }
    }

    /// A first word that is followed by a pipe or by nothing names the table.
    fn read_table(&mut self) -> Option<String> {
        let followed = self.tokens.get(self.next + 1).map(|token| &token.kind);
        let ends = matches!(followed, Some(Kind::Mark("|") | Kind::End));
        match &self.peek().kind {
            Kind::Word(word) if ends => {
                let table = word.to_lowercase();
                self.next += 1;
                Some(table)
            }
            _ => None,
        }
    }

    fn read_step(&mut self) -> Result<Step, Misread> {
        if self.take_word("where") {
            return Ok(Step::Where(self.read_any()?));
        }
        if self.take_word("project") {
            return Ok(Step::Project(self.read_list(Self::read_output)?));
        }
        if self.take_word("order") || self.take_word("sort") {
            if !self.take_word("by") {
                return self.wrong();
            }
            return Ok(Step::Order(self.read_list(Self::read_key)?));
        }
        if self.take_word("limit") || self.take_word("take") {
            let count = match &self.peek().kind {
                Kind::Word(word) => word.parse().ok(),
                _ => None,
            };
            let Some(count) = count else {
                return self.wrong();
            };
            self.next += 1;
            return Ok(Step::Limit(count));
        }
        self.wrong()
    }

    fn read_list<T>(
        &mut self,
        read: impl Fn(&mut Self) -> Result<T, Misread>,
    ) -> Result<Vec<T>, Misread> {
        let mut all = vec![read(self)?];
        while self.take(",") {
            all.push(read(self)?);
        }
        Ok(all)
    }

    fn read_output(&mut self) -> Result<Output, Misread> {
        let column = self.read_column()?;
        if let [name] = column.0.as_slice()
            && self.take("=")
        {
            return Ok(Output { name: name.clone(), from: self.read_column()? });
        }
        Ok(Output { name: column.output_name(), from: column })
    }

    /// Kusto sorts in descending order unless it is told otherwise.
    fn read_key(&mut self) -> Result<(Column, Direction), Misread> {
        let column = self.read_column()?;
        let direction = if self.take_word("asc") {
            Direction::Ascending
        } else {
            self.take_word("desc");
            Direction::Descending
        };
        Ok((column, direction))
    }

    fn read_column(&mut self) -> Result<Column, Misread> {
        let mut path = vec![self.read_word()?];
        loop {
            if self.take(".") {
                path.push(self.read_word()?);
            } else if self.take("[") {
                path.push(self.read_text()?);
                self.expect("]")?;
            } else {
                return Ok(Column(path));
            }
        }
    }

    fn read_any(&mut self) -> Result<Condition, Misread> {
        let mut all = vec![self.read_all()?];
        while self.take_word("or") {
            all.push(self.read_all()?);
        }
        Ok(if all.len() == 1 { all.remove(0) } else { Condition::Any(all) })
    }

    fn read_all(&mut self) -> Result<Condition, Misread> {
        let mut all = vec![self.read_one()?];
        while self.take_word("and") {
            all.push(self.read_one()?);
        }
        Ok(if all.len() == 1 { all.remove(0) } else { Condition::All(all) })
    }

    fn read_one(&mut self) -> Result<Condition, Misread> {
        if self.take("(") {
            let inner = self.read_any()?;
            self.expect(")")?;
            return Ok(inner);
        }
        let column = self.read_column()?;
        for (mark, how, negated) in [
            ("=~", Comparison::SameInAnyCase, false),
            ("!~", Comparison::SameInAnyCase, true),
            ("==", Comparison::Same, false),
            ("!=", Comparison::Same, true),
        ] {
            if self.take(mark) {
                let values = vec![self.read_text()?];
                return Ok(Condition::Compare { column, how, negated, values });
            }
        }
        if self.take_word("in") {
            let how = if self.take("~") { Comparison::SameInAnyCase } else { Comparison::Same };
            self.expect("(")?;
            let values = self.read_list(Self::read_text)?;
            self.expect(")")?;
            return Ok(Condition::Compare { column, how, negated: false, values });
        }
        for (word, how) in [
            ("contains", Comparison::Contains),
            ("startswith", Comparison::StartsWith),
            ("endswith", Comparison::EndsWith),
        ] {
            if self.take_word(word) {
                let values = vec![self.read_text()?];
                return Ok(Condition::Compare { column, how, negated: false, values });
            }
        }
        self.wrong()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Column, Misread, Query, Step};

    fn misread(text: &str) -> (usize, usize, String) {
        let Misread { line, position, token } = Query::parse(text).expect_err(text);
        (line, position, token)
    }

    #[test]
    fn a_query_of_the_wizard_is_understood() {
        let query = Query::parse(
            "resources | where type =~ 'microsoft.cognitiveservices/accounts' and kind in~ ('OpenAI','AIServices')\n| project id, name, properties.endpoint, where_ = properties['publicNetworkAccess'] | order by name asc, id | limit 5",
        )
        .expect("of the served part");
        assert_eq!(query.table, "resources");
        let [Step::Where(condition), Step::Project(outputs), Step::Order(keys), Step::Limit(5)] =
            query.steps.as_slice()
        else {
            panic!("four steps, not {:?}", query.steps)
        };
        let names: Vec<&str> = outputs.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["id", "name", "properties_endpoint", "where_"]);
        assert_eq!(keys.len(), 2);
        let row = |kind: &str| {
            let row = json!({"type": "Microsoft.CognitiveServices/accounts", "kind": kind});
            move |column: &Column| -> Value { row[&column.0[0]].clone() }
        };
        assert!(condition.holds(&row("openai")), "=~ and in~ do not mind case");
        assert!(!condition.holds(&row("Face")), "another kind");
    }

    #[test]
    fn a_query_without_a_table_is_about_resources() {
        assert_eq!(Query::parse("project id | limit 2").expect("a step").table, "resources");
        assert_eq!(
            Query::parse("ResourceContainers").expect("a table").table,
            "resourcecontainers"
        );
    }

    #[test]
    fn understanding_ends_at_the_first_wrong_word() {
        assert_eq!(misread("where where"), (1, 11, "<EOF>".into()), "recorded in 2019");
        assert_eq!(misread(""), (1, 0, "<EOF>".into()));
        assert_eq!(misread("resources |\n  summarize count()"), (2, 2, "summarize".into()));
        assert_eq!(misread("resources | where name =~ 5"), (1, 26, "5".into()));
        assert_eq!(misread("resources | where name = 'x'"), (1, 23, "=".into()));
        assert_eq!(misread("resources | where type in ()"), (1, 27, ")".into()));
        assert_eq!(misread("resources | project"), (1, 19, "<EOF>".into()));
        assert_eq!(misread("resources | project id id"), (1, 23, "id".into()));
        assert_eq!(misread("resources | limit many"), (1, 18, "many".into()));
        assert_eq!(misread("resources | where name =~ 'x"), (1, 26, "'".into()));
        assert_eq!(misread("resources; drop"), (1, 9, ";".into()));
        assert_eq!(misread("resources | where (name =~ 'x'"), (1, 30, "<EOF>".into()));
    }
}
