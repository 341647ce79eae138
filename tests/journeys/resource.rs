//! The page "Choose a resource": what the deployments of a resource are for, how much they take and
//! how long they last; what keeps a resource from being used without keys, and what helps.

use std::time::Duration;

use keyless::session::Command;
use keyless::snapshot::{Capacity, Deployment, DeploymentState, ModelPurpose, Retirement};
use serde_json::json;
use simulator::{Act, Fault};

use crate::fixtures::show;
use crate::stage::{RESOURCE, Setup, Stage, choose};

/// The deployments that the page shows.
fn deployments(stage: &Stage) -> &[Deployment] {
    &choose(stage.page()).expect("the resources are shown").deployments
}

fn deployment<'a>(stage: &'a Stage, name: &str) -> &'a Deployment {
    deployments(stage).iter().find(|it| it.name == name).expect("the deployment is listed")
}

fn chosen(stage: &Stage) -> Option<&str> {
    choose(stage.page()).expect("the resources are shown").deployment.as_deref()
}

#[tokio::test]
async fn a_deployment_says_what_it_is_for_how_much_it_takes_and_how_long_it_lasts() {
    let mut stage = Stage::new("models").await;
    stage.sign_in().await;
    stage.select(RESOURCE).await;
    show("resource-models", &stage);
    let chat = deployment(&stage, "chat");
    assert_eq!((&*chat.model, &*chat.version), ("gpt-4.1-mini", "2025-04-14"));
    assert_eq!(chat.purpose, ModelPurpose::Chat);
    let capacity = Capacity {
        sku: "GlobalStandard".to_owned(),
        units: 50,
        tokens_per_minute: Some(50_000),
        requests_per_minute: Some(300),
    };
    assert_eq!(chat.capacity, Some(capacity), "50 requests in ten seconds are 300 a minute");
    assert_eq!(chat.retirement, Retirement::Later { date: "2029-10-14".to_owned() });
    let vectors = deployment(&stage, "vectors");
    assert_eq!((vectors.purpose, vectors.can_chat), (ModelPurpose::Embeddings, false));
    let reserved = deployment(&stage, "reserved").capacity.clone().expect("a capacity");
    assert_eq!((reserved.units, reserved.tokens_per_minute), (50, None), "no limit is made up");
    stage.history();
}

#[tokio::test]
async fn a_model_that_ends_is_told_and_not_chosen_for_the_person() {
    let mut stage = Stage::new("models").await;
    stage.sign_in().await;
    stage.select(RESOURCE).await;
    let ends = |name: &str| deployment(&stage, name).retirement.clone();
    assert_eq!(ends("assistant"), Retirement::Soon { date: "2027-01-15".to_owned() });
    assert_eq!(ends("brought-along"), Retirement::Past { date: "2026-10-01".to_owned() });
    assert_eq!(deployment(&stage, "brand-new").state, DeploymentState::Changing);
    assert_eq!(chosen(&stage), Some("chat"), "the first in the list that lasts and answers");
    stage.send(Command::SelectDeployment { name: "assistant".to_owned() }).await;
    assert_eq!(chosen(&stage), Some("assistant"), "it is the person's to choose");
    // 60 days later the same model has ended.
    stage.pass(Duration::from_secs(60 * 24 * 60 * 60));
    stage.relaunch().await;
    stage.until("the resources are listed", |s| choose(s).is_some_and(|p| p.total > 0)).await;
    stage.select(RESOURCE).await;
    let ends = deployment(&stage, "assistant").retirement.clone();
    assert_eq!(ends, Retirement::Past { date: "2027-01-15".to_owned() }, "by the clock");
}

#[tokio::test]
async fn a_model_of_another_maker_says_so_and_cannot_be_chosen() {
    let mut stage = Stage::new("models").await;
    stage.sign_in().await;
    stage.select(RESOURCE).await;
    let other = deployment(&stage, "deepseek");
    assert_eq!((other.purpose, other.can_chat), (ModelPurpose::Chat, false));
    assert_eq!(other.maker.as_deref(), Some("DeepSeek"));
    assert!(deployments(&stage).iter().filter(|it| it.maker.is_some()).count() == 1);
    stage.send(Command::SelectDeployment { name: "deepseek".to_owned() }).await;
    assert_eq!(chosen(&stage), Some("chat"));
}

#[tokio::test]
async fn dates_that_cannot_be_read_are_unknown_and_hold_nobody_up() {
    let refusal = Act::Answer {
        status: 403,
        headers: [].into(),
        body: json!({ "error": { "code": "AuthorizationFailed", "message": "The client 'ada' with object id '1' does not have authorization to perform action 'Microsoft.CognitiveServices/accounts/models/read' over scope '/x' or the scope is invalid." } }),
    };
    for act in [refusal, Act::Garble, Act::Cut] {
        let mut stage = Stage::new("models").await;
        stage.simulator.add_fault(Fault::on("accounts.listModels", act));
        stage.sign_in().await;
        stage.select(RESOURCE).await;
        assert!(stage.page().failure.is_none(), "the dates are a courtesy");
        assert!(deployments(&stage).len() > 5, "the deployments are there all the same");
        assert!(deployments(&stage).iter().all(|it| it.retirement == Retirement::Unknown));
    }
}

#[tokio::test]
async fn the_dates_of_the_models_are_read_beside_the_deployments() {
    let latency = Duration::from_millis(20);
    let mut stage = Stage::with(Setup { scenario: "models", latency, ..Setup::default() }).await;
    stage.sign_in().await;
    stage.select(RESOURCE).await;
    let history = stage.history();
    let one = |operation: &str| {
        history.iter().find(|entry| entry.operation == operation).expect("it was asked for")
    };
    assert!(
        one("accounts.listModels").overlaps(one("deployments.list")),
        "neither needs the other, yet one waited for the other"
    );
}
