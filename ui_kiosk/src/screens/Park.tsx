/** All docks are taken: the vehicle stands beside them, locked; one press ends the ride and its paid time. */
import type { HandbackView } from '../api/types';
import { useKiosk, useNow } from '../app/context';
import { whole } from '../lib/format';
import { Frame } from '../ui/Frame';
import { Vehicle } from '../ui/icons';
import { Answer } from '../ui/Press';

export function Park({ handback }: { readonly handback: HandbackView }) {
  const { state, t, f, press } = useKiosk();
  const now = useNow(60_000);
  const vehicle = whole(handback.vehicle_label);
  const isAsking = state.waiting === 'parked';
  return (
    <Frame
      name="park"
      split
      offline="offline_return"
      title={t('park_title', { vehicle })}
      hint={t('park_so_far', {
        from: f.when(handback.started_at, now),
        duration: f.minutes(handback.duration_s),
        total: f.money(handback.total),
      })}
      foot={t('park_foot')}
      answers={
        <>
          <Answer
            id="parked"
            tone="volt"
            title={t('park_yes', { vehicle })}
            note={t('park_yes_note')}
            busy={isAsking ? t('one_moment') : undefined}
            onPress={press('parked')}
          />
          <Answer id="done" title={t('park_no')} disabled={isAsking} onPress={press('home')} />
        </>
      }
    >
      <section className="card overflow">
        <Vehicle kind={handback.vehicle_kind} />
        <div>
          <p>{t('park_where')}</p>
          <small>{t('park_who_comes')}</small>
        </div>
      </section>
      <ol className="how">
        <li>{t('park_1')}</li>
        <li>{t('park_2')}</li>
      </ol>
    </Frame>
  );
}
