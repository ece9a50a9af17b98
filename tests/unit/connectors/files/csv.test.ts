import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LabClient } from '../../../../main/api/index.ts';
import type { ImportReport, ImportRules, RejectedLine } from '../../../../main/api/imports.ts';
import { createFileReader } from '../../../../main/connectors/files/formats.ts';
import { bytes, openLab, readWhole, temporaryFolder, text, type TestLab } from '../../openLab.ts';

const csv: ImportRules = { format: 'csv', keyField: null, timeField: null };

/** What a file becomes, cut into pieces of some bytes. */
function read(file: string | Uint8Array, { rules = {}, limit = 1_000, piece = 7 } = {}) {
  const { splitter, reader } = createFileReader({ rules: { ...csv, ...rules }, valueBytesMax: limit, shards: 1 });
  const content = Buffer.from(file as string);
  const lines = [];
  for (let at = 0; at < content.length; at += piece) lines.push(...splitter.push(Buffer.from(content.subarray(at, at + piece))));
  lines.push(...splitter.finish());
  const [values, rejected, records]: [string[], [number, string][], unknown[]] = [[], [], []];
  for (const line of lines) {
    const result = reader.read(line);
    if (typeof result === 'string') continue;
    if ('reason' in result) rejected.push([line.number, result.reason]);
    else {
      values.push(text(result.record.value)!);
      records.push([text(result.record.key), result.record.timestamp]);
    }
  }
  return { values, rejected, records };
}

