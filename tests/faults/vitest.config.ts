/**
 * Fault tests: processes that are killed, power that fails, disks that are full or read-only, bits that flip. What they need of the system
 * (strace, mounts) they ask for, and fail with the reason where it is not to be had. FAULTS_SEED repeats a run.
 */
import { randomInt } from 'node:crypto';
import path from 'node:path';
import { defineConfig } from 'vitest/config';

const seed = process.env.FAULTS_SEED ?? String(randomInt(2 ** 31));
console.log(`FAULTS_SEED=${seed}`);

export default defineConfig({
  root: path.join(import.meta.dirname, '../..'),
  test: {
    include: ['tests/faults/**/*.test.ts'],
    pool: 'forks',
    // Moments are chosen at random; two files at once would only make each other's rarer.
    fileParallelism: false,
    setupFiles: ['tests/patience.ts'],
    // See tests/patience.ts.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    teardownTimeout: 60_000,
    expect: { poll: { timeout: 90_000 } },
    env: { FAULTS_SEED: seed },
    globalSetup: path.join(import.meta.dirname, '../buildPrograms.ts'),
  },
});
