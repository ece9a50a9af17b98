/** An export in the page: what it writes, and what is left where it can not go on. */
import { expect, test } from 'vitest';
import type { ReadChunk } from '../../../main/api/events.ts';
import type { LabClient } from '../../../main/api/index.ts';
import { ExportRun } from '../../../renderer/src/features/export/exportRun.svelte.ts';
import { createDownload, type ExportTarget } from '../../../renderer/src/features/export/exportTarget.ts';

const request = { stream: 's', format: 'records', from: { at: 'beginning' }, until: { at: 'now' }, shards: null } as const;
const chunk = (count: number): ReadChunk => ({
  records: Array.from({ length: count }, (_, n) => ({ shard: 0, offset: BigInt(n), timestamp: 0n, key: null, value: null, headers: [] })),
  gaps: [],
});

const clientOf = (read: () => AsyncGenerator<ReadChunk>): Pick<LabClient, 'events'> => ({ events: { read } }) as unknown as LabClient;

function recording(inner: ExportTarget) {
  const calls: string[] = [];
  const target: ExportTarget = {
    write: (bytes) => (calls.push('write'), inner.write(bytes)),
    keep: () => (calls.push('keep'), Promise.resolve()),
    discard: () => (calls.push('discard'), inner.discard()),
  };
  return { calls, target };
}

test('a download beyond its limit is given up, and says what to do instead', async () => {
  const { calls, target } = recording(createDownload('s.records.ndjson', 1_000));
  const client = clientOf(async function* () {
    for (;;) yield await Promise.resolve(chunk(3));
  });
  const run = new ExportRun(client, target);
  await run.run(request);
  expect(run.state).toBe('failed');
  expect(run.error?.message).toMatch(
    /^This browser can only download 1.* at once\. Choose a smaller range, or use the command: loglab export\.$/,
  );
  expect(calls.at(-1)).toBe('discard');
  expect(calls).not.toContain('keep');
});

test('damaged batches are told, and what could be read is kept', async () => {
  const { calls, target } = recording(createDownload('s.records.ndjson'));
  const gap = { shard: 0, firstOffset: 2n, lastOffset: 3n, reason: 'CRC' };
  const client = clientOf(async function* () {
    yield await Promise.resolve({ ...chunk(2), gaps: [gap] });
  });
  const run = new ExportRun(client, target);
  await run.run(request);
  expect([run.state, run.events, run.gaps]).toEqual(['done', 2, [gap]]);
  expect(calls).toEqual(['write', 'keep']);
});

test('where the lab goes away, no file is left', async () => {
  const { calls, target } = recording(createDownload('s.records.ndjson'));
  const client = clientOf(async function* () {
    yield await Promise.resolve(chunk(2));
    throw new DOMException('gone', 'NetworkError');
  });
  const run = new ExportRun(client, target);
  await run.run(request);
  expect(run.state).toBe('failed');
  expect(calls).toEqual(['write', 'discard']);
});
