/** What one person chose for this browser or desktop: how the page looks and which clock it follows. Kept in localStorage. */
import type { Clock } from '../ui/format.ts';

export type Theme = 'system' | 'light' | 'dark';

const THEME_KEY = 'lab.theme';
const CLOCK_KEY = 'lab.clock';
const INTERNAL_KEY = 'lab.internal-streams';

export class Preferences {
  #theme = $state<Theme>(kept(THEME_KEY, ['system', 'light', 'dark']));
  #clock = $state<Clock>(kept(CLOCK_KEY, ['utc', 'local', 'epoch']));
  #internalStreams = $state(kept(INTERNAL_KEY, ['hidden', 'shown']));
  #systemIsDark = $state(false);

  constructor() {
    const dark = window.matchMedia('(prefers-color-scheme: dark)');
    this.#systemIsDark = dark.matches;
    dark.addEventListener('change', () => (this.#systemIsDark = dark.matches));
  }

  get theme(): Theme {
    return this.#theme;
  }
  set theme(theme: Theme) {
    this.#theme = theme;
    keep(THEME_KEY, theme);
  }

  get clock(): Clock {
    return this.#clock;
  }
  set clock(clock: Clock) {
    this.#clock = clock;
    keep(CLOCK_KEY, clock);
  }

  /** Whether the streams that the lab keeps for itself are listed with the others. */
  get showsInternalStreams(): boolean {
    return this.#internalStreams === 'shown';
  }
  set showsInternalStreams(shown: boolean) {
    this.#internalStreams = shown ? 'shown' : 'hidden';
    keep(INTERNAL_KEY, this.#internalStreams);
  }

  /** The theme as it is shown. */
  get shownTheme(): 'light' | 'dark' {
    if (this.#theme !== 'system') return this.#theme;
    return this.#systemIsDark ? 'dark' : 'light';
  }
}

function kept<T extends string>(key: string, allowed: [T, ...T[]]): T {
  const found = allowed.find((value) => value === read(key));
  return found ?? allowed[0];
}

function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null; // storage is switched off: the choice lasts as long as the page
  }
}

function keep(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // as above
  }
}

export const preferences = new Preferences();
