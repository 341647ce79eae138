//! What the page of step 3 says and offers in the situations of those who ask for access.

use e2e::{Road, say};

const RESOURCE: (&str, &str) = ("resource", "contoso-chat-dev");
const ROLE: (&str, &str) = ("role", "Cognitive Services OpenAI User");
/// The group that holds the role; the one that Ada is in belongs to it.
const GROUP: &str = "AI developers";

#[tokio::test]
async fn who_has_access_through_a_group_goes_on_and_assigns_nothing() {
    let road = at_access("through-group").await;
    let wizard = &road.wizard;
    wizard.shows(&say("access.works.body", &[RESOURCE])).await;
    let through = [ROLE, ("scope", "rg-openai-dev"), ("group", GROUP)];
    wizard.shows(&say("finding.may_chat_through_group", &through)).await;
    let page = wizard.text().await;
    assert!(!page.contains(&say("button.assign_role", &[])), "nothing is left to assign: {page}");
    wizard.press(&say("button.continue", &[])).await;
    wizard.arrives_at("connect_project", &[]).await;
}

#[tokio::test]
async fn who_may_assign_nothing_is_given_the_request_to_somebody_else() {
    let road = at_access("may-not-assign").await;
    let wizard = &road.wizard;
    wizard.shows(&say("access.verdict.may_not_chat", &[])).await;
    wizard.shows(&say("access.plan.may_assign.no", &[])).await;
    wizard.press(&say("button.assign_role", &[])).await;
    wizard.shows(&say("failure.may_not_assign.title", &[])).await;
    wizard.shows(&say("failure.may_not_assign.body", &[ROLE, RESOURCE])).await;
    wizard.offers(&say("text.request_access", &[])).await;
}

#[tokio::test]
async fn what_the_window_assigned_and_waited_for_it_takes_away_again() {
    let road = at_access("default").await;
    let wizard = &road.wizard;
    wizard.press(&say("button.assign_role", &[])).await;
    wizard.shows(&say("access.waiting", &[])).await;
    wizard.arrives_at("connect_project", &[]).await;
    wizard.press(&say("button.back", &[])).await;
    wizard.shows(&say("access.works", &[])).await;
    wizard.press(&say("button.undo_role", &[ROLE])).await;
    wizard.shows(&say("notice.role_undone", &[ROLE])).await;
    wizard.shows(&say("access.verdict.may_not_chat", &[])).await;
    wizard.offers(&say("button.assign_role", &[])).await;
}

#[tokio::test]
async fn a_role_that_takes_forty_seconds_is_waited_for_and_the_wait_can_be_left() {
    let road = at_access("role-after-40-s").await;
    let wizard = &road.wizard;
    wizard.press(&say("button.assign_role", &[])).await;
    wizard.shows(&say("access.waiting", &[])).await;
    let waited = "document.querySelector('[role=timer] dd')?.innerText";
    wizard.becomes_true(&format!("{waited} >= '0:03'")).await;
    wizard.press(&say("button.stop_waiting", &[])).await;
    wizard.press(&say("button.wait_again", &[])).await;
    wizard.becomes_true(&format!("{waited} >= '0:30'")).await;
    wizard.arrives_at("connect_project", &[]).await;
}

#[tokio::test]
async fn an_owner_is_told_why_that_is_not_enough_and_takes_the_role() {
    let road = at_access("owner").await;
    let wizard = &road.wizard;
    wizard.shows(&say("access.verdict.may_not_chat", &[])).await;
    let owner = [("role", "Owner"), ("scope", "Contoso Development")];
    wizard.shows(&say("finding.owner_without_data_role", &owner)).await;
    wizard.press(&say("button.assign_role", &[])).await;
    wizard.arrives_at("connect_project", &[]).await;
}

#[tokio::test]
async fn who_may_assign_foundry_user_only_is_offered_that_and_it_works() {
    let road = at_access("foundry-user-only").await;
    let wizard = &road.wizard;
    wizard.shows(&say("access.verdict.may_not_chat", &[])).await;
    wizard.shows("Foundry User").await;
    wizard.shows(&say("access.plan.lists_keys", &[])).await;
    wizard.press(&say("button.assign_role", &[])).await;
    wizard.arrives_at("connect_project", &[]).await;
}

#[tokio::test]
async fn who_cannot_be_told_about_may_try_all_the_same() {
    let road = at_access("roles-unreadable").await;
    let wizard = &road.wizard;
    wizard.shows(&say("access.verdict.cannot_tell", &[])).await;
    wizard.shows(&say("finding.assignments_unread", &[])).await;
    wizard.press(&say("button.try_anyway", &[])).await;
    wizard.arrives_at("connect_project", &[]).await;
}

/// Step 3 in this scenario.
async fn at_access(scenario: &str) -> Road {
    let road = Road::begin_in(scenario).await;
    road.sign_in().await;
    road.choose_resource().await;
    road.wizard.press(&say("button.use_resource", &[])).await;
    road.wizard.arrives_at("get_access", &[RESOURCE]).await;
    road
}
