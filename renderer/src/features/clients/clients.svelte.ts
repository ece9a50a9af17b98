/** The programs that are connected, followed for as long as the page shows them. */
import type { KafkaAddress } from '../../../../main/api/clients.ts';
import { toLabError } from '../../../../main/api/errors.ts';
import type { LabState } from '../../state/lab.svelte.ts';
import { type Program, programsOf, RequestRates } from './programs.ts';

/** Rates are of about this long, milliseconds. */
const RATE_MS = 1_000;

export class FollowedClients {
  programs = $state.raw<Program[] | null>(null);
  rates = $state.raw<ReadonlyMap<string, number> | null>(null);
  addresses = $state.raw<KafkaAddress[]>([]);
  readonly #lab: LabState;
  readonly #meter = new RequestRates();

  constructor(lab: LabState) {
    this.#lab = lab;
  }

  /** In an effect: begins again when the connection is back. Answers how to end it. */
  follow(): () => void {
    const gone = new AbortController();
    const timer = setInterval(() => (this.rates = this.#meter.take(this.programs ?? [], performance.now())), RATE_MS);
    if (this.#lab.connection === 'up') void this.#take(gone.signal);
    return () => {
      clearInterval(timer);
      gone.abort();
    };
  }

  async #take(signal: AbortSignal): Promise<void> {
    const { client } = this.#lab;
    try {
      this.addresses = await client.clients.addresses({});
      for await (const connections of client.clients.watch({}, { signal })) this.programs = programsOf(connections);
    } catch (thrown) {
      const error = toLabError(thrown);
      if (!signal.aborted && error.code !== 'disconnected') this.#lab.notify(error, { reading: true });
    }
  }
}
