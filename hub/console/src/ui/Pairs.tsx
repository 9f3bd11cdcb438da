/** Names and values, one under the other. */
import type { ReactNode } from 'react';

export type Pair = readonly [string, ReactNode];

export function Pairs({ pairs }: { readonly pairs: readonly Pair[] }) {
  return (
    <dl className="pairs wide">
      {pairs.map(([name, value]) => (
        <div key={name} className="entry">
          <dt>{name}</dt>
          <dd>{value ?? '–'}</dd>
        </div>
      ))}
    </dl>
  );
}
