/** What this side of the realm uses of the language, taken before a processor can change it. */
export const { parse, stringify } = JSON;
export const { isArray } = Array;
export const { floor, imul } = Math;
export const { freeze, defineProperty } = Object;
export const RealDate = Date;
