import { makeStyles, tokens } from "@fluentui/react-components";
import { useId } from "react";

import type { ChooseResourcePage, Resource, Snapshot } from "../../contract";
import { BusyLine } from "../../parts/BusyLine";
import { Icon } from "../../parts/Icon";
import { say } from "../../words";
import { Deployments } from "./Deployments";
import { MissingLine, type Missing } from "./MissingLine";
import { Obstacles } from "./Obstacles";

const useStyles = makeStyles({
  title: {
    margin: 0,
    fontSize: tokens.fontSizeBase300,
    lineHeight: tokens.lineHeightBase300,
    fontWeight: tokens.fontWeightSemibold,
    overflowWrap: "anywhere",
  },
  hint: { margin: 0, color: tokens.colorNeutralForeground2 },
  keys: {
    display: "flex",
    alignItems: "center",
    gap: tokens.spacingHorizontalXS,
    margin: 0,
    color: tokens.colorNeutralForeground2,
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase200,
  },
});

interface Props {
  snapshot: Snapshot;
  page: ChooseResourcePage;
  missing: Missing | null;
}

/** What there is to say of the chosen resource: what is in the way, and what is deployed. */
export function Detail({ snapshot, page, missing }: Props) {
  const styles = useStyles();
  const titleId = useId();
  const missingId = useId();
  const { selected } = page;
  return (
    <>
      {selected !== null && <Obstacles page={page} resource={selected} />}
      <h2 id={titleId} className={styles.title}>
        {say("label.deployments")}
      </h2>
      {selected === null && <p className={styles.hint}>{say("resource.deployments.unselected")}</p>}
      {page.reading_deployments && (
        <>
          <p className={styles.hint}>{say("resource.deployments.reading")}</p>
          <BusyLine busy={snapshot.busy} />
        </>
      )}
      {selected !== null && !page.reading_deployments && (
        <>
          <Deployments page={page} labelledBy={titleId} describedBy={missingId} />
          <Keys resource={selected} />
        </>
      )}
      <MissingLine id={missingId} missing={snapshot.failure === null ? missing : null} />
    </>
  );
}

function Keys({ resource }: { resource: Resource }) {
  const styles = useStyles();
  return (
    <p className={styles.keys}>
      <Icon small name="key" />
      {sayKeys(resource)}
    </p>
  );
}

function sayKeys({ takes_keys, obstacles }: Resource): string {
  if (!takes_keys) {
    return say("resource.keys_off");
  }
  return say(obstacles.includes("no_custom_subdomain") ? "resource.keys_only" : "resource.keys_on");
}
