//! The verdict against an evaluator of another form: no wildcard is matched, every definition is
//! spread out over the few actions that matter, and what is not known is tried both ways.

use std::collections::{BTreeMap, BTreeSet};

use keyless::access::{
    Assignment, CHAT, Definition, Denial, FILES, Facts, OTHER_MODELS, Permission, Role, Wish,
    judge, plan,
};
use keyless::snapshot::{MayAssign, Usage, Verdict};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::Value;

const DIRECTORIES: usize = 100_000;
const ACCOUNT: &str =
    "/subscriptions/s1/resourceGroups/rg/providers/Microsoft.CognitiveServices/accounts/a";
const ADA: &str = "ada";
const EVERYBODY: &str = "00000000-0000-0000-0000-000000000000";
const WRITE: &str = "Microsoft.Authorization/roleAssignments/write";
const ACTIONS: [&str; 4] = [CHAT, FILES, OTHER_MODELS, WRITE];

/// Where something is assigned, and whether it counts at the account.
const SCOPES: [(&str, bool); 9] = [
    ("/", true),
    ("/providers/Microsoft.Management/managementGroups/all", true),
    ("/subscriptions/s1", true),
    ("/subscriptions/S1/resourcegroups/RG", true),
    (ACCOUNT, true),
    (
        "/subscriptions/s1/resourceGroups/rg/providers/Microsoft.CognitiveServices/accounts/a/projects/p",
        false,
    ),
    (
        "/subscriptions/s1/resourceGroups/rg/providers/Microsoft.CognitiveServices/accounts/ab",
        false,
    ),
    ("/subscriptions/s1/resourceGroups/rg2", false),
    ("/subscriptions/s12", false),
];

/// Patterns of role definitions, with what each stands for: chat, files, other models, write.
const PATTERNS: [(&str, [bool; 4]); 12] = [
    ("*", [true, true, true, true]),
    ("Microsoft.CognitiveServices/*", [true, true, true, false]),
    ("microsoft.cognitiveservices/accounts/openai/*", [true, true, false, false]),
    ("Microsoft.CognitiveServices/accounts/OpenAI/*/read", [false, false, false, false]),
    ("Microsoft.CognitiveServices/accounts/OpenAI/*/write", [false, true, false, false]),
    ("Microsoft.CognitiveServices/accounts/OpenAI/files/*", [false, true, false, false]),
    ("Microsoft.CognitiveServices/accounts/MaaS/*", [false, false, true, false]),
    ("Microsoft.CognitiveServices/*/action", [true, false, true, false]),
    (CHAT, [true, false, false, false]),
    ("*/write", [false, true, false, true]),
    ("Microsoft.Authorization/*", [false, false, false, true]),
    ("*/read", [false, false, false, false]),
];

/// What one element of a definition grants, by position in [`ACTIONS`].
type Spread = [bool; 4];

struct World {
    facts: Facts,
    /// What each reaching assignment grants.
    granted: Vec<Spread>,
    denials: Vec<(Spread, Denial)>,
}

fn some_patterns(random: &mut StdRng, most: usize) -> Vec<usize> {
    let count = random.random_range(0..=most);
    (0..count).map(|_| random.random_range(0..PATTERNS.len())).collect()
}

fn spread(patterns: &[usize], excepted: &[usize]) -> Spread {
    std::array::from_fn(|action| {
        patterns.iter().any(|at| PATTERNS[*at].1[action])
            && !excepted.iter().any(|at| PATTERNS[*at].1[action])
    })
}

fn texts(patterns: &[usize]) -> Vec<String> {
    patterns.iter().map(|at| PATTERNS[*at].0.to_owned()).collect()
}

/// An element, and what it grants: data actions of the first three, the action of the fourth.
fn element(random: &mut StdRng) -> (Permission, Spread) {
    let (actions, not_actions) = (some_patterns(random, 2), some_patterns(random, 1));
    let (data, not_data) = (some_patterns(random, 3), some_patterns(random, 2));
    let (control, data_spread) = (spread(&actions, &not_actions), spread(&data, &not_data));
    let permission = Permission {
        actions: texts(&actions),
        not_actions: texts(&not_actions),
        data_actions: texts(&data),
        not_data_actions: texts(&not_data),
        condition: None,
    };
    (permission, [data_spread[0], data_spread[1], data_spread[2], control[3]])
}

