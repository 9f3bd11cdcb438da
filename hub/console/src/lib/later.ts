/** For what may wait until the first page can be read and pressed: a count beside a name, the name of a house. */
import { useEffect, useState } from 'react';

const LATER_MS = 1_200;

/** False at first, true a little later. */
export function useLater(): boolean {
  const [isLater, setLater] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLater(true), LATER_MS);
    return () => clearTimeout(timer);
  }, []);
  return isLater;
}