describe('rows of CSV', () => {
  it('become objects of the columns, whatever separates and ends them', () => {
    for (const separator of [',', ';', '\t'])
      for (const end of ['\n', '\r\n'])
        for (const mark of ['', '\uFEFF'])
          for (const piece of [1, 3, 1_000]) {
            const file = [
              ['a', '"b;, c"'],
              ['1', 'x'],
              ['"say ""hi"""', `"two${end}lines"`],
              ['', '""'],
            ].map((row) => row.join(separator));
            expect(read(mark + file.join(end) + end, { piece }), JSON.stringify([separator, end, mark, piece])).toMatchObject({
              values: ['{"a":1,"b;, c":"x"}', JSON.stringify({ a: 'say "hi"', 'b;, c': `two${end}lines` }), '{"a":"","b;, c":""}'],
              rejected: [],
            });
          }
  });

  it('have numbers only where nothing of the text is lost', () => {
    const cells = [
      '12',
      '-0.5',
      '0',
      '1e+21',
      '"12"',
      '007',
      '1.50',
      '+1',
      '-0',
      '1e3',
      '.5',
      ' 1',
      '12345678901234567890',
      'NaN',
      'true',
      'null',
      '0x1f',
      '1_000',
    ];
    const { values } = read(`n\n${cells.join('\n')}\n`);
    expect(values.map((value) => (JSON.parse(value) as { n: unknown }).n)).toEqual([12, -0.5, 0, 1e21, '12', ...cells.slice(5)]);
  });

  it('keep the order and the names of the columns', () => {
    expect(read(',2019,2018,__proto__,"a""b"\n1,2,3,4,5').values).toEqual(['{"column 1":1,"2019":2,"2018":3,"__proto__":4,"a\\"b":5}']);
  });

  it('are rejected one by one, with the line on which each begins', () => {
    const file = ['a,b', '1,2', '1', '"x', 'y","z"', '1,2,3', '"x"y,2', '', `"${'l'.repeat(1_001)}",2`, '5" pipe,"6"', '"open,1', '7,8'];
    const { values, rejected } = read(file.join('\n'));
    expect(values).toEqual(['{"a":1,"b":2}', '{"a":"x\\ny","b":"z"}', '{"a":"5\\" pipe","b":"6"}']);
    expect(rejected).toEqual([
      [3, 'this row has 1 cell; the first row names 2 columns'],
      [6, 'this row has 3 cells; the first row names 2 columns'],
      [7, 'behind the closing quotation mark of cell 1 there is more text; a quotation mark within a cell is written twice'],
      [9, expect.stringMatching(/^longer than 1,000 bytes, the largest value/)],
      [11, 'a quoted cell that begins in this row is not closed: everything behind it was read as a part of it (the row ends in line 12)'],
    ]);
    expect(read(Buffer.concat([bytes('a\n'), Uint8Array.of(0xff, 0x0a), bytes('b')]))).toMatchObject({
      values: ['{"a":"b"}'],
      rejected: [[2, 'not valid UTF-8']],
    });
  });

  it('are all rejected where the first row can not name the columns', () => {
    for (const [file, reason] of [
      ['a,a\n1,2', /^the first row names the column “a” twice/],
      ['"a,b\n1,2', /^a quoted cell that begins in this row is not closed/],
      [Buffer.from('\uFEFFa,b\n', 'utf16le'), /^the file is UTF-16/],
      [Uint8Array.of(0xe9, 0x2c, 0x62, 0x0a, 0x31, 0x2c, 0x32), /^the first row, which names the columns, is not valid UTF-8/],
      [`${'a'.repeat(2_000)},b\n1,2`, /^the first row, which names the columns, is longer/],
    ] as const) {
      const { values, rejected } = read(file);
      expect(values).toEqual([]);
      for (const each of rejected) expect(each[1]).toMatch(reason);
      expect(rejected.length).toBeGreaterThan(0);
    }
    expect(read('a,b\n1,2\n', { rules: { keyField: 'c' } }).rejected).toEqual([
      [1, 'there is no column “c”: the first row names a, b'],
      [2, 'there is no column “c”: the first row names a, b'],
    ]);
  });

  it('take key and time from columns', () => {
    const file = 'shopper.id,at\n007,2018-10-15\n,1539594002\n"",2018\nx,-0.5\ny,\nz,soon\n';
    const { records, rejected } = read(file, { rules: { keyField: 'shopper.id', timeField: 'at' } });
    expect(records).toEqual([
      ['007', BigInt(Date.parse('2018-10-15'))],
      [null, 1_539_594_002_000n],
      ['', BigInt(Date.parse('2018-01-01'))],
      ['x', -500n],
    ]);
    expect(rejected).toEqual([
      [6, 'the time field “at” is empty'],
      [7, 'the time field “at” is no time: soon'],
    ]);
  });

  it('hold no more than one row of the largest size', () => {
    const { splitter } = createFileReader({ rules: csv, valueBytesMax: 1_000, shards: 1 });
    expect([...splitter.push(bytes('a,b\n"open'))]).toHaveLength(1);
    for (let n = 0; n < 200; n++) expect([...splitter.push(Buffer.alloc(10_000, 'x,y\n'))]).toEqual([]);
    expect([...splitter.push(bytes('"\n1,2\n'))].map(({ isCut, bytes: kept }) => [isCut, kept.length])).toEqual([
      [true, expect.any(Number)],
      [false, 3],
    ]);
  });

  it('tell how far one goes that a quotation mark too many made long', () => {
    const long = `a,b\n"open,1\n${'x,y\n'.repeat(500)}`;
    expect(read(long).rejected).toEqual([
      [2, expect.stringMatching(/^longer than 1,000 bytes, .* makes a row long, too \(the row ends in line 502\)$/)],
    ]);
    expect(read(`${long}"\n1,2`)).toMatchObject({
      values: ['{"a":1,"b":2}'],
      rejected: [[2, expect.stringMatching(/ends in line 503\)$/)]],
    });
    expect(read('a,b\n"x\ny"\n').rejected).toEqual([[2, 'this row has 1 cell; the first row names 2 columns (the row ends in line 3)']]);
  });

  it('may have very many columns and cells', () => {
    const header = Array.from({ length: 20_000 }, (_, n) => `c${n}`).join(',');
    const row = ','.repeat(19_999);
    const spent = (work: () => void): number => {
      const began = process.threadCpuUsage();
      work();
      const { user, system } = process.threadCpuUsage(began);
      return user + system;
    };
    const pieces = { limit: 1_048_576, piece: 65_536 };
    const rows = spent(() => read(`a,b\n${'1,2\n'.repeat(240_000)}`, pieces));
    let told: ReturnType<typeof read> | undefined;
    const columns = spent(() => (told = read(`${header}\n${row}\n${','.repeat(900_000)}\n`, pieces)));
    const { values, rejected } = told!;
    expect(Object.keys(JSON.parse(values[0]!) as object)).toHaveLength(20_000);
    expect(rejected).toEqual([[3, 'this row has 900001 cells; the first row names 20000 columns']]);
    // As many bytes in rows of two cells, each an event, take much longer: nothing is done once more for each cell that is there already.
    expect(columns).toBeLessThan(rows / 2);
  });

  it('are separated by what separates the names, whatever stands within them', () => {
    expect(read('5" pipe;a,b;c\n1;2;3\n').values).toEqual(['{"5\\" pipe":1,"a,b":2,"c":3}']);
    expect(read('"a"",,,";b\n1;2\n').values).toEqual(['{"a\\",,,":1,"b":2}']);
  });

  it('of any texts come back as they were written', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', '"', ',', ';', '\n', '\r', ' ', '1', 'é', '\t'), maxLength: 6 });
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 8 }), fc.integer({ min: 1, max: 9 }), (rows, piece) => {
        const quoted = (each: string): string => `"${each.replaceAll('"', '""')}"`;
        const file = `a,b\n${rows.map((row) => row.map(quoted).join(',')).join('\n')}`;
        expect(read(file, { piece }).values).toEqual(rows.map(([a, b]) => JSON.stringify({ a, b })));
      }),
    );
  });
});

