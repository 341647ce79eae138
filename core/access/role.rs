//! The built-in roles that matter here, by their ids: names change.
//!
//! Facts: the built-in role list of 2026-08. A test compares each row with the definition
//! (`tests/conformance`), where the definitions are at hand.

use super::condition::Target;
use super::permission::{Action, Certainty};
use super::{CHAT, DELETE, FILES, OTHER_MODELS, WRITE};
use crate::snapshot::Usage;

/// A built-in role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Role {
    /// The role definition's GUID.
    pub id: &'static str,
    /// Its name in 2026.
    pub name: &'static str,
    /// The name before, where it was renamed and is still met.
    pub former: Option<&'static str>,
    /// What it grants on the data plane.
    pub grants: Grants,
    /// Whether who has it can read the resource's keys.
    pub lists_keys: bool,
    /// Which roles it may assign.
    pub assigns: Assigns,
}

/// What a role grants of what Keyless offers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Grants {
    /// [`CHAT`]
    pub chat: bool,
    /// [`FILES`]
    pub files: bool,
    /// [`OTHER_MODELS`]
    pub other_models: bool,
}

/// Which roles a role may assign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assigns {
    /// None.
    Nothing,
    /// Any, unless its own assignment says otherwise.
    Anything,
    /// These, by the condition of its definition.
    Only(&'static [&'static str]),
}

impl Role {
    /// The role of this definition, an id or a GUID.
    pub fn find(definition: &str) -> Option<&'static Role> {
        let id = definition.rsplit('/').next()?;
        ROLES.iter().find(|role| role.id.eq_ignore_ascii_case(id))
    }

    /// Whether it grants the action, as far as it is one that Keyless asks about.
    pub fn grants(&self, action: Action<'_>, target: Option<&Target<'_>>) -> Certainty {
        match action {
            Action::Data(CHAT) => self.grants.chat.into(),
            Action::Data(FILES) => self.grants.files.into(),
            Action::Data(OTHER_MODELS) => self.grants.other_models.into(),
            Action::Control(WRITE | DELETE) => self.assigns(target),
            _ => Certainty::Maybe,
        }
    }

    fn assigns(&self, target: Option<&Target<'_>>) -> Certainty {
        match (self.assigns, target) {
            (Assigns::Nothing, _) => Certainty::No,
            (Assigns::Anything, _) => Certainty::Yes,
            (Assigns::Only(_), None) => Certainty::Maybe,
            (Assigns::Only(roles), Some(target)) => {
                roles.iter().any(|id| id.eq_ignore_ascii_case(target.role)).into()
            }
        }
    }

    /// Whether it grants all that this takes.
    pub fn serves(&self, usage: Usage) -> bool {
        actions_of(usage).iter().all(|action| self.grants(*action, None) == Certainty::Yes)
    }
}

/// The actions that it takes; which one comes first is told where it is missing.
pub fn actions_of(usage: Usage) -> &'static [Action<'static>] {
    match usage {
        Usage::Chat => &[Action::Data(CHAT)],
        Usage::Files => &[Action::Data(CHAT), Action::Data(FILES)],
        Usage::OtherModels => &[Action::Data(CHAT), Action::Data(OTHER_MODELS)],
    }
}

const NOTHING: Grants = Grants { chat: false, files: false, other_models: false };
const CHAT_ONLY: Grants = Grants { chat: true, files: false, other_models: false };
const OPENAI: Grants = Grants { chat: true, files: true, other_models: false };
const EVERYTHING: Grants = Grants { chat: true, files: true, other_models: true };

const FOUNDRY_AGENT_CONSUMER: &str = "eed3b665-ab3a-47b6-8f48-c9382fb1dad6";
const FOUNDRY_USER_ID: &str = "53ca6127-db72-4b80-b1b0-d745d6d5456d";
/// Container Registry Repository Reader and Catalog Lister, and Log Analytics Reader.
const FOUNDRY_ACCOUNT: &[&str] = &[
    FOUNDRY_AGENT_CONSUMER,
    FOUNDRY_USER_ID,
    "3bc748fc-213d-45c1-8d91-9da5725539b9",
    "2a1e307c-b015-4ebd-883e-5b7698a07328",
    "73c42c96-874c-492b-b04d-ab87d138a893",
];

const fn role(id: &'static str, name: &'static str, grants: Grants) -> Role {
    Role { id, name, former: None, grants, lists_keys: false, assigns: Assigns::Nothing }
}

const fn renamed(role: Role, former: &'static str) -> Role {
    Role { former: Some(former), ..role }
}

const fn with_keys(role: Role) -> Role {
    Role { lists_keys: true, ..role }
}

const fn assigning(role: Role, assigns: Assigns) -> Role {
    Role { assigns, ..role }
}

/// Least privilege for chat: no key listing.
pub const OPENAI_USER: Role =
    role("5e0bd9bd-7b93-4f28-af87-19fc36ad61bd", "Cognitive Services OpenAI User", CHAT_ONLY);
