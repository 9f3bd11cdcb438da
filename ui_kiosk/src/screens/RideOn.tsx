/** The vehicle is out: a short receipt, and the way back. */
import { lazy, Suspense } from 'react';
import type { RentalView } from '../api/types';
import { useKiosk } from '../app/context';
import { whole } from '../lib/format';
import { Frame } from '../ui/Frame';
import { Vehicle } from '../ui/icons';
import { Answer } from '../ui/Press';

const QrPicture = lazy(() => import('../ui/QrPicture'));

export function RideOn({ rental }: { readonly rental: RentalView }) {
  const { t, f, press } = useKiosk();
  return (
    <Frame
      name="ride-on"
      split
      step={4}
      offline="offline_rental"
      title={t('ride_title', { vehicle: whole(rental.vehicle_label) })}
      hint={t('ride_hint')}
      answers={<Answer id="done" tone="volt" title={t('done')} onPress={press('home')} />}
    >
      <section className="card ticket" data-testid="ride-on">
        <div className="ticket-picture">
          <Vehicle kind={rental.vehicle_kind} />
        </div>
        <dl className="ticket-facts">
          <div>
            <dt>{t('ride_reference')}</dt>
            <dd className="reference">{rental.reference}</dd>
          </div>
          <div>
            <dt>{t('ride_dock')}</dt>
            <dd>{t('dock', { dock: rental.dock_no })}</dd>
          </div>
          <div>
            <dt>{t('ride_since')}</dt>
            <dd>{f.time(rental.started_at)}</dd>
          </div>
        </dl>
        <figure>
          <Suspense fallback={<div className="qr" />}>
            <QrPicture text={rental.reference} />
          </Suspense>
          <figcaption>{t('ride_qr')}</figcaption>
        </figure>
      </section>
    </Frame>
  );
}
