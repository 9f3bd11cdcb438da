/** What is out, what each ride costs so far; the ways to check a vehicle out and in by hand. */
import type { StaffRideView } from '../../api/types';
import { whole } from '../../lib/format';
import { Vehicle } from '../../ui/icons';
import { useStaff } from '../context';
import { Go } from '../parts/Press';
import { useAnswer } from '../useAnswer';
import { keyFor } from '../words';

export function Rides() {
  const { api, t, session } = useStaff();
  const answer = useAnswer(() => api.rides(), 'rides', 3000);
  const rides = answer?.rides ?? [];
  return (
    <div className="page">
      <h1 data-testid="rides" data-count={rides.length}>
        {answer === null ? t('one_moment') : t('rides_title', { count: rides.length })}
      </h1>
      <p className="hint">{t('rides_hint')}</p>
      {session.may.includes('rent') && (
        <Go to="#/out" id="check-out" tone="volt" sign="unlock" wide>
          {t('check_out')}
        </Go>
      )}
      <ul className="rides">
        {rides.map((ride) => (
          <Ride key={ride.rental.rental_id} ride={ride} mayEnd={session.may.includes('end')} />
        ))}
      </ul>
    </div>
  );
}

function Ride({ ride, mayEnd }: { readonly ride: StaffRideView; readonly mayEnd: boolean }) {
  const { t, f, view } = useStaff();
  const { rental, so_far: soFar } = ride;
  const now = Date.parse(view.at);
  const by = ride.by_name ?? t(keyFor('by', ride.renter_by));
  return (
    <li className="card ride" data-testid="ride" data-vehicle={rental.vehicle_label}>
      <Vehicle kind={rental.vehicle_kind} />
      <div className="ride-words">
        <h2>{whole(rental.vehicle_label)}</h2>
        <p className="hint">
          {rental.reference}, {t('since', { time: f.when(rental.started_at, now) })}, {by}
        </p>
      </div>
      {soFar === null ? (
        <strong className="ride-price">{t('ride_in_dock', { dock: rental.dock_no })}</strong>
      ) : (
        <>
          <strong className="ride-price">
            {f.money(soFar.total)}
            <small>{f.minutes(soFar.duration_s)}</small>
          </strong>
          {mayEnd && (
            <Go to={`#/rides/${rental.rental_id}`} id="check-in" sign="check">
              {t('check_in')}
            </Go>
          )}
        </>
      )}
    </li>
  );
}
