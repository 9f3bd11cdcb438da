/** A case as a line of a list: since when, what, in which state; leads to it. */
import { Link } from 'react-router';
import { useAround } from '../../app/context';
import type { CaseShape } from '../../api/shapes';
import { named } from '../../i18n/words';
import { CaseState } from './CaseState';

export function CaseLink({ one }: { readonly one: CaseShape }) {
  const { t, f } = useAround();
  return (
    <Link to={`/cases/${one.id}`} className="row-link">
      <span className="muted tabular">{f.when(one.opened_at)}</span>
      <strong>{named(t, 'case', one.kind)}</strong>
      <CaseState one={one} />
    </Link>
  );
}
