/** Imports that ended before their file did, and go on: every line of the file is in the log once, in the order of the file in each shard. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { toLabError } from '../../../../main/api/errors.ts';
import type { ImportRules } from '../../../../main/api/imports.ts';
import type { LabClient } from '../../../../main/api/index.ts';
import type { Job } from '../../../../main/api/jobs.ts';
import { bytes, isOver, jobWhen, type LabOptions, openLab, readWhole, seeded, temporaryFolder, text, type TestLab } from '../../openLab.ts';

const ndjson: ImportRules = { format: 'ndjson', keyField: 'id', timeField: null };
const PIECE_BYTES = 100_000;
const ended = (client: LabClient, id: string): Promise<Job> => jobWhen(client, id, isOver);

/** A lab over a folder of its own, that can be closed and opened again. */
async function labOf(options: LabOptions = {}): Promise<{ now: TestLab; reopen(): Promise<void> }> {
  const { folder, remove } = temporaryFolder();
  const held = {
    now: await openLab(folder, options),
    async reopen() {
      await held.now.close();
      held.now = await openLab(folder, options);
    },
  };
  onTestFinished(async () => {
    await held.now.close();
    remove();
  });
  return held;
}

const start = async (client: LabClient, file: Uint8Array, rules = ndjson, shards = 3): Promise<string> =>
  (await client.imports.start({ stream: 'orders', shards, rules, file: { name: 'orders.ndjson', bytes: file.length } })).jobId;

/** Sends the file from there on, some pieces at once, up to a byte. */
async function send(client: LabClient, jobId: string, file: Uint8Array, from: number, until = file.length): Promise<void> {
  const writes: Promise<unknown>[] = [];
  for (let at = from; at < until; at += PIECE_BYTES)
    writes.push(client.imports.write({ jobId, piece: file.slice(at, Math.min(until, at + PIECE_BYTES)) }));
  await Promise.all(writes);
}

/** As the page and the command line do it: with the bytes that the job asks for. */
async function goOn(client: LabClient, jobId: string, file: Uint8Array): Promise<number> {
  const { goOn: point } = await ended(client, jobId);
  const checked = file.slice(point!.check.from, point!.check.to);
  return (await client.imports.goOn({ jobId, file: { name: 'orders.ndjson', bytes: file.length }, checked })).from;
}

async function goOnToTheEnd(client: LabClient, jobId: string, file: Uint8Array) {
  await send(client, jobId, file, await goOn(client, jobId, file));
  return client.imports.finish({ jobId });
}

/** The numbers of the events, of each shard in the order in which they lie there. */
async function numbersByShard(client: LabClient, numberOf: (value: string) => number): Promise<Map<number, number[]>> {
  const { records, gaps } = await readWhole(client, 'orders');
  expect(gaps).toEqual([]);
  const grouped = Map.groupBy(records, ({ shard }) => shard);
  return new Map([...grouped].map(([shard, own]) => [shard, own.map(({ value }) => numberOf(text(value)!))]));
}

function expectOnce(byShard: Map<number, number[]>, wanted: number[]): void {
  const all = [...byShard.values()].flat().sort((a, b) => a - b);
  expect(all).toEqual(wanted);
  for (const numbers of byShard.values()) expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);
const fill = 'x'.repeat(120);
const LINES = 20_000;
const jsonLines = bytes(
  upTo(LINES)
    .map((n) => `{"n":${n},"id":"k${n % 97}","fill":"${fill}"}\n`)
    .join(''),
);
const ofJson = (value: string): number => (JSON.parse(value) as { n: number }).n;

/** What ends an import before its file does. */
const ends = {
  'its sender gave it up': (held: { now: TestLab }, jobId: string) =>
    held.now.client.imports.abort({ jobId, reason: 'The file can not be read.' }),
  'it was cancelled': (held: { now: TestLab }, jobId: string) => held.now.client.jobs.cancel({ id: jobId }),
  'its broker was killed': async (held: { now: TestLab }) => {
    await held.now.killBroker();
    await held.now.brokerUp();
  },
  'the lab was closed and opened again': (held: { reopen(): Promise<void> }) => held.reopen(),
};

