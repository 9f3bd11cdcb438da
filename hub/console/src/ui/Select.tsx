/** One of several, as the browser's own list; help and error as with every field. */
import { useId } from 'react';

interface Choice {
  readonly id: string;
  readonly name: string;
}

interface SelectProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly choices: readonly Choice[];
  readonly error?: string | null;
  readonly help?: string;
  readonly name?: string;
  /** What stands for nothing chosen; without it something is always chosen. */
  readonly none?: string;
  readonly disabled?: boolean;
}

export function Select({ label, value, onChange, choices, error = null, help, none, ...rest }: SelectProps) {
  const id = useId();
  const note = error !== null ? `${id}-error` : help !== undefined ? `${id}-help` : undefined;
  return (
    <div className={error === null ? 'field' : 'field wrong'}>
      <label htmlFor={id}>{label}</label>
      <select
        {...rest}
        id={id}
        value={value}
        aria-invalid={error !== null}
        aria-describedby={note}
        onChange={(event) => onChange(event.target.value)}
      >
        {none !== undefined && <option value="">{none}</option>}
        {choices.map((one) => (
          <option key={one.id} value={one.id}>
            {one.name}
          </option>
        ))}
      </select>
      {help !== undefined && (
        <p className="field-help" id={`${id}-help`}>
          {help}
        </p>
      )}
      {error !== null && (
        <p className="field-error" id={`${id}-error`}>
          {error}
        </p>
      )}
    </div>
  );
}
