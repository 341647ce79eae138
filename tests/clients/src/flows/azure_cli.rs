//! Azure CLI, by its commands.

use std::sync::Arc;
use std::time::Duration;

use keyless::access::{Access, Facts, Wish, assign_role, plan, recipes};
use keyless::clock::SystemClock;
use keyless::cloud::{CLOUDS, Cloud};
use keyless::developer_tools::HiddenProcess;
use keyless::http::{Cause, Http};
use keyless::identity::Identity;
use keyless::resources::{Account, KnownBy};
use keyless::snapshot::connectivity::Shell;
use keyless::snapshot::{RecipeStep, Resource, RoleScope, Tool};
use serde_json::{Value, json};

use super::refusals::demand_mfa_for_writes;
use super::{
    ADA_ID, CONTOSO, FABRIKAM, INFERENCE, LINUS, NEW_GROUP, OPENAI_USER_NAME, ROBOT_APP,
    ROBOT_SECRET, SUBSCRIPTION,
};
use crate::flow::{Client, Flow, flow};
use crate::stage::{ADA, Stage};

pub(super) fn flows() -> Vec<Flow> {
    const AZ: Client = Client::AzureCli;
    vec![
        flow!(AZ, "signs-in-by-browser", "signs in by browser", [], sign_in_by_browser),
        flow!(AZ, "is-told-of-a-decline", "is told when the person declines", [], decline),
        flow!(AZ, "signs-in-by-device-code", "signs in by device code", [], sign_in_by_code),
        flow!(AZ, "signs-in-with-secret", "signs in with a secret", [], sign_in_with_secret),
        flow!(AZ, "is-refused-a-wrong-secret", "is refused a wrong secret", [], wrong_secret),
        flow!(AZ, "lists-accounts", "lists and shows subscriptions", [], list_accounts),
        flow!(AZ, "signs-out", "signs out", [], sign_out),
        flow!(AZ, "gets-tokens", "gets access tokens", [], get_tokens),
        flow!(AZ, "names-the-person", "names the signed-in person", [], name_the_person),
        flow!(AZ, "lists-resources", "lists accounts and deployments", [], list_resources),
        flow!(AZ, "assigns-a-role", "assigns, lists and deletes a role", [], assign_and_delete),
        flow!(AZ, "follows-the-recipe", "does by hand what Keyless does", [], follow_recipe),
        flow!(AZ, "finds-the-assignment", "finds the assignment that exists", [], assign_again),
        flow!(AZ, "is-refused-a-principal", "is refused an unknown principal", [], no_principal),
        flow!(AZ, "manages-identities", "creates and lists identities", [], manage_identities),
        flow!(
            AZ,
            "waits-when-throttled",
            "waits as long as Retry-After says",
            [],
            wait_when_throttled
        ),
        flow!(
            AZ,
            "says-what-mfa-needs",
            "says which tenant wants a second factor",
            [],
            second_tenant_mfa
        ),
        flow!(
            AZ,
            "says-what-a-challenge-needs",
            "says how to answer a claims challenge, and does",
            [],
            claims_challenge
        ),
    ]
}

async fn sign_in_by_browser(stage: &mut Stage, _: Client) {
    let accounts = stage.sign_in_az(ADA, &["-o", "json"]).await.json();
    assert_eq!(names(&accounts, "name").len(), 4, "both tenants, every page: {accounts}");
    assert!(accounts[0]["user"]["name"] == ADA && accounts[0]["user"]["type"] == "user");
    let tenants = names(&accounts, "tenantId");
    assert!(tenants.contains(&FABRIKAM.to_owned()), "the guest's tenant is listed: {tenants:?}");
    let seen = ["entra.authorize", "entra.signIn", "entra.token", "tenants.list"];
    stage.practice.saw(&seen).await;
    stage.practice.saw(&["subscriptions.list"]).await;
}

