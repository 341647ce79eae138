/** Where the rail moves above the page: narrow windows, and large text. */
export const NARROW = "@media (max-width: 679px), (max-height: 459px)";

/** Where the window is near its smallest size and space is saved. */
export const COMPACT = "@media (min-width: 680px) and (max-width: 859px) and (min-height: 460px)";
