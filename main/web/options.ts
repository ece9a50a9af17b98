/** What `npm run serve` and `npm start` are told on the command line. */
import { BROKERS_MAX } from '../api/lab.ts';
import { parseArgs } from 'node:util';
import { defaultWorkspace } from '../workspace/defaultFolder.ts';
import { userPath } from './layout.ts';

/** Wrong usage: the sentence, to be followed by the usage, and exit code 2. */
export class UsageError extends Error {}

export interface StartOptions {
  /** Absolute; null where none was asked for. */
  workspace: string | null;
  /** Null where none was asked for. */
  port: number | null;
}

export interface ServeOptions extends StartOptions {
  workspace: string;
  /** Null for what the workspace has. */
  brokers: number | null;
  /** Null where none was asked for. */
  kafkaPort: number | null;
  durability: 'safe' | 'fast' | null;
}

const common = { workspace: { type: 'string' }, port: { type: 'string' } } as const;

/** Throws a {@link UsageError}. */
export function parseStart(args: string[]): StartOptions {
  return commonOptions(wellFormed(() => parseArgs({ args, options: common, strict: true }).values));
}

/** Throws a {@link UsageError}. */
export function parseServe(args: string[]): ServeOptions {
  const options = { ...common, brokers: { type: 'string' }, durability: { type: 'string' }, 'kafka-port': { type: 'string' } } as const;
  const values = wellFormed(() => parseArgs({ args, options, strict: true }).values);
  const { brokers, durability, 'kafka-port': kafkaPort } = values;
  if (brokers !== undefined && !(/^[1-9]\d*$/.test(brokers) && Number(brokers) <= BROKERS_MAX)) {
    throw new UsageError(`--brokers takes a number from 1 to ${BROKERS_MAX}, not “${brokers}”.`);
  }
  if (durability !== undefined && durability !== 'safe' && durability !== 'fast') {
    throw new UsageError(`--durability takes “safe” or “fast”, not “${durability}”.`);
  }
  const { workspace, port } = commonOptions(values);
  return {
    workspace: workspace ?? defaultWorkspace(),
    port,
    brokers: brokers === undefined ? null : Number(brokers),
    durability: durability ?? null,
    kafkaPort: portOf('--kafka-port', kafkaPort),
  };
}

function commonOptions({ workspace, port }: { workspace?: string | undefined; port?: string | undefined }): StartOptions {
  if (workspace === '') throw new UsageError('--workspace takes a folder.');
  return { workspace: workspace === undefined ? null : userPath(workspace), port: portOf('--port', port) };
}

/** Null where none was asked for. */
function portOf(option: string, port: string | undefined): number | null {
  if (port === undefined) return null;
  if (/^\d{1,5}$/.test(port) && Number(port) <= 65_535) return Number(port);
  throw new UsageError(`${option} takes a number from 0 to 65535, not “${port}”.`);
}

function wellFormed<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
