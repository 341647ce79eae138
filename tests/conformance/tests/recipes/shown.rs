//! What Keyless shows for an assignment, and what its readers have to find in it.

use std::collections::BTreeMap;

use keyless::access::{DESCRIPTION, Facts, Wish, plan, recipes};
use keyless::cloud::Row;
use keyless::snapshot::connectivity::Shell;
use keyless::snapshot::{AssignmentPlan, Recipe, RecipeKind, RecipeStep, RecipeText, RoleScope};

use crate::{bash, bicep, cmd, powershell};

/// The names that somebody else chose.
#[derive(Clone, Debug)]
pub struct Names {
    pub subscription: String,
    pub group: String,
    pub account: String,
    pub person: String,
    pub tenant: String,
}

impl Names {
    /// The same name for all of them.
    pub fn all(name: &str) -> Self {
        Self {
            subscription: name.to_owned(),
            group: name.to_owned(),
            account: name.to_owned(),
            person: name.to_owned(),
            tenant: name.to_owned(),
        }
    }
}

/// How many recipes of each kind and shell were read.
pub type Counts = BTreeMap<String, usize>;

/// The recipes for these names, and what stands behind them.
#[derive(Clone, Debug)]
pub struct Shown {
    names: Names,
    plan: AssignmentPlan,
    cloud: &'static Row,
    pub recipes: Vec<Recipe>,
}

impl Shown {
    pub fn new(names: &Names, scope: RoleScope, cloud: &'static Row) -> Self {
        let account = format!(
            "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.CognitiveServices/accounts/{}",
            names.subscription, names.group, names.account
        );
        let facts = Facts { account, object_id: names.person.clone(), ..Facts::default() };
        let plan = plan(&facts, &Wish { scope, ..Wish::default() });
        let recipes = recipes(&plan, &names.tenant, cloud);
        Self { names: names.clone(), plan, cloud, recipes }
    }

    /// Reads every recipe as its tool reads it.
    ///
    /// # Errors
    /// Where one of them says anything but what is meant.
    pub fn check(&self, counts: &mut Counts) -> Result<(), String> {
        for recipe in &self.recipes {
            for text in &recipe.texts {
                self.check_text(recipe, text)
                    .map_err(|error| format!("{}\n{error}\n{:?}", text.text, self.names))?;
            }
            *counts.entry(kind_of(recipe)).or_default() += 1;
        }
        Ok(())
    }

    fn check_text(&self, recipe: &Recipe, text: &RecipeText) -> Result<(), String> {
        let line = text.text.as_str();
        match (recipe.kind, text.step) {
            (RecipeKind::Bicep, RecipeStep::File) => same(bicep::texts(line)?, self.file()),
            (RecipeKind::AzurePowerShell, RecipeStep::WhoAmI) => {
                same(line, "(Get-AzADUser -SignedIn).Id")
            }
            (RecipeKind::AzurePowerShell, step) => {
                same(powershell::words(line)?, self.cmdlet(step))
            }
            (RecipeKind::AzureCli | RecipeKind::Bicep, step) => {
                let shells = recipe.shell.as_ref().map_or(Shell::ALL, std::slice::from_ref);
                for shell in shells {
                    same(handed_to_az(*shell, line)?, self.az(step))?;
                }
                Ok(())
            }
        }
    }

    /// The arguments of `az`, itself first.
    fn az(&self, step: RecipeStep) -> Vec<String> {
        let Self { names, plan, cloud, .. } = self;
        let scope = self.scope();
        let words: &[&str] = match step {
            RecipeStep::ChooseCloud => &["cloud", "set", "--name", cloud.azure_cli],
            RecipeStep::SignIn => &["login", "--tenant", &names.tenant],
            RecipeStep::WhoAmI => {
                &["ad", "signed-in-user", "show", "--query", "id", "--output", "tsv"]
            }
            RecipeStep::WhichRoles => &[
                "role",
                "assignment",
                "list",
                "--include-inherited",
                "--include-groups",
                "--assignee",
                &names.person,
                "--scope",
                &scope,
                "--output",
                "table",
            ],
            RecipeStep::Assign => &[
                "role",
                "assignment",
                "create",
                "--name",
                &plan.name,
                "--role",
                &plan.role_id,
                "--assignee-object-id",
                &names.person,
                "--assignee-principal-type",
                "User",
                "--scope",
                &scope,
                "--description",
                DESCRIPTION,
            ],
            RecipeStep::Deploy => &[
                "deployment",
                "group",
                "create",
                "--subscription",
                &names.subscription,
                "--resource-group",
                &names.group,
                "--template-file",
                "keyless.bicep",
            ],
            RecipeStep::File => &[],
        };
        owned(&[&["az"], words].concat())
    }

