/** The tray of long jobs: open while there is something to watch, out of the way when all went well. */
import { untrack } from 'svelte';
import type { Job } from '../../../../main/api/jobs.ts';
import { formatCountOf } from '../../ui/format.ts';

/** How long the tray stays after the last job went well, milliseconds. */
export const TRAY_LINGER_MS = 5_000;

export class JobsTrayState {
  open = $state(false);
  #source: () => Job[];
  /** Running ones first, then the latest. */
  readonly jobs: Job[] = $derived.by(() => this.#source().toSorted(runningThenLatest));
  readonly running: Job[] = $derived(this.jobs.filter((job) => job.state === 'running'));
  #seen: string[] = [];
  #isKnown = false;

  constructor(source: () => Job[]) {
    this.#source = source;
  }

  /** What the status bar says. */
  get summary(): string {
    const [first, ...others] = this.running;
    if (!first) return formatCountOf(this.jobs.length, 'ended job');
    if (others.length) return `${this.running.length} jobs`;
    const percent = percentOf(first);
    return percent === null ? first.title : `${first.title}, ${percent} %`;
  }

  toggle(): void {
    this.open = !this.open;
  }

  /** Run in an effect: opens the tray for a job that has begun, closes it a while after all have ended well. */
  follow(): (() => void) | undefined {
    const jobs = this.jobs;
    const begun = jobs.some((job) => !this.#seen.includes(job.id) && (job.state === 'running' || this.#isKnown));
    this.#seen = jobs.map((job) => job.id);
    if (jobs.length) this.#isKnown = true;
    if (begun) this.open = true;
    if (jobs.length === 0) this.open = false;
    const calm = jobs.every((job) => job.state === 'done' && job.rejected === 0);
    if (!calm || !untrack(() => this.open)) return undefined;
    const timer = setTimeout(() => (this.open = false), TRAY_LINGER_MS);
    return () => clearTimeout(timer);
  }
}

function runningThenLatest(a: Job, b: Job): number {
  return Number(b.state === 'running') - Number(a.state === 'running') || (b.endedAt ?? b.startedAt) - (a.endedAt ?? a.startedAt);
}

/** Whole percent done, or null where the end is not known. */
export function percentOf(job: Job): number | null {
  if (job.total === null) return null;
  return job.total === 0 ? 100 : Math.min(100, Math.floor((job.done / job.total) * 100));
}
