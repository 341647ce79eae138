/** What the window shows: the last snapshot, and the pieces of an answer that came after it. */
import type { Message, Snapshot } from "./contract";

/** The state of the window. */
export interface Shown {
  snapshot: Snapshot;
  /** The answer of the test message so far. */
  answer: string;
  /** The number of the piece that comes next. */
  nextPiece: number;
}

/** Takes in a message; a piece that came twice or out of turn changes nothing. */
export function receiveMessage(shown: Shown | null, message: Message): Shown | null {
  if (message.kind === "snapshot") {
    return showSnapshot(message.snapshot);
  }
  if (shown === null || message.number !== shown.nextPiece) {
    return shown;
  }
  return { ...shown, answer: shown.answer + message.text, nextPiece: shown.nextPiece + 1 };
}

function showSnapshot(snapshot: Snapshot): Shown {
  const { page } = snapshot;
  return page.step === "test_connection"
    ? { snapshot, answer: page.answer, nextPiece: page.pieces }
    : { snapshot, answer: "", nextPiece: 0 };
}
