import { cleanup, fireEvent, screen, waitFor } from '@testing-library/react';
import { afterEach, describe, expect, it } from 'vitest';
import { CannedHub, refused, show, TOKENS } from '../../testing/hub';
import { SignIn } from './SignIn';

const TOKEN = 'POST /api/v1/auth/token';

/** A hub whose owner has a second factor: password first, then 123456 counts. */
function guarded(): CannedHub {
  return new CannedHub({
    [TOKEN]: (body) => {
      const { code, password } = body as Record<string, string | undefined>;
      if (code === '123456') return TOKENS;
      if (code !== undefined) throw refused('code_invalid');
      if (password !== 'right') throw refused('bad_credentials');
      throw refused('second_factor_required', { challenge: 'c-1' });
    },
  });
}

function type(label: string, value: string): void {
  fireEvent.change(screen.getByLabelText(label), { target: { value } });
}

async function pastThePassword(): Promise<void> {
  type('E-mail address', 'ada@voltdock.example');
  type('Password', 'right');
  fireEvent.click(screen.getByRole('button', { name: 'Sign in' }));
  await screen.findByText('One more step');
}

afterEach(cleanup);

describe('SignIn', () => {
  it('goes on to the code, and in with it', async () => {
    const hub = guarded();
    show(<SignIn />, hub, { me: null });
    await pastThePassword();
    type('Code of the authenticator', '123 456');
    fireEvent.click(screen.getByRole('button', { name: 'Sign in' }));
    await waitFor(() => expect(hub.deeds).toHaveLength(2));
    expect(hub.deeds[1]?.body).toEqual({ challenge: 'c-1', code: '123456' });
  });

  it('says at the field that a code does not count, and stays there', async () => {
    show(<SignIn />, guarded(), { me: null });
    await pastThePassword();
    type('Code of the authenticator', '000000');
    fireEvent.click(screen.getByRole('button', { name: 'Sign in' }));
    await screen.findByText(/does not count/);
    expect(screen.getByLabelText('Code of the authenticator').getAttribute('aria-invalid')).toBe('true');
  });

  it('takes a recovery code instead', async () => {
    const hub = guarded();
    show(<SignIn />, hub, { me: null });
    await pastThePassword();
    fireEvent.click(screen.getByRole('button', { name: 'Use a recovery code instead' }));
    type('Recovery code', 'abcd-efgh');
    fireEvent.click(screen.getByRole('button', { name: 'Sign in' }));
    await waitFor(() => expect(hub.deeds[1]?.body).toEqual({ challenge: 'c-1', code: 'abcd-efgh' }));
  });

  it('begins anew with the reason when the challenge is too old', async () => {
    const hub = new CannedHub({
      [TOKEN]: (body) => {
        if ('code' in (body as object)) throw refused('challenge_invalid');
        throw refused('second_factor_required', { challenge: 'c-1' });
      },
    });
    show(<SignIn />, hub, { me: null });
    await pastThePassword();
    type('Code of the authenticator', '123456');
    fireEvent.click(screen.getByRole('button', { name: 'Sign in' }));
    await screen.findByText('That took too long. Please sign in once more.');
    expect(screen.getByLabelText('Password')).toBeTruthy();
  });

  it('says how long somebody has to wait, and takes nothing until then', async () => {
    const locked = new CannedHub({
      [TOKEN]: () => {
        throw refused('log_in_locked', { retry_after_s: 40 });
      },
    });
    show(<SignIn />, locked, { me: null });
    type('E-mail address', 'ada@voltdock.example');
    type('Password', 'wrong');
    fireEvent.click(screen.getByRole('button', { name: 'Sign in' }));
    const said = await screen.findByTestId('sign-in-problem');
    expect(said.textContent).toMatch(/Try again in (39|40)\s/);
    const button = await screen.findByRole<HTMLButtonElement>('button', { name: 'Sign in' });
    expect(button.disabled).toBe(true);
  });

  it('leads whoever has forgotten the password to the page that mails a link', () => {
    show(<SignIn />, guarded(), { me: null });
    expect(screen.getByRole('link', { name: 'Forgot your password?' }).getAttribute('href')).toBe(
      '/account/reset',
    );
  });
});
