/** Words of a shell: POSIX, or PowerShell and cmd on Windows, where no path has a double quote in it. */

export function quotedWord(word: string, platform: string): string {
  if (platform === 'win32') return `"${word}"`;
  return /^[\w./:@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
