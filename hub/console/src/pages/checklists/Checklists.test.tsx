import { cleanup, fireEvent, screen, waitFor } from '@testing-library/react';
import { Route, Routes } from 'react-router';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Unreachable } from '../../api/client';
import type { ChecklistBody, ChecklistShape } from '../../api/shapes';
import { aFilled, MARKET } from '../../testing/balance_samples';
import { aMe, CannedHub, page, refused, show, type Answers } from '../../testing/hub';
import { aCase, aStation } from '../../testing/samples';
import { Asked } from './Asked';
import { EditChecklist, NewChecklist } from './Edit';
import { Found } from './Found';

const ME = aMe({ permissions: ['stations:read', 'stations:write', 'cases:read'] });
const LISTS: Answers = {
  'GET /api/v1/built-in-checklists': () => ({ items: [BUILT] }),
  'GET /api/v1/stations': page(aStation({ id: MARKET })),
  'GET /api/v1/vehicles': page(),
  'GET /api/v1/cases': page(aCase({ id: 'case-9', about: aFilled().id })),
};
const BUILT: ChecklistBody = {
  key: 'cleaning',
  title: { en: 'Cleaning' },
  about: 'vehicle',
  questions: [
    { key: 'wiped', text: { en: 'It is wiped.' }, kind: 'yes_no', needed: true, unit: '', photo: false },
    { key: 'found', text: { en: 'Found on it' }, kind: 'text', needed: false, unit: '', photo: false },
  ],
};
const OPENING: ChecklistShape = {
  id: 'c1',
  created_at: '2026-11-01T00:00:00Z',
  key: 'opening',
  version: 3,
  title: { en: 'Opening', de: 'Öffnen der Station' },
  about: 'station',
  questions: [
    { key: 'left', text: { en: 'Vehicles outside' }, kind: 'number', needed: false, unit: 'pc', photo: true },
  ],
};

function opened(at: string, answers: Answers, me = ME, lang: 'en' | 'de' = 'en') {
  const hub = new CannedHub({ ...LISTS, ...answers });
  show(
    <Routes>
      <Route path="/checklists" element={<Found />} />
      <Route path="/checklists/asked" element={<Asked />} />
      <Route path="/checklists/asked/:listKey" element={<EditChecklist />} />
      <Route path="/checklists/new" element={<NewChecklist />} />
    </Routes>,
    hub,
    { me, at, lang },
  );
  return hub;
}

beforeEach(() => {
  HTMLDialogElement.prototype.showModal = function (this: HTMLDialogElement) {
    this.open = true;
  };
});
afterEach(cleanup);

describe('Found', () => {
  it('says what is wrong without a press, and leads to its case', async () => {
    opened('/checklists', { 'GET /api/v1/filled-checklists': page(aFilled()) });
    const row = await screen.findByTestId(`filled-${aFilled().id}`);
    expect(row.textContent).toContain('Front and rear light work. no');
    expect(row.textContent).toContain('rear light hangs');
    expect(row.textContent).not.toContain('Both brakes hold.');
    const link = await screen.findByRole('link', { name: 'Case: open' });
    expect(link.getAttribute('href')).toBe('/cases/case-9');
  });

  it('tells the other answers and the pictures when it is opened', async () => {
    const photo = { id: 'p1', taken_at: '2026-11-26T07:00:00Z', state: 'waiting' };
    const hub = opened('/checklists', {
      'GET /api/v1/filled-checklists': page(aFilled()),
      'GET /api/v1/photos': page(photo),
    });
    const summary = await screen.findByText('1 right, and pictures');
    expect(hub.sent.some((one) => one.path.startsWith('/api/v1/photos'))).toBe(false);
    const details = summary.closest('details');
    if (details === null) throw new Error('nothing to open');
    details.open = true;
    fireEvent(details, new Event('toggle'));
    await screen.findByText(/Both brakes hold\./);
    await screen.findByText('still at its station');
    expect(hub.sent.some((one) => one.path.includes(`act_id=${aFilled().id}`))).toBe(true);
  });

  it('asks for what is wrong only when told so', async () => {
    const hub = opened('/checklists', { 'GET /api/v1/filled-checklists': page() });
    await screen.findByText('Nothing was filled in yet.');
    fireEvent.click(screen.getByRole('button', { name: 'Wrong only' }));
    await screen.findByText('Nothing is wrong.');
    const asked = hub.sent.filter((one) => one.path.startsWith('/api/v1/filled-checklists'));
    expect(asked.at(0)?.path).not.toContain('passed');
    expect(asked.at(-1)?.path).toContain('passed=false');
  });

  it('says that the hub does not answer', async () => {
    opened('/checklists', {
      'GET /api/v1/filled-checklists': () => {
        throw new Unreachable('gone');
      },
    });
    await screen.findByRole('button', { name: 'Try again' });
  });

  it('leads who may not read it to what is asked, and tells others no', async () => {
    opened(
      '/checklists',
      { 'GET /api/v1/checklists': page(OPENING) },
      aMe({ permissions: ['stations:read', 'stations:write'] }),
    );
    await screen.findByTestId('asked-opening');
    cleanup();
    const hub = opened('/checklists', {}, aMe({ permissions: [] }));
    expect(screen.getByText('Your role does not permit this.')).toBeTruthy();
    expect(hub.sent).toEqual([]);
  });
});

