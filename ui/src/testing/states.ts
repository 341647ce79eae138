/** Every state that the window can show, beside those that the Rust tests write to `fixtures/`. */
import type {
  AccessPhase,
  AssignmentPlan,
  ChangeItem,
  ChangeLine,
  ChangesPage,
  ChooseResourcePage,
  Code,
  ConnectProjectPage,
  ConnectivityPage,
  Deployment,
  DeviceCode,
  EndpointForm,
  Failure,
  GetAccessPage,
  HostCheck,
  HostPurpose,
  NoUndo,
  Obstacle,
  Page,
  Person,
  Proof,
  Recipe,
  Remedy,
  Resource,
  ResourceWindow,
  SignInPage,
  Snapshot,
  StageCheck,
  StageOutcome,
  Step,
  SubdomainForm,
  TenantChoice,
  TenantState,
  TenantStatus,
  TestConnectionPage,
} from "../contract";

/** A page, and the list behind it. */
export interface State {
  name: string;
  snapshot: Snapshot;
  resources?: ResourceWindow | null;
}

const STEPS: readonly Step[] = [
  "sign_in",
  "choose_resource",
  "get_access",
  "connect_project",
  "test_connection",
];

const SUMMARIES: Readonly<Record<Step, string>> = {
  sign_in: "ada@contoso.example",
  choose_resource: "contoso-chat-sweden",
  get_access: "Cognitive Services OpenAI User",
  connect_project: "/home/ada/projects/assistant/.env",
  test_connection: "gpt-4.1-mini",
};

const ADA: Person = {
  name: "Ada Lindqvist",
  account: "ada@contoso.example",
  tenant_name: "Contoso",
  tenant_id: "4f1d3a52-0f0c-4a8e-9d55-2b1f6f0e7c11",
  object_id: "9c2b7d64-6f0e-4a53-8c2d-51f6a1d0b3e7",
  guest: false,
  way: "browser",
  kept: true,
  cloud: "public",
  application: null,
};

const RESOURCES: readonly Resource[] = [
  resource("contoso-chat-sweden", "OpenAI", "swedencentral"),
  resource("contoso-foundry-hub", "AIServices", "eastus2"),
  { ...resource("contoso-legacy", "OpenAI", "westeurope"), obstacles: ["no_custom_subdomain"] },
  { ...resource("contoso-private", "OpenAI", "northeurope"), obstacles: ["private_network"] },
  {
    ...resource("contoso-fenced", "AIServices", "francecentral"),
    obstacles: ["network_rules", "not_ready"],
  },
];

const LONG: Resource = {
  ...resource(`${"a-resource-with-a-remarkably-long-name-".repeat(2)}0123456789`, "OpenAI", "uksouth"),
  resource_group: "rg-of-the-department-of-very-long-resource-group-names-production-0042",
  subscription: "The subscription of the department that likes to spell everything out in full",
};

const DEPLOYMENTS: readonly Deployment[] = [
  deployment("gpt-4.1-mini", "gpt-4.1-mini", "2025-04-14"),
  deployment("assistant-prod", "gpt-4o", "2024-11-20", { retirement: { kind: "unknown" } }),
  deployment("embeddings", "text-embedding-3-large", "1", { purpose: "embeddings", can_chat: false }),
];

/** What there is to say of deployments besides. */
const ODD_DEPLOYMENTS: readonly Deployment[] = [
  deployment("assistant", "gpt-4.1", "2025-04-14", {
    retirement: { kind: "soon", date: "2027-01-15" },
  }),
  deployment("brought-along-from-the-first-prototype", "gpt-4o", "2024-05-13", {
    retirement: { kind: "past", date: "2026-10-01" },
  }),
  deployment("brand-new", "gpt-5-mini", "2025-08-07", { state: "changing" }),
  deployment("broken", "gpt-5-mini", "2025-08-07", { state: "failed" }),
  deployment("paused", "gpt-5-mini", "2025-08-07", { state: "disabled" }),
  deployment("going", "gpt-5-mini", "2025-08-07", { state: "deleting" }),
  deployment("reserved", "gpt-4.1", "2025-04-14", {
    capacity: {
      sku: "DataZoneProvisionedManaged",
      units: 50,
      tokens_per_minute: null,
      requests_per_minute: null,
    },
  }),
  deployment("new-kind", "gpt-4.1", "2025-04-14", {
    capacity: { sku: "SomethingNew", units: 3, tokens_per_minute: 3000, requests_per_minute: null },
  }),
  deployment("deepseek", "DeepSeek-V3.1", "1", { maker: "DeepSeek", can_chat: false }),
  deployment("pictures", "dall-e-3", "3.0", { purpose: "other", can_chat: false, capacity: null }),
  deployment("embeddings", "text-embedding-3-large", "1", { purpose: "embeddings", can_chat: false }),
];

const ACCOUNT_SCOPE = resource("contoso-chat-sweden", "OpenAI", "swedencentral").id;

export const PLAN: AssignmentPlan = {
  usage: "chat",
  usages: ["chat", "files", "other_models"],
  role: "Cognitive Services OpenAI User",
  former_role: null,
  role_id: "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd",
  reason: { code: "chat", parameters: { role: "Cognitive Services OpenAI User" } },
  lists_keys: false,
  scope: ACCOUNT_SCOPE,
  scope_kind: "account",
  account: ADA.account,
  object_id: ADA.object_id,
  may_assign: "yes",
  may_undo: "yes",
  name: "0d6b7d3c-6a4e-5a5f-9a53-6f5f0a3c1d11",
  roles: [
    {
      role: "Cognitive Services OpenAI User",
      role_id: "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd",
      lists_keys: false,
      may_assign: "yes",
    },
    {
      role: "Foundry User",
      role_id: "53ca6127-db72-4b80-b1b0-d745d6d5456d",
      lists_keys: true,
      may_assign: "yes",
    },
  ],
  scopes: [
    { kind: "account", scope: ACCOUNT_SCOPE, may_assign: "yes" },
    {
      kind: "resource_group",
      scope: ACCOUNT_SCOPE.slice(0, ACCOUNT_SCOPE.indexOf("/providers/")),
      may_assign: "no",
    },
  ],
};

const RECIPES: readonly Recipe[] = [
  {
    kind: "azure_cli",
    shell: "bash",
    texts: [
      { step: "sign_in", text: `az login --tenant ${ADA.tenant_id}` },
      { step: "assign", text: `az role assignment create --role ${PLAN.role_id}` },
    ],
  },
  {
    kind: "bicep",
    shell: null,
    texts: [{ step: "file", text: "resource account 'Microsoft.CognitiveServices/accounts'" }],
  },
];

const NEW_LINES: readonly ChangeLine[] = [
  { kind: "added", text: "AZURE_OPENAI_ENDPOINT=https://contoso-chat-sweden.openai.azure.com" },
  { kind: "added", text: "AZURE_OPENAI_DEPLOYMENT=gpt-4.1-mini" },
  { kind: "added", text: "AZURE_TOKEN_CREDENTIALS=dev  # this machine only" },
  { kind: "added", text: `# tenant: ${ADA.tenant_id}` },
];

const CHANGED_LINES: readonly ChangeLine[] = [
  { kind: "kept", text: "# settings of the assistant" },
  { kind: "kept", text: "DATABASE_URL=••••" },
  { kind: "removed", text: "AZURE_OPENAI_ENDPOINT=https://contoso-old.openai.azure.com/" },
  ...NEW_LINES,
  { kind: "kept", text: "LOG_LEVEL=••••" },
];

