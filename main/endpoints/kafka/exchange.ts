/** One request and its answer: read, answered, written, and told of. */
import { toLabError } from '../../api/errors.ts';
import { answers } from './answers/index.ts';
import { nameOfKey } from './apiKeys.ts';
import { apiVersions } from './apis/apiVersions.ts';
import { type ApiName, apiNameOf, apiOf } from './apis/index.ts';
import type { AskingClient, BrokerParts } from './asked.ts';
import { errorCodes } from './errorCodes.ts';
import { FRAME_LENGTH_BYTES } from './frames.ts';
import {
  type Api,
  type Message,
  readHeader,
  readRequest,
  type RequestHeader,
  requestOf,
  responseOf,
  serves,
  writeResponse,
} from './wire/api.ts';
import { Malformed, malformed } from './wire/reader.ts';

export interface Exchange {
  header: RequestHeader;
  /** "Produce". */
  api: string;
  /** Whether others of its kind may be under way at the same time. */
  mayOverlap: boolean;
  /** Null where it is answered unread. */
  request: Message | null;
  /** Resolves with the answer and its frame; null where there is to be none. Rejects where the connection must be closed. */
  answer(parts: BrokerParts, client: AskingClient, signal: AbortSignal): Promise<Answered | null>;
}

export interface Answered {
  response: Message;
  pieces: Uint8Array[];
}

/** A request that could not be read: as much of it as is known. */
export class Unreadable extends Error {
  readonly header: RequestHeader | null;
  /** Of its frame, its length included. */
  readonly bytes: number;

  constructor(error: unknown, header: RequestHeader | null, bytes: number) {
    super(error instanceof Malformed ? error.reason : toLabError(error).message, { cause: error });
    this.header = header;
    this.bytes = bytes;
  }
}

/** Throws {@link Unreadable}: the connection is closed, as Kafka does. */
export function readExchange(frame: Buffer): Exchange {
  let header: RequestHeader | null = null;
  try {
    const read = readHeader(frame);
    header = read.header;
    const name = apiNameOf(header.key);
    if (!name) throw malformed(`${nameOfKey(header.key)} is not served here`);
    const declared = apiOf(name);
    if (!serves(declared, header.version)) {
      if (name === 'apiVersions') return unsupported(header);
      throw malformed(`${declared.name} is not served here in version ${header.version}`);
    }
    return exchangeOf(name, header, readRequest(declared, header.version, frame, read.at));
  } catch (error) {
    throw new Unreadable(error, header, FRAME_LENGTH_BYTES + frame.length);
  }
}

type AnyAnswer = (request: unknown, asked: BrokerParts & { version: number; client: AskingClient; signal: AbortSignal }) => unknown;

function exchangeOf(name: ApiName, header: RequestHeader, request: unknown): Exchange {
  const declared: Api = apiOf(name);
  const { version, correlationId } = header;
  return {
    ...{ header, api: declared.name, request: requestOf(declared, version, request) },
    mayOverlap: name === 'produce',
    async answer(parts, client, signal) {
      const value = await (answers[name] as AnyAnswer)(request, { ...parts, version, client, signal });
      if (value === null) return null;
      const pieces = writeResponse(declared, version, correlationId, value as Record<string, unknown>);
      return { response: responseOf(declared, version, value), pieces };
    },
  };
}

/** The client learns from version 0 which ones are served (KIP-511). */
function unsupported(header: RequestHeader): Exchange {
  const { key, min, max } = apiVersions;
  const value = { errorCode: errorCodes.UNSUPPORTED_VERSION, apiKeys: [{ apiKey: key, minVersion: min, maxVersion: max }] };
  return {
    ...{ header, api: apiVersions.name, request: null, mayOverlap: false },
    answer: () => {
      const pieces = writeResponse(apiVersions, 0, header.correlationId, value);
      return Promise.resolve({ response: responseOf(apiOf('apiVersions'), 0, value), pieces });
    },
  };
}
