/** The command lines that do what the page does: a person may take them along into a script. */

/** A word as a shell reads it. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

export type Option = string | number | boolean | null | undefined | readonly string[];

/** `commandLine(['ingest', 'lake', 'a.tif'], {chip_size: 256})` is `groundset ingest lake a.tif --chip-size 256`. */
export function commandLine(words: readonly string[], options: Record<string, Option> = {}): string {
  const parts = ['groundset', ...words.map(quoted)];
  for (const [name, value] of Object.entries(options)) {
    if (value === null || value === undefined || value === '' || value === false) continue;
    if (Array.isArray(value) && value.length === 0) continue;
    parts.push(`--${name.replaceAll('_', '-')}`);
    if (value !== true) parts.push(quoted(Array.isArray(value) ? value.join(',') : String(value)));
  }
  return parts.join(' ');
}
