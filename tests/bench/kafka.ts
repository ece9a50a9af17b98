/**
 * `npm run bench kafka`, or `kafka/produce` for one part: the same unchanged clients against the lab and against Apache Kafka, one broker each, on
 * this machine, in one run and in turns. Topics have one partition.
 *
 * Where the time of *safe* goes, of 400,000 records of 1 KiB in 13.0 s (32,000 a second) on two cores, seconds of CPU: the client 9.4 (its compiler
 * 4.3, the thread that sends 2.7, the one that makes records 2.1); the broker 9.5 (the thread that takes requests, checks them and answers 3.7, the
 * one that writes 3.0, V8's own 1.2, syncs 0.9, the checkpoints 0.4). Together 18.9 of the 26 that there were. Three times Kafka with a flush a
 * message (14,900 a second) would leave 17.9 for the same work: it is CPU that is short, and half of it is the client's. Kafka waits for the disk meanwhile.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { Kafka, logLevel, Partitioners } from 'kafkajs';
import { JVM_OF_KAFKA, type KafkaServer, startKafkaServer } from '../interop/kafka/server/kafkaServer.ts';
import { output, pythonWithClient, requireKcat } from '../interop/kafka/clients.ts';
import { runTool } from '../interop/kafka/library.ts';
import type { Figure } from './bench.ts';
import { median, withFolder } from './lab.ts';
import { family, memoryOf } from './memory.ts';
import { serve, type Served } from './start.ts';

const RECORD_BYTES = 1024;
const ROUNDS = 3;
/** To the server, before it is measured: its compiler has looked at what it does by then. */
const WARM_UP_RECORDS = 50_000;
/**
 * Of each run, before the tool begins to count (`--warmup-records`): it is a fresh Java program each time, whose compiler takes four seconds of
 * the processors that the server shares with it.
 */
const CLIENT_WARM_UP_RECORDS = 200_000;
const EVENTS_PER_SECOND = 1_000;
/** How long latency is measured, after how long, seconds. */
const [MEASURED_S, WARM_UP_S] = [15, 5];

interface Both {
  lab: Served;
  apache: KafkaServer;
}

async function withBoth<T>(durability: 'safe' | 'fast', settings: Record<string, string>, work: (both: Both) => Promise<T>): Promise<T> {
  return withFolder(async (folder) => {
    const lab = await serveLab(path.join(folder, 'workspace'), durability);
    try {
      const apache = await startKafkaServer(settings, JVM_OF_KAFKA);
      try {
        return await work({ lab, apache });
      } finally {
        await apache.close();
      }
    } finally {
      await lab.stop();
    }
  });
}

const serveLab = (workspace: string, durability: 'safe' | 'fast'): Promise<Served> =>
  serve(workspace, '--port', '0', '--kafka-port', '0', '--durability', durability);

/** In turns, so that what else the machine does falls on both. Medians. */
async function inTurns({ lab, apache }: Both, measure: (address: string) => Promise<number>): Promise<{ lab: number; apache: number }> {
  const measured: { lab: number[]; apache: number[] } = { lab: [], apache: [] };
  for (let round = 0; round < ROUNDS; round++) {
    measured.apache.push(await measure(apache.address));
    measured.lab.push(await measure(lab.kafka[0]!));
  }
  return { lab: median(measured.lab), apache: median(measured.apache) };
}

/** Records a second, as kafka-producer-perf-test tells them of its steady state. */
async function producePerf(address: string, topic: string, records: number): Promise<number> {
  const many = ['--num-records', String(CLIENT_WARM_UP_RECORDS + records), '--warmup-records', String(CLIENT_WARM_UP_RECORDS)];
  const printed = await runPerf(address, topic, many);
  return Number(/^\d+ steady state records sent, ([\d.]+) records\/sec/m.exec(printed)![1]);
}

const produceSome = (address: string, topic: string, records: number): Promise<string> =>
  runPerf(address, topic, ['--num-records', String(records)]);

function runPerf(address: string, topic: string, many: readonly string[]): Promise<string> {
  const args = ['--topic', topic, ...many, '--record-size', String(RECORD_BYTES), '--throughput', '-1'];
  return runTool('ProducerPerformance', [...args, '--command-property', `bootstrap.servers=${address}`, 'acks=all']);
}

async function produce(
  durability: 'safe' | 'fast',
  settings: Record<string, string>,
  records: number,
  wantedRatio: number,
): Promise<Figure[]> {
  return withBoth(durability, settings, async (both) => {
    for (const address of [both.apache.address, both.lab.kafka[0]!]) await produceSome(address, 'warm-up', WARM_UP_RECORDS);
    const rates = await inTurns(both, (address) => producePerf(address, 'events', records));
    const against = Object.entries(settings).map(([name, value]) => ` with ${name}=${value}`);
    return [
      {
        what: `kafka-producer-perf-test, 1 KiB, acks=all: lab ${durability}, Apache Kafka${against.join('') || ' as it comes'}`,
        ...{ value: rates.lab, ceiling: rates.apache, unit: 'records/s', ratio: rates.lab / rates.apache },
        ...{ wanted: `${wantedRatio} of it`, isMet: rates.lab >= wantedRatio * rates.apache },
      },
    ];
  });
}

