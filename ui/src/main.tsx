import "./fonts.css";

import { RendererProvider, createDOMRenderer } from "@fluentui/react-components";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { App } from "./App";
import { backend } from "./backend";

const root = document.getElementById("root");
if (root === null) {
  throw new Error("index.html has no #root");
}

createRoot(root).render(
  <StrictMode>
    <RendererProvider renderer={createRenderer()} targetDocument={document}>
      <App backend={backend} />
    </RendererProvider>
  </StrictMode>,
);

/** The shell gives the inline style of index.html a nonce; Fluent's styles need the same one. */
function createRenderer() {
  const nonce = document.querySelector<HTMLStyleElement>("style[nonce]")?.nonce;
  return createDOMRenderer(document, nonce ? { styleElementAttributes: { nonce } } : {});
}
