/** Start of the console in the browser: the one place that touches globals. */
import '@voltdock/theme/fonts.css';
import './ui/styles/index.css';
import { createRoot } from 'react-dom/client';
import { BrowserRouter } from 'react-router';
import { newQueryClient } from './api/queries';
import { browserSession } from './api/session';
import { App } from './app/App';
import { askFirst } from './app/begin';
import { lexicon } from './i18n/lexicon';
import { modeOf, readPrefs, wear } from './app/prefs';

const prefs = readPrefs(window.location.search, window.localStorage, navigator.languages);
const isDark = window.matchMedia('(prefers-color-scheme: dark)').matches;
wear(document.documentElement, prefs.lang, modeOf(prefs, isDark));

const session = browserSession();
const client = newQueryClient();
const spoken = lexicon.speak(prefs.lang).catch(() => undefined); // English is here in any case
// Whoever is signed in will need these: they are on their way while React starts.
if (session.isSignedIn) {
  void import('./app/Shell');
  void askFirst(session, client);
  if (/^\/(network)?$/.test(window.location.pathname)) void import('./pages/network/Network');
} else {
  void import('./pages/door/SignIn');
  lexicon.need('door', 'form').catch(() => undefined);
}
const root = document.getElementById('root');
if (root === null) throw new Error('the page has no #root');
const shown = createRoot(root);
void spoken.then(() =>
  shown.render(
    <BrowserRouter>
      <App session={session} client={client} first={prefs} />
    </BrowserRouter>,
  ),
);
