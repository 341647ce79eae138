//! The verdict against an evaluator of another form: no wildcard is matched and no condition is
//! read. Every definition is spread out over the few actions that matter, every condition over
//! these and the few roles that are assigned, and what is not known is tried both ways.

use std::collections::{BTreeMap, BTreeSet};

use keyless::access::{
    Assignment, CHAT, Definition, Denial, FILES, Facts, OTHER_MODELS, Party, Permission, Role,
    Wish, judge, plan,
};
use keyless::snapshot::{MayAssign, RoleScope, Usage, Verdict};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::Value;

const DIRECTORIES: usize = 100_000;
const ACCOUNT: &str =
    "/subscriptions/s1/resourceGroups/rg/providers/Microsoft.CognitiveServices/accounts/a";
/// Its group, in another spelling.
const GROUP: &str = "/subscriptions/S1/resourcegroups/RG";
const ADA: &str = "ada";
const EVERYBODY: &str = "00000000-0000-0000-0000-000000000000";
const WRITE: &str = "Microsoft.Authorization/roleAssignments/write";
const DELETE: &str = "Microsoft.Authorization/roleAssignments/delete";
const ACTIONS: [&str; 5] = [CHAT, FILES, OTHER_MODELS, WRITE, DELETE];
/// The first three are of the data plane.
const WRITES: usize = 3;
const DELETES: usize = 4;

