/** A small contract that has a bit of everything, its handlers, and two peers on a link that speak it. */
import { onTestFinished } from 'vitest';
import * as v from 'valibot';
import { call, stream, type, type CallContext, type Handlers } from '../../main/api/contract.ts';
import { LabError } from '../../main/api/errors.ts';
import { bytes } from '../../main/api/values.ts';
import { createPeer } from '../../main/rpc/peer.ts';
import type { MakeLink } from './links.ts';

export const STREAM_CREDIT = 16;

const numbersWanted = v.object({ upTo: v.number(), failAt: v.optional(v.number()), bytesEach: v.optional(v.number()) });

export const contract = {
  calls: {
    echo: call(v.unknown(), type<unknown>()),
    create: call(v.object({ name: v.string(), shards: v.pipe(v.number(), v.minValue(1)), tags: v.array(v.string()) }), type<string>()),
    fail: call(v.picklist(['ours', 'foreign']), type<never>()),
    /** Answers only when its signal aborts. */
    wait: call(v.null(), type<void>()),
    bytes: call(v.number(), type<Uint8Array>()),
    unfit: call(v.null(), type<unknown>()),
    /** The bytes are the handler's: it keeps them. */
    keep: call(bytes, type<void>()),
    /** They are lent to it: it answers with the least and the greatest of them. */
    look: call(bytes, type<number[]>(), { lendsInput: true }),
  },
  numbers: {
    oneByOne: stream(numbersWanted, type<number | Uint8Array>()),
    ahead: stream(numbersWanted, type<number | Uint8Array>(), { credit: STREAM_CREDIT }),
    /** Gives one number, then waits for ever, without regard of its signal. */
    stuck: stream(v.null(), type<number>()),
  },
};

/** What the handlers saw, for the tests to look at. */
export class Seen {
  aborts: unknown[] = [];
  waiting = 0;
  pulled = 0;
  released = 0;
  kept: Uint8Array[] = [];
}

export function handlersFor(seen: Seen): Handlers<typeof contract> {
  async function* numbers({ upTo, failAt, bytesEach }: v.InferOutput<typeof numbersWanted>) {
    try {
      for (let n = 0; n < upTo; n++) {
        if (n === failAt) throw new LabError('batch-damaged', `Number ${n} is damaged.`);
        seen.pulled++;
        yield bytesEach === undefined ? n : new Uint8Array(bytesEach);
      }
    } finally {
      seen.released++;
    }
  }
  return {
    calls: {
      echo: (input) => input,
      create: ({ name }) => name,
      fail: (how) => {
        if (how === 'ours') throw new LabError('disk-full', 'The disk is full.', { cause: new Error('ENOSPC') });
        throw new TypeError('x is not a function');
      },
      wait: (_input, { signal }: CallContext) =>
        new Promise((resolve) => {
          seen.waiting++;
          signal.addEventListener('abort', () => {
            seen.aborts.push(signal.reason);
            resolve();
          });
        }),
      bytes: (length) => new Uint8Array(length).fill(7),
      unfit: () => ({ made: new Date() }),
      keep: (given) => void seen.kept.push(given),
      look: (lent) => [lent.reduce((least, byte) => Math.min(least, byte)), lent.reduce((most, byte) => Math.max(most, byte))],
    },
    numbers: {
      oneByOne: numbers,
      ahead: numbers,
      stuck: (_input, { signal }) => {
        signal.addEventListener('abort', () => seen.aborts.push(signal.reason));
        let asked = 0;
        const next = async (): Promise<IteratorResult<number>> => (asked++ === 0 ? { value: 0, done: false } : new Promise(() => {}));
        const giveBack = async () => (seen.released++, { value: undefined, done: true as const });
        return { [Symbol.asyncIterator]: () => ({ next, return: giveBack }) };
      },
    },
  };
}

/** Two peers on a link, both serving the contract: `client` asks the one side, `back` asks the other. All is closed when the test ends. */
export async function connect(makeLink: MakeLink) {
  const link = await makeLink();
  const seen = new Seen();
  const seenBack = new Seen();
  const answerer = createPeer(link.answerer, { serve: { contract, handlers: handlersFor(seen) } });
  const asker = createPeer(link.asker, { serve: { contract, handlers: handlersFor(seenBack) } });
  onTestFinished(async () => {
    asker.close();
    answerer.close();
    await link.dispose();
  });
  return { asker, answerer, client: asker.client(contract), back: answerer.client(contract), seen, seenBack };
}

/** The same, but the asker is a bare port that can say anything. */
export async function connectBare(makeLink: MakeLink) {
  const link = await makeLink();
  const seen = new Seen();
  const answerer = createPeer(link.answerer, { serve: { contract, handlers: handlersFor(seen) } });
  onTestFinished(async () => {
    link.asker.close();
    answerer.close();
    await link.dispose();
  });
  return { port: link.asker, answerer, seen };
}
