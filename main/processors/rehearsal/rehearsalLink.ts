/** The engine's hold on the process of one rehearsal. */
import { randomBytes } from 'node:crypto';
import type { DomainClient } from '../../api/contract.ts';
import { LabError } from '../../api/errors.ts';
import type { Spawner } from '../../processes/spawner.ts';
import { listenLocal } from '../../rpc/adapters/localSocket.ts';
import { createPeer } from '../../rpc/peer.ts';
import type { Port } from '../../rpc/port.ts';
import { rehearsalContract } from './rehearsalContract.ts';
import type { RehearsalBoot } from './rehearsalProcess.ts';

export interface RehearsalLink {
  readonly client: DomainClient<(typeof rehearsalContract)['rehearsal']>;
  readonly ended: Promise<LabError>;
  /** Ends the process, at once: nothing of it is to be kept. */
  close(): Promise<void>;
}

export async function startRehearsal(spawner: Spawner): Promise<RehearsalLink> {
  const secret = randomBytes(32).toString('base64url');
  const connected = Promise.withResolvers<Port>();
  const listener = await listenLocal({ secret, onPort: connected.resolve });
  const child = spawner.spawn('rehearsal');
  const ended = new Promise<LabError>((resolve) =>
    child.onExit((how) => resolve(new LabError('internal', `The process of the rehearsal ended (${how}). Make the rehearsal again.`))),
  );
  child.post({ type: 'boot', address: listener.address, secret } satisfies RehearsalBoot);
  const first = await Promise.race([connected.promise, ended]).finally(() => void listener.close());
  if (first instanceof LabError) throw first;
  return {
    client: createPeer(first).client(rehearsalContract).rehearsal,
    ended,
    async close() {
      child.kill();
      await ended;
    },
  };
}
