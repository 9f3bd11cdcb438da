/** One's own bookings, those to come first; each opens to what it says, and to being cancelled. */
import { useState } from 'react';
import { useAround, useMe } from '../../app/context';
import { useWhole } from '../../api/queries';
import type { ReservationShape } from '../../api/shapes';
import { named } from '../../i18n/words';
import { Chip } from '../../ui/Chip';
import { Card } from '../../ui/Head';
import { Failure, Loading } from '../../ui/States';
import { Booking, toneOf } from '../reservations/Booking';

export function MyBookings() {
  const { t } = useAround();
  const me = useMe();
  const [openId, setOpen] = useState<string | null>(null);
  const asked = useWhole<ReservationShape>(
    '/api/v1/reservations',
    { account_id: me.id },
    { every: 15_000, most: 20 },
  );
  const open = asked.data?.items.find((one) => one.id === openId);
  return (
    <Card title={t('mine_bookings')} testId="my-bookings">
      {asked.isLoading && <Loading rows={2} />}
      {asked.error !== null && <Failure error={asked.error} again={() => void asked.refetch()} />}
      {asked.data?.items.length === 0 && <p className="muted">{t('mine_no_bookings')}</p>}
      <ul className="rows">
        {asked.data?.items.map((one) => (
          <Row key={one.id} booking={one} open={() => setOpen(one.id)} />
        ))}
      </ul>
      {open !== undefined && <Booking booking={open} close={() => setOpen(null)} />}
    </Card>
  );
}

function Row({ booking, open }: { booking: ReservationShape; open: () => void }) {
  const { t, f } = useAround();
  return (
    <li className="item">
      <div className="item-words">
        <p>
          <span className="strong mono">{booking.code}</span>{' '}
          <Chip tone={toneOf(booking)}>{named(t, 'state', booking.state)}</Chip>
        </p>
        <p className="small muted">
          {f.when(booking.from_at)} – {f.when(booking.until_at)}
        </p>
      </div>
      <button type="button" className="button" onClick={open}>
        {t('show')}
        <span className="sr-only"> {booking.code}</span>
      </button>
    </li>
  );
}
