/** A checklist as it is typed: its draft, how questions move, and what is sent. Pure. */
import type { ChecklistBody, QuestionShape } from '../api/shapes';

export type Texts = Readonly<Record<string, string>>;

export interface DraftQuestion {
  /** Names the row while it is typed; the hub never sees it. */
  readonly row: number;
  /** Its name at the hub; empty: made from its English text. */
  readonly key: string;
  readonly text: Texts;
  readonly kind: QuestionShape['kind'];
  readonly needed: boolean;
  readonly unit: string;
  readonly photo: boolean;
}

export interface Draft {
  readonly key: string;
  readonly title: Texts;
  readonly about: ChecklistBody['about'];
  readonly questions: readonly DraftQuestion[];
}

const LONGEST_KEY = 60;
export const MOST_QUESTIONS = 60;

export function draftOf(one: ChecklistBody): Draft {
  const questions = one.questions.map((question, index) => ({ ...question, row: index + 1 }));
  return { key: one.key, title: one.title, about: one.about, questions };
}

export const EMPTY: Draft = { key: '', title: {}, about: 'vehicle', questions: [newQuestion(1)] };

export function newQuestion(row: number): DraftQuestion {
  return { row, key: '', text: {}, kind: 'yes_no', needed: true, unit: '', photo: false };
}

/** A row's name that no other has. */
export function nextRow(questions: readonly DraftQuestion[]): number {
  return Math.max(0, ...questions.map((one) => one.row)) + 1;
}

/** The questions with this one further up (-1) or down (1); at an end nothing moves. */
export function moved(
  questions: readonly DraftQuestion[],
  row: number,
  by: -1 | 1,
): readonly DraftQuestion[] {
  const at = questions.findIndex((one) => one.row === row);
  const one = questions[at];
  const other = questions[at + by];
  if (one === undefined || other === undefined) return questions;
  const after = [...questions];
  after[at] = other;
  after[at + by] = one;
  return after;
}

/** A name as the hub takes it, made from words: `Brakes hold.` is `brakes_hold`; one that is taken gets a number. */
export function keyFrom(words: string, taken: ReadonlySet<string> = new Set()): string {
  const plain = words.normalize('NFD').replaceAll('đ', 'd').replaceAll('Đ', 'd').replace(/\p{M}/gu, '');
  const found = plain.toLowerCase().replace(/[^a-z0-9]+/g, '_').replace(/^[^a-z]+|_+$/g, ''); // prettier-ignore
  const first = found.slice(0, LONGEST_KEY - 4).replace(/_+$/, '') || 'question';
  for (let number = 1; ; number += 1) {
    const key = number === 1 ? first : `${first}_${String(number)}`;
    if (!taken.has(key)) return key;
  }
}

/** Whether everything that the hub needs is there: English words everywhere, one question at least. */
export function isWhole(draft: Draft): boolean {
  const all = [draft.title, ...draft.questions.map((one) => one.text)];
  return draft.questions.length > 0 && all.every((texts) => (texts['en'] ?? '').trim() !== '');
}

/** What is sent; names of questions stay, new ones get theirs from their English words. */
export function bodyOf(draft: Draft): Omit<ChecklistBody, 'key'> {
  const taken = new Set(draft.questions.map((one) => one.key));
  const questions = draft.questions.map((one) => {
    const key = one.key === '' ? keyFrom(one.text['en'] ?? '', taken) : one.key;
    taken.add(key);
    const { kind, needed, photo } = one;
    return {
      key,
      text: trimmed(one.text),
      kind,
      needed,
      photo,
      unit: kind === 'number' ? one.unit.trim() : '',
    };
  });
  return { title: trimmed(draft.title), about: draft.about, questions };
}

/** Languages that say nothing are left out; those that are not shown here stay. */
function trimmed(texts: Texts): Texts {
  const said = Object.entries(texts).map(([lang, text]) => [lang, text.trim()] as const);
  return Object.fromEntries(said.filter(([, text]) => text !== ''));
}
