/** Who left? After 45 s without a touch a warning of 20 s, which can be turned away as often as one likes; then `over`. */

export const QUIET_MS = 45_000;
export const WARNING_S = 20;

export interface IdleEars {
  /** Seconds left to answer; null when nobody needs to be asked. */
  warning(secondsLeft: number | null): void;
  over(): void;
}

export class IdleTimer {
  private quiet: ReturnType<typeof setTimeout> | undefined;
  private countdown: ReturnType<typeof setInterval> | undefined;
  private running = false;

  constructor(
    private readonly ears: IdleEars,
    private readonly quietMs = QUIET_MS,
    private readonly warningS = WARNING_S,
  ) {}

  start(): void {
    if (this.running) return;
    this.running = true;
    this.restart();
  }

  stop(): void {
    this.running = false;
    clearTimeout(this.quiet);
    this.endWarning();
  }

  /** Somebody is here. */
  touch(): void {
    if (this.running) this.restart();
  }

  /** Whether the question stands. */
  isAsking(): boolean {
    return this.countdown !== undefined;
  }

  private restart(): void {
    clearTimeout(this.quiet);
    this.endWarning();
    this.quiet = setTimeout(() => {
      this.warn();
    }, this.quietMs);
  }

  private warn(): void {
    let left = this.warningS;
    this.ears.warning(left);
    this.countdown = setInterval(() => {
      left -= 1;
      if (left > 0) this.ears.warning(left);
      else {
        this.endWarning();
        this.ears.over();
        this.restart();
      }
    }, 1000);
  }

  private endWarning(): void {
    if (this.countdown === undefined) return;
    clearInterval(this.countdown);
    this.countdown = undefined;
    this.ears.warning(null);
  }
}
