export type TableStyle = 'text' | 'markdown';

/** A plain table: the first `leftColumns` are words and stand left, numbers stand right. */
export function table(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
  style: TableStyle,
  leftColumns = 1,
): string {
  const isLeft = (column: number) =>
    column < leftColumns ||
    rows.every((row) => !/\d/.test(row[column] ?? '')) ||
    (rows[0]?.[column]?.length ?? 0) > 24;
  const lines = [heads, ...rows];
  const widths = heads.map((_, column) => Math.max(3, ...lines.map((line) => (line[column] ?? '').length)));
  const line = (cells: readonly string[]) =>
    widths.map((width, column) =>
      isLeft(column) ? (cells[column] ?? '').padEnd(width) : (cells[column] ?? '').padStart(width),
    );
  if (style === 'markdown') {
    const rule = widths.map((width, column) =>
      isLeft(column) ? `:${'-'.repeat(width - 1)}` : `${'-'.repeat(width - 1)}:`,
    );
    return [line(heads), rule, ...rows.map(line)].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
  }
  const rule = widths.map((width) => '-'.repeat(width));
  return [line(heads), rule, ...rows.map(line)].map((cells) => cells.join('  ').trimEnd()).join('\n');
}
