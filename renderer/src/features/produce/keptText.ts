/** What a kept event is called where nobody named it, and how it is told apart in the list. */
import type { Draft } from '../../../../main/api/produce.ts';

const LABEL_MAX = 60;

/** "Shopper viewed product, 789": from the event's own words where it has them. */
export function suggestedLabel({ key, value }: Draft): string {
  const what = eventName(value) ?? (value === null ? 'Null value' : value.trim() === '' ? 'Empty value' : value.trim().split('\n')[0]!);
  return shorten(key ? `${what}, ${key}` : what);
}

/** Key and the beginning of the value, in one line. */
export function keptSummary({ key, value }: Draft): string {
  const content = value === null ? 'null' : shorten(value.replace(/\s+/g, ' ').trim());
  return key === null ? content : `${key === '' ? '""' : key} · ${content}`;
}

function eventName(value: string | null): string | null {
  const named = /"(?:event|type|name|verb|action)"\s*:\s*"([^"\\]{1,60})"/.exec(value ?? '')?.[1];
  if (!named) return null;
  const words = named.replaceAll(/[_-]+/g, ' ').trim();
  const plain = words === words.toUpperCase() ? words.toLowerCase() : words;
  return plain.charAt(0).toUpperCase() + plain.slice(1);
}

const shorten = (text: string): string => (text.length > LABEL_MAX ? `${text.slice(0, LABEL_MAX - 1)}…` : text);
