import { cleanup, fireEvent, screen, waitFor } from '@testing-library/react';
import { useState } from 'react';
import { Link, Route, Routes, useLocation, useNavigate } from 'react-router';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CannedHub, refused, show } from '../testing/hub';
import { Sheet } from '../ui/Sheet';
import { useDeed } from './deeds';
import { useUnsaved } from './leaving';

beforeEach(() => {
  HTMLDialogElement.prototype.showModal = function (this: HTMLDialogElement) {
    this.open = true;
  };
});
afterEach(cleanup);

function Long() {
  const [text, setText] = useState('');
  const navigate = useNavigate();
  const deed = useDeed();
  useUnsaved(text !== '');
  return (
    <form
      data-testid="long"
      onSubmit={(event) => {
        event.preventDefault();
        deed.run('/api/v1/things', { method: 'POST', body: { text } }, () => void navigate('/made'));
      }}
    >
      <input aria-label="words" value={text} onChange={(event) => setText(event.target.value)} />
    </form>
  );
}

function InSheet() {
  const [isOpen, setOpen] = useState(true);
  const close = () => setOpen(false);
  if (!isOpen) return null;
  return (
    <Sheet title="A thing" close={close}>
      <form data-testid="short">
        <input aria-label="name" />
        <button type="button" onClick={close}>
          Cancel
        </button>
      </form>
    </Sheet>
  );
}

function Pages() {
  const { pathname, search } = useLocation();
  return (
    <>
      <p data-testid="at">{pathname + search}</p>
      <Link to="/elsewhere">elsewhere</Link>
      <Link to="/form?from=x">the same page</Link>
      <Routes>
        <Route path="/form" element={<Long />} />
        <Route path="/sheet" element={<InSheet />} />
        <Route path="*" element={null} />
      </Routes>
    </>
  );
}

function opened(at: string, answer: () => unknown = () => ({})) {
  show(<Pages />, new CannedHub({ 'POST /api/v1/things': answer }), { at });
}
const type = (label: string, value: string) =>
  fireEvent.input(screen.getByLabelText(label), { target: { value } });
const at = () => screen.getByTestId('at').textContent;
const press = (name: string) => fireEvent.click(screen.getByRole('button', { name }));

describe('What is half typed on a page', () => {
  it('is asked about before a link leads away, and stays with whoever stays', () => {
    opened('/form');
    type('words', 'half');
    fireEvent.click(screen.getByRole('link', { name: 'elsewhere' }));
    expect(screen.getByTestId('unsaved')).toBeTruthy();
    press('Stay');
    expect(screen.queryByTestId('unsaved')).toBeNull();
    expect(at()).toBe('/form');
    expect(screen.getByLabelText<HTMLInputElement>('words').value).toBe('half');
  });

  it('is left by whoever says so, and then nothing is asked any more', () => {
    opened('/form');
    type('words', 'half');
    fireEvent.click(screen.getByRole('link', { name: 'elsewhere' }));
    press('Leave without saving');
    expect(at()).toBe('/elsewhere');
    expect(screen.queryByTestId('unsaved')).toBeNull();
  });

  it('is not asked about where nothing is typed, nor by a filter of the same page', () => {
    opened('/form');
    fireEvent.click(screen.getByRole('link', { name: 'elsewhere' }));
    expect(at()).toBe('/elsewhere');
    fireEvent.click(screen.getByRole('link', { name: 'the same page' }));
    type('words', 'half');
    fireEvent.click(screen.getByRole('link', { name: 'the same page' }));
    expect(at()).toBe('/form?from=x');
    expect(screen.queryByTestId('unsaved')).toBeNull();
  });

  it('goes where it is led when it is saved, and stays asked about when it was refused', async () => {
    const answer = vi.fn(() => ({}));
    answer.mockImplementationOnce(() => {
      throw refused('invalid');
    });
    opened('/form', answer);
    type('words', 'whole');
    fireEvent.submit(screen.getByTestId('long'));
    await waitFor(() => expect(answer).toHaveBeenCalledTimes(1));
    fireEvent.click(screen.getByRole('link', { name: 'elsewhere' }));
    press('Stay');
    fireEvent.submit(screen.getByTestId('long'));
    await waitFor(() => expect(at()).toBe('/made'));
    expect(screen.queryByTestId('unsaved')).toBeNull();
  });

  it('holds the tab too', () => {
    opened('/form');
    const closes = () => window.dispatchEvent(new Event('beforeunload', { cancelable: true }));
    expect(closes()).toBe(true);
    type('words', 'half');
    expect(closes()).toBe(false);
  });
});

describe('What is half typed in a sheet', () => {
  it('is asked about before Escape or the cross closes it', () => {
    opened('/sheet');
    type('name', 'half');
    fireEvent.keyDown(screen.getByLabelText('name'), { key: 'Escape' });
    press('Stay');
    expect(screen.getByLabelText<HTMLInputElement>('name').value).toBe('half');
    press('Close');
    press('Leave without saving');
    expect(screen.queryByTestId('short')).toBeNull();
  });

  it('goes by its own Cancel, and untyped by the cross, without a question', () => {
    opened('/sheet');
    type('name', 'half');
    press('Cancel');
    expect(screen.queryByTestId('short')).toBeNull();
    cleanup();
    opened('/sheet');
    press('Close');
    expect(screen.queryByTestId('short')).toBeNull();
  });
});
