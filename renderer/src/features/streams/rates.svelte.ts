/** The last minute of each stream's rate, as far as the page has seen it: from its first moment on, whatever screen is shown. */
import type { StreamSummary } from '../../../../main/api/streams.ts';
import type { LabState } from '../../state/lab.svelte.ts';

/** Samples kept per stream, one a second. */
export const RATE_SAMPLES = 60;
export const RATE_SAMPLE_MS = 1_000;

export class Rates {
  #byStream = $state.raw<Record<string, number[]>>({});

  of(stream: string): number[] {
    return this.#byStream[stream] ?? [];
  }

  sample(streams: StreamSummary[]): void {
    this.#byStream = Object.fromEntries(
      streams.map(({ name, eventsPerSecond }) => [name, [...this.of(name), eventsPerSecond].slice(-RATE_SAMPLES)]),
    );
  }
}

const known = new WeakMap<LabState, Rates>();

export function ratesOf(lab: LabState): Rates {
  const rates = known.get(lab) ?? new Rates();
  known.set(lab, rates);
  return rates;
}

/** Samples the rates of a lab's streams from now on; answers how to end it. */
export function sampleRates(lab: LabState): () => void {
  const rates = ratesOf(lab);
  const timer = setInterval(() => rates.sample(lab.streams), RATE_SAMPLE_MS);
  return () => clearInterval(timer);
}

/** A line through the samples, newest at the right, the highest at the top. Empty where nothing moved. */
export function ratePoints(taken: number[], width: number, height: number): string {
  // One alone is a line already: as long as it takes until the next one.
  const samples = taken.length === 1 ? [...taken, ...taken] : taken;
  const top = Math.max(...samples, 0);
  if (top <= 0) return '';
  const step = width / (RATE_SAMPLES - 1);
  const left = width - (samples.length - 1) * step;
  return samples
    .map((rate, index) => `${(left + index * step).toFixed(1)},${(height - 1 - (rate / top) * (height - 2)).toFixed(1)}`)
    .join(' ');
}
