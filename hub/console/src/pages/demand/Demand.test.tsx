import { cleanup, fireEvent, screen, within } from '@testing-library/react';
import { Route, Routes } from 'react-router';
import { afterEach, describe, expect, it } from 'vitest';
import { Unreachable } from '../../api/client';
import type { LimitShape } from '../../api/shapes';
import { aMe, CannedHub, show, type Answers } from '../../testing/hub';
import { aStation, detailOf } from '../../testing/samples';
import { Demand } from './Demand';

const STATION = aStation({ timezone: 'UTC' });
const PATH = `/api/v1/stations/${STATION.id}`;
const ME = aMe({ permissions: ['balance:read', 'vehicles:read'] });
const MONDAY = '2026-11-23T08:00:00Z';

function hour(kind: string, out: number) {
  return { at: MONDAY, kind, out, out_high: 3, back: 0.5 };
}

function opened(
  items: readonly unknown[],
  limits: readonly LimitShape[] = [],
  answers: Answers = {},
  me = ME,
) {
  const hub = new CannedHub({
    [`GET ${PATH}`]: () => detailOf(STATION),
    [`GET ${PATH}/demand`]: () => ({ station_id: STATION.id, learnt_at: '2026-11-26T02:00:00Z', items }),
    'GET /api/v1/availability': () => ({ stations: [{ station_id: STATION.id, limits }] }),
    ...answers,
  });
  show(
    <Routes>
      <Route path="/stations/:stationId/demand" element={<Demand />} />
    </Routes>,
    hub,
    { me, at: `/stations/${STATION.id}/demand` },
  );
  return hub;
}

async function monday8(): Promise<string> {
  const row = within(await screen.findByTestId('heat')).getByRole('row', { name: /^08:00/ });
  return within(row).getAllByRole('cell')[0]?.textContent ?? '';
}

afterEach(cleanup);

describe('Demand', () => {
  it('asks for a week and shows each number in its hour and day', async () => {
    const hub = opened([hour('scooter', 1.24)]);
    expect(await monday8()).toBe('1.2');
    expect(hub.sent.some((one) => one.path === `${PATH}/demand?hours=168`)).toBe(true);
    expect(screen.getByTestId('peak').textContent).toBe('Most on Mon at 08:00: 1.2 rides');
    expect(screen.getByRole('table', { name: 'Begin, scooter' })).toBeTruthy();
  });

  it('shows another measure and another kind when they are chosen', async () => {
    opened([hour('scooter', 1.24), hour('moped', 0.42)]);
    expect(await monday8()).toBe('1.2');
    fireEvent.click(screen.getByRole('button', { name: 'moped' }));
    expect(await monday8()).toBe('0.42');
    fireEvent.click(screen.getByRole('button', { name: 'Begin at most' }));
    expect(await monday8()).toBe('3');
    expect(screen.getByRole('button', { name: 'Begin at most' }).getAttribute('aria-pressed')).toBe('true');
  });

  it('says what must stay, how it stands now, and in how many hours more may be wanted', async () => {
    const limit = { kind: 'scooter', supply: 1, safe: 2, walk_ins: 0, leased: 0, limited: true };
    opened([hour('scooter', 1)], [limit]);
    await screen.findByText('bookings limited');
    const card = screen.getByTestId('safety').textContent;
    expect(card).toContain('2 must stay; 1 is charged and free now.');
    expect(card).toContain('In 1 hour of the week more may be wanted.');
  });

  it('says that nothing is set where nothing is', async () => {
    opened([hour('scooter', 1)]);
    await screen.findByText(/Nothing is set for this station/);
  });

  it('says when nothing is known yet, and why', async () => {
    opened([]);
    await screen.findByText('No demand is known yet.');
    expect(screen.queryByTestId('heat')).toBeNull();
  });

  it('says that the hub does not answer', async () => {
    opened([], [], {
      [`GET ${PATH}/demand`]: () => {
        throw new Unreachable('gone');
      },
    });
    await screen.findByRole('button', { name: 'Try again' });
  });

  it('tells that it may not be read, without asking', () => {
    const hub = opened([], [], {}, aMe({ permissions: ['stations:read'] }));
    expect(screen.getByText('Your role does not permit this.')).toBeTruthy();
    expect(hub.sent).toEqual([]);
  });
});
