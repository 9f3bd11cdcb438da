/** Places on a map as numbers: what lies close together at a zoom, what holds all of them, and lines to see size by. Pure. */
import type { Standing } from './station';

/** Longitude, latitude in degrees. */
export type At = readonly [number, number];

export interface Spot<T> {
  readonly at: At;
  readonly thing: T;
}

export interface Cluster<T> {
  readonly at: At;
  readonly spots: readonly [Spot<T>, ...Spot<T>[]];
}

const TILE_PX = 512;
const MERCATOR_MAX = 85.05;

/** Web Mercator in pixels at a zoom (the projection of every web map). */
export function pixelOf([lon, lat]: At, zoom: number): readonly [number, number] {
  const size = TILE_PX * 2 ** zoom;
  const kept = Math.max(-MERCATOR_MAX, Math.min(MERCATOR_MAX, lat));
  const rad = (kept * Math.PI) / 180;
  return [((lon + 180) / 360) * size, ((1 - Math.asinh(Math.tan(rad)) / Math.PI) / 2) * size];
}

/** Groups of what lies within `apart` pixels of a group's first; every spot is in exactly one. */
export function clustersOf<T>(spots: readonly Spot<T>[], zoom: number, apart: number): readonly Cluster<T>[] {
  const made: { first: readonly [number, number]; spots: [Spot<T>, ...Spot<T>[]] }[] = [];
  for (const spot of spots) {
    const [x, y] = pixelOf(spot.at, zoom);
    const near = made.find(({ first }) => Math.hypot(first[0] - x, first[1] - y) <= apart);
    if (near === undefined) made.push({ first: [x, y], spots: [spot] });
    else near.spots.push(spot);
  }
  return made.map((one) => ({ at: middle(one.spots.map((spot) => spot.at)), spots: one.spots }));
}

function middle(all: readonly At[]): At {
  const sum = all.reduce<readonly [number, number]>((a, b) => [a[0] + b[0], a[1] + b[1]], [0, 0]);
  return [sum[0] / all.length, sum[1] / all.length];
}

/** South-west and north-east corner of what holds all of them; a little room round a single one. */
export function boundsOf(all: readonly At[]): [[number, number], [number, number]] {
  const lons = all.map((one) => one[0]);
  const lats = all.map((one) => one[1]);
  const room = 0.004;
  return [
    [Math.min(...lons) - room, Math.min(...lats) - room],
    [Math.max(...lons) + room, Math.max(...lats) + room],
  ];
}

const ORDER: readonly Standing[] = ['revoked', 'fault', 'offline', 'attention', 'new', 'online'];

/** The state that somebody must know of first. */
export function worst(states: readonly Standing[]): Standing {
  return ORDER.find((one) => states.includes(one)) ?? 'online';
}

const STEPS = [30, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001];
const LINE_APART_PX = 90;

/** Degrees between two lines of the grid, so that they are about a thumb's width apart at this zoom. */
export function stepFor(zoom: number): number {
  const perDegree = (TILE_PX * 2 ** zoom) / 360;
  return [...STEPS].reverse().find((one) => one * perDegree >= LINE_APART_PX) ?? 30;
}

export interface Lines {
  readonly type: 'FeatureCollection';
  readonly features: {
    readonly type: 'Feature';
    readonly properties: Record<string, never>;
    readonly geometry: { readonly type: 'LineString'; readonly coordinates: [number, number][] };
  }[];
}

/** Meridians and parallels over these bounds and a little beyond. */
export function graticule([[west, south], [east, north]]: readonly [At, At], step: number): Lines {
  const from = (value: number) => (Math.floor(value / step) - 1) * step;
  const to = (value: number) => (Math.ceil(value / step) + 1) * step;
  const count = (low: number, high: number) => Math.round((to(high) - from(low)) / step) + 1;
  const lines: [number, number][][] = [];
  for (let index = 0; index < count(west, east); index += 1) {
    const lon = from(west) + index * step;
    lines.push([
      [lon, Math.max(-MERCATOR_MAX, from(south))],
      [lon, Math.min(MERCATOR_MAX, to(north))],
    ]);
  }
  for (let index = 0; index < count(south, north); index += 1) {
    const lat = from(south) + index * step;
    if (Math.abs(lat) < MERCATOR_MAX) {
      lines.push([
        [from(west), lat],
        [to(east), lat],
      ]);
    }
  }
  return {
    type: 'FeatureCollection',
    features: lines.map((coordinates) => ({
      type: 'Feature',
      properties: {},
      geometry: { type: 'LineString', coordinates },
    })),
  };
}
