import assert from 'node:assert/strict';
import MarkdownIt from 'markdown-it';
import { CANARY } from './hostile';

const markdown = new MarkdownIt({ html: true, linkify: false });

/** Nothing that a config says becomes markup: no HTML, and no link or image that leads where its strings lead. */
export function assertNoMarkup(text: string): void {
  for (const token of markdown.parse(text, {}).flatMap((t) => [t, ...(t.children ?? [])])) {
    assert.ok(!token.type.startsWith('html'), `HTML in a hover: ${token.content}`);
    const target = String(token.attrGet('href') ?? token.attrGet('src') ?? '');
    assert.ok(!target.includes(CANARY), `a link from a config's string in a hover: ${target}`);
  }
}
