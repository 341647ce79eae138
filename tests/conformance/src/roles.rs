//! The built-in roles that core knows without asking Azure, against their definitions.

use keyless::access::{
    Action, Assigns, CHAT, Certainty, FILES, OTHER_MODELS, Permission, ROLES, Role, Target,
};
use serde::Deserialize;

const WRITE: &str = "Microsoft.Authorization/roleAssignments/write";
const LIST_KEYS: &str = "Microsoft.CognitiveServices/accounts/listkeys/action";

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
}
