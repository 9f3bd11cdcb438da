/** From the agreement to the ride: opening, open now, ride on, or what happened instead. */
import type { RentalView } from '../api/types';
import { useKiosk, useNow } from '../app/context';
import { keyFor } from '../i18n/words';
import { Frame } from '../ui/Frame';
import { Icon } from '../ui/icons';
import { Answer, Small } from '../ui/Press';
import { WalkPicture } from '../ui/WalkPicture';
import { RideOn } from './RideOn';

export function Rental({ rental }: { readonly rental: RentalView }) {
  switch (rental.state) {
    case 'starting':
    case 'open':
      return <Opening rental={rental} />;
    case 'voided':
      return <Voided rental={rental} />;
    case 'active':
    case 'ended':
      return <RideOn rental={rental} />;
  }
}

function Opening({ rental }: { readonly rental: RentalView }) {
  const { state, view, t, f, press } = useKiosk();
  const dock = rental.dock_no;
  const isOpen = rental.state === 'open';
  const isBay = view.docks.find((one) => one.dock_no === dock)?.kind === 'bay';
  const isChecking = state.waiting === 'not-open';
  return (
    <Frame
      name={isOpen ? 'open' : 'opening'}
      offline="offline_rental"
      title={t(isBay ? 'open_bay' : 'open_dock', { dock })}
      foot={t('rental_started', { reference: rental.reference, time: f.time(rental.started_at) })}
      answers={
        <>
          {isOpen && <TimeLeft rental={rental} />}
          <Answer
            id="not-open"
            title={t('not_open')}
            note={t('not_open_note')}
            busy={isChecking ? t('checking') : undefined}
            onPress={press('not-open')}
          />
        </>
      }
    >
      <section
        className={`deep-card ${isOpen ? 'is-open' : ''}`}
        {...(isOpen ? { 'data-testid': 'open-now' } : {})}
      >
        <div className="deep-words">
          <p className="deep-label" aria-live="assertive">
            {t(isOpen ? 'open_now' : 'opening')}
          </p>
          <p className="deep-title" aria-hidden="true">
            {t(isBay ? 'open_bay' : 'open_dock', { dock })}
          </p>
          <p className="deep-text">
            <WalkWords dockNo={dock} />
            {isOpen ? t(isBay ? 'open_how_bay' : 'open_how_latch') : t('opening_hint')}
          </p>
        </div>
        <WalkPicture dockNo={dock} isOpen={isOpen} />
      </section>
    </Frame>
  );
}

/** Which way to walk, where the kiosk knows where it stands. */
function WalkWords({ dockNo }: { readonly dockNo: number }) {
  const { view, prefs, t } = useKiosk();
  const from = view.docks.findIndex((dock) => dock.dock_no === prefs.atDock);
  const to = view.docks.findIndex((dock) => dock.dock_no === dockNo);
  if (from < 0 || to < 0) return null;
  const steps = Math.abs(to - from);
  return <>{steps === 0 ? t('walk_here') : t(to < from ? 'walk_left' : 'walk_right', { steps })} </>;
}

function TimeLeft({ rental }: { readonly rental: RentalView }) {
  const { state, t, press } = useKiosk();
  const now = useNow(250);
  if (rental.pull_until === null) return null;
  const left = Math.max(0, Math.ceil((Date.parse(rental.pull_until) - now) / 1000));
  return (
    <section className="card time-left">
      <div className="time-words" role="timer">
        <strong>{left > 0 ? t('seconds_left', { count: left }) : t('seconds_over')}</strong>
        <span>{state.remark === null ? t('seconds_hint') : t('problem_rental_not_open_do')}</span>
      </div>
      <Small
        id="more-time"
        sign="clock"
        disabled={state.waiting !== null || state.remark !== null}
        onPress={press('more-time')}
      >
        {t('more_time')}
      </Small>
    </section>
  );
}

function Voided({ rental }: { readonly rental: RentalView }) {
  const { view, t, press } = useKiosk();
  const reason = rental.void_reason ?? '';
  const dock = rental.dock_no;
  return (
    <Frame
      name="voided"
      split
      offline="offline_rental"
      title={t(reason === 'not_taken' ? 'voided_title_not_taken' : 'voided_title', { dock })}
      hint={t(keyFor('voided', reason))}
      foot={t('bill_reference', { reference: rental.reference })}
      answers={
        <>
          <Answer id="take-another" tone="volt" title={t('take_another')} onPress={press('rent')} />
          <Answer id="done" title={t('refused_home')} onPress={press('home')} />
        </>
      }
    >
      <section className="card verdict">
        <Icon sign="check" className="huge" />
        <div>
          <strong>{t('nothing_charged')}</strong>
          <p>{t('voided_next', { phone: view.station.help_phone })}</p>
          <small data-testid="void-reason" data-code={reason}>
            {t('problem_code', { code: reason })}
          </small>
        </div>
      </section>
    </Frame>
  );
}
