import { cleanup, fireEvent, screen, waitFor } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AccountShape, StaffShape } from '../../api/shapes';
import { aMe, CannedHub, page, refused, show, type Answers } from '../../testing/hub';
import { aStation } from '../../testing/samples';
import { Cards } from './Cards';
import { Staff } from './Staff';

const ME = aMe({ permissions: ['stations:read', 'stations:write', 'cards:read', 'cards:write'] });
const ANNA = { id: 'account-1', display_name: 'Anna' } as AccountShape;
const MEMBER: StaffShape = {
  id: 'staff-1',
  created_at: '2026-11-01T00:00:00Z',
  account_id: 'account-1',
  name: 'Anna',
  may: ['unlock'],
  badge: '04BEBE01',
  has_pin: true,
  valid_to: '2999-01-01T12:00:00Z',
};
const AWAY = aStation({ name: 'Harbour', online: false });

function opened(members: readonly StaffShape[], more: Answers = {}) {
  const hub = new CannedHub({
    'GET /api/v1/station-staff': page(...members),
    'GET /api/v1/stations': page(aStation({ online: true }), AWAY),
    'POST /api/v1/station-staff': () => MEMBER,
    ...more,
  });
  show(<Staff account={ANNA} />, hub, { me: ME });
  return hub;
}

beforeEach(() => {
  HTMLDialogElement.prototype.showModal = function (this: HTMLDialogElement) {
    this.open = true;
  };
});
afterEach(cleanup);

describe('Staff', () => {
  it('gets a new badge from a reader and keeps the PIN', async () => {
    const hub = opened([MEMBER]);
    fireEvent.click(await screen.findByRole('button', { name: 'Change' }));
    const badge = screen.getByLabelText<HTMLInputElement>('Badge (card number)');
    expect(badge.value).toBe('04BEBE01');
    fireEvent.change(badge, { target: { value: '04:be:be:02' } });
    expect(fireEvent.keyDown(badge, { key: 'Enter' })).toBe(false); // a reader's Enter sends nothing
    expect(document.activeElement).toBe(screen.getByLabelText('Good until'));
    fireEvent.blur(badge);
    expect(badge.value).toBe('04BEBE02');
    fireEvent.submit(screen.getByTestId('new-staff'));
    await waitFor(() => expect(hub.deeds).toHaveLength(1));
    expect(hub.deeds[0]?.body).toMatchObject({ badge: '04BEBE02', keep_pin: true, may: ['unlock'] });
    expect(Object.keys(hub.deeds[0]?.body as object)).not.toContain('pin');
  });

  it('needs a PIN or a badge, and says whose the badge is not', async () => {
    const hub = opened([MEMBER], {
      'POST /api/v1/station-staff': () => {
        throw refused('badge_taken');
      },
    });
    fireEvent.click(await screen.findByRole('button', { name: 'Change' }));
    fireEvent.change(screen.getByLabelText('Badge (card number)'), { target: { value: '' } });
    fireEvent.click(screen.getByLabelText('Keeps the PIN'));
    fireEvent.submit(screen.getByTestId('new-staff'));
    await screen.findByText('A PIN or a badge is needed.');
    expect(hub.deeds).toHaveLength(0);
    fireEvent.change(screen.getByLabelText('Badge (card number)'), { target: { value: '04BEBE09' } });
    fireEvent.submit(screen.getByTestId('new-staff'));
    await screen.findByText('Somebody has this badge already.');
    expect(hub.deeds[0]?.body).toMatchObject({ badge: '04BEBE09', keep_pin: false });
  });

  it('says which stations hear of it later', async () => {
    opened([MEMBER]);
    await screen.findByText(/1 station has no line \(Harbour\)/);
  });
});

describe('Cards', () => {
  it("takes a renter's card as a reader sends it", async () => {
    const hub = new CannedHub({ 'GET /api/v1/cards': page(), 'POST /api/v1/cards': () => ({}) });
    show(<Cards account={ANNA} />, hub, { me: ME });
    fireEvent.click(await screen.findByRole('button', { name: /card/i }));
    const form = screen.getByTestId('new-card');
    const uid = form.querySelector('input[name=uid]') ?? form;
    fireEvent.change(uid, { target: { value: '04 a1-b2:c3' } });
    fireEvent.keyDown(uid, { key: 'Enter' });
    expect(hub.deeds).toHaveLength(0);
    fireEvent.submit(form);
    await waitFor(() =>
      expect(hub.deeds[0]?.body).toMatchObject({ uid: '04A1B2C3', account_id: 'account-1' }),
    );
  });
});
