/**
 * Builds dist/ where it is older than its sources: `node main/build.ts [--force]`. The programs and the page are bundled by Vite, each
 * by the configuration beside it. What is printed goes to stderr, so that a command's output stays its own.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
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
  { name: 'preload', config: 'main/desktop/vite.config.ts', output: 'dist/preload', sources: ['main/desktop', 'package-lock.json'] },
  { name: 'page', config: 'renderer/vite.config.ts', output: 'dist/renderer', sources: ['renderer', 'main/api', 'main/rpc', 'package-lock.json'] },
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

const force = process.argv.includes('--force');
for (const part of parts) {
  const stampFile = path.join(root, part.output, '.built-from');
  const stamp = fingerprint(part.sources);
  if (!force && readStamp(stampFile) === stamp) continue;
  process.stderr.write(`Building the ${part.name}…\n`);
  // Vite is loaded only where something is to be built: a command that finds all built starts at once.
  const { build } = await import('vite');
  rmSync(path.join(root, part.output), { recursive: true, force: true });
  await build({ root: path.join(root, path.dirname(part.config)), configFile: path.join(root, part.config), logLevel: 'warn' });
  mkdirSync(path.dirname(stampFile), { recursive: true });
  writeFileSync(stampFile, stamp);
}
