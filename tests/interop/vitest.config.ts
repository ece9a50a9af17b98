/**
 * Interop tests: what others wrote reads what we write, and the other way round. The peers are real programs (peers.ts); one that is
 * missing fails its tests with the reason. INTEROP_SEED repeats a run.
 */
import { randomInt } from 'node:crypto';
import path from 'node:path';
import { defineConfig } from 'vitest/config';

const seed = process.env.INTEROP_SEED ?? String(randomInt(2 ** 31));
console.log(`INTEROP_SEED=${seed}`);

export default defineConfig({
  root: path.join(import.meta.dirname, '../..'),
  test: {
    include: ['tests/interop/**/*.test.ts'],
    pool: 'forks',
    // Peers are fetched by the first test that needs them, and a second must not fetch them at the same time.
    fileParallelism: false,
    // The first test that asks a peer also fetches it, and that takes what the network takes.
    testTimeout: 15 * 60_000,
    hookTimeout: 15 * 60_000,
    setupFiles: ['tests/patience.ts'],
    expect: { poll: { timeout: 90_000 } },
    env: { INTEROP_SEED: seed },
    globalSetup: path.join(import.meta.dirname, '../buildPrograms.ts'),
  },
});
