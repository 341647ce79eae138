import type { Backend } from "../backend";
import type { Message, ResourceWindow } from "../contract";
import type { State } from "./states";

/** The answer to `list_resources` where a state has no list. */
const NO_RESOURCES: ResourceWindow = { list_revision: 0, matching: 0, from: 0, items: [] };

/** A backend that shows one state and does nothing; its list is cut into windows. */
export function silentBackend(state: State, seen: (send: (message: Message) => void) => void = () => undefined): Backend {
  const nothing = () => Promise.resolve();
  return {
    watch: (onMessage) => {
      onMessage({ kind: "snapshot", snapshot: state.snapshot });
      seen(onMessage);
      return Promise.resolve();
    },
    chooseTenant: nothing,
    signInWithBrowser: nothing,
    signInWithDeviceCode: nothing,
    borrowSignIn: nothing,
    checkNetwork: nothing,
    saveCertificates: nothing,
    showChanges: nothing,
    undoChange: nothing,
    closeAside: nothing,
    tryStoreAgain: nothing,
    endBrowserSession: nothing,
    openBrowserAgain: nothing,
    signInToTenant: nothing,
    pressTenantRemedy: nothing,
    switchAccount: nothing,
    staySignedIn: nothing,
    signOut: nothing,
    startPractice: nothing,
    leavePractice: nothing,
    chooseCloud: nothing,
    listResources: (filter, from, count) =>
      Promise.resolve(cut(state.resources ?? NO_RESOURCES, filter, from, count)),
    selectResource: nothing,
    openEndpoint: nothing,
    useEndpoint: nothing,
    closeEndpoint: nothing,
    selectDeployment: nothing,
    pressAdvice: nothing,
    checkSubdomain: nothing,
    setSubdomain: nothing,
    closeSubdomain: nothing,
    confirmResource: nothing,
    chooseUsage: nothing,
    chooseRole: nothing,
    chooseRoleScope: nothing,
    assignRole: nothing,
    checkAccess: nothing,
    undoRole: nothing,
    openPortal: nothing,
    confirmAccess: nothing,
    chooseFolder: nothing,
    writeEnv: nothing,
    sendTestMessage: nothing,
    goToStep: nothing,
    cancel: nothing,
    pressRemedy: nothing,
  };
}

function cut(all: ResourceWindow, filter: string, from: number, count: number): ResourceWindow {
  const matching = all.items.filter((item) => item.name.includes(filter));
  return {
    list_revision: all.list_revision,
    matching: matching.length,
    from,
    items: matching.slice(from, from + count),
  };
}
