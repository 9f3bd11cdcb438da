/** The agent itself is away: calm, honest, with a phone number; never an old picture shown as a fresh one. */
import type { StationView } from '../api/types';
import type { Words } from '../i18n/words';

interface DownProps {
  readonly t: Words;
  /** The last picture of the station, if there was one: its phone number still helps. */
  readonly last: StationView | null;
  readonly isOpening: boolean;
}

export function Down({ t, last, isOpening }: DownProps) {
  return (
    <div className="down" role="status" data-testid="down">
      <div className="pulse" aria-hidden="true" />
      <h1>{t(last === null ? 'down_title' : 'down_lost')}</h1>
      <p>{t(isOpening ? 'down_open' : 'down_text')}</p>
      {last !== null && (
        <p className="down-phone">
          {t('down_call')} <strong>{last.station.help_phone}</strong>
        </p>
      )}
    </div>
  );
}
