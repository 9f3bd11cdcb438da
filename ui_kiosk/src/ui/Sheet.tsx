/** A sheet over the screen: MUI's dialog (focus trap, Escape, scroll lock) in our theme. Fetched only when it opens. */
import Dialog from '@mui/material/Dialog';
import { ThemeProvider } from '@mui/material/styles';
import { muiTheme } from '@voltdock/theme/mui';
import { useMemo, type ReactNode } from 'react';
import { useKiosk } from '../app/context';

interface SheetProps {
  readonly name: string;
  readonly title: string;
  readonly children: ReactNode;
  readonly onClose: () => void;
}

export function Sheet({ name, title, children, onClose }: SheetProps) {
  const { prefs } = useKiosk();
  const theme = useMemo(() => muiTheme(prefs.mode, prefs.contrast), [prefs.mode, prefs.contrast]);
  const titleId = `${name}-title`;
  return (
    <ThemeProvider theme={theme}>
      <Dialog
        open
        onClose={onClose}
        aria-labelledby={titleId}
        slotProps={{ paper: { className: `sheet ${name}` } }}
      >
        <h2 id={titleId}>{title}</h2>
        {children}
      </Dialog>
    </ThemeProvider>
  );
}
