/** The processes of a served lab as the system lists them: serve.js started engine.js, and that started broker.js and processor.js, as often as there are some. */
import { execFileSync } from 'node:child_process';

export interface LabProcesses {
  engine: number | undefined;
  brokers: number[];
  processors: number[];
}

interface Listed {
  pid: number;
  parent: number;
  args: string;
}

function listAll(): Listed[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat=,args='], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 }).split('\n');
  return lines.flatMap((line) => {
    const [, pid, parent, state, args] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    // An orphan that nobody has reaped yet has ended all the same.
    return args === undefined || state!.startsWith('Z') ? [] : [{ pid: Number(pid), parent: Number(parent), args }];
  });
}

export function processesOf(serving: number): LabProcesses {
  const all = listAll();
  const engine = all.find(({ parent, args }) => parent === serving && args.includes('engine.js'))?.pid;
  const children = (program: string): number[] =>
    all.filter(({ parent, args }) => parent === engine && args.includes(program)).map(({ pid }) => pid);
  return { engine, brokers: children('broker.js'), processors: children('processor.js') };
}

/** Those of them that still run. */
export function running(pids: readonly number[]): number[] {
  const all = new Set(listAll().map(({ pid }) => pid));
  return pids.filter((pid) => all.has(pid));
}

/** True where there was something to kill. */
export function killHard(pid: number | undefined): boolean {
  if (pid === undefined) return false;
  try {
    process.kill(pid, 'SIGKILL');
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}
