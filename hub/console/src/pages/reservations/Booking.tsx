/** One booking: for whom, what, when, whether the station keeps it, and the way to cancel it. */
import { Link } from 'react-router';
import { useAround, useMay, useMe } from '../../app/context';
import { useDeed } from '../../app/deeds';
import type { ReservationShape } from '../../api/shapes';
import { named } from '../../i18n/words';
import { Chip, type Tone } from '../../ui/Chip';
import { FormFoot } from '../../ui/Form';
import { AccountName, StationName, VehicleName } from '../../ui/Names';
import { Sheet } from '../../ui/Sheet';
import { OpenCaseRows } from '../cases/OpenCases';
import { HoldOf } from '../payments/HoldOf';

const TONES: Readonly<Record<string, Tone>> = {
  requested: 'sky',
  confirmed: 'good',
  used: 'plain',
  cancelled: 'plain',
  expired: 'amber',
  refused: 'coral',
  broken: 'coral',
};

/** How a booking looks by its state. */
export function toneOf(booking: ReservationShape): Tone {
  return TONES[booking.state] ?? 'plain';
}

export function Booking({ booking, close }: { booking: ReservationShape; close: () => void }) {
  const { t } = useAround();
  const may = useMay();
  const deed = useDeed<ReservationShape>();
  const me = useMe();
  const isMine = booking.account_id === me.id && may('reservations:write_own');
  const isOpen = booking.state === 'requested' || booking.state === 'confirmed';
  const cancel = () => deed.run(`/api/v1/reservations/${booking.id}/cancel`, { method: 'POST' }, close);
  return (
    <Sheet title={t('booking_title', { code: booking.code })} close={close}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          cancel();
        }}
      >
        <p>
          <Chip tone={toneOf(booking)}>{named(t, 'state', booking.state)}</Chip>{' '}
          {booking.reason !== '' && <span className="muted">{named(t, 'why', booking.reason)}</span>}
        </p>
        <About booking={booking} />
        <HoldOf subjectId={booking.id} />
        <OpenCaseRows of={booking.id} />
        {isOpen && (isMine || may('reservations:write')) && (
          <FormFoot
            error={deed.error}
            isBusy={deed.isBusy}
            act={t('booking_cancel')}
            close={close}
            isDanger
          />
        )}
      </form>
    </Sheet>
  );
}

function About({ booking }: { booking: ReservationShape }) {
  const { t, f } = useAround();
  return (
    <dl className="pairs wide">
      <dt>{t('col_person')}</dt>
      <dd>
        <AccountName id={booking.account_id} />
      </dd>
      <dt>{t('col_station')}</dt>
      <dd>
        <StationName id={booking.station_id} />
      </dd>
      <dt>{t('col_vehicle')}</dt>
      <dd>
        {booking.vehicle_id === null ? (
          t('any_of', { kind: named(t, 'kind', booking.vehicle_kind ?? '') })
        ) : (
          <VehicleName id={booking.vehicle_id} />
        )}
      </dd>
      <dt>{t('col_from')}</dt>
      <dd>{f.when(booking.from_at)}</dd>
      <dt>{t('col_until')}</dt>
      <dd>{f.when(booking.until_at)}</dd>
      {booking.rental_id !== null && (
        <>
          <dt>{t('nav_rentals')}</dt>
          <dd>
            <Link to={`/rentals/${booking.rental_id}`}>{t('booking_used')}</Link>
          </dd>
        </>
      )}
    </dl>
  );
}
