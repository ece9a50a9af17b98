/** What this side of the realm uses of the language, taken before a processor can change it. */
export const { parse, stringify } = JSON;
export const { isArray } = Array;
export const { floor, imul } = Math;
export const { freeze, defineProperty } = Object;
/** The text that a function was written as. */
export const sourceOf = Function.prototype.call.bind(Function.prototype.toString) as (of: unknown) => string;
export const RealDate = Date;
