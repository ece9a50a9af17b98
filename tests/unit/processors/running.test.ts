/** What a processor is promised: events, stores, time and chance. */
import { describe, expect, it } from 'vitest';
import { at, onEvent, processor, runProcessor, START } from './running.ts';

const texts = (ran: { emitted: { output: string; text: string | null }[] }): (string | null)[] => ran.emitted.map(({ text }) => text);
const iso = (seconds: number): string => new Date(Number(START) + seconds * 1_000).toISOString();

describe('an event', () => {
  it('is told with its value, and what is emitted has its key and time where nothing else is said', async () => {
    const source = onEvent(`ctx.emit('out', { value: { ...event.value, from: [event.stream, event.shard, event.offset, event.headers] } });
      ctx.emit('out', { text: 'as it is', key: null, timestamp: 5, headers: [['a', 'b'], ['c', null]] });
      ctx.emit('out', { value: null });`);
    const { emitted } = await runProcessor(source, [at(1, { n: 1 }, { shard: 2, offset: '7', headers: [['h', Buffer.from('x')]] })]);
    expect(emitted).toEqual([
      { output: 'out', shard: 2, timestamp: START + 1_000n, key: 'key', text: '{"n":1,"from":["in",2,"7",[["h","x"]]]}', headers: [] },
      {
        output: 'out',
        shard: 2,
        timestamp: 5n,
        key: null,
        text: 'as it is',
        headers: [
          ['a', 'b'],
          ['c', null],
        ],
      },
      { output: 'out', shard: 2, timestamp: START + 1_000n, key: 'key', text: null, headers: [] },
    ]);
  });

  it('that is bad goes as it is, with all reasons; what was done for it is taken back', async () => {
    const source = onEvent(`const kept = ctx.store('kept');
      kept.set('seen', (kept.get('seen') ?? 0) + 1);
      ctx.emit('out', { value: kept.get('seen') });
      if (event.value === 'bad') { kept.delete('seen'); ctx.bad('first'); ctx.bad('second'); }
      if (event.value === 'throws') throw new Error('third');`);
    const bytes = Buffer.from('"throws" ');
    const own: [string, Buffer] = ['own', Buffer.from('header')];
    const { emitted } = await runProcessor(source, [at(0, 1), at(1, 'bad'), at(2, null, { value: bytes, headers: [own] }), at(3, 2)]);
    expect(emitted.map(({ output, text, headers }) => [output, text, headers])).toEqual([
      ['out', '1', []],
      [
        'bad',
        '"bad"',
        [
          ['loglab.reason', 'first'],
          ['loglab.reason', 'second'],
        ],
      ],
      [
        'bad',
        '"throws" ',
        [
          ['own', 'header'],
          ['loglab.reason', 'third (tried.ts:8)'],
        ],
      ],
      ['out', '2', []],
    ]);
  });

  it('whose value is not JSON is bad where the value is looked at, and only there', async () => {
    const source = onEvent(`if (event.key === 'look') event.value.n; ctx.emit('out', { value: event.text });`);
    const value = Buffer.from('{"n":');
    const { emitted } = await runProcessor(source, [
      at(0, 0, { value }),
      at(1, 0, { value, key: Buffer.from('look') }),
      at(2, 0, { value: Buffer.from([0xff]) }),
    ]);
    expect(emitted.map(({ output, headers }) => [output, headers[0]?.[1] ?? null])).toEqual([
      ['out', null],
      ['bad', expect.stringMatching(/^The value is not JSON: .* \(tried\.ts:4\)$/)],
      ['bad', 'The value is not text in UTF-8.'],
    ]);
  });
});

describe('stores', () => {
  it('give copies, and are of one shard', async () => {
    const source = onEvent(`const kept = ctx.store('kept');
      const list = kept.get('list') ?? [];
      list.push(event.value);
      kept.get('list')?.push('not kept');
      kept.set('list', list);
      list.push('nor this');
      ctx.emit('out', { value: [kept.get('list'), kept.size, kept.has('list'), kept.has('none')] });`);
    const ran = await runProcessor(source, [at(0, 1), at(1, 2), at(2, 3, { shard: 1 })]);
    expect(texts(ran)).toEqual(['[[1],1,true,false]', '[[1,2],1,true,false]', '[[3],1,true,false]']);
  });

  it('have ranges in order, which may be changed while they are gone through', async () => {
    const source = onEvent(`const kept = ctx.store('kept');
      for (let n = 0; n < 3_000; n++) kept.set(String((n * 7_919) % 3_000).padStart(4, '0'), n);
      for (const [key] of kept.range('1000')) if (Number(key) % 2) kept.delete(key);
      ctx.emit('out', { value: [[...kept.range('0998', '1003')].map(([key]) => key), [...kept.range()].length, kept.size] });`);
    expect(texts(await runProcessor(source, [at(0, 1)]))).toEqual(['[["0998","0999","1000","1002"],2000,2000]']);
  });

  it('set on a condition', async () => {
    const source = onEvent(`const kept = ctx.store('kept');
      const isSet = kept.setIf('latest', event.value, (now) => now === undefined || now < event.value);
      ctx.emit('out', { value: [isSet, kept.get('latest')] });`);
    expect(texts(await runProcessor(source, [at(0, 2), at(1, 1), at(2, 3)]))).toEqual(['[true,2]', '[false,2]', '[true,3]']);
  });

  it('a store that was not declared', async () => {
    const { emitted } = await runProcessor(onEvent(`ctx.store('other')`), [at(0, 1)]);
    expect(emitted[0]!.headers).toEqual([
      ['loglab.reason', "TypeError: There is no store “other”: say stores: ['other'] in defineProcessor. (tried.ts:4)"],
    ]);
  });
});

