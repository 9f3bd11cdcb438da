/** One van of a plan: how much it takes, how long it drives, where it sets out. */
import { useAround } from '../../app/context';
import type { StationShape } from '../../api/shapes';
import { Field } from '../../ui/Field';
import { Select } from '../../ui/Select';

export interface TypedVan {
  readonly key: number;
  readonly capacity: string;
  readonly batteries: string;
  readonly shift_h: string;
  /** A station's id; empty: at its first stop. */
  readonly start: string;
}

interface VanFieldsProps {
  readonly van: TypedVan;
  readonly number: number;
  readonly stations: readonly StationShape[];
  readonly set: (change: Partial<TypedVan>) => void;
  readonly error: (name: string) => string | null;
  readonly remove?: () => void;
}

export function VanFields({ van, number, stations, set, error, remove }: VanFieldsProps) {
  const { t } = useAround();
  const field = (name: 'capacity' | 'batteries' | 'shift_h', unit?: string) => (
    <Field label={t(`field_${name}`)} name={name} inputMode="decimal" value={van[name]} onChange={(value) => set({ [name]: value })} error={error(name)} {...(unit === undefined ? {} : { unit })} />
  ); // prettier-ignore
  return (
    <fieldset className="ticks van" data-testid={`van-${String(number)}`}>
      <legend>{t('van_number', { number })}</legend>
      <div className="form-three">
        {field('capacity')}
        {field('batteries')}
        {field('shift_h', 'h')}
      </div>
      <Select
        label={t('field_start')}
        name="start"
        value={van.start}
        onChange={(start) => set({ start })}
        none={t('van_first_stop')}
        choices={stations.map((one) => ({ id: one.id, name: `${one.number} ${one.name}` }))}
        error={error('start')}
      />
      {remove !== undefined && (
        <button type="button" className="link" onClick={remove}>
          {t('van_remove', { number })}
        </button>
      )}
    </fieldset>
  );
}
