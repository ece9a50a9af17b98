/** All requests that are served, by their keys. What is not here is not told of, and a connection that sends it is closed. */
import type { Api } from '../wire/api.ts';
import { alterConfigs } from './alterConfigs.ts';
import { apiVersions } from './apiVersions.ts';
import { createPartitions } from './createPartitions.ts';
import { createTopics } from './createTopics.ts';
import { deleteRecords } from './deleteRecords.ts';
import { deleteTopics } from './deleteTopics.ts';
import { describeCluster } from './describeCluster.ts';
import { describeConfigs } from './describeConfigs.ts';
import { describeLogDirs } from './describeLogDirs.ts';
import { describeTopicPartitions } from './describeTopicPartitions.ts';
import { fetch } from './fetch.ts';
import { incrementalAlterConfigs } from './incrementalAlterConfigs.ts';
import { initProducerId } from './initProducerId.ts';
import { listOffsets } from './listOffsets.ts';
import { metadata } from './metadata.ts';
import { offsetForLeaderEpoch } from './offsetForLeaderEpoch.ts';
import { produce } from './produce.ts';

export const apis = {
  produce,
  fetch,
  listOffsets,
  metadata,
  apiVersions,
  createTopics,
  deleteTopics,
  deleteRecords,
  initProducerId,
  offsetForLeaderEpoch,
  describeConfigs,
  alterConfigs,
  describeLogDirs,
  createPartitions,
  incrementalAlterConfigs,
  describeCluster,
  describeTopicPartitions,
};

export type ApiName = keyof typeof apis;

const byKey = new Map(Object.entries(apis).map(([name, declared]) => [declared.key, name as ApiName]));

export const apiNameOf = (key: number): ApiName | undefined => byKey.get(key);

/** The same, with what all of them have in common alone. */
export const apiOf = (name: ApiName): Api => apis[name] as unknown as Api;
