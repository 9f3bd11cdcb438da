/** Finding by what people type: without marks and capitals, the beginning of a word before its middle. Pure. */

export interface Findable {
  readonly id: string;
  readonly name: string;
  readonly more: string;
}

/** `Mỹ Đình` is found by `my dinh`. */
export function plain(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').replace(/đ/gi, 'd').toLowerCase();
}

/** The best matches, best first; all of them in their order when nothing is typed. */
export function matches<T extends Findable>(all: readonly T[], text: string, most: number): readonly T[] {
  const words = plain(text).split(/\s+/).filter(Boolean);
  if (words.length === 0) return all.slice(0, most);
  return all
    .map((one) => ({ one, rank: rankOf(plain(`${one.name} ${one.more} ${one.id}`), words) }))
    .filter(({ rank }) => rank > 0)
    .sort((a, b) => b.rank - a.rank)
    .slice(0, most)
    .map(({ one }) => one);
}

function rankOf(hay: string, words: readonly string[]): number {
  let rank = 0;
  for (const word of words) {
    const at = hay.indexOf(word);
    if (at < 0) return 0;
    rank += at === 0 ? 4 : hay[at - 1] === ' ' || hay[at - 1] === '-' ? 2 : 1;
  }
  return rank;
}
