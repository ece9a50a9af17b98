/** Events as a processor gets them. */
import type { Event } from 'loglab';
import { defineProperty, freeze, parse } from './primordials.ts';

/** After so many events it is known whether the processor reads their values. */
const TRIED_EVENTS = 100;

const NO_HEADERS = freeze([]) as Event['headers'];

export interface Events {
  /** `timestamp` NaN for none; `headers` JSON, null for none. */
  made(
    stream: string,
    shard: number,
    offset: string,
    timestamp: number,
    key: string | null,
    text: string | null,
    headers: string | null,
  ): Event;
}

export function createEvents(): Events {
  let tried = 0;
  let wereRead = 0;

  /** The value is read when it is asked for: who looks at the key alone need not have one that is JSON, and does not pay for it. */
  function withLazyValue(event: Omit<Event, 'value'>, text: string | null): Event {
    let value: unknown;
    let isRead = false;
    const set = (changed: unknown): void => {
      value = changed;
      isRead = true;
    };
    const get = (): unknown => {
      if (!isRead) {
        wereRead++;
        set(text === null ? null : readJson(text));
      }
      return value;
    };
    defineProperty(event, 'value', { enumerable: true, configurable: true, get, set });
    return event as Event;
  }

  return {
    made(stream, shard, offset, timestamp, key, text, ofHeaders) {
      const time = timestamp === timestamp ? timestamp : null;
      const headers = ofHeaders === null ? NO_HEADERS : (parse(ofHeaders) as Event['headers']);
      // Where most are read anyway a plain property costs a third.
      if (tried >= TRIED_EVENTS && 2 * wereRead > TRIED_EVENTS) {
        try {
          return { stream, shard, offset, timestamp: time, key, text, headers, value: text === null ? null : parse(text) };
        } catch {
          // It is no JSON: who asks for it is told.
        }
      }
      tried++;
      return withLazyValue({ stream, shard, offset, timestamp: time, key, text, headers }, text);
    },
  };
}

function readJson(text: string): unknown {
  try {
    return parse(text);
  } catch (thrown) {
    throw new Error(`The value is not JSON: ${(thrown as Error).message}`);
  }
}
