import { describe, expect, it } from "vitest";

import type { Message } from "./contract";
import { receiveMessage, type Shown } from "./shown";
import { STATES, type State } from "./testing/states";

describe("the pieces of an answer", () => {
  it("are appended in their order", () => {
    const shown = receive(answering(), [piece(3, "good "), piece(4, "day.")]);
    expect(shown?.answer).toBe("Hello there, good day.");
  });

  it("are shown once when they come twice", () => {
    const shown = receive(answering(), [piece(3, "good "), piece(3, "good "), piece(4, "day.")]);
    expect(shown?.answer).toBe("Hello there, good day.");
  });

  it("are left out when one before them is missing", () => {
    const shown = receive(answering(), [piece(4, "day.")]);
    expect(shown?.answer, "the next snapshot brings both").toBe("Hello there, ");
  });

  it("are replaced by the next snapshot", () => {
    const snapshot = answering();
    const shown = receive(snapshot, [piece(3, "good "), { kind: "snapshot", snapshot }]);
    expect(shown).toEqual({ snapshot, answer: "Hello there, ", nextPiece: 3 });
  });

  it("before any snapshot show nothing", () => {
    expect(receiveMessage(null, piece(0, "Hello"))).toBeNull();
  });
});

function receive(snapshot: State["snapshot"], messages: Message[]): Shown | null {
  const first: Message = { kind: "snapshot", snapshot };
  return [first, ...messages].reduce<Shown | null>(receiveMessage, null);
}

function answering() {
  const state = STATES.find(({ name }) => name === "test-answering");
  if (state === undefined) {
    throw new Error("the state of an answer that arrives is gone");
  }
  return state.snapshot;
}

function piece(number: number, text: string): Message {
  return { kind: "piece", number, text };
}
