//! Every code has its words, every placeholder its parameter.

use std::collections::BTreeSet;

use keyless::failure::{Action, Code, CommandKind, Link, TextKind};
use keyless::snapshot::{Activity, Obstacle, Way};
use serde::Serialize;

fn name(value: impl Serialize) -> String {
    serde_json::to_value(value).expect("a code").as_str().expect("a code is a string").to_owned()
}

fn placeholders(sentence: &str) -> BTreeSet<String> {
    sentence
        .split('{')
        .skip(1)
        .filter_map(|rest| rest.split_once('}').map(|(name, _)| name.to_owned()))
        .collect()
}

#[test]
fn every_failure_has_a_title_and_a_body_that_name_only_what_it_carries() {
    let words = keyless::words::all();
    for code in Code::ALL {
        let carried: BTreeSet<String> = code.parameters().iter().map(ToString::to_string).collect();
        let mut named = BTreeSet::new();
        for part in ["title", "body"] {
            let key = format!("failure.{}.{part}", name(code));
            let sentence = words.get(&key).unwrap_or_else(|| panic!("{key} has no words"));
            assert!(!sentence.trim().is_empty(), "{key} says nothing");
            named.extend(placeholders(sentence));
        }
        assert!(
            named.is_subset(&carried),
            "{code:?} carries {carried:?}, the words name {named:?}"
        );
    }
}

#[test]
fn no_words_are_kept_for_a_failure_that_cannot_happen() {
    let known: BTreeSet<String> = Code::ALL.iter().map(name).collect();
    for key in keyless::words::all().keys().filter(|key| key.starts_with("failure.")) {
        let code = key.split('.').nth(1).unwrap_or_default();
        assert!(
            known.contains(code)
                || !["title", "body"].contains(&key.split('.').nth(2).unwrap_or_default()),
            "{key} belongs to no failure"
        );
    }
}

#[test]
fn every_button_link_text_and_activity_has_words() {
    let words = keyless::words::all();
    let keys = (Action::ALL.iter().map(|action| format!("action.{}", name(action))))
        .chain(Link::ALL.iter().map(|link| format!("link.{}", name(link))))
        .chain(CommandKind::ALL.iter().map(|command| format!("command.{}", name(command))))
        .chain(CommandKind::ALL.iter().map(|command| format!("label.command.{}", name(command))))
        .chain(TextKind::ALL.iter().map(|text| format!("text.{}", name(text))))
        .chain(TextKind::ALL.iter().map(|text| format!("label.text.{}", name(text))))
        .chain(Activity::ALL.iter().map(|activity| format!("busy.{}", name(activity))))
        .chain(Obstacle::ALL.iter().map(|obstacle| format!("obstacle.{}", name(obstacle))))
        .chain(Way::ALL.iter().map(|way| format!("label.way.{}", name(way))))
        .chain(keyless::words::KEYS.iter().map(ToString::to_string));
    for key in keys {
        assert!(words.contains_key(&key), "{key} has no words");
    }
}

#[test]
fn every_sentence_by_code_of_the_core_has_words() {
    let words = keyless::words::all();
    let codes = [
        (
            "notice",
            vec![
                "answer_ignored",
                "address_not_opened",
                "browser_not_opened",
                "cloud_not_remembered",
                "env_not_ignored",
                "page_not_known",
                "role_not_own",
                "session_only",
                "setting_not_a_client",
                "setting_not_a_cloud",
                "setting_not_a_tenant",
                "setting_not_known",
                "settings_not_json",
                "settings_not_readable",
                "signed_out",
                "subscriptions_unreached",
                "tenants_unreached",
            ],
        ),
        (
            "finding",
            vec![
                "assignments_unread",
                "condition_against",
                "condition_unread",
                "denials_unread",
                "denied",
                "known_by_endpoint",
                "may_chat_inherited",
                "may_chat_through",
                "may_chat_through_group",
                "no_role",
                "not_proved",
                "owner_without_data_role",
                "perhaps_denied",
                "permissions_unread",
                "role_assigned",
                "role_below",
                "role_existed",
                "role_for_chat_only",
                "role_unread",
            ],
        ),
        ("role_reason", vec!["chat", "chosen", "files", "only_this", "other_models"]),
        (
            "result",
            vec!["answered", "has_access", "has_role", "signed_in", "uses_resource", "wrote_env"],
        ),
    ];
    for (kind, codes) in codes {
        for code in codes {
            assert!(words.contains_key(&format!("{kind}.{code}")), "{kind}.{code} has no words");
        }
    }
}

#[test]
fn no_sentence_begs_or_shouts() {
    for (key, sentence) in keyless::words::all() {
        let lower = sentence.to_lowercase();
        for banned in ["please", "sorry", "error:", "oops", "forbidden", "illegal"] {
            let begs =
                lower.split(|c: char| !c.is_alphanumeric() && c != ':').any(|word| word == banned);
            assert!(!begs, "{key} says {banned}: {sentence}");
        }
    }
}
