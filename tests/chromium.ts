/** Chromium for the tests: found where it is, or installed where it can be. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chromium, type LaunchOptions } from 'playwright';

/** Where systems keep a Chromium or Chrome. */
const places = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/snap/bin/chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

/** The ways to get one, in their order: Playwright's own build, then Debian's package where we may install it. */
const ways: { name: string; run: () => void }[] = [
  { name: 'playwright install chromium', run: () => run('npx', ['playwright', 'install', 'chromium']) },
  {
    name: 'apt-get install chromium',
    run: () => {
      run('apt-get', ['update', '-qq']);
      run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium']);
    },
  },
];

/** Longest time that one way may take, milliseconds. */
const INSTALL_MS = 5 * 60_000;

function run(command: string, args: string[]): void {
  execFileSync(command, args, {
    stdio: ['ignore', 2, 'pipe'],
    timeout: INSTALL_MS,
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
}

function found(): string | undefined {
  const asked = process.env.LOGLAB_CHROMIUM;
  return [...(asked ? [asked] : []), chromium.executablePath(), ...places].find((place) => existsSync(place));
}

/** The path of a Chromium. Throws with all that was tried where there is none and none can be had. */
export function findChromium(): string {
  const failures: string[] = [];
  for (const way of ways) {
    const place = found();
    if (place) return place;
    process.stderr.write(`No Chromium here; trying: ${way.name}\n`);
    try {
      way.run();
    } catch (error) {
      failures.push(`${way.name}: ${(error as Error).message.split('\n').slice(0, 3).join(' ')}`);
    }
  }
  const place = found();
  if (place) return place;
  throw new Error(`The tests need Chromium. Set LOGLAB_CHROMIUM to its path, or install it. Tried: ${failures.join('; ')}`);
}

/** Options for `chromium.launch`. Chromium refuses its sandbox to root, so root, and only root, goes without. */
export function chromiumOptions(): LaunchOptions {
  return { executablePath: findChromium(), args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] };
}
