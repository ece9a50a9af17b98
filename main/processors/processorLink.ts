/** The hold on one processor's process by whoever started it: it is started, asked, and told why it ended where it did so unasked. */
import { randomBytes } from 'node:crypto';
import type { DomainClient } from '../api/contract.ts';
import { LabError } from '../api/errors.ts';
import type { Spawner } from '../processes/spawner.ts';
import { listenLocal } from '../rpc/adapters/localSocket.ts';
import { createPeer } from '../rpc/peer.ts';
import type { Port } from '../rpc/port.ts';
import { type EventUnderWay, processorContract, watchdogContract } from './processorContract.ts';
import type { ProcessorBoot } from './process/processorProcess.ts';

export interface ProcessorLink {
  /** A call that the end of the process cuts off rejects with `disconnected`; `ended` says why. */
  readonly client: DomainClient<(typeof processorContract)['processor']>;
  /** Resolves when the process has ended: `processor-ended` with the reason. */
  readonly ended: Promise<LabError>;
  /** Where its watchdog ended it, because of what its code did: with which event, if with one. */
  readonly contained: { event: EventUnderWay | null } | null;
  /** Ends the process, at once. */
  close(): Promise<void>;
}

/** Rejects with `processor-ended` where it can not be started. */
export async function startProcessor(spawner: Spawner): Promise<ProcessorLink> {
  const secret = randomBytes(32).toString('base64url');
  const connected = Promise.withResolvers<Port>();
  let contained: { why: string; event: EventUnderWay | null } | null = null;
  const listener = await listenLocal({ secret, onPort: connected.resolve });
  const watchdog = await listenLocal({
    secret,
    onPort: (port) =>
      void createPeer(port, {
        serve: { contract: watchdogContract, handlers: { watchdog: { ending: (said) => void (contained = said) } } },
      }),
  });
  const child = spawner.spawn('processor');
  const ended = new Promise<LabError>((resolve) =>
    child.onExit((how) => {
      void watchdog.close();
      resolve(new LabError('processor-ended', contained?.why ?? `The process of the processor ended (${how}).`));
    }),
  );
  child.post({ type: 'boot', address: listener.address, secret, watchdogAddress: watchdog.address } satisfies ProcessorBoot);
  const first = await Promise.race([connected.promise, ended]).finally(() => void listener.close());
  if (first instanceof LabError) throw first;
  return {
    client: createPeer(first).client(processorContract).processor,
    ended,
    get contained() {
      return contained;
    },
    async close() {
      child.kill();
      await ended;
    },
  };
}
