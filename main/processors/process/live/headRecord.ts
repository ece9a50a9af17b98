/** The head of an input as a step gets it: of its bytes only what is asked for is made. It is asked before the next one is taken. */
import { NO_TIMESTAMP } from '../../../api/time.ts';
import type { LogRecord } from '../../../log/index.ts';
import type { InputRecord } from '../shardRun.ts';
import type { Input } from './input.ts';

const NONE = Number(NO_TIMESTAMP);

export class HeadRecord implements InputRecord {
  readonly stream: string;
  readonly offset: string;
  readonly timestamp: number;
  readonly #input: Input;
  #made: LogRecord | null = null;

  constructor(input: Input) {
    this.stream = input.stream;
    this.offset = input.offsetText;
    this.timestamp = input.timestamp === NONE ? Number.NaN : input.timestamp;
    this.#input = input;
  }

  get key(): Uint8Array | null {
    return this.#record.key;
  }

  get value(): Uint8Array | null {
    return this.#record.value;
  }

  get headers(): LogRecord['headers'] {
    return this.#input.hasHeaders ? this.#record.headers : [];
  }

  get #record(): LogRecord {
    return (this.#made ??= this.#input.head!);
  }
}
