import { useEffect, useState } from "react";

/** How visible something that goes on is: design rules of waiting. */
export type BusyStage = "hidden" | "spinner" | "label";

/** Nothing for a second, then a spinner, after three seconds a spinner with its label. */
export function useBusyStage(): BusyStage {
  const [stage, setStage] = useState<BusyStage>("hidden");
  useEffect(() => {
    const timers = [
      setTimeout(setStage, 1_000, "spinner"),
      setTimeout(setStage, 3_000, "label"),
    ];
    return () => {
      timers.forEach(clearTimeout);
    };
  }, []);
  return stage;
}

/** Whole seconds since this value was first seen. */
export function useSecondsSince(value: object): number {
  const [tick, setTick] = useState({ value, seconds: 0 });
  useEffect(() => {
    const start = performance.now();
    const timer = setInterval(() => {
      setTick({ value, seconds: Math.floor((performance.now() - start) / 1_000) });
    }, 250);
    return () => {
      clearInterval(timer);
    };
  }, [value]);
  return tick.value === value ? tick.seconds : 0;
}

/** Minutes and seconds, such as `1:05`. */
export function formatClock(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
