/** Telemetry of power, added up by what drew it: the site's meter, the chargers, the docks. Pure. */
import type { PointShape } from '../api/shapes';

export interface PowerLine {
  readonly of: 'site' | 'chargers' | 'docks';
  /** Instant in milliseconds, mean power in watts. */
  readonly points: readonly (readonly [number, number])[];
}

const OF: Readonly<Record<string, PowerLine['of']>> = {
  meter: 'site',
  connector: 'chargers',
  charger: 'chargers',
  battery: 'docks', // what flows into the vehicles in them
};
const ORDER: readonly PowerLine['of'][] = ['site', 'chargers', 'docks'];

/** Things of one kind in one step are added; a kind that nobody has told of has no line. */
export function powerOf(points: readonly PointShape[]): readonly PowerLine[] {
  const sums = new Map<PowerLine['of'], Map<number, number>>();
  for (const point of points) {
    const of = OF[point.thing];
    if (of === undefined || point.mean === null || point.signal !== 'power_w') continue;
    const line = sums.get(of) ?? new Map<number, number>();
    const at = Date.parse(point.at);
    line.set(at, (line.get(at) ?? 0) + point.mean);
    sums.set(of, line);
  }
  return ORDER.flatMap((of) => {
    const line = sums.get(of);
    return line === undefined ? [] : [{ of, points: [...line].sort((a, b) => a[0] - b[0]) }];
  });
}
