import { Tab, TabList, makeStyles, tokens } from "@fluentui/react-components";
import { useId, useState } from "react";

import type { Recipe, RecipeText } from "../../contract";
import { CopyButton } from "../../parts/CopyButton";
import { say } from "../../words";

const useStyles = makeStyles({
  recipes: { display: "flex", flexDirection: "column", gap: tokens.spacingVerticalS },
  body: { margin: 0, color: tokens.colorNeutralForeground2 },
  tabs: { flexWrap: "wrap" },
  texts: { display: "flex", flexDirection: "column", gap: tokens.spacingVerticalS, margin: 0 },
  head: {
    display: "flex",
    alignItems: "center",
    justifyContent: "space-between",
    gap: tokens.spacingHorizontalS,
    color: tokens.colorNeutralForeground2,
    fontSize: tokens.fontSizeBase200,
  },
  lines: {
    margin: 0,
    padding: `${tokens.spacingVerticalS} ${tokens.spacingHorizontalM}`,
    borderRadius: tokens.borderRadiusMedium,
    backgroundColor: tokens.colorNeutralBackground3,
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase200,
    whiteSpace: "pre-wrap",
    overflowWrap: "anywhere",
  },
});

/** The same as the plan, by hand: one tab for each tool and shell. */
export function Recipes({ recipes }: { recipes: readonly Recipe[] }) {
  const styles = useStyles();
  const panelId = useId();
  const [chosen, setChosen] = useState(0);
  const recipe = recipes[chosen] ?? recipes[0];
  if (recipe === undefined) {
    return null;
  }
  return (
    <div className={styles.recipes}>
      <p className={styles.body}>{say("access.recipes.body")}</p>
      <TabList
        size="small"
        className={styles.tabs}
        aria-label={say("access.recipes.tools")}
        selectedValue={recipes.indexOf(recipe)}
        onTabSelect={(_, { value }) => {
          setChosen(Number(value));
        }}
      >
        {recipes.map((one, index) => (
          <Tab key={sayTool(one)} value={index} aria-controls={panelId}>
            {sayTool(one)}
          </Tab>
        ))}
      </TabList>
      <div id={panelId} role="tabpanel" aria-label={sayTool(recipe)} className={styles.texts}>
        {recipe.texts.map((text) => (
          <Text key={text.step} text={text} />
        ))}
      </div>
    </div>
  );
}

function Text({ text: { step, text } }: { text: RecipeText }) {
  const styles = useStyles();
  const label = say(`recipe_step.${step}`);
  return (
    <div>
      <div className={styles.head}>
        {label}
        <CopyButton text={text} name={label} />
      </div>
      <pre className={styles.lines}>{text}</pre>
    </div>
  );
}

function sayTool({ kind, shell }: Recipe): string {
  const tool = say(`recipe.${kind}`);
  return shell === null ? tool : say("recipe.in_shell", { tool, shell: say(`shell.${shell}`) });
}
