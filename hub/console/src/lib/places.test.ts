import { describe, expect, it } from 'vitest';
import { boundsOf, clustersOf, graticule, pixelOf, stepFor, worst, type Spot } from './places';

const SAIGON: Spot<string> = { at: [106.7009, 10.7769], thing: 'a' };
const NEAR: Spot<string> = { at: [106.7031, 10.7765], thing: 'b' };
const HANOI: Spot<string> = { at: [105.85, 21.03], thing: 'c' };

describe('places', () => {
  it('projects as web maps do', () => {
    expect(pixelOf([0, 0], 0)).toEqual([256, 256]);
    expect(pixelOf([-180, 85.0511], 0)[1]).toBeCloseTo(0, 0);
  });

  it('puts together what would cover each other, and parts it when one looks closer', () => {
    const groups = (zoom: number) =>
      clustersOf([SAIGON, HANOI, NEAR], zoom, 44).map((one) => one.spots.map((spot) => spot.thing).join(''));
    expect(groups(1)).toEqual(['acb']);
    expect(groups(8)).toEqual(['ab', 'c']);
    expect(groups(16)).toEqual(['a', 'c', 'b']);
  });

  it('loses nobody, whatever the zoom', () => {
    const spots = Array.from({ length: 40 }, (_, n): Spot<string> => ({
      at: [100 + (n % 7), n / 3],
      thing: String(n),
    }));
    for (let zoom = 0; zoom < 18; zoom += 1) {
      const all = clustersOf(spots, zoom, 44).flatMap((one) => one.spots);
      expect(new Set(all.map((spot) => spot.thing)).size).toBe(40);
    }
  });

  it('leaves room round a single station', () => {
    const [[west], [east]] = boundsOf([SAIGON.at]);
    expect(east - west).toBeGreaterThan(0);
  });

  it('draws few lines at any zoom', () => {
    for (let zoom = 2; zoom < 18; zoom += 1) {
      const half = 180 / 2 ** zoom;
      const lines = graticule([[-half, -half], [half, half]], stepFor(zoom)); // prettier-ignore
      expect(lines.features.length).toBeLessThan(60);
    }
  });

  it('shows the worst of a group', () => {
    expect(worst(['online', 'offline', 'fault'])).toBe('fault');
    expect(worst([])).toBe('online');
  });
});
