//! The verdict and the plan, from what Azure says.

use super::*;
use crate::sign_in::Claims;
use crate::snapshot::{MayAssign, Notice, RoleScope, Usage, Verdict};

const SCOPE: &str =
    "/subscriptions/1/resourceGroups/rg (x)/providers/Microsoft.CognitiveServices/accounts/a";
const GROUP: &str = "/subscriptions/1/resourceGroups/rg (x)";
const OWNER: &str = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635";
const READER: &str = "acdd72a7-3385-48ef-bd42-f606fba81ae7";
const CUSTOM: &str = "11111111-1111-1111-1111-111111111111";
const PROJECT_MANAGER: &str = "eadc314b-1a2d-4efa-be10-5d325db5065e";
const ADA: &str = "b2182484-7b2e-4569-b898-f8c2fb1355bd";

fn owned(list: &[&str]) -> Vec<String> {
    list.iter().map(ToString::to_string).collect()
}

fn parties(list: &[(&str, &str)]) -> Vec<Party> {
    list.iter().map(|(id, kind)| Party { id: (*id).to_owned(), kind: (*kind).to_owned() }).collect()
}

fn data(data_actions: &[&str], not_data_actions: &[&str]) -> Permission {
    Permission {
        data_actions: owned(data_actions),
        not_data_actions: owned(not_data_actions),
        ..Permission::default()
    }
}

fn control(actions: &[&str]) -> Permission {
    Permission { actions: owned(actions), ..Permission::default() }
}

fn assignment(role: &str, scope: &str) -> Assignment {
    Assignment {
        role: role.to_owned(),
        scope: scope.to_owned(),
        principal: ADA.to_owned(),
        principal_type: "User".to_owned(),
        ..Assignment::default()
    }
}

/// All could be read.
fn facts(permissions: Vec<Permission>, assignments: Vec<Assignment>) -> Facts {
    Facts {
        account: SCOPE.to_owned(),
        subscription: "Contoso Development".to_owned(),
        kind: "OpenAI".to_owned(),
        person: "ada@contoso.example".to_owned(),
        object_id: ADA.to_owned(),
        permissions: Some(permissions),
        assignments: Some(assignments),
        definitions: BTreeMap::new(),
        denials: Some(Vec::new()),
    }
}

fn codes(findings: &[Notice]) -> Vec<&str> {
    findings.iter().map(|finding| finding.code.as_str()).collect()
}

#[test]
fn what_is_taken_away_again_is_not_granted() {
    let facts = facts(vec![data(&["Microsoft.CognitiveServices/*"], &[CHAT])], Vec::new());
    assert_eq!(judge(&facts, Usage::Chat).0, Verdict::MayNotChat);
}

#[test]
fn an_owner_may_not_chat_and_is_told_why() {
    let owner = assignment(OWNER, "/subscriptions/1");
    let (verdict, findings) = judge(&facts(vec![control(&["*"])], vec![owner]), Usage::Chat);
    assert_eq!(verdict, Verdict::MayNotChat);
    assert_eq!(codes(&findings), ["owner_without_data_role"]);
    assert_eq!(findings[0].parameters["role"], "Owner");
}

#[test]
fn access_names_its_role_its_place_and_its_group() {
    let group = Assignment {
        principal: "team".to_owned(),
        principal_type: "Group".to_owned(),
        ..assignment(OPENAI_USER.id, GROUP)
    };
    let all = vec![
        assignment(OPENAI_USER.id, SCOPE),
        assignment(OPENAI_USER.id, "/subscriptions/1"),
        group,
        assignment(READER, SCOPE),
    ];
    let (verdict, findings) = judge(&facts(vec![data(&[CHAT], &[])], all), Usage::Chat);
    assert_eq!(verdict, Verdict::MayChat);
    let expected = ["may_chat_through", "may_chat_inherited", "may_chat_through_group"];
    assert_eq!(codes(&findings), expected);
    assert_eq!(findings[1].parameters["scope"], "Contoso Development", "ids say little");
    assert_eq!(findings[2].parameters["group"], "team");
    assert_eq!(findings[2].parameters["scope"], "rg (x)");
}