const signIn: SignInPage = {
  phase: "signed_out",
  address: null,
  browser_opened: true,
  device_code: null,
  tools: [],
  tenant: { text: "", state: { kind: "empty" } },
  tenants: [],
  store: null,
  browser_session: null,
  stay_signed_in: true,
  can_stay_signed_in: true,
  can_practice: true,
  cloud: "public",
  clouds: ["public", "us_government"],
  application: null,
};

const choose: ChooseResourcePage = {
  reading: false,
  total: RESOURCES.length,
  list_revision: 1,
  subscriptions: 3,
  selected: null,
  reading_deployments: false,
  deployments: [],
  deployment: null,
  advice: [],
  subdomain: null,
  endpoint: null,
};

const chosen: ChooseResourcePage = {
  ...choose,
  selected: RESOURCES[0] ?? null,
  deployments: [...DEPLOYMENTS],
  deployment: "gpt-4.1-mini",
};

const WAY_OUT: Readonly<Record<Obstacle, readonly Remedy[]>> = {
  no_custom_subdomain: [
    { kind: "action", action: "set_subdomain" },
    { kind: "link", link: "custom_subdomain", url: "https://learn.microsoft.com/" },
  ],
  private_network: [
    { kind: "text", text: "request_network", content: "Hello,\n\nCan you tell me which VPN to use?" },
    { kind: "action", action: "check_network" },
  ],
  network_rules: [
    { kind: "text", text: "request_network", content: "Hello,\n\nCan you allow my address?" },
    { kind: "action", action: "check_network" },
  ],
  not_ready: [{ kind: "action", action: "read_resources" }],
  directory_not_ready: [{ kind: "action", action: "sign_in" }],
};

const SUBDOMAIN: SubdomainForm = {
  name: "contoso-legacy",
  state: "free",
  suffix: ".openai.azure.com",
  account: ADA.account,
  writing: false,
};

const ENDPOINT: EndpointForm = {
  endpoint: "",
  example: "https://NAME.openai.azure.com",
  endpoint_trouble: null,
  deployment: "",
  deployment_trouble: null,
  deployment_offered: false,
};

const ENDPOINT_OF_COLLEAGUE = "https://contoso-chat-sweden.openai.azure.com";

const access: GetAccessPage = {
  phase: "known",
  resource: "contoso-chat-sweden",
  verdict: "may_not_chat",
  findings: [{ code: "owner_without_data_role", parameters: { role: "Owner", scope: "Contoso Development" } }],
  plan: PLAN,
  recipes: [...RECIPES],
  undo: null,
  request: null,
  waiting: null,
};

const project: ConnectProjectPage = {
  phase: "ready",
  folder: "/home/ada/projects/assistant",
  file: "/home/ada/projects/assistant/.env",
  file_exists: true,
  change: [...CHANGED_LINES],
};

const noProject: ConnectProjectPage = {
  phase: "no_folder",
  folder: null,
  file: null,
  file_exists: false,
  change: [],
};

const test: TestConnectionPage = {
  phase: "ready",
  endpoint: "https://contoso-chat-sweden.openai.azure.com",
  deployment: "gpt-4.1-mini",
  question: "Say hello in one short sentence.",
  answer: "",
  pieces: 0,
  results: [],
};

const BLOCKED: Failure = {
  code: "conditional_access_blocked",
  parameters: {},
  remedies: [
    { kind: "action", action: "switch_account" },
    { kind: "text", text: "ask_administrator", content: "Hello,\n\nAADSTS53003: Access has been blocked.\n" },
  ],
  details: [{ name: "entra_code", value: "AADSTS53003" }],
};

const SECOND_FACTOR: Failure = {
  code: "second_factor_needed",
  parameters: {},
  remedies: [{ kind: "action", action: "sign_in" }],
  details: [{ name: "entra_code", value: "AADSTS50076" }],
};

const DECLINED: Failure = {
  code: "sign_in_declined",
  parameters: {},
  remedies: [{ kind: "action", action: "sign_in" }],
  details: [],
};

const UNREACHED: Failure = {
  code: "network_failed",
  parameters: { host: "management.azure.com", attempts: "3", seconds: "4.2" },
  remedies: [
    { kind: "action", action: "try_again" },
    { kind: "action", action: "check_network" },
  ],
  details: [],
};

const MIXED: TenantState[] = [
  tenant("Contoso", "ready", { home: true, subscriptions: 3 }, 1),
  tenant("Fabrikam Research and Development of Northern Europe", "needs_sign_in", { failure: SECOND_FACTOR }, 2),
  tenant("Tailspin Toys", "blocked", { failure: BLOCKED, refused: "chat" }, 3),
  tenant(null, "checking", {}, 4),
  tenant("Woodgrove", "ready", { subscriptions: 1 }, 5),
];

const HOSTS: readonly HostCheck[] = [
  host("sign_in", "login.microsoftonline.com"),
  host("management", "management.azure.com"),
  host("resource", "contoso-chat-sweden.openai.azure.com"),
];

const ROLE = { role: PLAN.role };
const WHERE = { ...ROLE, scope: "contoso-chat-sweden" };
const assigned = [{ code: "role_assigned", parameters: WHERE }];
const address = `https://login.microsoftonline.com/organizations/oauth2/v2.0/authorize?client_id=04b07795-8ddb-461a-bbee-02f9e1bf7b46&response_type=code&state=${"q7".repeat(30)}`;
const listed = windowOf(RESOURCES);

const deviceCode: DeviceCode = {
  code: "FXDLWKKMF",
  address: "https://microsoft.com/devicelogin",
  lasts_seconds: 872,
  expired: false,
};

