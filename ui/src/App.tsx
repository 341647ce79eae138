import { FluentProvider, makeStyles, tokens } from "@fluentui/react-components";
import { useCallback, useEffect, useLayoutEffect, useMemo, useReducer, useRef, useState, type RefObject } from "react";

import type { Backend } from "./backend";
import type { Aside, Snapshot, Step } from "./contract";
import { useMedia } from "./media";
import { Changes } from "./pages/Changes";
import { ChooseResource } from "./pages/ChooseResource";
import { Connectivity } from "./pages/Connectivity";
import { ConnectProject } from "./pages/ConnectProject";
import { GetAccess } from "./pages/GetAccess";
import { SignIn } from "./pages/SignIn";
import { TestConnection } from "./pages/TestConnection";
import { CrashBarrier, LostConnection } from "./parts/LostConnection";
import { COMPACT, NARROW } from "./parts/layout";
import { Mark } from "./parts/Mark";
import { PersonCard } from "./parts/PersonCard";
import { PracticeBanner } from "./parts/PracticeBanner";
import { ShowChanges } from "./parts/ShowChanges";
import { Stepper } from "./parts/Stepper";
import { receiveMessage, type Shown } from "./shown";
import { darkTheme, lightTheme } from "./theme";
import { WizardContext, type Wizard } from "./wizard";
import { say } from "./words";

const useStyles = makeStyles({
  window: {
    boxSizing: "border-box",
    height: "100%",
    display: "grid",
    gridTemplateColumns: "264px minmax(0, 1fr)",
    gridTemplateRows: "auto auto minmax(0, 1fr) auto",
    gridTemplateAreas: `
      "banner banner"
      "brand page"
      "steps page"
      "person page"`,
    backgroundColor: tokens.colorNeutralBackground3,
    [COMPACT]: { gridTemplateColumns: "212px minmax(0, 1fr)" },
    [NARROW]: {
      height: "auto",
      minHeight: "100%",
      gridTemplateColumns: "minmax(0, 1fr)",
      gridTemplateRows: "auto auto auto 1fr auto",
      gridTemplateAreas: `"banner" "brand" "steps" "page" "person"`,
    },
  },
  provider: { height: "100%" },
  banner: { gridArea: "banner" },
  brand: {
    gridArea: "brand",
    display: "flex",
    alignItems: "center",
    gap: tokens.spacingHorizontalM,
    padding: `${tokens.spacingVerticalXXL} ${tokens.spacingHorizontalXL}`,
    [COMPACT]: { padding: tokens.spacingHorizontalL },
    fontWeight: tokens.fontWeightSemibold,
    [NARROW]: { padding: `${tokens.spacingVerticalM} ${tokens.spacingHorizontalL}` },
  },
  steps: {
    gridArea: "steps",
    overflowY: "auto",
    padding: `0 ${tokens.spacingHorizontalM}`,
    [NARROW]: { overflowY: "visible" },
  },
  page: {
    gridArea: "page",
    minHeight: 0,
    minWidth: 0,
    backgroundColor: tokens.colorNeutralBackground1,
    borderTopLeftRadius: tokens.borderRadiusXLarge,
    boxShadow: tokens.shadow4,
    [NARROW]: { borderTopLeftRadius: 0, boxShadow: "none", marginTop: tokens.spacingVerticalS },
  },
  person: {
    gridArea: "person",
    padding: `${tokens.spacingVerticalM} ${tokens.spacingHorizontalXL} ${tokens.spacingVerticalL}`,
    [COMPACT]: { padding: tokens.spacingHorizontalL },
    [NARROW]: { padding: tokens.spacingHorizontalL },
  },
});

/** The whole window. */
export function App({ backend }: { backend: Backend }) {
  const styles = useStyles();
  const dark = useMedia("(prefers-color-scheme: dark)");
  const [shown, receive] = useReducer(receiveMessage, null);
  const { wizard, lost } = useConnection(backend);
  const { run } = wizard;

  useEffect(() => {
    run(backend.watch(receive));
  }, [backend, run]);

  return (
    <FluentProvider theme={dark ? darkTheme : lightTheme} className={styles.provider}>
      <WizardContext value={wizard}>
        <CrashBarrier>
        {lost ? <LostConnection /> : shown !== null && <Window shown={shown} />}
        </CrashBarrier>
      </WizardContext>
    </FluentProvider>
  );
}

