import { describe, expect, it } from 'vitest';
import type { ImportRules } from '../../../../main/api/imports.ts';
import { shardForKey } from '../../../../main/api/murmur2.ts';
import type { Job } from '../../../../main/api/jobs.ts';
import { bytes, isOver, jobWhen, readWhole, record, text } from '../../openLab.ts';
import { client, ended, importWhole, lines, ndjson, NOW, numbered, start, useLab, values, write } from './importing.ts';

useLab();

describe('an import', () => {
  it('says how many events have no key for want of the field that was named', async () => {
    const rules: ImportRules = { ...ndjson, keyField: 'shoper' };
    const mistyped = await start('mistyped', rules);
    await write(mistyped, '{"shopper":1}\n{"shopper":2}\n');
    expect(await client.imports.finish({ jobId: mistyped })).toEqual({ imported: 2, keyless: 2, rejected: 0, rejectedKept: 0 });
    expect((await ended(mistyped)).message).toBe(
      '2 events imported. No line has a value in the field “shoper”: none of the events has a key.',
    );
    const some = await start('some-keyless', { ...ndjson, keyField: 'id' });
    await write(some, '{"id":1}\n{"id":null}\n{"x":0}\n{"id":""}');
    expect(await client.imports.finish({ jobId: some })).toEqual({ imported: 4, keyless: 2, rejected: 0, rejectedKept: 0 });
    expect((await ended(some)).message).toBe('4 events imported. 2 of them have no key: the field “id” is missing or null in their lines.');
  });

  it('makes an event of each line: its bytes as they are', async () => {
    const file = '{"b": 1,  "a":2}\n\n  {"é":"漢"}  \r\n[1]\n"text"\n12\nnull\n   \n{"last":true}';
    const jobId = await start('as-is');
    const cut = bytes(file);
    for (let at = 0; at < cut.length; at += 7) await write(jobId, cut.subarray(at, at + 7));
    expect(await client.imports.finish({ jobId })).toEqual({ imported: 7, blank: 2, rejected: 0, rejectedKept: 0 });
    expect(await values('as-is')).toEqual(['{"b": 1,  "a":2}', '  {"é":"漢"}  ', '[1]', '"text"', '12', 'null', '{"last":true}']);
    const [first] = (await readWhole(client, 'as-is')).records;
    expect(first).toMatchObject({ key: null, headers: [], timestamp: BigInt(NOW) });
    expect(await ended(jobId)).toMatchObject({
      state: 'done',
      message: '7 events imported. 2 blank lines were passed over.',
      done: cut.length,
      events: 7,
      rejected: 0,
      streamMade: true,
    });
  });

  it('takes key and time from fields', async () => {
    await client.streams.create({ name: 'fields', shards: 5 });
    const jobId = await start('fields', { format: 'ndjson', keyField: 'shopper.id', timeField: 'at' }, null);
    await write(
      jobId,
      '{"shopper":{"id":"789"},"at":"0718-05-05T00:00:00Z"}\n{"shopper":{"id":12345678901234567890},"at":1539594002}\n{"at":5e12}\n{"shopper":{"id":"1"}}\n',
    );
    expect(await client.imports.finish({ jobId })).toMatchObject({ imported: 3, rejected: 1 });
    const { records } = await readWhole(client, 'fields');
    const byKey = Object.fromEntries(records.map((each) => [text(each.key), each]));
    expect(byKey['789']).toMatchObject({ timestamp: BigInt(Date.parse('0718-05-05T00:00:00Z')), shard: shardForKey(bytes('789'), 5) });
    expect(byKey['12345678901234567890']).toMatchObject({ timestamp: 1_539_594_002_000n });
    expect(byKey.null).toMatchObject({ timestamp: 5_000_000_000_000n });
  });

  it('of plain lines makes events of blank ones and of any bytes', async () => {
    expect(
      await importWhole('plain', [Buffer.concat([Buffer.from([0xff, 0x0a, 0x0a]), Buffer.from('\uFEFFx\r\n{')])], lines),
    ).toMatchObject({ imported: 4 });
    const { records } = await readWhole(client, 'plain');
    expect(records.map(({ value }) => Buffer.from(value!).toString('latin1'))).toEqual([
      'ÿ',
      '',
      Buffer.from('\uFEFFx').toString('latin1'),
      '{',
    ]);
    await expect(start('plain', { ...lines, keyField: 'a' })).rejects.toMatchObject({
      code: 'bad-input',
      message: 'Plain lines have no fields: a key field or a time field needs the format NDJSON or CSV.',
    });
    await expect(start('plain', { ...lines, timeField: 'a' })).rejects.toMatchObject({ code: 'bad-input' });
  });

  it('of an empty file says so', async () => {
    const empty = 'The file is empty: nothing was imported.';
    for (const [stream, pieces, blank, said] of [
      ['empty-1', [], {}, empty],
      ['empty-2', [''], {}, empty],
      ['empty-3', ['\n\r\n  \n'], { blank: 3 }, 'There are only blank lines in the file: nothing was imported.'],
    ] as const) {
      const jobId = await start(stream);
      for (const piece of pieces) await write(jobId, piece);
      expect(await client.imports.finish({ jobId })).toEqual({ imported: 0, ...blank, rejected: 0, rejectedKept: 0, streamDeleted: true });
      expect(await ended(jobId)).toMatchObject({
        state: 'done',
        message: `${said} The stream “${stream}” was made for it and is deleted again.`,
      });
    }
  });

  it('keeps the order of the file in each shard', async () => {
    const jobId = await start('ordered', ndjson, 3);
    for (let part = 0; part < 3; part++) await write(jobId, numbered(8_000, 50, part * 8_000));
    await client.imports.finish({ jobId });
    const perShard = new Map<number, number[]>();
    for (const { shard, value } of (await readWhole(client, 'ordered')).records) {
      const numbers = perShard.get(shard) ?? [];
      numbers.push((JSON.parse(text(value)!) as { n: number }).n);
      perShard.set(shard, numbers);
    }
    let sum = 0;
    for (const numbers of perShard.values()) {
      expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
      sum += numbers.length;
    }
    expect(sum).toBe(24_000);
  });

  it('keeps rejected lines whole, so that they can be mended, and answers with fewer where they are long', async () => {
    const bad = (length: number): string => `{"n":1,"text":"${'x'.repeat(length)}"`;
    const jobId = await start('long-lines');
    await write(jobId, `${bad(5_000)}\n`);
    for (let at = 0; at < 200; at++) await write(jobId, `${bad(12_000)}\n`);
    await write(jobId, `${bad(20_000)}\n`);
    await client.imports.finish({ jobId });
    const texts: string[] = [];
    let pages = 0;
    for (let kept = 1; texts.length < kept; pages++) {
      const page = await client.imports.rejected({ jobId, from: texts.length, limit: 1_000 });
      kept = page.kept;
      texts.push(...page.lines.map(({ text }) => text));
    }
    expect(pages).toBe(3);
    expect(texts).toHaveLength(202);
    expect(texts[0]).toBe(bad(5_000));
    expect(texts[1]).toBe(bad(12_000));
    expect(texts[201]).toBe(`${bad(20_000).slice(0, 16_384)}…`);
  });

  it('lists rejected lines with where, why and what; the rest is imported', async () => {
    const jobId = await start('rejects');
    await write(jobId, `\uFEFF{"ok":1}\n{"broken":\n\n{"ok":2}\r\n`);
    await write(
      jobId,
      Buffer.concat([Buffer.from([0x22, 0xff, 0x22, 0x0a]), Buffer.from(`"${'漢'.repeat(400_000)}"\n`.slice(0, 200_000))]),
    );
    await write(jobId, Buffer.from('漢'.repeat(300_000)));
    expect(await write(jobId, '"\n{"ok":3}')).toEqual({ imported: 2, blank: 1, rejected: 3, rejectedKept: 3 });
    expect(await client.imports.finish({ jobId })).toEqual({ imported: 3, blank: 1, rejected: 3, rejectedKept: 3 });
    const { lines: rejected, kept, total } = await client.imports.rejected({ jobId, from: 0, limit: 1_000 });
    expect([kept, total]).toEqual([3, 3]);
    expect(rejected).toEqual([
      { line: 2, reason: 'not JSON, column 11: The text ends where a value should stand', text: '{"broken":' },
      { line: 5, reason: 'not valid UTF-8', text: '"\\xff"' },
      {
        line: 6,
        reason: 'longer than 1,048,576 bytes, the largest value that this workspace takes (Settings in the lab’s page change it)',
        text: `"${'漢'.repeat(341)}…`,
      },
    ]);
    expect(await values('rejects')).toEqual(['{"ok":1}', '{"ok":2}', '{"ok":3}']);
    expect(await ended(jobId)).toMatchObject({
      state: 'done',
      message: '3 events imported. 1 blank line was passed over. 3 lines were rejected.',
      events: 3,
      rejected: 3,
    });
  });

  it('tells of its rejected lines also where nothing could be imported', async () => {
    const jobId = await start('all-bad');
    await write(jobId, 'no\nno\n');
    expect((await jobWhen(client, jobId, ({ rejected }) => rejected > 0)).rejected).toBe(2);
    await write(jobId, 'no');
    await client.imports.finish({ jobId });
    expect(await ended(jobId)).toMatchObject({
      state: 'done',
      rejected: 3,
      events: 0,
      done: 8,
      message: '0 events imported. 3 lines were rejected. The stream “all-bad” was made for it and is deleted again.',
    });
    expect((await client.streams.list({})).map(({ name }) => name)).not.toContain('all-bad');
    // Its lines are still to be seen, and its name is free.
    expect(await client.imports.rejected({ jobId, from: 0, limit: 10 })).toMatchObject({ total: 3 });
    expect(await importWhole('all-bad', ['{"good":1}'])).toEqual({ imported: 1, rejected: 0, rejectedKept: 0 });
  });

  it('that imports nothing leaves a stream that was there, and one that others have used since it was made', async () => {
    await client.streams.create({ name: 'there', shards: 1 });
    const into = await start('there');
    await write(into, 'no\n');
    expect(await client.imports.finish({ jobId: into })).toEqual({ imported: 0, rejected: 1, rejectedKept: 1 });
    const jobId = await start('shared');
    await write(jobId, 'no\n');
    await client.produce.append({ stream: 'shared', records: [record('mine')] });
    expect(await client.imports.finish({ jobId })).toEqual({ imported: 0, rejected: 1, rejectedKept: 1 });
    expect(await values('shared')).toEqual(['mine']);
    // Made anew under the same name, it is another stream.
    const again = await start('anew');
    await client.streams.delete({ name: 'anew' });
    await client.streams.create({ name: 'anew', shards: 1 });
    expect(await client.imports.finish({ jobId: again })).toEqual({ imported: 0, rejected: 0, rejectedKept: 0 });
    expect((await client.streams.list({})).map(({ name }) => name)).toEqual(expect.arrayContaining(['there', 'shared', 'anew']));
  });

  it('keeps so many rejected lines, counts the others, and shows them by pages', async () => {
    const jobId = await start('many-rejects');
    for (let part = 0; part < 5; part++) await write(jobId, 'x\n'.repeat(5_000));
    expect(await client.imports.finish({ jobId })).toEqual({ imported: 0, rejected: 25_000, rejectedKept: 20_000, streamDeleted: true });
    const page = await client.imports.rejected({ jobId, from: 19_500, limit: 1_000 });
    expect(page).toMatchObject({ kept: 20_000, total: 25_000 });
    expect(page.lines.map(({ line }) => line)).toEqual(Array.from({ length: 500 }, (_, n) => 19_501 + n));
    expect((await client.imports.rejected({ jobId, from: 20_000, limit: 1 })).lines).toEqual([]);
    await expect(client.imports.rejected({ jobId, from: 0, limit: 1_001 })).rejects.toMatchObject({ code: 'bad-input' });
    await client.jobs.dismiss({ id: jobId });
    await expect(client.imports.rejected({ jobId, from: 0, limit: 1 })).rejects.toMatchObject({ code: 'no-such-job' });
  });

  it('makes its stream, or takes the one there is', async () => {
    expect(await client.imports.start({ stream: 'made', shards: null, rules: ndjson, file: { name: 'f', bytes: 1 } })).toMatchObject({
      streamMade: true,
    });
    expect((await client.streams.list({})).find(({ name }) => name === 'made')!.shards).toHaveLength(3);
    expect(await client.imports.start({ stream: 'made', shards: 3, rules: ndjson, file: { name: 'f', bytes: 1 } })).toMatchObject({
      streamMade: false,
    });
    await expect(start('made', ndjson, 2)).rejects.toMatchObject({
      code: 'shard-count-differs',
      message: 'The stream “made” has 3 shards, not 2. Leave the number of shards out, or choose another stream.',
    });
    await expect(start('no/name')).rejects.toMatchObject({ code: 'bad-stream-name' });
    for (const job of await firstJobs()) if (!isOver(job)) await client.jobs.cancel({ id: job.id });
  });

  it('two at once do not mix', async () => {
    const [one, two] = [await start('both'), await start('both', ndjson, null)];
    await Promise.all(
      [one, two].map(async (jobId, which) => {
        await write(jobId, `{"which":${which},"n":`);
        for (let n = 0; n < 10; n++) await write(jobId, `${n}}\n{"which":${which},"n":`);
        await write(jobId, '10}');
        expect(await client.imports.finish({ jobId })).toEqual({ imported: 11, rejected: 0, rejectedKept: 0 });
      }),
    );
    for (const which of [0, 1]) {
      const own = (await values('both')).filter((value) => value.includes(`"which":${which}`));
      expect(own).toEqual(Array.from({ length: 11 }, (_, n) => `{"which":${which},"n":${n}}`));
    }
  });

  it('gives way while it reads, whatever the lines cost', async () => {
    const jobId = await start('gives-way');
    let [longestMs, allMs, isOn, before] = [0, 0, true, process.threadCpuUsage()];
    const turn = (): void => {
      const { user, system } = process.threadCpuUsage(before);
      longestMs = Math.max(longestMs, (user + system) / 1_000);
      allMs += (user + system) / 1_000;
      before = process.threadCpuUsage();
      if (isOn) setImmediate(turn);
    };
    setImmediate(turn);
    for (let part = 0; part < 3; part++) await write(jobId, '{"n":\n'.repeat(40_000));
    isOn = false;
    expect(await client.imports.finish({ jobId })).toMatchObject({ imported: 0, rejected: 120_000 });
    // A slice has 4 ms; the rest is room for what is not compiled yet, and for the collector. A piece at one go would be a tenth of it all.
    expect(longestMs).toBeLessThan(allMs / 30);
  });

  it('takes pieces of limited size', async () => {
    const jobId = await start('pieces');
    await expect(write(jobId, Buffer.alloc(1024 * 1024 + 1))).rejects.toMatchObject({ code: 'bad-input' });
    await expect(client.imports.preview({ head: Buffer.alloc(256 * 1024 + 1), rules: null })).rejects.toMatchObject({ code: 'bad-input' });
    await client.imports.abort({ jobId, reason: 'Done with it.' });
  });
});

async function firstJobs(): Promise<Job[]> {
  for await (const jobs of client.jobs.watch({})) return jobs;
  return [];
}
