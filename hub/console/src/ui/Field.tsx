/** One labelled input: help under it where it is needed, the error at it and read with it. */
import { useId, type InputHTMLAttributes, type Ref } from 'react';

type Plain = Omit<InputHTMLAttributes<HTMLInputElement>, 'onChange' | 'value'>;

interface FieldProps extends Plain {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly error?: string | null;
  readonly help?: string;
  /** What stands behind the input, such as a unit. */
  readonly unit?: string;
  readonly inputRef?: Ref<HTMLInputElement>;
}

export function Field({ label, value, onChange, error = null, help, unit, inputRef, ...rest }: FieldProps) {
  const id = useId();
  const notes = [help === undefined ? null : `${id}-help`, error === null ? null : `${id}-error`].filter(
    Boolean,
  );
  return (
    <div className={error === null ? 'field' : 'field wrong'}>
      <label htmlFor={id}>{label}</label>
      <span className="field-row">
        <input
          {...rest}
          id={id}
          ref={inputRef}
          value={value}
          aria-invalid={error !== null}
          aria-describedby={notes.length > 0 ? notes.join(' ') : undefined}
          onChange={(event) => onChange(event.target.value)}
        />
        {unit !== undefined && <span className="field-unit">{unit}</span>}
      </span>
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
