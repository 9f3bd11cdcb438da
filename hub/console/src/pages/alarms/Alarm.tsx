/** One alarm: since when, what was seen, who did what about it. */
import { useParams } from 'react-router';
import { useAround } from '../../app/context';
import { useAsk } from '../../api/queries';
import type { AlarmShape } from '../../api/shapes';
import { named } from '../../i18n/words';
import { subjectOf } from '../../lib/alarms';
import { Card, Head } from '../../ui/Head';
import { AccountName, StationName } from '../../ui/Names';
import { Pairs } from '../../ui/Pairs';
import { Failure, Loading } from '../../ui/States';
import { AlarmActs } from './AlarmActs';
import { AlarmState } from './AlarmState';

export function Alarm() {
  const { alarmId = '' } = useParams();
  const asked = useAsk<AlarmShape>(`/api/v1/alarms/${alarmId}`, { every: 10_000 });
  if (asked.data === undefined) {
    if (asked.isError) return <Failure error={asked.error} again={() => void asked.refetch()} />;
    return <Loading rows={6} />;
  }
  return <Shown one={asked.data} />;
}

function Shown({ one }: { one: AlarmShape }) {
  const { t, f } = useAround();
  const when = (at: string | null) => (at === null ? null : f.when(at));
  const seen = Object.entries(one.seen).filter(([, value]) => value !== null && typeof value !== 'object');
  return (
    <>
      <Head title={named(t, 'alarm', one.rule)} under={<AlarmState one={one} />}>
        <AlarmActs one={one} />
      </Head>
      <div className="station">
        <Card title={t('case_history')}>
          <History one={one} />
        </Card>
        <Card title={t('case_about')}>
          <Pairs
            pairs={[
              [t('col_station'), <StationName key="s" id={one.station_id} />],
              [t('alarm_subject'), one.subject === '' ? null : subjectOf(t, one)],
              [t('col_since'), when(one.since)],
              [t('alarm_raised'), when(one.raised_at)],
              [t('alarm_cleared_at'), when(one.cleared_at)],
              [t('alarm_count'), one.times],
              ...seen.map(([name, value]) => [named(t, 'field', name), String(value as string | number | boolean)] as const),
            ]}
          />
        </Card>
      </div>
    </>
  ); // prettier-ignore
}

function History({ one }: { one: AlarmShape }) {
  const { t, f } = useAround();
  return (
    <ol className="log">
      {[...one.history].reverse().map((note, index) => (
        <li key={`${note.at} ${note.what} ${String(index)}`}>
          <time dateTime={note.at} title={f.exact(note.at)}>
            {f.when(note.at)}
          </time>
          <div>
            <p>
              <span className="strong">{named(t, 'alarm_note', note.what)}</span>{' '}
              {note.by !== null && <AccountName id={note.by} />}
            </p>
            {note.why !== '' && <p className="small muted">{note.why}</p>}
          </div>
        </li>
      ))}
    </ol>
  );
}
