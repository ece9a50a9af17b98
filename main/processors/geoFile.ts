/** Which geo database processors look addresses up in. */
import { existsSync } from 'node:fs';
import path from 'node:path';

/** Beside the sources of processors. */
const OWN = 'geo.mmdb';

/** `folder`: that of the sources, or null where there is none. `resources`: of what comes with the lab. */
export function geoFileOf(folder: string | null, resources: string): string {
  const own = folder === null ? null : path.join(folder, OWN);
  return own !== null && existsSync(own) ? own : path.join(resources, 'geo', 'demo.mmdb');
}
