/** @voltdock/theme: colours and the words' plumbing that kiosk and console share. The MUI theme: `@voltdock/theme/mui`. */
export { contrastRatio } from './contrast';
export { formatMessage, MessageError, namesIn, pseudo, type Values } from './icu';
export { cssVariables, tokensFor, type Contrast, type Mode, type Tokens } from './tokens';
