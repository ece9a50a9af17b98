/** Disks that are full, and that can be read only. What was acknowledged stays readable; and once there is room, all goes on by itself. */
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import type { LabError } from '../../main/api/errors.ts';
import { openLab, readWhole, record, text, type TestLab } from '../unit/openLab.ts';
import { contentOf } from './logFiles.ts';
import { makeFail, mountSmall, mountThatGivesUp, type Mounted } from './mounts.ts';
import { createRandom } from './random.ts';

const MIB = 1024 * 1024;
const SHARDS = 3;
/** Codes that say that nothing was written, and why. */
const REFUSED_READ_ONLY = ['workspace-unwritable', 'file-unreadable'];

interface SetUp {
  mount: Mounted;
  workspace: string;
  /** A file that can be removed to make room. */
  ballast: string;
}

function setUp(mount: Mounted, ballastBytes: number): SetUp {
  onTestFinished(() => mount.unmount());
  const ballast = path.join(mount.folder, 'ballast');
  writeFileSync(ballast, Buffer.alloc(ballastBytes, 1));
  return { mount, workspace: path.join(mount.folder, 'lab'), ballast };
}

const contentOfStream = async (lab: TestLab, stream: string): Promise<string[]> =>
  (await readWhole(lab.client, stream)).records.map(({ value }) => text(value)!).sort();

/** Appends until it fails; the values that were acknowledged, and the failure. */
async function appendUntilRefused(lab: TestLab, stream: string, bytes: number, acknowledged: string[]): Promise<LabError> {
  for (;;) {
    const value = `${acknowledged.length} ${'x'.repeat(bytes)}`;
    try {
      await lab.client.produce.append({ stream, records: [record(value, { shard: acknowledged.length % SHARDS })] });
    } catch (error) {
      return error as LabError;
    }
    acknowledged.push(value);
  }
}

const canAppend = (lab: TestLab, stream: string): Promise<void> =>
  vi.waitFor(() => lab.client.produce.append({ stream, records: [record('there is room again')] }).then(() => {}), {
    interval: 100,
  });

it('a full disk: appends are refused as such, all else goes on, and with room again so do they', async () => {
  const random = createRandom(31);
  const { workspace, ballast } = setUp(mountSmall(24 * MIB), 8 * MIB);
  const lab = await openLab(workspace, { durability: 'safe' });
  onTestFinished(() => lab.close());
  const { client } = lab;
  await client.streams.create({ name: 'kept', shards: SHARDS });
  const before = await lab.broker();
  const acknowledged: string[] = [];
  // Large ones until they no longer fit, then small ones until these do not either.
  const refusal = await appendUntilRefused(lab, 'kept', random.between(60_000, 120_000), acknowledged);
  expect(refusal).toMatchObject({ code: 'disk-full', retriable: true });
  expect(await appendUntilRefused(lab, 'kept', 10, acknowledged)).toMatchObject({ code: 'disk-full' });
  // Again and again, with checkpoints in between, which fail as well.
  for (let n = 0; n < 10; n++) {
    await random.pause(300);
    expect(await appendUntilRefused(lab, 'kept', random.between(0, 100_000), acknowledged)).toMatchObject({ code: 'disk-full' });
  }
  expect(await contentOfStream(lab, 'kept')).toEqual([...acknowledged].sort());
  expect(await lab.broker()).toMatchObject({ pid: before.pid, restarts: 0, state: 'up' });

  rmSync(ballast);
  await canAppend(lab, 'kept');
  expect(await contentOfStream(lab, 'kept')).toEqual([...acknowledged, 'there is room again'].sort());
  expect(await lab.broker()).toMatchObject({ pid: before.pid, restarts: 0, state: 'up' });
  await lab.close();
  const { found } = contentOf(path.join(workspace, 'broker-1.sqlite'));
  expect(found).toHaveLength(acknowledged.length + 1);
});

it('a full disk and a broker that is killed: it starts again, and nothing acknowledged is lost', async () => {
  const { workspace, ballast } = setUp(mountSmall(16 * MIB), 4 * MIB);
  const lab = await openLab(workspace, { durability: 'safe' });
  onTestFinished(() => lab.close());
  await lab.client.streams.create({ name: 'kept', shards: SHARDS });
  const acknowledged: string[] = [];
  await appendUntilRefused(lab, 'kept', 80_000, acknowledged);
  await appendUntilRefused(lab, 'kept', 10, acknowledged);
  await lab.killBroker();
  // Starting takes room as well (its lock says who holds it); until there is some, it is tried again, and said why it fails.
  await vi.waitFor(
    async () => {
      const { state, restarts, message } = await lab.broker();
      if (state !== 'up') expect({ restarts: restarts > 1, message }).toEqual({ restarts: true, message: expect.stringContaining('full') });
    },
    { interval: 20 },
  );
  rmSync(ballast);
  await vi.waitFor(async () => expect((await lab.broker()).state).toBe('up'), { interval: 50 });
  await canAppend(lab, 'kept');
  expect(await contentOfStream(lab, 'kept')).toEqual([...acknowledged, 'there is room again'].sort());
});

