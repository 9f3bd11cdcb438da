import { cleanup, screen, waitFor } from '@testing-library/react';
import { useLocation } from 'react-router';
import { afterEach, describe, expect, it } from 'vitest';
import { CannedHub, refused, show, TOKENS, type Answers } from '../../testing/hub';
import { cameBack, wayBack } from './back';
import { SignIn } from './SignIn';

const PROVIDERS = () => ({
  items: [{ name: 'city', title: 'City account', start: '/api/v1/auth/oidc/city/start' }],
});

function Address() {
  const { pathname, search } = useLocation();
  return <output data-testid="address">{pathname + search}</output>;
}

function door(answers: Answers, at: string, lang: 'en' | 'de' = 'en'): CannedHub {
  const hub = new CannedHub({ 'GET /api/v1/auth/oidc': PROVIDERS, ...answers });
  const page = (
    <>
      <SignIn />
      <Address />
    </>
  );
  show(page, hub, { me: null, at, lang });
  return hub;
}

afterEach(cleanup);

describe('log-in elsewhere', () => {
  it('leads to the provider and back to the very page that was asked for', async () => {
    door({}, '/alarms?state=open&station_id=7');
    const link = await screen.findByRole('link', { name: 'Sign in with City account' });
    const asked = new URL(link.getAttribute('href') ?? '', 'http://hub.example');
    expect(asked.pathname).toBe('/api/v1/auth/oidc/city/start');
    expect(asked.searchParams.get('return_to')).toBe('/alarms?state=open&station_id=7&back=elsewhere');
  });

  it('asks for the session once somebody is back, and the address forgets the way', async () => {
    const hub = door({ 'POST /api/v1/auth/oidc/session': () => TOKENS }, '/alarms?state=open&back=elsewhere');
    await waitFor(() => expect(hub.deeds.map((one) => one.path)).toEqual(['/api/v1/auth/oidc/session']));
    expect(screen.getByTestId('address').textContent).toBe('/alarms?state=open');
  });

  it.each([
    ['oidc_denied', 'The other side did not let you in.'],
    ['oidc_email_unverified', /not confirmed/],
    ['oidc_unreachable', /does not answer/],
    ['oidc_account_elsewhere', /belongs to another organisation/],
    ['oidc_state_invalid', /too old/],
  ])('says at the door why somebody was refused: %s', async (code, words) => {
    const no = () => {
      throw refused(code);
    };
    door({ 'POST /api/v1/auth/oidc/session': no }, '/?back=elsewhere');
    const said = await screen.findByTestId('sign-in-problem');
    expect(said.textContent).toMatch(words);
    expect(screen.getByLabelText('Password')).toBeTruthy();
  });

  it('asks for the second factor where that is on', async () => {
    const more = () => {
      throw refused('second_factor_required', { challenge: 'c-2' });
    };
    door({ 'POST /api/v1/auth/oidc/session': more }, '/?back=elsewhere');
    await screen.findByText('One more step');
    expect(screen.queryByTestId('sign-in-problem')).toBeNull();
  });
});

describe('the way back', () => {
  it('fits into what the hub takes', () => {
    expect(wayBack('/rentals', `?filter=${'x'.repeat(600)}`)).toBe('/?back=elsewhere');
    expect(cameBack('?filter=back')).toBeNull();
    expect(cameBack('?back=elsewhere')).toBe('');
  });
});
