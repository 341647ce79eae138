//! The built-in roles that core knows without asking Azure, against their definitions, and what core
//! says of somebody who has one of the defined roles.

use keyless::access::{
    Action, Assignment, Assigns, CHAT, Certainty, FILES, Facts, OTHER_MODELS, Permission, ROLES,
    Role, Target, judge,
};
use keyless::snapshot::{Usage, Verdict};
use serde::Deserialize;

const WRITE: &str = "Microsoft.Authorization/roleAssignments/write";
const LIST_KEYS: &str = "Microsoft.CognitiveServices/accounts/listkeys/action";

/// The roles that may chat: OpenAI User and Contributor, Cognitive Services User, Foundry User,
/// Project Manager and Owner, AI Developer, Data Contributor.
pub(crate) const CHATTING: [&str; 8] = [
    "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd",
    "a001fd3d-188f-4b5d-821b-7da978bf7442",
    "a97b65f3-24c7-4388-baec-2e87135dc908",
    "53ca6127-db72-4b80-b1b0-d745d6d5456d",
    "eadc314b-1a2d-4efa-be10-5d325db5065e",
    "c883944f-8b7b-4483-af10-35834be79c4a",
    "64702f94-c441-49e6-a78b-ef80e0188fee",
    "19c28022-e58e-450d-a464-0b2a53034789",
];

/// Those that sound like it and may not: Owner, Contributor, Reader, Cognitive Services Contributor,
/// Foundry Account Owner, AI Administrator, Inference Deployment Operator, Usages Reader, Data
/// Reader, Agent Consumer, Project Runtime User.
const SILENT: [&str; 11] = [
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
    "b24988ac-6180-42a0-ab88-20f7382dd24c",
    "acdd72a7-3385-48ef-bd42-f606fba81ae7",
    "25fbc0a9-bd7c-42a3-aa1a-3b75d497ee68",
    "e47c6f54-e4a2-4754-9501-8e0985b135e1",
    "b78c5d69-af96-48a3-bf8d-a8b4d589de94",
    "3afb7f49-54cb-416e-8c09-6dc049efa503",
    "bba48692-92b0-4667-a9ad-c31c7b334ac2",
    "b59867f0-fa02-499b-be73-45a86b5b3e1c",
    "eed3b665-ab3a-47b6-8f48-c9382fb1dad6",
    "142bfaed-a13f-4c2d-bed2-6db62c4a1009",
];

/// What the comparison of the verdicts found.
#[derive(Debug, Default)]
pub struct Verdicts {
    /// Roles of which core was asked.
    pub asked: usize,
    /// Where core says otherwise than the definition, and where a definition is not as it is known
    /// or missing.
    pub differences: Vec<String>,
}

/// What the comparison found.
#[derive(Debug, Default)]
pub struct Roles {
    /// Roles that were compared.
    pub compared: usize,
    /// How many of them grant a chat.
    pub chat: usize,
    /// What core says otherwise than the definition, and roles for chat that it does not know.
    pub differences: Vec<String>,
}

#[derive(Deserialize)]
struct File {
    roles: Vec<Definition>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Definition {
    name: String,
    role_name: String,
    permissions: Vec<Permission>,
}

impl Definition {
    fn grants(&self, action: Action<'_>) -> bool {
        self.permissions.iter().any(|permission| permission.names(action))
    }

    /// Whether its data actions hold this one, by what is before and behind their only star.
    fn spells_out(&self, action: &str) -> bool {
        let action = action.to_lowercase();
        let holds = |pattern: &String| match pattern.to_lowercase().split_once('*') {
            None => pattern.eq_ignore_ascii_case(&action),
            Some((head, tail)) => action
                .strip_prefix(head)
                .is_some_and(|rest| !tail.contains('*') && rest.ends_with(tail)),
        };
        self.permissions
            .iter()
            .any(|it| it.data_actions.iter().any(holds) && !it.not_data_actions.iter().any(holds))
    }

