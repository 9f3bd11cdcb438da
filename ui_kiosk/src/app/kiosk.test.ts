import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { quote, rental, station } from '../../e2e/fixtures.mjs';
import { Refusal, Unreachable, type Api } from '../api/client';
import { Kiosk } from './kiosk';

const view = station();
const price = quote(view, 4, 'voucher');
const api = {
  view: vi.fn<Api['view']>(),
  quote: vi.fn<Api['quote']>(),
  agree: vi.fn<Api['agree']>(),
  rental: vi.fn<Api['rental']>(),
  moreTime: vi.fn<Api['moreTime']>(),
  notOpen: vi.fn<Api['notOpen']>(),
  handback: vi.fn<Api['handback']>(),
  parked: vi.fn<Api['parked']>(),
};
let kiosk: Kiosk;

async function toPrice(): Promise<void> {
  api.quote.mockResolvedValue(price);
  kiosk.tell({ on: 'view', view });
  kiosk.tell({ on: 'scanned', token: 'VD1:TOKENTOKEN' });
  await vi.advanceTimersByTimeAsync(0);
}

beforeEach(() => {
  vi.useFakeTimers();
  Object.values(api).forEach((call) => call.mockReset());
  sessionStorage.clear();
  kiosk = new Kiosk(api, sessionStorage);
});
afterEach(() => {
  kiosk.tell({ on: 'home' });
  vi.useRealTimers();
});

it('shows the price that the agent names', async () => {
  await toPrice();
  expect(kiosk.now().screen).toEqual({ name: 'price', quote: price });
});

it('repeats an agreement that was not answered, with the same quote', async () => {
  await toPrice();
  api.agree
    .mockRejectedValueOnce(new Unreachable('cut'))
    .mockResolvedValueOnce({ ...rental(price), state: 'active' });
  kiosk.tell({ on: 'agree' });
  await vi.advanceTimersByTimeAsync(1500);
  expect(api.agree.mock.calls).toEqual([[{ quote_id: price.quote_id }], [{ quote_id: price.quote_id }]]);
  expect(kiosk.now().screen.name).toBe('rental');
});

it('says that it does not know when an agreement is never answered', async () => {
  await toPrice();
  api.agree.mockRejectedValue(new Unreachable('cut'));
  kiosk.tell({ on: 'agree' });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(kiosk.now().screen).toMatchObject({ name: 'refused', problem: { code: 'unsure' } });
});

it('does not repeat an agreement that was refused', async () => {
  await toPrice();
  api.agree.mockRejectedValue(new Refusal({ type: 'x', title: 'x', status: 409, code: 'vehicle_gone' }));
  kiosk.tell({ on: 'agree' });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(api.agree).toHaveBeenCalledTimes(1);
  expect(kiosk.now().screen).toMatchObject({ name: 'refused', problem: { code: 'vehicle_gone' } });
});

it('asks for an open rental by itself, in case the news got lost, and stops when it is over', async () => {
  await toPrice();
  const open = { ...rental(price), state: 'open' as const };
  api.agree.mockResolvedValue(open);
  api.rental.mockResolvedValueOnce(open).mockResolvedValue({ ...open, state: 'active' });
  kiosk.tell({ on: 'agree' });
  await vi.advanceTimersByTimeAsync(20_000);
  expect(kiosk.now().screen).toMatchObject({ name: 'rental', rental: { state: 'active' } });
  expect(api.rental).toHaveBeenCalledTimes(2);
});

it('comes back to the open dock after a reload, and leaves nothing behind after the ride', async () => {
  await toPrice();
  const open = { ...rental(price), state: 'open' as const };
  api.agree.mockResolvedValue(open);
  api.rental.mockResolvedValue(open);
  kiosk.tell({ on: 'agree' });
  await vi.advanceTimersByTimeAsync(0);

  const reloaded = new Kiosk(api, sessionStorage);
  await reloaded.resume();
  expect(reloaded.now().screen).toEqual({ name: 'rental', rental: open });
  for (const one of [reloaded, kiosk]) one.tell({ on: 'rental', rental: { ...open, state: 'active' } });
  expect(sessionStorage.length).toBe(0);
});
