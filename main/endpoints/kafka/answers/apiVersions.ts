/** ApiVersions: what is served, in which versions. */
import type { apiVersions } from '../apis/apiVersions.ts';
import { apis } from '../apis/index.ts';
import type { Answer } from '../asked.ts';
import { errorCodes } from '../errorCodes.ts';

/** Kafka's rule for the names of libraries and their versions (KIP-511). */
const NAME = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/;

export const answerApiVersions: Answer<typeof apiVersions> = ({ clientSoftwareName: name, clientSoftwareVersion: version }, asked) => {
  if (asked.version >= 3) {
    if (!NAME.test(name) || !NAME.test(version)) return { errorCode: errorCodes.INVALID_REQUEST, apiKeys: [] };
    asked.client.software = { name, version };
  }
  return { errorCode: errorCodes.NONE, apiKeys: served };
};

const served = Object.values(apis)
  .map(({ key, min, max }) => ({ apiKey: key, minVersion: min, maxVersion: max }))
  .sort((a, b) => a.apiKey - b.apiKey);
