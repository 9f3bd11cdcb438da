/** The station's time: its last word plus what has passed since. The screen's own clock may be wrong for years. */

let saidMs = Date.now();
let heardAt = performance.now();

/** The agent said what time it is. */
export function setClock(instant: string): void {
  const said = Date.parse(instant);
  if (Number.isNaN(said)) return;
  saidMs = said;
  heardAt = performance.now();
}

/** Milliseconds since 1970 at the station. */
export function stationNow(): number {
  return saidMs + (performance.now() - heardAt);
}