describe('an import goes on', () => {
  for (const [why, end] of Object.entries(ends)) {
    it(`after ${why}`, async () => {
      const held = await labOf({ brokers: 2 });
      const jobId = await start(held.now.client, jsonLines);
      const sending = send(held.now.client, jobId, jsonLines, 0, 2_000_000).catch((error: unknown) => toLabError(error).code);
      await jobWhen(held.now.client, jobId, ({ events }) => events > 4_000);
      await end(held, jobId);
      await sending;
      if (why === 'its broker was killed') await held.now.client.imports.abort({ jobId, reason: 'Enough.' });
      const before = await ended(held.now.client, jobId);
      expect(before.state).toBe(why === 'it was cancelled' ? 'cancelled' : 'failed');
      expect(before.goOn).toMatchObject({ fileName: 'orders.ndjson', fileBytes: jsonLines.length });
      expect(before.goOn!.from).toBeGreaterThan(0);

      expect(await goOnToTheEnd(held.now.client, jobId, jsonLines)).toEqual({ imported: LINES, rejected: 0, rejectedKept: 0 });
      const after = await ended(held.now.client, jobId);
      expect(after).toMatchObject({ state: 'done', goOn: null, done: jsonLines.length, events: LINES, message: '20,000 events imported.' });
      expectOnce(await numbersByShard(held.now.client, ofJson), upTo(LINES));
    });
  }

  const wide = (n: number): string => `${n},${fill}`;
  const formats: { rules: ImportRules; file: string; numberOf: (value: string) => number }[] = [
    { rules: { ...ndjson, keyField: null }, file: text(jsonLines)!, numberOf: ofJson },
    {
      rules: { format: 'lines', keyField: null, timeField: null },
      file: upTo(LINES).map(wide).join('\n'),
      numberOf: (value) => Number(value.split(',')[0]),
    },
    {
      rules: { format: 'csv', keyField: 'n', timeField: null },
      // Cells with ends of lines in them, and a byte order mark.
      file: `\ufeffn;fill\r\n${upTo(LINES)
        .map((n) => `${n};"${fill}\n${fill}"\r\n`)
        .join('')}`,
      numberOf: ofJson,
    },
    {
      rules: { format: 'records', keyField: null, timeField: null },
      file: upTo(LINES)
        .map((n) => `{"key":${n % 3 === 0 ? `"k${n}"` : 'null'},"value":"${wide(n)}","shard":${n % 5 === 0 ? n % 3 : 'null'}}\n`)
        .join(''),
      numberOf: (value) => Number(value.split(',')[0]),
    },
  ];
  for (const { rules, file: content, numberOf } of formats) {
    it(`again and again, with ${rules.format}${rules.keyField === null ? ' without keys' : ''}`, async () => {
      const held = await labOf({ brokers: 2 });
      const file = bytes(content);
      const random = seeded(7);
      const jobId = await start(held.now.client, file, rules);
      let from = 0;
      for (let round = 0; round < 6; round++) {
        const until = Math.min(file.length, from + Math.floor(random() * 900_000));
        await send(held.now.client, jobId, file, from, until);
        // More is on its way when it ends.
        const more = send(held.now.client, jobId, file, until, Math.min(file.length, until + 300_000)).catch(() => undefined);
        if (round % 2 === 0) await held.now.client.imports.abort({ jobId, reason: 'Enough.' });
        else await held.reopen();
        await more;
        from = await goOn(held.now.client, jobId, file);
      }
      await send(held.now.client, jobId, file, from);
      expect(await held.now.client.imports.finish({ jobId })).toMatchObject({ imported: LINES, rejected: 0 });
      expectOnce(await numbersByShard(held.now.client, numberOf), upTo(LINES));
    });
  }

  it('with the rejected lines of the whole file, each once', async () => {
    const held = await labOf();
    const content = upTo(9_000).map((n) => (n % 3 === 0 ? `broken ${n}\n` : `{"n":${n},"id":"a","fill":"${fill}"}\n`));
    const file = bytes(content.join(''));
    const jobId = await start(held.now.client, file);
    await send(held.now.client, jobId, file, 0, 700_000);
    await held.reopen();
    const cutOff = await ended(held.now.client, jobId);
    expect(cutOff.rejected).toBeGreaterThan(1_000);
    expect(await held.now.client.imports.rejected({ jobId, from: 0, limit: 1 })).toEqual({
      lines: [{ line: 1, reason: expect.stringMatching(/^not JSON/) as string, text: 'broken 0' }],
      kept: cutOff.rejected,
      total: cutOff.rejected,
    });

    expect(await goOnToTheEnd(held.now.client, jobId, file)).toEqual({ imported: 6_000, rejected: 3_000, rejectedKept: 3_000 });
    await held.reopen();
    const lines: number[] = [];
    for (let from = 0; from < 3_000; from += 1_000) {
      const page = await held.now.client.imports.rejected({ jobId, from, limit: 1_000 });
      lines.push(...page.lines.map(({ line }) => line));
    }
    expect(lines).toEqual(upTo(3_000).map((n) => n * 3 + 1));
  });

  it('that was ended before its first event', async () => {
    const held = await labOf();
    const jobId = await start(held.now.client, jsonLines);
    await held.reopen();
    expect(await goOn(held.now.client, jobId, jsonLines)).toBe(0);
    await send(held.now.client, jobId, jsonLines, 0);
    expect(await held.now.client.imports.finish({ jobId })).toMatchObject({ imported: LINES });
  });

  it('while others write into its stream, and tells its own events from theirs', async () => {
    const held = await labOf();
    const jobId = await start(held.now.client, jsonLines, ndjson, 1);
    const theirs = (n: number) => ({ key: null, value: bytes(`{"n":${n}}`), headers: [], timestamp: null, shard: 0 });
    const { client } = held.now;
    const writing = (async () => {
      for (let n = 0; n < 20; n++) await client.produce.append({ stream: 'orders', records: [theirs(LINES + n)] });
    })();
    await send(client, jobId, jsonLines, 0, 1_500_000);
    await writing;
    await held.reopen();
    await held.now.client.produce.append({ stream: 'orders', records: [theirs(LINES + 20)] });
    await goOnToTheEnd(held.now.client, jobId, jsonLines);
    const all = (await numbersByShard(held.now.client, ofJson)).get(0)!;
    expect([...all].sort((a, b) => a - b)).toEqual(upTo(LINES + 21));
    const own = all.filter((n) => n < LINES);
    expect(own).toEqual(upTo(LINES));
  });
});

