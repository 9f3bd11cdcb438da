/** The operators that share this hub, strictly apart: the house's admins see who they are, and add one. */
import { useState } from 'react';
import { useAround, useMay, useMe } from '../../app/context';
import { useWhole } from '../../api/queries';
import type { OrganisationShape } from '../../api/shapes';
import { Chip } from '../../ui/Chip';
import { Card, Head } from '../../ui/Head';
import { Icon } from '../../ui/Icon';
import { Failure, Loading } from '../../ui/States';
import { NewOrganisation } from './NewOrganisation';

export function Organisations() {
  const { t } = useAround();
  const may = useMay();
  const [isOpen, setOpen] = useState(false);
  const asked = useWhole<OrganisationShape>('/api/v1/organisations', {}, { stale: 10_000 });
  return (
    <>
      <Head title={t('nav_organisations')}>
        {may('organisations:write') && (
          <button type="button" className="button primary" onClick={() => setOpen(true)}>
            <Icon name="plus" size={18} />
            {t('organisation_add')}
          </button>
        )}
      </Head>
      {asked.error !== null && <Failure error={asked.error} again={() => void asked.refetch()} />}
      <Card>
        <p className="muted">{t('organisations_what')}</p>
        {asked.isLoading && <Loading rows={3} />}
        <ul className="rows" data-testid="organisations">
          {asked.data?.items.map((one) => (
            <Row key={one.id} one={one} />
          ))}
        </ul>
      </Card>
      {isOpen && <NewOrganisation close={() => setOpen(false)} />}
    </>
  );
}

function Row({ one }: { one: OrganisationShape }) {
  const { t, f } = useAround();
  const me = useMe();
  return (
    <li className="item">
      <div className="item-words">
        <p>
          <span className="strong">{one.name}</span> <span className="mono muted">{one.slug}</span>{' '}
          {one.id === me.organisation_id && <Chip tone="good">{t('organisation_mine')}</Chip>}
        </p>
        <p className="small muted">
          {t('organisation_since', { time: f.day(one.created_at) })}
          {one.seller !== null && ` · ${one.seller.name}`}
        </p>
      </div>
    </li>
  );
}
