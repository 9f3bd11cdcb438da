import { cleanup, fireEvent, screen, waitFor } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AccountShape } from '../../api/shapes';
import { CannedHub, page, refused, show, type Answers } from '../../testing/hub';
import { aStation } from '../../testing/samples';
import { RolesForm } from './RolesForm';

const STATION = aStation();
const PUT = 'PUT /api/v1/accounts/p-1/roles';
const PERSON: AccountShape = {
  id: 'p-1',
  email: 'minh@voltdock.example',
  display_name: 'Minh',
  roles: ['renter', `technician@${STATION.id}`],
  active: true,
  created_at: '2026-11-01T00:00:00Z',
};

function opened(answers: Answers = {}) {
  const hub = new CannedHub({ 'GET /api/v1/stations': page(STATION), [PUT]: () => PERSON, ...answers });
  const close = vi.fn();
  show(<RolesForm account={PERSON} close={close} />, hub);
  return { hub, close };
}

function say(reason: string): void {
  fireEvent.change(screen.getByLabelText('Reason'), { target: { value: reason } });
  fireEvent.click(screen.getByRole('button', { name: 'Give these roles' }));
}

beforeEach(() => {
  HTMLDialogElement.prototype.showModal = function (this: HTMLDialogElement) {
    this.open = true;
  };
});
afterEach(cleanup);

describe('RolesForm', () => {
  it('begins with the roles that are there, everywhere and at stations', async () => {
    opened();
    expect(screen.getByRole<HTMLInputElement>('checkbox', { name: 'renter' }).checked).toBe(true);
    expect(await screen.findByText('technician at Riverside Market')).toBeTruthy();
  });

  it('sends all roles from now on, one at a station among them', async () => {
    const { hub, close } = opened();
    fireEvent.click(screen.getByRole('checkbox', { name: 'renter' }));
    fireEvent.click(screen.getByRole('checkbox', { name: 'analyst' }));
    await screen.findByRole('option', { name: '014 Riverside Market' });
    fireEvent.change(screen.getByLabelText('Role'), { target: { value: 'station_staff' } });
    fireEvent.change(screen.getByLabelText('Station'), { target: { value: STATION.id } });
    fireEvent.click(screen.getByRole('button', { name: 'Add' }));
    say('moves to the market');
    await waitFor(() => expect(close).toHaveBeenCalled());
    expect(hub.deeds[0]?.body).toEqual({
      roles: ['analyst', `technician@${STATION.id}`, `station_staff@${STATION.id}`],
      reason: 'moves to the market',
    });
  });

  it('asks why before anything is sent', () => {
    const { hub } = opened();
    say('x');
    expect(screen.getByText('Say why, in a few words.')).toBeTruthy();
    expect(hub.deeds).toEqual([]);
  });

  it('keeps what was chosen and says what to do when the hub refuses', async () => {
    opened({
      [PUT]: () => {
        throw refused('last_admin');
      },
    });
    fireEvent.click(screen.getByRole('checkbox', { name: 'renter' }));
    say('leaves us');
    expect(await screen.findByText('This is the last administrator.')).toBeTruthy();
    expect(screen.getByText(/Make somebody else an administrator first/)).toBeTruthy();
    expect(screen.getByRole<HTMLInputElement>('checkbox', { name: 'renter' }).checked).toBe(false);
  });
});
