/** Text from schemas and configs is text: nothing in it is markup. */
export const escapeMarkdown = (text: string): string =>
  text
    .split(/(`[^`]*`)/)
    .map((part) => (/^`[^`]*`$/.test(part) ? part : part.replace(/[\\`*_{}[\]<>#|~&]/g, '\\$&')))
    .join('');

/** The same for a client that shows no Markdown. */
export const plainText = (markdown: string): string =>
  markdown
    .replace(/^\|[:| -]*\|\n/gm, '')
    .replace(/^\| ?(.*) \|$/gm, (_, row: string) => row.replaceAll(' | ', '  '))
    .replace(/(^|[^\\])\*\*/g, '$1')
    .replace(/^_(.*)_$/gm, '$1')
    .replace(/`/g, '')
    .replace(/\\([\\*_{}[\]<>#|~&])/g, '$1');

/** A table whose first column is words and the others numbers; padded, for whoever sees the source. */
export function markdownTable(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = heads.map((head, i) => Math.max(3, head.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    `| ${widths.map((width, i) => (i === 0 ? (cells[i] ?? '').padEnd(width) : (cells[i] ?? '').padStart(width))).join(' | ')} |`;
  const rule = `|${widths.map((width, i) => (i === 0 ? `:${'-'.repeat(width + 1)}` : `${'-'.repeat(width + 1)}:`)).join('|')}|`;
  return [line(heads), rule, ...rows.map(line)].join('\n');
}
