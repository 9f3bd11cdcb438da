/** What the hub refused, as people say it: the code's own words, what to do next, and what is wrong with which field. */
import type { FieldProblem, Problem } from '../api/client';
import { named, type Words } from '../i18n/words';

/** A field's problem in the reader's language; a rule that we have no words for is told as the hub tells it. */
export function fieldWords(t: Words, one: FieldProblem): string {
  const key = [`rule_${one.type}_${fieldName(one.pointer)}`, `rule_${one.type}`].find(t.has);
  if (key === undefined) return one.message;
  const number = /-?\d+(\.\d+)?/.exec(one.message)?.[0] ?? '';
  return t(key, { number, last: one.message.split(' ').at(-1) });
}

/** What a form calls the field at this pointer. */
export function fieldLabel(t: Words, pointer: string): string {
  return named(t, 'field', fieldName(pointer));
}

/** The pointer's last piece that is a name: `/roles/0` is about `roles`. */
function fieldName(pointer: string): string {
  return pointer.split('/').findLast((piece) => /\D/.test(piece)) ?? pointer;
}

/** What happened, in one sentence. */
export function problemTitle(t: Words, { code, params }: Problem): string {
  const key = `problem_${code}`;
  return t.has(key) ? t(key, params) : named(t, 'problem', code);
}

/** What to do next; null where the sentence says it already. */
export function problemNext(t: Words, { code, params }: Problem): string | null {
  const key = `problem_${code}_do`;
  return t.has(key) ? t(key, params) : null;
}
