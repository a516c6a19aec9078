/** The months as a small line; what the figures beside it say, so it is hidden from readers. */
export function Sparkline({ values, width = 96, height = 26 }: { values: (string | null)[]; width?: number; height?: number }) {
  const numbers = values.map((text) => (text === null ? null : Number(text)));
  const known = numbers.filter((n): n is number => n !== null);
  if (known.length < 2) return null;
  const low = Math.min(...known);
  const span = Math.max(...known) - low || 1;
  const points = numbers.flatMap((n, i) => (n === null ? [] : [[2 + (i * (width - 4)) / Math.max(1, numbers.length - 1), height - 3 - ((n - low) / span) * (height - 6)] as const]));
  const last = points[points.length - 1]!;
  return (
    <svg className="spark" width={width} height={height} aria-hidden="true">
      <polyline points={points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ")} fill="none" stroke="#2f6f5e" strokeWidth="1.5" />
      <circle cx={last[0]} cy={last[1]} r="2" fill="#e0813b" />
    </svg>
  );
}
