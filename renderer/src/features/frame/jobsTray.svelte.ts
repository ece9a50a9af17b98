/** The tray of long jobs: open while there is something to watch, out of the way when all went well. */
import { untrack } from 'svelte';
import type { Job } from '../../../../main/api/jobs.ts';
import { formatCountOf } from '../../ui/format.ts';

/** How long a job that went well stays after its end, milliseconds. One with a problem stays until it is dismissed. */
export const JOB_DONE_SHOWN_MS = 6_000;

/** Also to a page that is just opened: one that failed stays listed until someone has taken note, as after a crash of the lab. */
const isNewsToAll = ({ state }: Job): boolean => state === 'running' || state === 'failed';
const wentWell = (job: Job): boolean => job.state === 'done' && job.rejected === 0;

export class JobsTrayState {
  open = $state(false);
  /** True while someone points at the tray or has the keyboard in it: then nothing is taken away from under them. */
  held = false;
  #left = $state.raw<readonly string[]>([]);
  #source: () => Job[];
  /** Running ones first, then the latest. */
  readonly jobs: Job[] = $derived.by(() =>
    this.#source()
      .filter(({ id }) => !this.#left.includes(id))
      .toSorted(runningThenLatest),
  );
  readonly running: Job[] = $derived(this.jobs.filter((job) => job.state === 'running'));
  #seen: string[] = [];
  #isKnown = false;
  /** Timers of those that are about to leave, by job. */
  #leaving: Record<string, ReturnType<typeof setTimeout>> = {};

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

  /** Run in an effect: opens the tray for a job that is news, and lets those go that went well. */
  follow(): void {
    const jobs = this.#source();
    const news = jobs.filter((job) => !this.#seen.includes(job.id) && (this.#isKnown || isNewsToAll(job)));
    for (const job of jobs.filter(wentWell)) {
      // What had ended before the page came is no news to it.
      if (this.#seen.includes(job.id) || news.includes(job)) this.#letGo(job.id);
      else this.#leave(job.id);
    }
    this.#seen = jobs.map(({ id }) => id);
    if (jobs.length) this.#isKnown = true;
    if (news.length) this.open = true;
    if (this.jobs.length === 0) this.open = false;
  }

  close(): void {
    for (const timer of Object.values(this.#leaving)) clearTimeout(timer);
    this.#leaving = {};
  }

  #letGo(id: string): void {
    if (id in this.#leaving || untrack(() => this.#left.includes(id))) return;
    this.#leaving[id] = setTimeout(() => {
      delete this.#leaving[id];
      if (this.held) this.#letGo(id);
      else this.#leave(id);
    }, JOB_DONE_SHOWN_MS);
  }

  #leave(id: string): void {
    untrack(() => {
      if (this.#left.includes(id)) return;
      // The lab lists a limited number of jobs; what it no longer lists need not be remembered either.
      const listed = this.#source().map((job) => job.id);
      this.#left = [...this.#left, id].filter((one) => listed.includes(one));
    });
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
