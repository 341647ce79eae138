import { Component, type ReactNode } from "react";

import { makeStyles, tokens } from "@fluentui/react-components";

import { say } from "../words";
import { Card } from "./Card";

const useStyles = makeStyles({
  place: { padding: tokens.spacingHorizontalXXXL },
});

/** What is left to say when the core no longer answers. */
export function LostConnection() {
  const styles = useStyles();
  return (
    <main className={styles.place} role="alert">
      <Card
        icon="error"
        tone="warning"
        title={say("window.lost.title")}
        body={say("window.lost.body")}
      />
    </main>
  );
}

/** Shows the same when the window itself breaks, instead of an empty page. */
export class CrashBarrier extends Component<{ children: ReactNode }, { crashed: boolean }> {
  override state = { crashed: false };

  static getDerivedStateFromError() {
    return { crashed: true };
  }

  override render() {
    return this.state.crashed ? <LostConnection /> : this.props.children;
  }
}
