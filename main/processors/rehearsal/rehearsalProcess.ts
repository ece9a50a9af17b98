/**
 * The process of an open rehearsal: it settles the order and answers questions, so that neither the engine's thread nor a process with somebody
 * else's code has to. It ends when its control channel closes.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { statSync } from 'node:fs';
import type { DomainHandlers } from '../../api/contract.ts';
import { LabError, toLabError } from '../../api/errors.ts';
import { brokerContract } from '../../cluster/brokerContract.ts';
import type { BrokerClient } from '../../cluster/brokerLink.ts';
import { parentChannel } from '../../processes/parentChannel.ts';
import { connectLocal } from '../../rpc/adapters/localSocket.ts';
import { createPeer } from '../../rpc/peer.ts';
import { OpenRehearsal } from './openRehearsal.ts';
import { rehearsalContract } from './rehearsalContract.ts';
import { Settling } from './settle.ts';

/** To the process of a rehearsal. */
export interface RehearsalBoot {
  type: 'boot';
  /** Of the local socket where it is waited for. */
  address: string;
  secret: string;
}

/** How often it is told how far the order is settled, milliseconds. */
const REPORT_MS = 25;

const parent = parentChannel();
parent.onClose(() => process.exit(0));
parent.onMessage((message) => {
  boot(message as RehearsalBoot).catch((error: unknown) => {
    if (toLabError(error).code !== 'disconnected') console.error(error);
    process.exit(1);
  });
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});

async function boot({ address, secret }: RehearsalBoot): Promise<void> {
  createPeer(await connectLocal(address, secret), { serve: { contract: rehearsalContract, handlers: { rehearsal: createService() } } });
}

function createService(): DomainHandlers<(typeof rehearsalContract)['rehearsal']> {
  let opened: OpenRehearsal | null = null;
  function open(): OpenRehearsal {
    if (opened) return opened;
    throw new LabError('no-such-rehearsal', 'The order of this rehearsal is not yet being settled.');
  }
  return {
    async *settle({ tape, order, inputs, brokers: accesses }, { signal }) {
      const brokers = new Map<number, BrokerClient>();
      for (const { id, address, secret } of accesses)
        brokers.set(id, createPeer(await connectLocal(address, secret)).client(brokerContract).broker);
      const settling = new Settling(tape, order, inputs, brokers);
      opened = new OpenRehearsal(tape, inputs, brokers);
      void settling.run(signal);
      for (;;) {
        const { settled } = settling;
        yield { ...settled, clock: opened.clock(), bytes: statSync(tape).size };
        if (settled.isWhole) return;
        await pause(REPORT_MS);
      }
    },
    openColumn: ({ id, journal }) => open().openColumn(id, journal),
    reachOf: ({ id }) => open().reachOf(id),
    dropColumn: ({ id }) => open().dropColumn(id),
    columnsOver: ({ ids }) => open().columnsOver(ids),
    view: (asked) => open().view(asked),
    state: (asked) => open().state(asked),
    search: (asked) => open().search(asked),
    seek: (asked) => open().seek(asked),
    marks: (asked) => open().marks(asked),
    compare: (asked, { signal }) => open().compare(asked, signal),
    differences: (asked) => open().differences(asked),
    listDifferences: (asked, { signal }) => open().listDifferences(asked, signal),
  };
}
