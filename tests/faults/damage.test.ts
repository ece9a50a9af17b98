/**
 * Bits that flip and files that are cut short. SQLite itself keeps no checksum of the pages of a file; what stands between a flipped bit and
 * a wrong event are the batches' own checksums and the comparisons of what is stored twice.
 */
import { expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../unit/openLab.ts';
import { examine, makeFile, type Image, type Made, type Outcome } from './damagedFile.ts';
import { createRandom, type Random } from './random.ts';

/** Flips tried in each region. */
const FLIPS = 100;
/** Bytes of the header of an SQLite file, of its write-ahead log, and of each frame of that. https://sqlite.org/fileformat2.html */
const HEADER_BYTES = 100;
const WAL_HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;

interface SetUp extends Made {
  random: Random;
  folder: string;
}

function setUp(salt: number): SetUp {
  const { folder, remove } = temporaryFolder();
  onTestFinished(remove);
  const random = createRandom(salt);
  return { ...makeFile(folder, random), random, folder };
}

/** Counts of what came of many trials, and everything that must not be. */
function createTally(): { add(where: string, outcome: Outcome): void; report(title: string): void; wrong: string[]; missing: string[] } {
  const counts = new Map<string, number>();
  const wrong: string[] = [];
  const missing: string[] = [];
  return {
    wrong,
    missing,
    add(where, outcome) {
      const what = outcome.said.size > 0 ? [...outcome.said].sort().join(' + ') : 'all right';
      counts.set(what, (counts.get(what) ?? 0) + 1);
      wrong.push(...outcome.wrong.slice(0, 2).map((each) => `${where}: ${each}`));
      if (outcome.missing.length > 0) missing.push(`${where}: ${outcome.missing.length} from ${outcome.missing[0]}`);
    },
    report(title) {
      console.log(`${title}: ${[...counts].map(([what, count]) => `${count} ${what}`).join(', ')}`);
    },
  };
}

function flipped(bytes: Buffer, at: number, bit: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at]! ^= 1 << bit;
  return copy;
}

/** Where in a page a flip is of interest: mostly its head, and what is not the zeros between the head and the cells. */
function placeInPage(file: Buffer, page: number, pageBytes: number, random: Random): number {
  const begin = (page - 1) * pageBytes;
  if (random.chance(0.25)) return begin + (page === 1 ? HEADER_BYTES : 0) + random.between(0, 60);
  for (let tries = 0; tries < 50; tries++) {
    const at = begin + random.between(page === 1 ? HEADER_BYTES : 0, pageBytes - 1);
    if (file[at] !== 0) return at;
  }
  return begin + random.between(page === 1 ? HEADER_BYTES : 0, pageBytes - 1);
}

it('a flipped bit anywhere in the file is named, or harmless', () => {
  const { closed, content, regions, pageBytes, folder, random } = setUp(1);
  const all: string[] = [];
  const untold: string[] = [];
  function tryAll(name: string, places: readonly { at: number; bit: number }[]): void {
    const tally = createTally();
    for (const { at, bit } of places)
      tally.add(`${name}, byte ${at} bit ${bit}`, examine(folder, { file: flipped(closed.file, at, bit), wal: null }, content));
    tally.report(name);
    all.push(...tally.wrong);
    untold.push(...tally.missing);
  }
  const intact = examine(folder, closed, content);
  expect(intact).toMatchObject({ wrong: [], missing: [], said: new Set() });
  expect(regions.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['batch, leaf', 'batch, internal', 'batch, overflow', 'batch_by_offset, leaf', 'shard, leaf', 'summary, leaf']),
  );
  tryAll(
    'header',
    Array.from({ length: HEADER_BYTES * 8 }, (_, index) => ({ at: index >> 3, bit: index & 7 })),
  );
  for (const { name, pages } of regions) {
    const place = (): { at: number; bit: number } => ({
      at: placeInPage(closed.file, random.pick(pages), pageBytes, random),
      bit: random.between(0, 7),
    });
    tryAll(name, Array.from({ length: FLIPS }, place));
  }
  expect(all.slice(0, 20)).toEqual([]);
  expect(untold.slice(0, 20)).toEqual([]);
});

