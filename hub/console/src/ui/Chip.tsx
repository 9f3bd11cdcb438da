/** A state, said three ways: colour, shape and word. */
import type { ReactNode } from 'react';
import { Icon, type IconName } from './Icon';

export type Tone = 'good' | 'amber' | 'coral' | 'sky' | 'plain';

const SHAPES: Readonly<Record<Tone, IconName | null>> = {
  good: 'check',
  amber: 'clock',
  coral: 'alert',
  sky: 'info',
  plain: null,
};

interface ChipProps {
  readonly tone: Tone;
  readonly icon?: IconName;
  readonly children: ReactNode;
}

export function Chip({ tone, icon, children }: ChipProps) {
  const shape = icon ?? SHAPES[tone];
  return (
    <span className={`chip ${tone}`}>
      {shape !== null && <Icon name={shape} size={14} />}
      {children}
    </span>
  );
}
