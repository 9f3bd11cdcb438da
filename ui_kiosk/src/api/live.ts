/**
 * The live line to the agent: whole views and changed rentals, reconnected with back-off for ever.
 * A browser cannot see pings, so silence is checked by asking for the view: what is drawn is never quietly old.
 */
import { Unreachable } from './client';
import type { RentalView, StationView } from './types';

export interface LiveEars {
  view(view: StationView): void;
  rental(rental: RentalView): void;
  /** Whether what is drawn is fresh. */
  link(live: boolean): void;
}

export interface LiveTools {
  /** Opens `/api/live`. */
  open(): WebSocket;
  /** `GET /api/view`. */
  ask(): Promise<StationView>;
  /** Between 0 and 1; in tests not by chance. */
  chance(): number;
}

/** After so long without a frame the view is asked for. */
export const SILENCE_MS = 10_000;
/** So long a gap is not shown: an agent's restart of a second is no news for a person. */
export const GRACE_MS = 2_500;
const FIRST_WAIT_MS = 300;
const LONGEST_WAIT_MS = 5_000;

export class LiveLine {
  private socket: WebSocket | undefined;
  private tries = 0;
  private seq = -1;
  private stopped = false;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private silence: ReturnType<typeof setTimeout> | undefined;
  private grace: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly ears: LiveEars,
    private readonly tools: LiveTools,
  ) {}

  start(): void {
    this.connect();
  }

  stop(): void {
    this.stopped = true;
    [this.retry, this.silence, this.grace].forEach(clearTimeout);
    this.socket?.close();
  }

  private connect(): void {
    if (this.stopped) return;
    const socket = this.tools.open();
    this.socket = socket;
    this.seq = -1; // another start of the agent counts from the beginning
    socket.onmessage = (event) => {
      if (socket === this.socket) this.hear(event.data);
    };
    socket.onclose = () => {
      if (socket === this.socket) this.lost();
    };
    this.watch();
  }

  private hear(data: unknown): void {
    const message = readMessage(data);
    this.watch();
    if (message === undefined) return;
    this.tries = 0;
    if (message.type === 'rental') this.ears.rental(message.rental);
    else this.take(message.view);
  }

  private take(view: StationView): void {
    if (view.seq < this.seq) return;
    this.seq = view.seq;
    clearTimeout(this.grace);
    this.grace = undefined;
    this.ears.view(view);
    this.ears.link(true);
  }

  private watch(): void {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => void this.probe(), SILENCE_MS);
  }

  private async probe(): Promise<void> {
    const socket = this.socket;
    try {
      const view = await this.tools.ask();
      if (this.stopped || socket !== this.socket) return;
      const missed = view.seq > this.seq;
      this.take(view);
      // The socket is silent though there was news: it is dead and does not know it.
      if (missed) socket?.close();
      this.watch();
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      if (!this.stopped && socket === this.socket) this.lost();
    }
  }

  private lost(): void {
    const socket = this.socket;
    this.socket = undefined;
    clearTimeout(this.silence);
    socket?.close();
    if (this.stopped) return;
    this.grace ??= setTimeout(() => {
      this.ears.link(false);
    }, GRACE_MS);
    const wait =
      Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.tries) * (0.75 + this.tools.chance() / 2);
    this.tries += 1;
    clearTimeout(this.retry);
    this.retry = setTimeout(() => {
      this.connect();
    }, wait);
  }
}

type Message = { type: 'view'; view: StationView } | { type: 'rental'; rental: RentalView };

/** A frame of ours, or undefined: another kind (a newer agent's) is let pass. */
function readMessage(data: unknown): Message | undefined {
  if (typeof data !== 'string') return undefined;
  try {
    const message: unknown = JSON.parse(data);
    if (typeof message !== 'object' || message === null || !('type' in message)) return undefined;
    if (message.type === 'view' && 'view' in message) return message as Message;
    if (message.type === 'rental' && 'rental' in message) return message as Message;
  } catch {
    // Not JSON: as good as silence.
  }
  return undefined;
}