describe('time', () => {
  it('is that of the latest event, everywhere', async () => {
    const source =
      onEvent(`ctx.emit('out', { value: [ctx.now === Date.now(), new Date(), new Date(0), typeof Date(), new Intl.DateTimeFormat('en', { timeZone: 'UTC' }).format(),
      new Date().getTimezoneOffset(), new Date() instanceof Date, ctx.streamTime === event.timestamp] });`);
    const ran = await runProcessor(source, [at(60, 1)]);
    expect(JSON.parse(texts(ran)[0]!)).toEqual([true, iso(60), iso(-Number(START) / 1_000), 'string', '10/20/2018', 0, true, true]);
  });

  it('windows run at each multiple of their period, in each shard, with the clock at that', async () => {
    const source = processor(`onEvent(event, ctx) { ctx.store('kept').set('n', event.value); },
      window: { every: '10s', run(time, ctx) { ctx.emit('out', { value: [ctx.shard, time === ctx.now, ctx.store('kept').get('n')] }); } }`);
    const { emitted } = await runProcessor(source, [at(1, 'a'), at(2, 'b', { shard: 1 }), at(25, 'c')], { runOnMs: 6_000 });
    expect(emitted.map(({ timestamp, text, key }) => [Number(timestamp! - START) / 1_000, text, key])).toEqual([
      [10, '[0,true,"a"]', null],
      [10, '[1,true,"b"]', null],
      [20, '[0,true,"a"]', null],
      [20, '[1,true,"b"]', null],
      [30, '[0,true,"c"]', null],
      [30, '[1,true,"b"]', null],
    ]);
  });

  it('punctuations run when event time has come so far, whatever is late', async () => {
    const source = processor(`onEvent(event, ctx) { ctx.log(ctx.streamTime - ${START}); },
      punctuate: { every: '10s', run(time, ctx) { ctx.emit('out', { value: time - ${START} }); } }`);
    const ran = await runProcessor(source, [at(1, 1), at(12, 1), at(3, 1), at(21, 1)]);
    expect(texts(ran)).toEqual(['10000', '20000']);
    expect(ran.log).toEqual(['1000', '12000', '12000', '21000']);
  });

  it('event time waits for the slowest input, but not for a silent one', async () => {
    const source = processor(`onEvent(event, ctx) { ctx.log(event.stream + (ctx.streamTime - ${START})); }`).replace(
      "['in']",
      "['in', 'other']",
    );
    const other = { stream: 'other' };
    const { log } = await runProcessor(source, [at(1, 1), at(5, 1, other), at(7, 1), at(6, 1, other), at(8, 1), at(20, 1)]);
    expect(log).toEqual(['in1000', 'other1000', 'in5000', 'other6000', 'in6000', 'in20000']);
  });

  it('a window that fails says where; what it did is taken back, and the next one runs', async () => {
    const source = processor(`onEvent() {},
      window: { every: '10s', run(time, ctx) {
        const n = (ctx.store('kept').get('n') ?? 0) + 1;
        ctx.store('kept').set('n', n);
        ctx.emit('out', { value: n });
        if (time === ${START + 20_000n}) throw new Error('not now');
      } }`);
    const ran = await runProcessor(source, [at(1, 1), at(31, 1)]);
    expect(texts(ran)).toEqual(['1', '2']);
    expect(ran.failures).toEqual([{ step: `window at ${iso(20)}, shard 0`, message: 'not now', line: 8 }]);
  });

  it('an event of the year 9999 does not run a window for ever', async () => {
    const source = processor(`onEvent() {}, window: { every: '1s', run(time, ctx) { ctx.emit('out', { value: 1 }); } }`);
    const { emitted } = await runProcessor(source, [at(0, 1), at(0, 1, { timestamp: 253_402_300_799_000n })]);
    expect(emitted).toHaveLength(10_000);
  });
});

it('chance is that of the seed and of the event, whatever came before', async () => {
  const source = onEvent(`ctx.emit('out', { value: [ctx.random(), Math.random()] });`);
  const events = [at(0, 1, { offset: '0' }), at(1, 1, { offset: '1' })];
  const first = texts(await runProcessor(source, events));
  expect(texts(await runProcessor(source, events))).toEqual(first);
  expect(texts(await runProcessor(source, events.slice(1)))).toEqual(first.slice(1));
  expect(texts(await runProcessor(source, events, { seed: 2 }))).not.toEqual(first);
  expect(new Set(first.flatMap((text) => JSON.parse(text!) as number[])).size).toBe(4);
});

it('chance is not that of what an input is called, but of its place among the inputs', async () => {
  const source = (...inputs: string[]): string =>
    `import { defineProcessor } from 'loglab';
export default defineProcessor({ inputs: ${JSON.stringify(inputs)}, outputs: ['out'], onEvent(event, ctx) { ctx.emit('out', { value: ctx.random() }); } });`;
  const from = (stream: string) => [at(0, 1, { stream })];
  const first = texts(await runProcessor(source('in'), from('in')));
  expect(texts(await runProcessor(source('orders'), from('orders')))).toEqual(first);
  expect(texts(await runProcessor(source('other', 'in'), from('in')))).not.toEqual(first);
});
