/** A processor in a process of its own, over a few events, in simulated time. */
import { toLabError } from '../../../main/api/errors.ts';
import type { SimulatedRecord } from '../../../main/processors/processorContract.ts';
import { startProcessor } from '../../../main/processors/processorLink.ts';
import { createNodeSpawner } from '../../../main/processes/nodeSpawner.ts';
import { geoFileOf } from '../../../main/processors/geoFile.ts';
import { builtFolder, resources } from '../openLab.ts';

export interface Emitted {
  output: string;
  shard: number;
  timestamp: bigint | null;
  key: string | null;
  text: string | null;
  headers: [string, string | null][];
}

export interface Ran {
  emitted: Emitted[];
  failures: { step: string; message: string; line: number | null }[];
  log: string[];
}

export interface RunOptions {
  seed?: number;
  runOnMs?: number;
  geoFile?: string;
  /** Called when it is asked to run, with the id of its process. */
  onRun?: (pid: number) => void;
}

const textOf = (bytes: Uint8Array | null): string | null => bytes && Buffer.from(bytes).toString();

/** Rejects with a LabError: why it can not be loaded, or why its process was ended. */
export async function runProcessor(
  source: string,
  records: SimulatedRecord[],
  { seed = 1, runOnMs = 0, geoFile, onRun }: RunOptions = {},
): Promise<Ran> {
  const spawner = createNodeSpawner(builtFolder);
  let pid = 0;
  const link = await startProcessor({
    spawn(...asked) {
      const child = spawner.spawn(...asked);
      pid = child.pid!;
      return child;
    },
  });
  const ran: Ran = { emitted: [], failures: [], log: [] };
  try {
    const { log } = await link.client.load({ source, fileName: 'tried.ts', seed, geoFile: geoFile ?? geoFileOf(null, resources) });
    ran.log.push(...log);
    onRun?.(pid);
    for (const parts of [() => link.client.simulate({ records }), () => link.client.runOn({ ms: runOnMs })]) {
      for await (const part of parts()) {
        for (const { output, shard, timestamp, key, value, headers } of part.emissions) {
          // Of a bad event: where it is from is the same in all of these.
          const told = headers.filter(([name]) => name !== 'loglab.processor' && name !== 'loglab.from');
          const named = told.map(([name, content]): [string, string | null] => [name, textOf(content)]);
          ran.emitted.push({ output, shard, timestamp, key: textOf(key), text: textOf(value), headers: named });
        }
        ran.failures.push(...part.failures.map(({ step, message, place }) => ({ step, message, line: place?.line ?? null })));
        ran.log.push(...part.log);
      }
    }
    return ran;
  } catch (error) {
    throw toLabError(error).code === 'disconnected' ? await link.ended : error;
  } finally {
    await link.close();
  }
}

export const START = 1_540_000_000_000n;

/** An event of the stream `in`, so many seconds after START. */
export function at(seconds: number, value: unknown, rest: Partial<SimulatedRecord> = {}): SimulatedRecord {
  const timestamp = START + BigInt(Math.round(seconds * 1_000));
  return {
    stream: 'in',
    shard: 0,
    offset: '0',
    timestamp,
    key: Buffer.from('key'),
    value: Buffer.from(JSON.stringify(value)),
    headers: [],
    ...rest,
  };
}

/** A processor that reads `in`, writes `out` and has a store `kept`; `parts`: onEvent and more, as source. */
export function processor(parts: string): string {
  return `import { defineProcessor } from 'loglab';\nexport default defineProcessor({ inputs: ['in'], outputs: ['out'], stores: ['kept'],\n${parts}\n});`;
}

/** One whose handler of events has this body, in line 4. */
export const onEvent = (body: string): string => processor(`onEvent(event, ctx) {\n${body}\n}`);
