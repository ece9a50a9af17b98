/** An event told in one line, from nothing but what its value says. */
import { VALUE_SHOWN_BYTES } from './valueLines.ts';
import { textOf } from './recordText.ts';

/** `said` is what the value says of a thing, as opposed to the words of the event's own name. */
export interface HeadlinePart {
  text: string;
  said: boolean;
}

/** Fields that name what happened, the first of them that holds a text. */
const NAMES = ['event', 'type', 'eventType', 'event_type', 'eventName', 'event_name', 'action', 'verb'];
/** Fields that say which one of its kind a thing is. */
const WHICH = ['name', 'title', 'id'];
/** Longest name of an event that is read as words, and longest name of a thing, characters. */
const [NAME_MAX, WHICH_MAX] = [80, 60];

/** `SHOPPER_VIEWED_PRODUCT` with a shopper and a product in the value: Shopper *789* viewed product *iPad*. Null where it names nothing. */
export function headline(value: Uint8Array | null): HeadlinePart[] | null {
  const fields = objectOf(value);
  if (!fields) return null;
  const name = NAMES.map((field) => fields[field]).find((text): text is string => typeof text === 'string' && text.trim() !== '');
  const words = name === undefined || name.length > NAME_MAX ? [] : wordsOf(name);
  if (words.length === 0) return null;
  const parts: HeadlinePart[] = [];
  for (const [at, word] of words.entries()) {
    parts.push({ text: at === 0 ? word.charAt(0).toUpperCase() + word.slice(1) : word, said: false });
    const which = whichOf(Object.hasOwn(fields, word.toLowerCase()) ? fields[word.toLowerCase()] : undefined);
    if (which !== null) parts.push({ text: which, said: true });
  }
  return parts;
}

function objectOf(value: Uint8Array | null): Record<string, unknown> | null {
  const text = value && value.length <= VALUE_SHOWN_BYTES ? textOf(value) : null;
  if (text === null) return null;
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? (parsed as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/** SHOPPER_ADDED_ITEM, shopper-added-item, shopper.added.item and ShopperAddedItem are the same words; text in words stays as it is. */
function wordsOf(name: string): string[] {
  const apart = /\s/.test(name.trim()) ? name : name.replaceAll(/([\p{Ll}\p{N}])(\p{Lu})/gu, '$1 $2');
  const words = apart.split(/[\s_\-.:/]+/).filter((word) => word !== '');
  const shouted = name === name.toUpperCase();
  return words.map((word) => (shouted || /^\p{Lu}\p{Ll}+$/u.test(word) ? word.toLowerCase() : word));
}

function whichOf(thing: unknown): string | null {
  if (typeof thing !== 'object' || thing === null) return plain(thing);
  for (const field of WHICH) {
    const which = plain((thing as Record<string, unknown>)[field]);
    if (which !== null) return which;
  }
  return null;
}

/** A number that JavaScript can not hold would be told with wrong digits. */
function plain(value: unknown): string | null {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value) : null;
  return typeof value === 'string' && value.trim() !== '' && value.length <= WHICH_MAX ? value : null;
}
