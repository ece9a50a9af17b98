/** The largest batch of a stream, and all who make batches for it: none makes a larger one, and what does not fit is refused with the reason. */
import { createHash } from 'node:crypto';
import { expect, it, vi } from 'vitest';
import type { LabClient } from '../../../main/api/index.ts';
import { hasEnded } from '../../../main/api/replays.ts';
import { BATCH_BYTES_MAX, type Codec, STREAM_SETTINGS_DEFAULT, type StreamSettings } from '../../../main/api/streams.ts';
import { fromResume, newStanding, toResume } from '../../../main/connectors/files/standing.ts';
import { bytes, openLab, readWhole, record, temporaryFolder, text } from '../openLab.ts';
import { lab, replayWhen, start, wish } from '../replay/replaying.ts';

const LARGEST = 4_096;
const WITHIN = { interval: 20 };

async function make(client: LabClient, name: string, settings: Partial<StreamSettings> = { batchBytesMax: LARGEST }): Promise<void> {
  if (!(await client.streams.list({})).some((stream) => stream.name === name)) await client.streams.create({ name, shards: 1 });
  await client.streams.changeSettings({ name, settings: { ...STREAM_SETTINGS_DEFAULT, ...settings } });
}

/** Of its one shard, in order. */
async function batchesOf(client: LabClient, stream: string): Promise<{ records: number; bytes: number; codec: Codec }[]> {
  const found = [];
  let next = 0n;
  for (const { offset } of (await readWhole(client, stream)).records) {
    if (offset < next) continue;
    const { batch } = await client.events.get({ stream, shard: 0, offset });
    found.push({ records: batch.records, bytes: batch.bytes, codec: batch.codec });
    next = batch.lastOffset + 1n;
  }
  return found;
}

async function valuesOf(client: LabClient, stream: string): Promise<string[]> {
  return (await readWhole(client, stream)).records.map(({ value }) => text(value)!);
}

/** Texts of so many characters that differ, and that no codec makes small. */
const noise = (count: number, characters: number): string[] =>
  Array.from({ length: count }, (_, n) =>
    createHash('shake256', { outputLength: characters / 2 })
      .update(String(n))
      .digest('hex'),
  );
const tooLarge = { code: 'batch-too-large', message: expect.stringContaining('“Largest batch”') as string };

it('is 8 MiB until somebody says otherwise, 1 KiB at least, and kept', async () => {
  const { folder, remove } = temporaryFolder();
  let opened = await openLab(folder);
  try {
    await opened.client.streams.create({ name: 'orders', shards: 1 });
    const settings = async (): Promise<StreamSettings> => (await opened.client.streams.list({}))[0]!.settings;
    expect((await settings()).batchBytesMax).toBe(BATCH_BYTES_MAX);
    for (const [batchBytesMax, said] of [
      [1_023, 'at least 1 KiB'],
      [BATCH_BYTES_MAX + 1, 'at most 8 MiB'],
      [2_000.5, ''],
    ] as const) {
      await expect(make(opened.client, 'orders', { batchBytesMax })).rejects.toMatchObject({
        code: 'bad-input',
        message: expect.stringContaining(said) as string,
      });
    }
    expect((await settings()).batchBytesMax).toBe(BATCH_BYTES_MAX);
    await make(opened.client, 'orders', { batchBytesMax: 51_200 });
    await opened.close();
    opened = await openLab(folder);
    expect((await settings()).batchBytesMax).toBe(51_200);
  } finally {
    await opened.close();
    remove();
  }
});

it.each(['none', 'lz4'] as const)('events that are produced together go into smaller batches, compressed by %s', async (compression) => {
  const { client } = await lab();
  await make(client, 'orders', { batchBytesMax: LARGEST, compression });
  // The last one alone has just as many bytes as may be.
  const values = [...noise(50, 600), noise(1, LARGEST)[0]!.slice(0, LARGEST - 72)];
  await client.produce.append({ stream: 'orders', records: values.map((value) => record(value)) });
  const batches = await batchesOf(client, 'orders');
  expect(Math.max(...batches.map((batch) => batch.bytes))).toBeLessThanOrEqual(LARGEST);
  expect(batches[0]!.records).toBeGreaterThan(4);
  expect(await valuesOf(client, 'orders')).toEqual(values);
});

