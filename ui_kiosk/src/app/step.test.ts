import { beforeEach, describe, expect, it } from 'vitest';
import { handback, quote, receipt, rental, station, uuid } from '../../e2e/fixtures.mjs';
import type { Problem, RentalView } from '../api/types';
import { FRESH, type Command, type Event, type State } from './state';
import { nextAfter, step } from './step';

let state: State;
let commands: Command[];

/** Plays events and keeps what was asked of the agent. */
function play(...events: Event[]): State {
  for (const event of events) {
    const [next, command] = step(state, event);
    state = next;
    if (command !== null) commands.push(command);
  }
  return state;
}

const view = station();
const price = quote(view, 4, 'voucher');
const begun: RentalView = rental(price);
const no = (code: string): Problem => ({ type: 'about:blank', title: code, status: 409, code });
const scan: Event = { on: 'scanned', token: 'VD1:TOKENTOKEN' };
const quoted = (): Event => ({ on: 'quoted', ticket: state.ticket, quote: price });
const answered = (change: Partial<RentalView> = {}): Event => ({
  on: 'answered',
  ticket: state.ticket,
  rental: { ...begun, ...change },
});

function toPrice(): void {
  play(scan);
  play(quoted());
}
function toOpen(): void {
  toPrice();
  play({ on: 'agree' });
  play(answered({ state: 'open' }));
}

beforeEach(() => {
  state = FRESH;
  commands = [];
  play({ on: 'view', view });
});

describe('check-out', () => {
  it('goes from the vehicle to the code to the PIN to the price', () => {
    play(
      { on: 'rent' },
      { on: 'choose', dockNo: 2 },
      { on: 'use-code' },
      { on: 'reservation', code: ' vd7k2m', pin: '2468' },
    );
    expect(state.waiting).toBe('quote');
    expect(commands.at(-1)).toMatchObject({
      do: 'quote',
      ask: { dock_no: 2, who: { kind: 'reservation', code: 'VD7K2M', pin: '2468' } },
    });
    play(quoted());
    expect(state.screen).toEqual({ name: 'price', quote: price });
  });

  it('lets a scanned voucher take over from the start screen and lets the station choose', () => {
    play(scan);
    expect(commands).toMatchObject([{ do: 'quote', ask: { dock_no: null, who: { kind: 'voucher' } } }]);
  });

  it('remembers who it is when another vehicle is chosen', () => {
    toPrice();
    play({ on: 'another' }, { on: 'choose', dockNo: 1 });
    expect(commands.at(-1)).toMatchObject({ do: 'quote', ask: { dock_no: 1, who: { kind: 'voucher' } } });
  });

  it('forgets who it was on the way home', () => {
    toPrice();
    play({ on: 'back' }, { on: 'back' });
    expect(state).toMatchObject({ screen: { name: 'start' }, who: null, dockNo: null });
  });

  it('asks for one agreement however often the button is pressed', () => {
    toPrice();
    play({ on: 'agree' }, { on: 'agree' }, { on: 'agree' });
    expect(commands.filter((command) => command.do === 'agree')).toEqual([
      { do: 'agree', ticket: state.ticket, quoteId: price.quote_id },
    ]);
  });

  it('drops the answer to a question that nobody asks any more', () => {
    play(scan);
    const late = quoted();
    play({ on: 'home' }, late);
    expect(state.screen.name).toBe('start');
  });
});

describe('an opening dock', () => {
  it.each(['back', 'home', 'idle', 'open-notice'] as const)('is not taken from the screen by %s', (on) => {
    toOpen();
    play({ on });
    expect(state.screen.name).toBe('rental');
  });

  it('is not taken from the screen by scans, cards and returns of others', () => {
    toOpen();
    const card = { read_id: uuid(1), dock_no: 1, read_at: view.at };
    play(scan, { on: 'view', view: { ...view, card, returns: [receipt(false)] } });
    expect(state.screen.name).toBe('rental');
    expect(state.notice).not.toBeNull();
    expect(commands).toHaveLength(2);
  });

  it('holds already while the agreement is on its way', () => {
    toPrice();
    play({ on: 'agree' }, { on: 'idle' }, { on: 'back' });
    expect(state.screen.name).toBe('price');
  });

  it('becomes the ride when the vehicle leaves, even over a question on its way', () => {
    toOpen();
    play({ on: 'more-time' }, { on: 'rental', rental: { ...begun, state: 'active' } });
    expect(state).toMatchObject({
      waiting: null,
      who: null,
      screen: { name: 'rental', rental: { state: 'active' } },
    });
  });

  it('ignores the rental of somebody else', () => {
    toOpen();
    play({ on: 'rental', rental: { ...begun, rental_id: uuid(5), state: 'voided' } });
    expect(state.screen).toMatchObject({ rental: { state: 'open' } });
  });

  it('stays open when no more time can be given, and says so', () => {
    toOpen();
    play({ on: 'more-time' });
    play({ on: 'refused', ticket: state.ticket, problem: no('rental_not_open') });
    expect(state).toMatchObject({
      screen: { name: 'rental' },
      remark: { code: 'rental_not_open' },
      waiting: null,
    });
  });
});