/** Every phase of every page. */
export const STATES: readonly State[] = [
  at("sign-in", { step: "sign_in", ...signIn }),
  at("sign-in-with-azure-cli", {
    step: "sign_in",
    ...signIn,
    tools: [{ tool: "azure_cli", account: "ada@contoso.example" }],
  }),
  at("sign-in-session-only", {
    step: "sign_in",
    ...signIn,
    can_stay_signed_in: false,
    can_practice: false,
  }),
  at(
    "sign-in-after-sign-out",
    {
      step: "sign_in",
      ...signIn,
      browser_session: "https://login.microsoftonline.com/organizations/oauth2/v2.0/logout",
    },
    { notices: [said("signed_out")] },
  ),
  at("sign-in-government", {
    step: "sign_in",
    ...signIn,
    cloud: "us_government",
    application: "5a1f6a5e-0e8f-4c0b-9d43-0f5e6f1b7c11",
  }),
  at(
    "sign-in-settings",
    { step: "sign_in", ...signIn },
    { notices: [said("setting_not_known", { place: "/etc/keyless/settings.json", field: "authority" })] },
  ),
  at("sign-in-practice", { step: "sign_in", ...signIn, stay_signed_in: false }, { practice: true }),
  at("sign-in-resuming", { step: "sign_in", ...signIn, phase: "resuming" }, busy("resuming")),
  at("sign-in-opening", { step: "sign_in", ...signIn, phase: "opening" }, busy("signing_in")),
  at(
    "sign-in-waiting",
    { step: "sign_in", ...signIn, phase: "waiting", address },
    busy("signing_in"),
  ),
  at(
    "sign-in-waiting-no-browser",
    { step: "sign_in", ...signIn, phase: "waiting", address, browser_opened: false },
    { ...busy("signing_in"), notices: [said("browser_not_opened"), said("answer_ignored")] },
  ),
  at(
    "device-code",
    { step: "sign_in", ...signIn, phase: "waiting", address: deviceCode.address, device_code: deviceCode },
    busy("signing_in"),
  ),
  at(
    "device-code-with-notice",
    { step: "sign_in", ...signIn, phase: "waiting", address: deviceCode.address, device_code: deviceCode },
    { ...busy("signing_in"), notices: [said("browser_not_opened")] },
  ),
  at(
    "device-code-last-minute",
    {
      step: "sign_in",
      ...signIn,
      phase: "waiting",
      address: null,
      browser_opened: false,
      device_code: { ...deviceCode, lasts_seconds: 42 },
    },
    busy("signing_in"),
  ),
  ...tenantChoices().map(([name, tenant]) => at(name, { step: "sign_in", ...signIn, tenant })),
  at("sign-in-with-tools", {
    step: "sign_in",
    ...signIn,
    tools: [
      { tool: "azure_cli", account: ADA.account },
      { tool: "azure_developer_cli", account: "ada.lindqvist@fabrikam.onmicrosoft.example" },
    ],
  }),
  ...["absent", "locked", "slow", "failed", "opening"].map((code) =>
    at(`sign-in-store-${code}`, {
      step: "sign_in",
      ...signIn,
      can_stay_signed_in: false,
      store: said(code),
    }),
  ),
  at("sign-in-finishing", { step: "sign_in", ...signIn, phase: "finishing" }, busy("signing_in")),
  at("signed-in", { step: "sign_in", ...signIn, phase: "signed_in" }, { person: ADA }),
  ...tenantLists().map(([name, tenants]) =>
    at(name, { step: "sign_in", ...signIn, phase: "signed_in", tenants }, { person: ADA }),
  ),
  at(
    "tenants-declined",
    { step: "sign_in", ...signIn, phase: "signed_in", tenants: MIXED },
    { person: ADA, failure: DECLINED },
  ),
  at(
    "tenants-signing-in",
    {
      step: "sign_in",
      ...signIn,
      phase: "waiting",
      address,
      tenants: MIXED,
    },
    { person: ADA, ...busy("signing_in") },
  ),
  at(
    "signed-in-long",
    { step: "sign_in", ...signIn, phase: "signed_in" },
    {
      person: {
        ...ADA,
        name: "Wolfeschlegelsteinhausenbergerdorff Adalberta Maximiliana",
        account: `${"very.long.account.name.".repeat(3)}@contoso.onmicrosoft.example`,
        tenant_name: null,
        way: "azure_cli",
        kept: false,
      },
      notices: [said("session_only")],
    },
  ),

  at(
    "choose-reading",
    { step: "choose_resource", ...choose, reading: true, total: 0, list_revision: 0 },
    busy("finding_resources"),
    windowOf([]),
  ),
  at("choose", { step: "choose_resource", ...choose }, {}, listed),
  at(
    "choose-reading-deployments",
    { step: "choose_resource", ...chosen, deployments: [], deployment: null, reading_deployments: true },
    busy("finding_deployments"),
    listed,
  ),
  at("chosen", { step: "choose_resource", ...chosen }, {}, listed),
  at(
    "chosen-practice",
    { step: "choose_resource", ...chosen },
    { practice: true, notices: [said("tenants_unreached", { count: "2" })] },
    listed,
  ),
  at(
    "chosen-odd-deployments",
    { step: "choose_resource", ...chosen, deployments: [...ODD_DEPLOYMENTS], deployment: "assistant" },
    {},
    listed,
  ),
  hindered("chosen-keys-only", 2),
  hindered("chosen-private", 3),
  hindered("chosen-fenced", 4),
  hindered("chosen-keys-only-request", 2, {
    advice: [
      {
        obstacle: "no_custom_subdomain",
        remedies: [
          { kind: "text", text: "request_subdomain", content: "Hello,\n\nCan you set a subdomain?" },
          ...WAY_OUT.no_custom_subdomain.slice(1),
        ],
      },
    ],
  }),
  at(
    "chosen-directory-not-ready",
    {
      step: "choose_resource",
      ...chosen,
      selected: {
        ...resource("contoso-chat-sweden", "OpenAI", "swedencentral"),
        takes_keys: false,
        obstacles: ["directory_not_ready"],
      },
      advice: [{ obstacle: "directory_not_ready", remedies: [...WAY_OUT.directory_not_ready] }],
    },
    {},
    listed,
  ),
  ...(["checking", "free", "unchecked", "malformed", "taken"] as const).map((state) =>
    hindered(`subdomain-${state}`, 2, { subdomain: { ...SUBDOMAIN, state } }),
  ),
  hindered("subdomain-practice", 2, { subdomain: { ...SUBDOMAIN, suffix: null } }),
  hindered(
    "subdomain-setting",
    2,
    { subdomain: { ...SUBDOMAIN, state: "checking", writing: true } },
    busy("setting_subdomain", false),
  ),
  at(
    "subdomain-set",
    { step: "choose_resource", ...chosen },
    {
      notices: [
        said("subdomain_set", {
          resource: "contoso-chat-sweden",
          endpoint: "https://contoso-chat-sweden.openai.azure.com",
        }),
      ],
    },
    listed,
  ),
  endpointAt("endpoint", {}),
  endpointAt("endpoint-empty", { endpoint_trouble: "empty", deployment_trouble: "empty" }),
  ...(["malformed", "elsewhere", "keys_only"] as const).map((trouble) =>
    endpointAt(`endpoint-${trouble}`, {
      endpoint: "https://contoso.example/openai",
      endpoint_trouble: trouble,
      deployment: "gpt-4.1-mini",
    }),
  ),
  endpointAt("endpoint-deployment-malformed", {
    endpoint: ENDPOINT_OF_COLLEAGUE,
    deployment: "gpt 4.1",
    deployment_trouble: "malformed",
  }),
  endpointAt("endpoint-deployment-offered", {
    endpoint: `${ENDPOINT_OF_COLLEAGUE}/openai/deployments/gpt-4.1-mini/chat/completions`,
    deployment: "gpt-4.1-mini",
    deployment_offered: true,
  }),
  at(
    "endpoint-no-account",
    { step: "choose_resource", ...choose, total: 0, subscriptions: 1, endpoint: ENDPOINT },
    {
      failure: {
        code: "no_account",
        parameters: { subscriptions: "1" },
        remedies: [{ kind: "action", action: "read_resources" }],
        details: [],
      },
    },
    windowOf([]),
  ),
  at(
    "chosen-no-deployments",
    { step: "choose_resource", ...chosen, deployments: [], deployment: null },
    {},
    listed,
  ),
  at(
    "chosen-long",
    { step: "choose_resource", ...chosen, selected: LONG, total: 6 },
    {},
    windowOf([LONG, ...RESOURCES]),
  ),
  at(
    "choose-many",
    { step: "choose_resource", ...choose, total: 350 },
    {},
    windowOf(numbered(350)),
  ),

  accessAt("access-checking", "checking", { verdict: null, plan: null, findings: [] }),
  accessAt("access-missing", "known", {}),
  accessAt("access-no-role", "known", {
    findings: [said("no_role")],
    plan: { ...PLAN, may_assign: "no" },
    request:
      "Hello,\n\nI’d like to use the Azure OpenAI resource contoso-chat-dev with my own sign-in instead of a key.\n\nThank you!\n",
  }),
  accessAt("access-unknown", "known", {
    verdict: "cannot_tell",
    findings: [said("permissions_unread"), said("assignments_unread")],
    plan: { ...PLAN, may_assign: "unknown" },
  }),
  accessAt("access-only-foundry", "known", {
    plan: {
      ...PLAN,
      role: "Foundry User",
      former_role: "Azure AI User",
      role_id: "53ca6127-db72-4b80-b1b0-d745d6d5456d",
      lists_keys: true,
      may_undo: "unknown",
      reason: {
        code: "only_this",
        parameters: { role: "Foundry User", wanted: "Cognitive Services OpenAI User" },
      },
    },
  }),
  accessAt("access-unlisted", "known", {
    verdict: "cannot_tell",
    findings: [said("known_by_endpoint", {})],
    plan: null,
    recipes: [],
  }),
  accessAt("access-undoing", "undoing", { verdict: "may_not_chat", findings: [] }),
  accessAt("access-undoable", "works", {
    verdict: "may_chat",
    findings: assigned,
    undo: { role: PLAN.role, may: "yes" },
  }),
  accessAt("access-not-undoable", "works", {
    verdict: "may_chat",
    findings: assigned,
    undo: { role: PLAN.role, may: "no" },
  }),
  accessAt("access-assigning", "assigning", {}),
  accessAt("access-waiting", "waiting", {
    findings: assigned,
    waiting: { elapsed_seconds: 83, attempts: 32, next_in_seconds: 4, unanswered: false },
  }),
  accessAt("access-waiting-first", "waiting", {
    findings: [{ code: "role_existed", parameters: WHERE }],
    waiting: { elapsed_seconds: 0, attempts: 1, next_in_seconds: 0, unanswered: false },
  }),
  accessAt("access-paused", "paused", { findings: assigned }),
  accessAt("access-works", "works", {
    verdict: "may_chat",
    findings: [
      said("may_chat_through", { ...ROLE, scope: "contoso-chat-sweden" }),
      said("may_chat_inherited", { ...ROLE, scope: "rg-assistants" }),
    ],
  }),

  at("project-no-folder", { step: "connect_project", ...noProject }),
  at(
    "project-reading",
    { step: "connect_project", ...project, phase: "reading", change: [], file: null },
    busy("reading_env", false),
  ),
  at("project-new", {
    step: "connect_project",
    ...project,
    file_exists: false,
    change: [...NEW_LINES],
  }),
  at(
    "project-changed",
    { step: "connect_project", ...project },
    { notices: [said("env_not_ignored", { path: "/home/ada/projects/assistant/.env" })] },
  ),
  at("project-long", {
    step: "connect_project",
    ...project,
    folder: `/home/ada/${"a-deep-folder/".repeat(12)}`,
    change: [
      ...CHANGED_LINES,
      ...numbered(40).map(({ name }): ChangeLine => ({ kind: "kept", text: `${name}=••••` })),
    ],
  }),
  at("project-same", {
    step: "connect_project",
    ...project,
    change: NEW_LINES.map(({ text }): ChangeLine => ({ kind: "kept", text })),
  }),
  at(
    "project-writing",
    { step: "connect_project", ...project, phase: "writing" },
    busy("writing_env", false),
  ),
  at("project-written", { step: "connect_project", ...project, phase: "written" }),

  at("test-ready", { step: "test_connection", ...test }),
  at("test-asking", { step: "test_connection", ...test, phase: "asking" }, busy("asking")),
  at(
    "test-answering",
    { step: "test_connection", ...test, phase: "answering", answer: "Hello there, ", pieces: 3 },
    busy("asking"),
  ),
  at("test-answered", {
    step: "test_connection",
    ...test,
    phase: "answered",
    answer: "Hello there, it’s good to meet you!",
    pieces: 9,
    results: [
      said("signed_in", { account: ADA.account }),
      said("uses_resource", { resource: "contoso-chat-sweden", deployment: "gpt-4.1-mini" }),
      said("has_role", ROLE),
      said("wrote_env", { path: "/home/ada/projects/assistant/.env" }),
      said("answered", { deployment: "gpt-4.1-mini" }),
    ],
  }),
];

