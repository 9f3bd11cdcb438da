import { describe, expect, it } from 'vitest';
import { aCase, aState } from '../testing/samples';
import { needsOf, type Known } from './needs';

const NOW = Date.parse('2026-11-26T08:00:00Z');
const NOTHING: Known = { stations: [], cases: [], quarantine: [], work: [] };

describe('needsOf', () => {
  it('is empty while all is well', () => {
    expect(needsOf({ ...NOTHING, stations: [aState()] }, NOW)).toEqual([]);
  });

  it('puts the more harmful first, and the older first among equals', () => {
    const old = aCase({ id: 'old', kind: 'contradiction', opened_at: '2026-11-20T00:00:00Z' });
    const young = aCase({ id: 'young', kind: 'contradiction', opened_at: '2026-11-25T00:00:00Z' });
    const worst = aCase({ id: 'worst', kind: 'fork', opened_at: '2026-11-26T00:00:00Z' });
    const silent = aState({ online: false, last_seen_at: '2026-11-26T07:50:00Z' });
    const rows = needsOf({ ...NOTHING, cases: [young, worst, old], stations: [silent] }, NOW);
    expect(rows.map((one) => one.id)).toEqual([
      'case-worst',
      'case-old',
      'case-young',
      `unseen-${silent.id}`,
    ]);
  });

  it('leaves a case alone that somebody has taken up', () => {
    expect(needsOf({ ...NOTHING, cases: [aCase({ state: 'acknowledged' })] }, NOW)).toEqual([]);
  });

  it('takes an hour of silence more seriously than a minute', () => {
    const silent = (last_seen_at: string) =>
      needsOf({ ...NOTHING, stations: [aState({ online: false, last_seen_at })] }, NOW)[0]?.look;
    expect(silent('2026-11-26T07:58:00Z')).toBe('attention');
    expect(silent('2026-11-26T06:00:00Z')).toBe('fault');
  });

  it('counts stations that never enrolled as one thing', () => {
    const fresh = [1, 2, 3].map((n) => aState({ id: `s${String(n)}`, online: false, last_seen_at: null }));
    const rows = needsOf({ ...NOTHING, stations: fresh }, NOW);
    expect(rows.map((one) => [one.kind, one.count, one.to])).toEqual([['never', 3, '/stations?state=new']]);
  });

  it('names the dock that is at fault', () => {
    const at = '2026-11-26T07:00:00Z';
    const fault = { thing: 'dock', thing_id: '6', code: 'lock_stuck', at, detail: '' };
    const station = aState({ level: 'trouble', why: ['faults'], faults: [fault] });
    const [row] = needsOf({ ...NOTHING, stations: [station] }, NOW);
    expect([row?.kind, row?.thing, row?.code, row?.to]).toEqual([
      'dock',
      '6',
      'lock_stuck',
      `/stations/${station.id}?dock=6`,
    ]);
  });

  it('tells since when an outbox waits', () => {
    const oldest_at = '2026-11-26T06:00:00Z';
    const outbox = { waiting: 40, oldest_at, late: true };
    const [row] = needsOf({ ...NOTHING, stations: [aState({ why: ['outbox_late'], outbox })] }, NOW);
    expect([row?.kind, row?.code, row?.since]).toEqual(['why', 'outbox_late', oldest_at]);
  });

  it('makes one row of facts that failed for one reason', () => {
    const held = { station_id: 's', lane: 'biz', type: 'X', code: 'malformed', detail: '', state: 'waiting' };
    const quarantine = ['2026-11-26T02:00:00Z', '2026-11-26T01:00:00Z'].map((created_at, n) => ({
      ...held,
      id: String(n),
      created_at,
    }));
    const [row] = needsOf({ ...NOTHING, quarantine }, NOW);
    expect([row?.count, row?.since]).toEqual([2, '2026-11-26T01:00:00Z']);
  });
});