function Window({ shown }: { shown: Shown }) {
  const styles = useStyles();
  const { practice, steps, person, page, aside } = shown.snapshot;
  const main = useHeadingFocus(page.step, aside?.kind ?? null);
  useTitle(shown.snapshot);
  return (
    <div className={styles.window}>
      {practice && (
        <div className={styles.banner}>
          <PracticeBanner />
        </div>
      )}
      <header className={styles.brand}>
        <Mark />
        {say("app.name")}
      </header>
      <div className={styles.steps}>
        <Stepper steps={steps} />
      </div>
      <main ref={main} className={styles.page}>
        <CurrentPage shown={shown} />
      </main>
      <div className={styles.person}>
        <ShowChanges shown={aside?.kind === "changes"} />
        {person !== null && (
          <aside aria-label={say("label.signed_in_as")}>
            <PersonCard person={person} />
          </aside>
        )}
      </div>
    </div>
  );
}

function CurrentPage({ shown: { snapshot, answer } }: { shown: Shown }) {
  const { aside, page } = snapshot;
  switch (aside?.kind) {
    case "connectivity":
      return <Connectivity snapshot={snapshot} page={aside} />;
    case "changes":
      return <Changes snapshot={snapshot} page={aside} />;
  }
  switch (page.step) {
    case "sign_in":
      return <SignIn snapshot={snapshot} page={page} />;
    case "choose_resource":
      return <ChooseResource snapshot={snapshot} page={page} />;
    case "get_access":
      return <GetAccess snapshot={snapshot} page={page} />;
    case "connect_project":
      return <ConnectProject snapshot={snapshot} page={page} />;
    case "test_connection":
      return <TestConnection snapshot={snapshot} page={page} answer={answer} />;
  }
}

function useConnection(backend: Backend): { wizard: Wizard; lost: boolean } {
  const [lost, setLost] = useState(false);
  const run = useCallback((command: Promise<unknown>) => {
    command.catch(() => {
      // The core answers every command with a snapshot; a refusal means that it is gone.
      setLost(true);
    });
  }, []);
  const [options, showOptions] = useState<boolean | null>(null);
  const wizard = useMemo(
    () => ({ backend, run, options, showOptions }),
    [backend, run, options, showOptions],
  );
  return { wizard, lost };
}

/**
 * Leads to the heading when the step changes, or when a page beside the steps opens: that is where
 * the new page begins. From there it leads back to the button that opened it.
 */
function useHeadingFocus(step: Step, beside: Aside["kind"] | null) {
  const main = useRef<HTMLElement>(null);
  const last = useRef({ step, beside });
  useEffect(() => {
    const before = last.current;
    last.current = { step, beside };
    if (before.step === step && before.beside === beside) {
      return;
    }
    const closed = before.step === step && beside === null ? before.beside : null;
    const opener = `[data-opens-aside="${closed ?? ""}"]`;
    const target = document.querySelector<HTMLElement>(opener);
    (target ?? beginningOf(main.current))?.focus();
  }, [step, beside]);
  useFocusKept(main);
  return main;
}

/** Where a page begins: a form that was asked for with its first field, all others with the
 * heading. */
function beginningOf(page: HTMLElement | null): HTMLElement | null | undefined {
  return page?.querySelector<HTMLElement>("[data-begins] input") ?? page?.querySelector("h1");
}

/** Leads to the heading when what had the focus is gone: from nowhere, no key leads anywhere. */
function useFocusKept(main: RefObject<HTMLElement | null>) {
  const last = useRef<Element | null>(null);
  // Before the effects of the page, which may take the focus.
  useLayoutEffect(() => {
    const remember = ({ target }: FocusEvent) => {
      last.current = target instanceof Element ? target : null;
    };
    document.addEventListener("focusin", remember);
    return () => {
      document.removeEventListener("focusin", remember);
    };
  }, []);
  useEffect(() => {
    if (last.current?.isConnected === false && document.activeElement === document.body) {
      main.current?.querySelector("h1")?.focus();
    }
  });
}

/** The pages beside the steps. */
const HEADINGS = { connectivity: "network.heading", changes: "changes.heading" } as const;

function useTitle({ steps, page, aside }: Snapshot) {
  const title =
    aside === null
      ? say("window.title", {
          number: steps.findIndex((state) => state.step === page.step) + 1,
          count: steps.length,
          step: say(`step.${page.step}.title`),
        })
      : say(HEADINGS[aside.kind]);
  useEffect(() => {
    document.title = title;
  }, [title]);
}
