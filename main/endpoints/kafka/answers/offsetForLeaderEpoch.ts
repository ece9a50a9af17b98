/** OffsetForLeaderEpoch: where the batches of an epoch end. */
import type { offsetForLeaderEpoch } from '../apis/offsetForLeaderEpoch.ts';
import type { Answer } from '../asked.ts';
import { errorCodes, toldOf } from '../errorCodes.ts';
import { ZERO_UUID } from '../wire/types.ts';

export const answerOffsetForLeaderEpoch: Answer<typeof offsetForLeaderEpoch> = ({ topics }, { topology, log }) => ({
  topics: topics.map(({ topic, partitions }) => ({
    topic,
    partitions: partitions.map(({ partition, currentLeaderEpoch, leaderEpoch }) => {
      try {
        const { shardId } = topology.own({ name: topic, topicId: ZERO_UUID }, partition, currentLeaderEpoch);
        const end = leaderEpoch === -1 ? null : log.reader.epochEnd(shardId, leaderEpoch);
        return { errorCode: errorCodes.NONE, partition, leaderEpoch: end?.epoch ?? -1, endOffset: end?.endOffset ?? -1n };
      } catch (error) {
        return { errorCode: toldOf(error).errorCode, partition };
      }
    }),
  })),
});
