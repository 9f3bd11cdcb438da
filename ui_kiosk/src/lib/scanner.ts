/**
 * A QR scanner is a keyboard that types fast and ends with Enter. Watches every key, on every screen.
 * Once the text begins like a voucher its keys reach nothing else: base45 holds spaces, and a space presses buttons.
 */

export const PREFIX = 'VD1:';
/** A scanner types a character every 1 to 20 ms; a person hardly ever under 80. */
const GAP_MS = 500;
const LONGEST = 600;

export class Scanner {
  private text = '';
  private last = 0;

  constructor(private readonly found: (token: string) => void) {}

  /** Takes one key; true when it belongs to a scan and nobody else may have it. */
  press(key: string, atMs: number): boolean {
    if (atMs - this.last > GAP_MS) this.text = '';
    this.last = atMs;
    if (key === 'Enter') return this.end();
    if (key.length !== 1) return this.isScan();
    this.text = this.accepts(this.text + key) ? this.text + key : this.accepts(key) ? key : '';
    return this.isScan();
  }

  /** Between the first and the last key of a voucher. */
  isScan(): boolean {
    return this.text.startsWith(PREFIX);
  }

  private accepts(text: string): boolean {
    return (
      text.length <= LONGEST &&
      (text.length < PREFIX.length ? PREFIX.startsWith(text) : text.startsWith(PREFIX))
    );
  }

  private end(): boolean {
    const token = this.text;
    const isScan = this.isScan();
    this.text = '';
    if (isScan) this.found(token);
    return isScan;
  }
}

/** Listens at the window, before anything else. Returns how to stop. */
export function listenForScans(target: Window, found: (token: string) => void): () => void {
  const scanner = new Scanner(found);
  let swallowing = false;
  const down = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    swallowing = scanner.press(event.key, event.timeStamp);
    if (swallowing) stop(event);
  };
  const up = (event: KeyboardEvent): void => {
    if (swallowing || scanner.isScan()) stop(event);
  };
  target.addEventListener('keydown', down, { capture: true });
  target.addEventListener('keyup', up, { capture: true });
  return () => {
    target.removeEventListener('keydown', down, { capture: true });
    target.removeEventListener('keyup', up, { capture: true });
  };
}

function stop(event: KeyboardEvent): void {
  event.preventDefault();
  event.stopPropagation();
}