describe('an import does not go on', () => {
  async function cutOff() {
    const held = await labOf();
    const { client } = held.now;
    const jobId = await start(client, jsonLines);
    await send(client, jobId, jsonLines, 0, 500_000);
    await client.imports.abort({ jobId, reason: 'Enough.' });
    return { client, jobId };
  }

  it('with another file, or one that was changed', async () => {
    const { client, jobId } = await cutOff();
    const point = (await ended(client, jobId)).goOn!;
    const checked = jsonLines.slice(point.check.from, point.check.to);
    await expect(client.imports.goOn({ jobId, file: { name: 'other', bytes: 7 }, checked })).rejects.toMatchObject({
      code: 'bad-input',
      message: `other has 7 bytes; the file of this import, orders.ndjson, had ${jsonLines.length.toLocaleString('en')} bytes. Choose the same file, unchanged.`,
    });
    const file = { name: 'orders.ndjson', bytes: jsonLines.length };
    checked[0]! ^= 1;
    await expect(client.imports.goOn({ jobId, file, checked })).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringMatching(/^orders.ndjson is not the file of this import, orders.ndjson, or it was changed:/) as string,
    });
    // It can still be gone on with.
    expect(await goOnToTheEnd(client, jobId, jsonLines)).toMatchObject({ imported: LINES });
  });

  it('where it runs, is done, or is not listed', async () => {
    const { client, jobId } = await cutOff();
    const again = { jobId, file: { name: 'f', bytes: jsonLines.length }, checked: new Uint8Array() };
    const from = await goOn(client, jobId, jsonLines);
    await expect(client.imports.goOn(again)).rejects.toMatchObject({ code: 'bad-input', message: 'This job is still running.' });
    await send(client, jobId, jsonLines, from);
    await client.imports.finish({ jobId });
    await expect(client.imports.goOn(again)).rejects.toMatchObject({ code: 'bad-input', message: /can not be gone on with/ });
    await client.jobs.dismiss({ id: jobId });
    await expect(client.imports.goOn(again)).rejects.toMatchObject({ code: 'no-such-job' });
  });

  it('in a stream that was made anew, or that has more shards', async () => {
    const { client, jobId } = await cutOff();
    await client.streams.grow({ name: 'orders', shards: 4 });
    await expect(goOn(client, jobId, jsonLines)).rejects.toMatchObject({
      code: 'shard-count-differs',
      message: expect.stringMatching(
        /had 3 shards when the import ended and has 4 now: .* Import the lines from \d+ on as a file of their own\.$/,
      ) as string,
    });
    await client.streams.delete({ name: 'orders' });
    await expect(goOn(client, jobId, jsonLines)).rejects.toMatchObject({ code: 'no-such-stream' });
    await client.streams.create({ name: 'orders', shards: 3 });
    await expect(goOn(client, jobId, jsonLines)).rejects.toMatchObject({
      code: 'no-such-stream',
      message: expect.stringMatching(/is gone; this is another one of its name/) as string,
    });
  });
});
