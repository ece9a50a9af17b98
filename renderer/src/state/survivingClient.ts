/** A client that outlives connections: each call goes to the connection of the moment, and is refused while there is none. */
import { LabError } from '../../../main/api/errors.ts';
import { labContract, type LabClient } from '../../../main/api/index.ts';

type AnyMethod = (input: unknown, options?: object) => unknown;
type AnyClient = Record<string, Record<string, AnyMethod>>;

const notConnected = (): LabError => new LabError('disconnected', 'The page is not connected to the lab right now.');

export function survivingClient(current: () => LabClient | null): LabClient {
  const domains = Object.entries(labContract).map(([domain, methods]) => {
    const survivors = Object.entries(methods).map(([name, declared]) => {
      const method = (): AnyMethod | undefined => (current() as AnyClient | null)?.[domain]?.[name];
      const refuse = declared.kind === 'call' ? () => Promise.reject(notConnected()) : () => failing();
      return [name, (input: unknown, options?: object) => (method() ?? refuse)(input, options)];
    });
    return [domain, Object.fromEntries(survivors)];
  });
  return Object.fromEntries(domains) as LabClient;
}

/** A stream that fails at its first item. */
async function* failing(): AsyncGenerator<never> {
  throw notConnected();
}
