import { Button, Field, Radio, RadioGroup, makeStyles, tokens } from "@fluentui/react-components";
import { useState } from "react";

import type { AssignmentPlan, MayAssign, Recipe, RoleScope, Usage } from "../../contract";
import { Card } from "../../parts/Card";
import { Disclosure } from "../../parts/Disclosure";
import { Facts } from "../../parts/Facts";
import { useWizard } from "../../wizard";
import { say, sayNotice } from "../../words";
import { Recipes } from "./Recipes";

const useStyles = makeStyles({
  hints: {
    display: "flex",
    flexDirection: "column",
    gap: tokens.spacingVerticalXXS,
    margin: 0,
    paddingLeft: tokens.spacingHorizontalXL,
    color: tokens.colorNeutralForeground2,
  },
  practice: { margin: 0, color: tokens.colorNeutralForeground2 },
  choices: { display: "flex", flexDirection: "column", gap: tokens.spacingVerticalM },
  note: {
    display: "block",
    color: tokens.colorNeutralForeground2,
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase200,
    overflowWrap: "anywhere",
  },
  links: { display: "flex", flexWrap: "wrap", gap: tokens.spacingHorizontalS },
});

interface Props {
  plan: AssignmentPlan;
  recipes: readonly Recipe[];
  /** Whether this is practice Azure, which the portal and other tools know nothing of. */
  practice: boolean;
  /** Whether it is being carried out: nothing can be chosen any more. */
  fixed: boolean;
}

/** What would be assigned, where and as whom, and everything that can be chosen otherwise. */
export function PlanCard({ plan, recipes, practice, fixed }: Props) {
  const styles = useStyles();
  const [opened, setOpened] = useState<"choice" | "recipes" | null>(null);
  const toggle = (part: "choice" | "recipes") => (open: boolean) => {
    setOpened(open ? part : null);
  };
  return (
    <Card icon="person" title={say("access.plan")}>
      <Facts
        facts={[
          { label: say("label.role"), value: plan.role },
          { label: say("label.scope"), value: sayScope(plan), copies: plan.scope },
          { label: say("label.principal"), value: plan.account },
          { label: say("label.object_id"), value: plan.object_id, id: true },
        ]}
      />
      <ul className={styles.hints}>
        {hintsOf(plan).map((hint) => (
          <li key={hint}>{hint}</li>
        ))}
      </ul>
      <Disclosure
        label={say("access.plan.change")}
        open={opened === "choice"}
        onToggle={toggle("choice")}
      >
        <div className={styles.choices}>
          <RoleChoice plan={plan} fixed={fixed} />
          <ScopeChoice plan={plan} fixed={fixed} />
        </div>
      </Disclosure>
      <Disclosure
        label={say("access.recipes")}
        open={opened === "recipes"}
        onToggle={toggle("recipes")}
      >
        <div className={styles.choices}>
          <Recipes recipes={recipes} />
          {practice ? <p className={styles.practice}>{say("access.recipes.practice")}</p> : <PortalLinks />}
        </div>
      </Disclosure>
    </Card>
  );
}

/** The scope by its name; the whole id is copied. */
function sayScope({ scope, scope_kind }: AssignmentPlan): string {
  const name = scope.slice(scope.lastIndexOf("/") + 1);
  return say(`access.plan.scope.${scope_kind}`, { name });
}

function hintsOf(plan: AssignmentPlan): string[] {
  const hints = plan.may_assign === "yes" ? [] : [say(`access.plan.may_assign.${plan.may_assign}`)];
  hints.push(sayNotice("role_reason", plan.reason));
  if (plan.former_role !== null) {
    hints.push(say("access.plan.renamed", { former: plan.former_role }));
  }
  hints.push(say(plan.lists_keys ? "access.plan.lists_keys" : "access.plan.lists_no_keys"));
  hints.push(say(`access.plan.undo.${plan.may_undo}`));
  return hints;
}

/** What the role is for. */
export function UsageChoice({ plan: { usage, usages }, fixed }: { plan: AssignmentPlan; fixed: boolean }) {
  const { backend, run } = useWizard();
  return (
    <RadioGroup
      aria-label={say("access.usage")}
      value={usage}
      disabled={fixed}
      onChange={(_, { value }) => {
        run(backend.chooseUsage(value as Usage));
      }}
    >
      {usages.map((one) => (
        <Radio key={one} value={one} label={say(`usage.${one}`)} />
      ))}
    </RadioGroup>
  );
}

function RoleChoice({ plan, fixed }: { plan: AssignmentPlan; fixed: boolean }) {
  const { backend, run } = useWizard();
  return (
    <Field label={say("access.plan.change.role")}>
      <RadioGroup
        value={plan.role_id}
        disabled={fixed}
        onChange={(_, { value }) => {
          run(backend.chooseRole(value));
        }}
      >
        {plan.roles.map(({ role, role_id, lists_keys, may_assign }) => (
          <Radio
            key={role_id}
            value={role_id}
            label={
              <Choice
                name={role}
                may={may_assign}
                note={lists_keys ? say("access.plan.lists_keys") : undefined}
              />
            }
          />
        ))}
      </RadioGroup>
    </Field>
  );
}

function ScopeChoice({ plan, fixed }: { plan: AssignmentPlan; fixed: boolean }) {
  const { backend, run } = useWizard();
  return (
    <Field label={say("access.plan.change.scope")}>
      <RadioGroup
        value={plan.scope_kind}
        disabled={fixed}
        onChange={(_, { value }) => {
          run(backend.chooseRoleScope(value as RoleScope));
        }}
      >
        {plan.scopes.map(({ kind, scope, may_assign }) => (
          <Radio
            key={kind}
            value={kind}
            label={<Choice name={say(`role_scope.${kind}`)} may={may_assign} note={scope} />}
          />
        ))}
      </RadioGroup>
    </Field>
  );
}

/** What can be chosen, and what is to be known before. */
function Choice({ name, may, note }: { name: string; may: MayAssign; note: string | undefined }) {
  const styles = useStyles();
  return (
    <span>
      {name}
      <span className={styles.note}>{say(`may_assign.${may}`)}</span>
      {note !== undefined && <span className={styles.note}>{note}</span>}
    </span>
  );
}

function PortalLinks() {
  const styles = useStyles();
  const { backend, run } = useWizard();
  return (
    <div className={styles.links}>
      {(["access_control", "person"] as const).map((page) => (
        <Button
          key={page}
          size="small"
          onClick={() => {
            run(backend.openPortal(page));
          }}
        >
          {say(`portal.${page}`)}
        </Button>
      ))}
    </div>
  );
}
