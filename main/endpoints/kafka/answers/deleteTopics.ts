/** DeleteTopics: streams with all their events. */
import type { deleteTopics } from '../apis/deleteTopics.ts';
import type { Answer, Asked } from '../asked.ts';
import { KafkaError, NO_ERROR, toldOf } from '../errorCodes.ts';
import { assertOnce, once } from './namedTwice.ts';
import { ZERO_UUID } from '../wire/types.ts';

interface Topic {
  name: string | null;
  topicId: string;
}

export const answerDeleteTopics: Answer<typeof deleteTopics> = async ({ topics, topicNames }, asked) => {
  await asked.topology.refresh();
  const named = topics.length > 0 ? topics : topicNames.map((name): Topic => ({ name, topicId: ZERO_UUID }));
  const responses = [];
  for (const { one, times } of once(named, ({ name, topicId }) => name ?? topicId)) responses.push(await deleteOne(one, times, asked));
  return { responses };
};

async function deleteOne({ name, topicId }: Topic, times: number, { topology, controller }: Asked) {
  try {
    assertOnce(times, 'The topic');
    if (name !== null && topicId !== ZERO_UUID) throw new KafkaError('INVALID_REQUEST', 'A topic is named or given by its id, not both.');
    const stream = topology.find({ name: name ?? '', topicId });
    if (!stream && topicId !== ZERO_UUID) throw new KafkaError('UNKNOWN_TOPIC_ID', `There is no topic with the id ${topicId}.`);
    if (!stream) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `There is no topic “${name}”.`);
    const { generation } = await controller.deleteStream({ name: stream.name });
    await topology.reached(generation);
    return { name: stream.name, topicId: stream.id, ...NO_ERROR };
  } catch (error) {
    return { name, topicId, ...toldOf(error) };
  }
}
