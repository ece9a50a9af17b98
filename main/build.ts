/**
 * Builds dist/ where it is older than its sources: `node main/build.ts [--force]`. The programs and the page are bundled by Vite, each
 * by the configuration beside it. What is printed goes to stderr, so that a command's output stays its own.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

interface Part {
  name: string;
  config: string;
  output: string;
  sources: string[];
}

const parts: Part[] = [
  { name: 'programs', config: 'main/vite.config.ts', output: 'dist/main', sources: ['main', 'package-lock.json'] },
  {
    name: 'realm',
    config: 'main/processors/realm/vite.config.ts',
    output: 'dist/realm',
    sources: ['main/processors/realm', 'main/api', 'package-lock.json'],
  },
  { name: 'preload', config: 'main/desktop/vite.config.ts', output: 'dist/preload', sources: ['main/desktop', 'package-lock.json'] },
  {
    name: 'page',
    config: 'renderer/vite.config.ts',
    output: 'dist/renderer',
    sources: ['renderer', 'main/api', 'main/rpc', 'resources/processors/loglab.d.ts', 'package-lock.json'],
  },
];

/** Names, sizes and times of all files below the sources: cheap, and enough to see a change. */
function fingerprint(sources: string[]): string {
  const hash = createHash('sha256');
  const visit = (file: string): void => {
    const stat = statSync(file);
    if (!stat.isDirectory()) {
      hash.update(`${file}\0${stat.size}\0${stat.mtimeMs}\n`);
      return;
    }
    for (const name of readdirSync(file).sort()) visit(path.join(file, name));
  };
  for (const source of sources) visit(path.join(root, source));
  return hash.digest('hex');
}

function readStamp(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

/** Builds beside the old output and then takes its place: a command that runs meanwhile, or builds too, finds a whole one. */
async function buildPart(part: Part, stamp: string): Promise<void> {
  process.stderr.write(`Building the ${part.name}…\n`);
  const output = path.join(root, part.output);
  const fresh = `${output}.${process.pid}`;
  // Vite is loaded only where something is to be built: a command that finds all built starts at once.
  const { build } = await import('vite');
  await build({
    root: path.join(root, path.dirname(part.config)),
    configFile: path.join(root, part.config),
    logLevel: 'error',
    build: { outDir: fresh, emptyOutDir: true },
  });
  writeFileSync(path.join(fresh, '.built-from'), stamp);
  const old = `${output}.old.${process.pid}`;
  if (existsSync(output)) renameSync(output, old);
  renameSync(fresh, output);
  rmSync(old, { recursive: true, force: true });
}

const force = process.argv.includes('--force');
for (const part of parts) {
  const stamp = fingerprint(part.sources);
  if (force || readStamp(path.join(root, part.output, '.built-from')) !== stamp) await buildPart(part, stamp);
}
