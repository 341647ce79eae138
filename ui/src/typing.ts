import { useCallback, useEffect, useRef } from "react";

/** How long after the last key it is asked about what was typed. */
const PAUSE_MS = 500;

/**
 * Sends what is typed when the typing pauses, and each text once.
 *
 * @param known what was asked about before
 * @returns sends it at once: Enter may be quicker than the pause
 */
export function useTypingPause(text: string, known: string, send: (text: string) => void) {
  const sent = useRef(known);
  const sendNow = useCallback(() => {
    if (sent.current !== text) {
      sent.current = text;
      send(text);
    }
  }, [send, text]);
  useEffect(() => {
    if (sent.current === text) {
      return;
    }
    const timer = setTimeout(sendNow, PAUSE_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [sendNow, text]);
  return sendNow;
}
