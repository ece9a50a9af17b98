/** Which programs of others a step of a lesson has seen, by their requests. */
import { expect, test } from 'vitest';
import type { KafkaRequest, RequestFilter } from '../../../main/api/clients.ts';
import { AskedSight } from '../../../main/lessons/askedSight.ts';

const asked = (clientId: string, request: unknown, errors: string[] = []): KafkaRequest => ({
  ...{ id: '1-0', brokerId: 1, connectionId: '1-1', clientId, software: null, address: '127.0.0.1:1', api: 'Produce', version: 9 },
  ...{ at: 0, durationMs: 1, bytesIn: 1, bytesOut: 1, request: JSON.stringify(request), response: '{}', errors },
});
const named = { topicData: [{ name: 'till-events' }] };

test('programs are counted once each, by name or id of the stream, and only where they were not refused', async () => {
  const waiting: KafkaRequest[][] = [
    [asked('one', named), asked('one', named), asked('other', { topicData: [{ name: 'other-events' }] })],
    [asked('two', named, ['NOT_LEADER_OR_FOLLOWER'])],
    [asked('three', { topicData: [{ topicId: 'the-id' }] })],
  ];
  const filters: RequestFilter[] = [];
  let go: () => void = () => {};
  async function* follow(filter: RequestFilter): AsyncGenerator<{ requests: KafkaRequest[] }> {
    filters.push(filter);
    for (const requests of waiting) {
      await new Promise<void>((resolve) => (go = resolve));
      yield { requests };
    }
  }
  const check = { stream: 'till-events', api: 'Produce' as const };
  let told = 0;
  let changed: () => void = () => {};
  const sight = new AskedSight(
    [
      { ...check, programs: 1 },
      { ...check, programs: 2 },
    ],
    follow,
    () => 'the-id',
    () => {
      told += 1;
      changed();
    },
  );
  const seen: boolean[][] = [];
  while (told < waiting.length) {
    const more = new Promise<void>((resolve) => (changed = resolve));
    go();
    await more;
    seen.push([1, 2].map((programs) => sight.hasSeen({ ...check, programs })));
  }
  expect(filters).toEqual([{ api: 'Produce' }]);
  expect(seen).toEqual([
    [true, false],
    [true, false],
    [true, true],
  ]);
  sight.close();
});