const READ_RECORDS = 300_000;

async function read(): Promise<Figure[]> {
  requireKcat();
  return withBoth('fast', {}, async (both) => {
    for (const address of [both.apache.address, both.lab.kafka[0]!]) await produceSome(address, 'events', READ_RECORDS);
    const rates = await inTurns(both, async (address) => {
      const began = performance.now();
      const args = ['-C', '-q', '-b', address, '-t', 'events', '-p', '0', '-o', 'beginning', '-c', String(READ_RECORDS)];
      const [status] = (await once(spawn('kcat', args, { stdio: ['ignore', 'ignore', 'inherit'] }), 'exit')) as [number];
      if (status !== 0) throw new Error(`kcat ended with ${status}.`);
      return (READ_RECORDS * 1_000) / (performance.now() - began);
    });
    return [
      {
        what: `kcat reads ${READ_RECORDS.toLocaleString('en')} records of 1 KiB from the beginning`,
        ...{ value: rates.lab, ceiling: rates.apache, unit: 'records/s', ratio: rates.lab / rates.apache },
        ...{ wanted: '0.5 of Apache Kafka', isMet: rates.lab >= 0.5 * rates.apache },
      },
    ];
  });
}

async function latency(): Promise<Figure[]> {
  return withBoth('fast', {}, async ({ lab, apache }) => {
    const script = path.join(import.meta.dirname, 'kafkaLatency.py');
    const percentiles = async (address: string): Promise<[number, number]> => {
      const args = [script, address, 'latency', ...[EVENTS_PER_SECOND, WARM_UP_S, MEASURED_S].map(String)];
      return (await output(pythonWithClient(), args)).trim().split(' ').map(Number) as [number, number];
    };
    const [p50, p99] = await percentiles(lab.kafka[0]!);
    const [p50There, p99There] = await percentiles(apache.address);
    return [
      {
        what: `confluent-kafka, produced to read at ${EVENTS_PER_SECOND} events/s of 1 KiB, fast: p99 (p50 ${p50.toFixed(1)} ms, Apache Kafka ${p50There.toFixed(1)} ms)`,
        ...{ value: p99, ceiling: p99There, unit: 'ms', ratio: p99 / p99There },
        ...{ wanted: 'under 10 ms', isMet: p99 < 10 },
      },
    ];
  });
}

/** Until a program that knows nothing of it has its first record acknowledged. */
async function produceFirst(address: string): Promise<void> {
  const retry = { initialRetryTime: 20, maxRetryTime: 50, retries: 1_000 };
  const kafka = new Kafka({ clientId: 'bench', brokers: [address], logLevel: logLevel.NOTHING, retry });
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  await producer.send({ topic: 'first', messages: [{ value: 'first' }] });
  await producer.disconnect();
}

async function start(): Promise<Figure[]> {
  const times: { lab: number[]; apache: number[] } = { lab: [], apache: [] };
  const bytes: { lab: number[]; apache: number[] } = { lab: [], apache: [] };
  for (let round = 0; round < ROUNDS; round++) {
    const apache = await startKafkaServer({}, JVM_OF_KAFKA);
    await produceFirst(apache.address);
    times.apache.push(performance.now() - apache.spawnedAt);
    bytes.apache.push(memoryOf(family(apache.pid)));
    await apache.close();
    await withFolder(async (folder) => {
      const began = performance.now();
      const lab = await serveLab(path.join(folder, 'workspace'), 'safe');
      await produceFirst(lab.kafka[0]!);
      times.lab.push(performance.now() - began);
      bytes.lab.push(memoryOf(family(lab.child.pid!)));
      await lab.stop();
    });
  }
  const figure = (what: string, unit: string, value: number, ceiling: number, wanted: string, ratioMost: number): Figure => {
    const ratio = value / ceiling;
    return { what, value, unit, ceiling, ratio, wanted, isMet: ratio <= ratioMost };
  };
  const megabytes = { lab: median(bytes.lab) / 1e6, apache: median(bytes.apache) / 1e6 };
  return [
    figure(
      'from the start to the first record produced',
      'ms',
      median(times.lab),
      median(times.apache),
      'half of Apache Kafka at most',
      0.5,
    ),
    figure('memory of all processes then', 'MB', megabytes.lab, megabytes.apache, 'a third of Apache Kafka at most', 1 / 3),
  ];
}

export const kafka: Record<string, () => Promise<Figure[]>> = {
  produce: () => produce('fast', {}, 300_000, 0.5),
  produceSafe: () => produce('safe', { 'log.flush.interval.messages': '1' }, 200_000, 3),
  read,
  latency,
  start,
};
