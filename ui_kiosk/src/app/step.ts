/**
 * The kiosk's rules: a state and an event make the next state and, at times, a question to the agent.
 * Pure, like the station's core; `kiosk.ts` carries the questions out.
 */
import type { ReceiptView, RentalView, StationView } from '../api/types';
import {
  isCheckingOut,
  isOpening,
  type Command,
  type Event,
  type Next,
  type Screen,
  type State,
  type Who,
} from './state';

export type Step = readonly [State, Command | null];

export function step(state: State, event: Event): Step {
  switch (event.on) {
    case 'view':
      return arrived(state, event.view);
    case 'rental':
      return [onRental(state, event.rental), null];
    case 'rent':
      return [go(state, { name: 'choose' }, { purpose: 'take' }), null];
    case 'park':
      return [go(state, { name: 'identify' }, { purpose: 'park', who: null, dockNo: null }), null];
    case 'parked':
      return parked(state);
    case 'return':
    case 'charge':
      return [go(state, { name: event.on }), null];
    case 'help':
      return [{ ...state, help: true }, null];
    case 'back':
      return [back(state), null];
    case 'home':
      return [isOpening(state) ? state : home(state), null];
    case 'idle':
      return [isOpening(state) ? state : { ...home(state), notice: null }, null];
    case 'choose':
      return choose(state, event.dockNo);
    case 'another':
      return [go(state, { name: 'choose' }, { dockNo: null }), null];
    case 'booked':
      return [go(state, { name: 'identify' }, { dockNo: null }), null];
    case 'use-code':
      return [go(state, { name: 'code' }), null];
    case 'reservation':
      return ask(state, { kind: 'reservation', code: event.code.trim().toUpperCase(), pin: event.pin });
    case 'scanned':
      return scanned(state, event.token);
    case 'next':
      return next(state);
    case 'agree':
      return agree(state);
    case 'more-time':
    case 'not-open':
      return atRental(state, event.on);
    case 'quoted':
      return [answered(state, event.ticket, { name: 'price', quote: event.quote }), null];
    case 'handed':
      return [answered(state, event.ticket, { name: 'park', handback: event.handback }), null];
    case 'answered':
      return [answered(state, event.ticket, rentalScreen(event.rental)), null];
    case 'refused':
      return [refused(state, event), null];
    case 'open-notice':
      return [state.notice === null || isOpening(state) ? state : toBill(state, state.notice), null];
    case 'close-notice':
      return [{ ...state, notice: null }, null];
  }
}

function go(state: State, screen: Screen, also: Partial<State> = {}): State {
  return { ...state, screen, help: false, waiting: null, remark: null, ticket: state.ticket + 1, ...also };
}

function home(state: State): State {
  return go(state, { name: 'start' }, { who: null, dockNo: null, purpose: 'take' });
}

function back(state: State): State {
  if (state.help) return { ...state, help: false };
  if (isOpening(state)) return state;
  switch (state.screen.name) {
    case 'code':
      return go(state, { name: 'identify' });
    case 'identify':
      if (state.purpose === 'park') return go(home(state), { name: 'return' });
      return go(state, { name: 'choose' }, { who: null, dockNo: null });
    case 'price':
      return go(state, { name: 'choose' }, { who: null, dockNo: null });
    default:
      return home(state);
  }
}

function choose(state: State, dockNo: number): Step {
  const chosen = { ...state, dockNo };
  return chosen.who === null ? [go(chosen, { name: 'identify' }), null] : ask(chosen, chosen.who);
}

function ask(state: State, who: Who): Step {
  const ticket = state.ticket + 1;
  const asked: State = { ...state, who, waiting: 'quote', ticket, remark: null, help: false };
  if (state.purpose === 'park') return [asked, { do: 'handback', ticket, who }];
  return [asked, { do: 'quote', ticket, ask: { who, dock_no: state.dockNo } }];
}

function parked(state: State): Step {
  if (state.screen.name !== 'park' || state.waiting !== null) return [state, null];
  const ticket = state.ticket + 1;
  return [
    { ...state, waiting: 'parked', ticket },
    { do: 'parked', ticket, handbackId: state.screen.handback.handback_id },
  ];
}

function scanned(state: State, token: string): Step {
  if (isOpening(state) || state.waiting !== null) return [state, null];
  const fresh = isCheckingOut(state) ? state : home(state);
  return ask(fresh, { kind: 'voucher', token });
}

function agree(state: State): Step {
  if (state.screen.name !== 'price' || state.waiting !== null) return [state, null];
  const ticket = state.ticket + 1;
  return [
    { ...state, waiting: 'agree', ticket },
    { do: 'agree', ticket, quoteId: state.screen.quote.quote_id },
  ];
}

