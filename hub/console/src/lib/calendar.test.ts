import { describe, expect, it } from 'vitest';
import type { ReservationShape } from '../api/shapes';
import { DAY_MS, dayStart, rowsOf, spanOf } from './calendar';

const BEGIN = Date.parse('2026-11-26T00:00:00Z');

function booking(id: string, from: string, until: string, state = 'confirmed'): ReservationShape {
  return {
    id,
    created_at: from,
    station_id: 's',
    account_id: 'a',
    vehicle_id: 'v',
    vehicle_kind: null,
    code: id,
    from_at: `2026-11-${from}:00:00Z`,
    until_at: `2026-11-${until}:00:00Z`,
    state,
    reason: '',
    rental_id: null,
  };
}

const rows = (all: readonly ReservationShape[]) => rowsOf(all, (one) => one.vehicle_id ?? '', BEGIN, 2);

describe('rowsOf', () => {
  it('gives a bar its share of the days', () => {
    const [row] = rows([booking('a', '26T12', '27T00')]);
    expect(row?.bars.map((one) => [one.from, one.until])).toEqual([[0.25, 0.5]]);
  });

  it('cuts what begins before and ends after', () => {
    const [row] = rows([booking('a', '20T00', '30T00')]);
    expect(row?.bars.map((one) => [one.from, one.until])).toEqual([[0, 1]]);
  });

  it('puts what overlaps into lanes, and what only touches into one', () => {
    const [row] = rows([
      booking('a', '26T01', '26T05'),
      booking('b', '26T04', '26T08'),
      booking('c', '26T05', '26T06'),
    ]);
    expect(row?.bars.map((one) => [one.booking.id, one.lane])).toEqual([
      ['a', 0],
      ['b', 1],
      ['c', 0],
    ]);
    expect(row?.lanes).toBe(2);
  });

  it('leaves out what is over or elsewhere', () => {
    expect(rows([booking('a', '26T01', '26T02', 'cancelled'), booking('b', '29T00', '29T01')])).toEqual([]);
  });
});

describe('dayStart', () => {
  it('is midnight in the zone', () => {
    expect(new Date(dayStart(Date.parse('2026-11-26T08:30:15Z'), 'Asia/Ho_Chi_Minh')).toISOString()).toBe(
      '2026-11-25T17:00:00.000Z',
    );
  });

  it('begins the day on which the clocks change at its own midnight', () => {
    const start = dayStart(Date.parse('2026-10-25T00:30:00Z'), 'Europe/Berlin');
    expect(new Date(start).toISOString()).toBe('2026-10-24T22:00:00.000Z');
    expect(DAY_MS).toBe(24 * 3600 * 1000);
  });
});

describe('spanOf', () => {
  it('stays where the booking is seen, also in part', () => {
    expect(spanOf(booking('a', '25T12', '26T01'), BEGIN, 2, 0)).toBe(0);
  });

  it('leads to the days in which the booking begins', () => {
    expect(spanOf(booking('a', '30T00', '30T04'), BEGIN, 2, 0)).toBe(2);
    expect(spanOf(booking('a', '20T23', '21T04'), BEGIN, 2, 0)).toBe(-3);
    expect(spanOf(booking('a', '26T00', '26T04'), BEGIN, 2, 7)).toBe(0);
  });
});
