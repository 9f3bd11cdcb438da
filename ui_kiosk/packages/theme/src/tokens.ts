/**
 * The colours of every Voltdock screen, by name and meaning. Here live values; no CSS rules, no components.
 * Contrast is checked by `tokens.test.ts`: 4.5:1 for text, 3:1 for shapes.
 */

export type Mode = 'light' | 'dark';
export type Contrast = 'normal' | 'high';

export interface Tokens {
  readonly ink: string; // text
  readonly muted: string; // text that may wait
  readonly paper: string; // the ground
  readonly surface: string; // cards
  readonly line: string; // hairlines inside a card: decoration only
  readonly edge: string; // borders of things that can be pressed
  readonly volt: string; // action, selection
  readonly onVolt: string;
  readonly voltSoft: string;
  readonly voltText: string; // volt as text on paper, surface and voltSoft
  readonly deep: string; // the one dark card, in light and in dark
  readonly onDeep: string;
  readonly deepMuted: string;
  readonly deepEdge: string;
  readonly spark: string; // one highlight a screen
  readonly onSpark: string;
  readonly halo: string; // the glow round the one highlight: decoration only
  readonly amber: string;
  readonly amberSoft: string;
  readonly amberEdge: string;
  readonly coral: string;
  readonly coralSoft: string;
  readonly sky: string;
  readonly skySoft: string;
}

const light: Tokens = {
  ink: '#10201B',
  muted: '#4A5A54',
  paper: '#F6F8F5',
  surface: '#FFFFFF',
  line: '#DCE4DF',
  edge: '#7C8A84',
  volt: '#00785A',
  onVolt: '#FFFFFF',
  voltSoft: '#E2F3EC',
  voltText: '#006B50',
  deep: '#10201B',
  onDeep: '#FFFFFF',
  deepMuted: '#B9C9C1',
  deepEdge: '#6F827A',
  spark: '#C6F432',
  onSpark: '#10201B',
  halo: '#E0F7A4',
  amber: '#7A4B00',
  amberSoft: '#FFF3DC',
  amberEdge: '#C98A1B',
  coral: '#B3261E',
  coralSoft: '#FCECEA',
  sky: '#1F5FBF',
  skySoft: '#E8F0FC',
};

const dark: Tokens = {
  ink: '#E8F1EC',
  muted: '#A9BAB2',
  paper: '#0C1411',
  surface: '#14201B',
  line: '#26352E',
  edge: '#6F827A',
  volt: '#2FD39A',
  onVolt: '#06231A',
  voltSoft: '#12332A',
  voltText: '#5BE0B2',
  deep: '#1B2C25',
  onDeep: '#FFFFFF',
  deepMuted: '#B9C9C1',
  deepEdge: '#7C8F87',
  spark: '#C6F432',
  onSpark: '#10201B',
  halo: '#3C4D14',
  amber: '#FFC15A',
  amberSoft: '#2B2210',
  amberEdge: '#A5782B',
  coral: '#FF8A80',
  coralSoft: '#331A18',
  sky: '#8AB8FF',
  skySoft: '#152339',
};

const lightHigh: Tokens = {
  ...light,
  ink: '#000000',
  muted: '#1D2925',
  paper: '#FFFFFF',
  line: '#55635D',
  edge: '#000000',
  volt: '#00543F',
  voltText: '#00543F',
  deep: '#000000',
  deepMuted: '#FFFFFF',
  deepEdge: '#C9D6CF',
  amber: '#5C3800',
  amberEdge: '#5C3800',
  coral: '#8C1710',
  sky: '#123F85',
};

const darkHigh: Tokens = {
  ...dark,
  ink: '#FFFFFF',
  muted: '#E3ECE7',
  paper: '#000000',
  surface: '#060B09',
  line: '#8FA39A',
  edge: '#FFFFFF',
  volt: '#5CF0BE',
  voltText: '#8BF7D2',
  deep: '#000000',
  deepMuted: '#FFFFFF',
  deepEdge: '#FFFFFF',
  amberEdge: '#FFC15A',
};

/** The colours for a mode, in the usual or in the raised contrast (7:1 for text). */
export function tokensFor(mode: Mode, contrast: Contrast = 'normal'): Tokens {
  if (contrast === 'high') return mode === 'dark' ? darkHigh : lightHigh;
  return mode === 'dark' ? dark : light;
}

/** The same colours as CSS custom properties: `voltSoft` becomes `--volt-soft`. */
export function cssVariables(tokens: Tokens): Record<string, string> {
  const kebab = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return Object.fromEntries(
    Object.entries(tokens).map(([name, value]) => [`--${kebab(name)}`, String(value)]),
  );
}
