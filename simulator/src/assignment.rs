//! Role assignments, found by name, by scope and by principal without a search through all of them.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;

use time::OffsetDateTime;

use crate::condition::{Attributes, Condition};
use crate::rbac::canonical;

/// A role assignment.
#[derive(Clone, Debug)]
pub(crate) struct Assignment {
    pub(crate) name: String,
    pub(crate) tenant: String,
    pub(crate) principal: String,
    pub(crate) principal_type: String,
    /// Id of a role definition.
    pub(crate) role: String,
    pub(crate) scope: String,
    pub(crate) description: Option<String>,
    pub(crate) condition: Option<Condition>,
    pub(crate) created: OffsetDateTime,
    pub(crate) created_by: Option<String>,
    /// From when the data plane knows of it; none for what was there from the beginning.
    pub(crate) effective: Option<OffsetDateTime>,
}

impl Assignment {
    /// The assignment as conditions see it.
    pub(crate) fn attributes(&self) -> Attributes {
        Attributes {
            role: self.role.clone(),
            principal: self.principal.clone(),
            principal_type: self.principal_type.clone(),
        }
    }
}

/// All role assignments, in order of creation.
#[derive(Debug, Default)]
pub(crate) struct Assignments {
    made: u64,
    all: BTreeMap<u64, Assignment>,
    /// By name in lower case.
    by_name: HashMap<String, u64>,
    /// By canonical scope.
    by_scope: Numbers,
    /// By principal in lower case, then by canonical scope.
    by_principal: HashMap<String, Numbers>,
}

/// The numbers of assignments by canonical scope.
type Numbers = BTreeMap<String, Vec<u64>>;

impl Assignments {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Assignment> {
        self.all.values()
    }

    pub(crate) fn named(&self, name: &str) -> Option<&Assignment> {
        self.all.get(self.by_name.get(&name.to_lowercase())?)
    }

    /// Those at one of some canonical scopes.
    pub(crate) fn at(&self, scopes: &[String]) -> Vec<&Assignment> {
        self.pick(scopes.iter().filter_map(|scope| self.by_scope.get(scope)))
    }

    /// Those strictly below a scope by their path.
    pub(crate) fn below(&self, scope: &str) -> Vec<&Assignment> {
        self.pick(below(&self.by_scope, scope))
    }

    /// A principal's own at one of some canonical scopes.
    pub(crate) fn of(&self, principal: &str, scopes: &[String]) -> Vec<&Assignment> {
        let Some(own) = self.by_principal.get(principal) else {
            return Vec::new();
        };
        self.pick(scopes.iter().filter_map(|scope| own.get(scope)))
    }

    /// A principal's own strictly below a scope by their path.
    pub(crate) fn of_below(&self, principal: &str, scope: &str) -> Vec<&Assignment> {
        let own = self.by_principal.get(principal);
        own.map_or_else(Vec::new, |own| self.pick(below(own, scope)))
    }

    /// All of a principal's own, with their canonical scopes.
    pub(crate) fn own(&self, principal: &str) -> impl Iterator<Item = (&str, &Assignment)> {
        let own = self.by_principal.get(principal).into_iter().flatten();
        own.flat_map(|(scope, all)| {
            self.pick([all].into_iter()).into_iter().map(|one| (scope.as_str(), one))
        })
    }

    /// Whether a principal has any strictly below a scope.
    pub(crate) fn has_below(&self, principal: &str, scope: &str) -> bool {
        self.by_principal.get(principal).is_some_and(|own| below(own, scope).next().is_some())
    }

    /// Adds an assignment under a name that is free.
    pub(crate) fn insert(&mut self, made: Assignment) {
        self.made += 1;
        let number = self.made;
        let scope = canonical(&made.scope);
        self.by_name.insert(made.name.to_lowercase(), number);
        self.by_scope.entry(scope.clone()).or_default().push(number);
        let own = self.by_principal.entry(made.principal.to_lowercase()).or_default();
        own.entry(scope).or_default().push(number);
        self.all.insert(number, made);
    }

    /// Changes what an assignment may be changed in.
    pub(crate) fn amend(
        &mut self,
        name: &str,
        description: Option<String>,
        condition: Option<Condition>,
    ) {
        let number = self.by_name.get(&name.to_lowercase());
        if let Some(one) = number.and_then(|number| self.all.get_mut(number)) {
            one.description = description;
            one.condition = condition;
        }
    }

    pub(crate) fn remove(&mut self, name: &str) {
        let Some(number) = self.by_name.remove(&name.to_lowercase()) else {
            return;
        };
        let Some(gone) = self.all.remove(&number) else {
            return;
        };
        let scope = canonical(&gone.scope);
        drop_number(&mut self.by_scope, &scope, number);
        if let Some(own) = self.by_principal.get_mut(&gone.principal.to_lowercase()) {
            drop_number(own, &scope, number);
        }
    }

    fn pick<'a>(&self, numbers: impl Iterator<Item = &'a Vec<u64>>) -> Vec<&Assignment> {
        numbers.flatten().filter_map(|number| self.all.get(number)).collect()
    }
}

fn below<'a>(numbers: &'a Numbers, scope: &str) -> impl Iterator<Item = &'a Vec<u64>> + use<'a> {
    let scope = canonical(scope);
    let inside = if scope == "/" { scope } else { format!("{scope}/") };
    numbers
        .range::<str, _>((Bound::Excluded(inside.as_str()), Bound::Unbounded))
        .take_while(move |(place, _)| place.starts_with(&inside))
        .map(|(_, all)| all)
}

fn drop_number(numbers: &mut Numbers, scope: &str, number: u64) {
    if let Some(all) = numbers.get_mut(scope) {
        all.retain(|one| *one != number);
        if all.is_empty() {
            numbers.remove(scope);
        }
    }
}
