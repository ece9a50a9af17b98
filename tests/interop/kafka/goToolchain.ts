/**
 * A Go that compiles franz-go. The one that is installed may be too old for it, as Debian's is; but any Go fetches a newer one like another module:
 * through the proxy that it is set up with, its checksum verified, into its cache of modules, where it stays for later runs.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type Program, requirePrograms } from '../peers.ts';

/** The one that is fetched. */
const VERSION = '1.26.8';
const FETCH_MS = 10 * 60_000;

const anyGo: Program = { command: 'go', versionArgs: ['version'], versionMin: 1, package: 'golang-go', name: 'Go' };

let found: string | undefined;

/** The folder of a `go` that is new enough. Throws where there is none of any age, and why a newer one could not be fetched. */
export const goFolder = (): string => (found ??= findGo());

function findGo(): string {
  requirePrograms([anyGo]);
  const [root, version, system, processor] = go('env', 'GOROOT', 'GOVERSION', 'GOHOSTOS', 'GOHOSTARCH').split('\n');
  const versionMin = /^go (.*)$/m.exec(readFileSync(path.join(import.meta.dirname, 'go/go.mod'), 'utf8'))![1]!;
  if (minor(version!) >= minor(versionMin)) return path.join(root!, 'bin');
  try {
    return fetchedGo(`golang.org/toolchain@v0.0.1-go${VERSION}.${system}-${processor}`);
  } catch (error) {
    throw new Error(
      `Go ${versionMin} or later is needed to compile franz-go, and here is ${version}. Install a newer one, or have GOPROXY lead to a proxy of Go modules ` +
        `from where one can be fetched. That failed: ${(error as Error).message}`,
      { cause: error },
    );
  }
}

function fetchedGo(module: string): string {
  const { Dir: folder } = JSON.parse(go('mod', 'download', '-json', module)) as { Dir: string };
  const programs = path.join(folder, 'bin');
  // No file of a module may be executed. Go itself mends it in the same place, where it is new enough to fetch one by itself; `go` comes last, so that none
  // that can be executed lacks its tools.
  for (const parts of [path.join(folder, 'pkg/tool'), programs]) makeExecutable(parts);
  // Or the new one would look for its parts where those of the old one are.
  delete process.env.GOROOT;
  return programs;
}

function makeExecutable(folder: string): void {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) chmodSync(path.join(entry.parentPath, entry.name), 0o555);
  }
}

/** "go1.19.8" and "1.26.0" are 19 and 26. One without such a number was built from Go's latest sources. */
const minor = (version: string): number => Number(/^(?:go)?1\.(\d+)/.exec(version)?.[1] ?? Infinity);

/** What the Go that is installed prints; throws what it says where it fails. */
function go(...args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync('go', args, { encoding: 'utf8', timeout: FETCH_MS });
  if (status === 0) return stdout;
  // Of a download the reason is in its JSON.
  const reason = /"Error": (".*")/.exec(stdout)?.[1];
  throw new Error(error?.message ?? (reason === undefined ? stderr.trim() : (JSON.parse(reason) as string)));
}
