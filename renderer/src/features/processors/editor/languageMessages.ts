/** What the page asks the language worker (languageWorker.ts), and what it answers. Positions count UTF-16 code units. */

export interface Asked {
  id: number;
  /** The whole text of the processor. */
  text: string;
  ask: { what: 'problems' } | { what: 'completions'; at: number } | { what: 'hover'; at: number };
}

export interface Problem {
  from: number;
  to: number;
  message: string;
}

export interface Completion {
  label: string;
  /** As TypeScript names kinds: method, property, const … */
  kind: string;
}

export interface Completions {
  /** Where the word begins that is completed. */
  from: number;
  entries: Completion[];
}

/** The declaration of what stands somewhere, and what is written about it. */
export interface Hover {
  from: number;
  to: number;
  declaration: string;
  documentation: string;
}

export type Answer = { id: number } & ({ problems: Problem[] } | { completions: Completions | null } | { hover: Hover | null });
