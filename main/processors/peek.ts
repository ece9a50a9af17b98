/** A process of a processor that does nothing but hold its stores, so that they can be looked into while none runs. */
import { toLabError } from '../api/errors.ts';
import type { ProcessorShape } from '../api/processors.ts';
import type { Spawner } from '../processes/spawner.ts';
import type { ProcessorRecord } from '../workspace/processorRecords.ts';
import type { Deployments } from './deployment.ts';
import { EVENTS_AT_ONCE_MAX } from './processorContract.ts';
import { type ProcessorLink, startProcessor } from './processorLink.ts';

/** It is kept so long after it was last asked, milliseconds. */
const PEEK_MS = 30_000;

export interface PeekParts {
  spawner: Spawner;
  deployments: Deployments;
  /** What is to be run, as it is now. */
  version: () => { record: ProcessorRecord; shape: ProcessorShape; source: string };
  /** Where all processors are to stand still: until when. Nothing is started before. */
  held: () => Promise<void> | null;
}

export class Peek {
  readonly #parts: PeekParts;
  #timer: NodeJS.Timeout | undefined;
  #link: Promise<ProcessorLink> | null = null;

  constructor(parts: PeekParts) {
    this.#parts = parts;
  }

  /** Started where there is none. Rejects where the state can not be taken up. */
  async link(): Promise<ProcessorLink> {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.close(), PEEK_MS);
    this.#timer.unref();
    this.#link ??= this.#start().catch((error: unknown) => {
      this.#link = null;
      throw error;
    });
    return this.#link;
  }

  /** Resolves once one that is just being started is there, or has failed. */
  async settled(): Promise<void> {
    await this.#link?.catch(() => {});
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    const link = this.#link;
    this.#link = null;
    await link?.then((started) => started.close()).catch(() => {});
  }

  async #start(): Promise<ProcessorLink> {
    const { spawner, deployments, version, held } = this.#parts;
    await held();
    const { record, shape, source } = version();
    const boot = await deployments.prepare(record, shape, source);
    const link = await startProcessor(spawner);
    try {
      await held();
      await link.client.restore({ ...boot, eventsAtOnce: EVENTS_AT_ONCE_MAX });
      return link;
    } catch (error) {
      await link.close();
      throw toLabError(error).code === 'disconnected' ? await link.ended : error;
    }
  }
}
