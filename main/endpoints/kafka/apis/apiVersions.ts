/**
 * ApiVersions (18): what a client asks first. Since 3 it says its name; 4 lets a feature begin at version 0.
 * An answer to a version that is not served is of version 0, with UNSUPPORTED_VERSION and this API's own versions (KIP-511).
 */
import { array, bool, int16, int32, int64, string } from '../wire/fields.ts';
import { api } from '../wire/api.ts';

export const apiVersions = api({
  name: 'ApiVersions',
  key: 18,
  versions: '0-4',
  flexible: '3+',
  request: {
    clientSoftwareName: string('3+', { default: '' }),
    clientSoftwareVersion: string('3+', { default: '' }),
  },
  response: {
    errorCode: int16('0+'),
    apiKeys: array('0+', { apiKey: int16('0+'), minVersion: int16('0+'), maxVersion: int16('0+') }),
    throttleTimeMs: int32('1+', { default: 0 }),
    supportedFeatures: array('3+', { name: string('3+'), minVersion: int16('3+'), maxVersion: int16('3+') }, { tag: 0, default: [] }),
    finalizedFeaturesEpoch: int64('3+', { tag: 1, default: -1n }),
    finalizedFeatures: array(
      '3+',
      { name: string('3+'), maxVersionLevel: int16('3+'), minVersionLevel: int16('3+') },
      { tag: 2, default: [] },
    ),
    zkMigrationReady: bool('3+', { tag: 3, default: false }),
  },
});
