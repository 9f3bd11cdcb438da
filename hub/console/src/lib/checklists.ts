/** Checklists as people read them: what is wrong first, and texts in the reader's language. Pure. */
import type { Answer, CaseShape, FilledShape } from '../api/shapes';
import type { Lang } from './format';

/** Where something is wrong first, then the newest. */
export function wrongFirst(filled: readonly FilledShape[]): readonly FilledShape[] {
  return [...filled].sort(
    (a, b) => Number(a.passed) - Number(b.passed) || Date.parse(b.at) - Date.parse(a.at),
  );
}

export function wrongOf(one: FilledShape): readonly Answer[] {
  return one.answers.filter((answer) => !answer.ok);
}

/** The case that the hub opened for it, as far as it is known here. */
export function caseOf(one: FilledShape, cases: readonly CaseShape[]): CaseShape | undefined {
  return cases.find((found) => found.about === one.id);
}

/** A text in the reader's language, else in English, else in any. */
export function textIn(texts: Readonly<Record<string, string>>, lang: Lang): string {
  return texts[lang] ?? texts['en'] ?? Object.values(texts)[0] ?? '';
}