interface FailureExample {
  page: Page;
  parameters?: Record<string, string>;
  remedies: Remedy[];
  resources?: ResourceWindow;
}

const atSignIn: Page = { step: "sign_in", ...signIn };
const atChoose: Page = { step: "choose_resource", ...chosen };
const atEmptyList: Page = { step: "choose_resource", ...choose, total: 0 };
const atAccess: Page = { step: "get_access", ...access };
const atUnknownAccess: Page = { step: "get_access", ...access, verdict: null, plan: null };
const atProject: Page = { step: "connect_project", ...noProject, folder: project.folder };
const atTest: Page = { step: "test_connection", ...test };

const again: Remedy = { kind: "action", action: "try_again" };
const signInAgain: Remedy = { kind: "action", action: "sign_in" };
const signInWithCode: Remedy = { kind: "action", action: "sign_in_with_device_code" };
const otherAccount: Remedy = { kind: "action", action: "switch_account" };
const otherTenant: Remedy = { kind: "action", action: "choose_tenant" };
const otherResource: Remedy = { kind: "action", action: "choose_resource" };
const readAgain: Remedy = { kind: "action", action: "read_resources" };
const checkAgain: Remedy = { kind: "action", action: "check_access" };
const keepWaiting: Remedy = { kind: "action", action: "keep_waiting" };
const otherFolder: Remedy = { kind: "action", action: "choose_folder" };
const readEnv: Remedy = { kind: "action", action: "read_env" };
const sendAgain: Remedy = { kind: "action", action: "send_test_message" };
const status: Remedy = {
  kind: "link",
  link: "service_health",
  url: "https://azure.status.microsoft",
};
const portal: Remedy = { kind: "link", link: "portal", url: "https://portal.azure.com" };
const entra: Remedy = {
  kind: "link",
  link: "entra_error",
  url: "https://login.microsoftonline.com/error?code=50105",
};
const subdomain: Remedy = {
  kind: "link",
  link: "custom_subdomain",
  url: "https://learn.microsoft.com/azure/ai-services/cognitive-services-custom-subdomains",
};
const support: Remedy = {
  kind: "link",
  link: "support",
  url: "https://portal.azure.com/#view/Microsoft_Azure_Support/NewSupportRequestV3Blade",
};
const securityInfo: Remedy = {
  kind: "link",
  link: "security_info",
  url: "https://mysignins.microsoft.com/security-info",
};
const approval: Remedy = {
  kind: "link",
  link: "admin_consent",
  url: "https://login.microsoftonline.com/organizations/adminconsent?client_id=04b07795-8ddb-461a-bbee-02f9e1bf7b46",
};
const login: Remedy = {
  kind: "command",
  command: "az_login",
  line: `az login --tenant ${ADA.tenant_id} --scope https://cognitiveservices.azure.com/.default`,
};
const administrator: Remedy = {
  kind: "text",
  text: "ask_administrator",
  content: "Hello,\n\nMicrosoft Entra ID stopped my sign-in:\n\nAADSTS53003: Access has been blocked.\n",
};
const request: Remedy = {
  kind: "text",
  text: "request_access",
  content: `I’d like to use contoso-chat-sweden.\n\nObject ID: ${PLAN.object_id}\nScope: ${PLAN.scope}\n`,
};

const requestSubscription: Remedy = {
  kind: "text",
  text: "request_subscription",
  content: `I don’t see a subscription in Contoso yet.\n\nAccount: ${ADA.account}\n`,
};
const requestInvitation: Remedy = {
  kind: "text",
  text: "request_invitation",
  content: `Can you invite my account as a guest?\n\nAccount: ${ADA.account}\n`,
};

const managementHost = "management.azure.com";
const OWN_APPLICATION = "6f3c7a52-1d6b-4f3e-9a57-2c5d0e8b4a19";
const registration: Remedy = {
  kind: "text",
  text: "register_application",
  content: `The app registration ${OWN_APPLICATION} signs people in to Keyless. It needs:\n\n- user_impersonation of Azure Service Management\n`,
};
const broker: Remedy = {
  kind: "command",
  command: "az_broker",
  line: "az config set core.enable_broker_on_windows=false",
};

