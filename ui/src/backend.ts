/** The only door to Rust: one function per command, and one channel back. */
import { Channel, invoke } from "@tauri-apps/api/core";

import type {
  CloudName,
  Message,
  Obstacle,
  PortalPage,
  ResourceWindow,
  RoleScope,
  Step,
  Tool,
  Usage,
} from "./contract";

/** The names of the commands, in the order of the journey; a test compares them with Rust's. */
export const COMMANDS = [
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
] as const;

type Command = (typeof COMMANDS)[number];

/** Every command as a function, under its name in camel case. */
export interface Backend {
  /** Sends the page now, and every change of it from then on. */
  watch: (onMessage: (message: Message) => void) => Promise<void>;
  /** Chooses the directory to sign in to: an id, a domain, or nothing for the person's own. */
  chooseTenant: (text: string) => Promise<void>;
  signInWithBrowser: () => Promise<void>;
  /** Shows a code to type in on Microsoft's page; another one each time. */
  signInWithDeviceCode: () => Promise<void>;
  borrowSignIn: (tool: Tool) => Promise<void>;
  openBrowserAgain: () => Promise<void>;
  /** Signs in to one of the person's directories, which did not open silently. */
  signInToTenant: (id: string) => Promise<void>;
  /** Presses the remedy at this position of the failure of a directory. */
  pressTenantRemedy: (id: string, index: number) => Promise<void>;
  switchAccount: () => Promise<void>;
  staySignedIn: (on: boolean) => Promise<void>;
  signOut: () => Promise<void>;
  startPractice: () => Promise<void>;
  leavePractice: () => Promise<void>;
  /** Begins anew in another cloud, and keeps to it from then on. */
  chooseCloud: (cloud: CloudName) => Promise<void>;
  /** At most 100 resources that match the filter, from a position on. */
  listResources: (filter: string, from: number, count: number) => Promise<ResourceWindow>;
  selectResource: (id: string) => Promise<void>;
  selectDeployment: (name: string) => Promise<void>;
  /** Presses the remedy at this position against an obstacle of the chosen resource. */
  pressAdvice: (obstacle: Obstacle, index: number) => Promise<void>;
  /** Asks whether the chosen resource may have this subdomain. */
  checkSubdomain: (name: string) => Promise<void>;
  /** Sets the subdomain of the chosen resource, which cannot be undone. */
  setSubdomain: (name: string) => Promise<void>;
  closeSubdomain: () => Promise<void>;
  confirmResource: () => Promise<void>;
  /** Shows where an endpoint is written down, in place of the list. */
  openEndpoint: () => Promise<void>;
  /** Goes on with the resource at this endpoint, as it was pasted. */
  useEndpoint: (endpoint: string, deployment: string) => Promise<void>;
  closeEndpoint: () => Promise<void>;
  /** Says what the role is for. */
  chooseUsage: (usage: Usage) => Promise<void>;
  /** Chooses another role than the one that is proposed, by its id. */
  chooseRole: (roleId: string) => Promise<void>;
  chooseRoleScope: (scope: RoleScope) => Promise<void>;
  /** Assigns the role of the plan of this name, if it is still the one that is shown. */
  assignRole: (plan: string) => Promise<void>;
  /** Reads again what the person may do: somebody may have changed it. */
  checkAccess: () => Promise<void>;
  /** Takes away again what Keyless assigned. */
  undoRole: () => Promise<void>;
  openPortal: (page: PortalPage) => Promise<void>;
  confirmAccess: () => Promise<void>;
  chooseFolder: () => Promise<void>;
  writeEnv: () => Promise<void>;
  sendTestMessage: () => Promise<void>;
  goToStep: (step: Step) => Promise<void>;
  /** Shows what lies between this machine and Azure. */
  checkNetwork: () => Promise<void>;
  /** Writes the file of certificates that the page about the connection offers. */
  saveCertificates: () => Promise<void>;
  /** Shows what Keyless changed. */
  showChanges: () => Promise<void>;
  /** Undoes the change of this number. */
  undoChange: (number: number) => Promise<void>;
  closeAside: () => Promise<void>;
  /** Makes the system's store for secrets ready; the system may ask for its password. */
  tryStoreAgain: () => Promise<void>;
  /** Opens the page that ends the browser's own session at Microsoft. */
  endBrowserSession: () => Promise<void>;
  cancel: () => Promise<void>;
  /** Presses the remedy at this position of the failure that is shown. */
  pressRemedy: (index: number) => Promise<void>;
}

/** The backend of the desktop app. */
export const backend: Backend = {
  watch: (onMessage) => call("watch", { channel: new Channel<Message>(onMessage) }),
  chooseTenant: (text) => call("choose_tenant", { text }),
  signInWithBrowser: () => call("sign_in_with_browser"),
  signInWithDeviceCode: () => call("sign_in_with_device_code"),
  borrowSignIn: (tool) => call("borrow_sign_in", { tool }),
  openBrowserAgain: () => call("open_browser_again"),
  signInToTenant: (id) => call("sign_in_to_tenant", { id }),
  pressTenantRemedy: (id, index) => call("press_tenant_remedy", { id, index }),
  switchAccount: () => call("switch_account"),
  staySignedIn: (on) => call("stay_signed_in", { on }),
  signOut: () => call("sign_out"),
  startPractice: () => call("start_practice"),
  leavePractice: () => call("leave_practice"),
  chooseCloud: (cloud) => call("choose_cloud", { cloud }),
  listResources: (filter, from, count) => call("list_resources", { filter, from, count }),
  selectResource: (id) => call("select_resource", { id }),
  selectDeployment: (name) => call("select_deployment", { name }),
  pressAdvice: (obstacle, index) => call("press_advice", { obstacle, index }),
  checkSubdomain: (name) => call("check_subdomain", { name }),
  setSubdomain: (name) => call("set_subdomain", { name }),
  closeSubdomain: () => call("close_subdomain"),
  confirmResource: () => call("confirm_resource"),
  openEndpoint: () => call("open_endpoint"),
  useEndpoint: (endpoint, deployment) => call("use_endpoint", { endpoint, deployment }),
  closeEndpoint: () => call("close_endpoint"),
  chooseUsage: (usage) => call("choose_usage", { usage }),
  chooseRole: (roleId) => call("choose_role", { roleId }),
  chooseRoleScope: (scope) => call("choose_role_scope", { scope }),
  assignRole: (plan) => call("assign_role", { plan }),
  checkAccess: () => call("check_access"),
  undoRole: () => call("undo_role"),
  openPortal: (page) => call("open_portal", { page }),
  confirmAccess: () => call("confirm_access"),
  chooseFolder: () => call("choose_folder"),
  writeEnv: () => call("write_env"),
  sendTestMessage: () => call("send_test_message"),
  goToStep: (step) => call("go_to_step", { step }),
  checkNetwork: () => call("check_network"),
  saveCertificates: () => call("save_certificates"),
  showChanges: () => call("show_changes"),
  undoChange: (number) => call("undo_change", { number }),
  closeAside: () => call("close_aside"),
  tryStoreAgain: () => call("try_store_again"),
  endBrowserSession: () => call("end_browser_session"),
  cancel: () => call("cancel"),
  pressRemedy: (index) => call("press_remedy", { index }),
};

function call<Answer>(command: Command, parameters?: Record<string, unknown>): Promise<Answer> {
  return invoke<Answer>(command, parameters);
}
