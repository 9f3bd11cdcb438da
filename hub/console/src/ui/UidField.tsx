/**
 * A card's number, typed or sent by a reader that acts as a keyboard. Such a reader ends with Enter: that goes on to the
 * next field and does not send the form, which is not filled in yet.
 */
import type { KeyboardEvent } from 'react';
import { uidOf } from '../lib/uid';
import { Field } from './Field';

const NEXT = 'input, select, textarea, button[type=submit]';

interface UidFieldProps {
  readonly label: string;
  readonly name: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly error: string | null;
  readonly help: string;
}

export function UidField({ value, onChange, ...rest }: UidFieldProps) {
  return (
    <Field
      {...rest}
      autoComplete="off"
      spellCheck={false}
      maxLength={60}
      value={value}
      onChange={onChange}
      onKeyDown={goOn}
      onBlur={() => onChange(uidOf(value))}
    />
  );
}

function goOn(event: KeyboardEvent<HTMLInputElement>): void {
  if (event.key !== 'Enter') return;
  event.preventDefault();
  const fields = [...(event.currentTarget.form?.querySelectorAll<HTMLElement>(NEXT) ?? [])];
  fields[fields.indexOf(event.currentTarget) + 1]?.focus();
}
