interface Color {
  red: number;
  green: number;
  blue: number;
}

const pair = (part: number) => Math.round(Math.min(1, Math.max(0, part)) * 255).toString(16).padStart(2, "0");

/** `google.type.Color` as `#rrggbb`; empty when there is none. */
export const toHex = (color: Color | undefined) => (color ? `#${pair(color.red)}${pair(color.green)}${pair(color.blue)}` : "");

export function fromHex(hex: string): Color {
  const part = (at: number) => parseInt(hex.slice(at, at + 2), 16) / 255;
  return { red: part(1), green: part(3), blue: part(5) };
}