/** After a damaged frame SQLite takes nothing more of the write-ahead log: what is there is a whole earlier state of the log. */
function expectEarlierState(outcome: Outcome): void {
  expect(outcome.wrong).toEqual([]);
  const firstMissing = new Map<string, bigint>();
  for (const each of outcome.missing) {
    const [name, offset] = each.split(':') as [string, string];
    const known = firstMissing.get(name);
    if (known !== undefined) expect(BigInt(offset)).toBe(known + 1n);
    firstMissing.set(name, BigInt(offset));
  }
}

it('a flipped bit in the write-ahead log takes away what comes after it, and nothing else', () => {
  const { crashed, content, pageBytes, folder, random } = setUp(2);
  const wal = crashed.wal!;
  const frameBytes = FRAME_HEADER_BYTES + pageBytes;
  const tally = createTally();
  const intact = examine(folder, crashed, content);
  expect(intact).toMatchObject({ wrong: [], missing: [], said: new Set() });
  const places = [
    ...Array.from({ length: WAL_HEADER_BYTES }, (_, at) => at),
    ...Array.from({ length: FLIPS }, () => {
      const frame = random.between(0, Math.floor((wal.length - WAL_HEADER_BYTES) / frameBytes) - 1);
      return WAL_HEADER_BYTES + frame * frameBytes + random.between(0, random.chance(0.3) ? FRAME_HEADER_BYTES - 1 : frameBytes - 1);
    }),
  ];
  for (const at of places) {
    const outcome = examine(folder, { file: crashed.file, wal: flipped(wal, at, random.between(0, 7)) }, content);
    expectEarlierState(outcome);
    tally.add(`byte ${at}`, outcome);
  }
  tally.report('write-ahead log');
});

it('a file that is cut short opens with what is whole, or says why it can not', () => {
  const { closed, crashed, content, pageBytes, folder, random } = setUp(3);
  const around = (place: number): number[] => [place - 1, place, place + 1, place + random.between(2, pageBytes - 2)];
  const cuts = (length: number, places: readonly number[]): number[] =>
    [...new Set(places)].filter((cut) => cut >= 0 && cut < length).sort((a, b) => a - b);
  const some = (count: number): number[] => Array.from({ length: 40 }, () => random.between(1, count - 1));

  const tally = createTally();
  const pages = [1, 2, 3, 4, closed.file.length / pageBytes - 1, ...some(closed.file.length / pageBytes)];
  const fileCuts = cuts(closed.file.length, [0, 1, 15, 16, 99, 100, 101, 511, 512, ...pages.flatMap((page) => around(page * pageBytes))]);
  for (const cut of fileCuts) {
    const outcome = examine(folder, { file: closed.file.subarray(0, cut), wal: null }, content);
    // To SQLite a file of one byte is an empty one, and to the broker that is a new one: the catalog says what is lost with it
    // (tests/unit/cluster/lostFile.test.ts).
    if (cut > 1 && outcome.missing.length > 0) outcome.wrong.push(`${outcome.missing.length} events are missing and nothing is said`);
    tally.add(`cut at ${cut}`, outcome);
  }
  tally.report('file cut short');
  expect(tally.wrong).toEqual([]);

  const frames = Math.floor((crashed.wal!.length - WAL_HEADER_BYTES) / (FRAME_HEADER_BYTES + pageBytes));
  const frameEnds = Array.from({ length: frames + 1 }, (_, frame) => WAL_HEADER_BYTES + frame * (FRAME_HEADER_BYTES + pageBytes));
  const logTally = createTally();
  for (const cut of cuts(crashed.wal!.length, [0, 1, 31, ...frameEnds.flatMap((end) => [...around(end), end + FRAME_HEADER_BYTES])])) {
    const image: Image = { file: crashed.file, wal: crashed.wal!.subarray(0, cut) };
    const outcome = examine(folder, image, content);
    expectEarlierState(outcome);
    expect(outcome.said).toEqual(new Set());
    logTally.add(`cut at ${cut}`, outcome);
  }
  logTally.report('write-ahead log cut short');
});
