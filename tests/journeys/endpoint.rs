//! A resource that Azure does not list to the person, and whose endpoint they know.

use keyless::failure::{Action, Code, Remedy, TextKind};
use keyless::session::Command;
use keyless::snapshot::{AccessPhase, DeploymentTrouble, EndpointForm, EndpointTrouble, Verdict};
use keyless::snapshot::{Step, TestPhase};
use serde_json::json;
use simulator::{Act, Entry, Fault};

use crate::fixtures::show;
use crate::stage::{ADA, RESOURCE, Stage, access, choose, shown, test};

const DEPLOYMENT: &str = "gpt-4o-mini";

/// A stage where somebody is about to write an endpoint down.
async fn at_form(scenario: &'static str) -> Stage {
    let mut stage = Stage::new(scenario).await;
    stage.send(Command::SignInWithBrowser).await;
    stage.until_failure(Code::NoSubscription).await;
    assert_eq!(shown(stage.page()), Step::SignIn);
    stage.send(Command::OpenEndpoint).await;
    assert_eq!(shown(stage.page()), Step::ChooseResource);
    assert_eq!(stage.failure().code, Code::NoSubscription, "why the list is empty is still told");
    stage
}

fn endpoint_of(stage: &Stage) -> String {
    format!("{}/{RESOURCE}", stage.simulator.addresses().openai)
}

async fn use_endpoint(stage: &mut Stage, endpoint: &str, deployment: &str) {
    let (endpoint, deployment) = (endpoint.to_owned(), deployment.to_owned());
    stage.send(Command::UseEndpoint { endpoint, deployment }).await;
}

fn form(stage: &Stage) -> &EndpointForm {
    let page = choose(stage.page()).expect("the page of the list is shown");
    page.endpoint.as_ref().expect("the form is open")
}

/// Goes on from the form to the last page.
async fn walk_to_test(stage: &mut Stage) {
    let endpoint = endpoint_of(stage);
    use_endpoint(stage, &endpoint, DEPLOYMENT).await;
    stage.confirm_access().await;
    stage.write_env().await;
}

/// What was asked about the resource of anything but the data plane.
fn asked_elsewhere(history: &[Entry]) -> Vec<&str> {
    let about = |entry: &&Entry| entry.path.contains(RESOURCE) && entry.operation != "chat.create";
    history.iter().filter(about).map(|entry| entry.operation.as_str()).collect()
}

#[tokio::test]
async fn whoever_has_the_data_role_only_pastes_the_endpoint_and_reads_an_answer() {
    let mut stage = at_form("data-role-only").await;
    assert!(form(&stage).example.ends_with("/openai/NAME"), "it says what an address looks like");
    show("endpoint-form", &stage);
    let endpoint = endpoint_of(&stage);
    let pasted = format!("AZURE_OPENAI_ENDPOINT=\"{endpoint}/openai/v1/\"");
    use_endpoint(&mut stage, &pasted, DEPLOYMENT).await;
    let page = access(stage.page()).expect("the access is shown").clone();
    assert_eq!((page.phase, page.verdict), (AccessPhase::Known, Some(Verdict::CannotTell)));
    let codes: Vec<&str> = page.findings.iter().map(|finding| finding.code.as_str()).collect();
    assert_eq!(codes, ["known_by_endpoint"]);
    assert!(page.plan.is_none() && page.recipes.is_empty() && page.undo.is_none());
    assert_eq!(page.resource, RESOURCE);
    show("access-known-by-endpoint", &stage);
    stage.confirm_access().await;
    stage.write_env().await;
    assert!(stage.env().contains(&format!("AZURE_OPENAI_ENDPOINT={endpoint}\n")));
    assert!(stage.env().contains(&format!("AZURE_OPENAI_DEPLOYMENT={DEPLOYMENT}\n")));
    assert!(!stage.test_connection().await.is_empty());
    stage.back_works().await;
    stage.send(Command::GoToStep { step: Step::GetAccess }).await;
    let page = access(stage.page()).expect("the access is shown");
    assert_eq!((page.phase, page.verdict), (AccessPhase::Works, Some(Verdict::MayChat)));
    let history = stage.history();
    assert_eq!(asked_elsewhere(&history), [""; 0], "there is no id to ask with");
}

#[tokio::test]
async fn whoever_is_refused_every_list_goes_on_with_the_endpoint() {
    let mut stage = Stage::new("already-has-access").await;
    for operation in ["resourceGraph.query", "accounts.list"] {
        let body = json!({ "error": { "code": "AuthorizationFailed", "message": "The client 'ada' with object id '1' does not have authorization to perform action 'Microsoft.CognitiveServices/accounts/read' over scope '/subscriptions/04a91150-4b4d-434b-9a09-43e90cc8f48f' or the scope is invalid. If access was recently granted, please refresh your credentials." } });
        let refused = Act::Answer { status: 403, headers: [].into(), body };
        stage.simulator.add_fault(Fault::on(operation, refused));
    }
    stage.send(Command::SignInWithBrowser).await;
    stage.go_on().await;
    stage.until("the lists are refused", |s| s.failure.is_some()).await;
    show("resources-refused", &stage);
    assert_eq!(shown(stage.page()), Step::ChooseResource);
    stage.send(Command::OpenEndpoint).await;
    walk_to_test(&mut stage).await;
    assert!(!stage.test_connection().await.is_empty());
}