function atRental(state: State, what: 'more-time' | 'not-open'): Step {
  if (state.screen.name !== 'rental' || state.waiting !== null || !isOpening(state)) return [state, null];
  const ticket = state.ticket + 1;
  const rentalId = state.screen.rental.rental_id;
  return [
    { ...state, waiting: what, ticket, remark: null },
    { do: what, ticket, rentalId },
  ];
}

function answered(state: State, ticket: number, screen: Screen): State {
  if (ticket !== state.ticket) return state;
  const dockNo = screen.name === 'price' ? screen.quote.dock_no : state.dockNo;
  // The station's picture of the same return may have come first.
  const isTold = screen.name === 'bill' && state.notice?.rental_id === screen.receipt.rental_id;
  const notice = isTold ? null : state.notice;
  return { ...state, screen, dockNo, notice, waiting: null, remark: null, help: false };
}

function rentalScreen(rental: RentalView): Screen {
  if (rental.state === 'ended' && rental.receipt !== null) return { name: 'bill', receipt: rental.receipt };
  return { name: 'rental', rental };
}

function onRental(state: State, rental: RentalView): State {
  if (state.screen.name !== 'rental' || state.screen.rental.rental_id !== rental.rental_id) return state;
  const over = rental.state !== 'starting' && rental.state !== 'open';
  const screen = rentalScreen(rental);
  // The lock decided while a question was on its way: its answer has nothing to add.
  return over ? go(state, screen, { who: null, dockNo: null, help: state.help }) : { ...state, screen };
}

const IDENTITY = ['voucher_', 'card_', 'lists_stale', 'too_many_rentals', 'no_ride', 'handback_expired'];
const VEHICLE = ['vehicle_', 'dock_'];

/** Where a person goes on after this no. */
export function nextAfter(code: string, who: Who | null): Next {
  if (code === 'reservation_unknown') return 'code';
  if (code === 'reservation_not_now' || code === 'reservation_locked') return 'identify';
  if (code === 'quote_expired') return 'requote';
  if (code === 'docks_free') return 'return';
  if (IDENTITY.some((start) => code.startsWith(start))) return 'identify';
  if (VEHICLE.some((start) => code.startsWith(start))) return who === null ? 'home' : 'choose';
  return 'home';
}

function refused(state: State, event: Extract<Event, { on: 'refused' }>): State {
  if (event.ticket !== state.ticket) return state;
  const told: State = { ...state, waiting: null };
  if (state.screen.name === 'rental') return { ...told, remark: event.problem };
  const where = nextAfter(event.problem.code, state.who);
  const keepsWho = where === 'choose' || where === 'requote';
  return {
    ...told,
    screen: { name: 'refused', problem: event.problem, next: where },
    who: keepsWho ? state.who : null,
    dockNo: where === 'choose' || where === 'home' ? null : state.dockNo,
    help: false,
  };
}

function next(state: State): Step {
  if (state.screen.name !== 'refused') return [state, null];
  switch (state.screen.next) {
    case 'home':
      return [home(state), null];
    case 'requote':
      return state.who === null ? [home(state), null] : ask(state, state.who);
    case 'return':
      return [go(home(state), { name: 'return' }), null];
    case 'choose':
    case 'identify':
    case 'code':
      return [go(state, { name: state.screen.next }), null];
  }
}

function toBill(state: State, receipt: ReceiptView): State {
  return go(state, { name: 'bill', receipt }, { notice: null, who: null, dockNo: null });
}

/** A new picture of the station: a vehicle that came back or a card that was held up takes over by itself. */
function arrived(state: State, view: StationView): Step {
  const isFirst = state.view === null;
  const fresh = view.returns.find((receipt) => !state.seenReturns.has(receipt.rental_id));
  let known: State = {
    ...state,
    view,
    seenReturns: new Set(view.returns.map((receipt) => receipt.rental_id)),
  };
  if (isFirst) return [{ ...known, seenCard: view.card?.read_id ?? null }, null];
  if (fresh !== undefined) {
    known =
      isCheckingOut(known) || known.waiting !== null ? { ...known, notice: fresh } : toBill(known, fresh);
  }
  return view.card === null || view.card.read_id === known.seenCard
    ? [known, null]
    : cardHeld({ ...known, seenCard: view.card.read_id }, view.card.read_id, view.card.dock_no);
}

function cardHeld(state: State, readId: string, atDock: number): Step {
  const name = state.screen.name;
  if (isOpening(state) || state.waiting !== null || name === 'price' || name === 'park') return [state, null];
  const fresh = isCheckingOut(state) ? state : home(state);
  const stands = fresh.view?.docks.some((dock) => dock.dock_no === atDock && dock.vehicle !== null) ?? false;
  // On the way through a check-out the dock chosen on the screen counts; else the dock that the card was held to.
  const dockNo = fresh.dockNo ?? (stands ? atDock : null);
  return ask({ ...fresh, dockNo }, { kind: 'card', read_id: readId });
}
