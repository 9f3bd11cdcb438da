/** The MUI theme of the house, made from the tokens: no ripple, no shadow, radius 12, sentence case. */
import { createTheme, type Theme } from '@mui/material/styles';
import { tokensFor, type Contrast, type Mode } from './tokens';

export const FONT = "'Inter Variable', Inter, system-ui, sans-serif";

export function muiTheme(mode: Mode, contrast: Contrast): Theme {
  const tokens = tokensFor(mode, contrast);
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
