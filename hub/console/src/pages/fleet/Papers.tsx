/** A vehicle's papers with their dates, and which of them keep it from being rented out once they are over. */
import { useState } from 'react';
import { useAround, useMay } from '../../app/context';
import { useWhole } from '../../api/queries';
import type { DocumentShape, VehicleShape } from '../../api/shapes';
import { named } from '../../i18n/words';
import { useNow } from '../../lib/clock';
import { Chip } from '../../ui/Chip';
import { DeedButton } from '../../ui/DeedButton';
import { Card } from '../../ui/Head';
import { Icon } from '../../ui/Icon';
import { Failure, Loading } from '../../ui/States';
import { NewPaper } from './NewPaper';

const SOON_MS = 30 * 86_400_000;

export function Papers({ vehicle }: { readonly vehicle: VehicleShape }) {
  const { t } = useAround();
  const may = useMay();
  const [isOpen, setOpen] = useState(false);
  const path = `/api/v1/vehicles/${vehicle.id}/documents`;
  const asked = useWhole<DocumentShape>(path);
  return (
    <Card
      title={t('papers')}
      testId="papers"
      aside={
        may('vehicles:write') && (
          <button type="button" className="button" onClick={() => setOpen(true)}>
            <Icon name="plus" size={16} />
            {t('paper_add')}
          </button>
        )
      }
    >
      {asked.isLoading && <Loading rows={2} />}
      {asked.error !== null && <Failure error={asked.error} again={() => void asked.refetch()} />}
      {asked.data?.items.length === 0 && <p className="muted">{t('papers_none')}</p>}
      <ul className="rows">
        {asked.data?.items.map((one) => (
          <Paper key={one.id} one={one} path={path} />
        ))}
      </ul>
      {isOpen && <NewPaper vehicle={vehicle} close={() => setOpen(false)} />}
    </Card>
  );
}

function Paper({ one, path }: { one: DocumentShape; path: string }) {
  const { t, f } = useAround();
  const may = useMay();
  const until = one.valid_until === null ? t('for_good') : f.day(one.valid_until);
  return (
    <li className="item">
      <div className="item-words">
        <p className="strong">
          {named(t, 'paper', one.kind)} <span className="muted">{one.number}</span> <Standing one={one} />
        </p>
        <p className="small muted">
          {[one.issuer, `${f.day(one.valid_from)} – ${until}`, one.blocks ? t('paper_blocks') : ''].filter((words) => words !== '').join(' · ')}
        </p>
      </div>
      {may('vehicles:write') && (
        <DeedButton path={`${path}/${one.id}`} asked={{ method: 'DELETE' }}>
          {t('paper_take_back')}
        </DeedButton>
      )}
    </li>
  ); // prettier-ignore
}

function Standing({ one }: { one: DocumentShape }) {
  const { t } = useAround();
  const now = useNow(60);
  if (Date.parse(one.valid_from) > now) return <Chip tone="sky">{t('to_come')}</Chip>;
  if (one.valid_until === null) return null;
  const left = Date.parse(one.valid_until) - now;
  if (left < 0) return <Chip tone="coral">{t('over')}</Chip>;
  return left < SOON_MS ? <Chip tone="amber">{t('paper_soon')}</Chip> : null;
}
