import { describe, expect, it } from 'vitest';
import type { AlarmShape } from '../api/shapes';
import { business } from '../i18n/de_business';
import { first } from '../i18n/de_first';
import { form } from '../i18n/de_form';
import { wordsOf } from '../i18n/words';
import { byGravity, isMuted, subjectOf } from './alarms';

function anAlarm(given: Partial<AlarmShape>): AlarmShape {
  return {
    id: 'a',
    rule: 'station_silent',
    severity: 'warning',
    state: 'open',
    station_id: null,
    subject: '',
    since: '2026-11-26T08:00:00Z',
    raised_at: null,
    cleared_at: null,
    times: 1,
    seen: {},
    acknowledged_at: null,
    acknowledged_by: null,
    note: '',
    muted_until: null,
    muted_by: null,
    mute_reason: '',
    history: [],
    ...given,
  };
}

describe('alarms', () => {
  it('stand with the gravest first, then the unseen, then the newest', () => {
    const all = [
      anAlarm({ id: 'seen', acknowledged_at: '2026-11-26T09:00:00Z' }),
      anAlarm({ id: 'old', since: '2026-11-26T07:00:00Z' }),
      anAlarm({ id: 'new' }),
      anAlarm({ id: 'grave', severity: 'critical', since: '2026-11-20T07:00:00Z' }),
    ];
    expect(all.sort(byGravity).map((one) => one.id)).toEqual(['grave', 'new', 'old', 'seen']);
  });

  it('are muted until their time', () => {
    const one = anAlarm({ muted_until: '2026-11-26T10:00:00Z' });
    expect(isMuted(one, Date.parse('2026-11-26T09:59:59Z'))).toBe(true);
    expect(isMuted(one, Date.parse('2026-11-26T10:00:01Z'))).toBe(false);
  });

  it('say what they are about in the reader’s language', () => {
    const t = wordsOf('de', () => ({ ...first, ...form, ...business }));
    expect(subjectOf(t, anAlarm({ rule: 'dock_fault', subject: 'dock 6 lock_stuck' }))).toBe(
      'Dock 6: Schloss klemmt',
    );
    expect(subjectOf(t, anAlarm({ rule: 'vehicle_left', subject: '0190', seen: { label: 'V-104' } }))).toBe(
      'V-104',
    );
  });
});