#[tokio::test]
async fn the_deployment_of_a_copied_address_is_offered() {
    let mut stage = at_form("data-role-only").await;
    let path = format!("openai/deployments/{DEPLOYMENT}/chat/completions?api-version=2024-10-21");
    let address = format!("{}/{path}", endpoint_of(&stage));
    use_endpoint(&mut stage, &address, "").await;
    let shown_form = form(&stage).clone();
    assert_eq!((&*shown_form.deployment, shown_form.deployment_offered), (DEPLOYMENT, true));
    use_endpoint(&mut stage, &shown_form.endpoint, &shown_form.deployment).await;
    assert_eq!(shown(stage.page()), Step::GetAccess);
    stage.send(Command::GoToStep { step: Step::ChooseResource }).await;
    assert_eq!(form(&stage).endpoint, endpoint_of(&stage), "it comes back as it is used");
}

#[tokio::test]
async fn an_address_of_somebody_else_is_refused_beside_its_field_and_asked_nothing() {
    let mut stage = at_form("data-role-only").await;
    let openai = stage.simulator.addresses().openai.clone();
    let before = stage.history().len();
    for (endpoint, trouble) in [
        (String::new(), EndpointTrouble::Empty),
        ("contoso".to_owned(), EndpointTrouble::Malformed),
        ("https://api.openai.example/v1".to_owned(), EndpointTrouble::Elsewhere),
        (stage.simulator.addresses().arm.clone(), EndpointTrouble::Elsewhere),
        (format!("{openai}/swedencentral.api.cognitive/"), EndpointTrouble::KeysOnly),
    ] {
        use_endpoint(&mut stage, &endpoint, "two words").await;
        let form = form(&stage);
        assert_eq!(form.endpoint_trouble, Some(trouble), "{endpoint}");
        assert_eq!(form.deployment_trouble, Some(DeploymentTrouble::Malformed));
        assert_eq!(form.endpoint, endpoint, "what was written stays to be mended");
    }
    let reachable = stage.page().steps.iter().any(|it| it.step == Step::GetAccess && it.reachable);
    assert!(!reachable, "nothing is chosen");
    assert_eq!(stage.history().len(), before, "no token goes to see who answers there");
}

#[tokio::test]
async fn a_refused_chat_gives_the_message_to_send_with_what_is_known() {
    // Ada has no role at all here.
    let mut stage = at_form("no-access").await;
    walk_to_test(&mut stage).await;
    stage.send(Command::SendTestMessage).await;
    let failure = stage.until_failure(Code::ChatNotPermitted).await;
    show("endpoint-chat-not-permitted", &stage);
    assert_eq!(failure.parameters["resource"], RESOURCE);
    let looks = Remedy::Action { action: Action::CheckAccess };
    assert!(!failure.remedies.contains(&looks), "a look at roles shows nothing");
    let text = failure.remedies.iter().find_map(|remedy| match remedy {
        Remedy::Text { text: TextKind::RequestEndpointAccess, content } => Some(content.clone()),
        _ => None,
    });
    let text = text.expect("there is a message to send");
    for known in [ADA, &endpoint_of(&stage), "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd"] {
        assert!(text.contains(known), "{known} is missing in {text}");
    }
    assert!(!text.contains('{') && !text.contains("/subscriptions/"), "{text}");
    let portal = failure.remedies.iter().any(|it| matches!(it, Remedy::Link { .. }));
    assert!(!portal, "the portal opens nothing without an id");
    stage.send(Command::GoToStep { step: Step::GetAccess }).await;
    let page = access(stage.page()).expect("the access is shown");
    assert_eq!(page.verdict, Some(Verdict::CannotTell));
    let tested = test(stage.page()).map(|page| page.phase);
    assert_ne!(tested, Some(TestPhase::Answered));
}

#[tokio::test]
async fn a_deployment_that_is_not_there_is_told_by_its_name() {
    let mut stage = at_form("data-role-only").await;
    let endpoint = endpoint_of(&stage);
    use_endpoint(&mut stage, &endpoint, "no-such-deployment").await;
    stage.confirm_access().await;
    stage.write_env().await;
    stage.send(Command::SendTestMessage).await;
    let failure = stage.until_failure(Code::DeploymentNotFound).await;
    assert_eq!(failure.parameters["deployment"], "no-such-deployment");
    assert_eq!(failure.parameters["resource"], RESOURCE);
}
