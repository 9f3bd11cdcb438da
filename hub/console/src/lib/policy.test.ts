import { describe, expect, it } from 'vitest';
import type { LimitShape } from '../api/shapes';
import { isSet, policyBody, typedPolicy, whyLimited } from './policy';

const NONE = { ahead: {}, safe: {}, walk_in_min: 0, walk_in_pct: 0 };

function aLimit(given: Partial<LimitShape>): LimitShape {
  return { kind: 'scooter', supply: 3, safe: 0, walk_ins: 0, leased: 0, limited: true, ...given };
}

describe('whyLimited', () => {
  it('names the safe level where one more booking would go below it', () => {
    const one = aLimit({ supply: 2, safe: 2 });
    expect(whyLimited(one, [one])).toEqual({ of: 'kind', left: 1, needed: 2 });
  });

  it("names the walk-ins' share of all kinds together", () => {
    const one = aLimit({ supply: 3, safe: 1, walk_ins: 5 });
    const other = aLimit({ kind: 'moped', supply: 2, walk_ins: 5 });
    expect(whyLimited(one, [one, other])).toEqual({ of: 'all', left: 4, needed: 5 });
  });

  it('never says that fewer than none are left, and nothing where more is sold', () => {
    const none = aLimit({ supply: 0, safe: 1 });
    expect(whyLimited(none, [none])?.left).toBe(0);
    expect(whyLimited(aLimit({ supply: 0, safe: 1, limited: false }), [])).toBeNull();
  });
});

describe('a typed policy', () => {
  it('comes back as it was read', () => {
    const policy = { ahead: { car: 1 }, safe: { scooter: 2, moped: 4 }, walk_in_min: 3, walk_in_pct: 12.5 };
    expect(policyBody(typedPolicy(policy))).toEqual(policy);
    expect(policyBody(typedPolicy(NONE))).toEqual(NONE);
  });

  it('takes what is emptied as none', () => {
    const typed = typedPolicy({ ...NONE, safe: { scooter: 2 }, walk_in_min: 3 });
    expect(policyBody({ ...typed, safe: { ...typed.safe, scooter: ' ' }, walk_in_min: '' })).toEqual(NONE);
  });

  it('is set where anything must stay or is held', () => {
    expect(isSet(NONE)).toBe(false);
    expect(isSet({ ...NONE, safe: { car: 0 } })).toBe(false);
    expect(isSet({ ...NONE, ahead: { car: 1 } })).toBe(true);
    expect(isSet({ ...NONE, walk_in_pct: 5 })).toBe(true);
  });
});
