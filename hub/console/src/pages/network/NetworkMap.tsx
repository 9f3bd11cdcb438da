/**
 * The stations on a quiet ground, drawn by MapLibre without any foreign tile: a graticule, a scale, and the stations
 * themselves as buttons with colour, shape and word. Where they would cover each other, one button counts them.
 */
import 'maplibre-gl/dist/maplibre-gl.css';
import * as maplibre from 'maplibre-gl';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url';
import { tokensFor, type Mode } from '@voltdock/theme';
import { useEffect, useRef, useState } from 'react';
import { createPortal } from 'react-dom';
import { Link } from 'react-router';
import { useAround } from '../../app/context';
import type { StationState } from '../../api/shapes';
import {
  boundsOf,
  clustersOf,
  graticule,
  stepFor,
  worst,
  type At,
  type Cluster,
  type Spot,
} from '../../lib/places';
import { standingOf, type Standing } from '../../lib/station';
import { Icon, type IconName } from '../../ui/Icon';

maplibre.setWorkerUrl(workerUrl);

type Grid = Exclude<Parameters<maplibre.GeoJSONSource['setData']>[0], string>;

const APART_PX = 44;
const SHAPES: Readonly<Record<Standing, IconName>> = {
  online: 'check',
  fault: 'alert',
  attention: 'clock',
  offline: 'offline',
  new: 'info',
  revoked: 'lock',
};

interface MapProps {
  readonly stations: readonly StationState[];
}

export function NetworkMap({ stations }: MapProps) {
  const { t, mode } = useAround();
  const place = useRef<HTMLDivElement>(null);
  const map = useMap(place, stations, mode);
  const zoom = useZoom(map);
  const spots: Spot<StationState>[] = stations.map((one) => ({
    at: [one.longitude ?? 0, one.latitude ?? 0],
    thing: one,
  }));
  const clusters = map === null ? [] : clustersOf(spots, zoom, APART_PX);
  return (
    <div className="map">
      <div ref={place} className="map-ground" role="region" aria-label={t('network_where')} />
      {map !== null && clusters.map((one) => <Mark key={one.spots[0].thing.id} map={map} cluster={one} />)}
    </div>
  );
}

function useMap(
  place: React.RefObject<HTMLDivElement | null>,
  stations: readonly StationState[],
  mode: Mode,
) {
  const [map, setMap] = useState<maplibre.Map | null>(null);
  const bounds = useRef(boundsOf(stations.map((one) => [one.longitude ?? 0, one.latitude ?? 0])));
  useEffect(() => {
    if (place.current === null) return undefined;
    const made = new maplibre.Map({
      container: place.current,
      style: styleOf(mode),
      bounds: bounds.current,
      fitBoundsOptions: { padding: { top: 70, bottom: 40, left: 110, right: 110 }, maxZoom: 14 },
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      fadeDuration: 0,
      maxZoom: 18,
    });
    made.touchZoomRotate.disableRotation();
    const grid = () => {
      const seen = made.getBounds();
      const corners = [seen.getSouthWest(), seen.getNorthEast()].map((one): At => [one.lng, one.lat]);
      const source = made.getSource<maplibre.GeoJSONSource>('grid');
      void source?.setData(graticule(corners as [At, At], stepFor(made.getZoom())) as Grid);
    };
    made.on('load', grid);
    made.on('moveend', grid);
    made.addControl(new maplibre.NavigationControl({ showCompass: false }), 'top-right');
    made.addControl(new maplibre.ScaleControl({ maxWidth: 120 }), 'bottom-left');
    setMap(made);
    return () => {
      setMap(null);
      made.remove();
    };
  }, [place, mode]);
  return map;
}

function useZoom(map: maplibre.Map | null): number {
  const [zoom, setZoom] = useState(map?.getZoom() ?? 10);
  useEffect(() => {
    if (map === null) return undefined;
    const heard = () => setZoom(Math.round(map.getZoom() * 4) / 4);
    heard();
    map.on('zoomend', heard);
    return () => void map.off('zoomend', heard);
  }, [map]);
  return zoom;
}

interface MarkProps {
  readonly map: maplibre.Map;
  readonly cluster: Cluster<StationState>;
}

function Mark({ map, cluster }: MarkProps) {
  const [element] = useState(() => document.createElement('div'));
  const [lon, lat] = cluster.at;
  useEffect(() => {
    const marker = new maplibre.Marker({ element, anchor: 'bottom' }).setLngLat([lon, lat]).addTo(map);
    element.removeAttribute('aria-label');
    element.removeAttribute('role');
    element.removeAttribute('tabindex');
    return () => void marker.remove();
  }, [map, element, lon, lat]);
  const states = cluster.spots.map((one) => standingOf(one.thing));
  const state = worst(states);
  return createPortal(
    cluster.spots.length === 1 ? (
      <One station={cluster.spots[0].thing} state={state} />
    ) : (
      <Several map={map} cluster={cluster} state={state} />
    ),
    element,
  );
}

function One({ station, state }: { station: StationState; state: Standing }) {
  const { t } = useAround();
  const short = { offline: t('station_offline_short'), new: t('station_new_short') };
  const word = state === 'offline' || state === 'new' ? short[state] : t(`station_${state}`);
  return (
    <Link className={`mark ${state}`} to={`/stations/${station.id}`}>
      <Icon name={SHAPES[state]} size={14} />
      <span className="mark-name">{station.name}</span>
      <span className={state === 'online' ? 'sr-only' : 'mark-word'}>{word}</span>
    </Link>
  );
}

function Several({
  map,
  cluster,
  state,
}: {
  map: maplibre.Map;
  cluster: Cluster<StationState>;
  state: Standing;
}) {
  const { t } = useAround();
  return (
    <button
      type="button"
      className={`mark several ${state}`}
      onClick={() =>
        map.fitBounds(boundsOf(cluster.spots.map((one) => one.at)), {
          padding: 96,
          maxZoom: 16,
          duration: 200,
        })
      }
    >
      <Icon name={SHAPES[state]} size={14} />
      <span>{t('stations_count', { count: cluster.spots.length })}</span>
    </button>
  );
}

function styleOf(mode: Mode): maplibre.StyleSpecification {
  const tokens = tokensFor(mode);
  return {
    version: 8,
    sources: {
      grid: { type: 'geojson', data: { type: 'FeatureCollection', features: [] } },
    },
    layers: [
      { id: 'ground', type: 'background', paint: { 'background-color': tokens.paper } },
      { id: 'grid', type: 'line', source: 'grid', paint: { 'line-color': tokens.line, 'line-width': 1 } },
    ],
  };
}
