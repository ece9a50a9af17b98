/**
 * Processes of ours and how they are started. A child has one control channel to the process that started it: it gets
 * its boot message there, answers once, and ends when the channel closes. What it serves goes over a local socket.
 */

/** The programs that can be started; each is a file of this name in the built output. */
export type ProcessEntry = 'engine' | 'broker' | 'processor' | 'rehearsal';

export interface Child {
  readonly pid: number | undefined;
  /** Structured-clonable data; a child that has ended gets nothing. */
  post(message: unknown): void;
  onMessage(receive: (message: unknown) => void): void;
  /** Called once. `how` says it in words: "exit code 1", "signal SIGKILL". */
  onExit(exited: (how: string) => void): void;
  /** SIGKILL. */
  kill(): void;
}

/** Starts children: by child_process in Node, by a request to Electron's main process inside Electron. */
export interface Spawner {
  spawn(entry: ProcessEntry): Child;
}