async fn decline(stage: &mut Stage, _: Client) {
    let running = stage.az.start(&["login"]);
    let address = stage.opened.next().await;
    stage.browser().await.decline(&address).await;
    let output = running.end().await;
    assert_eq!(output.code, 1, "nobody is signed in: {}{}", output.out, output.err);
    assert_eq!(stage.practice.count("entra.token").await, 0, "there is no code to redeem");
}

async fn sign_in_by_code(stage: &mut Stage, _: Client) {
    let mut running = stage.az.start(&["login", "--use-device-code", "-o", "json"]);
    // "To sign in, use a web browser to open the page <address> and enter the code <code> to …"
    let line = running.says("enter the code").await;
    let words: Vec<&str> = line.split_whitespace().collect();
    let address = words.iter().find(|word| word.starts_with("https://")).expect("an address");
    let code = words.iter().skip_while(|word| **word != "code").nth(1).expect("a code");
    let address = address.parse().expect("an address");
    stage.browser().await.enter_code(&address, code, ADA).await;
    let accounts = running.end().await.json();
    assert_eq!(names(&accounts, "name").len(), 4, "both tenants, every page: {accounts}");
    stage.practice.saw(&["entra.deviceCode", "entra.deviceSignIn", "entra.token"]).await;
}

async fn sign_in_with_secret(stage: &mut Stage, _: Client) {
    let accounts = sign_in_robot(stage, ROBOT_SECRET).await.json();
    assert_eq!(names(&accounts, "id"), [SUBSCRIPTION], "it sees what it has a role in");
    assert_eq!(accounts[0]["user"]["type"], "servicePrincipal");
    let output = stage.az(&["ad", "signed-in-user", "show"]).await;
    output.failed_with("/me request is only valid with delegated authentication flow");
}

async fn wrong_secret(stage: &mut Stage, _: Client) {
    sign_in_robot(stage, "wrong").await.failed_with("AADSTS7000215");
    assert_eq!(stage.practice.statuses("entra.token").await, [401]);
}

async fn list_accounts(stage: &mut Stage, _: Client) {
    stage.sign_in_az(ADA, &["--tenant", CONTOSO]).await.succeeded();
    let accounts = stage.az(&["account", "list", "--refresh", "-o", "json"]).await.json();
    assert_eq!(names(&accounts, "name").len(), 4, "--refresh asks every tenant: {accounts}");
    assert_eq!(accounts[0]["tenantDisplayName"], "Contoso");
    let shown = stage.az(&["account", "show", "-s", SUBSCRIPTION, "-o", "json"]).await.json();
    assert_eq!(shown["name"], "Contoso Development");
}

async fn sign_out(stage: &mut Stage, _: Client) {
    stage.sign_in_az(ADA, &[]).await.succeeded();
    stage.az(&["logout"]).await.succeeded();
    let output = stage.az(&["account", "show"]).await;
    output.failed_with("az login");
}

async fn get_tokens(stage: &mut Stage, _: Client) {
    stage.sign_in_az(ADA, &["--tenant", CONTOSO]).await.succeeded();
    let ask = ["account", "get-access-token", "-o", "json"];
    let arm = stage.az(&ask).await.json();
    assert_eq!((&arm["tenant"], &arm["tokenType"]), (&json!(CONTOSO), &json!("Bearer")));
    let inference = stage.az(&[&ask[..], &["--scope", INFERENCE]].concat()).await.json();
    assert_ne!(inference["accessToken"], arm["accessToken"], "each audience has its own token");
    let before = stage.practice.count("entra.token").await;
    let again = stage.az(&[&ask[..], &["--scope", INFERENCE]].concat()).await.json();
    assert_eq!(
        again["accessToken"], inference["accessToken"],
        "the answer's scope is the asked one"
    );
    assert_eq!(
        stage.practice.count("entra.token").await,
        before,
        "the second comes from its cache"
    );
    let resource = ["--resource", "https://no-such-resource.example"];
    stage.az(&[&ask[..], &resource].concat()).await.failed_with("AADSTS500011");
}

