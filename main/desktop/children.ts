/** The engine's children: it asks for them over its control channel (main/processes/requestSpawner.ts), and none outlives it. */
import type { SpawnReport, SpawnRequest } from '../processes/requestSpawner.ts';
import type { ProcessEntry } from '../processes/spawner.ts';
import type { UtilityChild } from './utilityChild.ts';

/** Most children that an engine has at once. */
export const CHILDREN_MAX = 64;

/** What an engine may ask for. */
const entries: ReadonlySet<ProcessEntry> = new Set<ProcessEntry>(['broker', 'processor', 'rehearsal']);

export function serveSpawnRequests(engine: UtilityChild, fork: (entry: ProcessEntry) => UtilityChild): void {
  const children = new Map<number, UtilityChild>();
  const report = (message: SpawnReport) => engine.post(message);

  function spawn(id: number, entry: ProcessEntry): void {
    if (!entries.has(entry)) return report({ type: 'childExit', id, how: `no program “${entry}”` });
    if (children.size >= CHILDREN_MAX) return report({ type: 'childExit', id, how: `more than ${CHILDREN_MAX} processes` });
    const child = fork(entry);
    children.set(id, child);
    child.onSpawn((pid) => report({ type: 'spawned', id, pid }));
    child.onMessage((message) => report({ type: 'childMessage', id, message }));
    child.onExit((how) => {
      children.delete(id);
      report({ type: 'childExit', id, how });
    });
  }

  engine.onMessage((message) => {
    const request = message as SpawnRequest;
    if (request.type === 'spawn') spawn(request.id, request.entry);
    else if (request.type === 'post') children.get(request.id)?.post(request.message);
    else if (request.type === 'kill') children.get(request.id)?.kill();
  });
  engine.onExit(() => {
    for (const child of children.values()) child.kill();
  });
}
