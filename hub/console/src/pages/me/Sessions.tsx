/** Where I am signed in: each device with its place, and a way to end it there. */
import { useAround } from '../../app/context';
import { useWhole } from '../../api/queries';
import type { SessionRow } from '../../api/shapes';
import { Chip } from '../../ui/Chip';
import { DeedButton } from '../../ui/DeedButton';
import { Card } from '../../ui/Head';
import { Failure, Loading } from '../../ui/States';

const PATH = '/api/v1/me/sessions';

export function Sessions() {
  const { t } = useAround();
  const asked = useWhole<SessionRow>(PATH, {}, { every: 30_000 });
  const sessions = asked.data?.items ?? [];
  return (
    <Card
      title={t('sessions')}
      testId="sessions"
      aside={
        sessions.length > 1 && (
          <DeedButton path={`${PATH}/end-others`} asked={{ method: 'POST' }}>
            {t('sessions_end_others')}
          </DeedButton>
        )
      }
    >
      {asked.isLoading && <Loading rows={3} />}
      {asked.error !== null && <Failure error={asked.error} again={() => void asked.refetch()} />}
      <ul className="rows">
        {sessions.map((one) => (
          <SessionItem key={one.id} one={one} />
        ))}
      </ul>
      <p className="small muted">{t('sessions_end_when')}</p>
    </Card>
  );
}

function SessionItem({ one }: { one: SessionRow }) {
  const { t, f } = useAround();
  const device = one.device === '' ? t('device_unknown') : one.device;
  return (
    <li className="item">
      <div className="item-words">
        <p className="strong">
          {device} {one.current && <Chip tone="good">{t('session_this')}</Chip>}
        </p>
        <p className="small muted">
          {t('session_line', {
            address: one.address,
            since: f.when(one.created_at),
            used: f.when(one.last_used_at),
          })}
        </p>
      </div>
      {!one.current && (
        <DeedButton path={`${PATH}/${one.id}`} asked={{ method: 'DELETE' }}>
          {t('session_end')}
          <span className="sr-only"> {device}</span>
        </DeedButton>
      )}
    </li>
  );
}
