/** Where the rail moves above the page: small windows, and large text. */
export const NARROW = "@media (max-width: 679px), (max-height: 459px)";
