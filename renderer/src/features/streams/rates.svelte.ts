/** The last minute of each stream's rate, as the page has seen it. */
import type { StreamSummary } from '../../../../main/api/streams.ts';

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

/** A line through the samples, newest at the right, the highest at the top. Empty where nothing moved. */
export function ratePoints(samples: number[], width: number, height: number): string {
  const top = Math.max(...samples, 0);
  if (top <= 0 || samples.length < 2) return '';
  const step = width / (RATE_SAMPLES - 1);
  const left = width - (samples.length - 1) * step;
  return samples
    .map((rate, index) => `${(left + index * step).toFixed(1)},${(height - 1 - (rate / top) * (height - 2)).toFixed(1)}`)
    .join(' ');
}
