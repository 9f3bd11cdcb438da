/** Who holds something half typed, and what is asked before it is thrown away. */
import { createContext, useContext, useEffect, useRef } from 'react';

export class Leaving {
  private readonly holders = new Set<() => boolean>();
  private open = false;
  private at = '/';

  /** `question` asks the person, and goes where the answer is yes. */
  constructor(readonly question: (go: () => void) => void) {}

  /** `isHalf` is asked when somebody is about to leave. Returns how to stop. */
  hold(isHalf: () => boolean): () => void {
    this.holders.add(isHalf);
    return () => void this.holders.delete(isHalf);
  }

  /** Where the page is. */
  stand(path: string): void {
    this.at = path;
  }

  get path(): string {
    return this.at;
  }

  get isHeld(): boolean {
    return !this.open && [...this.holders].some((isHalf) => isHalf());
  }

  /** Goes at once where nothing is half typed, or else when the person says so. */
  ask(go: () => void): void {
    if (this.isHeld) this.question(go);
    else go();
  }

  /** Goes, whatever is half typed: the person said so, or it is saved. */
  anyway(go: () => void): void {
    this.open = true;
    go();
    // A step through the history is heard of after this; by then whoever held something is gone.
    window.setTimeout(() => (this.open = false), 300);
  }
}

export const LeavingContext = createContext<Leaving | null>(null);

export function useLeaving(): Leaving {
  const leaving = useContext(LeavingContext);
  if (leaving === null) throw new Error('outside of the console');
  return leaving;
}

/** Warns before what is half typed is left. */
export function useUnsaved(isHalf: boolean): void {
  const leaving = useLeaving();
  const half = useRef(isHalf);
  useEffect(() => {
    half.current = isHalf;
  }, [isHalf]);
  useEffect(() => leaving.hold(() => half.current), [leaving]);
}
