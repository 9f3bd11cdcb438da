/** What the kiosk knows and what can happen to it. Values only: no React, no network, no clock. */
import type {
  AskQuote,
  HandbackView,
  Problem,
  QuoteView,
  ReceiptView,
  RentalView,
  StationView,
} from '../api/types';

export type Who = AskQuote['who'];

/** One question a screen. */
export type Screen =
  | { readonly name: 'start' }
  | { readonly name: 'choose' }
  | { readonly name: 'identify' }
  | { readonly name: 'code' }
  | { readonly name: 'price'; readonly quote: QuoteView }
  | { readonly name: 'rental'; readonly rental: RentalView }
  | { readonly name: 'return' }
  | { readonly name: 'park'; readonly handback: HandbackView }
  | { readonly name: 'bill'; readonly receipt: ReceiptView }
  | { readonly name: 'charge' }
  | { readonly name: 'refused'; readonly problem: Problem; readonly next: Next };

/** What a person does after a no. */
export type Next = 'choose' | 'identify' | 'code' | 'requote' | 'return' | 'home';

/** What somebody says who he is for: to take a vehicle, or to leave his beside full docks. */
export type Purpose = 'take' | 'park';

export type Waiting = 'quote' | 'agree' | 'more-time' | 'not-open' | 'parked';

export interface State {
  readonly view: StationView | null;
  readonly screen: Screen;
  readonly help: boolean;
  readonly who: Who | null;
  readonly purpose: Purpose;
  readonly dockNo: number | null;
  readonly waiting: Waiting | null;
  /** Answers to older questions carry an older ticket and are dropped. */
  readonly ticket: number;
  /** A no that leaves the screen as it is: no more time to give. */
  readonly remark: Problem | null;
  /** Somebody else's return, told in a strip. */
  readonly notice: ReceiptView | null;
  readonly seenReturns: ReadonlySet<string>;
  readonly seenCard: string | null;
}

export type Event =
  | { readonly on: 'view'; readonly view: StationView }
  | { readonly on: 'rental'; readonly rental: RentalView }
  | {
      readonly on:
        'rent' | 'return' | 'charge' | 'help' | 'back' | 'home' | 'another' | 'booked' | 'use-code' | 'next';
    }
  | { readonly on: 'park' | 'parked' }
  | { readonly on: 'agree' | 'more-time' | 'not-open' | 'open-notice' | 'close-notice' | 'idle' }
  | { readonly on: 'choose'; readonly dockNo: number }
  | { readonly on: 'reservation'; readonly code: string; readonly pin: string }
  | { readonly on: 'scanned'; readonly token: string }
  | { readonly on: 'quoted'; readonly ticket: number; readonly quote: QuoteView }
  | { readonly on: 'handed'; readonly ticket: number; readonly handback: HandbackView }
  | { readonly on: 'answered'; readonly ticket: number; readonly rental: RentalView }
  | { readonly on: 'refused'; readonly ticket: number; readonly problem: Problem };

/** What happens by one press and needs no more words. */
type PlainEvent = Event extends infer One
  ? One extends { readonly on: string }
    ? Exclude<keyof One, 'on'> extends never
      ? One
      : never
    : never
  : never;
export type Plain = PlainEvent['on'];

export type Command =
  | { readonly do: 'quote'; readonly ticket: number; readonly ask: AskQuote }
  | { readonly do: 'handback'; readonly ticket: number; readonly who: Who }
  | { readonly do: 'parked'; readonly ticket: number; readonly handbackId: string }
  | { readonly do: 'agree'; readonly ticket: number; readonly quoteId: string }
  | { readonly do: 'more-time' | 'not-open'; readonly ticket: number; readonly rentalId: string };

export const FRESH: State = {
  view: null,
  screen: { name: 'start' },
  help: false,
  who: null,
  purpose: 'take',
  dockNo: null,
  waiting: null,
  ticket: 0,
  remark: null,
  notice: null,
  seenReturns: new Set(),
  seenCard: null,
};

/** A dock is opening or open for somebody: nothing may take the screen away. */
export function isOpening(state: State): boolean {
  if (state.waiting === 'agree') return true;
  return state.screen.name === 'rental' && ['starting', 'open'].includes(state.screen.rental.state);
}

const CHECK_OUT: readonly Screen['name'][] = ['choose', 'identify', 'code', 'price', 'park', 'refused'];

/** Somebody is in the middle of taking a vehicle, or of leaving his. */
export function isCheckingOut(state: State): boolean {
  if (CHECK_OUT.includes(state.screen.name) || isOpening(state)) return true;
  return state.screen.name === 'rental' && state.screen.rental.state === 'voided';
}