/// The built-in roles of practice Azure without a condition, spread out from their definitions.
fn built_in() -> Vec<(String, Permission, Spread)> {
    let text = include_str!("../../simulator/data/roles.json");
    let roles: Vec<Value> = serde_json::from_str(text).expect("a list of definitions");
    let list = |role: &Value, name: &str| -> Vec<String> {
        let items = role[name].as_array().cloned().unwrap_or_default();
        items.iter().filter_map(|it| it.as_str().map(str::to_owned)).collect()
    };
    let unlimited = roles.iter().filter(|role| role["condition"].is_null());
    unlimited
        .map(|role| {
            let permission = Permission {
                actions: list(role, "actions"),
                not_actions: list(role, "not_actions"),
                data_actions: list(role, "data_actions"),
                not_data_actions: list(role, "not_data_actions"),
                condition: None,
            };
            let spread = std::array::from_fn(|at| {
                let (granted, excepted) = match at {
                    3 => (&permission.actions, &permission.not_actions),
                    _ => (&permission.data_actions, &permission.not_data_actions),
                };
                let covers = |patterns: &[String]| {
                    patterns.iter().any(|pattern| stands_for(pattern, ACTIONS[at]))
                };
                covers(granted) && !covers(excepted)
            });
            (role["id"].as_str().expect("an id").to_owned(), permission, spread)
        })
        .collect()
}

/// Definitions have at most one star: what is before it begins the action, what is behind it ends
/// the rest.
fn stands_for(pattern: &str, action: &str) -> bool {
    let (pattern, action) = (pattern.to_lowercase(), action.to_lowercase());
    match pattern.split_once('*') {
        None => pattern == action,
        Some((head, tail)) => {
            assert!(!tail.contains('*'), "{pattern}");
            action.len() >= head.len() + tail.len()
                && action.starts_with(head)
                && action.ends_with(tail)
        }
    }
}

fn world(random: &mut StdRng, built_in: &[(String, Permission, Spread)]) -> World {
    let mut facts = Facts {
        account: ACCOUNT.to_owned(),
        kind: "OpenAI".to_owned(),
        object_id: ADA.to_owned(),
        assignments: Some(Vec::new()),
        denials: Some(Vec::new()),
        ..Facts::default()
    };
    let (mut granted, mut effective) = (Vec::new(), Vec::new());
    let (mut assignments, mut definitions) = (Vec::new(), BTreeMap::new());
    for number in 0..random.random_range(0..4) {
        let (role, permission, spread) = if random.random_bool(0.6) {
            built_in[random.random_range(0..built_in.len())].clone()
        } else {
            let (permission, spread) = element(random);
            let id = format!("11111111-1111-1111-1111-{number:012}");
            let definition = Definition { name: id.clone(), permissions: vec![permission.clone()] };
            definitions.insert(id.clone(), definition);
            (id, permission, spread)
        };
        let (scope, counts) = SCOPES[random.random_range(0..SCOPES.len())];
        let group = random.random_bool(0.4);
        assignments.push(Assignment {
            role,
            scope: scope.to_owned(),
            principal: if group { format!("group {number}") } else { ADA.to_owned() },
            principal_type: if group { "Group" } else { "User" }.to_owned(),
            ..Assignment::default()
        });
        if counts {
            granted.push(spread);
            effective.push(permission);
        }
    }
    let denials = (0..random.random_range(0..2)).map(|_| denial(random)).collect::<Vec<_>>();
    facts.denials = Some(denials.iter().map(|(_, denial)| denial.clone()).collect());
    facts.assignments = Some(assignments);
    facts.definitions = definitions;
    facts.permissions = random.random_bool(0.5).then_some(effective);
    World { facts, granted, denials }
}

fn denial(random: &mut StdRng) -> (Spread, Denial) {
    let some = |random: &mut StdRng, most: usize| -> Vec<String> {
        let all = [ADA, EVERYBODY, "group 0", "group 1", "stranger", "other"];
        let count = random.random_range(0..=most);
        (0..count).map(|_| all[random.random_range(0..all.len())].to_owned()).collect()
    };
    let (permission, spread) = element(random);
    let (scope, _) = SCOPES[random.random_range(0..SCOPES.len())];
    let principals = some(random, 2);
    // Whoever is meant and excepted at once is nobody that Azure would name.
    let foreign = |id: &String| id != EVERYBODY && !principals.contains(id);
    let excepted = some(random, 1).into_iter().filter(foreign).collect();
    let denial = Denial {
        name: "denial".to_owned(),
        scope: scope.to_owned(),
        here_only: random.random_bool(0.2),
        principals,
        excepted,
        permissions: vec![permission],
        condition: None,
    };
    (spread, denial)
}

