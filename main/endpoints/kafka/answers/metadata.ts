/** Metadata: brokers and topics. A topic that is not known is asked of the engine, and made where that is wanted, before it is said not to be. */
import { type metadata, OPERATIONS_NOT_ASKED } from '../apis/metadata.ts';
import type { PlacedStream } from '../../../cluster/controllerContract.ts';
import { streamNameProblem } from '../../../api/values.ts';
import { toLabError } from '../../../api/errors.ts';
import type { Answer, Asked } from '../asked.ts';
import { errorCodes, toldOf } from '../errorCodes.ts';
import type { RequestOf } from '../wire/api.ts';
import { ZERO_UUID } from '../wire/types.ts';
import { once } from './namedTwice.ts';
import { brokersOf, CLUSTER_OPERATIONS, controllerIdOf, errorOf, partitionOf, TOPIC_OPERATIONS } from './topics.ts';

type AskedTopic = NonNullable<RequestOf<typeof metadata>['topics']>[number];

/** From which version on a topic that is not there may have no name. */
const NAMELESS_VERSION_MIN = 12;

interface Found {
  topic: AskedTopic;
  stream: PlacedStream | undefined;
  errorCode: number;
}

export const answerMetadata: Answer<typeof metadata> = async (request, asked) => {
  const { topology } = asked;
  const isAll = request.topics === null || (asked.version === 0 && request.topics.length === 0);
  const found = isAll ? [] : await findAll(request.topics!, request.allowAutoTopicCreation, asked);
  const streams = isAll
    ? topology.current().streams.map((stream): Found => ({ topic: named(stream), stream, errorCode: errorOf(stream) }))
    : found;
  return {
    brokers: brokersOf(topology),
    clusterId: topology.current().clusterId,
    controllerId: controllerIdOf(topology),
    topics: streams.map(({ topic, stream, errorCode }) => ({
      errorCode,
      name: stream?.name ?? topic.name ?? (asked.version >= NAMELESS_VERSION_MIN ? null : ''),
      topicId: stream?.id ?? topic.topicId,
      partitions: stream?.shards.map((shard) => partitionOf(topology, shard)) ?? [],
      topicAuthorizedOperations: request.includeTopicAuthorizedOperations ? TOPIC_OPERATIONS : OPERATIONS_NOT_ASKED,
    })),
    clusterAuthorizedOperations: request.includeClusterAuthorizedOperations ? CLUSTER_OPERATIONS : OPERATIONS_NOT_ASKED,
  };
};

const named = ({ id, name }: PlacedStream): AskedTopic => ({ topicId: id, name });

async function findAll(topics: readonly AskedTopic[], mayCreate: boolean, asked: Asked): Promise<Found[]> {
  const { topology } = asked;
  const find = (topic: AskedTopic): PlacedStream | undefined => topology.find({ ...topic, name: topic.name ?? '' });
  if (topics.some((topic) => !find(topic))) await topology.refresh();
  const found: Found[] = [];
  for (const { one: topic } of once(topics, ({ topicId, name }) => `${topicId} ${name}`)) {
    const stream = find(topic);
    if (stream) found.push({ topic, stream, errorCode: errorOf(stream) });
    else if (topic.topicId !== ZERO_UUID) found.push({ topic, stream, errorCode: errorCodes.UNKNOWN_TOPIC_ID });
    else found.push(await notFound(topic, mayCreate, asked));
  }
  return found;
}

async function notFound(topic: AskedTopic, mayCreate: boolean, { topology, controller }: Asked): Promise<Found> {
  const name = topic.name ?? '';
  const { isOnUse, shards } = topology.current().creation;
  if (streamNameProblem(name) !== null) return { topic, stream: undefined, errorCode: errorCodes.INVALID_TOPIC_EXCEPTION };
  if (!mayCreate || !isOnUse) return { topic, stream: undefined, errorCode: errorCodes.UNKNOWN_TOPIC_OR_PARTITION };
  try {
    const made = await controller.createStream({ name, shards, brokerIds: null, settings: {}, isOnlyChecked: false });
    await topology.reached(made!.generation);
    return { topic, stream: topology.byName(name), errorCode: errorCodes.NONE };
  } catch (error) {
    // Another client was quicker, or the name is not free in another way.
    const isBusy = toLabError(error).code === 'stream-exists' && toLabError(error).retriable;
    const { errorCode } = toldOf(error);
    if (isBusy) return { topic, stream: undefined, errorCode: errorCodes.LEADER_NOT_AVAILABLE };
    return {
      topic,
      stream: undefined,
      errorCode: errorCode === errorCodes.TOPIC_ALREADY_EXISTS ? errorCodes.INVALID_TOPIC_EXCEPTION : errorCode,
    };
  }
}
