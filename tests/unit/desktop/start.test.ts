/** `npm start` as a program, with scripts in the place of Electron's binary and of its install script. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type BuiltLab, createBuiltLab, type RunningProgram } from '../web/fixtures/builtLab.ts';

let lab: BuiltLab;
let running: RunningProgram[] = [];
beforeEach(() => {
  lab = createBuiltLab();
});
afterEach(async () => {
  for (const program of running) program.child.kill('SIGTERM');
  await Promise.all(running.map(({ exitCode }) => exitCode));
  running = [];
  lab.remove();
});

// A display that nobody opens anything on: PATH has no xdg-open.
const display = { DISPLAY: ':99', WAYLAND_DISPLAY: '', PATH: '/nowhere', ELECTRON_OVERRIDE_DIST_PATH: '' };

function start(env: Record<string, string> = {}): RunningProgram {
  const program = lab.run('start', ['--workspace', path.join(lab.root, 'a workspace'), '--port', '0'], { ...display, ...env });
  running.push(program);
  return program;
}

/** A folder with an Electron that does this (a Node script). */
function electronThat(does: string): string {
  const folder = path.join(lab.root, 'an electron');
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, 'electron');
  writeFileSync(file, `#!${process.execPath}\n${does}`);
  chmodSync(file, 0o755);
  return folder;
}

function electronPackage(install: string): string {
  const folder = path.join(lab.root, 'node_modules/electron');
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ version: '45.0.0' }));
  writeFileSync(path.join(folder, 'install.js'), install);
  return folder;
}

/** The reason, and that the lab answers in a browser, and closes cleanly. */
async function servedInstead(program: RunningProgram): Promise<string> {
  await program.says('Ctrl-C');
  const [, reason, url] =
    /^The lab’s own window can not open: (.+)\nOpen (http:\S+) in a browser\. Ctrl-C closes the lab\.\n$/.exec(program.stdout()) ?? [];
  expect(url, program.stdout() + program.stderr()).toBeDefined();
  expect((await fetch(url!)).status).toBe(200);
  program.child.kill('SIGINT');
  expect(await program.exitCode).toBe(0);
  return reason!;
}

describe.skipIf(process.platform !== 'linux')('the lab is served to the browser', () => {
  test('where there is no display', async () => {
    expect(await servedInstead(start({ DISPLAY: '' }))).toContain('no display');
  });

  test('where there is no Electron package', async () => {
    expect(await servedInstead(start())).toBe('the package “electron” is not installed.');
  });

  test('where the download fails', async () => {
    electronPackage("console.error(new TypeError('fetch failed').stack); process.exit(1);");
    expect(await servedInstead(start())).toBe('Electron could not be downloaded: fetch failed.');
  });

  test('where the overriding folder has none', async () => {
    expect(await servedInstead(start({ ELECTRON_OVERRIDE_DIST_PATH: '/nowhere' }))).toContain('a folder without Electron');
  });

  test.each([
    [
      "console.error('[1:FATAL:electron_main_delegate.cc(299)] Running as root without --no-sandbox is not supported.'); process.abort();",
      'Electron does not run as root.',
    ],
    [
      "console.error('FATAL:setuid_sandbox_host.cc(163)] The SUID sandbox helper binary was found, but is not configured correctly.'); process.abort();",
      'the system forbids Electron’s sandbox.',
    ],
    [
      "console.error('electron: error while loading shared libraries: libnss3.so: cannot open shared object file'); process.exit(127);",
      'Electron needs libnss3.so, which this system does not have.',
    ],
    ["console.error('something else'); process.exit(9);", 'Electron ended before its window showed (exit code 9).'],
  ])('where Electron ends before its window shows (%#)', async (does, reason) => {
    const program = start({ ELECTRON_OVERRIDE_DIST_PATH: electronThat(does) });
    expect(await servedInstead(program)).toBe(reason);
    expect(program.stderr()).toBe(does.includes('something else') ? 'something else\n' : '');
  });
});

describe.skipIf(process.platform !== 'linux')('the window', () => {
  const opens =
    "process.send({ type: 'window-shown' }); process.on('message', ({ type }) => { console.log('told', type); process.exit(0); }); console.log(JSON.stringify(process.argv.slice(2)));";

  test('opens with the app and the workspace, without any switch; Ctrl-C asks it to quit', async () => {
    const program = start({ ELECTRON_OVERRIDE_DIST_PATH: electronThat(opens), ELECTRON_RUN_AS_NODE: '1' });
    await program.says('workspace');
    expect(JSON.parse(program.stdout())).toEqual([lab.root, '--workspace', path.join(lab.root, 'a workspace')]);
    program.child.kill('SIGINT');
    expect(await program.exitCode).toBe(0);
    expect(program.stdout()).toContain('told quit');
  });

  test('opens with an Electron that is downloaded first', async () => {
    electronPackage(
      `const fs = require('fs'); fs.mkdirSync(__dirname + '/dist'); fs.writeFileSync(__dirname + '/dist/electron', ${JSON.stringify(`#!${process.execPath}\n${opens}`)}, { mode: 0o755 });`,
    );
    const program = start();
    await program.says('workspace');
    expect(program.stderr()).toBe('Downloading Electron…\n');
  });

  test('its exit code is ours', async () => {
    const program = start({ ELECTRON_OVERRIDE_DIST_PATH: electronThat("process.send({ type: 'window-shown' }, () => process.exit(7));") });
    expect(await program.exitCode).toBe(7);
  });

  test('of a lab that is open already comes to the front', async () => {
    const program = start({ ELECTRON_OVERRIDE_DIST_PATH: electronThat("process.send({ type: 'handed-over' }, () => process.exit(0));") });
    expect(await program.exitCode).toBe(0);
    expect(program.stdout()).toBe('The lab is open already: its window came to the front.\n');
  });
});

test('wrong usage: exit 2', async () => {
  const program = lab.run('start', ['--brokers', '1']);
  expect(await program.exitCode).toBe(2);
  expect(program.stderr()).toContain('Usage: npm start');
});
