/** Moments of a rental, the first at the top: what happened, who told it, and the money that moved. */
import { Link } from 'react-router';
import { useAround } from '../../app/context';
import type { PostingShape, VehicleShape } from '../../api/shapes';
import { named } from '../../i18n/words';
import type { Moment } from '../../lib/story';
import { Chip } from '../../ui/Chip';
import { Icon, type IconName } from '../../ui/Icon';
import { sentence } from '../station/Happened';

const ICONS: Readonly<Record<Moment['is'], IconName>> = {
  fact: 'station',
  billed: 'tariff',
  payment: 'money',
  posting: 'audit',
  case: 'case',
};

interface StoryProps {
  readonly moments: readonly Moment[];
  readonly vehicles: readonly VehicleShape[];
}

export function Story({ moments, vehicles }: StoryProps) {
  const { t, f } = useAround();
  if (moments.length === 0) return <p className="muted">{t('nothing_happened')}</p>;
  return (
    <ol className="story">
      {moments.map((one) => (
        <li key={one.id} className={`moment ${one.is}`}>
          <span className="moment-shape" aria-hidden="true">
            <Icon name={ICONS[one.is]} size={16} />
          </span>
          <time dateTime={new Date(one.at).toISOString()} title={f.exact(one.at)}>
            {f.when(one.at)}
          </time>
          <div className="moment-words">
            <Words moment={one} vehicles={vehicles} />
          </div>
        </li>
      ))}
    </ol>
  );
}

function Words({ moment, vehicles }: { moment: Moment; vehicles: readonly VehicleShape[] }) {
  const { t, f } = useAround();
  switch (moment.is) {
    case 'fact':
      return (
        <>
          <p>{sentence(t, moment.told, vehicles)}</p>
          {moment.told.isLate && (
            <p className="small muted">{t('told_late', { time: f.when(moment.told.receivedAt) })}</p>
          )}
        </>
      );
    case 'billed':
      return <p>{t('story_billed')}</p>;
    case 'payment': {
      const { payment } = moment;
      const amount = f.money({ minor: payment.amount_minor, currency: payment.currency });
      const tone = payment.outcome === 'declined' || payment.outcome === 'failed' ? 'coral' : 'good';
      return (
        <>
          <p>
            {t('story_payment', { kind: named(t, 'pay', payment.kind), amount, gateway: payment.gateway })}{' '}
            <Chip tone={tone}>{named(t, 'pay', payment.outcome)}</Chip>
          </p>
          {payment.code !== '' && <p className="small muted">{payment.code}</p>}
        </>
      );
    }
    case 'posting':
      return <Posting posting={moment.posting} />;
    case 'case':
      return (
        <p>
          <Link to={`/cases/${moment.one.id}`}>{named(t, 'case', moment.one.kind)}</Link>{' '}
          <span className="muted">{named(t, 'state', moment.one.state)}</span>
        </p>
      );
  }
}

/** A posting as bookkeepers read it: which account, how much; the amounts of one posting sum to nothing. */
export function Posting({ posting }: { posting: PostingShape }) {
  const { t, f } = useAround();
  return (
    <>
      <p>{t('story_posting', { kind: named(t, 'posting', posting.kind) })}</p>
      <dl className="pairs small entries">
        {posting.entries.map((one) => (
          <div key={one.account} className="entry">
            <dt className="mono">{one.account}</dt>
            <dd>{f.money({ minor: one.amount_minor, currency: one.currency })}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}
