/** What somebody has changed in a form: an edit sends that and nothing else, so that two edits of different fields agree. */

export type Typed = Readonly<Record<string, string | boolean>>;

/** The fields of `typed` that are not as in `before`, each read by its reader; an emptied one is null. */
export function changesOf(
  before: Typed,
  typed: Typed,
  numbers: readonly string[] = [],
): Record<string, unknown> {
  const changed = Object.entries(typed).filter(([name, value]) => before[name] !== value);
  return Object.fromEntries(changed.map(([name, value]) => [name, readOf(name, value, numbers)]));
}

/** Everything that was filled in, for something new. */
export function filledIn(typed: Typed, numbers: readonly string[] = []): Record<string, unknown> {
  const filled = Object.entries(typed).filter(([, value]) => value !== '');
  return Object.fromEntries(filled.map(([name, value]) => [name, readOf(name, value, numbers)]));
}

function readOf(name: string, value: string | boolean, numbers: readonly string[]): unknown {
  if (typeof value === 'boolean') return value;
  const text = value.trim();
  if (text === '') return null;
  return numbers.includes(name) ? numberOf(text) : text;
}

/** A number as people type it; what is none goes as it is, and the hub says so at its field. */
function numberOf(text: string): number | string {
  const number = Number(text.replace(',', '.'));
  return Number.isNaN(number) ? text : number;
}
