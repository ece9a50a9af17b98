/**
 * Programs that the peers need. One that is missing is an error that says what to install; only where nobody is there to read it, in
 * CI as root on Debian, it is installed.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';

export interface Program {
  command: string;
  versionArgs: readonly string[];
  /** Lowest major version. */
  versionMin: number;
  /** Debian's package. */
  package: string;
  /** For people: "a JDK, version 17 or later". */
  name: string;
}

/** Longest time that an installation may take, milliseconds. */
const INSTALL_MS = 10 * 60_000;

/** Throws where a program is missing or too old and can not be installed. */
export function requirePrograms(programs: readonly Program[]): void {
  const missing = programs.filter((program) => problemOf(program) !== null);
  if (missing.length === 0) return;
  if (mayInstall()) installPackages(missing.map((program) => program.package));
  const problems = programs.map(problemOf).filter((problem) => problem !== null);
  if (problems.length === 0) return;
  const packages = missing.map((program) => program.package).join(' ');
  throw new Error(
    `The interop tests need programs that are not here: ${problems.join('; ')}. On Debian or Ubuntu: apt-get install ${packages}`,
  );
}

function problemOf({ command, versionArgs, versionMin, name }: Program): string | null {
  const { status, stdout, stderr, error } = spawnSync(command, versionArgs, { encoding: 'utf8', timeout: 60_000 });
  if (error) return `${name} (${command}: ${error.message})`;
  // Colours are numbers too.
  const said = stripVTControlCharacters(`${stdout}${stderr}`).trim();
  if (status !== 0) return `${name} (${command} ended with ${status}: ${said})`;
  const version = /\d+(\.\d+)*/.exec(said)?.[0];
  if (version === undefined || Number.parseInt(version) < versionMin) return `${name} (${command} is ${version ?? said})`;
  return null;
}

function mayInstall(): boolean {
  return Boolean(process.env.CI) && process.getuid?.() === 0 && existsSync('/etc/debian_version');
}

function installPackages(packages: readonly string[]): void {
  process.stderr.write(`Installing ${packages.join(', ')}\n`);
  const aptGet = (...args: string[]): void => {
    execFileSync('apt-get', args, {
      stdio: ['ignore', 2, 2],
      timeout: INSTALL_MS,
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
  };
  try {
    aptGet('update', '-qq');
    aptGet('install', '-y', '-qq', '--no-install-recommends', ...packages);
  } catch (error) {
    throw new Error(`The interop tests need ${packages.join(' and ')}, and apt-get could not install them: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