#[test]
fn a_role_at_a_child_of_the_account_does_not_reach_it() {
    let child = assignment(OPENAI_USER.id, &format!("{SCOPE}/projects/p"));
    let (verdict, findings) = judge(&facts(Vec::new(), vec![child]), Usage::Chat);
    assert_eq!(verdict, Verdict::MayNotChat);
    assert_eq!(codes(&findings), ["role_below"], "that it is there all the same is told");
    assert_eq!(findings[0].parameters["scope"], "p");
}

#[test]
fn nothing_read_means_that_nothing_is_known() {
    let unread =
        Facts { permissions: None, assignments: None, denials: None, ..facts(vec![], vec![]) };
    let (verdict, findings) = judge(&unread, Usage::Chat);
    assert_eq!(verdict, Verdict::CannotTell);
    let named = ["permissions_unread", "assignments_unread", "denials_unread"];
    assert_eq!(codes(&findings), named, "what could not be read is named");
}

#[test]
fn a_role_that_is_not_built_in_counts_by_what_it_says() {
    let custom = || vec![assignment(CUSTOM, "/subscriptions/1")];
    let unread = Facts { permissions: None, ..facts(Vec::new(), custom()) };
    let (verdict, findings) = judge(&unread, Usage::Chat);
    assert_eq!(verdict, Verdict::CannotTell, "a role that nobody could read may say anything");
    assert_eq!(codes(&findings)[0], "role_unread");
    for (grants, expected) in [(CHAT, Verdict::MayChat), (FILES, Verdict::MayNotChat)] {
        let definition =
            Definition { name: "Chatters".to_owned(), permissions: vec![data(&[grants], &[])] };
        let definitions = [(CUSTOM.to_owned(), definition)].into();
        let read = Facts { definitions, ..unread.clone() };
        let (verdict, findings) = judge(&read, Usage::Chat);
        assert_eq!(verdict, expected, "{grants}");
        if verdict == Verdict::MayChat {
            assert_eq!(findings[0].parameters["role"], "Chatters");
        }
    }
}

#[test]
fn a_condition_that_is_not_understood_leaves_the_question_open() {
    let condition = Some("@Environment[UtcNow] DateTimeGreaterThan '2026'".to_owned());
    let limited = Assignment { condition, ..assignment(OPENAI_USER.id, SCOPE) };
    let seen = facts(vec![data(&[CHAT], &[])], vec![limited.clone()]);
    let (verdict, findings) = judge(&seen, Usage::Chat);
    assert_eq!(verdict, Verdict::CannotTell, "the permissions show no conditions");
    assert_eq!(codes(&findings), ["condition_unread"]);
    let too = facts(vec![data(&[CHAT], &[])], vec![limited, assignment(OPENAI_USER.id, GROUP)]);
    assert_eq!(judge(&too, Usage::Chat).0, Verdict::MayChat, "another one has none");
}

