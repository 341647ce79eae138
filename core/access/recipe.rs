//! The same as the assignment, for whoever would rather do it themselves: what the article does
//! with the Azure CLI, the same with Azure PowerShell, and as Bicep.
//!
//! The Azure CLI and Bicep leave the same state as Keyless's own write: the assignment has its name.

use super::{DESCRIPTION, role_definition_id};
use crate::cloud::Row;
use crate::resources::segment_after;
use crate::shell::{line, quote, quote_for_batch};
use crate::snapshot::connectivity::Shell;
use crate::snapshot::{AssignmentPlan, Recipe, RecipeKind, RecipeStep, RecipeText, RoleScope};

/// How to do it by hand, in each tool and shell that can.
pub fn recipes(plan: &AssignmentPlan, tenant: &str, cloud: &Row) -> Vec<Recipe> {
    let azure_cli = Shell::ALL.iter().filter_map(|shell| azure_cli(*shell, plan, tenant, cloud));
    azure_cli.chain(powershell(plan, tenant, cloud)).chain(bicep(plan, tenant, cloud)).collect()
}

fn step(step: RecipeStep, text: String) -> RecipeText {
    RecipeText { step, text }
}

fn azure_cli(shell: Shell, plan: &AssignmentPlan, tenant: &str, cloud: &Row) -> Option<Recipe> {
    let az = |program: &[&str], arguments: &[(&str, &str)]| {
        line(|value| quote_for_batch(shell, value), program, arguments)
    };
    let mut texts = sign_in(shell, tenant, cloud)?;
    texts.extend([
        step(
            RecipeStep::WhoAmI,
            az(&["az", "ad", "signed-in-user", "show"], &[("--query", "id"), ("--output", "tsv")])?,
        ),
        step(
            RecipeStep::WhichRoles,
            az(
                &["az", "role", "assignment", "list", "--include-inherited", "--include-groups"],
                &[("--assignee", &plan.object_id), ("--scope", &plan.scope), ("--output", "table")],
            )?,
        ),
        step(
            RecipeStep::Assign,
            az(
                &["az", "role", "assignment", "create"],
                &[
                    ("--name", &plan.name),
                    ("--role", &plan.role_id),
                    ("--assignee-object-id", &plan.object_id),
                    ("--assignee-principal-type", "User"),
                    ("--scope", &plan.scope),
                    ("--description", DESCRIPTION),
                ],
            )?,
        ),
    ]);
    Some(Recipe { kind: RecipeKind::AzureCli, shell: Some(shell), texts })
}

/// The Azure CLI, signed in to the directory and the cloud of the resource.
fn sign_in(shell: Shell, tenant: &str, cloud: &Row) -> Option<Vec<RecipeText>> {
    let az = |program: &[&str], argument: (&str, &str)| {
        line(|value| quote_for_batch(shell, value), program, &[argument])
    };
    let mut texts = Vec::new();
    if !cloud.is_default() {
        let set = az(&["az", "cloud", "set"], ("--name", cloud.azure_cli))?;
        texts.push(step(RecipeStep::ChooseCloud, set));
    }
    texts.push(step(RecipeStep::SignIn, az(&["az", "login"], ("--tenant", tenant))?));
    Some(texts)
}

fn powershell(plan: &AssignmentPlan, tenant: &str, cloud: &Row) -> Option<Recipe> {
    let run = |program: &str, arguments: &[(&str, &str)]| {
        line(|value| quote(Shell::PowerShell, value), &[program], arguments)
    };
    let mut sign_in = vec![("-Tenant", tenant)];
    if !cloud.is_default() {
        sign_in.push(("-Environment", cloud.azure_cli));
    }
    let texts = vec![
        step(RecipeStep::SignIn, run("Connect-AzAccount", &sign_in)?),
        step(RecipeStep::WhoAmI, "(Get-AzADUser -SignedIn).Id".to_owned()),
        step(
            RecipeStep::WhichRoles,
            run(
                "Get-AzRoleAssignment -ExpandPrincipalGroups",
                &[("-ObjectId", &plan.object_id), ("-Scope", &plan.scope)],
            )?,
        ),
        step(
            RecipeStep::Assign,
            run(
                "New-AzRoleAssignment",
                &[
                    ("-ObjectId", &plan.object_id),
                    ("-ObjectType", "User"),
                    ("-RoleDefinitionId", &plan.role_id),
                    ("-Scope", &plan.scope),
                    ("-Description", DESCRIPTION),
                ],
            )?,
        ),
    ];
    Some(Recipe { kind: RecipeKind::AzurePowerShell, shell: None, texts })
}

/// A file that is deployed to the resource group, and the commands that do it: one recipe where
/// every shell reads the same lines.
fn bicep(plan: &AssignmentPlan, tenant: &str, cloud: &Row) -> Vec<Recipe> {
    let texts = |shell: Shell| {
        let mut texts = sign_in(shell, tenant, cloud)?;
        texts.push(step(RecipeStep::File, bicep_file(plan)));
        texts.push(step(RecipeStep::Deploy, deployment(shell, plan)?));
        Some(texts)
    };
    let of_shells = Shell::ALL.iter().filter_map(|shell| Some((*shell, texts(*shell)?)));
    let mut of_shells: Vec<(Shell, Vec<RecipeText>)> = of_shells.collect();
    let all = of_shells.len() == Shell::ALL.len();
    let alike = all && of_shells.iter().all(|(_, texts)| *texts == of_shells[0].1);
    if alike {
        of_shells.truncate(1);
    }
    let shell_of = |shell| (!alike).then_some(shell);
    let recipe = |(shell, texts)| Recipe { kind: RecipeKind::Bicep, shell: shell_of(shell), texts };
    of_shells.into_iter().map(recipe).collect()
}

