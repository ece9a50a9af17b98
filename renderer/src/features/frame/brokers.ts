import type { BrokerStatus } from '../../../../main/api/lab.ts';

/** How the brokers do, in the words of the status bar. */
export function brokersSentence(brokers: BrokerStatus[]): { text: string; good: boolean } | null {
  if (brokers.length === 0) return null;
  const up = brokers.filter((broker) => broker.state === 'up').length;
  const good = up === brokers.length;
  if (brokers.length > 1) return { text: `${up} of ${brokers.length} brokers`, good };
  const [only] = brokers as [BrokerStatus];
  return { text: { up: 'broker up', starting: 'broker starting', down: 'broker down' }[only.state], good };
}
