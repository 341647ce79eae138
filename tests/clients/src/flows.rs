//! All flows, and the places and people of the scenario that they share.

mod azure_cli;
mod chat;
mod inference;
mod manage;
mod refusals;
mod sign_in;
mod tokens;

use crate::flow::Flow;

pub(crate) const CONTOSO: &str = "4d083c51-407b-49e4-b919-9b6615eb8a8e";
pub(crate) const FABRIKAM: &str = "d1c7c857-c37a-4895-88e8-811f00aa7001";
/// Ada's object id in Contoso.
pub(crate) const ADA_ID: &str = "b2182484-7b2e-4569-b898-f8c2fb1355bd";
/// Owner of the subscription, and nothing else.
pub(crate) const GRACE: &str = "grace@contoso.example";
pub(crate) const GRACE_ID: &str = "47eaa099-2cb6-416d-86dc-283cf0480ff9";
/// May chat through a group of groups.
pub(crate) const MARY: &str = "mary@contoso.example";
/// May do everything with models but chat.
pub(crate) const PEGGY: &str = "peggy@contoso.example";
/// May assign roles on one account, not on its resource group.
pub(crate) const DORA: &str = "dora@contoso.example";
/// May assign the role of an OpenAI user in the new group, and by a condition no other one.
pub(crate) const KATHERINE: &str = "katherine@contoso.example";
/// May chat with every account of the subscription.
pub(crate) const RUTH: &str = "ruth@contoso.example";
/// Lives in Fabrikam.
pub(crate) const LINUS: &str = "linus@fabrikam.example";
/// An application with a secret.
pub(crate) const ROBOT_APP: &str = "fdfd7f58-84b3-4a5e-a8a1-5d3ee5b4d1a5";
pub(crate) const ROBOT_SECRET: &str = "not-a-real-secret";

pub(crate) const SUBSCRIPTION: &str = "04a91150-4b4d-434b-9a09-43e90cc8f48f";
/// The subscription of Fabrikam.
pub(crate) const THEIR_SUBSCRIPTION: &str = "567f22c4-75f2-411d-9f9e-c3ebf568aea9";
pub(crate) const GROUP: &str =
    "/subscriptions/04a91150-4b4d-434b-9a09-43e90cc8f48f/resourceGroups/rg-chat";
/// In this resource group Ada may assign roles; its account is closed to her until she does.
pub(crate) const NEW_GROUP: &str =
    "/subscriptions/04a91150-4b4d-434b-9a09-43e90cc8f48f/resourceGroups/rg-new";
/// Ada may chat with this account.
pub(crate) const ENDPOINT: &str = "https://contoso-chat.openai.azure.com";
pub(crate) const NEW_ENDPOINT: &str = "https://contoso-new.openai.azure.com";
pub(crate) const THEIR_ENDPOINT: &str = "https://fabrikam-chat.openai.azure.com";
pub(crate) const DEPLOYMENT: &str = "gpt-4o-mini";
pub(crate) const OPENAI_USER: &str = "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd";
pub(crate) const OPENAI_USER_NAME: &str = "Cognitive Services OpenAI User";

pub(crate) const ARM: &str = "https://management.azure.com/.default";
pub(crate) const INFERENCE: &str = "https://cognitiveservices.azure.com/.default";
/// The newer audience of the same endpoints.
pub(crate) const FOUNDRY: &str = "https://ai.azure.com/.default";

/// Every flow, in the order in which they run.
pub fn all() -> Vec<Flow> {
    [
        azure_cli::flows(),
        sign_in::flows(),
        chat::flows(),
        manage::flows(),
        tokens::flows(),
        // Some of these move the clock, which no scenario moves back.
        refusals::flows(),
        inference::flows(),
    ]
    .concat()
}