async fn name_the_person(stage: &mut Stage, _: Client) {
    stage.sign_in_az(ADA, &["--tenant", CONTOSO]).await.succeeded();
    let me = stage.az(&["ad", "signed-in-user", "show", "-o", "json"]).await.json();
    assert_eq!((&me["id"], &me["displayName"]), (&json!(ADA_ID), &json!("Ada Lovelace")));
    stage.practice.saw(&["graph.me"]).await;
}

async fn list_resources(stage: &mut Stage, _: Client) {
    stage.sign_in_az(ADA, &["--tenant", CONTOSO]).await.succeeded();
    let account = ["cognitiveservices", "account"];
    let list = stage.az(&[&account[..], &["list", "-o", "json"]].concat()).await.json();
    let found = names(&list, "name");
    assert_eq!(found.len(), 4, "both pages were followed: {found:?}");
    assert_eq!(stage.practice.count("accounts.list").await, 2, "a page has two");
    let which = ["-n", "contoso-chat", "-g", "rg-chat", "-o", "json"];
    let shown = stage.az(&[&account[..], &["show"], &which].concat()).await.json();
    assert_eq!(shown["properties"]["endpoint"], "https://contoso-chat.openai.azure.com/");
    let list = stage.az(&[&account[..], &["deployment", "list"], &which].concat()).await.json();
    assert_eq!(names(&list, "name").len(), 3, "{list}");
    let missing = ["show", "-n", "nosuch", "-g", "rg-chat"];
    let output = stage.az(&[&account[..], &missing].concat()).await;
    output.failed_with("(ResourceNotFound)");
    assert_eq!(output.code, 3, "az tells a missing resource by its exit code");
}

async fn assign_and_delete(stage: &mut Stage, _: Client) {
    stage.sign_in_az(ADA, &["--tenant", CONTOSO]).await.succeeded();
    let created = create_assignment(stage, ADA_ID).await.json();
    assert_eq!(created["principalId"], ADA_ID);
    assert_eq!(created["principalType"], "User");
    assert_eq!(created["scope"], NEW_GROUP);
    assert_eq!(stage.practice.statuses("roleAssignments.create").await, [201]);
    let which = ["--assignee", ADA_ID, "--scope", NEW_GROUP];
    let list = [&["role", "assignment", "list", "-o", "json"][..], &which].concat();
    let roles = names(&stage.az(&list).await.json(), "roleDefinitionName");
    assert!(roles.contains(&OPENAI_USER_NAME.to_owned()), "az names the role: {roles:?}");
    let delete =
        [&["role", "assignment", "delete", "--role", OPENAI_USER_NAME][..], &which].concat();
    stage.az(&delete).await.succeeded();
    assert_eq!(stage.practice.statuses("roleAssignments.delete").await, [200]);
    let roles = names(&stage.az(&list).await.json(), "roleDefinitionName");
    assert!(!roles.contains(&OPENAI_USER_NAME.to_owned()), "it is gone: {roles:?}");
}

