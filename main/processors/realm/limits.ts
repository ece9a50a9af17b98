/** What one step of a processor (an event, a window) may do. */

/** Events that it emits. */
export const EMISSIONS_MAX = 10_000;
/** Characters of their keys, values and headers: at most three times as many bytes, which go in one frame. */
export const EMITTED_CHARACTERS_MAX = 2.5 * 1024 * 1024;
/** Characters of one of their values. */
export const EMITTED_VALUE_CHARACTERS_MAX = 1024 * 1024;
/** Characters of one of their keys, and of all headers of one as JSON. */
export const EMITTED_KEY_CHARACTERS_MAX = 16 * 1024;
export const EMITTED_HEADERS_CHARACTERS_MAX = 256 * 1024;
/** Characters of all keys and values that it changes in stores. */
export const CHANGED_CHARACTERS_MAX = 1.25 * 1024 * 1024;
/** Reasons for which its event is bad; more are counted. */
export const REASONS_MAX = 50;
/** Lines that it writes to the log; more are dropped, and that is said. */
export const LOG_LINES_MAX = 100;
/** Characters of such a line, of a reason, of an error's message. */
export const LINE_CHARACTERS_MAX = 4_000;
/** Characters of a key of a store. */
export const STORE_KEY_CHARACTERS_MAX = 16 * 1024;
/** Characters of a value of a store, as JSON. */
export const STORE_VALUE_CHARACTERS_MAX = 1024 * 1024;
