import { cleanup, fireEvent, screen, waitFor } from '@testing-library/react';
import { Route, Routes } from 'react-router';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { TaskShape } from '../../api/shapes';
import { aTask, HARBOUR, MARKET } from '../../testing/balance_samples';
import { aMe, CannedHub, page, refused, show, type Answers } from '../../testing/hub';
import { aStation, aVehicle } from '../../testing/samples';
import { NewTask } from './NewTask';
import { Task } from './Task';
import { Tasks } from './Tasks';

const STAFF = aMe({ permissions: ['tasks:read', 'tasks:do'] });
const LEAD = aMe({ permissions: ['tasks:read', 'tasks:do', 'balance:write', 'plans:read'] });
const LISTS: Answers = {
  'GET /api/v1/stations': page(
    aStation({ id: MARKET }),
    aStation({ id: HARBOUR, name: 'Harbour', number: '015' }),
  ),
  'GET /api/v1/vehicles': page(aVehicle()),
};
const CHECKLIST = [
  { key: '1', text: 'Swept', at: null, by: null },
  { key: '2', text: 'Cameras wiped', at: '2026-11-26T08:00:00Z', by: STAFF.id },
];

function opened(task: TaskShape, answers: Answers = {}, me = STAFF, lang: 'en' | 'de' = 'en') {
  const hub = new CannedHub({ ...LISTS, [`GET /api/v1/tasks/${task.id}`]: () => task, ...answers });
  show(
    <Routes>
      <Route path="/balance/tasks/:taskId" element={<Task />} />
    </Routes>,
    hub,
    { me, lang, at: `/balance/tasks/${task.id}` },
  );
  return hub;
}

function listed(at: string, answers: Answers, me = STAFF) {
  const hub = new CannedHub({ ...LISTS, ...answers });
  show(<Tasks />, hub, { me, at });
  return hub;
}

beforeEach(() => {
  HTMLDialogElement.prototype.showModal = function (this: HTMLDialogElement) {
    this.open = true;
  };
});
afterEach(cleanup);

describe('Task', () => {
  it('is started by one press', async () => {
    const hub = opened(aTask(), { 'POST /api/v1/tasks/task-1/start': () => aTask({ state: 'started' }) });
    fireEvent.click(await screen.findByRole('button', { name: 'Start' }));
    await waitFor(() => expect(hub.deeds).toHaveLength(1));
    expect(hub.deeds[0]?.headers['Idempotency-Key']).toBeTruthy();
  });

  it('ticks a line off, and takes a tick back', async () => {
    const task = aTask({ state: 'started', assigned_to: STAFF.id, checklist: CHECKLIST });
    const hub = opened(task, { 'POST /api/v1/tasks/task-1/check': () => task });
    fireEvent.click(await screen.findByLabelText('Swept'));
    await waitFor(() => expect(hub.deeds).toHaveLength(1));
    await waitFor(() =>
      expect(screen.getByLabelText<HTMLInputElement>('Cameras wiped').disabled).toBe(false),
    );
    fireEvent.click(screen.getByLabelText('Cameras wiped'));
    await waitFor(() => expect(hub.deeds).toHaveLength(2));
    expect(hub.deeds.map((one) => one.body)).toEqual([
      { key: '1', done: true },
      { key: '2', done: false },
    ]);
  });

  it('says in words that something is left to tick', async () => {
    opened(aTask({ state: 'started', assigned_to: STAFF.id, checklist: CHECKLIST }), {
      'POST /api/v1/tasks/task-1/done': () => {
        throw refused('checklist_open');
      },
    });
    fireEvent.click(await screen.findByRole('button', { name: 'Done' }));
    await screen.findByText('The checklist is not ticked off yet.');
  });

  it('is given up with a reason only', async () => {
    const hub = opened(aTask(), { 'POST /api/v1/tasks/task-1/fail': () => aTask({ state: 'failed' }) });
    fireEvent.click(await screen.findByRole('button', { name: 'Give up' }));
    fireEvent.submit(screen.getByTestId('reason-form'));
    await screen.findByText('Say why, in a few words.');
    expect(hub.deeds).toHaveLength(0);
    fireEvent.change(screen.getByLabelText('Reason'), { target: { value: 'no water' } });
    fireEvent.submit(screen.getByTestId('reason-form'));
    await waitFor(() => expect(hub.deeds[0]?.body).toEqual({ why: 'no water' }));
  });

  it("offers nothing on somebody else's task, but everything to who plans", async () => {
    opened(aTask({ state: 'assigned', assigned_to: 'bo' }));
    await screen.findByRole('heading', { level: 1, name: 'Clean the docks' });
    expect(screen.queryByRole('button', { name: 'Start' })).toBeNull();
    cleanup();
    opened(aTask({ state: 'assigned', assigned_to: 'bo' }), {}, LEAD);
    for (const name of ['Start', 'Give up', 'Give to', 'Cancel the task']) {
      expect(await screen.findByRole('button', { name })).toBeTruthy();
    }
  });

  it('offers nothing on one that is over, and says what the docks saw', async () => {
    const over = aTask({
      what: 'move',
      state: 'done',
      ended_at: '2026-11-26T09:00:00Z',
      reason: 'it stands there',
    });
    opened(over, {}, LEAD);
    await screen.findByText('The dock at its goal reads the vehicle.');
    expect(screen.queryByText('it stands there')).toBeNull();
    expect(screen.queryByRole('button', { name: 'Done' })).toBeNull();
  });

  it("is called in the reader's language, its lines too", async () => {
    const checklist = [{ key: 'loaded', text: 'Loaded and secured', at: null, by: null }];
    const move = { what: 'move', to_station_id: HARBOUR, vehicle_id: aVehicle().id, checklist } as const;
    opened(aTask({ ...move, title: 'Bring V-118 to Harbour' }), {}, STAFF, 'de');
    await screen.findByRole('heading', { level: 1, name: 'V-118 nach Harbour bringen' });
    expect(screen.getByLabelText('Geladen und gesichert')).toBeTruthy();
  });

  it('says that it is not there', async () => {
    opened(aTask(), {
      'GET /api/v1/tasks/task-1': () => {
        throw refused('not_found');
      },
    });
    await screen.findByText('That is not there (any more).');
  });
});

