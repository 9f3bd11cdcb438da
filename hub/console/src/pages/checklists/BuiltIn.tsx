/** What is built in: asked while nothing is made here, else there to be asked again; each may be taken over and changed. */
import { Link } from 'react-router';
import { useAround, useMay } from '../../app/context';
import { useAsk } from '../../api/queries';
import type { BuiltInChecklists, ChecklistBody, ChecklistShape } from '../../api/shapes';
import { textIn } from '../../lib/checklists';
import { Chip } from '../../ui/Chip';
import { Card } from '../../ui/Head';
import { Failure } from '../../ui/States';
import { Questions } from './Questions';

export function BuiltIn({ made }: { readonly made: readonly ChecklistShape[] }) {
  const { t } = useAround();
  const asked = useAsk<BuiltInChecklists>('/api/v1/built-in-checklists', { stale: Infinity });
  const taken = new Set(made.map((one) => one.key));
  const rest = (asked.data?.items ?? []).filter((one) => !taken.has(one.key));
  const isAsked = made.length === 0;
  if (asked.error !== null) return <Failure error={asked.error} again={() => void asked.refetch()} />;
  if (rest.length === 0) return null;
  return (
    <Card title={t('built_in')} testId="built-in" className="below" aside={<Chip tone={isAsked ? 'good' : 'plain'}>{t(isAsked ? 'built_in_asked' : 'built_in_not')}</Chip>}>
      <p className="muted">{t(isAsked ? 'built_in_asked_what' : 'built_in_not_what')}</p>
      <ul className="rows">
        {rest.map((one) => (
          <Item key={one.key} one={one} />
        ))}
      </ul>
    </Card>
  ); // prettier-ignore
}

function Item({ one }: { one: ChecklistBody }) {
  const { t, prefs } = useAround();
  const may = useMay();
  const title = textIn(one.title, prefs.lang);
  return (
    <li className="item">
      <div className="item-words">
        <details>
          <summary>
            <span className="strong">{title}</span>{' '}
            <span className="muted small">
              · {t(`asked_about_${one.about}`)} · {t('questions_count', { count: one.questions.length })}
            </span>
          </summary>
          <Questions one={one} />
        </details>
      </div>
      {may('stations:write') && (
        <Link className="button" to={`/checklists/new?from=${one.key}`}>
          {t('built_in_take')}
          <span className="sr-only"> {title}</span>
        </Link>
      )}
    </li>
  );
}
