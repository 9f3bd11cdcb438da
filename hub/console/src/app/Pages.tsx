/** Which address shows what. Each page is fetched when it is wanted; the home page comes first, the rest when it is quiet. */
import { lazy, Suspense, useEffect, type ComponentType } from 'react';
import { Navigate, Route, Routes, useLocation } from 'react-router';
import { Empty, Loading } from '../ui/States';
import { Caught } from '../ui/Caught';
import { useAround, useMe } from './context';
import { sectionsFor } from './sections';

function page<K extends string>(load: () => Promise<Record<K, ComponentType>>, name: K) {
  return lazy(() => load().then((module) => ({ default: module[name] })));
}

const Network = page(() => import('../pages/network/Network'), 'Network');
const Stations = page(() => import('../pages/stations/Stations'), 'Stations');
const Station = page(() => import('../pages/station/Station'), 'Station');

export function Pages() {
  const me = useMe();
  const { pathname } = useLocation();
  const home = sectionsFor(new Set(me.permissions))[0];
  return (
    <Caught key={pathname}>
      <Suspense fallback={<Loading rows={6} />}>
        <Routes>
          <Route
            path="/"
            element={home === undefined ? <Nothing /> : <Navigate to={`/${home.path}`} replace />}
          />
          <Route path="/network" element={<Network />} />
          <Route path="/stations" element={<Stations />} />
          <Route path="/stations/:stationId" element={<Station />} />
          <Route path="*" element={<NoPage />} />
        </Routes>
      </Suspense>
    </Caught>
  );
}

function Nothing() {
  const { t } = useAround();
  return (
    <Empty icon="lock" title={t('nothing_permitted')}>
      <p>{t('nothing_permitted_do')}</p>
    </Empty>
  );
}

function NoPage() {
  const { t } = useAround();
  useEffect(() => {
    document.title = `${t('no_page')} · Voltdock`;
  }, [t]);
  return (
    <Empty icon="search" title={t('no_page')}>
      <p>{t('no_page_do')}</p>
    </Empty>
  );
}
