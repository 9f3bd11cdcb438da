/** What can be pressed: the big answers of a screen and the small ones beside them. */
import type { ReactNode } from 'react';
import { Icon, type Sign } from './icons';

export type Tone = 'volt' | 'deep' | 'plain' | 'spark';

interface PressProps {
  readonly id?: string;
  readonly onPress: () => void;
  readonly disabled?: boolean;
}

interface AnswerProps extends PressProps {
  readonly title: ReactNode;
  readonly note?: ReactNode;
  readonly tone?: Tone;
  readonly sign?: Sign;
  readonly busy?: string | undefined;
}

/** A big answer, at least 96 px high. */
export function Answer({
  id,
  title,
  note,
  tone = 'plain',
  sign,
  busy,
  disabled = false,
  onPress,
}: AnswerProps) {
  return (
    <button
      type="button"
      className={`answer ${tone}`}
      data-testid={id}
      onClick={onPress}
      disabled={disabled || busy !== undefined}
      aria-busy={busy !== undefined}
    >
      {sign && <Icon sign={sign} className="large" />}
      <span className="answer-words">
        <span className="answer-title">{busy ?? title}</span>
        {note !== undefined && busy === undefined && <span className="answer-note">{note}</span>}
      </span>
      {busy !== undefined && <span className="spinner" aria-hidden="true" />}
    </button>
  );
}

interface SmallProps extends PressProps {
  readonly children: ReactNode;
  readonly sign?: Sign;
  readonly pressed?: boolean;
  readonly label?: string;
  readonly lang?: string;
  readonly bare?: boolean;
}

/** A small answer: at least 44 px, also for a thumb in a glove. */
export function Small({
  id,
  children,
  sign,
  pressed,
  label,
  lang,
  bare = false,
  disabled = false,
  onPress,
}: SmallProps) {
  return (
    <button
      type="button"
      className={`small ${bare ? 'bare' : ''} ${pressed === true ? 'pressed' : ''}`}
      data-testid={id}
      onClick={onPress}
      disabled={disabled}
      {...(pressed === undefined ? {} : { 'aria-pressed': pressed })}
      {...(label === undefined ? {} : { 'aria-label': label })}
      {...(lang === undefined ? {} : { lang })}
    >
      {sign && <Icon sign={sign} />}
      <span>{children}</span>
    </button>
  );
}
