/** The same colour, more transparent. Colours that aren't `rgb()` come back as they are. */
export function fade(color: string, alpha: number): string {
  const parts = /^rgba?\(([\d.]+)[, ]+([\d.]+)[, ]+([\d.]+)(?:[,/ ]+([\d.]+))?\)$/.exec(color);
  if (parts === null) return color;
  const [, red = '0', green = '0', blue = '0', own = '1'] = parts;
  return `rgba(${red}, ${green}, ${blue}, ${Number((Number(own) * alpha).toFixed(3))})`;
}

/** Without transparency: some themes give `charts-orange` as a see-through highlight. */
export function opaque(color: string): string {
  return color.replace(/^rgba\(([^,]+,[^,]+,[^,]+),[^)]+\)$/, 'rgb($1)');
}
