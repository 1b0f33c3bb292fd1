/** Writing SVG's markup: every string is escaped here. */

/** Those without a value are left out. */
export type Attributes = Readonly<Record<string, string | number | null | undefined>>;

/** Hundredths of a pixel are enough. */
export const round = (value: number): string => String(Number(value.toFixed(2)));

/** XML knows no control characters but tab and line ends, whatever the escape. */
const UNKNOWN_TO_XML = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;

export const escapeXml = (text: string): string =>
  text
    .replace(UNKNOWN_TO_XML, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');

/** An element; its content is markup. */
export function tag(name: string, attributes: Attributes, content = ''): string {
  const written = Object.entries(attributes).flatMap(([key, value]) =>
    value === null || value === undefined
      ? []
      : [` ${key}="${typeof value === 'number' ? round(value) : escapeXml(value)}"`],
  );
  return `<${name}${written.join('')}${content === '' ? '/>' : `>${content}</${name}>`}`;
}

/** `italic bold 11px "Segoe UI", sans-serif` as attributes. */
export function fontAttributes(font: string): Attributes {
  const parts = /^(?:(.*)\s)?([\d.]+)px(?:\/\S+)?\s+(.+)$/.exec(font.trim());
  if (parts === null) return {};
  const [, before = '', size = '', family] = parts;
  const words = before.split(/\s+/);
  return {
    'font-family': family,
    'font-size': Number(size),
    'font-weight': words.find((word) => /^(bold|bolder|lighter|\d+)$/.test(word)),
    'font-style': words.find((word) => word === 'italic' || word === 'oblique'),
  };
}