describe('a no', () => {
  it.each([
    ['voucher_used', 'identify'],
    ['card_blocked', 'identify'],
    ['reservation_unknown', 'code'],
    ['quote_expired', 'requote'],
    ['store_full', 'home'],
    ['from_the_future', 'home'],
  ])('after %s leads on to %s', (code, next) => {
    expect(nextAfter(code, { kind: 'voucher', token: 'x' })).toBe(next);
  });

  it('keeps the person when only the vehicle is gone', () => {
    toPrice();
    play({ on: 'agree' });
    play({ on: 'refused', ticket: state.ticket, problem: no('vehicle_gone') }, { on: 'next' });
    expect(state).toMatchObject({ screen: { name: 'choose' }, who: { kind: 'voucher' }, dockNo: null });
  });

  it('asks for the price again when it had expired', () => {
    toPrice();
    play({ on: 'agree' });
    play({ on: 'refused', ticket: state.ticket, problem: no('quote_expired') }, { on: 'next' });
    expect(commands.at(-1)).toMatchObject({ do: 'quote', ask: { dock_no: 4 } });
  });
});

describe('what takes over by itself', () => {
  const returned = { ...view, returns: [receipt(false)] };

  it('is a new return, once', () => {
    play({ on: 'return' }, { on: 'view', view: returned });
    expect(state.screen.name).toBe('bill');
    play({ on: 'home' }, { on: 'view', view: returned });
    expect(state.screen.name).toBe('start');
  });

  it('is no return that was there before this screen was', () => {
    state = FRESH;
    play({ on: 'view', view: returned });
    expect(state.screen.name).toBe('start');
  });

  it('is a card held to a dock, for the vehicle that stands there', () => {
    const card = { read_id: uuid(1), dock_no: 2, read_at: view.at };
    play({ on: 'view', view: { ...view, card } }, { on: 'view', view: { ...view, card } });
    expect(commands).toMatchObject([{ ask: { dock_no: 2, who: { kind: 'card', read_id: uuid(1) } } }]);
  });

  it('is a card for the vehicle that was chosen before, at whatever dock it is held', () => {
    const card = { read_id: uuid(2), dock_no: 2, read_at: view.at };
    play({ on: 'choose', dockNo: 4 }, { on: 'view', view: { ...view, card } });
    expect(commands).toMatchObject([{ ask: { dock_no: 4 } }]);
  });

  it('is only a strip while somebody takes a vehicle', () => {
    toPrice();
    play({ on: 'view', view: returned });
    expect(state).toMatchObject({ screen: { name: 'price' }, notice: { reference: 'VD-R-0187' } });
  });
});

it('opens help over any screen and goes back to it', () => {
  toOpen();
  play({ on: 'help' });
  expect(state.help).toBe(true);
  play({ on: 'back' });
  expect(state).toMatchObject({ help: false, screen: { name: 'rental' } });
});

describe('a full station', () => {
  const mine = handback(view);
  const ended = (): Event => answered({ state: 'ended', receipt: { ...receipt(true), dock_no: null } });

  function toPark(): void {
    play({ on: 'return' }, { on: 'park' }, scan);
    play({ on: 'handed', ticket: state.ticket, handback: mine });
  }

  it('asks whose ride it is, then ends it by one press, with its bill', () => {
    toPark();
    expect(commands).toMatchObject([{ do: 'handback', who: { kind: 'voucher' } }]);
    expect(state.screen.name).toBe('park');
    play({ on: 'parked' }, { on: 'parked' });
    expect(commands.slice(1)).toMatchObject([{ do: 'parked', handbackId: mine.handback_id }]);
    play(ended());
    expect(state.screen.name).toBe('bill');
  });

  it('shows the bill once, though the station tells of the return too', () => {
    toPark();
    play({ on: 'parked' });
    play({ on: 'view', view: { ...view, returns: [{ ...receipt(true), dock_no: null }] } });
    expect(state.notice).not.toBeNull();
    play(ended());
    expect(state.notice).toBeNull();
  });

  it('is not taken away by a card, and forgets what it was about at the start screen', () => {
    toPark();
    play({ on: 'view', view: { ...view, card: { read_id: uuid(1), dock_no: 1, read_at: '' } } });
    expect(state.screen.name).toBe('park');
    play({ on: 'home' }, { on: 'rent' }, scan);
    expect(commands.at(-1)).toMatchObject({ do: 'quote' });
  });

  it('takes a card and a booking for the same question', () => {
    play({ on: 'park' }, { on: 'use-code' }, { on: 'reservation', code: 'vd1', pin: '2468' });
    expect(commands.at(-1)).toMatchObject({ do: 'handback', who: { kind: 'reservation', code: 'VD1' } });
    play({ on: 'refused', ticket: state.ticket, problem: no('reservation_unknown') }, { on: 'next' });
    expect([state.screen.name, state.purpose]).toEqual(['code', 'park']);
    play({ on: 'view', view: { ...view, card: { read_id: uuid(2), dock_no: 1, read_at: '' } } });
    expect(commands.at(-1)).toMatchObject({ do: 'handback', who: { kind: 'card' } });
  });

  it('goes back to the docks when one is free', () => {
    toPark();
    play({ on: 'parked' });
    play({ on: 'refused', ticket: state.ticket, problem: no('docks_free') }, { on: 'next' });
    expect([state.screen.name, state.purpose]).toEqual(['return', 'take']);
    play({ on: 'park' }, { on: 'back' });
    expect(state.screen.name).toBe('return');
  });
});
