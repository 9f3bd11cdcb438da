import { describe, expect, it } from 'vitest';
import { anAction, aPlan, aTask } from '../testing/balance_samples';
import { byVan, endedByFacts, linesOf, stateOfPlan, storyOfTask } from './balance';

const plainly = (_key: string, text: string) => text;

describe('stateOfPlan', () => {
  it('calls a proposal over once its time is over', () => {
    const plan = aPlan({ valid_until: '2026-11-26T09:00:00Z' });
    expect(stateOfPlan(plan, Date.parse('2026-11-26T08:59:59Z'))).toBe('proposed');
    expect(stateOfPlan(plan, Date.parse('2026-11-26T09:00:01Z'))).toBe('over');
  });

  it('leaves what was decided as it is, however old', () => {
    const plan = aPlan({ state: 'accepted', valid_until: '2020-01-01T00:00:00Z' });
    expect(stateOfPlan(plan, Date.now())).toBe('accepted');
  });
});

describe('byVan', () => {
  it('puts what is worth most first, van by van', () => {
    const actions = [
      anAction({ van: 1, label: 'C', worth: 0.9 }),
      anAction({ van: 0, label: 'B', worth: 0.2 }),
      anAction({ van: 0, label: 'A', worth: 0.7 }),
    ];
    const found = byVan({ actions, routes: [], stations: [] });
    expect(found.map((one) => one.actions.map(({ label }) => label))).toEqual([['A', 'B'], ['C']]);
  });
});

describe('endedByFacts', () => {
  it('says what the docks saw, where no person ended it', () => {
    const over = { ended_at: '2026-11-26T08:00:00Z' };
    expect(endedByFacts(aTask({ ...over, what: 'swap', state: 'done' }))).toBe('swapped');
    expect(endedByFacts(aTask({ ...over, what: 'move', state: 'done' }))).toBe('arrived');
    expect(endedByFacts(aTask({ ...over, what: 'move', state: 'failed' }))).toBe('elsewhere');
    expect(endedByFacts(aTask({ ...over, what: 'move', state: 'done', ended_by: 'ada' }))).toBeNull();
    expect(endedByFacts(aTask({ what: 'move' }))).toBeNull();
  });
});

describe('storyOfTask', () => {
  it('is in the order of time, ticks between start and end', () => {
    const task = aTask({
      state: 'failed',
      started_at: '2026-11-26T08:00:00Z',
      assigned_to: 'bo',
      checklist: [
        { key: '1', text: 'Swept', at: '2026-11-26T08:10:00Z', by: 'bo' },
        { key: '2', text: 'Wiped', at: null, by: null },
      ],
      ended_at: '2026-11-26T08:20:00Z',
      ended_by: 'bo',
      reason: 'no water',
    });
    const found = storyOfTask(task, plainly).map(({ what, by, text }) => [what, by, text]);
    expect(found).toEqual([
      ['made', null, ''],
      ['started', 'bo', ''],
      ['ticked', 'bo', 'Swept'],
      ['failed', 'bo', 'no water'],
    ]);
  });
});

describe('linesOf', () => {
  it('leaves empty lines out', () => {
    expect(linesOf(' Swept \n\n  Cameras wiped\n')).toEqual(['Swept', 'Cameras wiped']);
  });
});
