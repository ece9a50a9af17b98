/** What configurations are of. */
import { streamNameProblem } from '../../../api/values.ts';
import type { PlacedStream } from '../../../cluster/controllerContract.ts';
import { KafkaError } from '../errorCodes.ts';
import type { KnownTopology } from '../topology.ts';

/** Kafka's numbers of them. */
export const RESOURCE_TOPIC = 2;
export const RESOURCE_BROKER = 4;

export interface Resource {
  resourceType: number;
  resourceName: string;
}

/** The topic, where it is one. Throws UNKNOWN_TOPIC_OR_PARTITION, INVALID_TOPIC_EXCEPTION for a name that none can have, and INVALID_REQUEST for what can not be changed. */
export function topicOf({ resourceType, resourceName }: Resource, topology: KnownTopology): PlacedStream {
  if (resourceType !== RESOURCE_TOPIC)
    throw new KafkaError('INVALID_REQUEST', 'Only the configurations of topics can be changed; the rest is in the lab’s settings.');
  const problem = streamNameProblem(resourceName);
  if (problem !== null) throw new KafkaError('INVALID_TOPIC_EXCEPTION', problem);
  const stream = topology.byName(resourceName);
  if (!stream) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `There is no topic “${resourceName}”.`);
  return stream;
}
