/** A QR code as one SVG path. Fetched only when one is shown. */
import { encode } from 'uqr';

interface QrProps {
  readonly text: string;
  readonly label: string;
}

export function QrPicture({ text, label }: QrProps) {
  const { data, size } = encode(text, { ecc: 'M', border: 2 });
  const path = data
    .flatMap((row, y) => row.map((isDark, x) => (isDark ? `M${String(x)} ${String(y)}h1v1h-1z` : '')))
    .join('');
  return (
    <svg
      className="qr"
      viewBox={`0 0 ${String(size)} ${String(size)}`}
      role="img"
      aria-label={label}
      shapeRendering="crispEdges"
    >
      <rect width={size} height={size} fill="#fff" />
      <path d={path} fill="#10201b" />
    </svg>
  );
}
