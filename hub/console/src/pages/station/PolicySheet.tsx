/** What must stay at a station, and what is held there for bookings to come: all of it, as it shall be from now on. */
import { useState } from 'react';
import { useAround } from '../../app/context';
import { useDeed, useFieldError } from '../../app/deeds';
import type { Tagged } from '../../api/client';
import type { LeasePolicySeen, StationDetail, VehicleKind } from '../../api/shapes';
import { named } from '../../i18n/words';
import { policyBody, typedPolicy, VEHICLE_KINDS } from '../../lib/policy';
import { Field } from '../../ui/Field';
import { FormFoot } from '../../ui/Form';
import { Sheet } from '../../ui/Sheet';

const MOST = 50;

interface PolicySheetProps {
  readonly station: StationDetail;
  /** As the form began; what is read meanwhile is not typed into it. */
  readonly edited: Tagged<LeasePolicySeen>;
  readonly close: () => void;
}

export function PolicySheet({ station, edited, close }: PolicySheetProps) {
  const { t } = useAround();
  const [typed, setTyped] = useState(() => typedPolicy(edited.value));
  const deed = useDeed<LeasePolicySeen>();
  const fieldError = useFieldError(deed.error);
  const path = `/api/v1/stations/${station.id}/lease-policy`;
  const count = (name: 'safe' | 'ahead', kind: VehicleKind) => (
    <Field
      label={t(`field_${name}`)}
      name={`${name}_${kind}`}
      type="number"
      min={0}
      max={MOST}
      value={typed[name][kind]}
      onChange={(value) => setTyped({ ...typed, [name]: { ...typed[name], [kind]: value } })}
      error={fieldError(`/${name}/${kind}`)}
    />
  );
  return (
    <Sheet title={t('policy_title', { station: station.name })} close={close} isWide>
      <form
        className="form"
        data-testid="policy-form"
        onSubmit={(event) => {
          event.preventDefault();
          deed.run(path, { method: 'PUT', body: policyBody(typed), headers: { 'If-Match': edited.etag ?? '*' } }, close);
        }}
      >
        <p className="muted">{t('policy_how')}</p>
        <div className="form-pair">
          {VEHICLE_KINDS.map((kind) => (
            <fieldset key={kind} className="ticks van">
              <legend>{named(t, 'kind', kind)}</legend>
              <div className="form-pair">
                {count('safe', kind)}
                {count('ahead', kind)}
              </div>
            </fieldset>
          ))}
        </div>
        <div className="form-pair">
          <Field label={t('field_walk_in_min')} name="walk_in_min" type="number" min={0} max={247} value={typed.walk_in_min} onChange={(walk_in_min) => setTyped({ ...typed, walk_in_min })} error={fieldError('/walk_in_min')} />
          <Field label={t('field_walk_in_pct')} name="walk_in_pct" type="number" min={0} max={100} step="any" unit="%" value={typed.walk_in_pct} onChange={(walk_in_pct) => setTyped({ ...typed, walk_in_pct })} error={fieldError('/walk_in_pct')} />
        </div>
        <p className="small muted">{t('policy_share_how')}</p>
        <FormFoot error={deed.error} isBusy={deed.isBusy} act={t('save')} close={close} />
      </form>
    </Sheet>
  ); // prettier-ignore
}
