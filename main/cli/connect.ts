/** The lab that a command talks to: a running one over its address, or a workspace that the command opens itself. */
import { LabError } from '../api/errors.ts';
import { type LabClient, labContract } from '../api/index.ts';
import { createPortPair } from '../rpc/adapters/inMemory.ts';
import { connectWebSocket } from '../rpc/adapters/webSocket.ts';
import { createPeer } from '../rpc/peer.ts';
import { layoutFrom, userPath } from '../web/layout.ts';
import { defaultWorkspace } from '../workspace/defaultFolder.ts';

export interface Target {
  /** Address of a running lab, as its ready line gives it. */
  url?: string;
  /** Folder of a workspace. */
  workspace?: string;
}

export interface Connection {
  client: LabClient;
  close(): Promise<void>;
}

export function connect(target: Target): Promise<Connection> {
  return target.url === undefined
    ? openWorkspace(target.workspace === undefined ? defaultWorkspace() : userPath(target.workspace))
    : connectTo(target.url);
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

async function openWorkspace(folder: string): Promise<Connection> {
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
    spawner: createNodeSpawner(layout.builtFolder),
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
