/** Plays one script to both sides, and holds their answers against each other. */
import type { Api } from '../../../../main/endpoints/kafka/wire/api.ts';
import type { Fields, Input, Value } from '../../../../main/endpoints/kafka/wire/fields.ts';
import { apis } from '../../../../main/endpoints/kafka/apis/index.ts';
import { PRODUCE_VERSION_MIN } from '../../../../main/endpoints/kafka/apis/produce.ts';
import { differences, type FieldDifference } from './compare.ts';
import type { Side } from './side.ts';

/** A difference, with the step that has it and the version in which it was asked. */
export interface Difference extends FieldDifference {
  step: string;
  api: string;
  version: number;
}

/** In place of an answer. */
const CLOSED = 'the connection is closed';
const NO_ANSWER = 'no answer';
const SILENCE = 'neither an answer nor the end of the connection';

/** How long an answer may take, milliseconds. */
const ANSWER_MS_MAX = 10_000;

export class Play {
  readonly #sides: { kafka: Side; lab: Side };
  /** Which of the versions of each API is asked: so many above the lowest one, or the highest. */
  readonly #above: number;
  #part = '';
  readonly found: Difference[] = [];
  steps = 0;

  constructor(sides: { kafka: Side; lab: Side }, above: number) {
    this.#sides = sides;
    this.#above = above;
  }

  /** Of all rounds. */
  get isFirst(): boolean {
    return this.#above === 0;
  }

  /** Steps of one part of the script; its name stands before theirs. */
  async part(name: string, steps: (play: Play) => Promise<void>): Promise<void> {
    this.#part = name;
    await steps(this);
  }

  /** Those that append begin later than those that are told of. */
  version(api: Pick<Api, 'key' | 'min' | 'max'>): number {
    return Math.min((api.key === apis.produce.key ? PRODUCE_VERSION_MIN : api.min) + this.#above, api.max);
  }

  /** Asks both the same, each with its own ids in it. Where the connection is closed instead, there is a new one for the next step. */
  async ask<Q extends Fields, S extends Fields>(
    step: string,
    api: Api<Q, S>,
    body: (side: Side) => Input<Q>,
    {
      version = this.version(api as unknown as Api),
      remember,
    }: { version?: number; remember?: (side: Side, answer: Value<S>) => void } = {},
  ): Promise<void> {
    const answered = async (side: Side): Promise<unknown> => {
      const answer = await side.client.ask(api, version, body(side)).catch(() => null);
      if (answer === null) {
        await side.reconnect();
        return CLOSED;
      }
      remember?.(side, answer);
      return answer;
    };
    await this.#hold(step, api.name, version, answered);
  }

  /** What wants no answer: whether the connection lives on. */
  async tell<Q extends Fields, S extends Fields>(step: string, api: Api<Q, S>, body: (side: Side) => Input<Q>): Promise<void> {
    const version = this.version(api as unknown as Api);
    await this.#hold(step, api.name, version, async (side) => {
      side.client.send(api, version, body(side));
      return await whatFollows(side);
    });
  }

  /** Bytes that no client should send: whether the connection lives on. */
  async send(step: string, bytes: Buffer): Promise<void> {
    await this.#hold(step, 'raw', -1, async (side) => {
      side.client.socket.write(bytes);
      return await whatFollows(side);
    });
  }

  /** The same of bytes that get an answer: its bytes, but for its length. */
  async sendAnswered(step: string, bytes: Buffer): Promise<void> {
    await this.#hold(step, 'raw', -1, async (side) => {
      const answer = await side.client.frame(() => void side.client.socket.write(bytes)).catch(() => null);
      if (answer === null) await side.reconnect();
      return answer === null ? CLOSED : 'an answer';
    });
  }

  /** A setting of a topic has this value on both. */
  async untilSet(topic: string, name: string, value: string): Promise<void> {
    await Promise.all(this.#both().map((side) => side.untilSet(topic, name, value)));
  }

  /** Both know the topic with so many partitions; none: they do not know it any more. */
  async untilKnown(name: string, partitions: number): Promise<void> {
    await Promise.all(this.#both().map((side) => side.untilKnown(name, partitions)));
  }

  #both(): Side[] {
    return [this.#sides.kafka, this.#sides.lab];
  }

  async #hold(step: string, api: string, version: number, answered: (side: Side) => Promise<unknown>): Promise<void> {
    const { kafka, lab } = this.#sides;
    const [theirs, ours] = await Promise.all([inTime(kafka, answered), inTime(lab, answered)]);
    this.steps += 1;
    for (const difference of differences({ answer: theirs, side: kafka }, { answer: ours, side: lab })) {
      this.found.push({ step: `${this.#part}: ${step}`, api, version, ...difference });
    }
  }
}

async function inTime(side: Side, answered: (side: Side) => Promise<unknown>): Promise<unknown> {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  const timer = setTimeout(() => resolve(SILENCE), ANSWER_MS_MAX);
  const answer = await Promise.race([answered(side), promise]);
  clearTimeout(timer);
  if (answer === SILENCE) await side.reconnect();
  return answer;
}

/** Another request is answered behind it, or the connection is closed. */
async function whatFollows(side: Side): Promise<string> {
  const isOpen = await side.client.ask(apis.apiVersions, 0, {}).then(
    () => true,
    () => false,
  );
  if (!isOpen) await side.reconnect();
  return isOpen ? NO_ANSWER : CLOSED;
}
