/** A table's cells as text for other programs. */

export type GridValue = string | number | null;

export interface Grid {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly GridValue[])[];
}

const oneLine = (value: GridValue): string => String(value ?? '').replace(/\s+/g, ' ');

/** Tab-separated, for the clipboard: what a spreadsheet wants. */
export const tsvOf = ({ columns, rows }: Grid): string =>
  [columns, ...rows].map((row) => row.map(oneLine).join('\t')).join('\n');

/** RFC 4180, lines end in CRLF. Text that a spreadsheet would take for a formula is marked as text. */
export const csvOf = ({ columns, rows }: Grid): string =>
  [columns, ...rows].map((row) => `${row.map(csvCell).join(',')}\r\n`).join('');

function csvCell(value: GridValue): string {
  if (typeof value === 'number') return String(value);
  const text = oneLine(value);
  const safe = /^[=+\-@\t]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** A pipe table of GitHub's Markdown; nothing in a cell is markup. */
export function markdownOf({ columns, rows }: Grid, numeric: readonly boolean[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [
    line(columns.map(escapeCell)),
    line(numeric.map((isNumeric) => (isNumeric ? '--:' : ':--'))),
    ...rows.map((row) => line(row.map(escapeCell))),
    '',
  ].join('\n');
}

const escapeCell = (value: GridValue): string => oneLine(value).replace(/[\\`*_{}[\]<>#|~&]/g, '\\$&');
