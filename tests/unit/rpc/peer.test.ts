import { expect, it, vi } from 'vitest';
import * as v from 'valibot';
import { call, type } from '../../../main/api/contract.ts';
import { createPortPair } from '../../../main/rpc/adapters/inMemory.ts';
import { parseInput } from '../../../main/rpc/badInput.ts';
import { createPeer } from '../../../main/rpc/peer.ts';
import { PORT_BUFFER_BYTES_MAX } from '../../../main/rpc/port.ts';

const ANSWER_BYTES = 1024 * 1024;
const contract = { calls: { large: call(v.number(), type<Uint8Array>()) } };

it('answers wait for room in the port, one after another', async () => {
  const [asker, answerer] = createPortPair();
  let answered = 0;
  createPeer(
    { ...bound(answerer), send: (frame) => (answered++, answerer.send(frame)) },
    {
      serve: { contract, handlers: { calls: { large: () => new Uint8Array(ANSWER_BYTES) } } },
    },
  );
  const client = createPeer(asker).client(contract);
  asker.pause();
  const asked = Array.from({ length: 50 }, (_, n) => client.calls.large(n));
  await vi.waitFor(() => expect(answered).toBeGreaterThan(0));
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(answered).toBe(PORT_BUFFER_BYTES_MAX / ANSWER_BYTES);
  asker.resume();
  expect(await Promise.all(asked)).toHaveLength(50);
});

/** A port's methods as plain functions, so that a test can replace one. */
function bound(port: ReturnType<typeof createPortPair>[0]) {
  return {
    send: port.send.bind(port),
    drained: port.drained.bind(port),
    onFrame: port.onFrame.bind(port),
    pause: port.pause.bind(port),
    resume: port.resume.bind(port),
    onClose: port.onClose.bind(port),
    close: port.close.bind(port),
  };
}

it('bad input is said in one sentence of bounded length', () => {
  const schema = v.strictObject({
    name: v.pipe(v.string(), v.regex(/^[a-z]+$/, 'use small letters only.')),
    shards: v.array(v.object({ id: v.bigint() })),
  });
  const said = (input: unknown) => {
    try {
      return parseInput('streams.create', schema, input);
    } catch (error) {
      return (error as Error).message;
    }
  };
  expect(said(null)).toBe('The input of streams.create is not valid: expected Object, received null.');
  expect(said({ name: 'A', shards: [{ id: 1 }] })).toBe(
    'The input of streams.create is not valid: "name": use small letters only; "shards.0.id": expected bigint, received 1.',
  );
  expect(said({ name: 'a', shards: [], more: 1 })).toBe(
    'The input of streams.create is not valid: "more": expected never, received "more".',
  );
  const five = said({ name: 'a', shards: Array.from({ length: 5 }, () => ({ id: 'x'.repeat(10_000) })) });
  expect(five).toMatch(/; and 2 more\.$/);
  expect((five as string).length).toBeLessThan(500);
});
