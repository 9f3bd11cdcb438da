/** The rows that need a person, the most harmful first: what, where, since when, and the one thing to do next. */
import { Link } from 'react-router';
import { useAround } from '../../app/context';
import type { MessageKey } from '../../i18n/rooms';
import { named } from '../../i18n/words';
import type { Need } from '../../lib/needs';
import { useNow } from '../../lib/clock';
import { Icon, type IconName } from '../../ui/Icon';
import { Empty } from '../../ui/States';

const ICONS: Readonly<Record<Need['kind'], IconName>> = {
  case: 'case',
  revoked: 'lock',
  unseen: 'offline',
  never: 'info',
  why: 'clock',
  lost: 'alert',
  dock: 'unlock',
  charger: 'bolt',
  quarantine: 'system',
  work: 'restart',
};

export function NeedList({ rows }: { rows: readonly Need[] }) {
  const { t } = useAround();
  if (rows.length === 0) {
    return (
      <div data-testid="needs-ready">
        <Empty icon="check" title={t('needs_none')}>
          <p>{t('needs_none_more')}</p>
        </Empty>
      </div>
    );
  }
  return (
    <ol className="needs" data-testid="needs-ready">
      {rows.map((row) => (
        <NeedRow key={row.id} row={row} />
      ))}
    </ol>
  );
}

function NeedRow({ row }: { row: Need }) {
  const { t, f } = useAround();
  const now = useNow(15);
  const values = {
    thing: row.thing,
    count: row.count,
    what:
      row.code === ''
        ? ''
        : named(t, row.kind === 'dock' || row.kind === 'charger' ? 'fault' : row.kind, row.code),
  };
  return (
    <li className={`need ${row.look}`}>
      <span className="need-shape" aria-hidden="true">
        <Icon name={ICONS[row.kind]} size={18} />
      </span>
      <div className="need-words">
        <p className="need-title">
          <span className="sr-only">{t(`harm_${row.look}`)} </span>
          {t(`need_${row.kind}`, values)}
        </p>
        <p className="small muted">
          {row.station !== null && <span>{row.station.name}</span>}
          {row.since !== null && (
            <time dateTime={row.since} title={f.exact(row.since)}>
              {t('since', { ago: f.span((now - Date.parse(row.since)) / 1000) })}
            </time>
          )}
        </p>
      </div>
      <Link className="button" to={row.to}>
        {t(ACTS[row.kind])}
        <span className="sr-only"> {t(`need_${row.kind}`, values)}</span>
      </Link>
    </li>
  );
}

const ACTS: Readonly<Record<Need['kind'], MessageKey>> = {
  case: 'act_case',
  revoked: 'act_look',
  unseen: 'act_look',
  never: 'act_enrol',
  why: 'act_look',
  lost: 'act_look',
  dock: 'act_dock',
  charger: 'act_look',
  quarantine: 'act_quarantine',
  work: 'act_work',
};
