/** A topic and its partitions, as Metadata and DescribeTopicPartitions tell of them. */
import type { PlacedShard, PlacedStream } from '../../../cluster/controllerContract.ts';
import { errorCodes } from '../errorCodes.ts';
import { HOST, type KnownTopology } from '../topology.ts';

/** All operations of a topic, or of the cluster, as bits by their numbers in AclOperation: nobody here is forbidden anything. */
export const TOPIC_OPERATIONS = bits(3, 4, 5, 6, 7, 8, 10, 11);
export const CLUSTER_OPERATIONS = bits(5, 7, 8, 9, 10, 11, 12);

function bits(...operations: number[]): number {
  return operations.reduce((sum, operation) => sum | (1 << operation), 0);
}

export function partitionOf(topology: KnownTopology, shard: PlacedShard) {
  const isUp = topology.leader(shard) !== undefined;
  return {
    errorCode: isUp ? errorCodes.NONE : errorCodes.LEADER_NOT_AVAILABLE,
    partitionIndex: shard.number,
    leaderId: isUp ? shard.brokerId : -1,
    leaderEpoch: shard.leaderEpoch,
    replicaNodes: [shard.brokerId],
    isrNodes: isUp ? [shard.brokerId] : [],
    offlineReplicas: isUp ? [] : [shard.brokerId],
  };
}

/** A stream whose file is lost has no partitions. */
export const errorOf = ({ shards }: PlacedStream): number => (shards.length === 0 ? errorCodes.KAFKA_STORAGE_ERROR : errorCodes.NONE);

export function brokersOf(topology: KnownTopology): { nodeId: number; host: string; port: number }[] {
  return topology.current().brokers.map(({ id, kafkaPort }) => ({ nodeId: id, host: HOST, port: kafkaPort }));
}

/** Any broker passes on what concerns the controller; the first is named as it. */
export const controllerIdOf = (topology: KnownTopology): number => topology.current().brokers[0]?.id ?? -1;
