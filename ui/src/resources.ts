import { useCallback, useEffect, useReducer, useRef, useState } from "react";

import type { Resource } from "./contract";
import { useWizard } from "./wizard";

/** How many resources are asked for at a time: the most that the core gives. */
const WINDOW = 100;

/** The part of the list that was read so far. */
export interface Resources {
  /** Whether anything was read yet. */
  read: boolean;
  /** The filter that these match; while another one is being read, the one before. */
  filter: string;
  /** How many resources match the filter. */
  matching: number;
  items: readonly Resource[];
  /** Reads the next window, where there is one. */
  readMore: () => void;
}

interface Loaded {
  key: string;
  filter: string;
  matching: number;
  items: readonly Resource[];
}

/** The resources that match, read window by window; the answer to an old question is dropped. */
export function useResources(filter: string, revision: number): Resources {
  const { backend, run } = useWizard();
  const key = `${revision} ${filter}`;
  const [loaded, setLoaded] = useState<Loaded | null>(null);
  const latest = useRef<Loaded>({ key: "", filter: "", matching: 0, items: [] });
  const [wish, wishMore] = useReducer((count: number) => count + 1, 0);

  useEffect(() => {
    let wanted = true;
    const before = latest.current;
    const items = before.key === key ? before.items : [];
    run(
      backend.listResources(filter, items.length, WINDOW).then((window) => {
        if (wanted) {
          const { matching } = window;
          latest.current = { key, filter, matching, items: [...items, ...window.items] };
          setLoaded(latest.current);
        }
      }),
    );
    return () => {
      wanted = false;
    };
  }, [backend, run, filter, key, wish]);

  const readMore = useCallback(() => {
    if (latest.current.key === key && latest.current.items.length < latest.current.matching) {
      wishMore();
    }
  }, [key]);

  return {
    read: loaded !== null,
    filter: loaded?.filter ?? "",
    matching: loaded?.matching ?? 0,
    items: loaded?.items ?? [],
    readMore,
  };
}
