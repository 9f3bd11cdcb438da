/** Stations' states as they come one by one, put into the list that is there. Pure. */
import type { StationState } from '../api/shapes';

interface States {
  readonly items: readonly StationState[];
  readonly complete: boolean;
}

/** The list with what came: known stations in their place, new ones at the end. */
export function withStates(
  before: States | undefined,
  came: ReadonlyMap<string, StationState>,
): States | undefined {
  if (before === undefined) return undefined; // the first list is asked for as a whole
  const known = new Set(before.items.map((one) => one.id));
  const items = before.items.map((one) => came.get(one.id) ?? one);
  return { ...before, items: [...items, ...[...came.values()].filter((one) => !known.has(one.id))] };
}
