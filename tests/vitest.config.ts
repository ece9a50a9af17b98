/** Unit and contract tests: Node, real SQLite files, sockets and processes. */
import path from 'node:path';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  root: path.join(import.meta.dirname, '..'),
  test: {
    include: ['tests/unit/**/*.test.ts', 'tests/contract/**/*.test.ts', 'tests/engine/**/*.test.ts'],
    // A process a file: better-sqlite3 must not be loaded in threads that are terminated.
    pool: 'forks',
    // Tests wait for processes and disks most of the time: no core is kept free of them.
    maxWorkers: '100%',
    setupFiles: ['tests/patience.ts'],
    // See tests/patience.ts.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    teardownTimeout: 60_000,
    expect: { poll: { timeout: 90_000 } },
    globalSetup: path.join(import.meta.dirname, 'buildPrograms.ts'),
  },
});
