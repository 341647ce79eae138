import { act, render } from "@testing-library/react";

import { App } from "../App";
import type { Backend } from "../backend";
import type { Message } from "../contract";
import { silentBackend } from "./silentBackend";
import type { State } from "./states";

/** What a test can do with the window that it opened. */
export interface Opened {
  backend: Backend;
  /** Sends a message, as the core would. */
  send: (message: Message) => void;
}

/** Opens the window at a state, with some commands replaced. */
export async function showState(state: State, replaced: Partial<Backend> = {}): Promise<Opened> {
  const senders: ((message: Message) => void)[] = [];
  const backend = { ...silentBackend(state, (send) => senders.push(send)), ...replaced };
  await act(async () => {
    render(<App backend={backend} />);
    await Promise.resolve();
  });
  return {
    backend,
    send: (message) => {
      act(() => {
        senders.forEach((send) => {
          send(message);
        });
      });
    },
  };
}
