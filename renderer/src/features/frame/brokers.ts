import type { BrokerStatus } from '../../../../main/api/lab.ts';

/** The brokers, in the words of the status bar, where all of them are up. */
export function brokersSentence(brokers: readonly BrokerStatus[]): string | null {
  if (brokers.length === 0) return null;
  return brokers.length === 1 ? 'broker up' : `${brokers.length} brokers up`;
}
