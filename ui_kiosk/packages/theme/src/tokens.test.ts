import { describe, expect, it } from 'vitest';
import { contrastRatio } from './contrast';
import { cssVariables, tokensFor, type Contrast, type Mode, type Tokens } from './tokens';

const TEXT: readonly [keyof Tokens, keyof Tokens][] = [
  ['ink', 'paper'],
  ['ink', 'surface'],
  ['ink', 'voltSoft'],
  ['muted', 'paper'],
  ['muted', 'surface'],
  ['onVolt', 'volt'],
  ['voltText', 'paper'],
  ['voltText', 'surface'],
  ['voltText', 'voltSoft'],
  ['onDeep', 'deep'],
  ['deepMuted', 'deep'],
  ['spark', 'deep'],
  ['onSpark', 'spark'],
  ['amber', 'amberSoft'],
  ['amber', 'paper'],
  ['amber', 'surface'],
  ['coral', 'coralSoft'],
  ['coral', 'paper'],
  ['coral', 'surface'],
  ['sky', 'skySoft'],
  ['sky', 'surface'],
];
const SHAPES: readonly [keyof Tokens, keyof Tokens][] = [
  ['edge', 'paper'],
  ['edge', 'surface'],
  ['volt', 'paper'],
  ['volt', 'surface'],
  ['deepEdge', 'deep'],
  ['amber', 'surface'],
  ['coral', 'surface'],
];
const LOOKS: readonly [Mode, Contrast][] = [
  ['light', 'normal'],
  ['dark', 'normal'],
  ['light', 'high'],
  ['dark', 'high'],
];

describe.each(LOOKS)('%s, %s contrast', (mode, contrast) => {
  const tokens = tokensFor(mode, contrast);

  it.each(TEXT)('%s on %s reads well', (text, ground) => {
    expect(contrastRatio(tokens[text], tokens[ground])).toBeGreaterThanOrEqual(contrast === 'high' ? 7 : 4.5);
  });

  it.each(SHAPES)('%s stands out from %s', (shape, ground) => {
    expect(contrastRatio(tokens[shape], tokens[ground])).toBeGreaterThanOrEqual(3);
  });
});

describe('contrast and variables', () => {
  it('knows the ends of the scale', () => {
    expect(contrastRatio('#000000', '#FFFFFF')).toBeCloseTo(21);
    expect(contrastRatio('#10201B', '#10201B')).toBe(1);
  });

  it('names CSS variables in kebab case', () => {
    expect(cssVariables(tokensFor('light'))['--volt-soft']).toBe('#E2F3EC');
  });
});
