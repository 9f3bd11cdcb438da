import { expect, it } from 'vitest';
import { newQueryClient, STATES_PATH } from '../api/queries';
import { Session } from '../api/session';
import { aMe, CannedHub, page } from '../testing/hub';
import { askFirst } from './begin';

function signedIn(hub: CannedHub): Session {
  return new Session({
    storage: {
      getItem: () => JSON.stringify({ access: 'a', refresh: 'r' }),
      setItem: () => undefined,
      removeItem: () => undefined,
    },
    alone: (work) => work(),
    send: hub.send,
  });
}

it('asks how stations are for whoever may know', async () => {
  const hub = new CannedHub({ 'GET /api/v1/me': () => aMe(), [`GET ${STATES_PATH}`]: page() });
  await askFirst(signedIn(hub), newQueryClient());
  expect(hub.sent.map((one) => one.path.split('?')[0])).toEqual(['/api/v1/me', STATES_PATH]);
});

it('does not ask for a renter what would be refused', async () => {
  const renter = aMe({ permissions: ['stations:read', 'rentals:read_own'] });
  const hub = new CannedHub({ 'GET /api/v1/me': () => renter });
  await askFirst(signedIn(hub), newQueryClient());
  expect(hub.sent.map((one) => one.path)).toEqual(['/api/v1/me']);
});
