//! `docs/sign-in.md`: what people meet when they sign in, what Keyless does about it, and the test
//! that proves it. One line here is one line there; what the page says comes from the page that
//! the test wrote down (`ui/fixtures`), in the words of `words/en.json`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use keyless::words;
use serde_json::Value;

use Shown::{Does, Page};

/// What there is to see of a situation.
enum Shown {
    /// The page of this name, which the test wrote down.
    Page(&'static str),
    /// Nothing to read: what happens.
    Does(&'static str),
}

/// A section, the names in the list of failures that are met (`S1, S4`), the situation, what there is to
/// see, and the test: `module::function` of these journeys, or `file::function` from the root.
type Situation = (Section, &'static str, &'static str, Shown, &'static str);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Section {
    /// Ways in.
    Ways,
    /// The browser, and the way back from it.
    Browser,
    /// What Microsoft Entra refuses.
    Refusals,
    /// Directories and subscriptions.
    Directories,
    /// Stronger sign-ins that Azure asks for later.
    Proofs,
    /// Staying signed in, and signing out.
    Keeping,
    /// Clouds, settings and the organization's own application.
    Clouds,
    /// Networks: proxies, certificates, the connection.
    Networks,
}

use Section::{Browser, Clouds, Directories, Keeping, Networks, Proofs, Refusals, Ways};

const SECTIONS: [(Section, &str); 8] = [
    (Ways, "Ways in"),
    (Browser, "The browser, and the way back"),
    (Refusals, "What Microsoft Entra refuses"),
    (Directories, "Directories and subscriptions"),
    (Proofs, "Stronger sign-ins that Azure asks for later"),
    (Keeping, "Staying signed in, and signing out"),
    (Clouds, "Clouds, settings and the organization's own application"),
    (Networks, "Networks"),
];

#[rustfmt::skip]
const SITUATIONS: &[Situation] = &[
    (Ways, "", "Nobody is signed in.", Page("sign-in"), "road::a_newcomer_reaches_a_chat_answer"),
    (Ways, "", "The browser is open.", Page("sign-in-waiting"), "bad_input::a_sign_in_that_nobody_finishes_ends_and_can_be_cancelled"),
    (Ways, "", "The Azure CLI is signed in.", Page("sign-in-azure-cli"), "road::the_sign_in_of_the_azure_cli_can_be_borrowed"),
    (Ways, "", "The Azure CLI and the Azure Developer CLI are signed in, as different people.", Page("sign-in-tools"), "ways::both_tools_are_offered_each_by_its_own_account"),
    (Ways, "", "The Azure Developer CLI is borrowed.", Does("Walks the whole road with its tokens; nothing is kept."), "ways::the_sign_in_of_the_azure_developer_cli_walks_the_whole_road"),
    (Ways, "", "A tool hangs.", Does("Shows the page and the other tool at once; ends it after 20 seconds with all that it started."), "ways::a_tool_that_hangs_delays_neither_the_page_nor_the_other_tool"),
    (Ways, "", "A tool is broken, signed out, in another cloud, or signed in as an application.", Does("Does not offer it."), "ways::a_tool_that_cannot_be_borrowed_is_not_offered"),
    (Ways, "S15", "A tool is signed out when it is borrowed.", Page("azd-signed-out"), "ways::a_tool_that_is_signed_out_meanwhile_says_so_with_its_own_command"),
    (Ways, "", "A tool is signed in as somebody else than it was offered with.", Page("tool-changed-person"), "ways::whoever_a_tool_was_offered_as_is_whom_it_continues_as"),
    (Ways, "", "A tool breaks when it is borrowed.", Page("tool-failed"), "ways::a_tool_that_breaks_meanwhile_says_what_it_said"),
    (Ways, "S15", "The Azure CLI has to sign in for Azure OpenAI.", Does("Offers the exact command, with directory and scope."), "ways::a_tool_in_a_directory_that_wants_more_names_the_exact_command"),
    (Ways, "S4", "A policy blocks the Azure CLI’s sign-in.", Page("tool-blocked"), "ways::a_tool_that_a_policy_blocks_leads_to_the_browser"),
    (Ways, "", "A code waits to be typed in.", Page("device-code"), "device_code::a_code_that_is_typed_in_signs_its_person_in"),
    (Ways, "", "The code’s time is over.", Page("device-code-expired"), "device_code::a_code_counts_down_and_another_one_can_be_had"),
    (Ways, "", "The network goes while a code waits.", Page("device-code-polls-lost"), "device_code::polls_without_an_answer_are_told_until_one_comes"),
    (Ways, "", "The page for the code is not Microsoft’s.", Does("Shows its address with a warning and opens nothing."), "device_code::a_page_that_is_not_microsofts_is_shown_and_not_opened"),
    (Ways, "S4", "A policy blocks codes.", Page("device-code-blocked"), "ways::a_code_that_a_policy_blocks_leads_to_the_browser"),
    (Ways, "S4", "A policy blocks the browser.", Page("browser-blocked-offers-code"), "ways::a_browser_that_a_policy_blocks_gives_way_to_a_code"),
    (Ways, "S6", "Tokens are bound to a device, and a tool is signed in.", Does("Offers the tool, which may have the system’s broker."), "ways::bound_tokens_lead_to_the_tool_that_may_have_a_broker"),

    (Ways, "", "A directory is named before the prompt.", Page("tenant-known"), "tenants::a_directory_is_chosen_before_the_prompt_and_checked"),
    (Ways, "", "Somebody has signed in.", Page("who-am-i"), "tenants::whoever_signs_in_sees_who_they_are_before_it_is_used"),

    (Browser, "", "The person declines.", Page("sign-in-declined"), "bad_input::a_declined_sign_in_is_told_and_can_be_repeated"),
    (Browser, "", "Another page comes back first.", Page("stranger-ignored"), "bad_input::a_callback_with_a_wrong_state_is_ignored_and_said"),
    (Browser, "", "Ten other pages come back.", Does("Ends the sign-in, frees the port and offers another."), "bad_input::a_sign_in_survives_strangers_and_ends_after_ten_of_them"),
    (Browser, "", "No browser opens.", Does("Shows the address to copy."), "bad_input::without_a_browser_the_address_is_shown"),
    (Browser, "S13", "The browser never comes back.", Page("sign-in-timed-out"), "failures::s13_a_browser_that_never_comes_back"),

    (Refusals, "S1", "A second factor is wanted.", Page("second-factor-needed"), "failures::s1_a_second_factor_for_chat"),
    (Refusals, "S2", "A second factor is wanted, and none is set up.", Page("second-factor-missing"), "failures::s2_no_second_factor_yet"),
    (Refusals, "S4", "Conditional Access blocks the sign-in.", Page("conditional-access-blocked"), "failures::s4_conditional_access"),
    (Refusals, "S5", "A managed device is wanted.", Page("device-not-compliant"), "failures::s5_a_managed_device"),
    (Refusals, "S6", "Tokens are bound to a device.", Page("token-protection"), "failures::s6_token_protection"),
    (Refusals, "S7", "Nobody approved the application.", Page("consent-needed"), "failures::s7_consent"),
    (Refusals, "S8", "The directory does not know the application.", Page("application-unknown"), "failures::s8_an_application_that_the_directory_does_not_know"),
    (Refusals, "S9", "The directory does not know the account.", Page("account-not-in-directory"), "failures::s9_an_account_that_the_directory_does_not_know"),
    (Refusals, "S10", "The sign-in no longer counts.", Page("sign-in-expired"), "failures::s10_a_sign_in_that_counts_for_an_hour"),
    (Refusals, "S11", "The directory does not know Azure OpenAI.", Page("service-unknown-to-directory"), "failures::s11_a_service_that_the_directory_does_not_know"),

    (Directories, "", "A directory is chosen before the prompt.", Does("Checks its form at once and asks Microsoft Entra for its id; the sign-in goes to that directory."), "tenants::a_directory_is_chosen_before_the_prompt_and_checked"),
    (Directories, "S16", "The directory that was written down does not exist.", Does("Says so beside the field, and opens no page that would never come back."), "tenants::a_sign_in_that_is_pressed_while_the_directory_is_checked_waits_for_it"),
    (Directories, "S1, S4", "Some of twelve directories are slow, throttled, blocked or want a second factor.", Page("tenants-mixed"), "tenants::twelve_tenants_show_their_states_and_none_holds_up_another"),
    (Directories, "S1", "One directory wants a second factor.", Page("tenant-needs-sign-in"), "tenants::a_second_factor_in_one_directory_opens_it_and_leaves_the_others_alone"),
    (Directories, "S1", "Only chatting wants a second factor.", Does("Says so beside the directory on the first page, and opens the browser for what was refused."), "tenants::a_second_factor_that_only_the_chat_wants_is_given_on_page_one"),
    (Directories, "S1", "Somebody else signs in to one of the directories.", Page("another-account"), "tenants::somebody_else_who_signs_in_to_one_directory_changes_nothing"),
    (Directories, "S4", "Conditional Access stops only the chat.", Page("tenants-blocked"), "tenants::a_policy_that_stops_only_the_chat_is_seen_on_page_one"),
    (Directories, "D1", "A guest has nothing in the directory.", Page("guest-without-subscription"), "tenants::a_guest_without_a_subscription_is_told_where_and_whom_to_ask"),
    (Directories, "S9", "A personal account signs in.", Page("personal-account"), "tenants::a_personal_account_is_named_as_such"),
    (Directories, "", "The list of directories cannot be read.", Does("Says so with Try again, and uses the person’s own directory meanwhile."), "tenants::directories_that_cannot_be_listed_are_told_and_the_own_one_is_used"),
    (Directories, "", "Twelve directories.", Does("Shows their subscriptions at most four dependent requests after the code."), "tenants::code_in_hand_to_the_subscriptions_of_twelve_tenants_is_four_requests_deep"),
    (Directories, "", "The account is a guest.", Page("guest"), "tenants::a_guest_finds_what_is_there_and_who_they_are_there"),
    (Directories, "", "The account is a personal one that was invited.", Does("Reads the directory that invited it."), "tenants::a_personal_account_that_was_invited_finds_its_way"),
    (Directories, "D1", "No subscription can be seen.", Page("no-subscription"), "bad_input::somebody_without_a_subscription_is_told_what_to_do"),
    (Directories, "D1", "Somebody without a subscription goes on all the same.", Does("Says on the next page as well what helps: nobody is left on an empty list."), "tenants::nobody_is_left_on_an_empty_list_without_a_subscription"),
    (Directories, "D2", "Resources may not be read.", Page("read-refused"), "failures::d2_a_read_that_is_refused"),
    (Directories, "D3", "The subscription moved to another directory.", Page("wrong-directory"), "failures::d3_a_subscription_of_another_directory"),
    (Directories, "S16", "Home lets nobody in, and another directory does.", Does("Signs in to the directory that is named before the prompt."), "failures::s16_who_names_the_directory_first_gets_in"),
    (Directories, "D9", "Resource Graph refuses, or does not know yet.", Does("Reads the subscriptions themselves, side by side."), "discovery::where_resource_graph_refuses_the_subscriptions_are_read_side_by_side"),

    (Proofs, "R8", "A change wants a second factor.", Does("Opens the browser for the directory that asked, says why, and repeats the change once."), "proof::the_browser_opens_for_the_tenant_and_the_scope_that_were_challenged"),
    (Proofs, "R8", "The person closes the browser.", Page("proof-needed"), "failures::r8_a_second_factor_for_a_write"),
    (Proofs, "R8", "The person declines.", Page("proof-declined"), "proof::a_declined_proof_leaves_the_page_as_it_was_and_can_be_made_up_for"),
    (Proofs, "", "No browser opens.", Does("Shows the address to copy."), "proof::where_no_browser_opens_the_address_is_shown"),
    (Proofs, "", "A guest is asked by the other directory.", Does("Opens the browser for that directory; who is signed in stays."), "proof::a_guest_proves_it_to_the_tenant_that_asked"),
    (Proofs, "", "Somebody else signs in.", Page("proof-another-account"), "proof::another_account_in_the_proof_is_told_and_changes_nothing"),
    (Proofs, "R8", "Azure asks again.", Page("proof-again-refused"), "proof::a_challenge_after_the_proof_is_a_failure_and_no_loop"),
    (Proofs, "", "Microsoft Entra answers the challenge silently.", Does("Repeats the request; nobody notices."), "proof::a_challenge_that_entra_answers_silently_opens_no_browser"),
    (Proofs, "", "The session changed, and a message was to be sent.", Does("Opens the browser, says why, and sends the message again."), "proof::a_session_that_changed_is_renewed_in_the_browser_and_the_message_sent_again"),
    (Proofs, "R8", "The session changed while Keyless was waiting.", Page("proof-offered"), "proof::no_browser_opens_for_what_goes_on_in_the_background"),
    (Proofs, "R9", "The challenge stands in the message of an error.", Does("Reads it there, and goes on as with any other."), "proof::a_challenge_in_the_message_of_an_error_is_read_too"),
    (Proofs, "L17", "The sign-in is borrowed from a tool.", Page("borrowed-proof-needed"), "proof::l17_a_borrowed_sign_in_offers_the_browser_for_one_step_or_the_exact_command"),

    (Keeping, "", "The sign-in could not be removed from the system’s store.", Page("still-kept"), "bad_input::a_sign_in_that_could_not_be_removed_is_told_and_removed_on_request"),
    (Keeping, "", "Keyless is opened again.", Does("Continues silently; the list is there after three dependent requests."), "road::a_kept_sign_in_leads_back_to_the_list_in_three_requests"),
    (Keeping, "S10", "The sign-in was not used for ninety days.", Page("resume-expired"), "tenants::an_ended_sign_in_says_why_and_fills_in_the_name"),
    (Keeping, "S10", "The organization wants a sign-in from time to time.", Page("resume-frequency"), "tenants::an_ended_sign_in_says_why_and_fills_in_the_name"),
    (Keeping, "S10", "The password was changed, or the sign-in revoked.", Page("resume-revoked"), "tenants::an_ended_sign_in_says_why_and_fills_in_the_name"),
    (Keeping, "C22", "Keyless is opened again without a network.", Page("resume-offline"), "tenants::a_network_that_is_down_at_the_start_costs_nobody_their_sign_in"),
    (Keeping, "", "Keyless is opened again behind a page that asks to sign in to the network.", Does("Says that the answer is not Microsoft’s; the kept sign-in stays."), "tenants::an_answer_that_is_not_entras_ends_no_sign_in"),
    (Keeping, "", "The account is switched.", Does("Removes everything of the person before, then asks which account to use."), "tenants::a_switch_of_the_account_leaves_nothing_of_the_person_before"),
    (Keeping, "", "The system has no store for secrets.", Does("Says so; the sign-in lasts until the window is closed."), "bad_input::without_a_store_the_sign_in_lasts_for_the_session_and_the_page_says_so"),
    (Keeping, "", "No keyring runs.", Page("store-absent"), "secret_service::an_absent_keyring_is_named_and_used_as_soon_as_it_is_there"),
    (Keeping, "", "The keyring is locked.", Page("store-locked"), "secret_service::a_locked_keyring_asks_nothing_by_surprise_and_gives_the_sign_in_back_when_it_opens"),
    (Keeping, "", "The keyring is being opened.", Page("store-opening"), "secret_service::a_locked_keyring_asks_nothing_by_surprise_and_gives_the_sign_in_back_when_it_opens"),
    (Keeping, "", "The keyring does not answer.", Page("store-slow"), "secret_service::a_keyring_that_does_not_answer_is_not_waited_for"),
    (Keeping, "", "The person signed out.", Page("signed-out"), "sign_out::the_browsers_own_session_stays_and_its_page_is_offered"),
    (Keeping, "", "The person signs out, and the store does not let go.", Does("Forgets the person, says so, and never uses again what is still there."), "sign_out::a_store_that_does_not_let_go_is_told_and_the_sign_in_is_dead_anyhow"),
    (Keeping, "", "The person signs out without a network.", Does("Removes the kept sign-in; nothing has to be asked."), "sign_out::without_a_network_signing_out_is_as_good_as_with_one"),
    (Keeping, "", "The person signs out.", Does("Removes the kept sign-in; the next start asks for one."), "road::signing_out_forgets_the_kept_sign_in"),

    (Clouds, "", "The sign-in is in US Government.", Does("Uses that cloud’s hosts, scopes, links and commands, all the way to a chat answer."), "clouds::the_whole_road_leads_through_us_government"),
    (Clouds, "", "The settings name one cloud, the account belongs to the other.", Does("Asks nothing but Microsoft Entra; nobody is signed in."), "clouds::nothing_is_asked_of_one_cloud_in_the_name_of_another"),
    (Clouds, "", "A sign-in of another cloud or application is kept.", Does("Neither uses nor loses it; signing out removes all of them."), "core/kept_sign_in/tests.rs::the_sign_in_of_another_cloud_is_neither_used_nor_lost"),
    (Clouds, "", "A failure is met in US Government.", Does("Offers links and commands of that cloud."), "clouds::remedies_lead_into_the_cloud_of_the_sign_in"),
    (Clouds, "", "The organization has its own application.", Page("sign-in-own-application"), "clouds::an_own_application_is_named_before_and_after_the_sign_in"),
    (Clouds, "S7", "Its own application lacks a permission.", Page("application-lacks-permission"), "clouds::an_own_application_without_the_permission_is_told_what_it_needs"),
    (Clouds, "", "A setting cannot be used.", Page("settings-not-used"), "clouds::settings_that_cannot_be_used_are_told_on_the_first_page"),
    (Clouds, "", "A setting cannot be used, and another place sets it.", Does("Uses the next valid one."), "core/settings.rs::what_is_not_valid_is_told_and_gives_way_to_the_next_place"),
    (Clouds, "", "A setting names an address.", Does("Does not use it: no setting can."), "core/settings.rs::no_setting_can_name_an_address"),
    (Clouds, "", "A link of one cloud leads into another.", Does("Sends no token there."), "core/cloud.rs::a_token_of_each_cloud_goes_to_its_own_service_of_its_own_cloud"),

    (Networks, "", "A proxy is named by a variable.", Does("Goes through it, all the way to a chat answer."), "connectivity::the_whole_road_leads_through_a_proxy_where_one_is_named"),
    (Networks, "", "The variable holds a name and a password.", Does("Gives them to the proxy, and shows them nowhere."), "connectivity::the_password_of_a_proxy_is_used_and_told_nobody"),
    (Networks, "", "A proxy is named by the system’s settings.", Does("Goes through it, and says that other programs need it too."), "connectivity::the_proxy_of_the_settings_is_used_and_told_to_other_programs"),
    (Networks, "", "The proxy is a SOCKS proxy.", Does("Goes through it."), "connectivity::a_socks_proxy_is_used_too"),
    (Networks, "", "The settings are mended while Keyless is open.", Does("Uses them after a look at the connection."), "connectivity::settings_that_were_mended_meanwhile_count_after_a_look"),
    (Networks, "", "The proxy is dead.", Page("proxy-refused"), "connectivity::a_proxy_that_is_dead_is_named_as_the_one_that_cannot_be_reached"),
    (Networks, "", "The proxy takes the connection and says nothing.", Page("proxy-silent"), "connectivity::a_proxy_that_says_nothing_is_not_waited_for_long"),
    (Networks, "", "The proxy ends the connection.", Page("proxy-closed"), "connectivity::a_proxy_that_ends_the_connection_is_named"),
    (Networks, "", "The proxy forbids a host.", Page("proxy-blocked"), "connectivity::a_proxy_that_forbids_a_host_is_named_with_what_it_answers"),
    (Networks, "", "The proxy wants a password.", Page("proxy-needs-sign-in"), "connectivity::a_proxy_that_wants_a_password_is_named_with_what_it_asks_for"),
    (Networks, "", "The proxy wants NTLM or Negotiate.", Page("proxy-needs-system-sign-in"), "connectivity::a_proxy_that_wants_the_sign_in_of_windows_is_named_with_a_way_around"),
    (Networks, "", "The proxy is named by a scheme that is not supported.", Page("proxy-unsupported"), "connectivity::a_proxy_of_an_unknown_scheme_is_named_with_what_to_set"),
    (Networks, "", "A PAC file chooses the proxy.", Page("proxy-pac"), "connectivity::a_pac_file_is_named_with_what_to_set"),
    (Networks, "S14", "The proxy signs connections anew, and is not trusted.", Page("certificate-untrusted"), "connectivity::a_proxy_that_signs_anew_and_is_not_trusted_is_named_by_its_authority"),
    (Networks, "S14", "The proxy signs connections anew, and is trusted.", Does("Works, names the authority, and says which variables the person’s own programs need."), "connectivity::a_connection_that_is_signed_anew_works_and_says_what_programs_need"),
    (Networks, "S14", "The clock and a certificate do not agree.", Page("certificate-date"), "connectivity::a_certificate_that_the_clock_does_not_agree_with_is_named_as_that"),
    (Networks, "S14", "What answers speaks no TLS.", Page("tls-failed"), "connectivity::what_is_no_tls_is_named_as_that"),
    (Networks, "", "A page of the network answers.", Does("Says that it is not Azure’s."), "connectivity::a_page_of_the_network_is_told_apart_from_azure"),
];

/// What everybody can run into while signing in; each has its line.
const MET: [&str; 18] = [
    "S1", "S2", "S4", "S5", "S6", "S7", "S8", "S9", "S10", "S11", "S13", "S14", "D1", "D2", "D3",
    "D9", "S16", "L17",
];

#[test]
fn the_page_on_signing_in_is_what_the_tests_prove() {
    let mut page = String::from(HEAD);
    for (section, title) in SECTIONS {
        page.push_str(&format!(
            "\n## {title}\n\n| name | when | Keyless | proved by |\n|---|---|---|---|\n"
        ));
        for (_, row, when, shown, test) in SITUATIONS.iter().filter(|one| one.0 == section) {
            let says = match shown {
                Page(name) => describe(&read_page(name)),
                Does(text) => (*text).to_owned(),
            };
            assert!(!says.is_empty(), "nothing is shown of “{when}”: say what Keyless does");
            page.push_str(&format!("| {row} | {when} | {says} | {} |\n", link(test)));
        }
    }
    let path = root().join("docs/sign-in.md");
    if std::env::var_os("KEYLESS_WRITE").is_some() {
        std::fs::write(&path, &page).expect("the page is written");
        return;
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        written, page,
        "docs/sign-in.md is stale: run with KEYLESS_WRITE=1, twice where pages changed"
    );
}

#[test]
fn every_line_names_a_test_that_is_there_and_shows_its_page() {
    for (_, _, when, shown, test) in SITUATIONS {
        let (path, function) = place_of(test);
        let text = std::fs::read_to_string(root().join(&path)).expect("the file of the test");
        let here = text.contains(&format!("fn {function}("))
            || text.contains(&format!("    {function}: \""));
        assert!(here, "“{when}”: {path} has no {function}");
        if let Page(name) = shown {
            assert!(text.contains(&format!("\"{name}\"")), "“{when}”: {path} does not show {name}");
        }
    }
}

#[test]
fn everything_that_people_meet_has_a_line() {
    let there: BTreeSet<&str> = SITUATIONS.iter().flat_map(|one| one.1.split(", ")).collect();
    let missing: Vec<&&str> = MET.iter().filter(|row| !there.contains(**row)).collect();
    assert!(missing.is_empty(), "docs/sign-in.md says nothing of {missing:?}");
}

#[test]
fn a_line_is_found_by_the_name_of_every_failure_that_its_page_shows() {
    for (_, names, when, shown, _) in SITUATIONS {
        let Page(page) = shown else { continue };
        let page = read_page(page);
        let told = failures_of(&page["snapshot"]);
        let details = told.iter().flat_map(|failure| list(&failure["details"]));
        let met = details.filter(|detail| detail["name"] == "diagnosis");
        for row in met.map(|detail| text(&detail["value"])) {
            let name = row.trim_end_matches(|c: char| c.is_ascii_lowercase());
            // These two letters name what only Keyless tells apart.
            let listed = !name.starts_with(['G', 'N']);
            let has = names.split(", ").any(|one| one == name);
            assert!(has || !listed, "“{when}” shows {name} and is named “{names}”");
        }
    }
}

#[test]
fn no_line_says_the_same_twice() {
    for (_, _, when, shown, _) in SITUATIONS {
        let Page(page) = shown else { continue };
        let says = describe(&read_page(page));
        // What stands in bold is the title of a failure.
        let mut titles: Vec<&str> = says.split("**").skip(1).step_by(2).collect();
        let all = titles.len();
        titles.sort_unstable();
        titles.dedup();
        assert_eq!(titles.len(), all, "“{when}” repeats itself: {says}");
    }
}

const HEAD: &str = "\
# Signing in

What people meet when they sign in, what Keyless does about it, and the test that proves it. This page is
written by `KEYLESS_WRITE=1 cargo test`, from `tests/journeys/situations.rs` and the pages that the tests wrote
down; a test fails when it is stale. Most situations can be tried in [practice Azure](practice.md), by a scenario or
by the name of a failure. A name such as `S1` stands at all that is said of it
([those that are scenarios](practice.md#failures-by-name)).
";

/// What a page says, in one cell: its failure with what it offers, or its notices and its heading.
fn describe(page: &Value) -> String {
    let snapshot = &page["snapshot"];
    if !snapshot["failure"].is_null() {
        return describe_failure(&snapshot["failure"]);
    }
    let shown = &snapshot["page"];
    let mut parts = Vec::new();
    if shown["step"] == "sign_in" {
        let key = format!("sign_in.{}", text(&shown["phase"]));
        let keys = [key.clone(), format!("{key}.body")];
        parts.extend(
            keys.iter().filter_map(|key| words::all().get(key).cloned()).map(|it| sentence(&it)),
        );
        for tool in list(&shown["tools"]) {
            let way = words::say(&format!("label.way.{}", text(&tool["tool"])), &[]);
            let known = [("account", text(&tool["account"])), ("tool", &way)];
            parts.push(format!("Offers: {}.", words::say("button.borrow_sign_in", &known)));
        }
        parts.extend(describe_tenants(list(&shown["tenants"])));
        if !shown["store"].is_null() {
            parts.push(sentence(&say(
                &format!("store.{}", text(&shown["store"]["code"])),
                &Value::Null,
            )));
        }
        if text(&shown["phase"]) == "signed_out" && parts.is_empty() {
            parts.push(sentence(words::sentence("sign_in.lead")));
        }
    }
    for notice in list(&snapshot["notices"]) {
        parts.push(sentence(&say(
            &format!("notice.{}", text(&notice["code"])),
            &notice["parameters"],
        )));
    }
    parts.join(" ").replace('|', "\\|")
}

/// What is wrong with directories, each text once: of whom, and then what.
fn describe_tenants(tenants: &[Value]) -> Vec<String> {
    let mut told: Vec<(String, Vec<&str>)> = Vec::new();
    for tenant in tenants.iter().filter(|tenant| !tenant["failure"].is_null()) {
        let says = describe_failure(&tenant["failure"]);
        let name = tenant["name"].as_str().unwrap_or("A directory");
        match told.iter_mut().find(|(known, _)| *known == says) {
            Some((_, names)) => names.push(name),
            None => told.push((says, vec![name])),
        }
    }
    let line = |(says, names): (String, Vec<&str>)| match names.as_slice() {
        [name] => format!("{name}: {says}"),
        several => format!("{} directories: {says}", several.len()),
    };
    told.into_iter().map(line).collect()
}

/// The failure of the page, and those of its directories.
fn failures_of(snapshot: &Value) -> Vec<&Value> {
    let tenants = list(&snapshot["page"]["tenants"]).iter().map(|tenant| &tenant["failure"]);
    let all = std::iter::once(&snapshot["failure"]).chain(tenants);
    all.filter(|failure| !failure.is_null()).collect()
}

/// The title, the body, and what can be pressed, opened, run or sent.
fn describe_failure(failure: &Value) -> String {
    let part = |name: &str| {
        say(&format!("failure.{}.{name}", text(&failure["code"])), &failure["parameters"])
    };
    let offers: Vec<String> = list(&failure["remedies"])
        .iter()
        .map(|remedy| {
            let kind = text(&remedy["kind"]);
            let label = format!("{kind}.{}", text(&remedy[kind]));
            // A button may have a name of its own for this failure, as in the window.
            let own = format!("{label}.{}", text(&failure["code"]));
            let label = if words::all().contains_key(&own) { own } else { label };
            let label = say(&label, &failure["parameters"]);
            match remedy["line"].as_str() {
                Some(line) => format!("{label} (`{line}`)"),
                None => label,
            }
        })
        .collect();
    let says =
        format!("**{}** {} Offers: {}.", sentence(&part("title")), part("body"), offers.join(", "));
    says.replace('|', "\\|").replace('\n', " ")
}

fn say(key: &str, parameters: &Value) -> String {
    let parameters: Vec<(&str, &str)> = parameters
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.as_str(), text(value)))
        .collect();
    words::say(key, &parameters)
}

fn sentence(words: &str) -> String {
    let words = words.trim();
    if words.ends_with(['.', '…', '?', ':']) { words.to_owned() } else { format!("{words}.") }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn read_page(name: &str) -> Value {
    let path = root().join(format!("ui/fixtures/{name}.json"));
    let text = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).expect("a fixture is JSON")
}

fn link(test: &str) -> String {
    let (path, function) = place_of(test);
    format!("[`{function}`](../{path})")
}

/// The file of a test, from the root of the repository, and the name of its function.
fn place_of(test: &str) -> (String, &str) {
    let (module, function) = test.rsplit_once("::").expect("a module and a function");
    let path = match module.contains('/') {
        true => module.to_owned(),
        false => format!("tests/journeys/{module}.rs"),
    };
    (path, function)
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}
