/**
 * Rehearsals (api/rehearsals.ts). A rehearsal has a process of its own (rehearsalProcess.ts) that settles the order of its events, once, on a tape
 * (tape.ts), and answers all questions. Each of its columns has a process of a processor (../process/rehearsal), which runs along the tape, in
 * simulated time and the same realm as a live one, and writes down what it does in a journal (journal/format.ts); from these journals the questions
 * are answered, without running anything again, also when the process has been ended. The engine starts the processes, says how far each may go,
 * and passes questions on.
 *
 * Tape and journals are scratch files in the folder `rehearsals` of the workspace, deleted with the rehearsal, or when the lab is opened again.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { DomainHandlers } from '../../api/contract.ts';
import { LabError } from '../../api/errors.ts';
import { type NewColumn, REHEARSALS_MAX, type rehearsals } from '../../api/rehearsals.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import type { Spawner } from '../../processes/spawner.ts';
import { conflate } from '../../rpc/conflate.ts';
import type { StreamRegistry } from '../../streams/registry.ts';
import type { ColumnSource } from './columnLife.ts';
import { inputsOf } from './ranges.ts';
import { Rehearsal } from './rehearsal.ts';
import { startRehearsal } from './rehearsalLink.ts';

/** Pages hear of changes at most this often, milliseconds. */
const FOLLOW_MS = 50;

export interface RehearsalsParts {
  registry: StreamRegistry;
  cluster: Cluster;
  spawner: Spawner;
  /** Where the files of rehearsals are; nobody else has anything there. */
  folder: string;
  sourceOf: (column: NewColumn) => ColumnSource;
}

export interface Rehearsals {
  service: DomainHandlers<typeof rehearsals>;
  /** Those that are open, for a lesson: their processors, and how often somebody stepped back. */
  open(): { id: string; processors: string[]; stepsBack: number }[];
  onChange(listener: () => void): () => void;
  close(): Promise<void>;
}

export function createRehearsals({ folder, registry, cluster, spawner, sourceOf }: RehearsalsParts): Rehearsals {
  const open = new Map<string, Rehearsal>();
  const listeners = new Set<() => void>();
  const changed = (): void => listeners.forEach((listener) => listener());
  let lastId = 0;
  /** Those that are being made count, too. */
  let making = 0;
  // What a lab has left behind that was killed.
  rmSync(folder, { recursive: true, force: true });

  function of(id: string): Rehearsal {
    const rehearsal = open.get(id);
    if (rehearsal) return rehearsal;
    throw new LabError('no-such-rehearsal', 'This rehearsal is closed.');
  }

  async function close(rehearsal: Rehearsal): Promise<void> {
    open.delete(rehearsal.id);
    await rehearsal.close();
  }

  async function make(input: Parameters<DomainHandlers<typeof rehearsals>['create']>[0]): Promise<Rehearsal> {
    const inputs = await inputsOf(registry, cluster, input.ranges);
    const link = await startRehearsal(spawner);
    mkdirSync(folder, { recursive: true });
    const id = String(++lastId);
    const own = mkdtempSync(path.join(folder, `${id}-`));
    const rehearsal = new Rehearsal({ id, folder: own, order: input.order, inputs, link, spawner, registry, cluster, sourceOf, changed });
    try {
      await rehearsal.begin();
      await rehearsal.addAll(input.columns);
      return rehearsal;
    } catch (error) {
      await rehearsal.close();
      throw error;
    }
  }

  return {
    open: () =>
      [...open.values()].map((one) => ({ id: one.id, processors: one.told().columns.map(({ name }) => name), stepsBack: one.stepsBack })),
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      await Promise.all([...open.values()].map(close));
    },
    service: {
      async create(input, { caller }) {
        if (open.size + making >= REHEARSALS_MAX)
          throw new LabError('too-many', `At most ${REHEARSALS_MAX} rehearsals are open at once (REHEARSALS_MAX). Close one.`);
        making++;
        try {
          const rehearsal = await make(input);
          open.set(rehearsal.id, rehearsal);
          const left = (): void => void close(rehearsal);
          caller.addEventListener('abort', left, { once: true });
          if (caller.aborted) left();
          return rehearsal.told();
        } finally {
          making--;
        }
      },
      list: () => [...open.values()].map((rehearsal) => rehearsal.told()),
      async *follow({ id }, { signal }) {
        const rehearsal = of(id);
        const over = new AbortController();
        const subscribe = (listener: () => void): (() => void) => {
          const heard = (): void => {
            if (rehearsal.isClosed) over.abort();
            listener();
          };
          listeners.add(heard);
          return () => listeners.delete(heard);
        };
        yield* conflate({ subscribe, take: () => rehearsal.told(), intervalMs: FOLLOW_MS, signal: AbortSignal.any([signal, over.signal]) });
      },
      view({ id, ...asked }) {
        const rehearsal = of(id);
        rehearsal.lookedAt(asked.position);
        return rehearsal.client.view(asked);
      },
      state: ({ id, ...asked }) => of(id).client.state(asked),
      search: ({ id, ...asked }) => of(id).client.search(asked),
      seek: ({ id, ...asked }) => of(id).client.seek(asked),
      marks: ({ id, ...asked }) => of(id).client.marks(asked),
      async *compare({ id, ...asked }, { signal }) {
        const rehearsal = of(id);
        await rehearsal.begun([asked.a, asked.b], signal);
        yield* rehearsal.client.compare(asked, { signal });
      },
      differences: ({ id, ...asked }) => of(id).client.differences(asked),
      listDifferences: ({ id, ...asked }, { signal }) => of(id).client.listDifferences(asked, { signal }),
      addColumn: ({ id, column, cursor }) => of(id).add(column, cursor),
      replaceColumn: ({ id, column, with: next, cursor }) => of(id).replace(column, next, cursor),
      removeColumn: ({ id, column }) => of(id).remove(column),
      stop: ({ id }) => of(id).stop(),
      check: ({ id, column }) => of(id).check(column),
      close: ({ id }) => close(of(id)),
    },
  };
}