/// Files, fine-tuning and deployments; the article's "Assistants" role.
pub const OPENAI_CONTRIBUTOR: Role =
    role("a001fd3d-188f-4b5d-821b-7da978bf7442", "Cognitive Services OpenAI Contributor", OPENAI);
/// Every model of a resource, and its keys.
pub const COGNITIVE_SERVICES_USER: Role =
    with_keys(role("a97b65f3-24c7-4388-baec-2e87135dc908", "Cognitive Services User", EVERYTHING));
/// Every model of a Foundry resource, and its keys.
pub const FOUNDRY_USER: Role =
    with_keys(renamed(role(FOUNDRY_USER_ID, "Foundry User", EVERYTHING), "Azure AI User"));

/// The built-in roles that are known without asking Azure; of those that do not grant a chat the
/// strongest first, because that is the one that a person wonders about.
pub const ROLES: &[Role] = &[
    OPENAI_USER,
    OPENAI_CONTRIBUTOR,
    COGNITIVE_SERVICES_USER,
    FOUNDRY_USER,
    renamed(
        assigning(
            role("eadc314b-1a2d-4efa-be10-5d325db5065e", "Foundry Project Manager", EVERYTHING),
            Assigns::Only(&[FOUNDRY_AGENT_CONSUMER, FOUNDRY_USER_ID]),
        ),
        "Azure AI Project Manager",
    ),
    with_keys(renamed(
        assigning(
            role("c883944f-8b7b-4483-af10-35834be79c4a", "Foundry Owner", EVERYTHING),
            Assigns::Only(FOUNDRY_ACCOUNT),
        ),
        "Azure AI Owner",
    )),
    role("64702f94-c441-49e6-a78b-ef80e0188fee", "Azure AI Developer", EVERYTHING),
    role(
        "19c28022-e58e-450d-a464-0b2a53034789",
        "Cognitive Services Data Contributor (Preview)",
        EVERYTHING,
    ),
    with_keys(assigning(
        role("8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "Owner", NOTHING),
        Assigns::Anything,
    )),
    with_keys(role("b24988ac-6180-42a0-ab88-20f7382dd24c", "Contributor", NOTHING)),
    with_keys(role(
        "25fbc0a9-bd7c-42a3-aa1a-3b75d497ee68",
        "Cognitive Services Contributor",
        NOTHING,
    )),
    with_keys(renamed(
        assigning(
            role("e47c6f54-e4a2-4754-9501-8e0985b135e1", "Foundry Account Owner", NOTHING),
            Assigns::Only(FOUNDRY_ACCOUNT),
        ),
        "Azure AI Account Owner",
    )),
    with_keys(role("b78c5d69-af96-48a3-bf8d-a8b4d589de94", "Azure AI Administrator", NOTHING)),
    assigning(
        role("18d7d88d-d35e-4fb5-a5c3-7773c20a72d9", "User Access Administrator", NOTHING),
        Assigns::Anything,
    ),
    assigning(
        role(
            "f58310d9-a9f6-439a-9e8d-f62e7b41a168",
            "Role Based Access Control Administrator",
            NOTHING,
        ),
        Assigns::Anything,
    ),
    role("3afb7f49-54cb-416e-8c09-6dc049efa503", "Azure AI Inference Deployment Operator", NOTHING),
    role("b59867f0-fa02-499b-be73-45a86b5b3e1c", "Cognitive Services Data Reader", NOTHING),
    role("bba48692-92b0-4667-a9ad-c31c7b334ac2", "Cognitive Services Usages Reader", NOTHING),
    role(FOUNDRY_AGENT_CONSUMER, "Foundry Agent Consumer", NOTHING),
    role("142bfaed-a13f-4c2d-bed2-6db62c4a1009", "Foundry Project Runtime User", NOTHING),
    role("acdd72a7-3385-48ef-bd42-f606fba81ae7", "Reader", NOTHING),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_is_there_once_and_found_in_any_spelling() {
        for role in ROLES {
            let same = ROLES.iter().filter(|other| other.id == role.id || other.name == role.name);
            assert_eq!(same.count(), 1, "{}", role.name);
            let id = format!(
                "/providers/Microsoft.Authorization/RoleDefinitions/{}",
                role.id.to_uppercase()
            );
            assert_eq!(Role::find(&id), Some(role));
        }
        assert_eq!(Role::find("11111111-1111-1111-1111-111111111111"), None);
    }

    #[test]
    fn each_purpose_has_a_role_that_lists_no_keys_where_azure_has_one() {
        assert!(OPENAI_USER.serves(Usage::Chat) && !OPENAI_USER.lists_keys);
        assert!(OPENAI_CONTRIBUTOR.serves(Usage::Files) && !OPENAI_CONTRIBUTOR.lists_keys);
        assert!(
            !OPENAI_USER.serves(Usage::Files) && !OPENAI_CONTRIBUTOR.serves(Usage::OtherModels)
        );
        assert!(FOUNDRY_USER.serves(Usage::OtherModels));
    }
}