const path = "/home/ada/projects/assistant/.env";
const inUse = "contoso-chat-sweden";
const inUseHost = `${inUse}.openai.azure.com`;
const reason = "The account isn’t assigned to a role for the application.";
const tool = "Azure Developer CLI";

const checkConnection: Remedy = { kind: "action", action: "check_network" };
const setProxy: Remedy = {
  kind: "command",
  command: "set_proxy",
  line: "export HTTPS_PROXY=http://proxy:8080",
};
const openHosts: Remedy = {
  kind: "text",
  text: "open_hosts",
  content: "Hello,\n\nThe proxy proxy.contoso.example:8080 doesn’t let this computer reach Azure.\n",
};
const companyProxy = "proxy.contoso.example:8080";

const FAILURES: Readonly<Record<Code, FailureExample>> = {
  sign_in_declined: { page: atSignIn, remedies: [signInAgain] },
  device_code_expired: { page: atSignIn, parameters: { minutes: "15" }, remedies: [signInWithCode, signInAgain] },
  sign_in_timed_out: { page: atSignIn, parameters: { minutes: "10" }, remedies: [signInAgain] },
  sign_in_disturbed: { page: atSignIn, remedies: [signInAgain] },
  loopback_unavailable: { page: atSignIn, remedies: [again] },
  sign_in_refused: { page: atSignIn, parameters: { reason }, remedies: [otherAccount, entra] },
  sign_in_expired: { page: atAccess, remedies: [signInAgain] },
  sign_in_still_kept: { page: atSignIn, remedies: [again] },
  second_factor_needed: { page: atTest, remedies: [signInAgain, login, otherAccount, entra] },
  second_factor_missing: { page: atSignIn, remedies: [signInAgain, securityInfo, otherAccount] },
  conditional_access_blocked: {
    page: atSignIn,
    remedies: [signInAgain, administrator, otherAccount, entra],
  },
  device_not_compliant: { page: atSignIn, remedies: [signInAgain, administrator, entra] },
  token_protection: { page: atSignIn, remedies: [administrator, otherAccount, entra] },
  consent_needed: {
    page: atSignIn,
    remedies: [signInAgain, approval, administrator, otherAccount],
  },
  application_unknown: {
    page: atSignIn,
    parameters: { directory: "Contoso" },
    remedies: [otherAccount, signInAgain, administrator, entra],
  },
  application_lacks_permission: {
    page: atTest,
    parameters: { application: OWN_APPLICATION, service: "https://cognitiveservices.azure.com" },
    remedies: [registration, signInAgain, administrator, entra],
  },
  application_not_public: {
    page: atSignIn,
    remedies: [signInAgain, registration, administrator, entra],
  },
  redirect_not_registered: {
    page: atSignIn,
    remedies: [registration, signInAgain, administrator, entra],
  },
  account_not_in_directory: {
    page: atSignIn,
    parameters: { guest: ADA.account, directory: "Contoso" },
    remedies: [otherAccount, administrator, entra],
  },
  service_unknown_to_directory: {
    page: atTest,
    parameters: { service: "https://cognitiveservices.azure.com", directory: "Contoso" },
    remedies: [otherResource, otherAccount, administrator, entra],
  },
  proof_needed: { page: atAccess, remedies: [signInAgain] },
  borrowed_proof_needed: { page: atAccess, parameters: { tool }, remedies: [signInAgain, login, again] },
  proof_not_enough: { page: atAccess, remedies: [signInAgain, otherAccount, otherResource] },
  tool_needs_sign_in: { page: atTest, parameters: { tool }, remedies: [signInAgain, login, again] },
  tool_failed: { page: atSignIn, parameters: { tool, reason }, remedies: [signInAgain, signInWithCode, again] },
  tool_names_nobody: { page: atSignIn, parameters: { tool }, remedies: [signInAgain, signInWithCode, again] },
  tool_in_another_cloud: { page: atSignIn, parameters: { tool }, remedies: [signInAgain, again] },
  azure_cli_window_failed: { page: atSignIn, remedies: [signInAgain, broker] },
  network_failed: {
    page: atChoose,
    parameters: { host: managementHost, attempts: "3", seconds: "4.2" },
    remedies: [again],
    resources: listed,
  },
  name_not_found: { page: atTest, parameters: { host: inUseHost }, remedies: [sendAgain] },
  connection_refused: { page: atTest, parameters: { host: inUseHost }, remedies: [sendAgain] },
  tls_failed: {
    page: atEmptyList,
    parameters: { host: managementHost },
    remedies: [again, checkConnection],
  },
  certificate_untrusted: {
    page: atSignIn,
    parameters: { host: managementHost, issuer: "Contoso Proxy Authority" },
    remedies: [checkConnection, signInAgain],
  },
  certificate_date: {
    page: atSignIn,
    parameters: {
      host: managementHost,
      from: "2026-03-04T00:00:00Z",
      until: "2026-06-02T00:00:00Z",
      now: "2025-03-04T05:06:07Z",
    },
    remedies: [signInAgain, checkConnection],
  },
  proxy_refused: {
    page: atSignIn,
    parameters: { proxy: companyProxy, host: managementHost },
    remedies: [checkConnection, signInAgain, setProxy],
  },
  proxy_silent: {
    page: atSignIn,
    parameters: { proxy: companyProxy, host: managementHost, seconds: "5" },
    remedies: [checkConnection, signInAgain, setProxy],
  },
  proxy_closed: {
    page: atSignIn,
    parameters: { proxy: companyProxy, host: managementHost },
    remedies: [checkConnection, signInAgain, openHosts],
  },
  proxy_blocked: {
    page: atSignIn,
    parameters: { proxy: companyProxy, host: managementHost, status: "403" },
    remedies: [openHosts, checkConnection, signInAgain],
  },
  proxy_needs_sign_in: {
    page: atSignIn,
    parameters: { proxy: companyProxy, schemes: "Basic" },
    remedies: [checkConnection, signInAgain, setProxy],
  },
  proxy_needs_system_sign_in: {
    page: atSignIn,
    parameters: { proxy: companyProxy, schemes: "Negotiate, NTLM" },
    remedies: [openHosts, checkConnection, signInAgain, setProxy],
  },
  proxy_unsupported: {
    page: atSignIn,
    parameters: { host: managementHost, setting: "HTTPS_PROXY", scheme: "quic" },
    remedies: [setProxy, checkConnection, signInAgain],
  },
  pac_file: {
    page: atSignIn,
    parameters: { host: managementHost, script: "http://pac.contoso.example/proxy.pac" },
    remedies: [setProxy, checkConnection, signInAgain],
  },
  timed_out: { page: atUnknownAccess, parameters: { host: managementHost, seconds: "60" }, remedies: [again] },
  unexpected_answer: {
    page: atUnknownAccess,
    parameters: { host: managementHost },
    remedies: [again, checkConnection],
  },
  service_failed: {
    page: atUnknownAccess,
    parameters: { host: managementHost, status: "503", attempts: "3" },
    remedies: [again, status],
  },
  throttled: { page: atUnknownAccess, parameters: { host: managementHost, seconds: "240" }, remedies: [again] },
  foreign_host: {
    page: atEmptyList,
    parameters: { host: "management.evil.example" },
    remedies: [readAgain],
  },
  read_refused: {
    page: atEmptyList,
    parameters: {
      action: "Microsoft.CognitiveServices/accounts/read",
      scope: "/subscriptions/0b1f6f0e-7c11-4a8e-9d55-4f1d3a520f0c",
    },
    remedies: [otherAccount, readAgain],
  },
  read_forbidden: { page: atEmptyList, parameters: { reason }, remedies: [again, otherAccount] },
  wrong_directory: {
    page: atEmptyList,
    parameters: { directory: ADA.tenant_id },
    remedies: [again, otherAccount],
  },
  no_subscription: {
    page: atSignIn,
    parameters: { account: ADA.account, tenant: "Contoso" },
    remedies: [readAgain, requestSubscription, otherTenant, otherAccount],
  },
  guest_without_subscription: {
    page: atSignIn,
    parameters: { account: ADA.account, tenant: "Contoso" },
    remedies: [readAgain, requestSubscription, otherTenant, otherAccount],
  },
  personal_account: {
    page: atSignIn,
    parameters: { account: "ada@outlook.example" },
    remedies: [otherAccount, otherTenant, requestInvitation],
  },
  another_account: {
    page: atSignIn,
    parameters: { account: "grace@fabrikam.example", known: ADA.account },
    remedies: [again, otherAccount],
  },
  tool_changed_person: {
    page: atSignIn,
    parameters: { tool: "Azure CLI", account: "grace@fabrikam.example", known: ADA.account },
    remedies: [{ kind: "action", action: "borrow_azure_cli" }, signInAgain, again],
  },
  no_account: {
    page: atEmptyList,
    parameters: { subscriptions: "3" },
    remedies: [requestSubscription, readAgain, portal],
  },
  no_chat_deployment: {
    page: {
      step: "choose_resource",
      ...chosen,
      deployments: DEPLOYMENTS.filter(({ can_chat }) => !can_chat),
      deployment: null,
    },
    parameters: { resource: inUse },
    remedies: [portal, again],
    resources: listed,
  },
  no_custom_subdomain: {
    page: atChoose,
    parameters: { resource: "contoso-legacy" },
    remedies: [subdomain, readAgain],
    resources: listed,
  },
  subdomain_taken: {
    page: atChoose,
    parameters: { subdomain: "contoso" },
    remedies: [{ kind: "action", action: "set_subdomain" }, otherResource],
    resources: listed,
  },
  subdomain_invalid: {
    page: atChoose,
    parameters: { subdomain: "contoso_ai" },
    remedies: [{ kind: "action", action: "set_subdomain" }, otherResource],
    resources: listed,
  },
  may_not_set_subdomain: {
    page: atChoose,
    parameters: { resource: "contoso-legacy" },
    remedies: [request, again, otherResource],
    resources: listed,
  },
  subdomain_refused: {
    page: atChoose,
    parameters: { resource: "contoso-legacy", reason },
    remedies: [again, portal, otherResource],
    resources: listed,
  },
  may_not_assign: {
    page: atAccess,
    parameters: { role: PLAN.role, resource: inUse },
    remedies: [request, checkAgain, otherResource],
  },
  may_not_assign_this_role: {
    page: atAccess,
    parameters: { role: PLAN.role, resource: inUse },
    remedies: [request, checkAgain, otherResource],
  },
  assignment_exists: { page: atAccess, remedies: [checkAgain] },
  assignment_name_taken: { page: atAccess, remedies: [again, checkAgain] },
  principal_not_found: {
    page: atAccess,
    parameters: { directory: ADA.tenant_id },
    remedies: [again, checkAgain, otherAccount],
  },
  graph_refused: { page: atAccess, remedies: [request, checkAgain] },
  policy_refused: {
    page: atAccess,
    parameters: { reason },
    remedies: [request, checkAgain, otherResource],
  },
  assignment_limit: { page: atAccess, remedies: [again, otherResource, portal] },
  scope_locked: {
    page: atAccess,
    parameters: { resource: inUse },
    remedies: [again, portal, otherResource],
  },
  deny_assignment: {
    page: atAccess,
    parameters: { role: PLAN.role, resource: inUse },
    remedies: [request, checkAgain, otherResource],
  },
  assignment_refused: { page: atAccess, parameters: { reason }, remedies: [again, portal] },
  may_not_undo: {
    page: { step: "get_access", ...access, phase: "works", findings: assigned, undo: { role: PLAN.role, may: "yes" } },
    parameters: { role: PLAN.role, resource: inUse },
    remedies: [checkAgain, portal],
  },
  undo_refused: {
    page: { step: "get_access", ...access, phase: "works", findings: assigned, undo: { role: PLAN.role, may: "yes" } },
    parameters: { role: PLAN.role, reason },
    remedies: [again, portal],
  },
  role_not_effective: {
    page: { step: "get_access", ...access, phase: "paused", findings: assigned },
    parameters: { role: PLAN.role, minutes: "15" },
    remedies: [keepWaiting, checkAgain],
  },
  env_is_folder: { page: atProject, parameters: { path }, remedies: [readEnv, otherFolder] },
  env_not_writable: { page: atProject, parameters: { path }, remedies: [readEnv, otherFolder] },
  env_not_readable: { page: atProject, parameters: { path }, remedies: [readEnv, otherFolder] },
  env_not_utf8: { page: atProject, parameters: { path, line: "7" }, remedies: [readEnv] },
  env_not_understood: { page: atProject, parameters: { path, line: "12" }, remedies: [readEnv] },
  env_changed: {
    page: { step: "connect_project", ...project },
    parameters: { path },
    remedies: [readEnv],
  },
  folder_missing: { page: atProject, parameters: { path }, remedies: [otherFolder] },
  env_write_failed: {
    page: { step: "connect_project", ...project },
    parameters: { path, reason: "No space left on device" },
    remedies: [again, otherFolder],
  },
  env_names_real_endpoint: { page: atProject, parameters: { path }, remedies: [otherFolder] },
  chat_not_permitted: {
    page: atTest,
    parameters: { resource: inUse },
    remedies: [checkAgain, sendAgain],
  },
  chat_token_refused: { page: atTest, parameters: { resource: inUse }, remedies: [signInAgain] },
  chat_tenant_mismatch: {
    page: atTest,
    parameters: { resource: inUse },
    remedies: [otherAccount],
  },
  deployment_not_found: {
    page: atTest,
    parameters: { deployment: "gpt-4.1-mini", resource: inUse },
    remedies: [sendAgain, otherResource],
  },
  endpoint_not_found: {
    page: atTest,
    parameters: { host: inUseHost },
    remedies: [sendAgain, readAgain],
  },
  path_not_found: { page: atTest, parameters: { host: inUseHost }, remedies: [readAgain, sendAgain] },
  api_version_refused: {
    page: atTest,
    parameters: { host: inUseHost },
    remedies: [sendAgain, otherResource],
  },
  private_network: {
    page: atTest,
    parameters: { resource: inUse },
    remedies: [sendAgain, portal, otherResource],
  },
  network_rules: {
    page: atTest,
    parameters: { resource: inUse },
    remedies: [sendAgain, portal, otherResource],
  },
  network_endpoint: {
    page: atTest,
    parameters: { resource: inUse },
    remedies: [readAgain, subdomain, otherResource],
  },
  private_endpoint_refused: {
    page: atTest,
    parameters: { resource: inUse },
    remedies: [sendAgain, portal, otherResource],
  },
  model_cannot_chat: {
    page: atTest,
    parameters: { deployment: "embeddings", resource: inUse },
    remedies: [otherResource, sendAgain],
  },
  parameter_refused: {
    page: atTest,
    parameters: { parameter: "max_tokens" },
    remedies: [sendAgain, otherResource],
  },
  keys_disabled: { page: atTest, parameters: { resource: inUse }, remedies: [signInAgain, sendAgain] },
  key_refused: {
    page: atTest,
    parameters: { resource: inUse },
    remedies: [signInAgain, sendAgain, otherResource],
  },
  gateway_refused: {
    page: atTest,
    parameters: { host: "contoso.azure-api.net" },
    remedies: [otherResource, sendAgain],
  },
  resource_blocked: {
    page: atTest,
    parameters: { resource: inUse },
    remedies: [support, sendAgain, otherResource],
  },
  chat_throttled: {
    page: atTest,
    parameters: { deployment: "gpt-4.1-mini", seconds: "30" },
    remedies: [sendAgain],
  },
  content_filtered: {
    page: atTest,
    parameters: { deployment: "gpt-4.1-mini" },
    remedies: [sendAgain],
  },
  chat_refused: { page: atTest, parameters: { reason }, remedies: [sendAgain, otherResource] },
};

