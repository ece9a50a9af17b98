/** Which of a file's fields look like the key and the time of its events. Guesses are shown and can be changed. */
import type { FieldGuess } from '../../../../main/api/imports.ts';

/** A field that fewer of the events have is no good key, 0 to 1. */
const SHARE_MIN = 0.9;

/** Of whom or what the event tells: `shopper.id`, `customer_id`, `key`. A plain `id` mostly numbers the events themselves. */
const keyLike = /(^|\.)key$|.\.id$|(user|customer|shopper|account|device|session|cart|order)_?id$/i;

export const likelyKey = (fields: readonly FieldGuess[]): string | null =>
  fields.find(({ path, share }) => share >= SHARE_MIN && keyLike.test(path))?.path ?? null;

export const likelyTime = (fields: readonly FieldGuess[]): string | null =>
  fields.find(({ share, looksLikeTime }) => looksLikeTime && share >= SHARE_MIN)?.path ?? null;