/// The lines that Keyless shows leave what its own write leaves: that finds its work done, with
/// the sign-in of the same `az`.
async fn follow_recipe(stage: &mut Stage, _: Client) {
    stage.sign_in_az(ADA, &["--tenant", CONTOSO]).await.succeeded();
    let id = format!("{NEW_GROUP}/providers/Microsoft.CognitiveServices/accounts/new");
    let facts = Facts { account: id.clone(), object_id: ADA_ID.to_owned(), ..Facts::default() };
    let plan = plan(&facts, &Wish { scope: RoleScope::ResourceGroup, ..Wish::default() });
    let recipes = recipes(&plan, CONTOSO, &CLOUDS[0]);
    let recipe = recipes.iter().find(|it| it.shell == Some(Shell::Bash)).expect("one for bash");
    let line = |step: RecipeStep| {
        let text = recipe.texts.iter().find(|text| text.step == step);
        text.expect("the step is there").text.clone()
    };
    let az = stage.azure_cli();
    let who = az.run_line(&line(RecipeStep::WhoAmI)).await;
    assert_eq!(who.out.trim(), ADA_ID, "{}", who.err);
    az.run_line(&line(RecipeStep::WhichRoles)).await.succeeded();
    let made = az.run_line(&line(RecipeStep::Assign)).await.json();
    assert_eq!((&made["name"], &made["scope"]), (&json!(plan.name), &json!(NEW_GROUP)));
    let roles = az.run_line(&line(RecipeStep::WhichRoles)).await;
    assert!(roles.out.contains(OPENAI_USER_NAME), "{}{}", roles.out, roles.err);

    let cloud = Cloud::of(&CLOUDS[0]);
    let http = Arc::new(Http::new(cloud, Arc::new(SystemClock)).expect("a client"));
    let tools = Arc::new(HiddenProcess::on(az.path(), Duration::from_secs(60)));
    let identity = Identity::from_tool(http, Tool::AzureCli, tools, Some(ADA)).await;
    let identity = identity.unwrap_or_else(|failure| panic!("az lends its sign-in: {failure:?}"));
    let account = Account {
        resource: Resource { id, ..Resource::default() },
        tenant_id: CONTOSO.to_owned(),
        delegated_from: None,
        cause: Cause::none(),
        known_by: KnownBy::List,
    };
    let access = Access { facts, cause: Cause::none() };
    let own = assign_role(&identity, &account, &plan, &access, &()).await.expect("it is done");
    assert!(own.existed, "the same assignment, not a second one: {own:?}");
    assert_eq!(stage.practice.statuses("roleAssignments.create").await, [201, 200]);
}

async fn assign_again(stage: &mut Stage, _: Client) {
    stage.sign_in_az(ADA, &["--tenant", CONTOSO]).await.succeeded();
    let first = create_assignment(stage, ADA_ID).await.json();
    let second = create_assignment(stage, ADA_ID).await.json();
    assert_eq!(second["id"], first["id"], "az shows the one that exists");
    assert_eq!(stage.practice.statuses("roleAssignments.create").await, [201, 409]);
}

async fn no_principal(stage: &mut Stage, _: Client) {
    stage.sign_in_az(ADA, &["--tenant", CONTOSO]).await.succeeded();
    let nobody = "99999999-9999-4999-8999-999999999999";
    let mut words = vec!["role", "assignment", "create", "--role", OPENAI_USER_NAME];
    words.extend(["--assignee-object-id", nobody, "--assignee-principal-type", "User"]);
    words.extend(["--scope", NEW_GROUP]);
    stage.az(&words).await.failed_with("(PrincipalNotFound)");
}

async fn manage_identities(stage: &mut Stage, _: Client) {
    stage.sign_in_az(ADA, &["--tenant", CONTOSO]).await.succeeded();
    let create = ["identity", "create", "-g", "rg-new", "-n", "id-app", "-o", "json"];
    let created = stage.az(&create).await.json();
    assert_eq!(created["location"], "swedencentral", "az asks the resource group for it");
    let again = stage.az(&create).await.json();
    assert_eq!(again["principalId"], created["principalId"], "it is the same one");
    let list = stage.az(&["identity", "list", "-g", "rg-new", "-o", "json"]).await.json();
    assert_eq!(names(&list, "name"), ["id-app"]);
    assert_eq!(stage.practice.statuses("identities.create").await, [201, 200]);
    let principal = created["principalId"].as_str().expect("an identity has a principal");
    let mut words = vec!["role", "assignment", "create", "--role", OPENAI_USER_NAME, "-o", "json"];
    words.extend(["--assignee-object-id", principal, "--scope", NEW_GROUP]);
    words.extend(["--assignee-principal-type", "ServicePrincipal"]);
    let assigned = stage.az(&words).await.json();
    assert_eq!(assigned["principalType"], "ServicePrincipal");
}

