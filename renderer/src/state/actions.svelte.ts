/**
 * Every action of the page, for the command palette and the keyboard. A component declares its actions for as long as it lives.
 */
import { untrack } from 'svelte';
import { matchesKeys, typesText } from '../ui/keys.ts';

export interface Action {
  id: string;
  title: string;
  group?: string;
  /** "Mod+K" style; Mod is Cmd on a Mac, Ctrl elsewhere. */
  keys?: string;
  run: () => void;
  /** True where left out. */
  enabled?: boolean;
}

export class Actions {
  /**
   * Not state: what ends as a screen is left would read it as it was before the next screen came (Svelte gives what is being destroyed the values
   * from before), and take that one's actions away.
   */
  #sources: readonly (() => Action[])[] = [];
  /** Another object whenever they are others. */
  #changed = $state.raw({});
  /** All that can be done now. What was declared last comes first: the screen before the frame. */
  readonly all: Action[] = $derived.by(() => {
    void this.#changed;
    return this.#sources.toReversed().flatMap((source) => source());
  });

  add(source: () => Action[]): () => void {
    this.#set([...this.#sources, source]);
    return () => this.#set(this.#sources.filter((other) => other !== source));
  }

  #set(sources: readonly (() => Action[])[]): void {
    this.#sources = sources;
    this.#changed = {};
  }

  /** The action that a key press means, if any. */
  match(event: KeyboardEvent): Action | undefined {
    if (event.defaultPrevented || event.isComposing) return undefined;
    const typing = isTyping(event.target);
    const covered = isInOverlay(event.target);
    return this.all.find((action) => {
      if (!action.keys || action.enabled === false || !matchesKeys(event, action.keys)) return false;
      if (typesText(action.keys)) return !typing && !covered;
      return !covered || action.id === 'palette';
    });
  }
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || target.matches('input:not([type=checkbox], [type=radio]), textarea, select'))
  );
}

/** A dialog or a menu has the keyboard to itself. */
function isInOverlay(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('[role=dialog], [role=menu], [role=listbox]') !== null;
}

export const actions = new Actions();

/** Declares actions for the life of the component that calls it. */
export function useActions(source: () => Action[]): void {
  $effect.pre(() => untrack(() => actions.add(source)));
}
