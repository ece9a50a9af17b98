/** DescribeConfigs: of topics and of this broker. */
import type { describeConfigs } from '../apis/describeConfigs.ts';
import type { Answer, Asked } from '../asked.ts';
import { brokerConfigs, type Config, topicConfigs } from '../configs.ts';
import { KafkaError, NO_ERROR, toldOf } from '../errorCodes.ts';
import { type Resource, RESOURCE_BROKER, RESOURCE_TOPIC, topicOf } from './resources.ts';

const DEFAULT_SOURCE = 5;

export const answerDescribeConfigs: Answer<typeof describeConfigs> = async (request, asked) => {
  await asked.topology.refresh();
  return {
    results: request.resources.map(({ resourceType, resourceName, configurationKeys: keys }) => {
      try {
        const configs = configsOf({ resourceType, resourceName }, asked).filter(({ name }) => !keys?.length || keys.includes(name));
        return { ...NO_ERROR, resourceType, resourceName, configs: configs.map((config) => described(config, request)) };
      } catch (error) {
        return { ...toldOf(error), resourceType, resourceName, configs: [] };
      }
    }),
  };
};

function configsOf(resource: Resource, { topology, brokerId }: Asked): Config[] {
  if (resource.resourceType === RESOURCE_TOPIC) return topicConfigs(topicOf(resource, topology).settings);
  if (resource.resourceType !== RESOURCE_BROKER)
    throw new KafkaError('INVALID_REQUEST', 'Topics and brokers have configurations here, and nothing else.');
  // What holds for all brokers until one says otherwise: nothing.
  if (resource.resourceName === '') return [];
  if (resource.resourceName !== String(brokerId)) throw new KafkaError('INVALID_REQUEST', `This is broker ${brokerId}.`);
  return brokerConfigs(topology.current(), brokerId);
}

function described(config: Config, { includeSynonyms, includeDocumentation }: { includeSynonyms: boolean; includeDocumentation: boolean }) {
  const { name, value, readOnly, source, type, defaultValue, documentation } = config;
  const own = source === DEFAULT_SOURCE ? [] : [{ name, value, source }];
  const byDefault = defaultValue === null ? [] : [{ name, value: defaultValue, source: DEFAULT_SOURCE }];
  return {
    ...{ name, value, readOnly, configSource: source, configType: type },
    synonyms: includeSynonyms ? [...own, ...byDefault] : [],
    documentation: includeDocumentation ? documentation : null,
  };
}
