//! The contract with the window, generated: `ui/src/contract.ts` and the list of commands.

/// The commands that the window may call, in the order of the journey.
///
/// The names exist here once: the shell's build script, its handler list and its capability
/// file are compared with them, and so is `ui/src/backend.ts`.
pub const COMMANDS: &[&str] = &[
    "watch",
    "choose_tenant",
    "sign_in_with_browser",
    "sign_in_with_device_code",
    "borrow_sign_in",
    "open_browser_again",
    "sign_in_to_tenant",
    "press_tenant_remedy",
    "switch_account",
    "stay_signed_in",
    "sign_out",
    "start_practice",
    "leave_practice",
    "choose_cloud",
    "list_resources",
    "select_resource",
    "select_deployment",
    "press_advice",
    "check_subdomain",
    "set_subdomain",
    "close_subdomain",
    "confirm_resource",
    "open_endpoint",
    "use_endpoint",
    "close_endpoint",
    "choose_usage",
    "choose_role",
    "choose_role_scope",
    "assign_role",
    "check_access",
    "undo_role",
    "open_portal",
    "confirm_access",
    "choose_folder",
    "write_env",
    "send_test_message",
    "go_to_step",
    "check_network",
    "save_certificates",
    "show_changes",
    "undo_change",
    "close_aside",
    "try_store_again",
    "end_browser_session",
    "cancel",
    "press_remedy",
];

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use ts_rs::{Config, TS};

    use crate::snapshot::{Message, PortalPage, ResourceWindow};

    #[test]
    fn the_window_and_the_core_agree_on_every_type() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let config = Config::new().with_out_dir(folder.path());
        Message::export_all(&config).expect("the types of the channel");
        ResourceWindow::export_all(&config).expect("the types of the list");
        PortalPage::export_all(&config).expect("the types of the commands");
        let generated = std::fs::read_to_string(folder.path().join("contract.ts"))
            .expect("ts-rs writes every type into one file");
        compare_or_write(&repository().join("ui/src/contract.ts"), &generated);
    }

    fn repository() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).to_path_buf()
    }

    fn compare_or_write(path: &Path, text: &str) {
        if std::env::var_os("KEYLESS_WRITE").is_some() {
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("the folder is made");
            std::fs::write(path, text).expect("the file is written");
        }
        let checked_in = std::fs::read_to_string(path).unwrap_or_default();
        assert_eq!(checked_in, text, "{} is stale: run `cargo xtask types`", path.display());
    }
}