/** A stronger sign-in in each of its phases, on top of a page. */
export const PROOF_STATES: readonly State[] = [
  proofAt("proof-opening", { reason: "change", phase: "opening" }),
  proofAt("proof-change", { reason: "change", phase: "waiting", address }),
  proofAt("proof-renewal", { reason: "renewal", phase: "waiting", address }),
  proofAt("proof-no-browser", {
    reason: "other",
    phase: "waiting",
    address,
    browser_opened: false,
  }),
  proofAt("proof-device-code", {
    reason: "change",
    phase: "waiting",
    address: deviceCode.address,
    browser_opened: false,
    device_code: deviceCode,
  }),
  proofAt("proof-finishing", { reason: "change", phase: "finishing" }),
];

/** The page about the connection, beside a step. */
export const CONNECTIVITY_STATES: readonly State[] = [
  connectivityAt("connectivity-checking", {
    checking: true,
    hosts: HOSTS.map((host) => ({ ...host, issuer: null, trust: null, stages: stages("waiting") })),
    programs: null,
    report: "",
  }),
  connectivityAt("connectivity-fine", {}),
  connectivityAt("connectivity-resigned", {
    proxy: { address: "proxy.contoso.example:8080", variable: "HTTPS_PROXY" },
    hosts: HOSTS.map((host) => ({ ...host, issuer: "Contoso Root CA 2", trust: "this_computer" })),
    programs: {
      authority: "Contoso Root CA 2",
      file: { path: "/home/ada/.local/share/keyless/certificates.pem", exists: false },
      variables: [
        { name: "REQUESTS_CA_BUNDLE", state: "nothing", path: null },
        { name: "SSL_CERT_FILE", state: "other_authorities", path: "/etc/ssl/cert.pem" },
        { name: "NODE_EXTRA_CA_CERTS", state: "what_is_needed", path: "/etc/ssl/contoso.pem" },
      ],
      commands: [
        { shell: "bash", lines: "export REQUESTS_CA_BUNDLE='/home/ada/certificates.pem'\nexport SSL_CERT_FILE='/home/ada/certificates.pem'" },
        { shell: "powershell", lines: "$env:REQUESTS_CA_BUNDLE = '/home/ada/certificates.pem'" },
        { shell: "cmd", lines: 'set "REQUESTS_CA_BUNDLE=/home/ada/certificates.pem"' },
      ],
    },
  }),
  connectivityAt("connectivity-broken", {
    proxy: { address: "proxy.contoso.example:8080", variable: null },
    hosts: HOSTS.map((host, index) =>
      index === 1
        ? {
            ...host,
            issuer: "Unknown Inspector",
            trust: "nobody",
            stages: stages("failed"),
            failure: { code: "tls_failed", parameters: { host: host.host }, remedies: [again], details: [] },
          }
        : host,
    ),
  }),
];

