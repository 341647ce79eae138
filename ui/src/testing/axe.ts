import axe from "axe-core";

/** What axe finds in the window, one line a finding; contrast needs a real browser's layout. */
export async function findFaults(): Promise<string[]> {
  const { violations } = await axe.run(document.body, {
    rules: { "color-contrast": { enabled: false } },
  });
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}
