/** Several of a few: each with a box to tick, the error under them all. */
import { useId, type ReactNode } from 'react';

interface Choice {
  readonly id: string;
  readonly name: ReactNode;
}

interface TicksProps {
  readonly legend: string;
  readonly choices: readonly Choice[];
  readonly chosen: readonly string[];
  readonly choose: (chosen: readonly string[]) => void;
  readonly error?: string | null;
  readonly isMono?: boolean;
}

export function Ticks({ legend, choices, chosen, choose, error = null, isMono = false }: TicksProps) {
  const id = useId();
  const flip = (one: string, isOn: boolean) =>
    choose(isOn ? [...chosen, one] : chosen.filter((other) => other !== one));
  return (
    <fieldset className="ticks" aria-describedby={error === null ? undefined : `${id}-error`}>
      <legend>{legend}</legend>
      <div className={isMono ? 'tick-list mono' : 'tick-list'}>
        {choices.map((one) => (
          <label key={one.id} className="tick">
            <input
              type="checkbox"
              name={one.id}
              checked={chosen.includes(one.id)}
              onChange={(event) => flip(one.id, event.target.checked)}
            />
            {one.name}
          </label>
        ))}
      </div>
      {error !== null && (
        <p className="field-error" id={`${id}-error`}>
          {error}
        </p>
      )}
    </fieldset>
  );
}