it('an event that does not fit alone is refused, with all that was to be appended with it', async () => {
  const { client } = await lab();
  await make(client, 'orders');
  const records = [record('small'), record('x'.repeat(LARGEST))];
  await expect(client.produce.append({ stream: 'orders', records })).rejects.toMatchObject({
    ...tooLarge,
    message: expect.stringMatching(/^A record batch of event 2 of these 2 alone would have 4,\d{3} bytes; .* at most 4,096/) as string,
  });
  await expect(client.produce.send({ stream: 'orders', record: records[1]!, count: 3, numbered: false })).rejects.toMatchObject(tooLarge);
  const headers: [string, Uint8Array][] = [['h', Buffer.alloc(LARGEST)]];
  await expect(client.produce.append({ stream: 'orders', records: [record('small', { headers })] })).rejects.toMatchObject(tooLarge);
  expect(await valuesOf(client, 'orders')).toEqual([]);
  // From now on.
  await make(client, 'orders', { batchBytesMax: 2 * LARGEST });
  await client.produce.append({ stream: 'orders', records });
  expect(await valuesOf(client, 'orders')).toHaveLength(2);
});

it('a line of an import that does not fit is rejected, and the rest is imported', async () => {
  const { client } = await lab();
  await make(client, 'orders');
  const lines = noise(30, 600);
  const rules = { format: 'lines', keyField: null, timeField: null } as const;
  const { jobId } = await client.imports.start({ stream: 'orders', shards: 1, rules, file: { name: 'orders.txt', bytes: null } });
  await client.imports.write({ jobId, piece: bytes([...lines.slice(0, 20), 'y'.repeat(LARGEST), ...lines.slice(20)].join('\n')) });
  expect(await client.imports.finish({ jobId })).toMatchObject({ imported: 30, rejected: 1 });
  const { lines: rejected } = await client.imports.rejected({ jobId, from: 0, limit: 10 });
  expect(rejected).toMatchObject([{ line: 21, reason: expect.stringContaining('largest batch of this stream, 4,096 bytes') as string }]);
  expect(await valuesOf(client, 'orders')).toEqual(lines);
  expect(Math.max(...(await batchesOf(client, 'orders')).map((batch) => batch.bytes))).toBeLessThanOrEqual(LARGEST);
});

it('an import that began before there was this setting goes on with the largest that there may be', () => {
  const rules = { format: 'lines', keyField: null, timeField: null } as const;
  const file = { name: 'orders.txt', bytes: null };
  const standing = newStanding({ streamId: 's', rules, valueBytesMax: 9_999, batchBytesMax: LARGEST, file }, [0n]);
  const resume = toResume(standing);
  expect(fromResume(resume).batchBytesMax).toBe(LARGEST);
  const { batchBytesMax: _, ...old } = JSON.parse(resume.standing) as { batchBytesMax: number };
  expect(fromResume({ ...resume, standing: JSON.stringify(old) })).toEqual({ ...standing, batchBytesMax: BATCH_BYTES_MAX });
});

it('a replay makes smaller batches, names the event that does not fit, and goes on from there once it does', async () => {
  const { client } = await lab();
  await make(client, 'past', {});
  const values = [...noise(3_500, 600), 'x'.repeat(LARGEST), 'the last'];
  await client.produce.append({ stream: 'past', records: values.map((value) => record(value)) });
  await make(client, 'copy');
  const id = await start(client, wish('past', 'copy'), true);
  expect(await replayWhen(client, id, hasEnded)).toMatchObject({
    state: 'failed',
    message: expect.stringMatching(/^The event at offset 3500 of shard 0 of “past” does not fit into “copy”\. .*“Largest batch”/) as string,
  });
  // It fits where it is compressed: what counts is what is stored.
  await make(client, 'copy', { batchBytesMax: LARGEST, compression: 'zstd' });
  await client.replays.resume({ id });
  expect(await replayWhen(client, id, hasEnded)).toMatchObject({ state: 'done', sent: values.length });
  expect(await valuesOf(client, 'copy')).toEqual(values);
  const batches = await batchesOf(client, 'copy');
  expect(Math.max(...batches.map((batch) => batch.bytes))).toBeLessThanOrEqual(LARGEST);
  expect(batches[0]!.records).toBeGreaterThan(4);
});

const REPEAT = `import { defineProcessor } from 'loglab';
export default defineProcessor({ inputs: ['past'], outputs: ['copy'], stores: ['n'], onEvent(event, ctx) {
  const n = ctx.store('n').get('n') ?? 0;
  ctx.store('n').set('n', n + 1);
  if (event.text === 'bad') return ctx.bad('It says so.');
  ctx.emit('copy', { text: n + ' ' + event.text });
} });
`;

