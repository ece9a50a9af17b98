/** Where a client finds a partition that another broker has: told with the refusal, so that it need not ask (KIP-951). */
import { HOST, type KnownTopology, NotLeader } from '../topology.ts';

export function leaderSaidIn(failure: unknown): { leaderId: number; leaderEpoch: number } | null {
  return failure instanceof NotLeader ? { leaderId: failure.shard.brokerId, leaderEpoch: failure.shard.leaderEpoch } : null;
}

export function otherLeaders(failures: readonly unknown[], topology: KnownTopology): { nodeId: number; host: string; port: number }[] {
  const leaders = failures.flatMap((failure) => (failure instanceof NotLeader ? (topology.leader(failure.shard) ?? []) : []));
  return [...new Set(leaders)].map(({ id, kafkaPort }) => ({ nodeId: id, host: HOST, port: kafkaPort }));
}
