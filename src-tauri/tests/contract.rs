//! The commands exist once, in the contract: the permissions and the page repeat them exactly.
//! The handler list is made from it by the build script.

use std::collections::BTreeSet;

use keyless::contract::COMMANDS;
use serde_json::Value;

#[test]
fn the_window_may_call_the_commands_of_the_contract_and_no_other() {
    let capability: Value = serde_json::from_str(include_str!("../capabilities/main.json"))
        .expect("the capability is JSON");
    let allowed: BTreeSet<&str> = capability["permissions"]
        .as_array()
        .expect("the capability lists permissions")
        .iter()
        .map(|permission| permission.as_str().expect("a permission is a name"))
        .collect();
    let listed: Vec<String> =
        COMMANDS.iter().map(|name| format!("allow-{}", name.replace('_', "-"))).collect();
    assert_eq!(
        allowed,
        listed.iter().map(String::as_str).collect(),
        "a command without a permission fails in the window, a permission without a command is a hole"
    );
    assert_eq!(capability["windows"], serde_json::json!(["main"]), "there is one window");
}

#[test]
fn the_page_knows_the_commands_of_the_contract_and_no_other() {
    let page = include_str!("../../ui/src/backend.ts");
    let (_, rest) = page.split_once("export const COMMANDS = [").expect("the page lists them");
    let (list, _) = rest.split_once(']').expect("the list ends");
    let names: Vec<&str> = list
        .split(',')
        .map(|name| name.trim().trim_matches('"'))
        .filter(|name| !name.is_empty())
        .collect();
    assert_eq!(names, COMMANDS, "both sides name the same commands, in the same order");
}
