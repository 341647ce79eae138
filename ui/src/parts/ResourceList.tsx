import { makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import { useEffect, useRef, useState, type KeyboardEvent, type RefObject } from "react";

import type { Resource } from "../contract";
import type { Resources } from "../resources";
import { useWizard } from "../wizard";
import { say, sayKind } from "../words";
import { Icon } from "./Icon";
import { NARROW } from "./layout";

/** How far PageUp and PageDown go. */
const PAGE = 8;

/** How close to the end of what was read the next window is asked for, in pixels. */
const AHEAD = 600;

/** How long typed letters count as one word. */
const TYPE_AHEAD_MS = 700;

const useStyles = makeStyles({
  list: {
    flexGrow: 1,
    minHeight: "120px",
    overflowY: "auto",
    margin: 0,
    padding: tokens.spacingHorizontalXXS,
    border: `1px solid ${tokens.colorNeutralStroke1}`,
    borderRadius: tokens.borderRadiusMedium,
    ":focus-visible": { outline: `2px solid ${tokens.colorStrokeFocus2}` },
    // The list has the focus; the option that Enter takes carries the mark.
    "&:focus-visible > [data-active=true]": {
      outline: `2px solid ${tokens.colorStrokeFocus2}`,
      outlineOffset: "-2px",
    },
    [NARROW]: { maxHeight: "320px" },
  },
  option: {
    position: "relative",
    padding: `${tokens.spacingVerticalS} ${tokens.spacingHorizontalM}`,
    borderRadius: tokens.borderRadiusMedium,
    cursor: "pointer",
    overflowWrap: "anywhere",
    ":hover": { backgroundColor: tokens.colorNeutralBackground1Hover },
  },
  selected: {
    backgroundColor: tokens.colorBrandBackground2,
    ":hover": { backgroundColor: tokens.colorBrandBackground2Hover },
    "::before": {
      content: '""',
      position: "absolute",
      left: 0,
      top: "10px",
      bottom: "10px",
      width: "3px",
      borderRadius: tokens.borderRadiusCircular,
      backgroundColor: tokens.colorCompoundBrandStroke,
    },
    "@media (forced-colors: active)": { border: "2px solid Highlight" },
  },
  name: { fontWeight: tokens.fontWeightSemibold },
  detail: {
    color: tokens.colorNeutralForeground2,
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase200,
  },
  obstacle: {
    display: "flex",
    alignItems: "center",
    gap: tokens.spacingHorizontalXS,
    color: tokens.colorPaletteDarkOrangeForeground1,
    fontSize: tokens.fontSizeBase200,
  },
});

interface Props {
  resources: Resources;
  selected: string | null;
  labelledBy: string;
  describedBy: string | undefined;
  listRef: RefObject<HTMLDivElement | null>;
}

/** The list of resources: one tab stop, arrow keys, type-ahead, Enter or Space to choose. */
export function ResourceList({ resources, selected, labelledBy, describedBy, listRef }: Props) {
  const styles = useStyles();
  const { backend, run } = useWizard();
  const { items, matching, readMore } = resources;
  const [moved, setMoved] = useState<number | null>(null);
  const active = clamp(moved ?? items.findIndex((item) => item.id === selected), items.length);
  const findTyped = useTypeAhead(items);
  useActiveInView(listRef, moved === null ? null : active);

  function choose(index: number) {
    const item = items[index];
    if (item !== undefined) {
      setMoved(index);
      run(backend.selectResource(item.id));
    }
  }

  function moveTo(index: number) {
    setMoved(clamp(index, items.length));
    if (index >= items.length - 1) {
      readMore();
    }
  }

  function press(event: KeyboardEvent) {
    if (event.ctrlKey || event.altKey || event.metaKey) {
      return;
    }
    const target = targetOf(event.key, active, items.length);
    if (target !== null) {
      event.preventDefault();
      moveTo(target);
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      choose(active);
    } else if (event.key.length === 1) {
      const found = findTyped(event, active);
      if (found >= 0) {
        moveTo(found);
      }
    }
  }

  return (
    <div
      ref={listRef}
      role="listbox"
      tabIndex={0}
      className={styles.list}
      aria-labelledby={labelledBy}
      aria-describedby={describedBy}
      aria-activedescendant={items.length > 0 ? optionId(active) : undefined}
      onKeyDown={press}
      onScroll={({ currentTarget: { scrollTop, clientHeight, scrollHeight } }) => {
        if (scrollTop + clientHeight > scrollHeight - AHEAD) {
          readMore();
        }
      }}
    >
      {items.map((item, index) => (
        // The list itself takes the keys: its options are never focused.
        // eslint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus
        <div
          key={item.id}
          id={optionId(index)}
          role="option"
          aria-selected={item.id === selected}
          aria-setsize={matching}
          aria-posinset={index + 1}
          data-active={index === active}
          className={mergeClasses(styles.option, item.id === selected && styles.selected)}
          onClick={() => {
            choose(index);
          }}
        >
          <Row resource={item} />
        </div>
      ))}
    </div>
  );
}

function Row({ resource }: { resource: Resource }) {
  const styles = useStyles();
  return (
    <>
      <div className={styles.name}>{resource.name}</div>
      <div className={styles.detail}>
        {sayKind(resource.kind)} · {resource.location}
      </div>
      <div className={styles.detail}>
        {resource.subscription} / {resource.resource_group}
      </div>
      {resource.obstacles.map((obstacle) => (
        <div key={obstacle} className={styles.obstacle}>
          <Icon small name="warning" />
          {say(`obstacle.${obstacle}`)}
        </div>
      ))}
    </>
  );
}

function optionId(index: number): string {
  return `resource-${index}`;
}

function clamp(index: number, length: number): number {
  return Math.max(0, Math.min(index, length - 1));
}

function targetOf(key: string, active: number, length: number): number | null {
  switch (key) {
    case "ArrowDown":
      return active + 1;
    case "ArrowUp":
      return active - 1;
    case "PageDown":
      return active + PAGE;
    case "PageUp":
      return active - PAGE;
    case "Home":
      return 0;
    case "End":
      return length - 1;
    default:
      return null;
  }
}

function useTypeAhead(items: readonly Resource[]) {
  const typed = useRef({ text: "", at: 0 });
  return (event: KeyboardEvent, active: number): number => {
    const { text, at } = typed.current;
    const recent = event.timeStamp - at < TYPE_AHEAD_MS;
    const word = (recent ? text : "") + event.key.toLowerCase();
    typed.current = { text: word, at: event.timeStamp };
    const start = recent ? active : active + 1;
    const order = items.map((_, offset) => (start + offset) % items.length);
    return order.find((index) => items[index]?.name.toLowerCase().startsWith(word)) ?? -1;
  };
}

function useActiveInView(list: RefObject<HTMLDivElement | null>, active: number | null) {
  useEffect(() => {
    if (active !== null) {
      list.current?.children[active]?.scrollIntoView({ block: "nearest" });
    }
  }, [list, active]);
}
