/** Buttons and links that look like buttons: at least 48 px, the colour changes under the finger. */
import { useEffect, useRef, type ReactNode } from 'react';
import { Icon, type Sign } from '../../ui/icons';

export type Tone = 'volt' | 'plain' | 'bare' | 'coral';

interface PressProps {
  readonly id?: string;
  readonly tone?: Tone;
  readonly sign?: Sign;
  readonly label?: string;
  readonly disabled?: boolean;
  readonly busy?: boolean;
  readonly wide?: boolean;
  readonly submit?: boolean;
  readonly pressed?: boolean;
  /** Takes the focus when it appears, as the one answer of a question. */
  readonly isFirst?: boolean;
  readonly children?: ReactNode;
  readonly onPress?: () => void;
}

export function Press({ children, onPress, isFirst = false, busy = false, ...look }: PressProps) {
  const own = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (isFirst) own.current?.focus();
  }, [isFirst]);
  return (
    <button
      ref={own}
      type={look.submit === true ? 'submit' : 'button'}
      className={`press ${look.tone ?? 'plain'} ${look.wide === true ? 'wide' : ''}`}
      data-testid={look.id}
      disabled={look.disabled === true || busy}
      aria-busy={busy}
      aria-pressed={look.pressed}
      aria-label={look.label}
      onClick={onPress}
    >
      {look.sign && <Icon sign={look.sign} />}
      {children !== undefined && <span>{children}</span>}
      {busy && <i className="spinner" aria-hidden="true" />}
    </button>
  );
}

interface GoProps {
  readonly id?: string;
  readonly to: string;
  readonly tone?: Tone;
  readonly sign?: Sign;
  readonly wide?: boolean;
  readonly children: ReactNode;
}

export function Go({ id, to, tone = 'plain', sign, wide = false, children }: GoProps) {
  return (
    <a className={`press ${tone} ${wide ? 'wide' : ''}`} href={to} data-testid={id}>
      {sign && <Icon sign={sign} />}
      <span>{children}</span>
    </a>
  );
}
