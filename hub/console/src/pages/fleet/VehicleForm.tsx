/** A vehicle as it is entered or edited: name, type or kind, VIN, plate, tariff, whether it is for rent. */
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { useAround } from '../../app/context';
import { useDeed, useFieldError } from '../../app/deeds';
import { useWhole } from '../../api/queries';
import { Refusal, type Tagged } from '../../api/client';
import type { TariffShape, VehicleShape, VehicleTypeShape } from '../../api/shapes';
import { named } from '../../i18n/words';
import { changesOf, filledIn } from '../../lib/changes';
import { Field } from '../../ui/Field';
import { FormFoot } from '../../ui/Form';
import { Select } from '../../ui/Select';
import { Sheet } from '../../ui/Sheet';
import { Tick } from '../../ui/Tick';
import { KINDS } from './words';

interface VehicleFormProps {
  readonly close: () => void;
  /** What is edited, with its entity tag; without it a vehicle is added. */
  readonly edited?: Tagged<VehicleShape>;
}

const NUMBERS = ['full_range_km'];
/** Refusals that are about one field stand at that field. */
const AT: Readonly<Record<string, string>> = {
  vin_taken: 'vin',
  plate_taken: 'plate',
  vehicle_exists: 'label',
};

export function VehicleForm({ close, edited }: VehicleFormProps) {
  const { t } = useAround();
  const form = useVehicleForm(close, edited);
  const { typed, field } = form;
  const hasType = typed.type_id !== '';
  return (
    <Sheet title={edited === undefined ? t('vehicle_add') : t('vehicle_edit', { name: edited.value.label })} close={close} isWide>
      <form
        className="form"
        data-testid="vehicle-form"
        onSubmit={(event) => {
          event.preventDefault();
          form.submit();
        }}
      >
        <div className="form-pair">
          <Field {...field('label')} help={t('vehicle_label_help')} required maxLength={20} />
          <Select {...field('type_id')} none={t('vehicle_no_type')} choices={form.types} />
          {!hasType && edited === undefined && <Select {...field('kind')} choices={KINDS.map((id) => ({ id, name: named(t, 'kind', id) }))} />}
          {!hasType && <Field {...field('model')} maxLength={80} />}
          {!hasType && <Field {...field('full_range_km')} inputMode="decimal" unit="km" />}
          <Field {...field('vin')} help={t('vin_help')} className="code-small" spellCheck={false} autoComplete="off" maxLength={30} />
          <Field {...field('plate')} autoComplete="off" maxLength={20} />
          <Select {...field('tariff_id')} none={t('vehicle_kind_tariff')} choices={form.tariffs} />
        </div>
        <Tick label={t('vehicle_for_rent')} isOn={typed.rentable} set={(isOn) => form.set({ rentable: isOn })} />
        {!typed.rentable && <Field {...field('why_not')} help={t('why_not_help')} maxLength={80} />}
        <FormFoot error={form.summary} isBusy={form.isBusy} isBlocked={form.isSame} act={edited === undefined ? t('vehicle_add') : t('save')} close={close} />
      </form>
    </Sheet>
  ); // prettier-ignore
}

function useVehicleForm(close: () => void, edited: Tagged<VehicleShape> | undefined) {
  const { t } = useAround();
  const navigate = useNavigate();
  const [before] = useState(() => typedOf(edited?.value));
  const [typed, setTyped] = useState(before);
  const deed = useDeed<VehicleShape>();
  const fieldError = useFieldError(deed.error);
  const code = deed.error instanceof Refusal ? deed.error.problem.code : '';
  const set = (change: Partial<typeof typed>) => setTyped({ ...typed, ...change });
  const changed = edited === undefined ? newOf(typed) : changesOf(before, typed, NUMBERS);
  const submit = () => {
    if (edited === undefined) {
      const done = (made: VehicleShape) => void navigate(`/fleet/${made.id}`);
      deed.run('/api/v1/vehicles', { method: 'POST', body: changed }, done);
      return;
    }
    const headers = { 'If-Match': edited.etag ?? '*' };
    deed.run(`/api/v1/vehicles/${edited.value.id}`, { method: 'PATCH', body: changed, headers }, close);
  };
  const field = (name: Exclude<keyof typeof typed, 'rentable'>) => ({
    label: t(`field_${name}`),
    name,
    value: typed[name],
    onChange: (value: string) => set({ [name]: value }),
    error: AT[code] === name ? t(`problem_${code as 'vin_taken'}`) : fieldError(`/${name}`),
  });
  return {
    typed, set, field, submit, isBusy: deed.isBusy, summary: deed.error,
    isSame: Object.keys(changed).length === 0, ...useChoices(edited?.value.kind),
  }; // prettier-ignore
}

function useChoices(kind: string | undefined) {
  const stale = { stale: 60_000 };
  const types = useWhole<VehicleTypeShape>('/api/v1/vehicle-types', {}, stale).data?.items ?? [];
  const tariffs = useWhole<TariffShape>('/api/v1/tariffs', {}, stale).data?.items ?? [];
  return {
    types: types
      .filter((one) => kind === undefined || one.kind === kind)
      .map((one) => ({ id: one.id, name: `${one.make} ${one.model}` })),
    tariffs: tariffs.filter((one) => one.use === 'rental').map((one) => ({ id: one.id, name: one.name })),
  };
}

const EMPTY = {
  label: '', type_id: '', kind: 'scooter', model: '', full_range_km: '', vin: '', plate: '', tariff_id: '',
  rentable: true, why_not: '',
}; // prettier-ignore

function typedOf(one: VehicleShape | undefined): typeof EMPTY {
  if (one === undefined) return EMPTY;
  return {
    ...EMPTY,
    label: one.label,
    type_id: one.type_id ?? '',
    kind: one.kind,
    model: one.model,
    full_range_km: String(one.full_range_km),
    vin: one.vin ?? '',
    plate: one.plate ?? '',
    tariff_id: one.tariff_id ?? '',
    rentable: one.rentable,
    why_not: one.why_not,
  };
}

/** What its type says is not said again. */
function newOf(typed: typeof EMPTY): Record<string, unknown> {
  const { kind, model, full_range_km, ...own } = typed;
  return filledIn(typed.type_id === '' ? { ...own, kind, model, full_range_km } : own, NUMBERS);
}