#[test]
fn a_denial_takes_away_what_a_role_gives() {
    type Named<'a> = &'a [(&'a str, &'a str)];
    let denial = |principals: Named<'_>, excepted: Named<'_>| Denial {
        name: "No models".to_owned(),
        scope: "/subscriptions/1".to_owned(),
        here_only: false,
        principals: parties(principals),
        excepted: parties(excepted),
        permissions: vec![data(&["Microsoft.CognitiveServices/*"], &[])],
        condition: None,
    };
    let everybody = ("00000000-0000-0000-0000-000000000000", "SystemDefined");
    let (ada, group) = ((ADA, "User"), ("a group", "Group"));
    let (other, app) = (("somebody", "User"), ("a program", "ServicePrincipal"));
    for (principals, excepted, here_only, expected) in [
        (vec![everybody], vec![], false, Verdict::MayNotChat),
        (vec![everybody], vec![ada], false, Verdict::MayChat),
        (vec![everybody], vec![group], false, Verdict::CannotTell),
        (vec![everybody], vec![other, app], false, Verdict::MayNotChat),
        (vec![everybody], vec![app, group], false, Verdict::CannotTell),
        (vec![ada], vec![], false, Verdict::MayNotChat),
        (vec![group], vec![], false, Verdict::CannotTell),
        (vec![other, app], vec![], false, Verdict::MayChat),
        (vec![("of a kind that is new", "Device")], vec![], false, Verdict::CannotTell),
        (vec![everybody], vec![], true, Verdict::MayChat),
    ] {
        let denial = Denial { here_only, ..denial(&principals, &excepted) };
        let granted = facts(vec![data(&[CHAT], &[])], vec![assignment(OPENAI_USER.id, SCOPE)]);
        let denied = Facts { denials: Some(vec![denial]), ..granted };
        let (verdict, findings) = judge(&denied, Usage::Chat);
        assert_eq!(verdict, expected, "{principals:?} but {excepted:?}, {here_only}");
        match verdict {
            Verdict::MayNotChat => assert_eq!(codes(&findings), ["denied"]),
            Verdict::CannotTell => assert_eq!(codes(&findings), ["perhaps_denied"]),
            Verdict::MayChat => assert_eq!(codes(&findings), ["may_chat_through"]),
        }
    }
}

#[test]
fn a_role_for_chat_is_not_enough_for_files_or_other_models() {
    let chats = facts(vec![data(&[CHAT], &[])], vec![assignment(OPENAI_USER.id, SCOPE)]);
    assert_eq!(judge(&chats, Usage::Chat).0, Verdict::MayChat);
    for usage in [Usage::Files, Usage::OtherModels] {
        let (verdict, findings) = judge(&chats, usage);
        assert_eq!(verdict, Verdict::MayNotChat, "{usage:?}");
        assert_eq!(codes(&findings), ["role_for_chat_only"]);
    }
}

fn wish(usage: Usage) -> Wish {
    Wish { usage, ..Wish::default() }
}

#[test]
fn the_role_follows_from_what_it_is_for_and_from_what_one_may_give() {
    let owner = facts(vec![control(&["*"])], vec![assignment(OWNER, "/subscriptions/1")]);
    for (usage, role, code) in [
        (Usage::Chat, "Cognitive Services OpenAI User", "chat"),
        (Usage::Files, "Cognitive Services OpenAI Contributor", "files"),
        (Usage::OtherModels, "Foundry User", "other_models"),
    ] {
        let plan = plan(&owner, &wish(usage));
        assert_eq!((plan.role.as_str(), plan.reason.code.as_str()), (role, code));
        assert_eq!((plan.may_assign, plan.may_undo), (MayAssign::Yes, MayAssign::Yes));
        assert_eq!(plan.scope, SCOPE);
    }
    let write = control(&["Microsoft.Authorization/roleAssignments/write"]);
    let manager = facts(vec![write], vec![assignment(PROJECT_MANAGER, "/subscriptions/1")]);
    let plan = plan(&manager, &wish(Usage::Chat));
    assert_eq!(plan.role, "Foundry User", "a project manager may give nothing else that chats");
    assert_eq!(plan.former_role.as_deref(), Some("Azure AI User"));
    assert_eq!((plan.reason.code.as_str(), plan.may_assign), ("only_this", MayAssign::Yes));
    assert_eq!(plan.reason.parameters["wanted"], "Cognitive Services OpenAI User");
    assert!(plan.lists_keys, "and that is said");
}

#[test]
fn whoever_may_assign_nothing_is_told_the_role_with_the_least_rights() {
    let reader = facts(vec![control(&["*/read"])], vec![assignment(READER, "/subscriptions/1")]);
    let plan = plan(&reader, &wish(Usage::Chat));
    assert_eq!((plan.role.as_str(), plan.may_assign), (OPENAI_USER.name, MayAssign::No));
}

