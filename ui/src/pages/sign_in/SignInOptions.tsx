import { makeStyles, tokens } from "@fluentui/react-components";

import type { Code, Failure, SignInPage } from "../../contract";
import { Disclosure } from "../../parts/Disclosure";
import { useWizard } from "../../wizard";
import { say } from "../../words";
import { CloudChoice } from "./CloudChoice";
import { TenantField } from "./TenantField";

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
  const { options, showOptions } = useWizard();
  const chosen = [page.tenant.text, page.cloud === "public" ? "" : say(`cloud.${page.cloud}`)]
    .filter((value) => value !== "")
    .join(" · ");
  const matters = chosen !== "" || (failure !== null && OF_DIRECTORIES.has(failure.code));
  return (
    <Disclosure
      label={say(page.clouds.length > 1 ? "sign_in.options.cloud" : "sign_in.options")}
      value={chosen}
      open={options ?? matters}
      onToggle={showOptions}
    >
      <div className={styles.options}>
        <TenantField tenant={page.tenant} />
        <CloudChoice cloud={page.cloud} clouds={page.clouds} />
      </div>
    </Disclosure>
  );
}
