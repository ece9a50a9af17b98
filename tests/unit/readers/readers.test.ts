import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Reader } from '../../../main/api/readers.ts';
import { openLab, temporaryFolder, type TestLab } from '../openLab.ts';

const temporary = temporaryFolder();
let lab: TestLab;
beforeAll(async () => {
  lab = await openLab(temporary.folder);
  await lab.client.streams.create({ name: 'read', shards: 2 });
});
afterAll(async () => {
  await lab.close();
  temporary.remove();
});

async function now(): Promise<Reader[]> {
  for await (const readers of lab.client.readers.watch({})) return readers;
  return [];
}

describe('readers', () => {
  it('stand where they are moved to, and go with their page', async () => {
    const { client, peer } = lab.page();
    const a = client.readers.open({ stream: 'read', name: 'A' })[Symbol.asyncIterator]();
    const b = client.readers.open({ stream: 'read', name: 'B' })[Symbol.asyncIterator]();
    const [idA, idB] = [((await a.next()).value as { id: string }).id, ((await b.next()).value as { id: string }).id];
    await client.readers.move({ id: idA, positions: [{ shard: 0, offset: 7n }] });
    await client.readers.move({
      id: idA,
      positions: [
        { shard: 0, offset: 9n },
        { shard: 1, offset: 1n },
      ],
    });
    await client.readers.move({ id: 'nobody', positions: [] });
    expect(await now()).toEqual([
      {
        id: idA,
        stream: 'read',
        name: 'A',
        positions: [
          { shard: 0, offset: 9n },
          { shard: 1, offset: 1n },
        ],
      },
      { id: idB, stream: 'read', name: 'B', positions: [] },
    ]);
    await b.return!();
    await vi.waitFor(async () => expect((await now()).map(({ name }) => name)).toEqual(['A']));
    peer.close();
    await vi.waitFor(async () => expect(await now()).toEqual([]));
  });

  it('are of streams that there are, at most 64 at once', async () => {
    const { client, peer } = lab.page();
    const open = (stream: string): Promise<unknown> => client.readers.open({ stream, name: 'R' })[Symbol.asyncIterator]().next();
    await expect(open('nowhere')).rejects.toMatchObject({ code: 'no-such-stream' });
    await Promise.all(Array.from({ length: 64 }, () => open('read')));
    await expect(open('read')).rejects.toMatchObject({
      code: 'too-many',
      message: 'At most 64 readers are open at once. Close a view first.',
    });
    peer.close();
    await vi.waitFor(async () => expect(await now()).toEqual([]));
  });
});
