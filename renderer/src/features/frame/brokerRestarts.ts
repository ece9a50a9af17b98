/** A broker that heals fast may be down between two looks at it: that it was started again shows in its count alone. */
import type { BrokerStatus } from '../../../../main/api/lab.ts';

export class BrokerRestarts {
  /** How often each broker, by id, had been started again when that was last said. */
  #said = new Map<number, number>();

  /** A sentence for each broker that was started again since the last look and is up. What was before the first look is old news. */
  saw(brokers: readonly BrokerStatus[]): string[] {
    const sentences: string[] = [];
    for (const { id, restarts, state } of brokers) {
      const before = this.#said.get(id);
      const grown = before !== undefined && restarts > before;
      if (grown && state !== 'up') continue; // not yet
      this.#said.set(id, restarts);
      if (grown) sentences.push(`Broker ${id} had ended and was started again. No acknowledged event is lost.`);
    }
    return sentences;
  }
}
