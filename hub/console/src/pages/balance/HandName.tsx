/** Who does it, by the name that staff have at the stations; accounts need not be readable for that. */
import { AccountName } from '../../ui/Names';
import { useHands } from './people';

export function HandName({ id }: { readonly id: string | null }) {
  const found = useHands().find((one) => one.id === id);
  return found === undefined ? <AccountName id={id} /> : <>{found.name}</>;
}
