/** The MUI theme of the house, made from the tokens: no ripple, no shadow, radius 12, sentence case. */
import { createTheme, type Theme, type ThemeOptions } from '@mui/material/styles';
import { tokensFor, type Contrast, type Mode, type Tokens } from './tokens';

export const FONT = "'Inter Variable', Inter, system-ui, sans-serif";

/** `dense`: what somebody works with all day. Small type, low rows, narrow margins; the kiosk stays roomy. */
export type Density = 'roomy' | 'dense';

export function muiTheme(mode: Mode, contrast: Contrast, density: Density = 'roomy'): Theme {
  const tokens = tokensFor(mode, contrast);
  const roomy = roomyTheme(tokens, mode);
  return density === 'roomy' ? roomy : createTheme(roomy, dense(tokens));
}

function dense(tokens: Tokens): ThemeOptions {
  return {
    typography: { fontSize: 13, body2: { fontSize: 14 } },
    components: {
      MuiCard: {
        styleOverrides: { root: { borderRadius: 12, border: `1px solid ${tokens.line}`, boxShadow: 'none' } },
      },
      MuiTableCell: {
        styleOverrides: {
          root: { borderColor: tokens.line, fontVariantNumeric: 'tabular-nums' },
          head: { color: tokens.muted, fontWeight: 600, fontSize: 13 },
        },
      },
      MuiTextField: { defaultProps: { size: 'small' } },
      MuiOutlinedInput: { styleOverrides: { notchedOutline: { borderColor: tokens.edge } } },
      MuiButton: { styleOverrides: { root: { borderRadius: 9 } } },
    },
  };
}

function roomyTheme(tokens: Tokens, mode: Mode): Theme {
  return createTheme({
    palette: {
      mode,
      primary: { main: tokens.volt, contrastText: tokens.onVolt },
      secondary: { main: tokens.deep, contrastText: tokens.onDeep },
      error: { main: tokens.coral },
      warning: { main: tokens.amber },
      info: { main: tokens.sky },
      text: { primary: tokens.ink, secondary: tokens.muted },
      background: { default: tokens.paper, paper: tokens.surface },
      divider: tokens.line,
    },
    shape: { borderRadius: 12 },
    spacing: 8,
    typography: { fontFamily: FONT, button: { textTransform: 'none', fontWeight: 600 } },
    components: {
      MuiButtonBase: { defaultProps: { disableRipple: true, disableTouchRipple: true } },
      MuiDialog: { defaultProps: { transitionDuration: 150 } },
      MuiPaper: { styleOverrides: { root: { backgroundImage: 'none' } } },
    },
  });
}
