import { cleanup, fireEvent, screen } from '@testing-library/react';
import { afterEach, describe, expect, it } from 'vitest';
import { aMe, CannedHub, page, show } from '../testing/hub';
import { TopBar } from './TopBar';

const hub = () => new CannedHub({ 'GET /api/v1/organisations': page() });

afterEach(cleanup);

function opened(permissions: readonly string[], lang: 'en' | 'de' | 'vi' = 'en') {
  show(<TopBar />, hub(), { me: aMe({ permissions: [...permissions] }), lang });
  fireEvent.click(screen.getByRole('button', { name: /Ada Linh/ }));
}

describe('the menu of who is signed in', () => {
  it.each([
    ['en', 'My rentals'],
    ['de', 'Meine Fahrten'],
    ['vi', 'Chuyến thuê của tôi'],
  ] as const)('leads whoever works here and rents to his own rides (%s)', (lang, words) => {
    opened(['telemetry:read', 'rentals:read_own'], lang);
    expect(screen.getByRole('menuitem', { name: words }).getAttribute('href')).toBe('/mine');
  });

  it('has no such way for whoever may not rent', () => {
    opened(['telemetry:read']);
    expect(screen.queryByTestId('my-rentals')).toBeNull();
  });

  it('has no such way for who only rents: it is the page that he begins with', () => {
    opened(['rentals:read_own']);
    expect(screen.queryByTestId('my-rentals')).toBeNull();
  });
});