/// Every set of identities that Ada may have, as far as the facts tell.
fn identities(world: &World) -> Vec<BTreeSet<String>> {
    let assignments = world.facts.assignments.iter().flatten();
    let mut known: BTreeSet<String> = assignments.map(|it| it.principal.clone()).collect();
    known.insert(ADA.to_owned());
    let mentioned =
        world.denials.iter().flat_map(|(_, it)| it.principals.iter().chain(&it.excepted));
    let open: BTreeSet<&String> =
        mentioned.filter(|id| !known.contains(*id) && *id != EVERYBODY).collect();
    let open: Vec<&String> = open.into_iter().collect();
    (0..1u32 << open.len())
        .map(|bits| {
            let chosen = open.iter().enumerate().filter(|(at, _)| bits >> at & 1 == 1);
            known.iter().cloned().chain(chosen.map(|(_, id)| (*id).clone())).collect()
        })
        .collect()
}

fn counts(scope: &str) -> bool {
    SCOPES.iter().any(|(known, counts)| *known == scope && *counts)
}

fn may(world: &World, own: &BTreeSet<String>, action: usize) -> bool {
    let denied = world.denials.iter().any(|(spread, denial)| {
        let here = counts(&denial.scope) && (!denial.here_only || denial.scope == ACCOUNT);
        let meant = denial.principals.iter().any(|id| id == EVERYBODY || own.contains(id));
        let excepted = denial.excepted.iter().any(|id| own.contains(id));
        spread[action] && here && meant && !excepted
    });
    world.granted.iter().any(|spread| spread[action]) && !denied
}

#[test]
fn the_verdict_agrees_with_an_evaluator_of_another_form() {
    let (mut random, built_in) = (StdRng::seed_from_u64(5), built_in());
    let mut seen = BTreeMap::new();
    for number in 0..DIRECTORIES {
        let world = world(&mut random, &built_in);
        let ways = identities(&world);
        for (usage, actions) in
            [(Usage::Chat, &[0][..]), (Usage::Files, &[0, 1]), (Usage::OtherModels, &[0, 2])]
        {
            let all = |own: &BTreeSet<String>| actions.iter().all(|at| may(&world, own, *at));
            let (verdict, findings) = judge(&world.facts, usage);
            let expected = match (ways.iter().all(all), ways.iter().any(all)) {
                (true, _) => Verdict::MayChat,
                (_, true) => Verdict::CannotTell,
                (_, false) => Verdict::MayNotChat,
            };
            assert_eq!(verdict, expected, "{number} {usage:?}: {:#?}", world.facts);
            assert!(!findings.is_empty() || verdict == Verdict::MayChat, "{:#?}", world.facts);
            *seen.entry(format!("{usage:?} {verdict:?}")).or_insert(0) += 1;
        }
        let assigns = |own: &BTreeSet<String>| may(&world, own, 3);
        let told = plan(&world.facts, &Wish::default()).may_assign;
        let expected = match (ways.iter().all(assigns), ways.iter().any(assigns)) {
            (true, _) => MayAssign::Yes,
            (_, true) => MayAssign::Unknown,
            (_, false) => MayAssign::No,
        };
        assert_eq!(told, expected, "{number}: {:#?}", world.facts);
        *seen.entry(format!("assign {told:?}")).or_insert(0) += 1;
    }
    println!("{seen:#?}");
    assert_eq!(seen.len(), 12, "every verdict was met: {seen:?}");
    assert!(seen.values().all(|count| *count > 100), "and none by chance: {seen:?}");
}

#[test]
fn the_roles_of_the_core_grant_what_their_definitions_say() {
    let built_in = built_in();
    let known = built_in.iter().filter_map(|(id, _, spread)| Some((Role::find(id)?, spread)));
    let known: Vec<(&Role, &Spread)> = known.collect();
    assert!(known.len() >= 13, "{} roles are compared", known.len());
    for (role, spread) in known {
        let granted = [role.grants.chat, role.grants.files, role.grants.other_models];
        assert_eq!(granted, spread[..3], "{}", role.name);
    }
}
