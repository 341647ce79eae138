import { Button, makeStyles, tokens } from "@fluentui/react-components";

import type { ChangeKind, ChangeLine, ConnectProjectPage, Snapshot } from "../contract";
import { BusyLine } from "../parts/BusyLine";
import { Card } from "../parts/Card";
import { EnvLines } from "../parts/EnvLines";
import { Facts } from "../parts/Facts";
import { Frame, type Primary } from "../parts/Frame";
import { useWizard, type Wizard } from "../wizard";
import { say } from "../words";

const useStyles = makeStyles({
  lead: { margin: 0, color: tokens.colorNeutralForeground2 },
  hint: { margin: 0, color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
});

interface Props {
  snapshot: Snapshot;
  page: ConnectProjectPage;
}

/** Step 4: the settings in the project's `.env`. */
export function ConnectProject({ snapshot, page }: Props) {
  const styles = useStyles();
  const wizard = useWizard();
  return (
    <Frame
      snapshot={snapshot}
      heading={say("step.connect_project.heading")}
      primary={snapshot.failure === null ? primaryOf(page, wizard) : null}
      secondary={
        snapshot.failure === null &&
        ["ready", "written"].includes(page.phase) && <AnotherFolder />
      }
      showsBusy={page.phase === "reading"}
    >
      <p className={styles.lead}>{say("project.lead")}</p>
      <Content snapshot={snapshot} page={page} />
    </Frame>
  );
}

function primaryOf(page: ConnectProjectPage, { backend, run }: Wizard): Primary {
  switch (page.phase) {
    case "no_folder":
      return {
        label: say("button.choose_folder"),
        press: () => {
          run(backend.chooseFolder());
        },
      };
    case "written":
      return {
        label: say("button.continue"),
        press: () => {
          run(backend.goToStep("test_connection"));
        },
      };
    default:
      return {
        label: say("button.write_env"),
        press: () => {
          run(backend.writeEnv());
        },
        inFlight: page.phase !== "ready",
      };
  }
}

function AnotherFolder() {
  const { backend, run } = useWizard();
  return (
    <Button
      onClick={() => {
        run(backend.chooseFolder());
      }}
    >
      {say("button.choose_another_folder")}
    </Button>
  );
}

function Content({ snapshot, page }: Props) {
  switch (page.phase) {
    case "no_folder":
      return (
        <Card
          icon="folder"
          title={say("project.no_folder")}
          body={say("project.no_folder.body")}
        />
      );
    case "reading":
      return (
        <Card icon="folder" title={say("project.reading")}>
          <Place page={page} />
          <BusyLine busy={snapshot.busy} />
        </Card>
      );
    case "ready":
    case "writing":
      return <Change page={page} />;
    case "written":
      return <Written page={page} />;
  }
}

function Place({ page }: { page: ConnectProjectPage }) {
  const { file, folder } = page;
  return file === null ? (
    <Facts facts={[{ label: say("label.folder"), value: folder ?? "", id: true }]} />
  ) : (
    <Facts facts={[{ label: say("label.file"), value: file, id: true }]} />
  );
}

function Change({ page }: { page: ConnectProjectPage }) {
  const styles = useStyles();
  const { change } = page;
  return (
    <Card icon="folder" title={titleOf(page)}>
      <Place page={page} />
      {change.length > 0 && (
        <>
          <EnvLines
            lines={change}
            label={say("project.change", { file: page.file ?? "" })}
            marked
          />
          <p className={styles.hint}>
            {say("project.summary", {
              added: countOf(change, "added"),
              removed: countOf(change, "removed"),
              kept: countOf(change, "kept"),
            })}{" "}
            {countOf(change, "kept") > 0 && say("project.masked")}
          </p>
        </>
      )}
    </Card>
  );
}

function titleOf({ phase, file_exists, change }: ConnectProjectPage): string {
  if (phase === "writing") {
    return say("project.writing");
  }
  if (!file_exists) {
    return say("project.ready.new");
  }
  const same = change.every((line) => line.kind === "kept");
  return say(same ? "project.ready.same" : "project.ready.existing");
}

function countOf(change: readonly ChangeLine[], kind: ChangeKind): number {
  return change.filter((line) => line.kind === kind).length;
}

function Written({ page }: { page: ConnectProjectPage }) {
  const lines = page.change.filter((line) => line.kind !== "removed");
  return (
    <Card
      icon="success"
      tone="success"
      title={say("project.written")}
      body={say("project.written.body")}
    >
      <Place page={page} />
      {lines.length > 0 && (
        <EnvLines
          lines={lines}
          label={say("project.content", { file: page.file ?? "" })}
          marked={false}
        />
      )}
    </Card>
  );
}
