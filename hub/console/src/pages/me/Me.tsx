/** My account: who I am to the hub, where I am signed in, what guards it, and the keys that my machines use. */
import { useAround, useMay, useMe } from '../../app/context';
import { roleWords } from '../../lib/roles';
import { Card, Head } from '../../ui/Head';
import { StationName } from '../../ui/Names';
import { Pairs } from '../../ui/Pairs';
import { ApiKeys } from './ApiKeys';
import { Password } from './Password';
import { SecondFactor } from './SecondFactor';
import { Sessions } from './Sessions';

export function Me() {
  const { t, f } = useAround();
  const me = useMe();
  const may = useMay();
  const roles = me.roles.map((text) => {
    const { role, stationId } = roleWords(t, text);
    return (
      <span key={text} className="block">
        {role} {stationId !== null && <StationName id={stationId} />}
      </span>
    );
  });
  return (
    <>
      <Head title={t('me_title')} under={<span className="muted">{me.email}</span>} />
      <div className="station">
        <div className="station-main">
          <Sessions />
          {may('api_keys:own') && <ApiKeys />}
        </div>
        <div className="station-side">
          <SecondFactor />
          <Password />
          <Card title={t('me_facts')}>
            <Pairs
              pairs={[
                [t('col_name'), me.display_name],
                [t('col_roles'), roles],
                [t('col_since'), f.when(me.created_at)],
              ]}
            />
          </Card>
        </div>
      </div>
    </>
  );
}
