/** AlterConfigs and IncrementalAlterConfigs: the settings of streams. */
import { STREAM_SETTINGS_DEFAULT, type StreamSettings } from '../../../api/streams.ts';
import type { alterConfigs } from '../apis/alterConfigs.ts';
import { DELETE, type incrementalAlterConfigs, SET } from '../apis/incrementalAlterConfigs.ts';
import type { Answer, Asked } from '../asked.ts';
import { allSettingsOf } from '../configs.ts';
import { KafkaError, NO_ERROR, toldOf } from '../errorCodes.ts';
import { assertOnce, once } from './namedTwice.ts';
import { type Resource, topicOf } from './resources.ts';

/** Those that Kafka's clients see; the rest stays as it is. */
const { retentionMs, retentionBytes, compression, batchBytesMax } = STREAM_SETTINGS_DEFAULT;
const DEFAULTS = { retentionMs, retentionBytes, compression, batchBytesMax };

export const answerAlterConfigs: Answer<typeof alterConfigs> = ({ resources, validateOnly }, asked) =>
  alterAll(resources, validateOnly, asked, ({ configs }) => {
    const unset = configs.find(({ value }) => value === null);
    if (unset) throw new KafkaError('INVALID_REQUEST', `${unset.name} has no value.`);
    return { ...DEFAULTS, ...allSettingsOf(configs) };
  });

export const answerIncrementalAlterConfigs: Answer<typeof incrementalAlterConfigs> = ({ resources, validateOnly }, asked) =>
  alterAll(resources, validateOnly, asked, ({ configs }) =>
    allSettingsOf(
      configs.map(({ name, configOperation, value }) => {
        if (configOperation === SET && value === null) throw new KafkaError('INVALID_REQUEST', `${name} has no value.`);
        if (configOperation === SET) return { name, value };
        if (configOperation === DELETE) return { name, value: null };
        throw new KafkaError('INVALID_CONFIG', `${name} has one value: it is set or taken back, not added to.`);
      }),
    ),
  );

async function alterAll<R extends Resource & { configs: readonly { name: string }[] }>(
  resources: readonly R[],
  isOnlyChecked: boolean,
  { topology, controller }: Asked,
  settingsOf: (resource: R) => Partial<StreamSettings>,
) {
  await topology.refresh();
  const responses = [];
  for (const resource of resources) {
    const { resourceType, resourceName, configs } = resource;
    try {
      // Each of them is answered, unlike with topics.
      assertOnce(resources.filter((each) => each.resourceType === resourceType && each.resourceName === resourceName).length, 'The topic');
      for (const { one, times } of once(configs, ({ name }) => name)) assertOnce(times, one.name);
      const { name } = topicOf(resource, topology);
      const settings = settingsOf(resource);
      if (!isOnlyChecked) await topology.reached((await controller.changeSettings({ name, settings })).generation);
      responses.push({ ...NO_ERROR, resourceType, resourceName });
    } catch (error) {
      responses.push({ ...toldOf(error), resourceType, resourceName });
    }
  }
  return { responses };
}