#[test]
fn what_cannot_be_read_promises_nothing() {
    let all = || vec![control(&["*"])];
    let unread = Facts { assignments: None, ..facts(all(), Vec::new()) };
    assert_eq!(plan(&unread, &wish(Usage::Chat)).may_assign, MayAssign::Unknown);
    let none = Facts { permissions: None, assignments: None, ..facts(all(), Vec::new()) };
    assert_eq!(plan(&none, &wish(Usage::Chat)).may_assign, MayAssign::Unknown);
    let foreign = Some("@Environment[UtcNow] DateTimeGreaterThan '2026'".to_owned());
    let limited = Assignment { condition: foreign, ..assignment(OWNER, "/subscriptions/1") };
    let limited = facts(all(), vec![limited]);
    assert_eq!(plan(&limited, &wish(Usage::Chat)).may_assign, MayAssign::Unknown);
    let known = Facts { permissions: None, ..facts(all(), vec![assignment(READER, SCOPE)]) };
    assert_eq!(
        plan(&known, &wish(Usage::Chat)).may_assign,
        MayAssign::No,
        "the assignments are all there is"
    );
}

#[test]
fn the_resource_group_is_a_scope_with_rights_of_its_own() {
    let at_account = facts(vec![control(&["*"])], vec![assignment(OWNER, SCOPE)]);
    let wish = Wish { scope: RoleScope::ResourceGroup, ..Wish::default() };
    let plan = plan(&at_account, &wish);
    assert_eq!(plan.scope, GROUP, "spelled as the account's id spells it");
    assert_eq!(plan.may_assign, MayAssign::No, "an owner of the resource does not own the group");
    let may: Vec<MayAssign> = plan.scopes.iter().map(|scope| scope.may_assign).collect();
    assert_eq!(may, [MayAssign::Yes, MayAssign::No], "each scope says so before it is chosen");
    assert_ne!(plan.name, super::plan(&at_account, &Wish::default()).name);
}

#[test]
fn a_denial_of_assigning_is_seen_before_trying() {
    let denial = Denial {
        name: "Managed".to_owned(),
        scope: GROUP.to_owned(),
        principals: parties(&[("00000000-0000-0000-0000-000000000000", "SystemDefined")]),
        permissions: vec![control(&["*/write"])],
        ..Denial::default()
    };
    let owner = facts(vec![control(&["*"])], vec![assignment(OWNER, "/subscriptions/1")]);
    let denied = Facts { denials: Some(vec![denial]), ..owner };
    let plan = plan(&denied, &wish(Usage::Chat));
    assert_eq!((plan.may_assign, plan.may_undo), (MayAssign::No, MayAssign::Yes));
}

#[test]
fn a_role_that_the_person_chose_is_taken_where_it_serves() {
    let owner = facts(vec![control(&["*"])], vec![assignment(OWNER, "/subscriptions/1")]);
    let chosen = |role: &str, usage| Wish { usage, role: Some(role.to_owned()), ..Wish::default() };
    let foundry = plan(&owner, &chosen("53ca6127-db72-4b80-b1b0-d745d6d5456d", Usage::Chat));
    assert_eq!((foundry.role.as_str(), foundry.reason.code.as_str()), ("Foundry User", "chosen"));
    let useless = plan(&owner, &chosen(OPENAI_USER.id, Usage::Files));
    assert_eq!(useless.role, "Cognitive Services OpenAI Contributor", "it would not do");
}

#[test]
fn the_name_of_an_assignment_does_not_depend_on_spelling() {
    let name = assignment_name(SCOPE, "ABC", OPENAI_USER.id, "");
    assert_eq!(
        name,
        assignment_name(&format!("{}/", SCOPE.to_uppercase()), "abc", OPENAI_USER.id, "")
    );
    assert_ne!(name, assignment_name(SCOPE, "abd", OPENAI_USER.id, ""));
    assert_ne!(name, assignment_name(SCOPE, "ABC", OPENAI_USER.id, SECOND_NAME));
}

