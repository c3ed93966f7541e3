// Bytes as people read them.
const UNITS = [
  [1e9, "GB"],
  [1e6, "MB"],
  [1e3, "kB"],
] as const;

/** A number of bytes to read: three digits at least, decimal units. */
export function formatBytes(bytes: number): string {
  for (const [size, unit] of UNITS) {
    if (bytes < size) continue;
    const value = bytes / size;
    return `${value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} ${unit}`;
  }
  return `${bytes} bytes`;
}