describe('Asked', () => {
  it("is told in the reader's language, else in English", async () => {
    opened('/checklists/asked', { 'GET /api/v1/checklists': page(OPENING) }, ME, 'de');
    await screen.findByRole('heading', { name: 'Öffnen der Station' });
    expect(await screen.findByText('Zahl (pc) · freiwillig · mit Bild')).toBeTruthy();
    expect(screen.getByText('Vehicles outside')).toBeTruthy();
  });

  it('says that stations ask what is built in where none is made, and not any more where one is', async () => {
    opened('/checklists/asked', { 'GET /api/v1/checklists': page() });
    expect((await screen.findByTestId('built-in')).textContent).toContain('asked now');
    cleanup();
    opened('/checklists/asked', { 'GET /api/v1/checklists': page(OPENING) });
    expect((await screen.findByTestId('built-in')).textContent).toContain('not asked');
    const link = screen.getByRole('link', { name: 'Take over Cleaning' });
    expect(link.getAttribute('href')).toBe('/checklists/new?from=cleaning');
  });

  it('is taken back after a question, and stays open when the hub says no', async () => {
    let isThere = false;
    const hub = opened('/checklists/asked', {
      'GET /api/v1/checklists': page(OPENING),
      'POST /api/v1/checklists/opening/end': () => {
        if (isThere) return undefined;
        throw refused('not_found');
      },
    });
    fireEvent.click(await screen.findByRole('button', { name: 'Take back Opening' }));
    expect(hub.deeds).toHaveLength(0);
    fireEvent.submit(screen.getByTestId('end-form'));
    await screen.findByText('That is not there (any more).');
    isThere = true;
    fireEvent.submit(screen.getByTestId('end-form'));
    await waitFor(() => expect(screen.queryByTestId('end-form')).toBeNull());
  });

  it('offers nothing to who may only read', async () => {
    opened(
      '/checklists/asked',
      { 'GET /api/v1/checklists': page(OPENING) },
      aMe({ permissions: ['stations:read'] }),
    );
    await screen.findByTestId('asked-opening');
    expect(screen.queryByRole('button')).toBeNull();
  });
});

function typed(label: string, value: string, at = 0) {
  const field = screen.getAllByLabelText(label)[at];
  if (field === undefined) throw new Error(`no ${label}`);
  fireEvent.change(field, { target: { value } });
}

