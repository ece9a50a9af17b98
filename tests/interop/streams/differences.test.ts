/**
 * Where the lab and Kafka Streams rightly differ: all that is known, each with what either of them answers. Nothing of it is in the inputs of
 * sameOutputs.test.ts, or it is made up for there.
 */
import { expect, it } from 'vitest';
import { bothWays, inOrder, type Recorded, type Told } from './bothWays.ts';

const told = bothWays();

const START = Date.parse('2018-10-15T09:00:00Z');

/** An event of the stream `events`, so many seconds after START; null for none. */
function at(seconds: number | null, value: Recorded['value'], rest: Partial<Recorded> = {}): Recorded {
  const timestamp = seconds === null ? null : new Date(START + seconds * 1_000).toISOString();
  return { stream: 'events', shard: 0, timestamp, key: null, value, headers: [], ...rest };
}

/** What was told, and when, seconds after START. */
const ticks = (all: readonly Told[]): unknown[] =>
  all.map(({ stream, timestamp, value }) => [stream === 'ticks' ? value : stream, timestamp && (Date.parse(timestamp) - START) / 1_000]);

const values = (all: readonly Told[], stream: string): unknown[] => all.filter((each) => each.stream === stream).map(({ value }) => value);

it('a punctuation: the lab runs each that is due, for its own time and before the event; Kafka Streams one for all, behind it', async () => {
  // A session that is over should not be joined by the event that says so. And what is run at each multiple is the same however events lie apart.
  const { lab, kafka } = await told('ticks', [at(1, 'a'), at(12, 'b'), at(35, 'c'), at(20, 'late'), at(40, 'd')]);
  const punctuation = 'punctuation';
  expect(ticks(lab)).toEqual([
    ['a', 1],
    [punctuation, 10],
    ['b', 12],
    [punctuation, 20],
    [punctuation, 30],
    ['c', 35],
    ['late', 20],
    [punctuation, 40],
    ['d', 40],
  ]);
  expect(ticks(kafka)).toEqual([
    ['a', 1],
    [punctuation, 1],
    ['b', 12],
    [punctuation, 12],
    ['c', 35],
    [punctuation, 35],
    ['late', 20],
    ['d', 40],
    [punctuation, 40],
  ]);
});

it('a jump of event time over very many punctuations: the lab runs the last 10,000, Kafka Streams one, as ever', async () => {
  // An event of the year 9999 should not hold up all others.
  const { lab, kafka } = await told('ticks', [at(0, 'a'), at(300_000, 'b')]);
  expect(ticks(lab).length).toBe(10_002);
  expect(ticks(lab).slice(0, 2)).toEqual([
    ['a', 0],
    ['punctuation', 200_010],
  ]);
  expect(ticks(kafka)).toEqual([
    ['a', 0],
    ['punctuation', 0],
    ['b', 300_000],
    ['punctuation', 300_000],
  ]);
});

it('event time of several inputs: in the lab that of the slowest, in Kafka Streams that of the latest event', async () => {
  // Else all that comes from the slower one is late. (One that is silent for 10 seconds is not waited for: tests/unit/processors/running.test.ts.)
  const other = { stream: 'others' };
  const { lab, kafka } = await told('ticks', [at(1, 'a'), at(7, 'b', other), at(15, 'c'), at(9, 'd', other), at(12, 'e', other)]);
  expect(ticks(lab)).toEqual([
    ['a', 1],
    ['b', 7],
    ['c', 15],
    ['d', 9],
    ['punctuation', 10],
    ['e', 12],
  ]);
  expect(ticks(kafka)).toEqual([
    ['a', 1],
    ['punctuation', 1],
    ['b', 7],
    ['c', 15],
    ['punctuation', 15],
    ['d', 9],
    ['e', 12],
  ]);
});

it('an event that is no text is bad for both, but moves event time in the lab alone', async () => {
  // It has a time, whatever its value is. Kafka Streams leaves it out before it looks at it.
  const noText = { base64: '/w==' };
  const { lab, kafka } = await told('ticks', [at(1, 'a'), at(12, noText), at(13, 'b')]);
  expect(ticks(lab)).toEqual([
    ['a', 1],
    ['punctuation', 10],
    ['bad', 12],
    ['b', 13],
  ]);
  expect(ticks(kafka)).toEqual([
    ['a', 1],
    ['punctuation', 1],
    ['bad', 12],
    ['b', 13],
    ['punctuation', 13],
  ]);
  expect(values(kafka, 'bad')).toEqual([noText]);
  expect(values(lab, 'bad')).toEqual([noText]);
});

