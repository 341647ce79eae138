import { Button, Tab, TabList, makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import { Fragment, useId, useState } from "react";

import type {
  CertificateFile,
  ConnectivityPage,
  Failure,
  HostCheck,
  ProgramNeeds,
  ProxyInUse,
  Shell,
  ShellCommand,
  Snapshot,
  StageCheck,
  StageOutcome,
  VariableState,
} from "../contract";
import { WaitingLine } from "../parts/BusyLine";
import { Card } from "../parts/Card";
import { CopyButton } from "../parts/CopyButton";
import { Facts } from "../parts/Facts";
import { CopyDetails, FailureBar, bodyOf, titleOf } from "../parts/FailureBar";
import { Frame } from "../parts/Frame";
import { Hidden } from "../parts/Hidden";
import { Icon, type IconName } from "../parts/Icon";
import { Remedies } from "../parts/Remedies";
import { useWizard } from "../wizard";
import { say, sayNotice, sayReader } from "../words";
import { findShared, type Shared } from "./connectivity/shared";

const ICONS: Readonly<Record<StageOutcome, IconName>> = {
  waiting: "clock",
  passed: "success",
  failed: "error",
  skipped: "skipped",
};

/** The findings that ask for nothing; the others are warnings. */
const FINDINGS: Readonly<Record<string, IconName>> = {
  all_passed: "success",
  practice: "info",
  resource_later: "info",
};

const useStyles = makeStyles({
  lead: { margin: 0, color: tokens.colorNeutralForeground2 },
  said: {
    display: "flex",
    flexDirection: "column",
    "& > div:not(:empty)": { marginTop: tokens.spacingVerticalM },
  },
  section: { display: "flex", flexDirection: "column", gap: tokens.spacingVerticalS },
  findings: {
    listStyleType: "none",
    margin: 0,
    padding: 0,
    display: "flex",
    flexDirection: "column",
    gap: tokens.spacingVerticalXS,
  },
  finding: { display: "flex", gap: tokens.spacingHorizontalS },
  hosts: {
    listStyleType: "none",
    margin: 0,
    padding: 0,
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusLarge,
  },
  host: {
    display: "flex",
    flexDirection: "column",
    gap: tokens.spacingVerticalS,
    padding: `${tokens.spacingVerticalM} ${tokens.spacingHorizontalL}`,
    overflowWrap: "anywhere",
    "& + &": { borderTop: `1px solid ${tokens.colorNeutralStroke2}` },
  },
  title: {
    margin: 0,
    fontSize: tokens.fontSizeBase300,
    lineHeight: tokens.lineHeightBase300,
    fontWeight: tokens.fontWeightSemibold,
  },
  name: { margin: 0, fontFamily: tokens.fontFamilyMonospace, fontSize: tokens.fontSizeBase200 },
  stages: {
    listStyleType: "none",
    margin: 0,
    padding: 0,
    display: "grid",
    gridTemplateColumns: "repeat(4, minmax(0, 1fr))",
    columnGap: tokens.spacingHorizontalM,
    rowGap: tokens.spacingVerticalS,
    "@media (max-width: 859px)": { gridTemplateColumns: "repeat(2, minmax(0, 1fr))" },
  },
  stage: { display: "flex", gap: tokens.spacingHorizontalXS, minWidth: 0 },
  stageIcon: { display: "flex", paddingTop: "2px", color: tokens.colorNeutralForeground2 },
  passed: { color: tokens.colorPaletteGreenForeground1 },
  failed: { color: tokens.colorPaletteRedForeground1 },
  stageText: { minWidth: 0 },
  small: {
    display: "block",
    color: tokens.colorNeutralForeground2,
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase200,
    fontVariantNumeric: "tabular-nums",
  },
  trust: { display: "flex", gap: tokens.spacingHorizontalXS, margin: 0 },
  wary: { color: tokens.colorPaletteDarkOrangeForeground1 },
  reason: { margin: 0 },
  variables: {
    listStyleType: "none",
    margin: 0,
    padding: 0,
    display: "flex",
    flexDirection: "column",
    gap: tokens.spacingVerticalS,
  },
  commands: { display: "flex", flexDirection: "column", gap: tokens.spacingVerticalXS },
  lines: {
    margin: 0,
    padding: tokens.spacingHorizontalM,
    whiteSpace: "pre-wrap",
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeBase200,
    borderRadius: tokens.borderRadiusMedium,
    border: `1px solid ${tokens.colorNeutralStroke1}`,
  },
  tabs: { margin: `0 calc(-1 * ${tokens.spacingHorizontalM})`, flexWrap: "wrap" },
});

interface Props {
  snapshot: Snapshot;
  page: ConnectivityPage;
}

/** What lies between this machine and Azure, and what the developer's own programs need. */
export function Connectivity({ snapshot, page }: Props) {
  const styles = useStyles();
  const { backend, run } = useWizard();
  const shared = findShared(page.hosts);
  return (
    <Frame
      snapshot={snapshot}
      heading={say("network.heading")}
      beside
      showsBusy
      secondary={
        page.report !== "" && (
          <CopyButton
            text={page.report}
            name={say("button.copy_report")}
            label={say("button.copy_report")}
            appearance="secondary"
          />
        )
      }
      primary={{
        label: say("button.check_again"),
        press: () => {
          run(backend.checkNetwork());
        },
        inFlight: page.checking,
      }}
    >
      <div className={styles.said}>
        <p className={styles.lead}>{say("network.lead")}</p>
        <Findings page={page} />
      </div>
      {page.checking && <WaitingLine label={say("network.checking")} />}
      <Way proxy={page.proxy} checking={page.checking} />
      {shared.map(({ failure }) => (
        <FailureBar key={titleOf(failure)} failure={failure} place="connection" leads={false} />
      ))}
      {page.hosts.length > 0 && <Hosts hosts={page.hosts} shared={shared} />}
      {page.programs !== null && <Programs needs={page.programs} hosts={page.hosts} />}
    </Frame>
  );
}

function Findings({ page: { findings, checking } }: { page: ConnectivityPage }) {
  const styles = useStyles();
  return (
    <div role="status">
      {!checking && findings.length > 0 && (
        <ul className={styles.findings}>
          {findings.map((finding, index) => (
            <li key={index} className={styles.finding}>
              <span className={mergeClasses(styles.stageIcon, finding.code === "all_passed" && styles.passed)}>
                <Icon small name={FINDINGS[finding.code] ?? "warning"} />
              </span>
              {sayNotice("connectivity", finding)}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function Way({ proxy, checking }: { proxy: ProxyInUse | null; checking: boolean }) {
  if (proxy === null && checking) {
    return null;
  }
  return <Facts facts={[{ label: say("network.proxy"), value: sayProxy(proxy) }]} />;
}

function sayProxy(proxy: ProxyInUse | null): string {
  if (proxy === null) {
    return say("network.proxy.none");
  }
  const { address, variable } = proxy;
  return variable === null
    ? say("network.proxy.system", { address })
    : say("network.proxy.variable", { address, variable });
}

interface HostsProps {
  hosts: readonly HostCheck[];
  shared: readonly Shared[];
}

function Hosts({ hosts, shared }: HostsProps) {
  const styles = useStyles();
  return (
    <ul className={styles.hosts}>
      {hosts.map((host) => (
        <li key={host.host} className={styles.host}>
          <Host check={host} told={shared.some((one) => one.hosts.includes(host.host))} />
        </li>
      ))}
    </ul>
  );
}

interface HostProps {
  check: HostCheck;
  /** Whether its trouble is told above, with that of others. */
  told: boolean;
}

function Host({ check, told }: HostProps) {
  const styles = useStyles();
  const { purpose, host, stages, issuer, trust, failure } = check;
  return (
    <>
      <div>
        <h2 className={styles.title}>{say(`purpose.${purpose}`)}</h2>
        <p className={styles.name}>{host}</p>
      </div>
      <ol className={styles.stages}>
        {stages.map((stage) => (
          <Stage key={stage.stage} check={stage} />
        ))}
      </ol>
      {trust !== null && (
        <p className={styles.trust}>
          <span className={mergeClasses(styles.stageIcon, trust !== "everybody" && styles.wary)}>
            <Icon small name={trust === "everybody" ? "shield" : "warning"} />
          </span>
          {say(`trust.${trust}`, { issuer: issuer ?? say("network.unknown_issuer") })}
        </p>
      )}
      {failure !== null && (told ? <ToldAbove failure={failure} /> : <Trouble check={check} />)}
    </>
  );
}

function Stage({ check: { stage, outcome, milliseconds, seen } }: { check: StageCheck }) {
  const styles = useStyles();
  const colored = outcome === "passed" || outcome === "failed";
  return (
    <li className={styles.stage}>
      <span className={mergeClasses(styles.stageIcon, colored && styles[outcome])}>
        <Icon small name={ICONS[outcome]} />
      </span>
      <span className={styles.stageText}>
        {say(`stage.${stage}`)}
        <Hidden>: {say(`outcome.${outcome}`)}, </Hidden>
        <span className={styles.small}>
          {milliseconds === null
            ? outcome !== "passed" && say(`outcome.${outcome}`)
            : say("network.milliseconds", { milliseconds })}
        </span>
        {seen !== null && (
          <span className={styles.small}>
            <Breakable name={seen} />
          </span>
        )}
      </span>
    </li>
  );
}

/** A name that breaks at its dots before it breaks within a word. */
function Breakable({ name }: { name: string }) {
  const [first, ...others] = name.split(".");
  return (
    <>
      {first}
      {others.map((part, index) => (
        <Fragment key={index}>
          .<wbr />
          {part}
        </Fragment>
      ))}
    </>
  );
}

function ToldAbove({ failure }: { failure: Failure }) {
  const styles = useStyles();
  const through = "proxy" in failure.parameters;
  return (
    <p className={styles.reason}>
      {say(through ? "network.not_through_proxy" : "network.not_directly")}
    </p>
  );
}

function Trouble({ check: { failure, host } }: { check: HostCheck }) {
  const styles = useStyles();
  const { backend, run } = useWizard();
  if (failure === null) {
    return null;
  }
  // The page itself checks again: a button of its own would repeat it.
  const remedies = failure.remedies.filter((remedy) => remedy.kind !== "action");
  return (
    <div className={styles.section}>
      <p className={styles.reason}>
        <strong>{titleOf(failure)}.</strong> {bodyOf(failure)}
      </p>
      <Remedies
        code={failure.code}
        remedies={remedies}
        leads={false}
        size="small"
        about={host}
        press={() => {
          run(backend.checkNetwork());
        }}
      >
        <CopyDetails failure={failure} place="connection" />
      </Remedies>
    </div>
  );
}

function Programs({ needs, hosts }: { needs: ProgramNeeds; hosts: readonly HostCheck[] }) {
  const styles = useStyles();
  const untrusted = hosts.some(({ trust }) => trust === "nobody");
  const { authority, file, variables, commands } = needs;
  return (
    <Card icon="chat" title={say("network.programs")} body={say("network.programs.lead")}>
      <p className={styles.reason}>
        {authority === null
          ? say(untrusted ? "network.programs.untrusted" : "network.programs.nothing")
          : say("network.programs.authority", { authority })}
      </p>
      {file !== null && <Certificates file={file} />}
      {variables.length > 0 && <Variables variables={variables} />}
      {commands.length > 0 && <Commands commands={commands} />}
    </Card>
  );
}

function Certificates({ file }: { file: CertificateFile }) {
  const styles = useStyles();
  const { backend, run } = useWizard();
  return (
    <div className={styles.section}>
      <Facts facts={[{ label: say("network.file"), value: file.path, id: true }]} />
      <p className={styles.reason}>{say(file.exists ? "network.file.saved" : "network.file.missing")}</p>
      {!file.exists && (
        <div>
          <Button
            size="small"
            onClick={() => {
              run(backend.saveCertificates());
            }}
          >
            {say("network.file.save")}
          </Button>
        </div>
      )}
    </div>
  );
}

function Variables({ variables }: { variables: readonly VariableState[] }) {
  const styles = useStyles();
  return (
    <ul className={styles.variables}>
      {variables.map(({ name, state, path }) => (
        <li key={name} className={styles.stage}>
          <span className={mergeClasses(styles.stageIcon, state === "what_is_needed" && styles.passed)}>
            <Icon small name={state === "what_is_needed" ? "success" : "warning"} />
          </span>
          <span className={styles.stageText}>
            <code>{name}</code>
            <span className={styles.small}>{sayReader(name)}</span>
            <span className={styles.small}>
              {say(`variable_state.${state}`)}
              {path !== null && `: ${path}`}
            </span>
          </span>
        </li>
      ))}
    </ul>
  );
}

function Commands({ commands }: { commands: readonly ShellCommand[] }) {
  const styles = useStyles();
  const panelId = useId();
  const [chosen, setChosen] = useState<Shell | null>(null);
  const command = commands.find(({ shell }) => shell === chosen) ?? commands[0];
  if (command === undefined) {
    return null;
  }
  const label = say("network.commands", { shell: say(`shell.${command.shell}`) });
  return (
    <div className={styles.commands}>
      <TabList
        size="small"
        className={styles.tabs}
        aria-label={say("network.shells")}
        selectedValue={command.shell}
        onTabSelect={(_, { value }) => {
          setChosen(value as Shell);
        }}
      >
        {commands.map(({ shell }) => (
          <Tab key={shell} value={shell} aria-controls={panelId}>
            {say(`shell.${shell}`)}
          </Tab>
        ))}
      </TabList>
      <pre id={panelId} role="tabpanel" aria-label={label} className={styles.lines}>
        {command.lines}
      </pre>
      <div>
        <CopyButton text={command.lines} name={label} label={say("button.copy_commands")} size="small" appearance="secondary" />
      </div>
    </div>
  );
}
