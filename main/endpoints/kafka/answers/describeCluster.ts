/** DescribeCluster: the brokers. There are no controllers that a client could reach on their own. */
import { BROKERS, CONTROLLERS, type describeCluster } from '../apis/describeCluster.ts';
import { OPERATIONS_NOT_ASKED } from '../apis/metadata.ts';
import type { Answer } from '../asked.ts';
import { errorCodes, NO_ERROR } from '../errorCodes.ts';
import { brokersOf, CLUSTER_OPERATIONS, controllerIdOf } from './topics.ts';

export const answerDescribeCluster: Answer<typeof describeCluster> = async (
  { endpointType, includeClusterAuthorizedOperations },
  { topology },
) => {
  await topology.refresh();
  if (endpointType !== BROKERS) {
    const errorMessage = 'This is a broker: the lab has no controllers to be reached.';
    const errorCode = endpointType === CONTROLLERS ? errorCodes.MISMATCHED_ENDPOINT_TYPE : errorCodes.UNSUPPORTED_ENDPOINT_TYPE;
    return { errorCode, errorMessage, endpointType: BROKERS, clusterId: '', brokers: [] };
  }
  return {
    ...{ ...NO_ERROR, clusterId: topology.current().clusterId, controllerId: controllerIdOf(topology) },
    brokers: brokersOf(topology).map(({ nodeId, ...rest }) => ({ brokerId: nodeId, ...rest })),
    clusterAuthorizedOperations: includeClusterAuthorizedOperations ? CLUSTER_OPERATIONS : OPERATIONS_NOT_ASKED,
  };
};
