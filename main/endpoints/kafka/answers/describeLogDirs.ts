/** DescribeLogDirs: this broker's one file, and the bytes of each of its shards. */
import { statfs } from 'node:fs/promises';
import path from 'node:path';
import type { describeLogDirs } from '../apis/describeLogDirs.ts';
import type { Answer } from '../asked.ts';
import { errorCodes } from '../errorCodes.ts';

export const answerDescribeLogDirs: Answer<typeof describeLogDirs> = async ({ topics: wanted }, { topology, log, brokerId, file }) => {
  const isWanted = (topic: string, partition: number): boolean =>
    wanted === null || wanted.some((each) => each.topic === topic && each.partitions.includes(partition));
  const topics = topology.current().streams.map(({ name, shards }) => ({
    name,
    partitions: shards
      .filter((shard) => shard.brokerId === brokerId && isWanted(name, shard.number))
      .map(({ number, shardId }) => ({
        partitionIndex: number,
        partitionSize: BigInt(log.shard(shardId)?.bytes ?? 0),
        offsetLag: 0n,
        isFutureKey: false,
      })),
  }));
  const logDir = path.dirname(file);
  const { blocks, bavail, bsize } = await statfs(logDir);
  const disk = { totalBytes: BigInt(blocks) * BigInt(bsize), usableBytes: BigInt(bavail) * BigInt(bsize) };
  return { results: [{ errorCode: errorCodes.NONE, logDir, topics: topics.filter(({ partitions }) => partitions.length > 0), ...disk }] };
};
