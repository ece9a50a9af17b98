/** What the process of a column answers: it runs along the tape and writes the journal, or runs the same once more and compares. */
import { LabError, toLabError } from '../../../api/errors.ts';
import type { BrokerClient } from '../../../cluster/brokerLink.ts';
import { brokerContract } from '../../../cluster/brokerContract.ts';
import { connectLocal } from '../../../rpc/adapters/localSocket.ts';
import { createPeer, type Peer } from '../../../rpc/peer.ts';
import type { CheckedColumn, CheckReport, RehearsedColumn, RehearsedReport } from '../../processorContract.ts';
import { JournalWriter } from '../../rehearsal/journal/writer.ts';
import type { LoadedProcessor, LoadOptions } from '../sandbox.ts';
import { CheckKeeper, isRenewedAt } from './check.ts';
import { ColumnRun, type ColumnRunParts } from './columnRun.ts';
import { JournalKeeper } from './journalKeeper.ts';
import { type LoadedColumn, renewableRealm } from './renewableRealm.ts';
import { tracedLines } from './tracedLines.ts';

/** Reports come at most this often, milliseconds. */
const REPORT_MS = 50;

export interface ColumnService {
  rehearse(column: RehearsedColumn, signal: AbortSignal): AsyncGenerator<RehearsedReport>;
  goUpTo(position: number, isLast: boolean): void;
  check(column: CheckedColumn, signal: AbortSignal): AsyncGenerator<CheckReport>;
}

type Source = LoadOptions & { source: string };

export function createColumnService(
  load: (source: Source, prepared?: (code: string) => string) => Promise<LoadedProcessor>,
  burst: (steps: () => void) => Promise<void>,
): ColumnService {
  let running: ColumnRun | null = null;
  /** What was said before it ran. */
  let allowed = { position: 0, isLast: false };

  async function traced(source: Source): Promise<LoadedColumn> {
    let placeOf: LoadedColumn['placeOf'] = (failure) => failure;
    try {
      const loaded = await load(source, (code) => {
        const lines = tracedLines(code);
        ({ placeOf } = lines);
        return lines.code;
      });
      return { ...loaded, placeOf };
    } catch (error) {
      // So that the place is that in the file; a source that acorn can not read may run all the same.
      if (toLabError(error).code === 'file-unreadable') throw error;
      return { ...(await load(source)), placeOf };
    }
  }

  /** Runs it, and says how it is until it has ended. */
  async function* reports<T>(run: ColumnRun, signal: AbortSignal, look: () => T): AsyncGenerator<T> {
    let ended: { error: unknown } | 'well' | null = null;
    const left = new AbortController();
    const running = run.run(AbortSignal.any([signal, left.signal])).then(
      () => (ended = 'well'),
      (error: unknown) => (ended = { error }),
    );
    try {
      for (;;) {
        // What is looked at behind the end is all of it.
        const isLast = ended !== null;
        yield look();
        if (isLast) break;
        let timer: NodeJS.Timeout | undefined;
        await Promise.race([running, new Promise((resolve) => (timer = setTimeout(resolve, REPORT_MS)))]);
        clearTimeout(timer);
      }
    } finally {
      left.abort();
      await running;
    }
    if (ended !== 'well') throw (ended as unknown as { error: unknown }).error;
  }

  async function* withRun<T>(
    column: CheckedColumn | RehearsedColumn,
    parts: (realm: LoadedColumn) => Pick<ColumnRunParts, 'keeper' | 'isRenewedAt'> & { close: () => void },
    work: (run: ColumnRun) => AsyncGenerator<T>,
  ): AsyncGenerator<T> {
    const realm = await renewableRealm(() => traced(column));
    const { brokers, peers } = await connected(column.brokers);
    const { close, ...own } = parts(realm);
    let run: ColumnRun | null = null;
    try {
      run = new ColumnRun({ plan: column, name: column.fileName.replace(/\.ts$/, ''), realm, brokers, burst, ...own });
      yield* work(run);
    } finally {
      for (const peer of peers) peer.close();
      run?.close();
      close();
    }
  }

  return {
    async *rehearse(column, signal) {
      let writer!: JournalWriter;
      let keeper!: JournalKeeper;
      yield* withRun(
        column,
        ({ declaration }) => {
          writer = new JournalWriter(column.journal, declaration);
          keeper = new JournalKeeper(writer, column);
          return { keeper, isRenewedAt: () => false, close: () => writer.close() };
        },
        async function* (run) {
          running = run;
          run.goUpTo(allowed.position, allowed.isLast);
          yield* reports(run, signal, () => keeper.report());
          if (keeper.isFull)
            throw new LabError('disk-full', `Its notes have reached ${column.bytesMax} bytes (REHEARSAL_BYTES_MAX): it goes no further.`);
        },
      );
    },
    goUpTo(position, isLast) {
      allowed = { position, isLast };
      running?.goUpTo(position, isLast);
    },
    async *check(column, signal) {
      let keeper!: CheckKeeper;
      yield* withRun(
        column,
        () => {
          keeper = new CheckKeeper(column.journal, column.upTo);
          return { keeper, isRenewedAt, close: () => keeper.close() };
        },
        async function* (run) {
          run.goUpTo(column.upTo, true);
          yield* reports(run, signal, () => keeper.report());
        },
      );
    },
  };
}

/** Connections to the brokers. */
async function connected(accesses: RehearsedColumn['brokers']): Promise<{ brokers: Map<number, BrokerClient>; peers: Peer[] }> {
  const brokers = new Map<number, BrokerClient>();
  const peers: Peer[] = [];
  try {
    for (const { id, address, secret } of accesses) {
      const peer = createPeer(await connectLocal(address, secret));
      peers.push(peer);
      brokers.set(id, peer.client(brokerContract).broker);
    }
    return { brokers, peers };
  } catch (error) {
    for (const peer of peers) peer.close();
    throw error;
  }
}
