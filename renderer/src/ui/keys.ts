/** Key combinations as actions declare them: modifiers and a key joined by "+", as in "Mod+K" (Mod is Cmd on a Mac, Ctrl elsewhere). */
export const onMac = typeof navigator !== 'undefined' && /Mac|iPhone|iPad/.test(navigator.platform);

const names: Record<string, string> = {
  ArrowUp: '↑',
  ArrowDown: '↓',
  ArrowLeft: '←',
  ArrowRight: '→',
  Enter: '↵',
  Escape: 'Esc',
  Backspace: '⌫',
  Delete: 'Del',
};

/** The keys as people read them on their keyboard. */
export function describeKeys(keys: string, mac = onMac): string[] {
  return splitKeys(keys).map((key) => {
    if (key === 'Mod') return mac ? '⌘' : 'Ctrl';
    if (key === 'Alt') return mac ? '⌥' : 'Alt';
    if (key === 'Shift') return mac ? '⇧' : 'Shift';
    return names[key] ?? (key.length === 1 ? key.toUpperCase() : key);
  });
}

/** Whether a key press is this combination. Shift is not asked of a sign that needs it to be typed, such as "?". */
export function matchesKeys(event: KeyboardEvent, keys: string, mac = onMac): boolean {
  const parts = splitKeys(keys);
  const key = parts.pop() ?? '';
  const mod = mac ? event.metaKey : event.ctrlKey;
  if (mod !== parts.includes('Mod') || event.altKey !== parts.includes('Alt')) return false;
  const typedWithShift = /^[^A-Za-z0-9]$/.test(key);
  if (!typedWithShift && event.shiftKey !== parts.includes('Shift')) return false;
  return event.key.toLowerCase() === (key === 'Space' ? ' ' : key.toLowerCase());
}

/** Whether the combination is one that also types text, and so is left alone while someone types. */
export const typesText = (keys: string): boolean => !/(^|\+)(Mod|Alt)\+/.test(keys) && !/^F\d+$/.test(keys);

const splitKeys = (keys: string): string[] =>
  keys === '+'
    ? ['+']
    : keys
        .replace(/\+\+$/, '+Plus')
        .split('+')
        .map((key) => (key === 'Plus' ? '+' : key));
