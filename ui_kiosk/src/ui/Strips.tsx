/** The strips under the header, always in the same place: no Internet, no new rentals, somebody else's return. */
import { useEffect } from 'react';
import { useKiosk, useNow } from '../app/context';
import { isOpening } from '../app/state';
import type { MessageKey } from '../i18n/en';
import { keyFor } from '../i18n/words';
import { Icon } from './icons';
import { Small } from './Press';

/** `offline` says what the step on the screen means without Internet: final, or queued. */
export function Strips({ offline }: { readonly offline: MessageKey }) {
  return (
    <>
      <OfflineStrip says={offline} />
      <PausedStrip />
      <NoticeStrip />
    </>
  );
}

function OfflineStrip({ says }: { readonly says: MessageKey }) {
  const { view, t, f } = useKiosk();
  const now = useNow(30_000);
  if (view.hub.online) return null;
  const isUnsure = !view.clock_trusted; // a time would be a lie
  const time = view.hub.since === null || isUnsure ? null : f.when(view.hub.since, now);
  return (
    <div className="strip amber" data-testid="offline-strip">
      <Icon sign="offline" />
      <p>
        <strong>{t('offline_title', { time })}</strong> {t(says)}
        {isUnsure && ` ${t('clock_unsure')}`}
        {view.hub.update_needed !== null && ` ${t(keyFor('update', view.hub.update_needed))}`}
      </p>
    </div>
  );
}

function PausedStrip() {
  const { view, t } = useKiosk();
  if (view.not_accepting === null) return null;
  return (
    <div className="strip coral" data-testid="paused-strip">
      <Icon sign="warn" />
      <p>
        <strong>{t('paused_title')}</strong> {t(keyFor('paused', view.not_accepting))}
      </p>
    </div>
  );
}

function NoticeStrip() {
  const { state, t, tell, press } = useKiosk();
  const { notice } = state;
  useEffect(() => {
    if (notice === null) return;
    const timer = setTimeout(() => {
      tell({ on: 'close-notice' });
    }, 20_000);
    return () => {
      clearTimeout(timer);
    };
  }, [notice, tell]);
  if (notice === null) return null;
  return (
    <div className="strip sky" data-testid="notice-strip">
      <Icon sign="check" />
      <p>{t('notice_returned', { vehicle: notice.vehicle_label, dock: notice.dock_no })}</p>
      {!isOpening(state) && (
        <Small bare onPress={press('open-notice')}>
          {t('notice_show')}
        </Small>
      )}
      <Small bare label={t('notice_close')} sign="cross" onPress={press('close-notice')}>
        {''}
      </Small>
    </div>
  );
}
