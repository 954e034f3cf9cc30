// @ts-check
/** How long, and how much. */
