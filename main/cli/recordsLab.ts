/** The records of a file as the streams of a lab of their own, in a temporary folder: for a command that needs a lab and is given none. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { LabError } from '../api/errors.ts';
import { NO_TIMESTAMP } from '../api/time.ts';
import { SHARDS_MAX, VALUE_BYTES_MAX_CEILING } from '../api/values.ts';
import type { SimulatedRecord } from '../processors/processorContract.ts';
import { connect, type Connection } from './connect.ts';

/** Opens an empty lab, which goes when it is closed. */
export async function openRecordsLab(): Promise<Connection> {
  const folder = await mkdtemp(path.join(tmpdir(), 'loglab-records-'));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const { client, close } = await connect({ workspace: folder }, { makes: true, say: () => {} });
    await client.lab.changeSettings({ durability: 'fast', valueBytesMax: VALUE_BYTES_MAX_CEILING });
    return { client, close: () => close().finally(remove) };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Appends the records to their streams, each in its shard; streams are made, and get more shards, as they come. */
export async function fillLab({ client }: Connection, streams: readonly string[], parts: AsyncIterable<SimulatedRecord[]>): Promise<void> {
  const shards = new Map<string, number>();
  for (const name of streams) {
    await client.streams.create({ name, shards: 1 });
    shards.set(name, 1);
  }
  for await (const part of parts) {
    for (const run of runsOf(part)) {
      const { stream } = run[0]!;
      const most = Math.max(...run.map(({ shard }) => shard)) + 1;
      if (most > SHARDS_MAX)
        throw new LabError('bad-input', `A record is in shard ${most - 1}; a stream has at most ${SHARDS_MAX} shards.`);
      if (most > shards.get(stream)!) {
        await client.streams.grow({ name: stream, shards: most });
        shards.set(stream, most);
      }
      await client.produce.append({
        stream,
        records: run.map(({ shard, key, value, headers, timestamp }) => ({
          ...{ shard, key, value, headers, timestamp: timestamp ?? NO_TIMESTAMP },
        })),
      });
    }
  }
}

/**
 * Records that follow each other in one stream, in one append; but where times go back from one shard to another an append ends: within one, the
 * order between shards is that of times (events/appendOrder.ts), and it is to be that of the file.
 */
function runsOf(part: readonly SimulatedRecord[]): SimulatedRecord[][] {
  const runs: SimulatedRecord[][] = [];
  for (const record of part) {
    const run = runs.at(-1);
    const last = run?.at(-1);
    const follows = last && last.stream === record.stream && (last.shard === record.shard || timeOf(last) <= timeOf(record));
    if (follows) run!.push(record);
    else runs.push([record]);
  }
  return runs;
}

const timeOf = ({ timestamp }: SimulatedRecord): bigint => timestamp ?? NO_TIMESTAMP;