#[test]
fn a_condition_that_certainly_shuts_out_leaves_no_promise_to_the_permissions() {
    let never = "ActionMatches{'Microsoft.Authorization/roleAssignments/write'}".to_owned();
    let shut = Assignment { condition: Some(never), ..assignment(OPENAI_USER.id, SCOPE) };
    let facts = facts(vec![data(&[CHAT], &[])], vec![shut]);
    let (verdict, findings) = judge(&facts, Usage::Chat);
    assert_eq!((verdict, codes(&findings)), (Verdict::CannotTell, vec!["condition_against"]));
}

#[test]
fn a_denial_under_a_condition_that_is_not_understood_denies_perhaps() {
    let denial = Denial {
        name: "At night".to_owned(),
        scope: SCOPE.to_owned(),
        principals: parties(&[(ADA, "User")]),
        permissions: vec![data(&["*"], &[])],
        condition: Some("@Environment[UtcNow] DateTimeGreaterThan '2026'".to_owned()),
        ..Denial::default()
    };
    let granted = facts(vec![data(&[CHAT], &[])], vec![assignment(OPENAI_USER.id, SCOPE)]);
    let denied = Facts { denials: Some(vec![denial]), ..granted };
    let (verdict, findings) = judge(&denied, Usage::Chat);
    assert_eq!((verdict, codes(&findings)), (Verdict::CannotTell, vec!["perhaps_denied"]));
}

fn cause(facts: &Facts, token: &str) -> Vec<String> {
    let plan = plan(facts, &wish(Usage::Chat));
    let token = Claims { oid: token.to_owned(), ..Claims::default() };
    causes(facts, &plan, Some(&token)).into_iter().map(|it| it.code).collect()
}

#[test]
fn what_keeps_a_role_from_working_is_told_apart() {
    let with = |assignments| facts(Vec::new(), assignments);
    let given = || assignment(OPENAI_USER.id, SCOPE);
    assert_eq!(cause(&with(vec![given()]), ADA), ["cause_none"], "only time is missing");
    assert_eq!(cause(&with(Vec::new()), ADA), ["cause_gone"]);
    let project = format!("{SCOPE}/projects/p");
    let below = vec![assignment(OPENAI_USER.id, &project)];
    assert_eq!(cause(&with(below), ADA), ["cause_scope"]);
    let condition = Some("something".to_owned());
    let limited = vec![Assignment { condition, ..given() }];
    assert_eq!(cause(&with(limited.clone()), ADA), ["cause_condition"]);
    let two = vec![limited[0].clone(), given()];
    assert_eq!(cause(&with(two), ADA), ["cause_none"], "another one has no condition");
    let about_blobs =
        "!(ActionMatches{'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read'})";
    let harmless = Assignment { condition: Some(about_blobs.to_owned()), ..given() };
    assert_eq!(cause(&with(vec![harmless]), ADA), ["cause_none"], "it is about something else");
    assert_eq!(cause(&with(vec![given()]), "somebody else"), ["cause_identity"]);
    let of_group =
        Assignment { principal: "group".to_owned(), principal_type: "Group".to_owned(), ..given() };
    assert_eq!(cause(&with(vec![given(), of_group]), ADA), ["cause_none", "cause_group"]);
    let unread = Facts { assignments: None, ..with(Vec::new()) };
    assert_eq!(cause(&unread, ADA), ["assignments_unread"]);
    let denial = Denial {
        name: "locked".to_owned(),
        scope: SCOPE.to_owned(),
        principals: parties(&[(ADA, "User")]),
        permissions: vec![data(&[CHAT], &[])],
        ..Denial::default()
    };
    let denied = Facts { denials: Some(vec![denial]), ..with(vec![given()]) };
    assert_eq!(cause(&denied, ADA), ["cause_denied"]);
    let unread = Facts { denials: None, ..with(vec![given()]) };
    assert_eq!(cause(&unread, ADA), ["denials_unread"]);
}
