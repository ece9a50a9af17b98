/** The processes below a lab, and the end of one of them as a power cut would end it. */
import { execFileSync } from 'node:child_process';
import type { LabClient } from '../../main/api/index.ts';
import type { BrokerStatus } from '../../main/api/lab.ts';

export async function broker(client: LabClient): Promise<BrokerStatus> {
  for await (const { brokers } of client.lab.watch({})) return brokers[0]!;
  throw new Error('The lab told nothing of its broker.');
}

/** The engine is what the broker's process is a child of. */
export async function enginePid(client: LabClient): Promise<number> {
  const { pid } = await broker(client);
  return Number(execFileSync('ps', ['-o', 'ppid=', '-p', String(pid)], { encoding: 'utf8' }));
}

export function crash(pid: number): void {
  process.kill(pid, 'SIGKILL');
}
