/** How the programs are built: one file an entry in dist/main, packages left outside but for one. */
import path from 'node:path';
import { defineConfig } from 'vite';

const here = import.meta.dirname;
const entries = {
  index: 'index.ts',
  start: 'start.ts',
  engine: 'engineProcess.ts',
  broker: 'cluster/brokerProcess.ts',
  logWriter: 'log/writerThread.ts',
  logCheckpoint: 'log/checkpointThread.ts',
  processor: 'processors/process/processorProcess.ts',
  rehearsal: 'processors/rehearsal/rehearsalProcess.ts',
  processorWatchdog: 'processors/process/watchdogThread.ts',
  serve: 'web/serve.ts',
  loglab: 'cli/loglab.ts',
};

export default defineConfig({
  root: here,
  // Of which little is used: what is not stays out of four threads' memory.
  ssr: { noExternal: ['valibot'] },
  build: {
    ssr: true,
    target: 'node24',
    outDir: path.join(here, '../dist/main'),
    emptyOutDir: true,
    minify: false,
    sourcemap: true,
    rollupOptions: {
      input: Object.fromEntries(Object.entries(entries).map(([name, file]) => [name, path.join(here, file)])),
      output: { entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
    },
  },
});
