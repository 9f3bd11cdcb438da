import { cleanup, fireEvent, screen, waitFor } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CannedHub, page, refused, show, type Answers } from '../../testing/hub';
import { aVehicle } from '../../testing/samples';
import { VehicleForm } from './VehicleForm';

const VEHICLE = aVehicle({ vin: '1M8GDM9AXKP042788' });
const PATCH = `PATCH /api/v1/vehicles/${VEHICLE.id}`;
const LISTS: Answers = { 'GET /api/v1/vehicle-types': page(), 'GET /api/v1/tariffs': page() };

function edited(answers: Answers, lang: 'en' | 'de' = 'en') {
  const hub = new CannedHub({ ...LISTS, ...answers });
  const close = vi.fn();
  show(<VehicleForm edited={{ value: VEHICLE, etag: '"7"' }} close={close} />, hub, { lang });
  return { hub, close };
}

function type(label: string, value: string): void {
  fireEvent.change(screen.getByLabelText(label), { target: { value } });
}

beforeEach(() => {
  HTMLDialogElement.prototype.showModal = function (this: HTMLDialogElement) {
    this.open = true;
  };
});
afterEach(cleanup);

describe('VehicleForm', () => {
  it('sends what was changed, with the entity tag that it began with', async () => {
    const { hub, close } = edited({ [PATCH]: () => VEHICLE });
    type('Plate', '59-X1 123');
    fireEvent.click(screen.getByRole('button', { name: 'Save' }));
    await waitFor(() => expect(close).toHaveBeenCalled());
    expect(hub.deeds[0]?.body).toEqual({ plate: '59-X1 123' });
    expect(hub.deeds[0]?.headers['If-Match']).toBe('"7"');
  });

  it("shows the server's word on a VIN at its field, and keeps what was typed", async () => {
    const wrong = {
      pointer: '/vin',
      message: 'the check digit at the ninth place should be X',
      type: 'vin_check',
    };
    const answer = () => {
      throw refused('invalid', {}, [wrong]);
    };
    edited({ [PATCH]: answer });
    type('VIN', '1M8GDM9A1KP042788');
    fireEvent.click(screen.getByRole('button', { name: 'Save' }));
    const field = screen.getByLabelText<HTMLInputElement>('VIN');
    await waitFor(() => expect(field.getAttribute('aria-invalid')).toBe('true'));
    const notes = field.getAttribute('aria-describedby') ?? '';
    const said = notes.split(' ').map((id) => document.getElementById(id)?.textContent);
    expect(said.join(' ')).toContain('the ninth place should be X');
    expect(field.value).toBe('1M8GDM9A1KP042788');
  });

  it('says at the plate, in German, that another vehicle has it', async () => {
    const answer = () => {
      throw refused('plate_taken', { plate: 'AB 1' });
    };
    edited({ [PATCH]: answer }, 'de');
    await screen.findByText('V-118 bearbeiten');
    type('Kennzeichen', 'AB 1');
    fireEvent.click(screen.getByRole('button', { name: 'Speichern' }));
    await waitFor(() =>
      expect(screen.getByLabelText('Kennzeichen').getAttribute('aria-invalid')).toBe('true'),
    );
    expect(screen.getByText(/Suchen Sie es in der Liste/)).toBeTruthy();
  });

  it('has nothing to save as long as nothing is changed', () => {
    edited({});
    expect(screen.getByRole<HTMLButtonElement>('button', { name: 'Save' }).disabled).toBe(true);
  });

  it('asks kind, model and range only where no type says them', () => {
    show(<VehicleForm close={vi.fn()} />, new CannedHub(LISTS));
    expect(screen.getByLabelText('Kind')).toBeTruthy();
    expect(screen.getByLabelText('Range when full')).toBeTruthy();
  });
});
