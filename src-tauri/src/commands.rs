//! The commands that the window may call, each handed on as it is.

use keyless::session::Command;
use keyless::snapshot::{
    CloudName, Message, Obstacle, PortalPage, ResourceWindow, RoleScope, Step, Tool, Usage,
};
use tauri::State;
use tauri::ipc::Channel;

use crate::sessions::Sessions;

type Held<'a> = State<'a, Sessions>;

/// Each of these hands its command on, and answers with the next snapshot.
macro_rules! hand_on {
    ($($name:ident => $command:ident $({ $($field:ident: $type:ty),+ })?;)+) => {$(
        #[tauri::command]
        pub fn $name(sessions: Held<'_>, $($($field: $type),+)?) {
            sessions.send(Command::$command $({ $($field),+ })?);
        }
    )+};
}

hand_on! {
    choose_tenant => ChooseTenant { text: String };
    sign_in_with_browser => SignInWithBrowser;
    sign_in_with_device_code => SignInWithDeviceCode;
    borrow_sign_in => BorrowSignIn { tool: Tool };
    open_browser_again => OpenBrowserAgain;
    sign_in_to_tenant => SignInToTenant { id: String };
    press_tenant_remedy => PressTenantRemedy { id: String, index: u32 };
    switch_account => SwitchAccount;
    stay_signed_in => StaySignedIn { on: bool };
    sign_out => SignOut;
    select_resource => SelectResource { id: String };
    select_deployment => SelectDeployment { name: String };
    press_advice => PressAdvice { obstacle: Obstacle, index: u32 };
    check_subdomain => CheckSubdomain { name: String };
    set_subdomain => SetSubdomain { name: String };
    close_subdomain => CloseSubdomain;
    confirm_resource => ConfirmResource;
    open_endpoint => OpenEndpoint;
    use_endpoint => UseEndpoint { endpoint: String, deployment: String };
    close_endpoint => CloseEndpoint;
    choose_usage => ChooseUsage { usage: Usage };
    choose_role => ChooseRole { role_id: String };
    choose_role_scope => ChooseRoleScope { scope: RoleScope };
    assign_role => AssignRole { plan: String };
    check_access => CheckAccess;
    undo_role => UndoRole;
    open_portal => OpenPortal { page: PortalPage };
    confirm_access => ConfirmAccess;
    choose_folder => ChooseFolder;
    write_env => WriteEnv;
    send_test_message => SendTestMessage;
    go_to_step => GoToStep { step: Step };
    check_network => CheckNetwork;
    save_certificates => SaveCertificates;
    show_changes => ShowChanges;
    undo_change => UndoChange { number: u32 };
    close_aside => CloseAside;
    try_store_again => TryStoreAgain;
    end_browser_session => EndBrowserSession;
    cancel => Cancel;
    press_remedy => PressRemedy { index: u32 };
}

#[tauri::command]
pub fn watch(sessions: Held<'_>, channel: Channel<Message>) {
    sessions.watch(channel);
}

#[tauri::command]
pub fn list_resources(sessions: Held<'_>, filter: &str, from: u32, count: u32) -> ResourceWindow {
    sessions.list_resources(filter, from, count)
}

#[tauri::command]
pub async fn start_practice(sessions: Held<'_>) -> Result<(), String> {
    sessions.start_practice().await.map_err(|trouble| trouble.to_string())
}

#[tauri::command]
pub async fn choose_cloud(sessions: Held<'_>, cloud: CloudName) -> Result<(), String> {
    sessions.choose_cloud(cloud).await.map_err(|trouble| trouble.to_string())
}

#[tauri::command]
pub async fn leave_practice(sessions: Held<'_>) -> Result<(), String> {
    sessions.leave_practice().await.map_err(|trouble| trouble.to_string())
}
