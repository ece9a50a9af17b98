/** What a task sends to other brokers: in order, and there once, whatever answer is lost. */
import { expect, it } from 'vitest';
import { LabError } from '../../../../main/api/errors.ts';
import type { BrokerClient } from '../../../../main/cluster/brokerLink.ts';
import type { OutboxEntry } from '../../../../main/processors/process/live/changelog.ts';
import { BatchWriter } from '../../../../main/log/index.ts';
import { Outbox } from '../../../../main/processors/process/live/outbox.ts';
import type { OutgoingBatch } from '../../../../main/processors/process/live/outputs.ts';
import { recordOf, startBroker, type TestBroker, valuesIn } from './broker.ts';

const NOTHING = { sequences: [], sent: [] };

function outboxTo(
  clients: [id: number, client: BrokerClient][],
  saved: Outbox['saved'] = NOTHING,
): { outbox: Outbox; failures: unknown[] } {
  const failures: unknown[] = [];
  const outbox = new Outbox({ producerId: 7n, brokers: new Map(clients), saved, failed: (error) => failures.push(error) });
  return { outbox, failures };
}

function batch(brokerId: number, shardId: number, ...values: string[]): OutgoingBatch {
  const written = new BatchWriter();
  for (const { key, value, headers, timestamp } of values.map(recordOf)) written.add(key, value, headers, timestamp);
  return { brokerId, shardId, batch: written };
}

const numbers = ({ brokerId, shardId, firstSequence, records }: OutboxEntry): number[] => [brokerId, shardId, firstSequence, records];

/** A broker whose answers wait until they are let through, each once it was carried out; or are lost. */
function held({ client }: TestBroker): { client: BrokerClient; answer: (fate?: 'lost') => Promise<void> } {
  const waiting: ((fate: 'lost' | 'told') => void)[] = [];
  const arrived: (() => void)[] = [];
  return {
    client: {
      ...client,
      async send(input: Parameters<BrokerClient['send']>[0]) {
        await client.send(input);
        const fate = await new Promise<'lost' | 'told'>((resolve) => {
          waiting.push(resolve);
          arrived.shift()?.();
        });
        if (fate === 'lost') throw new LabError('broker-down', 'It ended before it answered.');
      },
    } as BrokerClient,
    async answer(fate) {
      if (waiting.length === 0) await new Promise<void>((resolve) => arrived.push(resolve));
      waiting.shift()!(fate ?? 'told');
      await new Promise(setImmediate);
    },
  };
}

it('batches are numbered by broker and shard, and come to be there in their order', async () => {
  const [two, three] = await Promise.all([startBroker(2, 2), startBroker(3, 1)]);
  const [a, b] = two.shards as [number, number];
  // Shards of two brokers may have one id.
  expect(three.shards).toEqual([a]);
  const { outbox, failures } = outboxTo([
    [2, two.client],
    [3, three.client],
  ]);
  const first = [batch(2, a, 'a0', 'a1'), batch(2, b, 'b0'), batch(3, a, 'c0')].map((each) => outbox.entryOf(each));
  const then = [batch(2, a, 'a2'), batch(3, a, 'c1', 'c2')].map((each) => outbox.entryOf(each));
  expect([...first, ...then].map(numbers)).toEqual([
    [2, a, 0, 2],
    [2, b, 0, 1],
    [3, a, 0, 1],
    [2, a, 2, 1],
    [3, a, 1, 2],
  ]);
  expect(outbox.saved).toEqual({
    sequences: [
      [`2/${a}`, 3],
      [`2/${b}`, 1],
      [`3/${a}`, 3],
    ],
    sent: [],
  });
  outbox.send(first, 10n);
  outbox.send(then, 11n);
  expect(outbox.bytes).toBe([...first, ...then].reduce((sum, { bytes }) => sum + bytes.length, 0));
  await outbox.drainedBelow(1);
  expect([outbox.bytes, outbox.keptFrom, failures]).toEqual([0, null, []]);
  expect(await Promise.all([valuesIn(two, a), valuesIn(two, b), valuesIn(three, a)])).toEqual([
    ['a0', 'a1', 'a2'],
    ['b0'],
    ['c0', 'c1', 'c2'],
  ]);
  expect(new Map(outbox.saved.sent)).toEqual(new Map(outbox.saved.sequences));
});

it('what was sent and not known to be is sent again by the next life, and is there once', async () => {
  const two = await startBroker(2, 1);
  const shardId = two.shards[0]!;
  const losing = held(two);
  const { outbox: earlier, failures } = outboxTo([[2, losing.client]]);
  const entries = [batch(2, shardId, 'a'), batch(2, shardId, 'b', 'c'), batch(2, shardId, 'd')].map((each) => earlier.entryOf(each));
  const committed = { sequences: earlier.saved.sequences, sent: earlier.saved.sent };
  earlier.send(entries, 5n);
  await losing.answer();
  await losing.answer('lost');
  await earlier.drainedBelow(1);
  expect(failures).toEqual([expect.objectContaining({ code: 'broker-down' })]);
  // The third waits behind it: the order is kept.
  expect(await valuesIn(two, shardId)).toEqual(['a', 'b', 'c']);

  // What it knows is as of its last commit: nothing was told to be there.
  const { outbox: next } = outboxTo([[2, two.client]], committed);
  expect(entries.map((entry) => next.isSent(entry))).toEqual([false, false, false]);
  next.send(entries, 5n);
  await next.drainedBelow(1);
  expect(await valuesIn(two, shardId)).toEqual(['a', 'b', 'c', 'd']);
  expect(numbers(next.entryOf(batch(2, shardId, 'e')))).toEqual([2, shardId, 4, 1]);

  // And where a later commit has told of the first, only the others are left.
  const { outbox: later } = outboxTo([[2, two.client]], { ...committed, sent: [[`2/${shardId}`, 1]] });
  expect(entries.map((entry) => later.isSent(entry))).toEqual([true, false, false]);
});

