/** What answers each request that is served. */
import type { apis } from '../apis/index.ts';
import type { Answer } from '../asked.ts';
import { answerAlterConfigs, answerIncrementalAlterConfigs } from './alterConfigs.ts';
import { answerApiVersions } from './apiVersions.ts';
import { answerCreatePartitions } from './createPartitions.ts';
import { answerCreateTopics } from './createTopics.ts';
import { answerDeleteRecords } from './deleteRecords.ts';
import { answerDeleteTopics } from './deleteTopics.ts';
import { answerDescribeCluster } from './describeCluster.ts';
import { answerDescribeConfigs } from './describeConfigs.ts';
import { answerDescribeLogDirs } from './describeLogDirs.ts';
import { answerDescribeTopicPartitions } from './describeTopicPartitions.ts';
import { answerFetch } from './fetch.ts';
import { answerInitProducerId } from './initProducerId.ts';
import { answerListOffsets } from './listOffsets.ts';
import { answerMetadata } from './metadata.ts';
import { answerOffsetForLeaderEpoch } from './offsetForLeaderEpoch.ts';
import { answerProduce } from './produce.ts';

export const answers: { [N in keyof typeof apis]: Answer<(typeof apis)[N]> } = {
  produce: answerProduce,
  fetch: answerFetch,
  listOffsets: answerListOffsets,
  metadata: answerMetadata,
  apiVersions: answerApiVersions,
  createTopics: answerCreateTopics,
  deleteTopics: answerDeleteTopics,
  deleteRecords: answerDeleteRecords,
  initProducerId: answerInitProducerId,
  offsetForLeaderEpoch: answerOffsetForLeaderEpoch,
  describeConfigs: answerDescribeConfigs,
  alterConfigs: answerAlterConfigs,
  describeLogDirs: answerDescribeLogDirs,
  createPartitions: answerCreatePartitions,
  incrementalAlterConfigs: answerIncrementalAlterConfigs,
  describeCluster: answerDescribeCluster,
  describeTopicPartitions: answerDescribeTopicPartitions,
};
