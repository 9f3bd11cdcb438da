/** Start of the staff pages in the browser: the one place that touches globals. */
import '@voltdock/theme/fonts.css';
import './styles/index.css';
import { createRoot } from 'react-dom/client';
import { readPrefs, wear } from '../app/prefs';
import { httpStaffApi } from './api';
import { App } from './App';

const prefs = readPrefs(window.location.search, window.matchMedia('(prefers-color-scheme: dark)').matches);
wear(document.documentElement, prefs);
const root = document.getElementById('root');
if (root === null) throw new Error('the page has no #root');
createRoot(root).render(<App api={httpStaffApi()} first={prefs} kept={window.sessionStorage} />);