it('a number behind the greatest begins anew', () => {
  const last = 2 ** 31 - 1;
  const { outbox } = outboxTo([], { sequences: [['2/1', last]], sent: [['2/1', last]] });
  const entries = [batch(2, 1, 'a', 'b'), batch(2, 1, 'c')].map((each) => outbox.entryOf(each));
  expect(entries.map(numbers)).toEqual([
    [2, 1, last, 2],
    [2, 1, 1, 1],
  ]);
  expect(entries.map((entry) => outbox.isSent(entry))).toEqual([false, false]);
  const { outbox: later } = outboxTo([], { sequences: [['2/1', 2]], sent: [['2/1', 1]] });
  expect(entries.map((entry) => later.isSent(entry))).toEqual([true, false]);
});

it('tells from where the state must be kept: the first that waits, of all brokers', async () => {
  const [two, three] = await Promise.all([startBroker(2, 1), startBroker(3, 1)]);
  const [slow, slower] = [held(two), held(three)];
  const { outbox } = outboxTo([
    [2, slow.client],
    [3, slower.client],
  ]);
  const shardId = two.shards[0]!;
  outbox.send([outbox.entryOf(batch(3, shardId, 'a'))], 4n);
  outbox.send([outbox.entryOf(batch(2, shardId, 'b'))], 5n);
  outbox.send([outbox.entryOf(batch(2, shardId, 'c'))], 6n);
  expect(outbox.keptFrom).toBe(4n);
  // A broker that is slow does not hold up another.
  await slow.answer();
  expect(outbox.keptFrom).toBe(4n);
  expect(new Map(outbox.saved.sent)).toEqual(new Map([[`2/${shardId}`, 1]]));
  await slower.answer();
  expect(outbox.keptFrom).toBe(6n);
  await slow.answer();
  expect(outbox.keptFrom).toBe(null);
});

it('who waits for room goes on once enough was sent', async () => {
  const two = await startBroker(2, 1);
  const slow = held(two);
  const { outbox } = outboxTo([[2, slow.client]]);
  const entries = ['a', 'b'].map((value) => outbox.entryOf(batch(2, two.shards[0]!, value)));
  outbox.send(entries, 1n);
  // There is room for it all.
  await outbox.drainedBelow(outbox.bytes + 1);
  let isThrough = false;
  const waiting = outbox.drainedBelow(1).then(() => (isThrough = true));
  await slow.answer();
  expect(isThrough).toBe(false);
  await slow.answer();
  await waiting;
  expect(outbox.bytes).toBe(0);
});

it('who waits for some room goes on with the batch that makes it, though more waits for that broker', async () => {
  const two = await startBroker(2, 1);
  const slow = held(two);
  const { outbox } = outboxTo([[2, slow.client]]);
  const entries = ['a', 'b', 'c'].map((value) => outbox.entryOf(batch(2, two.shards[0]!, value)));
  outbox.send(entries, 1n);
  let isThrough = false;
  const waiting = outbox.drainedBelow(outbox.bytes).then(() => (isThrough = true));
  await slow.answer();
  await waiting;
  expect(isThrough).toBe(true);
  expect(outbox.bytes).toBe(entries[1]!.bytes.length + entries[2]!.bytes.length);
  for (const _ of ['b', 'c']) await slow.answer();
  await outbox.drainedBelow(1);
});

it('a broker that is down: it is said, once for what waits, and nothing is left out', async () => {
  const [two, three] = await Promise.all([startBroker(2, 1), startBroker(3, 1)]);
  const shardId = two.shards[0]!;
  const { outbox, failures } = outboxTo([
    [2, two.client],
    [3, three.client],
  ]);
  await two.link.close();
  const entries = [batch(2, shardId, 'a'), batch(2, shardId, 'b'), batch(3, shardId, 'c')].map((each) => outbox.entryOf(each));
  outbox.send(entries, 8n);
  await outbox.drainedBelow(1);
  expect(failures).toEqual([expect.objectContaining({ code: 'broker-down' })]);
  expect(await valuesIn(three, shardId)).toEqual(['c']);
  expect([outbox.bytes, outbox.keptFrom]).toEqual([entries[0]!.bytes.length + entries[1]!.bytes.length, 8n]);
  expect(outbox.saved.sent).toEqual([[`3/${shardId}`, 1]]);
});