/** The page about what Keyless changed, in each of its states. */
export const CHANGES_STATES: readonly State[] = [
  changesAt("changes-reading", { reading: true, file: "" }),
  changesAt("changes-none", {}),
  changesAt("changes-every-state", {
    items: [
      role(9, { state: "under_way", undo: no("under_way") }),
      role(8, { state: "cannot_tell", undo: no("looking") }),
      role(7, { state: "cannot_tell", undo: no("not_read") }),
      role(6, { state: "refused", refusal: "scope_locked", undo: no("nothing_changed") }),
      role(5, { state: "existed", undo: no("existed") }),
      role(4, { state: "not_done", undo: no("nothing_changed") }),
      role(3, { deed: "role_removed", undo: no("is_undo") }),
      role(10, { state: "gone", undo: no("gone") }),
      role(11, { directory: "Fabrikam", undo: no("directory_not_open") }),
      role(2, { undo: { kind: "undone", when: "2026-11-20T10:12:00Z" } }),
      role(1, { account: "grace@contoso.example", undo: no("somebody_else") }),
    ],
  }),
  changesAt("changes-files", {
    items: [
      written(6, { deed: "env_restored", undo: no("is_undo") }),
      written(5, { undo: no("file_changed") }),
      written(4, { undo: no("no_copy") }),
      written(3, { deed: "certificates_written", what: "certificates.pem", account: null, undo: { kind: "offered", effect: "delete" } }),
      written(2, { state: "cannot_tell", undo: no("file_neither") }),
      written(1, { place: `/home/ada/${"a-deep-folder/".repeat(12)}.env`, undo: { kind: "offered", effect: "restore" } }),
    ],
    troubles: [
      said("gap", { path: "/home/ada/changes.jsonl", reason: "No space left on device (os error 28)" }),
      said("kept", { path: "/home/ada/changes.kept-1.jsonl" }),
    ],
  }),
  changesAt("changes-undoable", { items: [role(1, {})] }),
  changesAt("changes-undoing", { items: [role(2, { undo: { kind: "under_way" } }), role(1, {})] }),
  changesAt("changes-refused", {
    items: [role(1, {})],
    failure: {
      code: "scope_locked",
      parameters: { resource: "contoso-chat-sweden" },
      remedies: [again, portal],
      details: [],
    },
  }),
  changesAt("changes-many", {
    items: Array.from({ length: 28 }, (_, index) => role(500 - index, {})),
    older: 472,
  }),
];

/** Every failure, on the page where it happens. */
export const FAILURE_STATES: readonly State[] = Object.entries(FAILURES).map(([code, example]) => {
  const { page, parameters = {}, remedies, resources } = example;
  const details = [
    { name: "azure_code", value: "AuthorizationFailed" },
    { name: "request_id", value: "6f0e7c11-2b1f-4a8e-9d55-4f1d3a520f0c" },
  ];
  const failure = { code: code as Code, parameters, remedies, details };
  return at(`failure-${code.replaceAll("_", "-")}`, page, { failure }, resources ?? windowOf([]));
});

/** A resource of a subscription that the tests made up. */
export function resource(name: string, kind: string, location: string): Resource {
  return {
    id: `/subscriptions/0b1f6f0e-7c11-4a8e-9d55-4f1d3a520f0c/resourceGroups/rg-assistants/providers/Microsoft.CognitiveServices/accounts/${name}`,
    name,
    kind,
    location,
    resource_group: "rg-assistants",
    subscription: "Contoso Development",
    endpoint: `https://${name}.openai.azure.com`,
    takes_keys: true,
    obstacles: [],
  };
}

/** A list that is longer than a window. */
export function numbered(count: number): Resource[] {
  return Array.from({ length: count }, (_, index) =>
    resource(`contoso-${String(index).padStart(3, "0")}`, "OpenAI", "swedencentral"),
  );
}

/** A snapshot with this page, at this step. */
export function snapshotOf(page: Page, more: Partial<Snapshot> = {}): Snapshot {
  const position = STEPS.indexOf(page.step);
  return {
    revision: 1,
    practice: false,
    steps: STEPS.map((step, index) => ({
      step,
      done: index < position,
      current: index === position,
      reachable: index <= position,
      summary: index < position ? SUMMARIES[step] : null,
    })),
    person: position > 0 ? ADA : null,
    page,
    failure: null,
    notices: [],
    busy: null,
    can_go_back: position > 0,
    proof: null,
    aside: null,
    ...more,
  };
}

