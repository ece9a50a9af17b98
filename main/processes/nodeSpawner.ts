/** The Spawner of Node: child_process.fork of the built entry. */
import { fork } from 'node:child_process';
import path from 'node:path';
import type { Child, ProcessEntry, Spawner } from './spawner.ts';

/** `builtFolder`: where engine.js and broker.js are. What children print goes to our stderr: stdout belongs to the commands. */
export function createNodeSpawner(builtFolder: string): Spawner {
  return { spawn: (entry) => forkEntry(path.join(builtFolder, `${entry}.js`), entry) };
}

function forkEntry(file: string, entry: ProcessEntry): Child {
  const child = fork(file, [], {
    serialization: 'advanced',
    stdio: ['ignore', 2, 2, 'ipc'],
    execArgv: [],
    env: { ...process.env, LOGLAB_PROCESS: entry },
  });
  // A child that can not be told anything any more is about to exit; its exit is what counts.
  child.on('error', () => {});
  return {
    get pid() {
      return child.pid;
    },
    post(message) {
      if (child.connected) child.send(message as object, () => {});
    },
    onMessage(receive) {
      child.on('message', receive);
    },
    onExit(exited) {
      child.once('exit', (code, signal) => exited(signal ? `signal ${signal}` : `exit code ${code}`));
    },
    kill() {
      child.kill('SIGKILL');
    },
  };
}
