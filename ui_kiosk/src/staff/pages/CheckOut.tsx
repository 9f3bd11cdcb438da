/** A rental is started by hand: which vehicle, for whom, what it will cost; the dock opens, or one hands it over. */
import { useId, useState } from 'react';
import type { StaffActView, StaffVehicleView } from '../../api/types';
import { whole } from '../../lib/format';
import { Icon, Vehicle } from '../../ui/icons';
import { useStaff } from '../context';
import { REASONS } from '../deeds';
import { ActForm } from '../parts/ActForm';
import { Photos, type Photo } from '../parts/Photos';
import { Go, Press } from '../parts/Press';
import { Renter, whoOf, type Who } from '../parts/Renter';
import { go } from '../route';
import { useAnswer } from '../useAnswer';
import { keyFor } from '../words';

export function CheckOut({ dockNo }: { readonly dockNo: number | null }) {
  const { api, t } = useStaff();
  const [label, setLabel] = useState('');
  const [chosen, setChosen] = useState<StaffVehicleView | null>(null);
  const [done, setDone] = useState<StaffActView | null>(null);
  const answer = useAnswer(() => api.vehicles(label), label, 4000);
  const vehicles = answer?.vehicles ?? [];
  const first = chosen ?? vehicles.find((one) => dockNo !== null && one.dock_no === dockNo) ?? null;
  if (done !== null) return <Begun done={done} />;
  if (first !== null && first.how !== 'none')
    return (
      <Giving
        given={first}
        onOther={() => {
          setChosen(null);
          go('#/out');
        }}
        onDone={setDone}
      />
    );
  return (
    <div className="page" data-testid="check-out-page">
      <Go to="#/rides" sign="back">
        {t('back')}
      </Go>
      <h1>{t('out_which')}</h1>
      <Search label={label} onLabel={setLabel} />
      {answer !== null && vehicles.length === 0 && <p>{t('out_none')}</p>}
      <ul className="vehicles">
        {vehicles.map((one) => (
          <Offer key={one.vehicle.vehicle_id} offer={one} onChoose={setChosen} />
        ))}
      </ul>
    </div>
  );
}

function Search({ label, onLabel }: { readonly label: string; readonly onLabel: (label: string) => void }) {
  const { t } = useStaff();
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{t('out_search')}</label>
      <input
        id={id}
        data-testid="search"
        value={label}
        maxLength={20}
        autoComplete="off"
        onChange={(event) => {
          onLabel(event.target.value);
        }}
      />
    </div>
  );
}

interface OfferProps {
  readonly offer: StaffVehicleView;
  readonly onChoose: (offer: StaffVehicleView) => void;
}

function Offer({ offer, onChoose }: OfferProps) {
  const { t, f } = useStaff();
  const { vehicle, dock_no: dockNo, how } = offer;
  const soc = vehicle.soc_pct === null ? null : f.percent(Math.floor(vehicle.soc_pct));
  return (
    <li className="card ride">
      <Vehicle kind={vehicle.kind} />
      <div className="ride-words">
        <h2>{whole(vehicle.label)}</h2>
        <p className="hint">
          {[dockNo === null ? t('out_beside') : t('dock', { dock: dockNo }), soc].filter(Boolean).join(', ')}
        </p>
        {offer.why_not !== null && <p className="wrong">{t(keyFor('why', offer.why_not))}</p>}
      </div>
      <Press
        id={`give-${vehicle.label}`}
        tone={how === 'dock' ? 'volt' : 'plain'}
        disabled={how === 'none'}
        onPress={() => {
          onChoose(offer);
        }}
      >
        {t(how === 'hand' ? 'out_by_hand' : 'out_by_dock')}
      </Press>
    </li>
  );
}

interface GivingProps {
  readonly given: StaffVehicleView;
  readonly onOther: () => void;
  readonly onDone: (done: StaffActView) => void;
}

function Giving({ given, onOther, onDone }: GivingProps) {
  const { api, t, look } = useStaff();
  const [who, setWho] = useState<Who>({ by: 'note', code: '', readId: null });
  const [photos, setPhotos] = useState<readonly Photo[]>([]);
  const { vehicle, dock_no: dockNo, how } = given;
  const isHand = how === 'hand';
  const label = whole(vehicle.label);
  return (
    <div className="page" data-testid="giving" data-how={how}>
      <h1>{t('out_title', { vehicle: label })}</h1>
      <Price given={given} />
      <section className="card">
        <ActForm
          title={t('out_whom')}
          hint={isHand ? t('out_hand_hint') : t('out_dock_hint', { dock: dockNo })}
          yes={isHand ? t('out_yes_hand', { vehicle: label }) : t('out_yes_dock', { dock: dockNo })}
          reasons={REASONS.out}
          photos={photos.map((photo) => photo.name)}
          ready={who.by !== 'code' || who.code.trim().length > 2}
          onCancel={onOther}
          send={async (act) => {
            const what = isHand ? { vehicle_id: vehicle.vehicle_id } : { dock_no: dockNo };
            onDone(await api.rent({ ...act, ...what, ...whoOf(who) }));
            look();
          }}
        >
          <Renter who={who} onWho={setWho} />
          <Photos photos={photos} onPhotos={setPhotos} />
        </ActForm>
      </section>
    </div>
  );
}

function Price({ given }: { readonly given: StaffVehicleView }) {
  const { t, f } = useStaff();
  const { tariff } = given;
  if (tariff === null) return <p className="strip coral">{t('problem_no_tariff')}</p>;
  const rows: readonly (readonly [string, string])[] = [
    [t('price_unlock'), f.money(tariff.unlock)],
    [t('price_minute'), f.money(tariff.per_minute)],
    ...(tariff.day_cap === null ? [] : [[t('price_day'), f.money(tariff.day_cap)] as const]),
    ...(tariff.deposit.minor > 0 ? [[t('price_deposit'), f.money(tariff.deposit)] as const] : []),
    ...given.examples.map((one) => [f.minutes(one.minutes * 60), f.money(one.total)] as const),
  ];
  return (
    <section className="card">
      <h2>{t('price')}</h2>
      <dl className="rows">
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Begun({ done }: { readonly done: StaffActView }) {
  const { t } = useStaff();
  const vehicle = whole(done.rental?.vehicle_label ?? '');
  const isHand = done.what === 'hand_over';
  return (
    <div className="page" data-testid="check-out-done">
      <h1 role="status">
        <Icon sign="check" />{' '}
        {isHand ? t('out_done_hand', { vehicle }) : t('out_done_dock', { vehicle, dock: done.dock_no })}
      </h1>
      <p className="hint">{t('out_reference', { reference: done.rental?.reference ?? '' })}</p>
      <p className="hint">{t(done.queued ? 'final_queued' : 'final_told')}</p>
      <Go to={isHand ? '#/rides' : `#/docks/${done.dock_no ?? ''}`} tone="volt" wide id="done">
        {t(isHand ? 'done' : 'out_look')}
      </Go>
    </div>
  );
}
