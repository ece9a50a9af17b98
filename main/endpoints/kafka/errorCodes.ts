/** Kafka's error codes, those that are answered here, and which of them the lab's errors are. Source: https://kafka.apache.org/protocol#protocol_error_codes */
import { type ErrorCode, type LabError, toLabError } from '../../api/errors.ts';

export const errorCodes = {
  NONE: 0,
  UNKNOWN_SERVER_ERROR: -1,
  OFFSET_OUT_OF_RANGE: 1,
  CORRUPT_MESSAGE: 2,
  UNKNOWN_TOPIC_OR_PARTITION: 3,
  LEADER_NOT_AVAILABLE: 5,
  NOT_LEADER_OR_FOLLOWER: 6,
  REQUEST_TIMED_OUT: 7,
  BROKER_NOT_AVAILABLE: 8,
  MESSAGE_TOO_LARGE: 10,
  INVALID_TOPIC_EXCEPTION: 17,
  INVALID_REQUIRED_ACKS: 21,
  UNSUPPORTED_VERSION: 35,
  TOPIC_ALREADY_EXISTS: 36,
  INVALID_PARTITIONS: 37,
  INVALID_REPLICATION_FACTOR: 38,
  INVALID_REPLICA_ASSIGNMENT: 39,
  INVALID_CONFIG: 40,
  INVALID_REQUEST: 42,
  POLICY_VIOLATION: 44,
  OUT_OF_ORDER_SEQUENCE_NUMBER: 45,
  INVALID_PRODUCER_EPOCH: 47,
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: 53,
  KAFKA_STORAGE_ERROR: 56,
  FETCH_SESSION_ID_NOT_FOUND: 70,
  FENCED_LEADER_EPOCH: 74,
  UNKNOWN_LEADER_EPOCH: 75,
  UNSUPPORTED_COMPRESSION_TYPE: 76,
  THROTTLING_QUOTA_EXCEEDED: 89,
  INVALID_RECORD: 87,
  UNKNOWN_TOPIC_ID: 100,
  MISMATCHED_ENDPOINT_TYPE: 114,
  UNSUPPORTED_ENDPOINT_TYPE: 115,
} as const;

export type KafkaErrorName = keyof typeof errorCodes;

const names = new Map<number, KafkaErrorName>(Object.entries(errorCodes).map(([name, code]) => [code, name as KafkaErrorName]));

export const errorNameOf = (code: number): string => names.get(code) ?? `error ${code}`;

/** What is answered for each; the rest is UNKNOWN_SERVER_ERROR. */
const answered: Partial<Record<ErrorCode, KafkaErrorName>> = {
  'no-such-stream': 'UNKNOWN_TOPIC_OR_PARTITION',
  'no-such-shard': 'UNKNOWN_TOPIC_OR_PARTITION',
  'shards-missing': 'KAFKA_STORAGE_ERROR',
  'offset-out-of-range': 'OFFSET_OUT_OF_RANGE',
  'bad-stream-name': 'INVALID_TOPIC_EXCEPTION',
  'stream-exists': 'TOPIC_ALREADY_EXISTS',
  'batch-invalid': 'INVALID_RECORD',
  'batch-damaged': 'CORRUPT_MESSAGE',
  'value-too-large': 'MESSAGE_TOO_LARGE',
  'batch-too-large': 'MESSAGE_TOO_LARGE',
  'out-of-sequence': 'OUT_OF_ORDER_SEQUENCE_NUMBER',
  fenced: 'INVALID_PRODUCER_EPOCH',
  'bad-input': 'INVALID_REQUEST',
  'file-unreadable': 'KAFKA_STORAGE_ERROR',
  'disk-full': 'KAFKA_STORAGE_ERROR',
  'broker-down': 'BROKER_NOT_AVAILABLE',
  // Clients try these again.
  'too-many': 'REQUEST_TIMED_OUT',
  deadline: 'REQUEST_TIMED_OUT',
  disconnected: 'REQUEST_TIMED_OUT',
};

/** A failure as a client is told of it. */
export class KafkaError extends Error {
  readonly code: number;

  constructor(name: KafkaErrorName, message: string) {
    super(message);
    this.code = errorCodes[name];
  }
}

export interface Told {
  errorCode: number;
  errorMessage: string;
}

export function toldOf(thrown: unknown): Told {
  if (thrown instanceof KafkaError) return { errorCode: thrown.code, errorMessage: thrown.message };
  const error: LabError = toLabError(thrown);
  return { errorCode: errorCodes[answered[error.code] ?? 'UNKNOWN_SERVER_ERROR'], errorMessage: error.message };
}

export const NO_ERROR = { errorCode: errorCodes.NONE, errorMessage: null };
