/** What tests of replays share. */
import { onTestFinished } from 'vitest';
import type { LabClient } from '../../../main/api/index.ts';
import type { Replay, ReplayWish } from '../../../main/api/replays.ts';
import type { NewRecord } from '../../../main/api/values.ts';
import { type LabOptions, openLab, record, temporaryFolder, type TestLab } from '../openLab.ts';

/** A lab that is gone when the test is over. */
export async function lab(options: LabOptions = {}): Promise<TestLab> {
  const { folder, remove } = temporaryFolder();
  const opened = await openLab(folder, options);
  onTestFinished(async () => {
    await opened.close();
    remove();
  });
  return opened;
}

/** The whole stream into another, as fast as it goes, unless told. */
export function wish(stream: string, into: string, rest: Partial<ReplayWish> = {}): ReplayWish {
  return {
    ...{ stream, from: { at: 'beginning' }, until: { at: 'now' }, keys: null, speed: null, waitMsMax: null },
    ...{ timestamps: 'original', keepsHeaders: true, into: { stream: into, shards: null }, through: null },
    ...rest,
  };
}

export async function start(client: LabClient, wanted: ReplayWish, intoExisting = false): Promise<string> {
  return (await client.replays.start({ ...wanted, intoExisting })).id;
}

/** As it stands, once `wanted` says so. */
export async function replayWhen(client: LabClient, id: string, wanted: (replay: Replay) => boolean): Promise<Replay> {
  for await (const all of client.replays.watch({})) {
    const found = all.find((each) => each.id === id);
    if (found && wanted(found)) return found;
  }
  throw new Error('The replays are not told any more.');
}

/** `count` events with keys and headers, a second apart. */
export function events(count: number): NewRecord[] {
  return Array.from({ length: count }, (_, n) =>
    record(`v${n}`, {
      key: Buffer.from(`k${n % 7}`),
      timestamp: 1_700_000_000_000n + BigInt(n) * 1_000n,
      headers: [['n', Buffer.from(String(n))]],
    }),
  );
}
