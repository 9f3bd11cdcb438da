import { cleanup, fireEvent, screen, waitFor } from '@testing-library/react';
import { afterEach, describe, expect, it } from 'vitest';
import { CannedHub, refused, show, type Answers } from '../../testing/hub';
import { SignIn } from './SignIn';

const REGISTER = 'POST /api/v1/auth/register';

function door(answers: Answers, at = '/'): CannedHub {
  const hub = new CannedHub(answers);
  show(<SignIn />, hub, { me: null, at });
  return hub;
}

function fill(given: Readonly<Record<string, string>>): void {
  for (const [label, value] of Object.entries(given))
    fireEvent.change(screen.getByLabelText(label), { target: { value } });
}

function press(name: string): void {
  fireEvent.click(screen.getByRole('button', { name }));
}

const WELL = { Name: 'Bo', 'E-mail address': ' bo@voltdock.example ', Password: 'four words in a row' };

afterEach(cleanup);

describe('Register', () => {
  it('asks for an account in the language of the page, then sends to the mail', async () => {
    const hub = door({ [REGISTER]: () => undefined });
    press('No account yet? Open one');
    fill(WELL);
    press('Open an account');
    await screen.findByTestId('look-into-mail');
    expect(hub.deeds[0]?.body).toEqual({
      display_name: 'Bo',
      email: 'bo@voltdock.example',
      password: 'four words in a row',
      locale: 'en',
      organisation: null,
    });
    await waitFor(() => expect(document.activeElement?.textContent).toBe('Look into your mail'));
    expect(screen.getByTestId('look-into-mail').textContent).toContain('bo@voltdock.example');
    expect(screen.getByTestId('look-into-mail').textContent).toContain('If you had an account already');
  });

  it('opens by the address, for the operator that it names', async () => {
    const hub = door({ [REGISTER]: () => undefined }, '/?register&organisation=harbour');
    expect(screen.getByTestId('register').textContent).toContain('With the operator harbour.');
    fill(WELL);
    press('Open an account');
    await waitFor(() => expect(hub.deeds[0]?.body).toMatchObject({ organisation: 'harbour' }));
  });

  it('says at each field what lacks, before it asks', () => {
    const hub = door({}, '/?register');
    fill({ Password: 'four words in a row' });
    press('Open an account');
    expect(screen.getByText('Type your name.')).toBeTruthy();
    expect(screen.getByText('Type your e-mail address.')).toBeTruthy();
    expect(document.activeElement).toBe(screen.getByLabelText('Name'));
    expect(hub.deeds).toEqual([]);
  });

  it('tells a weak password at its field, which takes the focus; nothing typed is lost', async () => {
    const weak = { pointer: '/password', type: 'string_too_short', message: 'at least 10 characters' };
    door(
      {
        [REGISTER]: () => {
          throw refused('invalid', {}, [weak]);
        },
      },
      '/?register',
    );
    fill({ ...WELL, Password: 'short' });
    press('Open an account');
    await screen.findByText('At least 10 characters.');
    await waitFor(() => expect(document.activeElement).toBe(screen.getByLabelText('Password')));
    expect(screen.getByLabelText<HTMLInputElement>('Password').value).toBe('short');
    expect(screen.queryByTestId('sign-in-problem')).toBeNull();
  });

  it('says how long to wait when too many mails were asked for', async () => {
    door(
      {
        [REGISTER]: () => {
          throw refused('too_many_requests', { retry_after_s: 600 });
        },
      },
      '/?register',
    );
    fill(WELL);
    press('Open an account');
    const said = await screen.findByTestId('sign-in-problem');
    expect(said.textContent).toMatch(/^Too many requests\. Try again in (10|9)/);
    expect(screen.getByRole<HTMLButtonElement>('button', { name: 'Open an account' }).disabled).toBe(true);
  });

  it('says that an operator is not known', async () => {
    door(
      {
        [REGISTER]: () => {
          throw refused('organisation_unknown');
        },
      },
      '/?register&organisation=nowhere',
    );
    fill(WELL);
    press('Open an account');
    expect((await screen.findByTestId('sign-in-problem')).textContent).toBe('There is no such organisation.');
  });

  it('sends the mail again, and lets the address be changed', async () => {
    const hub = door(
      { [REGISTER]: () => undefined, 'POST /api/v1/auth/register/resend': () => undefined },
      '/?register',
    );
    fill(WELL);
    press('Open an account');
    await screen.findByTestId('look-into-mail');
    press('Send it again');
    await screen.findByText('Sent once more.');
    expect(hub.deeds[1]?.body).toEqual({ email: 'bo@voltdock.example' });
    press('Use another address');
    expect(screen.getByLabelText<HTMLInputElement>('Name').value).toBe('Bo');
  });
});