it('retention and deletion on a full disk: refused or done later, and the broker lives on', async () => {
  // Room for what waits in the write-ahead log to go into the file, and for more.
  const { workspace, ballast } = setUp(mountSmall(64 * MIB), 28 * MIB);
  const lab = await openLab(workspace, { durability: 'safe' });
  onTestFinished(() => lab.close());
  const { client } = lab;
  for (const name of ['kept', 'trimmed', 'deleted']) await client.streams.create({ name, shards: SHARDS });
  for (const stream of ['trimmed', 'deleted'])
    for (let n = 0; n < 40; n++) await client.produce.append({ stream, records: [record(`${n} ${'y'.repeat(50_000)}`)] });
  const before = await lab.broker();
  const acknowledged: string[] = [];
  await appendUntilRefused(lab, 'kept', 90_000, acknowledged);
  await appendUntilRefused(lab, 'kept', 10, acknowledged);

  const settings = { retentionMs: null, retentionBytes: 64 * 1024, compression: 'none' as const };
  const outcomes = await Promise.allSettled([
    client.streams.changeSettings({ name: 'trimmed', settings }),
    client.streams.delete({ name: 'deleted' }),
  ]);
  for (const outcome of outcomes) if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'disk-full' });
  // Several rounds of retention, which meet the same full disk.
  await new Promise((resolve) => setTimeout(resolve, 3_500));
  expect(await lab.broker()).toMatchObject({ pid: before.pid, restarts: 0, state: 'up' });
  expect(await contentOfStream(lab, 'kept')).toEqual([...acknowledged].sort());

  rmSync(ballast);
  await canAppend(lab, 'kept');
  await client.streams.changeSettings({ name: 'trimmed', settings });
  if ((await client.streams.list({})).some(({ name }) => name === 'deleted')) await client.streams.delete({ name: 'deleted' });
  await vi.waitFor(
    async () => {
      const [kept, trimmed] = (await client.streams.list({})).sort((a, b) => a.name.localeCompare(b.name));
      expect([kept!.name, trimmed!.name]).toEqual(['kept', 'trimmed']);
      for (const { bytes } of trimmed!.shards) expect(bytes).toBeLessThan(64 * 1024 + 60_000);
    },
    { interval: 100 },
  );
  expect(await contentOfStream(lab, 'kept')).toEqual([...acknowledged, 'there is room again'].sort());
  expect(await lab.broker()).toMatchObject({ pid: before.pid, restarts: 0, state: 'up' });
  await lab.close();
  contentOf(path.join(workspace, 'broker-1.sqlite'));
});

it('a disk that makes itself read-only: appends are refused, what is there stays readable, and after a repair all is there', async () => {
  const { mount, workspace } = setUp(mountThatGivesUp(64 * MIB), 0);
  const lab = await openLab(workspace, { durability: 'safe' });
  await lab.client.streams.create({ name: 'kept', shards: SHARDS });
  const acknowledged: string[] = [];
  for (let n = 0; n < 50; n++) {
    acknowledged.push(`${n}`);
    await lab.client.produce.append({ stream: 'kept', records: [record(`${n}`)] });
  }
  const before = await lab.broker();
  makeFail(mount);
  const refusal = await appendUntilRefused(lab, 'kept', 20_000, []);
  expect(REFUSED_READ_ONLY).toContain(refusal.code);
  expect(await contentOfStream(lab, 'kept')).toEqual([...acknowledged].sort());
  expect(await lab.broker()).toMatchObject({ pid: before.pid, restarts: 0 });
  await lab.close();

  mount.repair();
  const again = await openLab(workspace);
  onTestFinished(() => again.close());
  expect(await contentOfStream(again, 'kept')).toEqual([...acknowledged].sort());
  await canAppend(again, 'kept');
});

it('a disk that is mounted read-only: opening says so, and mounted for writing again it opens', async () => {
  const { mount, workspace } = setUp(mountSmall(32 * MIB), 0);
  const first = await openLab(workspace, { durability: 'safe' });
  await first.client.streams.create({ name: 'kept', shards: SHARDS });
  await first.client.produce.append({ stream: 'kept', records: [record('before')] });
  await first.close();
  mount.remount('ro');
  await expect(openLab(workspace)).rejects.toMatchObject({ code: 'workspace-unwritable' });
  mount.remount('rw');
  const again = await openLab(workspace);
  onTestFinished(() => again.close());
  expect(await contentOfStream(again, 'kept')).toEqual(['before']);
  await canAppend(again, 'kept');
});
