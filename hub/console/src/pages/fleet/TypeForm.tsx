/** A type of vehicles: what they are, and the energy that forecasts need. Its vehicles follow when it changes. */
import { useState } from 'react';
import { useAround } from '../../app/context';
import { useDeed, useFieldError } from '../../app/deeds';
import type { Tagged } from '../../api/client';
import type { VehicleTypeShape } from '../../api/shapes';
import { named } from '../../i18n/words';
import { changesOf, filledIn } from '../../lib/changes';
import { Field } from '../../ui/Field';
import { FormFoot } from '../../ui/Form';
import { Select } from '../../ui/Select';
import { Sheet } from '../../ui/Sheet';
import { Tick } from '../../ui/Tick';
import { DOCK_KINDS, FORM_FACTORS, KINDS, PROPULSIONS } from './words';

interface TypeFormProps {
  readonly close: () => void;
  readonly edited?: Tagged<VehicleTypeShape>;
}

const NUMBERS = ['battery_wh', 'wh_per_km', 'charge_w', 'range_km'];

export function TypeForm({ close, edited }: TypeFormProps) {
  const { t } = useAround();
  const form = useTypeForm(close, edited);
  const { field } = form;
  const choices = (family: string, codes: readonly string[]) =>
    codes.map((id) => ({ id, name: named(t, family, id) }));
  const isNew = edited === undefined;
  return (
    <Sheet title={isNew ? t('type_add') : t('vehicle_edit', { name: edited.value.model })} close={close} isWide>
      <form
        className="form"
        data-testid="type-form"
        onSubmit={(event) => {
          event.preventDefault();
          form.submit();
        }}
      >
        <div className="form-pair">
          <Field {...field('make')} required maxLength={80} />
          <Field {...field('model')} required maxLength={80} />
          {isNew && <Select {...field('kind')} choices={choices('kind', KINDS)} />}
          <Select {...field('form_factor')} choices={choices('form', FORM_FACTORS)} />
          <Select {...field('propulsion')} choices={choices('propulsion', PROPULSIONS)} />
          {isNew && <Select {...field('dock_kind')} choices={choices('dock_kind', DOCK_KINDS)} />}
          <Field {...field('battery_wh')} help={t('battery_wh_help')} required inputMode="decimal" unit="Wh" />
          <Field {...field('wh_per_km')} required inputMode="decimal" unit="Wh/km" />
          <Field {...field('charge_w')} required inputMode="decimal" unit="W" />
          <Field {...field('range_km')} help={t('range_km_help')} inputMode="decimal" unit="km" />
        </div>
        <Tick
          label={t('field_vin_check_digit')} help={t('vin_check_digit_help')}
          isOn={form.typed.vin_check_digit} set={(isOn) => form.set({ vin_check_digit: isOn })}
        />
        <FormFoot error={form.error} isBusy={form.isBusy} isBlocked={form.isSame} act={isNew ? t('type_add') : t('save')} close={close} />
      </form>
    </Sheet>
  ); // prettier-ignore
}

function useTypeForm(close: () => void, edited: Tagged<VehicleTypeShape> | undefined) {
  const { t } = useAround();
  const [before] = useState(() => typedOf(edited?.value));
  const [typed, setTyped] = useState(before);
  const deed = useDeed<VehicleTypeShape>();
  const fieldError = useFieldError(deed.error);
  const set = (change: Partial<typeof typed>) => setTyped({ ...typed, ...change });
  const changed = edited === undefined ? filledIn(typed, NUMBERS) : changesOf(before, typed, NUMBERS);
  const submit = () => {
    if (edited === undefined) {
      deed.run('/api/v1/vehicle-types', { method: 'POST', body: changed }, close);
      return;
    }
    const headers = { 'If-Match': edited.etag ?? '*' };
    deed.run(`/api/v1/vehicle-types/${edited.value.id}`, { method: 'PATCH', body: changed, headers }, close);
  };
  const field = (name: Exclude<keyof typeof typed, 'vin_check_digit'>) => ({
    label: t(`field_${name}`),
    name,
    value: typed[name],
    onChange: (value: string) => set({ [name]: value }),
    error: fieldError(`/${name}`),
  });
  const isSame = Object.keys(changed).length === 0;
  return { typed, set, field, submit, isBusy: deed.isBusy, error: deed.error, isSame };
}

const EMPTY = {
  make: '', model: '', kind: 'scooter', form_factor: 'scooter_standing', propulsion: 'electric', dock_kind: 'latch',
  battery_wh: '', wh_per_km: '', charge_w: '', range_km: '', vin_check_digit: false,
}; // prettier-ignore

function typedOf(one: VehicleTypeShape | undefined): typeof EMPTY {
  if (one === undefined) return EMPTY;
  const { make, model, kind, form_factor, propulsion, dock_kind, vin_check_digit } = one;
  return {
    ...{ make, model, kind, form_factor, propulsion, dock_kind, vin_check_digit },
    battery_wh: String(one.battery_wh),
    wh_per_km: String(one.wh_per_km),
    charge_w: String(one.charge_w),
    range_km: String(one.range_km),
  };
}
