/** Alarms in the order in which they want a person, and what each is about in words. Pure. */
import type { AlarmShape, Severity } from '../api/shapes';
import { named, type Words } from '../i18n/words';

const WEIGHT: Readonly<Record<Severity, number>> = { critical: 0, warning: 1, info: 2 };

/** The gravest first; among equals those that nobody has seen, then the newest. */
export function byGravity(a: AlarmShape, b: AlarmShape): number {
  const seen = (one: AlarmShape) => (one.acknowledged_at === null ? 0 : 1);
  return (
    WEIGHT[a.severity] - WEIGHT[b.severity] || seen(a) - seen(b) || Date.parse(b.since) - Date.parse(a.since)
  );
}

export function isMuted(one: AlarmShape, now: number): boolean {
  return one.muted_until !== null && Date.parse(one.muted_until) > now;
}

/** What it is about: a vehicle by its name, a dock with what is wrong with it, a kind of vehicle. */
export function subjectOf(t: Words, { rule, subject, seen }: AlarmShape): string {
  if (typeof seen['label'] === 'string') return seen['label'];
  if (rule === 'supply_low') return named(t, 'kind', subject);
  const [thing = '', id = '', code = ''] = subject.split(' ');
  if (thing === 'dock' && code !== '')
    return `${t('dock_title', { number: id })}: ${named(t, 'fault', code)}`;
  return code === '' ? subject : `${id}: ${named(t, 'fault', code)}`;
}