describe('an import of CSV', () => {
  const temporary = temporaryFolder();
  let lab: TestLab;
  let client: LabClient;
  beforeAll(async () => {
    lab = await openLab(temporary.folder);
    ({ client } = lab);
  });
  afterAll(async () => {
    await lab.close();
    temporary.remove();
  });

  it('goes the way of every other', async () => {
    const rules = { ...csv, keyField: 'id' };
    const { jobId } = await client.imports.start({ stream: 'csv', shards: 1, rules, file: { name: 'f.csv', bytes: null } });
    await client.imports.write({ jobId, piece: bytes('id;text\n1;"a\n') });
    await client.imports.write({ jobId, piece: bytes('b"\n2\n3;c') });
    const report: ImportReport = await client.imports.finish({ jobId });
    expect(report).toEqual({ imported: 2, rejected: 1, rejectedKept: 1 });
    const { lines }: { lines: RejectedLine[] } = await client.imports.rejected({ jobId, from: 0, limit: 10 });
    expect(lines).toEqual([{ line: 4, reason: 'this row has 1 cell; the first row names 2 columns', text: '2' }]);
    const { records } = await readWhole(client, 'csv');
    expect(records.map(({ key, value }) => [text(key), text(value)])).toEqual([
      ['1', '{"id":1,"text":"a\\nb"}'],
      ['3', '{"id":3,"text":"c"}'],
    ]);
  });

  it('of the names of the columns alone says so, and counts the blank lines, which that is not', async () => {
    const { jobId } = await client.imports.start({ stream: 'names', shards: 1, rules: csv, file: { name: 'f.csv', bytes: null } });
    await client.imports.write({ jobId, piece: bytes('id;text\n\n') });
    expect(await client.imports.finish({ jobId })).toMatchObject({ imported: 0, blank: 1, rejected: 0 });
    const { value: jobs } = await client.jobs.watch({})[Symbol.asyncIterator]().next();
    expect((jobs as { id: string; message: string | null }[]).find(({ id }) => id === jobId)?.message).toContain(
      'There are no rows below the names of the columns: nothing was imported.',
    );
  });

  it('takes rows that make values a thousand times as long', async () => {
    const header = Array.from({ length: 200 }, (_, n) => `${'n'.repeat(4_000)}${n}`).join(',');
    const { jobId } = await client.imports.start({ stream: 'wide', shards: 1, rules: csv, file: { name: 'f.csv', bytes: null } });
    await client.imports.write({ jobId, piece: bytes(`${header}\n`) });
    await client.imports.write({ jobId, piece: bytes(`${','.repeat(199)}\n`.repeat(60)) });
    expect(await client.imports.finish({ jobId })).toEqual({ imported: 60, rejected: 0, rejectedKept: 0 });
  });

  it('is guessed from the name, or from rows of one width, and offers the columns', async () => {
    const preview = (head: string, name?: string, rules: ImportRules | null = null) =>
      client.imports.preview({ head: bytes(head), rules, ...(name === undefined ? {} : { name }) });
    const seen = await preview('id,at\na,2018-10-15\n', 'orders.CSV');
    expect(seen).toMatchObject({ format: 'csv', rejected: [], events: [{ line: 2, value: '{"id":"a","at":"2018-10-15"}' }] });
    expect(seen.fields.map(({ path, looksLikeTime }) => [path, looksLikeTime])).toEqual([
      ['id', false],
      ['at', true],
    ]);
    expect((await preview('id;at\na;b\nc;d\n')).format).toBe('csv');
    expect((await preview('Hello, world\nand so on\nfor ever\n')).format).toBe('lines');
    expect((await preview('{"a":1}\n', 'x.csv')).format).toBe('ndjson');
    // A head that ends within a quoted cell, a file that does, and a column that is not there.
    const open = { head: bytes('a,b\n1,2\n3,"open\n'), rules: csv, isWhole: false };
    expect(await client.imports.preview(open)).toMatchObject({ events: [{ line: 2 }], rejected: [], cut: { line: 3 } });
    expect(await client.imports.preview({ ...open, isWhole: true })).toMatchObject({ events: [{ line: 2 }], rejected: [{ line: 3 }] });
    expect((await preview('a,b\n1,2\n', 'x.csv', { ...csv, keyField: 'c' })).fields.map(({ path }) => path)).toEqual(['a', 'b']);
  });
});
