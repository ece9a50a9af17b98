/** Runs of a source apart from all streams: to see what it says of itself, and what it makes of some events. */
import { LabError, toLabError } from '../api/errors.ts';
import type { ProcessorShape, TestPart, TestRecord } from '../api/processors.ts';
import type { Spawner } from '../processes/spawner.ts';
import { SIMULATED_RECORDS_MAX } from './processorContract.ts';
import { type ProcessorLink, startProcessor } from './processorLink.ts';

/** Such runs under way. */
const RUNS_MAX = 4;

export interface TestRuns {
  /** Throws `bad-input`, with the place, where it can not be loaded. */
  shapeOf(name: string, source: string): Promise<ProcessorShape>;
  run(
    options: { name: string; source: string; records: TestRecord[]; runOnMs: number; seed: number },
    signal: AbortSignal,
  ): AsyncGenerator<TestPart>;
}

/** `geoFile`: path of the geo database, as of now. */
export function createTestRuns(spawner: Spawner, geoFile: () => string): TestRuns {
  let running = 0;

  async function* within<T>(work: (link: ProcessorLink) => AsyncGenerator<T>, signal?: AbortSignal): AsyncGenerator<T> {
    if (running >= RUNS_MAX)
      throw new LabError('too-many', `At most ${RUNS_MAX} tests run at once. Try again in a moment.`, { retriable: true });
    running++;
    let link: ProcessorLink | undefined;
    const end = (): void => void link?.close();
    signal?.addEventListener('abort', end);
    try {
      link = await startProcessor(spawner);
      yield* work(link);
    } catch (error) {
      if (signal?.aborted) throw new LabError('cancelled', 'Cancelled.', { cause: error });
      throw link && toLabError(error).code === 'disconnected' ? await link.ended : error;
    } finally {
      running--;
      signal?.removeEventListener('abort', end);
      await link?.close();
    }
  }

  return {
    async shapeOf(name, source) {
      const loading = within(async function* (link) {
        yield (await link.client.load({ source, fileName: `${name}.ts`, seed: 0, geoFile: geoFile() })).declaration;
      });
      for await (const shape of loading) return shape;
      throw new LabError('internal', 'The processor did not say what it is.');
    },
    run: ({ name, source, records, runOnMs, seed }, signal) =>
      within(async function* ({ client }) {
        const loaded = await client.load({ source, fileName: `${name}.ts`, seed, geoFile: geoFile() });
        if (loaded.log.length > 0) yield { emissions: [], failures: [], lines: loaded.log };
        const known = new Set(loaded.declaration.inputs);
        const strange = records.find(({ stream }) => !known.has(stream));
        if (strange)
          throw new LabError('bad-input', `An event is of the stream “${strange.stream}”; the processor reads ${[...known].join(', ')}.`);
        const offsets = new Map<string, number>();
        const numbered = records.map((record) => {
          const place = `${record.shard} ${record.stream}`;
          const offset = offsets.get(place) ?? 0;
          offsets.set(place, offset + 1);
          return {
            ...record,
            headers: record.headers.map(([header, value]): [string, Uint8Array | null] => [header, value]),
            offset: String(offset),
          };
        });
        for (let at = 0; at < numbered.length; at += SIMULATED_RECORDS_MAX) {
          yield* parts(client.simulate({ records: numbered.slice(at, at + SIMULATED_RECORDS_MAX) }));
        }
        if (runOnMs > 0) yield* parts(client.runOn({ ms: runOnMs }));
      }, signal),
  };
}

async function* parts(simulated: ReturnType<ProcessorLink['client']['simulate']>): AsyncGenerator<TestPart> {
  for await (const { emissions, failures, log } of simulated) yield { emissions, failures, lines: log };
}
