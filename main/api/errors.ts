/**
 * The one error of the lab. Every failure that crosses a boundary (page, engine, broker, command line) is a LabError:
 * a `code` from a closed union to branch on, a sentence for people, and whether trying again can help.
 */

/** Every code there is. A new one is added here, and nowhere else. */
export const errorCodes = [
  'bad-input', // the input broke its schema, or a rule the schema cannot say
  'bad-stream-name',
  'stream-exists',
  'no-such-stream',
  'no-such-shard',
  'shards-missing', // the catalog has the stream, the brokers' files have not its shards
  'shard-count-differs',
  'offset-out-of-range',
  'no-such-event',
  'no-event-time', // the stream says no field that holds it
  'value-too-large',
  'batch-too-large', // of what goes into a stream, beyond its largest batch
  'batch-invalid', // an appended record batch is malformed or fails its CRC
  'out-of-sequence', // a producer's numbered batch came without the one before it
  'fenced', // somebody else has taken over what this one was writing
  'batch-damaged', // a stored record batch fails its CRC
  'broker-down',
  'no-such-processor',
  'processor-exists',
  'untrusted', // code from elsewhere that nobody here has looked at yet
  'processor-ended', // its process was ended: it hung, took too much memory, or was killed
  'workspace-in-use',
  'workspace-unwritable',
  'format-too-new',
  'file-unreadable',
  'not-a-log', // the file is no workspace or broker file of ours
  'disk-full',
  'no-such-rehearsal',
  'no-such-column',
  'no-such-job',
  'job-over',
  'no-such-lesson',
  'no-such-sample',
  'no-such-replay',
  'too-many', // a named limit was reached; the message names it
  'port-taken',
  'unauthorized',
  'cancelled',
  'deadline',
  'disconnected', // the other side went away; what was asked may or may not have been done
  'protocol', // a frame that breaks the protocol that it came in
  'internal',
] as const;

export type ErrorCode = (typeof errorCodes)[number];

export interface LabErrorOptions {
  /** Whether the same request can succeed later without being changed. */
  retriable?: boolean;
  cause?: unknown;
}

export class LabError extends Error {
  override readonly name = 'LabError';
  readonly code: ErrorCode;
  readonly retriable: boolean;

  constructor(code: ErrorCode, message: string, options: LabErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retriable = options.retriable ?? retriableByDefault.has(code);
  }
}

const retriableByDefault = new Set<ErrorCode>(['broker-down', 'deadline', 'disconnected', 'disk-full', 'workspace-in-use']);

/** A LabError as plain data, the shape on every wire. `cause` is a chain of messages, for the log and for reports. */
export interface ErrorShape {
  code: ErrorCode;
  message: string;
  retriable: boolean;
  cause?: string;
}

const knownCodes: ReadonlySet<string> = new Set(errorCodes);

/** Anything thrown as a LabError; what is not ours becomes `internal` with its message kept. */
export function toLabError(thrown: unknown): LabError {
  if (thrown instanceof LabError) return thrown;
  if (thrown instanceof DOMException && thrown.name === 'AbortError') return new LabError('cancelled', 'Cancelled.', { cause: thrown });
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new LabError('internal', `Something unexpected went wrong: ${message}`, { cause: thrown });
}

/** The one serializer for every boundary. */
export function serializeError(thrown: unknown): ErrorShape {
  const error = toLabError(thrown);
  const shape: ErrorShape = { code: error.code, message: error.message, retriable: error.retriable };
  const cause = causeChain(error.cause);
  if (cause) shape.cause = cause;
  return shape;
}

/** The inverse of {@link serializeError}. A shape that is not ours becomes `internal`. */
export function deserializeError(shape: unknown): LabError {
  const { code, message, retriable, cause } = (shape ?? {}) as Partial<ErrorShape>;
  if (typeof code !== 'string' || !knownCodes.has(code) || typeof message !== 'string') {
    return new LabError('internal', 'The other side failed without saying how.');
  }
  return new LabError(code, message, { retriable: retriable === true, cause });
}

function causeChain(cause: unknown): string {
  const messages: string[] = [];
  for (let at = cause; at !== undefined && at !== null && messages.length < 5; at = at instanceof Error ? at.cause : undefined) {
    messages.push(at instanceof Error ? at.message : String(at));
  }
  return messages.join(' ← ');
}
