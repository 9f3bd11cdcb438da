/** One thing that is so or not. */
interface TickProps {
  readonly label: string;
  readonly isOn: boolean;
  readonly set: (isOn: boolean) => void;
  readonly help?: string;
}

export function Tick({ label, isOn, set, help }: TickProps) {
  return (
    <div className="field">
      <label className="tick">
        <input type="checkbox" checked={isOn} onChange={(event) => set(event.target.checked)} />
        {label}
      </label>
      {help !== undefined && <p className="field-help">{help}</p>}
    </div>
  );
}
