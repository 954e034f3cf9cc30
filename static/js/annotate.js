// @ts-check
/** Marking stretches of text. */
