import { describe, expect, it } from 'vitest';
import { changesOf, filledIn } from './changes';

describe('changesOf', () => {
  const before = { label: 'V-1', plate: 'AB', range: '40', rentable: true };

  it('sends what was changed and nothing else', () => {
    expect(changesOf(before, { ...before, label: 'V-2' })).toEqual({ label: 'V-2' });
    expect(changesOf(before, before)).toEqual({});
  });

  it('empties a field by null, and reads numbers with either comma', () => {
    const typed = { ...before, plate: ' ', range: '42,5', rentable: false };
    expect(changesOf(before, typed, ['range'])).toEqual({ plate: null, range: 42.5, rentable: false });
  });

  it('leaves what is no number to the hub, which says so at the field', () => {
    expect(filledIn({ range: 'far', plate: '' }, ['range'])).toEqual({ range: 'far' });
  });
});
