// @ts-check
/** Matches apart from the page, which ends this worker when a pattern takes too long. */

import { matches } from "./matching.js";

addEventListener("message", ({ data }) => postMessage(matches(data.texts, data.source, data.flags)));
