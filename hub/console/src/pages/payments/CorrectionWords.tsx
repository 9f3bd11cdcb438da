/** One correction in words, as finance and whoever pays read it. */
import type { ReactNode } from 'react';
import { useAround } from '../../app/context';
import type { AdjustmentShape } from '../../api/shapes';
import { named } from '../../i18n/words';
import { signed } from '../../lib/corrections';

export function CorrectionWords({ one, children }: { one: AdjustmentShape; children?: ReactNode }) {
  const { t, f } = useAround();
  return (
    <div className="item-words">
      <p>
        <span className="strong">{f.money({ minor: signed(one), currency: one.currency })}</span>{' '}
        {named(t, 'correction', one.kind)}: {named(t, 'cause', one.cause)}
      </p>
      <p className="small">{one.reason}</p>
      {children}
    </div>
  );
}
