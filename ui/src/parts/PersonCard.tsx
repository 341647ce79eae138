import { Button, makeStyles, tokens } from "@fluentui/react-components";

import type { Person } from "../contract";
import { useWizard } from "../wizard";
import { say, sayDirectory } from "../words";
import { CopyButton } from "./CopyButton";
import { Icon } from "./Icon";

const useStyles = makeStyles({
  card: {
    display: "flex",
    flexDirection: "column",
    gap: tokens.spacingVerticalXXS,
    paddingTop: tokens.spacingVerticalM,
    borderTop: `1px solid ${tokens.colorNeutralStroke2}`,
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase200,
    color: tokens.colorNeutralForeground2,
  },
  line: { overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" },
  name: {
    display: "flex",
    alignItems: "center",
    gap: tokens.spacingHorizontalS,
    color: tokens.colorNeutralForeground1,
    fontSize: tokens.fontSizeBase300,
    fontWeight: tokens.fontWeightSemibold,
  },
  id: { display: "flex", alignItems: "center", justifyContent: "space-between" },
  value: { fontSize: "11px", fontVariantNumeric: "tabular-nums" },
  signOut: { alignSelf: "flex-start", marginTop: tokens.spacingVerticalXS },
});

/** Who is signed in, on every page. */
export function PersonCard({ person }: { person: Person }) {
  const styles = useStyles();
  const { backend, run } = useWizard();
  return (
    <div className={styles.card}>
      <span className={styles.name}>
        <Icon small name="person" />
        <Line text={person.name} />
      </span>
      <Line text={person.account} />
      <Line text={sayDirectory(person.tenant_name, person.tenant_id)} />
      <span className={styles.id}>
        {say("label.object_id")}
        <CopyButton text={person.object_id} name={say("label.object_id")} />
      </span>
      <span className={styles.value}>{person.object_id}</span>
      <Button
        size="small"
        className={styles.signOut}
        onClick={() => {
          run(backend.signOut());
        }}
      >
        {say("button.sign_out")}
      </Button>
    </div>
  );
}

/** A line that is cut where it is too long; the page of the sign-in shows it whole. */
function Line({ text }: { text: string }) {
  return (
    <span className={useStyles().line} title={text}>
      {text}
    </span>
  );
}