describe('A new checklist', () => {
  it('is made of what was typed, in the order that was chosen', async () => {
    const hub = opened('/checklists/new', {
      'GET /api/v1/checklists': page(),
      'POST /api/v1/checklists': () => OPENING,
    });
    await screen.findByText(/From this one on/);
    const make = screen.getByRole<HTMLButtonElement>('button', { name: 'Make it' });
    typed('English', 'Before rain');
    typed('Deutsch', 'Vor dem Regen');
    expect(make.disabled).toBe(true);
    typed('English', 'Covers are on.', 1);
    fireEvent.click(screen.getByRole('button', { name: 'Add a question' }));
    expect(document.activeElement).toBe(screen.getAllByLabelText('English')[2]);
    typed('English', 'Water level', 2);
    typed('Answer', 'number', 1);
    typed('Unit', 'cm');
    fireEvent.click(screen.getByRole('button', { name: 'Question 2 further up' }));
    expect(document.activeElement).toBe(screen.getByRole('button', { name: 'Question 1 further up' }));
    fireEvent.click(make);
    await waitFor(() => expect(hub.deeds).toHaveLength(1));
    expect(hub.deeds[0]?.body).toEqual({
      key: 'before_rain',
      title: { en: 'Before rain', de: 'Vor dem Regen' },
      about: 'vehicle',
      questions: [
        { key: 'water_level', text: { en: 'Water level' }, kind: 'number', needed: true, unit: 'cm', photo: false },
        { key: 'covers_are_on', text: { en: 'Covers are on.' }, kind: 'yes_no', needed: true, unit: '', photo: false },
      ],
    }); // prettier-ignore
    await screen.findByTestId('built-in');
  });

  it('begins with a built-in one, and keeps what was typed when the hub says no', async () => {
    const hub = opened('/checklists/new?from=cleaning', {
      'GET /api/v1/checklists': page(),
      'POST /api/v1/checklists': () => {
        throw refused('checklist_exists', { key: 'cleaning' });
      },
    });
    await screen.findByTestId('question-2');
    typed('English', 'Deep cleaning');
    fireEvent.submit(screen.getByTestId('checklist-form'));
    await screen.findByText('There is a checklist with this short name.');
    expect(hub.deeds[0]?.body).toMatchObject({ key: 'cleaning', title: { en: 'Deep cleaning' } });
    expect(screen.getAllByLabelText<HTMLInputElement>('English')[0]?.value).toBe('Deep cleaning');
  });

  it('puts a removed question back where it was', async () => {
    opened('/checklists/new?from=cleaning', { 'GET /api/v1/checklists': page() });
    await screen.findByTestId('question-2');
    fireEvent.click(screen.getByRole('button', { name: 'Without question 1' }));
    expect(screen.queryByTestId('question-2')).toBeNull();
    fireEvent.click(screen.getByRole('button', { name: 'Put the removed question back' }));
    const first = screen.getAllByLabelText<HTMLInputElement>('English')[1];
    expect(first?.value).toBe('It is wiped.');
  });

  it('is no page of whoever may only read', () => {
    const hub = opened('/checklists/new', {}, aMe({ permissions: ['stations:read'] }));
    expect(screen.getByText('Your role does not permit this.')).toBeTruthy();
    expect(hub.sent).toEqual([]);
  });
});

describe('A changed checklist', () => {
  it('sends the tag that the form began with, and says when somebody was faster', async () => {
    const hub = opened('/checklists/asked/opening', {
      'GET /api/v1/checklists/opening': () => OPENING,
      'PUT /api/v1/checklists/opening': () => {
        throw refused('changed_meanwhile');
      },
    });
    await screen.findByTestId('question-1');
    expect(screen.queryByLabelText('Short name')).toBeNull();
    fireEvent.click(screen.getByLabelText('Must be answered'));
    fireEvent.submit(screen.getByTestId('checklist-form'));
    await screen.findByText('Somebody else has changed this meanwhile. Look at it again.');
    expect(hub.deeds[0]?.headers).toMatchObject({ 'If-Match': '"1"' });
    expect(hub.deeds[0]?.body).toEqual({
      title: OPENING.title,
      about: 'station',
      questions: [{ ...OPENING.questions[0], needed: true }],
    });
    expect(screen.getByLabelText<HTMLInputElement>('Must be answered').checked).toBe(true);
  });
});
