/** Shows one state in a plain browser: `states.html?state=chosen`; not part of the app. */
import "../fonts.css";

import { createRoot } from "react-dom/client";

import { App } from "../App";
import { FIXTURES } from "../testing/fixtures";
import { silentBackend } from "../testing/silentBackend";
import {
  CHANGES_STATES,
  CONNECTIVITY_STATES,
  FAILURE_STATES,
  PROOF_STATES,
  STATES,
} from "../testing/states";

const states = [
  ...STATES,
  ...PROOF_STATES,
  ...CONNECTIVITY_STATES,
  ...CHANGES_STATES,
  ...FAILURE_STATES,
  ...FIXTURES,
];
const wanted = new URLSearchParams(location.search).get("state");
const state = states.find(({ name }) => name === wanted);
const root = document.getElementById("root");

if (root !== null && state !== undefined) {
  createRoot(root).render(<App backend={silentBackend(state)} />);
} else if (root !== null) {
  createRoot(root).render(<Index />);
}

function Index() {
  return (
    <ul>
      {states.map(({ name }) => (
        <li key={name}>
          <a href={`?state=${encodeURIComponent(name)}`}>{name}</a>
        </li>
      ))}
    </ul>
  );
}
