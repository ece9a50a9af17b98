/** What a peer serves, found by the method's name on the wire. */
import type { Call, CallContext, Contract, EventStream, Handlers } from '../api/contract.ts';
import { LabError } from '../api/errors.ts';
import { parseInput } from './badInput.ts';

export interface Served<C extends Contract> {
  contract: C;
  handlers: Handlers<C>;
}

type UntypedHandler = (input: unknown, context: CallContext) => unknown;

export class Methods {
  readonly #methods = new Map<string, { declaration: Call | EventStream; handle: UntypedHandler }>();

  constructor(served: Served<Contract> | undefined) {
    for (const [domain, declarations] of Object.entries(served?.contract ?? {})) {
      for (const [name, declaration] of Object.entries(declarations)) {
        // Called on its domain, so that handlers can be the methods of an object.
        const handle: UntypedHandler = (input, context) => served!.handlers[domain]![name]!(input, context);
        this.#methods.set(`${domain}.${name}`, { declaration, handle });
      }
    }
  }

  /** See {@link Call.lendsInput}. */
  lendsInput(method: string): boolean {
    const declaration = this.#methods.get(method)?.declaration;
    return declaration?.kind === 'call' && declaration.lendsInput;
  }

  /** Validates the input and calls the handler. Throws `protocol` for a method that is not there, `bad-input`, or what the handler throws. */
  invoke(kind: 'call' | 'stream', method: string, input: unknown, context: CallContext): unknown {
    const found = this.#methods.get(method);
    if (found?.declaration.kind !== kind) throw new LabError('protocol', `There is no ${kind} named ${short(method)} here.`);
    return found.handle(parseInput(method, found.declaration.input, input), context);
  }
}

/** The name is the other side's: it may be of any length. */
const short = (name: string) => (name.length > 100 ? `${name.slice(0, 100)}…` : name);
