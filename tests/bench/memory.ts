/** What processes hold in memory, from /proc. */
import { readdirSync, readFileSync } from 'node:fs';

/** The process and all below it. */
export function family(pid: number): number[] {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const stat = read(`/proc/${name}/stat`);
      return stat ? [{ pid: Number(name), parent: Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) }] : [];
    });
  const below = (of: number): number[] => [of, ...parents.filter((each) => each.parent === of).flatMap((each) => below(each.pid))];
  return below(pid);
}

/** Of these processes together, bytes. */
export function memoryOf(pids: readonly number[]): number {
  return pids.reduce((total, pid) => total + residentBytes(pid), 0);
}

/** Proportional set size: pages that processes share are counted once. */
function residentBytes(pid: number): number {
  const kilobytes = /^Pss:\s+(\d+) kB/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1];
  return Number(kilobytes ?? 0) * 1024;
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
