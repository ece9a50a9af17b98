/** The same recorded events through a processor of the lab, and through the same program over Kafka Streams. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { run } from '../../unit/cli/command.ts';
import { resources, temporaryFolder } from '../../unit/openLab.ts';
import { javaPeer } from '../javaPeer.ts';

/** A record as JSON. */
export interface Recorded {
  stream: string;
  shard: number;
  timestamp: string | null;
  key: string | { base64: string } | null;
  value: string | { base64: string } | null;
  headers: [string, string | { base64: string } | null][];
}

/** With its offset: where it stands among those of its stream and shard. */
export interface Told extends Recorded {
  offset: string;
}

export interface BothTold {
  lab: Told[];
  kafka: Told[];
}

const SAMPLES = ['abandoned-cart-v1', 'abandoned-cart-v2'];

const { ask: askKafkaStreams } = javaPeer({ title: 'Kafka Streams', name: 'streams', folder: import.meta.dirname });

/** For the tests of a file; its folder goes away behind them. */
export function bothWays(): (name: string, records: readonly Recorded[], runOnMs?: number) => Promise<BothTold> {
  const temporary = temporaryFolder();
  beforeAll(() => mkdirSync(temporary.folder, { recursive: true }));
  afterAll(() => temporary.remove());
  return async (name, records, runOnMs = 0) => {
    const input = records.map((record) => `${JSON.stringify(record)}\n`).join('');
    const file = path.join(temporary.folder, 'records.ndjson');
    writeFileSync(file, input);
    const [lab, kafka] = await Promise.all([
      askLab(['processors', 'test', processorFile(name), '--input', file, '--run-on', `${runOnMs}ms`, '--json']),
      askKafkaStreams([name, String(runOnMs)], input),
    ]);
    return { lab: lab.map(read), kafka: kafka.map(read) };
  };
}

const processorFile = (name: string): string =>
  path.join(SAMPLES.includes(name) ? path.join(resources, 'processors') : path.join(import.meta.dirname, 'processors'), `${name}.ts`);

async function askLab(args: string[]): Promise<string[]> {
  const { code, out, err } = await run(args);
  if (code !== 0) throw new Error(`loglab ended with ${code}: ${err.join('\n').slice(0, 4000)}`);
  return out;
}

const read = (line: string): Told => JSON.parse(line) as Told;

/** What is told of why an event is bad: each side has its own words for it. */
const REASONS = /^(loglab|__streams\.errors)\./;

/** Shard by shard and stream by stream, in the order of their offsets; a bad event without the reasons. */
export function inOrder(told: readonly Told[]): Told[] {
  const place = ({ shard, stream }: Told): string => `${String(shard).padStart(5, '0')} ${stream}`;
  return told
    .map((each) => (each.stream === 'bad' ? { ...each, headers: each.headers.filter(([name]) => !REASONS.test(name)) } : each))
    .sort((one, other) => (place(one) < place(other) ? -1 : Number(place(one) > place(other))));
}
