/**
 * Runs Electron until its window shows, and then until it ends. The app tells us over the IPC channel of Node (launcher.ts is its end):
 * `window-shown`, or `handed-over` where the lab was open already; we ask it to `quit`.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** An Electron without a window after this time is ended, milliseconds. */
export const WINDOW_MS_MAX = 60_000;
/** How much of what Electron prints is kept until the window shows, characters. */
const OUTPUT_CHARACTERS_MAX = 65_536;

/** How long after its end the last that it printed is waited for, milliseconds. */
const LAST_OUTPUT_MS = 1_000;

/** `reason`: the end of a sentence, why there is no window. */
export type WindowOutcome = { reason: string } | { exitCode: Promise<number>; isElsewhere: boolean };

export async function openWindow(file: string, args: string[], signal: AbortSignal): Promise<WindowOutcome> {
  const env = { ...process.env };
  // Terminals inside Electron apps set it, and Electron would be a plain Node then.
  delete env.ELECTRON_RUN_AS_NODE;
  const child = spawn(file, args, { stdio: ['inherit', 'inherit', 'pipe', 'ipc'], env });
  const quit = () => void (child.connected && child.send({ type: 'quit' }, () => {}));
  signal.addEventListener('abort', quit, { once: true });
  const output = holdBack(child);
  const ended = endOf(child);
  const timer = setTimeout(() => child.kill('SIGKILL'), WINDOW_MS_MAX);

  const first = await Promise.race([firstMessage(child), ended]);
  clearTimeout(timer);
  if (first === 'window-shown' || first === 'handed-over') {
    output.release();
    return { exitCode: ended.then(({ code }) => code ?? 1), isElsewhere: first === 'handed-over' };
  }
  const known = knownReason(output.text());
  // What we can not explain may explain itself.
  if (!known && !signal.aborted) output.release();
  return { reason: known ?? `Electron ended before its window showed (${first.how}).` };
}

interface End {
  code: number | null;
  how: string;
}

function endOf(child: ChildProcess): Promise<End> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: 1, how: error.message }));
    child.once('exit', (code, signal) => {
      const end = { code, how: signal ? `signal ${signal}` : `exit code ${code}` };
      // 'close' comes when all that it printed has been read; a process that it left behind may keep the pipe open.
      child.once('close', () => resolve(end));
      setTimeout(() => resolve(end), LAST_OUTPUT_MS);
    });
  });
}

async function firstMessage(child: ChildProcess): Promise<'window-shown' | 'handed-over'> {
  for (;;) {
    const [message] = (await once(child, 'message')) as [{ type?: unknown } | null];
    const type = message?.type;
    if (type === 'window-shown' || type === 'handed-over') return type;
  }
}

/** Keeps what Electron prints to stderr, and passes it on from `release()` on. */
function holdBack(child: ChildProcess) {
  let text = '';
  let isReleased = false;
  child.stderr!.setEncoding('utf8').on('data', (more: string) => {
    if (isReleased) process.stderr.write(more);
    else text = (text + more).slice(-OUTPUT_CHARACTERS_MAX);
  });
  return {
    text: () => text,
    release() {
      isReleased = true;
      process.stderr.write(text);
    },
  };
}

/** What Chromium and the loader print where Electron can not run on this system. */
function knownReason(output: string): string | null {
  if (output.includes('Running as root without --no-sandbox')) return 'Electron does not run as root.';
  if (/SUID sandbox helper|No usable sandbox|namespace sandbox/i.test(output)) return 'the system forbids Electron’s sandbox.';
  const [, library] = /error while loading shared libraries: ([^:\s]+)/.exec(output) ?? [];
  if (library) return `Electron needs ${library}, which this system does not have.`;
  if (/Missing X server|Unable to open X display|Failed to connect to Wayland display/i.test(output)) return 'the display does not answer.';
  return null;
}
