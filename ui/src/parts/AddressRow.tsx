import { Input, makeStyles, tokens } from "@fluentui/react-components";
import type { ReactNode } from "react";

import { say } from "../words";
import { CopyButton } from "./CopyButton";

const useStyles = makeStyles({
  row: { display: "flex", flexWrap: "wrap", gap: tokens.spacingHorizontalS },
  input: { flex: "1 1 200px", minWidth: 0, fontFamily: tokens.fontFamilyMonospace },
});

interface Props {
  address: string;
  label: string;
  /** Whether the address has to be seen whole, beside further buttons: Copy is a picture then. */
  compact?: boolean;
  /** Further buttons for the same address. */
  children?: ReactNode;
}

/** An address that can be read, selected and copied. */
export function AddressRow({ address, label, compact = false, children }: Props) {
  const styles = useStyles();
  return (
    <div className={styles.row}>
      <Input
        readOnly
        className={styles.input}
        value={address}
        aria-label={label}
        onFocus={(event) => {
          event.target.select();
        }}
      />
      {compact ? (
        <CopyButton text={address} name={label} />
      ) : (
        <CopyButton text={address} name={label} label={say("button.copy")} appearance="secondary" />
      )}
      {children}
    </div>
  );
}
