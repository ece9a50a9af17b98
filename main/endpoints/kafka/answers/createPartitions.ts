/** CreatePartitions: more shards, on the brokers that are said or where the lab places them. */
import { SHARDS_MAX } from '../../../api/values.ts';
import type { createPartitions } from '../apis/createPartitions.ts';
import type { Answer, Asked } from '../asked.ts';
import { KafkaError, NO_ERROR, toldOf } from '../errorCodes.ts';
import { assignedBroker } from './assignments.ts';
import { assertOnce, once } from './namedTwice.ts';
import type { RequestOf } from '../wire/api.ts';

type AskedTopic = RequestOf<typeof createPartitions>['topics'][number];

export const answerCreatePartitions: Answer<typeof createPartitions> = async ({ topics, validateOnly }, asked) => {
  await asked.topology.refresh();
  const results = [];
  for (const { one, times } of once(topics, ({ name }) => name)) results.push(await growOne(one, times, validateOnly, asked));
  return { results };
};

async function growOne({ name, count, assignments }: AskedTopic, times: number, isOnlyChecked: boolean, { topology, controller }: Asked) {
  try {
    assertOnce(times, 'The topic');
    const has = topology.byName(name)?.shards.length;
    if (has === undefined) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `There is no topic “${name}”.`);
    if (count <= has) throw new KafkaError('INVALID_PARTITIONS', `The topic has ${has} partitions. It can get more, and never fewer.`);
    if (count > SHARDS_MAX) throw new KafkaError('INVALID_PARTITIONS', `A topic has at most ${SHARDS_MAX} partitions.`);
    const brokerIds = assignments && brokersOf(assignments, count - has, topology.current());
    const grown = await controller.grow({ name, shards: count, brokerIds, isOnlyChecked });
    if (grown) await topology.reached(grown.generation);
    return { name, ...NO_ERROR };
  } catch (error) {
    return { name, ...toldOf(error) };
  }
}

/** Of each partition that is added, in turn. */
function brokersOf(
  assignments: NonNullable<AskedTopic['assignments']>,
  added: number,
  { brokers }: { brokers: { id: number }[] },
): number[] {
  if (assignments.length !== added)
    throw new KafkaError('INVALID_REPLICA_ASSIGNMENT', `${added} partitions are added, and ${assignments.length} are assigned.`);
  return assignments.map(({ brokerIds }) => assignedBroker(brokerIds, brokers));
}
