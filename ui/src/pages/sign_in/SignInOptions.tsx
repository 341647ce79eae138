import { makeStyles, tokens } from "@fluentui/react-components";
import { useState } from "react";

import type { Code, Failure, SignInPage } from "../../contract";
import { Disclosure } from "../../parts/Disclosure";
import { say } from "../../words";
import { CloudChoice } from "./CloudChoice";

/** Failures that another directory may solve. */
const OF_DIRECTORIES: ReadonlySet<Code> = new Set<Code>([
  "account_not_in_directory",
  "application_unknown",
  "service_unknown_to_directory",
]);

const useStyles = makeStyles({
  options: {
    display: "flex",
    flexDirection: "column",
    gap: tokens.spacingVerticalM,
    maxWidth: "480px",
  },
});

interface Props {
  page: SignInPage;
  failure: Failure | null;
}

/** What only some have to choose before they sign in. Open where it matters. */
export function SignInOptions({ page, failure }: Props) {
  const styles = useStyles();
  const [toggled, setToggled] = useState<boolean | null>(null);
  const chosen = [page.tenant.text, page.cloud === "public" ? "" : say(`cloud.${page.cloud}`)]
    .filter((value) => value !== "")
    .join(" · ");
  const matters = chosen !== "" || (failure !== null && OF_DIRECTORIES.has(failure.code));
  if (page.clouds.length < 2) {
    return null;
  }
  return (
    <Disclosure
      label={say("sign_in.options.cloud")}
      value={chosen}
      open={toggled ?? matters}
      onToggle={setToggled}
    >
      <div className={styles.options}>
        <CloudChoice cloud={page.cloud} clouds={page.clouds} />
      </div>
    </Disclosure>
  );
}
