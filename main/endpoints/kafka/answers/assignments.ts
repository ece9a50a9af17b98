/** Where clients want partitions to be: each on one broker, as the lab keeps one replica. */
import { KafkaError } from '../errorCodes.ts';

/** The broker that is said for a partition. Throws INVALID_REPLICA_ASSIGNMENT. */
export function assignedBroker(brokerIds: readonly number[], brokers: readonly { id: number }[]): number {
  const [id] = brokerIds;
  if (brokerIds.length === 1 && brokers.some((broker) => broker.id === id)) return id!;
  throw new KafkaError('INVALID_REPLICA_ASSIGNMENT', `Each partition is on one broker that is up, not on [${brokerIds.join(', ')}].`);
}
