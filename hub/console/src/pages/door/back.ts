/** Pure: the address that a provider's log-in leads back to, and what stays of it once somebody is back. */

/** What the address says when somebody has come back; `hub/accounts/oidc.py` says it too of whom it does not know. */
const BACK = 'back=elsewhere';
const LONGEST = 500; // what the hub takes as `return_to`

/** Where to go on after the log-in: the page that was asked for, as it was asked for. */
export function wayBack(pathname: string, search: string): string {
  const kept = search.replace(/^\?/, '');
  const whole = `${pathname}?${kept === '' ? '' : `${kept}&`}${BACK}`;
  return whole.length <= LONGEST ? whole : `/?${BACK}`;
}

/** The query without the word of coming back; null where nobody comes back. */
export function cameBack(search: string): string | null {
  const pieces = search.replace(/^\?/, '').split('&');
  if (!pieces.includes(BACK)) return null;
  const rest = pieces.filter((one) => one !== BACK).join('&');
  return rest === '' ? '' : `?${rest}`;
}