function at(
  name: string,
  page: Page,
  more: Partial<Snapshot> = {},
  resources?: ResourceWindow,
): State {
  const snapshot = snapshotOf(page, more);
  return resources === undefined ? { name, snapshot } : { name, snapshot, resources };
}

/** The page with a resource of the list that something keeps from being used without keys. */
function hindered(
  name: string,
  index: number,
  more: Partial<ChooseResourcePage> = {},
  rest: Partial<Snapshot> = {},
): State {
  const selected = RESOURCES[index] ?? null;
  const advice = (selected?.obstacles ?? []).map((obstacle) => ({
    obstacle,
    remedies: [...WAY_OUT[obstacle]],
  }));
  return at(name, { step: "choose_resource", ...chosen, selected, advice, ...more }, rest, listed);
}

/** The page with an endpoint that is written down in place of the list. */
function endpointAt(name: string, more: Partial<EndpointForm>): State {
  const endpoint = { ...ENDPOINT, ...more };
  return at(name, { step: "choose_resource", ...choose, endpoint }, {}, listed);
}

function accessAt(name: string, phase: AccessPhase, more: Partial<GetAccessPage>): State {
  const activities = {
    checking: "checking_access",
    assigning: "assigning_role",
    undoing: "undoing_role",
    waiting: "waiting_for_role",
  } as const;
  const activity = phase in activities ? activities[phase as keyof typeof activities] : null;
  return at(
    name,
    { step: "get_access", ...access, ...more, phase },
    activity === null ? {} : busy(activity, phase !== "assigning" && phase !== "undoing"),
  );
}

function proofAt(name: string, proof: Partial<Proof> & Pick<Proof, "reason" | "phase">): State {
  return at(
    name,
    { step: "get_access", ...access, phase: "assigning" },
    { ...busy("assigning_role"), proof: { address: null, browser_opened: true, device_code: null, ...proof } },
  );
}

function connectivityAt(name: string, more: Partial<ConnectivityPage>): State {
  const page: ConnectivityPage = {
    checking: false,
    findings: [],
    proxy: null,
    hosts: [...HOSTS],
    programs: { authority: null, file: null, variables: [], commands: [] },
    report: "Connection report\n",
    ...more,
  };
  return at(name, { step: "sign_in", ...signIn }, { aside: { kind: "connectivity", ...page } });
}

function changesAt(name: string, more: Partial<ChangesPage>): State {
  const page: ChangesPage = {
    reading: false,
    items: [],
    older: 0,
    file: "/home/ada/.local/share/dev.keyless.azure-openai/changes.jsonl",
    troubles: [],
    failure: null,
    ...more,
  };
  return at(name, { step: "get_access", ...access }, { aside: { kind: "changes", ...page } });
}

function role(number: number, more: Partial<ChangeItem>): ChangeItem {
  return {
    number,
    deed: "role_assigned",
    what: PLAN.role,
    role_id: PLAN.role_id,
    place: PLAN.scope,
    assignment: PLAN.name,
    account: ADA.account,
    object_id: ADA.object_id,
    directory: "Contoso",
    began: "2026-11-20T09:41:00Z",
    state: "done",
    refusal: null,
    undo: { kind: "offered", effect: "take_away" },
    ...more,
  };
}

function written(number: number, more: Partial<ChangeItem>): ChangeItem {
  const place = project.file ?? "";
  const none = { role_id: null, assignment: null, object_id: null, directory: null };
  return role(number, { deed: "env_written", what: ".env", place, ...none, ...more });
}

function no(reason: NoUndo): ChangeItem["undo"] {
  return { kind: "no", reason };
}

function host(purpose: HostPurpose, name: string): HostCheck {
  return {
    purpose,
    host: name,
    stages: stages("passed"),
    issuer: "DigiCert Global G2",
    trust: "everybody",
    failure: null,
  };
}

function stages(last: StageOutcome): StageCheck[] {
  const seen = ["20.190.159.2", "proxy.contoso.example:8080", "TLS 1.3", "200"];
  return (["name", "connection", "encryption", "answer"] as const).map((stage, index) => {
    const outcome = index < 2 || last === "passed" ? "passed" : index === 2 ? last : "skipped";
    const tried = outcome === "passed" || outcome === "failed";
    return {
      stage,
      outcome: last === "waiting" ? "waiting" : outcome,
      milliseconds: tried && last !== "waiting" ? 12 + index * 7 : null,
      seen: tried && last !== "waiting" ? (seen[index] ?? null) : null,
    };
  });
}

function tenantChoices(): [string, TenantChoice][] {
  return [
    ["tenant-checking", { text: "contoso.com", state: { kind: "checking" } }],
    ["tenant-known", { text: "contoso.com", state: { kind: "known", id: ADA.tenant_id } }],
    ["tenant-unchecked", { text: "contoso.com", state: { kind: "unchecked" } }],
    ["tenant-malformed", { text: "contoso", state: { kind: "malformed" } }],
    ["tenant-unknown", { text: "contosso.com", state: { kind: "unknown" } }],
  ];
}

function tenantLists(): [string, TenantState[]][] {
  return [
    ["tenants-one", [tenant("Contoso", "ready", { home: true, subscriptions: 3 })]],
    ["tenants-checking", MIXED.map((state) => ({ ...state, status: "checking", failure: null, refused: null }))],
    ["tenants-mixed", MIXED],
    [
      "tenants-unreached",
      [tenant(null, "blocked", { home: true, failure: UNREACHED, refused: "management" })],
    ],
    ["tenants-one-blocked", [tenant(null, "blocked", { home: true, failure: BLOCKED })]],
    [
      "tenants-none-ready",
      [
        tenant("Contoso", "blocked", { home: true, subscriptions: 3, failure: BLOCKED, refused: "chat" }),
        ...MIXED.slice(1, 3),
      ],
    ],
    [
      "tenants-many",
      Array.from({ length: 50 }, (_, index) =>
        tenant(
          index % 7 === 3 ? null : `${index === 5 ? "A directory with a remarkably long name that goes on and on, " : ""}Directory ${index}`,
          index % 5 === 4 ? "needs_sign_in" : "ready",
          { home: index === 0, subscriptions: index % 4 },
          index,
        ),
      ),
    ],
  ];
}

function tenant(
  name: string | null,
  status: TenantStatus,
  more: Partial<TenantState> = {},
  index = 0,
): TenantState {
  const id = `${(0x4f1d3a52 + index).toString(16)}-0f0c-4a8e-9d55-2b1f6f0e7c11`;
  return {
    id,
    name,
    home: false,
    object_id: status === "ready" ? ADA.object_id : null,
    status,
    subscriptions: 0,
    failure: null,
    refused: null,
    ...more,
  };
}

function busy(
  activity: NonNullable<Snapshot["busy"]>["activity"],
  can_cancel = true,
): Partial<Snapshot> {
  return { busy: { activity, can_cancel } };
}

function said(code: string, parameters: Record<string, string> = {}) {
  return { code, parameters };
}

function deployment(
  name: string,
  model: string,
  version: string,
  more: Partial<Deployment> = {},
): Deployment {
  return {
    name,
    model,
    version,
    maker: null,
    purpose: "chat",
    can_chat: true,
    state: "ready",
    capacity: {
      sku: "GlobalStandard",
      units: 50,
      tokens_per_minute: 50000,
      requests_per_minute: 300,
    },
    retirement: { kind: "later", date: "2027-10-14" },
    ...more,
  };
}

function windowOf(items: readonly Resource[]): ResourceWindow {
  return { list_revision: 1, matching: items.length, from: 0, items: [...items] };
}
