/** A ride is ended by hand: where the vehicle stands, since when, what it ends and what it costs. */
import { useId, useState } from 'react';
import type { StaffActView, StaffRideView } from '../../api/types';
import { whole } from '../../lib/format';
import { useStaff } from '../context';
import { REASONS } from '../deeds';
import { ActForm } from '../parts/ActForm';
import { Bill } from '../parts/Bill';
import { Photos, type Photo } from '../parts/Photos';
import { Go } from '../parts/Press';
import { Icon } from '../../ui/icons';
import { go } from '../route';
import { useAnswer } from '../useAnswer';

const LONGEST_MIN = 7 * 24 * 60;

export function CheckIn({ rideId }: { readonly rideId: string }) {
  const { api, t } = useStaff();
  const answer = useAnswer(() => api.rides(), rideId, 5000);
  const [done, setDone] = useState<StaffActView | null>(null);
  const ride = answer?.rides.find((one) => one.rental.rental_id === rideId);
  if (done !== null) return <Ended done={done} />;
  return (
    <div className="page" data-testid="check-in-page">
      <Go to="#/rides" sign="back">
        {t('back')}
      </Go>
      {ride === undefined ? (
        <h1>{t(answer === null ? 'one_moment' : 'problem_rental_unknown')}</h1>
      ) : (
        <Ending ride={ride} onDone={setDone} />
      )}
    </div>
  );
}

interface EndingProps {
  readonly ride: StaffRideView;
  readonly onDone: (done: StaffActView) => void;
}

function Ending({ ride, onDone }: EndingProps) {
  const { api, view, t, f } = useStaff();
  const { rental, so_far: soFar } = ride;
  const [dockNo, setDockNo] = useState<number | null>(null);
  const [agoMin, setAgoMin] = useState(0);
  const [photos, setPhotos] = useState<readonly Photo[]>([]);
  const since = t('since', { time: f.when(rental.started_at, Date.parse(view.at)) });
  return (
    <>
      <h1>{t('check_in_title', { vehicle: whole(rental.vehicle_label) })}</h1>
      <p className="hint">
        {rental.reference}, {since}
      </p>
      {soFar !== null && (
        <section className="card">
          <Bill bill={soFar} isFinal={false} />
          {agoMin > 0 && <p className="hint">{t('check_in_less', { minutes: agoMin })}</p>}
        </section>
      )}
      <section className="card">
        <ActForm
          title={t('check_in_where')}
          hint={t('check_in_ends')}
          yes={t('check_in_yes')}
          reasons={REASONS.in}
          photos={photos.map((photo) => photo.name)}
          onCancel={() => {
            go('#/rides');
          }}
          send={async (act) => {
            onDone(await api.end(rental.rental_id, { ...act, dock_no: dockNo, ago_s: agoMin * 60 }));
          }}
        >
          <Where dockNo={dockNo} onDock={setDockNo} />
          <Since agoMin={agoMin} onAgo={setAgoMin} />
          <Photos photos={photos} onPhotos={setPhotos} />
        </ActForm>
      </section>
    </>
  );
}

interface WhereProps {
  readonly dockNo: number | null;
  readonly onDock: (dockNo: number | null) => void;
}

function Where({ dockNo, onDock }: WhereProps) {
  const { view, t } = useStaff();
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{t('check_in_dock')}</label>
      <select
        id={id}
        data-testid="where"
        value={dockNo ?? ''}
        onChange={(event) => {
          onDock(event.target.value === '' ? null : Number(event.target.value));
        }}
      >
        <option value="">{t('check_in_no_dock')}</option>
        {view.docks
          .filter((dock) => dock.vehicle === null)
          .map((dock) => (
            <option key={dock.dock_no} value={dock.dock_no}>
              {t(dock.kind === 'bay' ? 'bay' : 'dock', { dock: dock.dock_no })}
            </option>
          ))}
      </select>
    </div>
  );
}

interface SinceProps {
  readonly agoMin: number;
  readonly onAgo: (minutes: number) => void;
}

function Since({ agoMin, onAgo }: SinceProps) {
  const { t } = useStaff();
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{t('check_in_ago')}</label>
      <input
        id={id}
        data-testid="ago"
        type="number"
        inputMode="numeric"
        min={0}
        max={LONGEST_MIN}
        value={agoMin}
        aria-describedby={`${id}-hint`}
        onChange={(event) => {
          onAgo(Math.max(0, Math.min(LONGEST_MIN, Math.floor(Number(event.target.value)))));
        }}
      />
      <p className="small" id={`${id}-hint`}>
        {t('check_in_ago_hint')}
      </p>
    </div>
  );
}

function Ended({ done }: { readonly done: StaffActView }) {
  const { t } = useStaff();
  return (
    <div className="page" data-testid="check-in-done">
      <h1 role="status">
        <Icon sign="check" /> {t('check_in_done', { vehicle: whole(done.rental?.vehicle_label ?? '') })}
      </h1>
      {done.bill !== null && (
        <section className="card">
          <Bill bill={done.bill} isFinal />
        </section>
      )}
      <p className="hint">{t(done.queued ? 'final_queued' : 'final_told')}</p>
      <Go to="#/rides" tone="volt" wide id="done">
        {t('done')}
      </Go>
    </div>
  );
}
