import { describe, expect, it } from 'vitest';
import { homeFor, sectionsFor } from './sections';

const RENTER = new Set(['stations:read', 'vehicles:read', 'tariffs:read', 'rentals:read_own']);

describe('homeFor', () => {
  it('is nowhere for who only rents, though prices are open', () => {
    expect(homeFor(RENTER)).toBeUndefined();
    expect(sectionsFor(RENTER).map((one) => one.path)).toEqual(['tariffs']);
  });

  it('is the first business that somebody has', () => {
    expect(homeFor(new Set([...RENTER, 'charging:read', 'cases:read']))?.path).toBe('charging');
  });
});