fn deployment(shell: Shell, plan: &AssignmentPlan) -> Option<String> {
    line(
        |value| quote_for_batch(shell, value),
        &["az", "deployment", "group", "create"],
        &[
            ("--subscription", segment_after(&plan.scope, "subscriptions")),
            ("--resource-group", segment_after(&plan.scope, "resourceGroups")),
            ("--template-file", "keyless.bicep"),
        ],
    )
}

fn bicep_file(plan: &AssignmentPlan) -> String {
    let account = segment_after(&plan.scope, "accounts");
    let existing = format!(
        "resource account 'Microsoft.CognitiveServices/accounts@2025-06-01' existing = {{\n  \
         name: {}\n}}\n\n",
        bicep_text(account)
    );
    let (existing, scope) = match plan.scope_kind {
        RoleScope::Account => (existing.as_str(), "  scope: account\n"),
        RoleScope::ResourceGroup => ("", ""),
    };
    format!(
        "{existing}resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {{\n  \
         name: {}\n{scope}  properties: {{\n    roleDefinitionId: {}\n    principalId: {}\n    \
         principalType: 'User'\n    description: {}\n  }}\n}}\n",
        bicep_text(&plan.name),
        bicep_text(&role_definition_id(&plan.scope, &plan.role_id)),
        bicep_text(&plan.object_id),
        bicep_text(DESCRIPTION),
    )
}

/// "Bicep data types": a string, with what would mean something in it escaped.
fn bicep_text(text: &str) -> String {
    let mut quoted = String::from("'");
    for letter in text.chars() {
        match letter {
            '\\' => quoted.push_str("\\\\"),
            '\'' => quoted.push_str("\\'"),
            '$' => quoted.push_str("\\$"),
            other if other.is_control() => {
                quoted.push_str(&format!("\\u{{{:x}}}", u32::from(other)));
            }
            other => quoted.push(other),
        }
    }
    quoted.push('\'');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::{Facts, Wish, plan};
    use crate::cloud::CLOUDS;

    fn facts() -> Facts {
        Facts {
            account: "/subscriptions/1/resourceGroups/rg (x)/providers/\
                Microsoft.CognitiveServices/accounts/it's"
                .to_owned(),
            object_id: "b2182484-7b2e-4569-b898-f8c2fb1355bd".to_owned(),
            ..Facts::default()
        }
    }

    fn text(recipes: &[Recipe], kind: RecipeKind, shell: Option<Shell>, at: RecipeStep) -> &str {
        let recipe = recipes.iter().find(|it| it.kind == kind && it.shell == shell);
        let texts = &recipe.expect("it is there").texts;
        &texts.iter().find(|text| text.step == at).expect("the step is there").text
    }

    #[test]
    fn the_recipes_quote_for_their_shell_and_name_what_keyless_would_write() {
        let plan = plan(&facts(), &Wish::default());
        let recipes = recipes(&plan, "contoso", &CLOUDS[0]);
        let bash = text(&recipes, RecipeKind::AzureCli, Some(Shell::Bash), RecipeStep::Assign);
        assert!(bash.contains(r"'/subscriptions/1/resourceGroups/rg (x)/"), "{bash}");
        assert!(bash.contains(r"accounts/it'\''s'"), "{bash}");
        assert!(bash.contains(&plan.name), "the same assignment: {bash}");
        let cmd = text(&recipes, RecipeKind::AzureCli, Some(Shell::Cmd), RecipeStep::Assign);
        assert!(cmd.contains("accounts/it's\""), "{cmd}");
        let bicep = text(&recipes, RecipeKind::Bicep, Some(Shell::Cmd), RecipeStep::File);
        assert!(bicep.contains(r"name: 'it\'s'") && bicep.contains("scope: account"), "{bicep}");
        let deploy = text(&recipes, RecipeKind::Bicep, Some(Shell::Cmd), RecipeStep::Deploy);
        assert!(deploy.contains(r#"--resource-group "rg (x)""#), "as cmd reads it: {deploy}");
        assert!(!recipes.iter().any(|it| it.texts.iter().any(|it| it.text.contains("cloud set"))));
    }

    #[test]
    fn a_line_that_every_shell_reads_alike_is_given_once() {
        let account = facts().account.replace("rg (x)", "rg");
        let plan = plan(&Facts { account, ..facts() }, &Wish::default());
        let recipes = recipes(&plan, "contoso", &CLOUDS[0]);
        let deploy = text(&recipes, RecipeKind::Bicep, None, RecipeStep::Deploy);
        assert!(deploy.contains("--subscription 1 --resource-group rg --template"), "{deploy}");
        assert_eq!(recipes.iter().filter(|it| it.kind == RecipeKind::Bicep).count(), 1);
    }

    #[test]
    fn another_cloud_is_chosen_first() {
        let plan = plan(&facts(), &Wish { scope: RoleScope::ResourceGroup, ..Wish::default() });
        let government = CLOUDS.iter().find(|row| !row.is_default()).expect("there are others");
        let recipes = recipes(&plan, "contoso", government);
        let bash = text(&recipes, RecipeKind::AzureCli, Some(Shell::Bash), RecipeStep::ChooseCloud);
        assert_eq!(bash, "az cloud set --name AzureUSGovernment");
        let login = text(&recipes, RecipeKind::AzurePowerShell, None, RecipeStep::SignIn);
        assert!(login.ends_with("-Environment AzureUSGovernment"), "{login}");
        let bicep = text(&recipes, RecipeKind::Bicep, Some(Shell::Bash), RecipeStep::File);
        assert!(!bicep.contains("existing"), "the group is where it is deployed: {bicep}");
    }
}
