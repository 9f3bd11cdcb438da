/** What whoever is signed in needs first: asked for while React starts, and only what the session allows. */
import type { QueryClient } from '@tanstack/react-query';
import { oneQuery, STATES_PATH, wholeQuery } from '../api/queries';
import type { Session } from '../api/session';
import type { Me } from '../api/shapes';

/** Settles when the answers are in the client's hands; a refusal is told by the page that asks again. */
export async function askFirst(session: Session, client: QueryClient): Promise<void> {
  try {
    const me = await client.query(oneQuery<Me>(session, '/api/v1/me'));
    if (me.permissions.includes('telemetry:read')) await client.query(wholeQuery(session, STATES_PATH, {}));
  } catch {
    return;
  }
}
