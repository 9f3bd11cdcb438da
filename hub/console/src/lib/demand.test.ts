import { describe, expect, it } from 'vitest';
import type { DemandHour } from '../api/shapes';
import { depthOf, hoursAbove, weekOf } from './demand';

function hours(first: string, count: number, given: (index: number) => Partial<DemandHour> = () => ({})) {
  return Array.from({ length: count }, (_, index): DemandHour => {
    const at = new Date(Date.parse(first) + index * 3_600_000).toISOString();
    return { at, kind: 'scooter', out: index, out_high: index, back: 0, ...given(index) };
  });
}

describe('weekOf', () => {
  it("puts each hour where the station's own clock has it", () => {
    // Thursday 17:00 UTC is Friday 00:00 in Ho Chi Minh City.
    const week = weekOf(hours('2026-11-26T17:00:00Z', 168), 'scooter', 'out', 'Asia/Ho_Chi_Minh');
    expect(week.hours[0]?.[4]).toBe(0);
    expect(week.hours[1]?.[4]).toBe(1);
    expect(week.hours[23]?.[3]).toBe(167);
    expect(week.hours.flat()).not.toContain(null);
    expect(week.peak).toEqual({ hour: 23, day: 3 });
  });

  it('leaves the hour empty that is left out in spring, and shows the one that comes twice once', () => {
    const spring = weekOf(hours('2026-03-27T00:00:00Z', 168), 'scooter', 'out', 'Europe/Berlin');
    expect(spring.hours[2]?.[6]).toBeNull();
    const autumn = weekOf(hours('2026-10-24T00:00:00Z', 168), 'scooter', 'out', 'Europe/Berlin');
    expect(autumn.hours[2]?.[6]).toBe(24);
    expect(autumn.hours.flat().filter((one) => one !== null)).toHaveLength(167);
  });

  it('says that hours begin at half past in zones that are off by a half', () => {
    expect(weekOf(hours('2026-11-26T00:00:00Z', 3), 'scooter', 'out', 'Asia/Kolkata').minute).toBe(30);
  });

  it('keeps the kinds apart, and adds a day up', () => {
    const both = hours('2026-11-23T00:00:00Z', 24, (index) => ({
      kind: index < 12 ? 'scooter' : 'moped',
      back: 2,
    }));
    const week = weekOf(both, 'moped', 'back', 'UTC');
    expect(week.days).toEqual([24, 0, 0, 0, 0, 0, 0]);
  });

  it('has no peak where nothing is expected', () => {
    expect(
      weekOf(
        hours('2026-11-23T00:00:00Z', 24, () => ({ out: 0 })),
        'scooter',
        'out',
        'UTC',
      ).peak,
    ).toBeNull();
  });
});

describe('depthOf', () => {
  it('is nothing for nothing, and deepest for the most', () => {
    expect([depthOf(null, 2), depthOf(0, 2), depthOf(0.1, 2), depthOf(2, 2), depthOf(0, 0)]).toEqual([
      0, 0, 1, 5, 0,
    ]);
  });
});

describe('hoursAbove', () => {
  it('counts the hours in which more may be wanted than must stay', () => {
    expect(hoursAbove(hours('2026-11-23T00:00:00Z', 5), 'scooter', 2)).toBe(2);
  });
});
