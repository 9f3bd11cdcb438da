/** Every screen drawn with real views: what a person reads and presses. */
import { act, cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { quote, receipt, rental, SCENARIOS, station } from '../../e2e/fixtures.mjs';
import type { StationView } from '../api/types';
import { App } from '../app/App';
import { Kiosk } from '../app/kiosk';
import { readPrefs } from '../app/prefs';
import { setClock } from '../lib/clock';

const api = {
  view: vi.fn(),
  quote: vi.fn(),
  agree: vi.fn(),
  rental: vi.fn(),
  moreTime: vi.fn(),
  notOpen: vi.fn(),
  handback: vi.fn(),
  parked: vi.fn(),
};
const NOW = '2026-11-26T09:30:00Z';
let kiosk: Kiosk;
let isLive = true;
const listeners = new Set<() => void>();
const link = {
  now: () => isLive,
  subscribe: (listener: () => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};

async function show(view: StationView, search = ''): Promise<void> {
  kiosk = new Kiosk(api, sessionStorage);
  kiosk.tell({ on: 'view', view });
  await act(async () => {
    render(<App kiosk={kiosk} first={readPrefs(search, false)} link={link} />);
    await Promise.resolve();
  });
}
async function press(id: string): Promise<void> {
  fireEvent.click(await screen.findByTestId(id));
}

beforeEach(() => {
  // By day: shortly before midnight a booking ends tomorrow, and is told by its day.
  vi.setSystemTime(NOW);
  setClock(NOW);
  isLive = true;
  Object.values(api).forEach((call) => call.mockReset());
  sessionStorage.clear();
});
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

it('says how many vehicles are ready, and why the others are not', async () => {
  await show(station());
  expect(screen.getByRole('heading', { level: 1 }).textContent).toBe('Three vehicles are ready to ride.');
  expect(screen.getByTestId('dock-5').textContent).toContain('Charging first');
  expect(screen.getByTestId('dock-6').textContent).toMatch(/Booked until \d\d:\d\d/);
  expect(screen.getByTestId('dock-5').tagName).toBe('DIV');
  expect(screen.getByTestId('dock-4').tagName).toBe('BUTTON');
});

it('speaks German and Vietnamese at a press', async () => {
  await show(station());
  await press('lang-de');
  expect(await screen.findByText('Drei Fahrzeuge sind startklar.')).toBeTruthy();
  await press('lang-vi');
  expect(await screen.findByText('Ba xe đã sẵn sàng.')).toBeTruthy();
});

it.each(Object.keys(SCENARIOS))('draws the station %s', async (name) => {
  await show(SCENARIOS[name]?.() ?? station());
  expect(screen.getByTestId('screen-start')).toBeTruthy();
});

it('opens nothing while the station takes no new business', async () => {
  await show(station({ not_accepting: 'store_full' }));
  expect(screen.getByTestId('rent')).toHaveProperty('disabled', true);
  expect(screen.getByTestId('dock-4').tagName).toBe('DIV');
  expect(screen.getByTestId('paused-strip').textContent).toContain('nothing is charged');
});

it('does not say since when while the station does not know the time, and says so', async () => {
  const offline = SCENARIOS['offline']?.() ?? station();
  await show({ ...offline, clock_trusted: false });
  const strip = screen.getByTestId('offline-strip').textContent;
  expect(strip).not.toMatch(/\d\d:\d\d/);
  expect(strip).toContain('times shown may be wrong');
});

it('says who must be updated when hub and station do not understand each other', async () => {
  const offline = SCENARIOS['offline']?.() ?? station();
  await show({ ...offline, hub: { ...offline.hub, update_needed: 'station_outdated' } });
  expect(screen.getByTestId('offline-strip').textContent).toContain('This station must be updated');
});

it('says since when it works without Internet, on every screen', async () => {
  await show(SCENARIOS['offline']?.() ?? station());
  expect(screen.getByTestId('offline-strip').textContent).toMatch(/since \d\d:\d\d\. Rentals and returns/);
  await press('return');
  await screen.findByTestId('screen-return');
  expect(screen.getByTestId('offline-strip').textContent).toContain('Your return is final here');
});

it('never shows an old picture as a fresh one', async () => {
  await show(station());
  act(() => {
    isLive = false;
    listeners.forEach((listener) => {
      listener();
    });
  });
  expect(screen.queryByTestId('screen-start')).toBeNull();
  expect(screen.getByTestId('down').textContent).toContain('+49 30 555 0199');
});

it('takes a code and a PIN by the keys on the screen', async () => {
  const view = station();
  api.quote.mockResolvedValue(quote(view, 4, 'reservation'));
  await show(view);
  await press('rent');
  await press('booked');
  await press('by-reservation');
  for (const key of 'VD7K') await press(`key-${key}`);
  await press('code-next');
  for (const digit of '2468') await press(`pin-${digit}`);
  await press('identify-reservation');
  await screen.findByTestId('screen-price');
  expect(api.quote).toHaveBeenCalledWith({
    who: { kind: 'reservation', code: 'VD7K', pin: '2468' },
    dock_no: null,
  });
});

it('shows the whole price before it asks for a yes', async () => {
  const view = station();
  api.quote.mockResolvedValue(quote(view, 4, 'voucher'));
  await show(view);
  await act(async () => {
    kiosk.tell({ on: 'scanned', token: 'VD1:TOKENTOKEN' });
    await Promise.resolve();
  });
  const price = await screen.findByTestId('screen-price');
  for (const text of [
    '€1.00',
    '€0.19',
    '€24.00',
    '€25.00',
    '20 min: €4.42',
    'first 2 minutes are free',
    '19 % tax',
  ]) {
    expect(price.textContent.replaceAll('\u00a0', ' ')).toContain(text);
  }
  expect(screen.getByTestId('agree').textContent).toContain('60 seconds');
});

it('counts down at the open dock and offers more time', async () => {
  const view = station();
  const open = {
    ...rental(quote(view, 4, 'voucher')),
    state: 'open' as const,
    pull_until: new Date(Date.now() + 47_500).toISOString(),
  };
  await show(view);
  act(() => {
    kiosk.tell({ on: 'answered', ticket: kiosk.now().ticket, rental: open });
  });
  expect((await screen.findByTestId('open-now')).textContent).toContain('Dock 4');
  expect(screen.getByRole('timer').textContent).toMatch(/4\d seconds left/);
  await press('more-time');
  expect(api.moreTime).toHaveBeenCalledWith(open.rental_id);
  act(() => {
    kiosk.tell({ on: 'rental', rental: { ...open, state: 'voided', void_reason: 'not_taken' } });
  });
  expect((await screen.findByTestId('screen-voided')).textContent).toContain('Nothing was charged');
  expect(screen.getByTestId('void-reason').dataset['code']).toBe('not_taken');
});

it('shows the bill of a vehicle that came back, line by line', async () => {
  const view = station();
  await show(view);
  act(() => {
    kiosk.tell({ on: 'view', view: { ...view, returns: [receipt(true)] } });
  });
  expect((await screen.findByTestId('receipt-total')).textContent).toBe('€15.97');
  expect(screen.getByTestId('line-minutes').textContent).toContain('45 minutes');
  expect(screen.getByTestId('line-distance').textContent).toContain('11.84\u00a0km ridden');
  expect(screen.getByTestId('line-late').textContent).toContain('1 hour late');
  expect(screen.getByTestId('payment').textContent).toContain('Queued');
});

it.each([
  ['voucher_used', 'That code was used already.'],
  ['vehicle_not_rentable', 'That vehicle is not for rent.'],
  ['from_the_future', 'That did not work.'],
])('says in words what %s means, with the code small below', async (code, words) => {
  await show(station());
  act(() => {
    kiosk.tell({
      on: 'refused',
      ticket: kiosk.now().ticket,
      problem: { type: 'x', title: 'x', status: 409, code },
    });
  });
  expect((await screen.findByTestId('problem')).dataset['code']).toBe(code);
  expect(screen.getByRole('heading', { level: 1 }).textContent).toBe(words);
});
