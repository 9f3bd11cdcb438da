/** A plan to be made: for which vehicles, how far ahead, with which vans. Nothing happens before it is accepted. */
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { useAround } from '../../app/context';
import { useDeed, useFieldError } from '../../app/deeds';
import { useWhole } from '../../api/queries';
import type { PlanShape, StationShape, VehicleShape } from '../../api/shapes';
import { named } from '../../i18n/words';
import { Field } from '../../ui/Field';
import { FormFoot } from '../../ui/Form';
import { Select } from '../../ui/Select';
import { Sheet } from '../../ui/Sheet';
import { VanFields, type TypedVan } from './VanFields';

const PATH = '/api/v1/restocking/plans';
const MOST_VANS = 20;
const START = { kind: 'scooter', horizon_h: '12', most_moves: '40', most_swaps: '40' };
const VAN: Omit<TypedVan, 'key'> = { capacity: '6', batteries: '0', shift_h: '4', start: '' };

export function NewPlan({ close }: { readonly close: () => void }) {
  const { t } = useAround();
  const form = usePlanForm();
  const { typed, set, vans, setVans, fieldError } = form;
  const number = (name: 'horizon_h' | 'most_moves' | 'most_swaps', unit?: string) => (
    <Field label={t(`field_${name}`)} name={name} type="number" min={0} value={typed[name]} onChange={(value) => set({ [name]: value })} error={fieldError(`/${name}`)} {...(unit === undefined ? {} : { unit })} />
  ); // prettier-ignore
  return (
    <Sheet title={t('plan_add')} close={close}>
      <form
        className="form"
        data-testid="plan-form"
        onSubmit={(event) => {
          event.preventDefault();
          form.submit();
        }}
      >
        <p className="muted">{t('plan_what')}</p>
        <div className="form-pair">
          <Select label={t('field_kind')} name="kind" value={typed.kind} onChange={(kind) => set({ kind })} choices={form.kinds.map((id) => ({ id, name: named(t, 'kind', id) }))} error={fieldError('/kind')} />
          {number('horizon_h', 'h')}
        </div>
        <div className="form-pair">
          {number('most_moves')}
          {number('most_swaps')}
        </div>
        {vans.map((van, index) => (
          <VanFields
            key={van.key}
            van={van}
            number={index + 1}
            stations={form.stations}
            set={(change) => setVans(vans.map((one) => (one === van ? { ...one, ...change } : one)))}
            error={(name) => fieldError(`/vans/${String(index)}/${name}`)}
            {...(vans.length > 1 ? { remove: () => setVans(vans.filter((one) => one !== van)) } : {})}
          />
        ))}
        <button type="button" className="link" disabled={vans.length >= MOST_VANS} onClick={form.addVan}>
          {t('van_add')}
        </button>
        <FormFoot error={form.error} isBusy={form.isBusy} act={t('plan_make')} close={close} />
      </form>
    </Sheet>
  ); // prettier-ignore
}

function usePlanForm() {
  const navigate = useNavigate();
  const [typed, setTyped] = useState(START);
  const [vans, setVans] = useState<readonly TypedVan[]>([{ ...VAN, key: 1 }]);
  const stations = useWhole<StationShape>('/api/v1/stations', {}, { stale: 120_000 }).data?.items ?? [];
  const vehicles =
    useWhole<VehicleShape>('/api/v1/vehicles', {}, { stale: 120_000, most: 1000 }).data?.items ?? [];
  const deed = useDeed<PlanShape>();
  const placed = stations.filter((one) => one.latitude !== null && one.longitude !== null);
  const bodyOf = (van: TypedVan) => {
    const from = placed.find((one) => one.id === van.start);
    return {
      capacity: Number(van.capacity),
      batteries: Number(van.batteries),
      shift_h: Number(van.shift_h.replace(',', '.')),
      start: from === undefined ? null : [from.latitude, from.longitude],
    };
  };
  const submit = () => {
    const body = {
      kind: typed.kind,
      horizon_h: Number(typed.horizon_h),
      most_moves: Number(typed.most_moves),
      most_swaps: Number(typed.most_swaps),
      vans: vans.map(bodyOf),
    };
    deed.run(PATH, { method: 'POST', body }, (made) => void navigate(`/balance/plans/${made.id}`));
  };
  return {
    typed,
    set: (change: Partial<typeof START>) => setTyped({ ...typed, ...change }),
    vans,
    setVans,
    addVan: () => setVans([...vans, { ...VAN, key: Math.max(...vans.map((one) => one.key)) + 1 }]),
    stations: placed,
    kinds: [...new Set([typed.kind, ...vehicles.map((one) => one.kind)])],
    submit,
    fieldError: useFieldError(deed.error),
    error: deed.error,
    isBusy: deed.isBusy,
  };
}