async fn wait_when_throttled(stage: &mut Stage, _: Client) {
    stage.sign_in_az(ADA, &["--tenant", CONTOSO]).await.succeeded();
    let throttled = json!({
        "when": {"operation": "accounts.get"},
        "act": {"answer": {
            "status": 429, "headers": {"retry-after": "2"},
            "body": {"error": {"code": "TooManyRequests", "message": "Slow down."}},
        }},
        "times": 1,
    });
    stage.practice.set_faults(json!([throttled])).await;
    let start = std::time::Instant::now();
    let words = ["cognitiveservices", "account", "show", "-n", "contoso-chat", "-g", "rg-chat"];
    stage.az(&words).await.succeeded();
    assert!(start.elapsed().as_secs() >= 2, "az came back too early: {:?}", start.elapsed());
    assert_eq!(stage.practice.statuses("accounts.get").await, [429, 200]);
}

async fn second_tenant_mfa(stage: &mut Stage, _: Client) {
    let tenants = json!([
        {"id": CONTOSO, "name": "Contoso", "domains": ["contoso.onmicrosoft.com"]},
        {"id": FABRIKAM, "name": "Fabrikam", "domains": ["fabrikam.onmicrosoft.com"],
            "policies": {"sign_in": [{"demand": "mfa"}]}},
    ]);
    stage.set_scenario(&json!({"tenants": tenants})).await;
    let output = stage.sign_in_az(ADA, &["-o", "json"]).await;
    let accounts = output.json();
    assert_eq!(names(&accounts, "name").len(), 3, "the other tenant is there: {accounts}");
    assert!(output.err.contains("AADSTS50076"), "the reason is told: {}", output.err);
    assert!(output.err.contains(FABRIKAM), "the tenant is named: {}", output.err);
    assert!(!accounts.to_string().contains(LINUS), "and nobody else's subscription");
}

async fn claims_challenge(stage: &mut Stage, _: Client) {
    demand_mfa_for_writes(stage).await;
    stage.sign_in_az(ADA, &["--tenant", CONTOSO]).await.succeeded();
    let output = create_assignment(stage, ADA_ID).await;
    assert_ne!(output.code, 0, "az cannot answer by itself: {}", output.out);
    assert!(output.err.contains("AADSTS50076"), "the reason is told: {}", output.err);
    let said = output.err.lines().find(|line| line.starts_with("az login"));
    let said = said.expect("az says the command that helps").replace('"', "");
    assert!(said.contains("--claims-challenge"), "{said}");
    stage.az(&["logout"]).await.succeeded();
    let words: Vec<&str> = said.split_whitespace().skip(2).collect();
    stage.sign_in_az(ADA, &words).await.succeeded();
    create_assignment(stage, ADA_ID).await.succeeded();
    assert_eq!(stage.practice.statuses("roleAssignments.create").await, [401, 201]);
}

async fn sign_in_robot(stage: &Stage, secret: &str) -> crate::azure_cli::Output {
    let who = ["-u", ROBOT_APP, "-p", secret, "--tenant", CONTOSO];
    stage.az(&[&["login", "--service-principal", "-o", "json"][..], &who].concat()).await
}

async fn create_assignment(stage: &Stage, assignee: &str) -> crate::azure_cli::Output {
    let mut words = vec!["role", "assignment", "create", "--role", OPENAI_USER_NAME, "-o", "json"];
    words.extend(["--assignee", assignee, "--scope", NEW_GROUP]);
    stage.az(&words).await
}

/// This member of every item of a list.
fn names(list: &Value, member: &str) -> Vec<String> {
    let items = list.as_array().unwrap_or_else(|| panic!("it is no list: {list}"));
    items.iter().map(|item| item[member].as_str().unwrap_or_default().to_owned()).collect()
}
