/** CreateTopics: streams, made by the engine. */
import { SHARDS_MAX } from '../../../api/values.ts';
import type { createTopics } from '../apis/createTopics.ts';
import type { Answer, Asked } from '../asked.ts';
import { allSettingsOf, topicConfigs } from '../configs.ts';
import { errorCodes, KafkaError, NO_ERROR, toldOf } from '../errorCodes.ts';
import { assignedBroker } from './assignments.ts';
import { assertOnce, once } from './namedTwice.ts';
import type { RequestOf, ResponseOf } from '../wire/api.ts';
import { ZERO_UUID } from '../wire/types.ts';

type AskedTopic = RequestOf<typeof createTopics>['topics'][number];
type AnsweredTopic = ResponseOf<typeof createTopics>['topics'][number];

const DEFAULT = -1;

export const answerCreateTopics: Answer<typeof createTopics> = async ({ topics, validateOnly }, asked) => {
  await asked.topology.refresh();
  const answers: AnsweredTopic[] = [];
  for (const { one, times } of once(topics, ({ name }) => name)) answers.push(await createOne(one, times, validateOnly, asked));
  return { topics: answers };
};

async function createOne(
  topic: AskedTopic,
  times: number,
  isOnlyChecked: boolean,
  { topology, controller }: Asked,
): Promise<AnsweredTopic> {
  const { name } = topic;
  try {
    assertOnce(times, 'The topic');
    const { shards, brokerIds } = placesOf(topic, topology.current());
    const unset = topic.configs.find(({ value }) => value === null);
    if (unset) throw new KafkaError('INVALID_CONFIG', `${unset.name} has no value.`);
    const settings = allSettingsOf(topic.configs);
    const made = await controller.createStream({ name, shards, brokerIds, settings, isOnlyChecked });
    if (made) await topology.reached(made.generation);
    const configs = made ? topicConfigs(made.stream.settings).map(({ source, ...config }) => ({ ...config, configSource: source })) : [];
    return { name, topicId: made?.stream.id ?? ZERO_UUID, ...NO_ERROR, numPartitions: shards, replicationFactor: 1, configs };
  } catch (error) {
    const { errorCode, errorMessage } = toldOf(error);
    // Its name is free, and yet too much like another one's (streams/registry.ts).
    const isTwin = errorCode === errorCodes.TOPIC_ALREADY_EXISTS && !topology.byName(name);
    return refused(topic, isTwin ? new KafkaError('INVALID_TOPIC_EXCEPTION', errorMessage) : error);
  }
}

function refused({ name }: AskedTopic, error: unknown): AnsweredTopic {
  return { name, topicId: ZERO_UUID, ...toldOf(error), configs: [] };
}

/** How many shards, and where, where that is said. */
function placesOf(
  { numPartitions, replicationFactor, assignments }: AskedTopic,
  { creation, brokers }: { creation: { shards: number }; brokers: { id: number }[] },
): { shards: number; brokerIds: number[] | null } {
  if (assignments.length > 0) {
    if (numPartitions !== DEFAULT || replicationFactor !== DEFAULT) {
      throw new KafkaError('INVALID_REQUEST', 'Where partitions are assigned, their number and their replicas are −1.');
    }
    const inOrder = [...assignments].sort((a, b) => a.partitionIndex - b.partitionIndex);
    const brokerIds = inOrder.map(({ partitionIndex, brokerIds: own }, index) => {
      if (partitionIndex === index) return assignedBroker(own, brokers);
      throw new KafkaError('INVALID_REPLICA_ASSIGNMENT', 'Partitions are assigned from 0 on, each once.');
    });
    return { shards: checked(brokerIds.length), brokerIds };
  }
  if (replicationFactor !== DEFAULT && replicationFactor !== 1) {
    throw new KafkaError(
      'INVALID_REPLICATION_FACTOR',
      `A partition is on one broker in the lab; the replication factor can not be ${replicationFactor}.`,
    );
  }
  return { shards: checked(numPartitions === DEFAULT ? creation.shards : numPartitions), brokerIds: null };
}

function checked(shards: number): number {
  if (shards >= 1 && shards <= SHARDS_MAX) return shards;
  throw new KafkaError('INVALID_PARTITIONS', `A topic has 1 to ${SHARDS_MAX} partitions, not ${shards}.`);
}