    /// A command of the module Az and its arguments.
    fn cmdlet(&self, step: RecipeStep) -> Vec<String> {
        let Self { names, plan, cloud, .. } = self;
        let scope = self.scope();
        let words: &[&str] = match step {
            RecipeStep::SignIn if cloud.is_default() => {
                &["Connect-AzAccount", "-Tenant", &names.tenant]
            }
            RecipeStep::SignIn => {
                &["Connect-AzAccount", "-Tenant", &names.tenant, "-Environment", cloud.azure_cli]
            }
            RecipeStep::WhichRoles => &[
                "Get-AzRoleAssignment",
                "-ExpandPrincipalGroups",
                "-ObjectId",
                &names.person,
                "-Scope",
                &scope,
            ],
            RecipeStep::Assign => &[
                "New-AzRoleAssignment",
                "-ObjectId",
                &names.person,
                "-ObjectType",
                "User",
                "-RoleDefinitionId",
                &plan.role_id,
                "-Scope",
                &scope,
                "-Description",
                DESCRIPTION,
            ],
            _ => &[],
        };
        owned(words)
    }

    /// The texts of the file, from top to bottom.
    fn file(&self) -> Vec<(String, String)> {
        let Self { names, plan, .. } = self;
        let role = format!(
            "/subscriptions/{}/providers/Microsoft.Authorization/roleDefinitions/{}",
            names.subscription, plan.role_id
        );
        let account = [
            ("resource_declaration", "Microsoft.CognitiveServices/accounts@2025-06-01"),
            ("name", &names.account),
        ];
        let assignment = [
            ("resource_declaration", "Microsoft.Authorization/roleAssignments@2022-04-01"),
            ("name", &plan.name),
            ("roleDefinitionId", &role),
            ("principalId", &names.person),
            ("principalType", "User"),
            ("description", DESCRIPTION),
        ];
        let account = account.iter().filter(|_| plan.scope_kind == RoleScope::Account);
        let texts = account.chain(&assignment);
        texts.map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    }

    fn scope(&self) -> String {
        let Names { subscription, group, account, .. } = &self.names;
        let group = format!("/subscriptions/{subscription}/resourceGroups/{group}");
        match self.plan.scope_kind {
            RoleScope::ResourceGroup => group,
            RoleScope::Account => {
                format!("{group}/providers/Microsoft.CognitiveServices/accounts/{account}")
            }
        }
    }
}

/// What `az` is given when this line is run in this shell.
pub fn handed_to_az(shell: Shell, line: &str) -> Result<Vec<String>, String> {
    match shell {
        Shell::Bash => {
            let mut calls = bash::calls(&[line])?.pop().ok_or("nothing was run")?;
            let call = calls.pop().ok_or("nothing was called")?;
            if calls.is_empty() { Ok(call) } else { Err(format!("more was called: {calls:?}")) }
        }
        Shell::PowerShell => cmd::words(&powershell::line_for_batch(&powershell::words(line)?)),
        Shell::Cmd => cmd::words(line),
    }
}

/// The kind of a recipe, and its shell.
pub fn kind_of(recipe: &Recipe) -> String {
    let shell = recipe.shell.map_or(String::new(), |shell| format!(" in {shell:?}"));
    format!("{:?}{shell}", recipe.kind)
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(ToString::to_string).collect()
}

fn same<T: PartialEq + std::fmt::Debug>(read: T, meant: T) -> Result<(), String> {
    if read == meant { Ok(()) } else { Err(format!("read  {read:?}\nmeant {meant:?}")) }
}