describe('Tasks', () => {
  it('asks for what is under way at first', async () => {
    const hub = listed('/balance/tasks', { 'GET /api/v1/tasks': page(aTask()) });
    await screen.findByRole('link', { name: 'Clean the docks' });
    const asked = hub.sent.find((one) => one.path.startsWith('/api/v1/tasks'));
    expect(asked?.path).toContain('under_way=true');
  });

  it("asks by the address's filters, and for another state when it is chosen", async () => {
    const hub = listed(`/balance/tasks?station=${HARBOUR}&mine=1`, { 'GET /api/v1/tasks': page() });
    await screen.findByText('Nothing is to be done.');
    fireEvent.change(screen.getByLabelText('State'), { target: { value: 'failed' } });
    await screen.findByText('Nothing fits these filters.');
    const asked = hub.sent.findLast((one) => one.path.startsWith('/api/v1/tasks'))?.path ?? '';
    expect(asked).toContain('state=failed');
    expect(asked).toContain(`station_id=${HARBOUR}`);
    expect(asked).toContain('mine=true');
    expect(asked).not.toContain('under_way');
  });

  it('shows that one is late', async () => {
    listed('/balance/tasks', { 'GET /api/v1/tasks': page(aTask({ due_at: '2020-01-01T00:00:00Z' })) });
    await screen.findByText(/late since/);
  });

  it('tells that it may not be read, without asking', () => {
    const hub = listed('/balance/tasks', {}, aMe({ permissions: [] }));
    expect(screen.getByText('Your role does not permit this.')).toBeTruthy();
    expect(hub.sent).toEqual([]);
  });
});

describe('NewTask', () => {
  it('sends the checklist line by line, and needs a station', async () => {
    const hub = new CannedHub({ ...LISTS, 'POST /api/v1/tasks': () => aTask() });
    show(<NewTask close={vi.fn()} />, hub, { me: LEAD });
    await screen.findByRole('option', { name: '015 Harbour' });
    fireEvent.change(screen.getByLabelText('What is to be done'), { target: { value: 'Clean' } });
    expect(screen.getByRole<HTMLButtonElement>('button', { name: 'New task' }).disabled).toBe(true);
    fireEvent.change(screen.getByLabelText('Station'), { target: { value: HARBOUR } });
    fireEvent.change(screen.getByLabelText('Checklist'), { target: { value: 'Swept\n\nWiped' } });
    fireEvent.submit(screen.getByTestId('task-form'));
    await waitFor(() => expect(hub.deeds).toHaveLength(1));
    expect(hub.deeds[0]?.body).toEqual({
      title: 'Clean',
      station_id: HARBOUR,
      assigned_to: null,
      due_at: null,
      checklist: ['Swept', 'Wiped'],
    });
  });
});
