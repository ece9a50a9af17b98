/** How the realm is built: one script, without imports, for a context that has nothing else. */
import path from 'node:path';
import { defineConfig } from 'vite';

const here = import.meta.dirname;

export default defineConfig({
  root: here,
  build: {
    target: 'node24',
    outDir: path.join(here, '../../../dist/realm'),
    emptyOutDir: true,
    minify: false,
    // What mmdb-lib expects of Node.
    rolldownOptions: { transform: { inject: { Buffer: ['buffer/', 'Buffer'] } } },
    lib: { entry: path.join(here, 'realm.ts'), formats: ['iife'], name: 'loglabRealm', fileName: () => 'realm.js' },
  },
});
