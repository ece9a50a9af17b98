/** How the preload is built: a sandboxed preload is one CommonJS file, and may require little but `electron`. */
import path from 'node:path';
import { defineConfig } from 'vite';

const here = import.meta.dirname;

export default defineConfig({
  root: here,
  build: {
    ssr: true,
    target: 'node24',
    outDir: path.join(here, '../../dist/preload'),
    emptyOutDir: true,
    minify: false,
    rollupOptions: {
      input: path.join(here, 'preload.ts'),
      external: ['electron'],
      output: { format: 'cjs', entryFileNames: 'preload.cjs', codeSplitting: false },
    },
  },
});