it('an event without a time, or from before 1970: the lab processes it, Kafka Streams passes over it', async () => {
  // A log of this lab may tell of AD 718, and what has no time is still an event.
  const years = Date.parse('0718-10-15T09:00:00Z');
  const { lab, kafka } = await told('ticks', [at(1, 'a'), at(null, 'no time'), at((years - START) / 1_000, 'AD 718'), at(2, 'b')]);
  expect(values(lab, 'ticks')).toEqual(['a', 'no time', 'AD 718', 'b']);
  expect(values(kafka, 'ticks')).toEqual(['a', 'punctuation', 'b']);
  expect(lab.map(({ timestamp }) => timestamp)).toEqual([
    '2018-10-15T09:00:01.000Z',
    null,
    '0718-10-15T09:00:00.000Z',
    '2018-10-15T09:00:02.000Z',
  ]);
});

it('what was done for an event that is bad: the lab takes it back, Kafka Streams does not', async () => {
  // Good and bad are all that came in, each once.
  const { lab, kafka } = await told('count-then-throw', [at(1, 'a'), at(2, 'throw'), at(3, 'b')]);
  expect({ counts: values(lab, 'counts'), bad: values(lab, 'bad') }).toEqual({ counts: ['1', '2'], bad: ['throw'] });
  expect({ counts: values(kafka, 'counts'), bad: values(kafka, 'bad') }).toEqual({ counts: ['1', '2', '3'], bad: ['throw'] });
});

it('a bad event has its own headers, then the reasons, each side’s own', async () => {
  const { lab, kafka } = await told('count-then-throw', [at(1, 'throw', { headers: [['own', { base64: '/w==' }]] })]);
  const bad = (all: readonly Told[]): Told => all.find(({ stream }) => stream === 'bad')!;
  expect(bad(lab).headers).toEqual([
    ['own', { base64: '/w==' }],
    ['loglab.reason', 'thrown (count-then-throw.ts:13)'],
    ['loglab.processor', 'count-then-throw'],
    ['loglab.from', 'events/0/0'],
  ]);
  expect(bad(kafka).headers.map(([name]) => name)).toEqual([
    'own',
    ...['exception', 'message', 'stacktrace', 'topic', 'partition', 'offset'].map((what) => `__streams.errors.${what}`),
  ]);
  expect(inOrder([bad(lab)])).toEqual(inOrder([bad(kafka)]));
});

it('a header that is no text: the lab’s processors find null, Kafka Streams hands on its bytes', async () => {
  // A processor of the lab sees text. The bad stream gets the bytes all the same (above).
  const headers: Recorded['headers'] = [
    ['bytes', { base64: '/w==' }],
    ['text', 'é'],
  ];
  const { lab, kafka } = await told('count-by-key', [at(1, 'a', { stream: 'raw-events', key: 'k', headers })]);
  expect(lab[0]!.headers).toEqual([
    ['bytes', null],
    ['text', 'é'],
  ]);
  expect(kafka[0]!.headers).toEqual(headers);
});

it('keys of a store: the lab sorts them by UTF-16 code units, Kafka Streams by bytes of UTF-8', async () => {
  // As JavaScript sorts strings, so that a processor's own sorting agrees with it. They differ beyond U+FFFF alone.
  const keys = ['b', '\uff5e', '😀', 'a', 'ä'];
  const { lab, kafka } = await told('keys-in-order', [...keys.map((key, n) => at(n, '', { key })), at(10, '')]);
  expect(lab.map(({ key }) => key)).toEqual(['a', 'b', 'ä', '😀', '\uff5e']);
  expect(kafka.map(({ key }) => key)).toEqual(['a', 'b', 'ä', '\uff5e', '😀']);
});

it('a number is JavaScript’s in the lab: 64 bits, and written the shortest way', async () => {
  const added = (quantity: string): Recorded =>
    at(1, `{"event":"SHOPPER_ADDED_ITEM","shopper":{"id":"1"},"items":[{"product":{"sku":"s"},"quantity":${quantity}}]}`, {
      stream: 'raw-events',
    });
  const { lab, kafka } = await told('map-and-filter', ['1', '0.1', '1.0', '1e2', '12345678901234567890'].map(added));
  const quantities = (all: readonly Told[]): unknown[] => values(all, 'added').map((value) => /"quantity":(.*)}/.exec(String(value))![1]);
  expect(quantities(lab)).toEqual(['1', '0.1', '1', '100', '12345678901234567000']);
  expect(quantities(kafka)).toEqual(['1', '0.1', '1.0', '100.0', '12345678901234567890']);
});
