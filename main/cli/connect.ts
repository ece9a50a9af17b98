/** The lab that a command talks to: a running one, over its address or by its folder, or a workspace that the command opens itself. */
import { LabError, toLabError } from '../api/errors.ts';
import { type LabClient, labContract } from '../api/index.ts';
import { createPortPair } from '../rpc/adapters/inMemory.ts';
import { connectWebSocket } from '../rpc/adapters/webSocket.ts';
import { createPeer } from '../rpc/peer.ts';
import { layoutFrom, userPath } from '../web/layout.ts';
import { defaultWorkspace } from '../workspace/defaultFolder.ts';
import { assertWorkspace } from '../workspace/folder.ts';
import { isSameFolder, readRunningLab, type RunningLab } from '../workspace/runningLab.ts';

/** At most one of these; with none, the default workspace, as with `lab`. */
export interface Target {
  /** Address of a running lab, as its ready line gives it. */
  url?: string;
  /** Folder of a workspace that the command opens itself. */
  workspace?: string;
  /** Folder of a workspace: the served lab that has it open is talked to; where none has, the command opens it itself. */
  lab?: string;
}

export interface ConnectOptions {
  /** Makes a workspace where the folder that is named is none: else that is a slip of the pen, and an error. */
  makes: boolean;
  /** Told, in a line, where another lab is talked to than the target says. */
  say: (line: string) => void;
}

export interface Connection {
  client: LabClient;
  close(): Promise<void>;
}

/** How long the lab that a workspace names may take to say which one it is, milliseconds. */
const ANSWER_MS = 3_000;

/** Errors: `bad-input` for a folder that is no workspace; those of opening one, and of reaching a running lab. */
export async function connect(target: Target, { makes, say }: ConnectOptions): Promise<Connection> {
  if (target.url !== undefined) return connectTo(target.url);
  const named = target.workspace ?? target.lab;
  if (named !== undefined && !makes) assertWorkspace(userPath(named));
  if (target.workspace !== undefined) return openOnly(userPath(target.workspace));
  return connectToWorkspace(target.lab === undefined ? defaultWorkspace() : userPath(target.lab), say);
}

/** Opens it, and nothing else. Errors: those of {@link openWorkspace}; where a served lab has it open, it is said how to talk to that one. */
async function openOnly(folder: string): Promise<Connection> {
  try {
    return await openWorkspace(folder);
  } catch (error) {
    if (toLabError(error).code !== 'workspace-in-use' || !readRunningLab(folder)) throw error;
    const message = `${toLabError(error).message} Or talk to it: give --lab instead of --workspace.`;
    throw new LabError('workspace-in-use', message, { cause: error });
  }
}

/** Opens it; where a lab that runs has it open, talks to that one. Errors: those of {@link openWorkspace}. */
async function connectToWorkspace(folder: string, say: (line: string) => void): Promise<Connection> {
  // Where a lab is said to run, there is nothing to wait for, unless that is not so.
  const waits = readRunningLab(folder) ? [0, undefined] : [undefined];
  let inUse: unknown;
  let silent: RunningLab | null = null;
  for (const lockWaitMs of waits) {
    try {
      return await openWorkspace(folder, lockWaitMs);
    } catch (error) {
      if (toLabError(error).code !== 'workspace-in-use') throw error;
      inUse = error;
    }
    const lab = readRunningLab(folder);
    const connection = lab && (await connectToHolder(lab, folder));
    if (connection === 'silent') silent = lab;
    if (!lab || !connection || connection === 'silent') continue;
    say(`Talking to the lab that has this workspace open (process ${lab.pid}).`);
    return connection;
  }
  if (!silent) throw inUse;
  const message = `The lab that has this workspace open (process ${silent.pid}) did not answer within ${ANSWER_MS / 1_000} seconds. Try again; where it never answers, end that process.`;
  throw new LabError('deadline', message, { cause: inUse });
}

/**
 * Null where nobody answers there who has just this workspace open: the lab that was there has ended, and left its note. `silent` where
 * somebody is there, and too busy to answer.
 */
async function connectToHolder({ url }: RunningLab, folder: string): Promise<Connection | 'silent' | null> {
  const connecting = connectTo(url);
  let isSilent = false;
  try {
    const connection = await within(ANSWER_MS, connecting);
    const { workspace } = await within(ANSWER_MS, connection.client.lab.info({}));
    if (isSameFolder(workspace.path, folder)) return connection;
  } catch (error) {
    // Else it is no lab, or not the one with this token.
    isSilent = toLabError(error).code === 'deadline';
  }
  void connecting.then((connection) => connection.close()).catch(() => {});
  return isSilent ? 'silent' : null;
}

function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const over = Promise.withResolvers<never>();
  const timer = setTimeout(() => over.reject(new LabError('deadline', 'The lab did not answer in time.')), ms);
  return Promise.race([work, over.promise]).finally(() => clearTimeout(timer));
}

async function connectTo(url: string): Promise<Connection> {
  let address: URL;
  try {
    address = new URL(url);
  } catch (cause) {
    throw new LabError('bad-input', `“${url}” is no address. Give the url that the lab printed, with its token.`, { cause });
  }
  address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
  address.pathname = '/rpc';
  const peer = createPeer(await connectWebSocket(address.href));
  return {
    client: peer.client(labContract),
    close: async () => peer.close(),
  };
}

async function openWorkspace(folder: string, lockWaitMs?: number): Promise<Connection> {
  // Loaded only here: a command that talks to a running lab starts in half the time.
  const [{ createEngine }, { createNodeSpawner }] = await Promise.all([import('../engine.ts'), import('../processes/nodeSpawner.ts')]);
  const layout = layoutFrom(import.meta.dirname);
  const engine = await createEngine({
    workspace: folder,
    program: 'the loglab command',
    pid: process.pid,
    durability: null,
    brokers: null,
    resources: layout.resourcesFolder,
    version: layout.version,
    command: layout.command,
    spawner: createNodeSpawner(layout.builtFolder),
    runsProcessors: false,
    kafka: null,
    ...(lockWaitMs === undefined ? {} : { lockWaitMs }),
    now: Date.now,
    random: Math.random,
  });
  const [ours, theirs] = createPortPair();
  createPeer(theirs, { serve: { contract: labContract, handlers: engine.services } });
  const peer = createPeer(ours);
  return {
    client: peer.client(labContract),
    async close() {
      peer.close();
      await engine.close();
    },
  };
}
