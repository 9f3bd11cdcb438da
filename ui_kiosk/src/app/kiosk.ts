/** The kiosk at work: holds the state, carries out the questions of `step`, tells React. Knows no screen. */
import { Refusal, Unreachable, type Api } from '../api/client';
import type { Problem, RentalView } from '../api/types';
import { FRESH, isOpening, type Command, type Event, type State } from './state';
import { step } from './step';

/** So long a yes is repeated when the agent does not answer: said twice it is done once. */
const AGREE_PATIENCE_MS = 45_000;
const AGREE_AGAIN_MS = 1_000;
/** A rental's change comes over the live line; asking is the safety net under it. */
const ASK_RENTAL_MS = 2_000;
const KEPT = 'voltdock.rental';

export class Kiosk {
  private state: State = FRESH;
  private readonly listeners = new Set<() => void>();
  private net: ReturnType<typeof setInterval> | undefined;

  constructor(
    private readonly api: Api,
    private readonly kept: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>,
  ) {}

  readonly now = (): State => this.state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly tell = (event: Event): void => {
    const [next, command] = step(this.state, event);
    if (next === this.state && command === null) return;
    this.state = next;
    this.keepRental();
    this.listeners.forEach((listener) => {
      listener();
    });
    if (command !== null) void this.carryOut(command);
  };

  /** After a reload in the middle of an opening: back to the open dock, not to the start screen. */
  async resume(): Promise<void> {
    const rentalId = this.kept.getItem(KEPT);
    if (rentalId === null) return;
    const rental = await this.api.rental(rentalId).catch(() => null);
    if (rental === null || !['starting', 'open'].includes(rental.state)) this.kept.removeItem(KEPT);
    else if (this.state.screen.name === 'start') {
      this.tell({ on: 'answered', ticket: this.state.ticket, rental });
    }
  }

  private async carryOut(command: Command): Promise<void> {
    const { ticket } = command;
    try {
      if (command.do === 'quote') {
        this.tell({ on: 'quoted', ticket, quote: await this.api.quote(command.ask) });
      } else if (command.do === 'handback') {
        this.tell({ on: 'handed', ticket, handback: await this.api.handback({ who: command.who }) });
      } else this.tell({ on: 'answered', ticket, rental: await this.rentalFor(command) });
    } catch (error) {
      this.tell({
        on: 'refused',
        ticket,
        problem: problemOf(error, command.do === 'agree' || command.do === 'parked'),
      });
    }
  }

  private rentalFor(command: Exclude<Command, { do: 'quote' | 'handback' }>): Promise<RentalView> {
    switch (command.do) {
      case 'agree':
        return patiently(() => this.api.agree({ quote_id: command.quoteId }));
      case 'parked':
        return patiently(() => this.api.parked(command.handbackId));
      case 'more-time':
        return this.api.moreTime(command.rentalId);
      case 'not-open':
        return this.api.notOpen(command.rentalId);
    }
  }

  private keepRental(): void {
    const { screen } = this.state;
    const watched = screen.name === 'rental' && isOpening(this.state) ? screen.rental.rental_id : null;
    if (watched === null) {
      this.kept.removeItem(KEPT);
      clearInterval(this.net);
      this.net = undefined;
      return;
    }
    this.kept.setItem(KEPT, watched);
    this.net ??= setInterval(() => {
      void this.askRental();
    }, ASK_RENTAL_MS);
  }

  private async askRental(): Promise<void> {
    const { screen } = this.state;
    if (screen.name !== 'rental') return;
    const rental = await this.api.rental(screen.rental.rental_id).catch(() => null);
    if (rental !== null) this.tell({ on: 'rental', rental });
  }
}

/** What may be asked for twice is asked for until it is answered, or for so long. */
async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  const until = Date.now() + AGREE_PATIENCE_MS;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof Unreachable) || Date.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, AGREE_AGAIN_MS));
    }
  }
}

function problemOf(error: unknown, afterAgreement: boolean): Problem {
  if (error instanceof Refusal) return error.problem;
  const code = afterAgreement ? 'unsure' : 'unreachable';
  return { type: 'about:blank', title: String(error), status: 0, code };
}
