/** Requests that name one thing twice: Kafka answers for each thing once, and refuses those that it was asked for more than once. */
import { KafkaError } from '../errorCodes.ts';

/** Each once, the first of those with its key, and how often it is there. */
export function once<T>(asked: readonly T[], keyOf: (one: T) => string): { one: T; times: number }[] {
  const all = new Map<string, { one: T; times: number }>();
  for (const one of asked) {
    const known = all.get(keyOf(one));
    if (known) known.times += 1;
    else all.set(keyOf(one), { one, times: 1 });
  }
  return [...all.values()];
}

/** Throws INVALID_REQUEST. */
export function assertOnce(times: number, what: string): void {
  if (times > 1) throw new KafkaError('INVALID_REQUEST', `${what} is named ${times} times.`);
}