/// The roles that Keyless assigns: OpenAI User, OpenAI Contributor, Cognitive Services User and
/// Foundry User.
const TARGETS: [&str; 4] = [
    "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd",
    "a001fd3d-188f-4b5d-821b-7da978bf7442",
    "a97b65f3-24c7-4388-baec-2e87135dc908",
    "53ca6127-db72-4b80-b1b0-d745d6d5456d",
];
/// Roles that it does not assign: Owner and Foundry Agent Consumer.
const OTHERS: [&str; 2] =
    ["8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "eed3b665-ab3a-47b6-8f48-c9382fb1dad6"];

/// The roles that may chat (the built-in role list of 2026-08).
const CHATTING: [(&str, &str); 8] = [
    ("5e0bd9bd-7b93-4f28-af87-19fc36ad61bd", "Cognitive Services OpenAI User"),
    ("a001fd3d-188f-4b5d-821b-7da978bf7442", "Cognitive Services OpenAI Contributor"),
    ("a97b65f3-24c7-4388-baec-2e87135dc908", "Cognitive Services User"),
    ("53ca6127-db72-4b80-b1b0-d745d6d5456d", "Foundry User"),
    ("eadc314b-1a2d-4efa-be10-5d325db5065e", "Foundry Project Manager"),
    ("c883944f-8b7b-4483-af10-35834be79c4a", "Foundry Owner"),
    ("64702f94-c441-49e6-a78b-ef80e0188fee", "Azure AI Developer"),
    ("19c28022-e58e-450d-a464-0b2a53034789", "Cognitive Services Data Contributor (Preview)"),
];
/// Roles that sound like it, and may not.
const SILENT: [(&str, &str); 11] = [
    ("8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "Owner"),
    ("b24988ac-6180-42a0-ab88-20f7382dd24c", "Contributor"),
    ("acdd72a7-3385-48ef-bd42-f606fba81ae7", "Reader"),
    ("25fbc0a9-bd7c-42a3-aa1a-3b75d497ee68", "Cognitive Services Contributor"),
    ("e47c6f54-e4a2-4754-9501-8e0985b135e1", "Foundry Account Owner"),
    ("b78c5d69-af96-48a3-bf8d-a8b4d589de94", "Azure AI Administrator"),
    ("3afb7f49-54cb-416e-8c09-6dc049efa503", "Azure AI Inference Deployment Operator"),
    ("bba48692-92b0-4667-a9ad-c31c7b334ac2", "Cognitive Services Usages Reader"),
    ("b59867f0-fa02-499b-be73-45a86b5b3e1c", "Cognitive Services Data Reader"),
    ("eed3b665-ab3a-47b6-8f48-c9382fb1dad6", "Foundry Agent Consumer"),
    ("142bfaed-a13f-4c2d-bed2-6db62c4a1009", "Foundry Project Runtime User"),
];

/// Where a role can be given: at the account, or at its group.
#[derive(Clone, Copy)]
enum Place {
    Account,
    Group,
}

/// Where something is assigned, and whether it counts at the account and at its group.
const SCOPES: [(&str, [bool; 2]); 9] = [
    ("/", [true, true]),
    ("/providers/Microsoft.Management/managementGroups/all", [true, true]),
    ("/subscriptions/s1", [true, true]),
    (GROUP, [true, true]),
    (ACCOUNT, [true, false]),
    (
        "/subscriptions/s1/resourceGroups/rg/providers/Microsoft.CognitiveServices/accounts/a/projects/p",
        [false, false],
    ),
    (
        "/subscriptions/s1/resourceGroups/rg/providers/Microsoft.CognitiveServices/accounts/ab",
        [false, false],
    ),
    ("/subscriptions/s1/resourceGroups/rg2", [false, false]),
    ("/subscriptions/s12", [false, false]),
];

/// Patterns of role definitions, with what each stands for: chat, files, other models, write, delete.
const PATTERNS: [(&str, Spread); 15] = [
    ("*", [true, true, true, true, true]),
    ("Microsoft.CognitiveServices/*", [true, true, true, false, false]),
    ("microsoft.cognitiveservices/accounts/openai/*", [true, true, false, false, false]),
    ("Microsoft.CognitiveServices/accounts/OpenAI/*/read", [false; 5]),
    ("Microsoft.CognitiveServices/accounts/OpenAI/*/write", [false, true, false, false, false]),
    ("Microsoft.CognitiveServices/accounts/OpenAI/files/*", [false, true, false, false, false]),
    ("Microsoft.CognitiveServices/accounts/MaaS/*", [false, false, true, false, false]),
    ("Microsoft.CognitiveServices/*/action", [true, false, true, false, false]),
    (CHAT, [true, false, false, false, false]),
    ("*/write", [false, true, false, true, false]),
    ("*/Delete", [false, false, false, false, true]),
    ("Microsoft.Authorization/*", [false, false, false, true, true]),
    ("Microsoft.Authorization/roleAssignments/*", [false, false, false, true, true]),
    (DELETE, [false, false, false, false, true]),
    ("*/read", [false; 5]),
];

/// Whom deny assignments name.
const NAMED: [(&str, &str); 8] = [
    (ADA, "User"),
    (EVERYBODY, "SystemDefined"),
    ("group 0", "Group"),
    ("group 1", "Group"),
    ("other group", "Group"),
    ("unsaid", ""),
    ("stranger", "User"),
    ("program", "ServicePrincipal"),
];
/// Those among them that Ada is certainly not a part of.
const NOT_HERS: [&str; 3] = [EVERYBODY, "stranger", "program"];

/// What one element of a definition grants, by position in [`ACTIONS`].
type Spread = [bool; 5];

/// What a condition says of each action, and of each role that would be given or taken away, by
/// position in [`TARGETS`]; `None` where nobody can tell.
type Table = [[Option<bool>; 4]; 5];

const UNLIMITED: Table = [[Some(true); 4]; 5];

/// A role that is assigned.
struct Grant {
    counts: [bool; 2],
    names: Spread,
    by_role: Table,
    by_assignment: Table,
}

struct World {
    facts: Facts,
    granted: Vec<Grant>,
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

/// An element, and what it grants: of the first three as data actions, of the others as actions.
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
    (permission, std::array::from_fn(|at| if at < WRITES { data_spread[at] } else { control[at] }))
}

/// A built-in role of practice Azure.
#[derive(Clone)]
struct BuiltIn {
    id: String,
    name: String,
    permission: Permission,
    names: Spread,
    by_role: Table,
}

/// The built-in roles of practice Azure, spread out from their definitions.
fn built_in() -> Vec<BuiltIn> {
    let text = include_str!("../../simulator/data/roles.json");
    let roles: Vec<Value> = serde_json::from_str(text).expect("a list of definitions");
    let list = |role: &Value, name: &str| -> Vec<String> {
        let items = role[name].as_array().cloned().unwrap_or_default();
        items.iter().filter_map(|it| it.as_str().map(str::to_owned)).collect()
    };
    let spread_out = |role: &Value| {
        // What the permissions API shows: no condition.
        let permission = Permission {
            actions: list(role, "actions"),
            not_actions: list(role, "not_actions"),
            data_actions: list(role, "data_actions"),
            not_data_actions: list(role, "not_data_actions"),
            condition: None,
        };
        let names = std::array::from_fn(|at| {
            let (granted, excepted) = match at {
                WRITES | DELETES => (&permission.actions, &permission.not_actions),
                _ => (&permission.data_actions, &permission.not_data_actions),
            };
            let covers = |patterns: &[String]| {
                patterns.iter().any(|pattern| stands_for(pattern, ACTIONS[at]))
            };
            covers(granted) && !covers(excepted)
        });
        BuiltIn {
            id: role["id"].as_str().expect("an id").to_owned(),
            name: role["name"].as_str().expect("a name").to_owned(),
            by_role: role["condition"].as_str().map_or(UNLIMITED, by_definition),
            permission,
            names,
        }
    };
    roles.iter().map(spread_out).collect()
}

/// A definition's condition names the roles that may be given, and then those that may be taken.
fn by_definition(condition: &str) -> Table {
    let (write, delete) = condition.split_once(DELETE).expect("one clause each");
    let mut table = UNLIMITED;
    table[WRITES] = TARGETS.map(|role| Some(write.contains(role)));
    table[DELETES] = TARGETS.map(|role| Some(delete.contains(role)));
    table
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

/// A condition of an assignment, with what it says: one that nobody understands, one about actions
/// alone, or a template of the portal in any of its forms.
fn condition(random: &mut StdRng) -> (Option<String>, Table) {
    match random.random_range(0..10) {
        0..5 => (None, UNLIMITED),
        5 => {
            let foreign = [
                "@Principal[Microsoft.Directory/CustomSecurityAttributes/Id:Team] StringEquals 'a'",
                "@Environment[UtcNow] DateTimeGreaterThan '2026-01-01'",
                "@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] \
                 ForAnyOfAllValues:GuidEquals {5e0bd9bd-7b93-4f28-af87-19fc36ad61bd}",
                "((!(ActionMatches{'Microsoft.Authorization/roleAssignments/write'})) OR (",
            ];
            let text = foreign[random.random_range(0..foreign.len())];
            (Some(text.to_owned()), [[None; 4]; 5])
        }
        6 => about_actions(random),
        _ => template(random),
    }
}

/// `ActionMatches{…}`, or not, or unless a clause holds.
fn about_actions(random: &mut StdRng) -> (Option<String>, Table) {
    let (pattern, matched) = PATTERNS[random.random_range(0..PATTERNS.len())];
    let told = |says: fn(bool) -> bool| matched.map(|it| [Some(says(it)); 4]);
    match random.random_range(0..3) {
        0 => (Some(format!("ActionMatches{{'{pattern}'}}")), told(|it| it)),
        1 => (Some(format!("NOT ActionMatches{{'{pattern}'}}")), told(|it| !it)),
        _ => {
            let (clause, holds) = clause(random, "Request");
            let mut table = matched.map(|it| [(!it).then_some(true); 4]);
            if matched[WRITES] {
                table[WRITES] = holds.map(Some);
            }
            (Some(format!("!(ActionMatches{{'{pattern}'}}) || ({clause})")), table)
        }
    }
}

/// The frame of the portal's templates; one that asks a write for what is there already, or a
/// delete for what is requested, cannot be told.
fn template(random: &mut StdRng) -> (Option<String>, Table) {
    let mut table = UNLIMITED;
    let mut frames = Vec::new();
    let frames_written = random.random_range(0..6);
    for (action, own, foreign) in
        [(WRITES, "Request", "Resource"), (DELETES, "Resource", "Request")]
    {
        if frames_written == action {
            continue;
        }
        let wrong = random.random_bool(0.1);
        let (clause, holds) = clause(random, if wrong { foreign } else { own });
        frames.push(format!("((!(ActionMatches{{'{}'}})) OR ({clause}))", ACTIONS[action]));
        table[action] = if wrong { [None; 4] } else { holds.map(Some) };
    }
    (Some(frames.join(" AND ")), table)
}

/// What a template says of the assignment, and for which of the roles it holds when Ada gives it
/// to herself.
fn clause(random: &mut StdRng, source: &str) -> (String, [bool; 4]) {
    let attribute =
        |name: &str| format!("@{source}[Microsoft.Authorization/roleAssignments:{name}]");
    let (roles, listed) = some_roles(random);
    let (roles, among) = match random.random_range(0..4) {
        0 => (format!("ForAnyOfAllValues:GuidNotEquals {{{}}}", roles.join(", ")), false),
        1 => (format!("ForAnyOfAnyValues:GuidEquals{{{}}}", roles.join(",")), true),
        _ => (format!("ForAnyOfAnyValues:GuidEquals {{{}}}", roles.join(", ")), true),
    };
    let roles = format!("{} {roles}", attribute("RoleDefinitionId"));
    let also = [
        ("PrincipalType", "ForAnyOfAnyValues:StringEqualsIgnoreCase {'user', 'Group'}", true),
        ("PrincipalType", "ForAnyOfAnyValues:StringEqualsIgnoreCase {'ServicePrincipal'}", false),
        ("PrincipalType", "ForAnyOfAllValues:StringNotEqualsIgnoreCase {'USER'}", false),
        ("PrincipalType", "StringEquals {'User'}", true),
        ("PrincipalType", "StringEquals {'user'}", false),
        ("PrincipalId", "ForAnyOfAnyValues:GuidEquals {grace, ADA}", true),
        ("PrincipalId", "ForAnyOfAnyValues:GuidEquals {grace}", false),
        ("PrincipalId", "ForAnyOfAllValues:GuidNotEquals {grace}", true),
    ];
    let (text, also) = match also.get(random.random_range(0..2 * also.len())) {
        Some((name, rest, holds)) => (format!("{roles} AND {} {rest}", attribute(name)), *holds),
        None => (roles, true),
    };
    let holds = listed.map(|it| (it == among) && also);
    match random.random_bool(0.2) {
        true => (format!("!({text})"), holds.map(|it| !it)),
        false => (text, holds),
    }
}

/// Roles of a list, in some spelling, and which of [`TARGETS`] are among them.
fn some_roles(random: &mut StdRng) -> (Vec<String>, [bool; 4]) {
    let listed = TARGETS.map(|_| random.random_bool(0.5));
    let chosen = TARGETS.iter().zip(listed).filter(|(_, it)| *it).map(|(role, _)| *role);
    let roles = chosen.chain([OTHERS[random.random_range(0..OTHERS.len())]]);
    let spell = |role: &str| match random.random_bool(0.2) {
        true => role.to_uppercase(),
        false => role.to_owned(),
    };
    (roles.map(spell).collect(), listed)
}

fn world(random: &mut StdRng, built_in: &[BuiltIn]) -> World {
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
        let (role, permission, names, by_role) = if random.random_bool(0.6) {
            let role = built_in[random.random_range(0..built_in.len())].clone();
            (role.id, role.permission, role.names, role.by_role)
        } else {
            let (permission, names) = element(random);
            let id = format!("11111111-1111-1111-1111-{number:012}");
            let definition = Definition { name: id.clone(), permissions: vec![permission.clone()] };
            definitions.insert(id.clone(), definition);
            (id, permission, names, UNLIMITED)
        };
        let (scope, counts) = SCOPES[random.random_range(0..SCOPES.len())];
        let group = random.random_bool(0.4);
        let (condition, by_assignment) = condition(random);
        assignments.push(Assignment {
            role,
            scope: scope.to_owned(),
            principal: if group { format!("group {number}") } else { ADA.to_owned() },
            principal_type: if group { "Group" } else { "User" }.to_owned(),
            condition,
            ..Assignment::default()
        });
        granted.push(Grant { counts, names, by_role, by_assignment });
        if counts[Place::Account as usize] {
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
    let some = |random: &mut StdRng, most: usize| -> Vec<Party> {
        let count = random.random_range(0..=most);
        let named = (0..count).map(|_| NAMED[random.random_range(0..NAMED.len())]);
        named.map(|(id, kind)| Party { id: id.to_owned(), kind: kind.to_owned() }).collect()
    };
    let (permission, spread) = element(random);
    let (scope, _) = SCOPES[random.random_range(0..SCOPES.len())];
    let principals = some(random, 2);
    // Whoever is meant and excepted at once is nobody that Azure would name.
    let foreign = |it: &Party| it.id != EVERYBODY && !principals.contains(it);
    let excepted = some(random, 2).into_iter().filter(foreign).collect();
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
    let may_be_hers = |id: &&String| !known.contains(*id) && NOT_HERS.iter().all(|it| it != id);
    let open: BTreeSet<&String> = mentioned.map(|it| &it.id).filter(may_be_hers).collect();
    let open: Vec<&String> = open.into_iter().collect();
    (0..1u32 << open.len())
        .map(|bits| {
            let chosen = open.iter().enumerate().filter(|(at, _)| bits >> at & 1 == 1);
            known.iter().cloned().chain(chosen.map(|(_, id)| (*id).clone())).collect()
        })
        .collect()
}

fn counts(scope: &str, place: Place) -> bool {
    SCOPES.iter().any(|(known, counts)| *known == scope && counts[place as usize])
}

/// A question: an action to one of [`TARGETS`], where it makes a difference, in a place.
type Question = (usize, usize, Place);

/// Whether Ada may, in the world where she is these and where whatever nobody can tell is `open`:
/// no answer turns to "no" when one of these turns to "yes", so that both ends are enough.
fn may(world: &World, own: &BTreeSet<String>, question: Question, open: bool) -> bool {
    let (action, target, place) = question;
    let itself = [ACCOUNT, GROUP][place as usize];
    let denied = world.denials.iter().any(|(spread, denial)| {
        let here = counts(&denial.scope, place) && (!denial.here_only || denial.scope == itself);
        let meant = denial.principals.iter().any(|it| it.id == EVERYBODY || own.contains(&it.id));
        let excepted = denial.excepted.iter().any(|it| own.contains(&it.id));
        spread[action] && here && meant && !excepted
    });
    let granting = world.granted.iter().filter(|it| it.counts[place as usize] && it.names[action]);
    let granted = granting.into_iter().any(|grant| {
        let limits = [&grant.by_role, &grant.by_assignment];
        let all = limits.iter().all(|limit| limit[action][target].unwrap_or(open));
        // What the permissions show of the data plane may come from elsewhere.
        all || (open && action < WRITES && world.facts.permissions.is_some())
    });
    granted && !denied
}

/// Whether it holds in every world, in some, or in none.
fn in_worlds(
    ways: &[BTreeSet<String>],
    holds: impl Fn(&BTreeSet<String>, bool) -> bool,
) -> MayAssign {
    match (ways.iter().all(|own| holds(own, false)), ways.iter().any(|own| holds(own, true))) {
        (true, _) => MayAssign::Yes,
        (_, true) => MayAssign::Unknown,
        (_, false) => MayAssign::No,
    }
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
            let (verdict, findings) = judge(&world.facts, usage);
            let all = |own: &BTreeSet<String>, open| {
                actions.iter().all(|at| may(&world, own, (*at, 0, Place::Account), open))
            };
            let expected = match in_worlds(&ways, all) {
                MayAssign::Yes => Verdict::MayChat,
                MayAssign::Unknown => Verdict::CannotTell,
                MayAssign::No => Verdict::MayNotChat,
            };
            assert_eq!(verdict, expected, "{number} {usage:?}: {:#?}", world.facts);
            assert!(!findings.is_empty() || verdict == Verdict::MayChat, "{:#?}", world.facts);
            *seen.entry(format!("{usage:?} {verdict:?}")).or_insert(0) += 1;
        }
        let answer = |question| in_worlds(&ways, |own, open| may(&world, own, question, open));
        let assign: [MayAssign; 4] =
            std::array::from_fn(|target| answer((WRITES, target, Place::Account)));
        let plan = plan(&world.facts, &Wish::default());
        let place = |role: &str| TARGETS.iter().position(|it| *it == role).expect("one of them");
        for offer in &plan.roles {
            let expected = assign[place(&offer.role_id)];
            assert_eq!(offer.may_assign, expected, "{number} {}: {:#?}", offer.role, world.facts);
            *seen.entry(format!("assign {:?}", offer.may_assign)).or_insert(0) += 1;
        }
        let best = [MayAssign::Yes, MayAssign::Unknown, MayAssign::No];
        let best = best.into_iter().find(|it| assign.contains(it)).expect("one of them");
        assert_eq!(plan.may_assign, best, "{number}: {:#?}", world.facts);
        let chosen = place(&plan.role_id);
        for scope in &plan.scopes {
            let expected = match scope.kind {
                RoleScope::Account => assign[chosen],
                RoleScope::ResourceGroup => answer((WRITES, chosen, Place::Group)),
            };
            assert_eq!(scope.may_assign, expected, "{number} {}: {:#?}", scope.scope, world.facts);
            *seen.entry(format!("at {:?} {:?}", scope.kind, scope.may_assign)).or_insert(0) += 1;
        }
        let expected = answer((DELETES, chosen, Place::Account));
        assert_eq!(plan.may_undo, expected, "{number} {}: {:#?}", plan.role, world.facts);
        *seen.entry(format!("undo {:?}", plan.may_undo)).or_insert(0) += 1;
        if best == MayAssign::Yes {
            *seen.entry(format!("assign Yes, undo {:?}", plan.may_undo)).or_insert(0) += 1;
        }
    }
    println!("{seen:#?}");
    assert_eq!(seen.len(), 24, "every verdict was met: {seen:?}");
    assert!(seen.values().all(|count| *count > 500), "and none by chance: {seen:?}");
}

#[test]
fn the_roles_of_the_core_grant_what_their_definitions_say() {
    let built_in = built_in();
    let known = built_in.iter().filter_map(|it| Some((Role::find(&it.id)?, it.names)));
    let known: Vec<(&Role, Spread)> = known.collect();
    assert!(known.len() >= 21, "{} roles are compared", known.len());
    for (role, names) in known {
        let granted = [role.grants.chat, role.grants.files, role.grants.other_models];
        assert_eq!(granted, names[..WRITES], "{}", role.name);
    }
}

#[test]
fn eight_roles_may_chat_and_eleven_that_sound_like_it_may_not() {
    let built_in = built_in();
    let chatting = CHATTING.iter().map(|role| (role, Verdict::MayChat));
    let silent = SILENT.iter().map(|role| (role, Verdict::MayNotChat));
    for ((id, name), expected) in chatting.chain(silent) {
        let role = built_in.iter().find(|role| role.id == *id).expect("its definition is known");
        assert_eq!(role.name, *name);
        assert_eq!(role.names[0], expected == Verdict::MayChat, "{name}, by its definition");
        for permissions in [None, Some(vec![role.permission.clone()])] {
            let held = Assignment {
                role: (*id).to_owned(),
                scope: ACCOUNT.to_owned(),
                principal: ADA.to_owned(),
                principal_type: "User".to_owned(),
                ..Assignment::default()
            };
            let facts = Facts {
                account: ACCOUNT.to_owned(),
                object_id: ADA.to_owned(),
                permissions,
                assignments: Some(vec![held]),
                denials: Some(Vec::new()),
                ..Facts::default()
            };
            assert_eq!(judge(&facts, Usage::Chat).0, expected, "{name}");
        }
    }
    let chat = built_in.iter().filter(|role| role.names[0]).count();
    assert_eq!(chat, CHATTING.len(), "and no other one that is known");
}