it('a processor makes smaller batches, stops at an event that does not fit, and is resumed once it does', async () => {
  const { client } = await lab();
  await make(client, 'past', {});
  const values = noise(100, 600);
  await client.produce.append({ stream: 'past', records: values.map((value) => record(value)) });
  await make(client, 'copy');
  await client.processors.deploy({ name: 'repeat', source: REPEAT, guarantee: null, start: null, anew: false });
  await vi.waitFor(async () => expect(await valuesOf(client, 'copy')).toEqual(values.map((value, n) => `${n} ${value}`)), WITHIN);
  const batches = await batchesOf(client, 'copy');
  expect(Math.max(...batches.map((batch) => batch.bytes))).toBeLessThanOrEqual(LARGEST);
  expect(Math.max(...batches.map(({ records }) => records))).toBeGreaterThan(1);

  const more = ['before', 'x'.repeat(LARGEST), 'behind'];
  await client.produce.append({ stream: 'past', records: more.map((value) => record(value)) });
  const summary = async () => (await client.processors.list({}))[0]!;
  await vi.waitFor(async () => expect((await summary()).state).toBe('failed'), WITHIN);
  expect((await summary()).message).toMatch(/An event for “copy” does not fit\. .*“Largest batch”/);
  expect((await valuesOf(client, 'copy')).at(-1)).toBe('100 before');
  await make(client, 'copy', { batchBytesMax: 3 * LARGEST });
  await client.processors.resume({ name: 'repeat' });
  const all = [...values, ...more].map((value, n) => `${n} ${value}`);
  await vi.waitFor(async () => expect(await valuesOf(client, 'copy')).toEqual(all), WITHIN);
});

it('a processor that runs heeds what is changed, for its bad events, too', async () => {
  const { client } = await lab();
  await make(client, 'past', {});
  await client.processors.deploy({ name: 'repeat', source: REPEAT, guarantee: null, start: null, anew: false });
  const append = (values: string[]) => client.produce.append({ stream: 'past', records: values.map((value) => record(value)) });
  const values = [...noise(20, 300), ...Array.from({ length: 20 }, () => 'bad')];
  await append(values);
  await vi.waitFor(async () => expect(await valuesOf(client, 'bad')).toHaveLength(20), WITHIN);
  const largest = async (stream: string): Promise<number> => (await batchesOf(client, stream)).at(-1)!.bytes;
  expect(await largest('copy')).toBeGreaterThan(1_024);
  expect(await largest('bad')).toBeGreaterThan(1_024);
  for (const name of ['copy', 'bad']) await make(client, name, { batchBytesMax: 1_024 });
  // It may be at what it has read by then.
  await vi.waitFor(async () => {
    const before = (await valuesOf(client, 'bad')).length;
    await append(values);
    await vi.waitFor(async () => expect(await valuesOf(client, 'bad')).toHaveLength(before + 20), WITHIN);
    expect(await largest('copy')).toBeLessThanOrEqual(1_024);
    expect(await largest('bad')).toBeLessThanOrEqual(1_024);
  }, WITHIN);
  // Each once; what a bad one has changed was taken back.
  const copied = await valuesOf(client, 'copy');
  expect(copied.map((text) => Number.parseInt(text, 10))).toEqual([...copied.keys()]);
});

it('a replay through a processor heeds what is changed while it runs', async () => {
  const { client } = await lab();
  await make(client, 'past', {});
  const values = noise(60, 400);
  // One a second.
  const records = values.map((value, n) => record(value, { timestamp: 1_700_000_000_000n + BigInt(n) * 1_000n }));
  await client.produce.append({ stream: 'past', records });
  await client.processors.deploy({ name: 'repeat', source: REPEAT, guarantee: null, start: { at: 'latest' }, anew: false });
  await make(client, 'again');
  const through = { name: 'repeat', source: REPEAT };
  const id = await start(client, wish('past', 'again', { speed: 2, through }), true);
  await replayWhen(client, id, ({ sent }) => sent > 0);
  await make(client, 'again', { batchBytesMax: 1_024 });
  await client.replays.setSpeed({ id, speed: null });
  expect(await replayWhen(client, id, hasEnded)).toMatchObject({ state: 'done', sent: values.length });
  expect(await valuesOf(client, 'again')).toEqual(values.map((value, n) => `${n} ${value}`));
  expect(Math.max(...(await batchesOf(client, 'again')).slice(-5).map((batch) => batch.bytes))).toBeLessThanOrEqual(1_024);
});

it('a bad event that is mended to something that does not fit is refused', async () => {
  const { client } = await lab();
  await make(client, 'past', {});
  await client.produce.append({ stream: 'past', records: [record('bad')] });
  await client.processors.deploy({ name: 'repeat', source: REPEAT, guarantee: null, start: null, anew: false });
  await vi.waitFor(async () => expect(await valuesOf(client, 'bad')).toHaveLength(1), WITHIN);
  await make(client, 'past');
  const mend = (value: string) => client.badEvents.mend({ stream: 'bad', shard: 0, offset: 0n, key: null, value: Buffer.from(value) });
  await expect(mend('x'.repeat(LARGEST))).rejects.toMatchObject(tooLarge);
  expect(await mend('good')).toMatchObject({ stream: 'past', offset: 1n });
});
