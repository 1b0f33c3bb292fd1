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