    /// Whether a holder may assign this role to themselves.
    fn assigns(&self, role: &str) -> bool {
        let target = Target { role, principal: "p", principal_type: "User" };
        let answers = self.permissions.iter();
        let answers = answers.map(|it| it.grants(Action::Control(WRITE), Some(&target)));
        Certainty::any(answers) == Certainty::Yes
    }
}

/// Compares the roles of a text in the form of `az role definition list`.
///
/// # Errors
/// Where the text is none.
pub fn compare_roles(text: &str) -> Result<Roles, String> {
    let file: File = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let mut found = Roles::default();
    for definition in &file.roles {
        let chats = definition.grants(Action::Data(CHAT));
        found.chat += usize::from(chats);
        match Role::find(&definition.name) {
            Some(role) => {
                found.compared += 1;
                found.differences.extend(differences(role, definition));
            }
            None if chats => found.differences.push(format!("{}: not known", definition.role_name)),
            None => {}
        }
    }
    Ok(found)
}

/// Asks core of each of the nineteen roles whether somebody who has it may chat, and reads the
/// answer out of its definition in another way: without wildcards, and without core.
///
/// # Errors
/// Where the text is none.
pub fn compare_verdicts(text: &str) -> Result<Verdicts, String> {
    let file: File = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let mut found = Verdicts::default();
    let chatting = CHATTING.iter().map(|id| (id, true));
    for (id, expected) in chatting.chain(SILENT.iter().map(|id| (id, false))) {
        let Some(definition) = file.roles.iter().find(|role| role.name == **id) else {
            found.differences.push(format!("{id}: not defined"));
            continue;
        };
        found.asked += 1;
        let name = &definition.role_name;
        if definition.spells_out(CHAT) != expected {
            found.differences.push(format!("{name}: defined otherwise than it is known"));
        }
        let verdict = verdict_of(id);
        if verdict != (if expected { Verdict::MayChat } else { Verdict::MayNotChat }) {
            found.differences.push(format!("{name}: {verdict:?}"));
        }
    }
    Ok(found)
}

/// What core says of somebody who has this role and no other.
fn verdict_of(role: &str) -> Verdict {
    let held = Assignment {
        role: role.to_owned(),
        scope: "/subscriptions/s".to_owned(),
        principal: "p".to_owned(),
        principal_type: "User".to_owned(),
        ..Assignment::default()
    };
    let facts = Facts {
        account:
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.CognitiveServices/accounts/a"
                .to_owned(),
        object_id: "p".to_owned(),
        assignments: Some(vec![held]),
        denials: Some(Vec::new()),
        ..Facts::default()
    };
    judge(&facts, Usage::Chat).0
}

fn differences(role: &Role, definition: &Definition) -> Vec<String> {
    let mut differences = Vec::new();
    let mut compare = |what: &str, told: bool, said: bool| {
        if told != said {
            differences
                .push(format!("{}: {what} is {told}, the definition says {said}", role.name));
        }
    };
    for (what, told, action) in [
        ("chat", role.grants.chat, CHAT),
        ("files", role.grants.files, FILES),
        ("other models", role.grants.other_models, OTHER_MODELS),
    ] {
        compare(what, told, definition.grants(Action::Data(action)));
    }
    compare("keys", role.lists_keys, definition.grants(Action::Control(LIST_KEYS)));
    for other in ROLES {
        let told = match role.assigns {
            Assigns::Nothing => false,
            Assigns::Anything => true,
            Assigns::Only(roles) => roles.contains(&other.id),
        };
        compare(&format!("assigning {}", other.name), told, definition.assigns(other.id));
    }
    differences
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_that_grants_more_than_its_definition_is_found_out() {
        let text = r#"{"roles": [
            {"name": "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd", "roleName": "OpenAI User",
             "permissions": [{"actions": ["*"], "dataActions": ["Microsoft.CognitiveServices/*"]}]},
            {"name": "11111111-1111-1111-1111-111111111111", "roleName": "New",
             "permissions": [{"dataActions": ["*"]}]}]}"#;
        let found = compare_roles(text).expect("it is read");
        assert_eq!((found.compared, found.chat), (1, 2));
        let text = found.differences.join("\n");
        for part in
            ["files is false", "keys is false", "assigning Owner is false", "New: not known"]
        {
            assert!(text.contains(part), "{part}: {text}");
        }
    }

    #[test]
    fn a_definition_that_changed_or_went_is_found_out() {
        let text = r#"{"roles": [
            {"name": "8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "roleName": "Owner",
             "permissions": [{"dataActions": ["Microsoft.CognitiveServices/*/action"]}]},
            {"name": "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd", "roleName": "OpenAI User",
             "permissions": [{"dataActions": ["Microsoft.CognitiveServices/*"]}]}]}"#;
        let found = compare_verdicts(text).expect("it is read");
        assert_eq!((found.asked, found.differences.len()), (2, 18));
        let text = found.differences.join("\n");
        assert!(text.contains("Owner: defined otherwise"), "{text}");
        assert!(!text.contains("OpenAI User"), "{text}");
    }
}
