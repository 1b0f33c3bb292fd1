/** Which layer is made of what: one cell a layer, attention above, FFN below. */
import type { LayerKind, OverviewData } from '../../../src/protocol';
import { el } from '../../dom';
import { formatBytes, formatContext, formatSi, plural } from '../../format';
import { cssFill, PATTERNS } from '../../patterns';
import { DataTable, type Row } from '../../table';
import type { Theme } from '../../theme';
import { looksOf, rangesText, type Look } from './ranges';

export interface Layers {
  readonly element: HTMLElement;
  update(data: OverviewData, theme: Theme): void;
}

/** Cells stand in tens, each with the number of its first layer. */
const TEN = 10;

export function layers(): Layers {
  const heading = el('h2', { id: 'title-layers' }, 'Layers');
  const lead = el('p', { class: 'lead' });
  const strip = el('div', { class: 'strip', role: 'img' });
  const legend = el('ul', { class: 'strip-legend' });
  const table = new DataTable(
    'table-layers',
    [
      { title: 'Layers' },
      { title: 'Count', numeric: true },
      { title: 'KV', numeric: true },
      { title: 'FLOPs', numeric: true },
    ],
    { first: 'Kind of layer' },
  );
  const scroll = el('div', {
    class: 'table-scroll',
    role: 'region',
    'aria-label': 'Layers, table',
    tabindex: '0',
  });
  scroll.append(table.element);
  let drawn = '';

  return {
    element: el(
      'section',
      { class: 'figure', id: 'layers', 'aria-labelledby': heading.id },
      heading,
      lead,
      strip,
      legend,
      scroll,
    ),
    update(data, theme) {
      const now = JSON.stringify([data.layers, data.context, theme]);
      if (now === drawn) return;
      drawn = now;
      const kinds = data.layers;
      const looks = looksOf(kinds);
      const count = kinds.reduce((sum, { indices }) => sum + indices.length, 0);
      const where = `at ${formatContext(data.context)} context`;
      lead.textContent =
        `${plural(count, 'layer')} of ${plural(kinds.length, 'kind')}: attention above, FFN below. ` +
        `KV and FLOPs are a layer’s for one token ${where}, KV before any window drops old entries.`;
      strip.ariaLabel = `${plural(count, 'layer')}: ${kinds.map((kind) => `${rangesText(kind.indices)}: ${kind.label}`).join('; ')}.`;
      strip.replaceChildren(...stripCells(kinds, looks, theme));
      legend.replaceChildren(
        ...kinds.map((kind, i) =>
          el('li', {}, cellOf(looks[i], theme), ` ${kind.label} × ${kind.indices.length}`),
        ),
      );
      table.update(`Kinds of layers; ${where}.`, kinds.map(rowOf));
    },
  };
}

function rowOf(kind: LayerKind, at: number): Row {
  return {
    key: String(at),
    name: kind.label,
    cells: [
      { text: rangesText(kind.indices), value: rangesText(kind.indices) },
      { text: String(kind.indices.length), value: kind.indices.length },
      { text: formatBytes(kind.kvBytesPerToken), value: kind.kvBytesPerToken },
      { text: formatSi(kind.flops, 'FLOP'), value: kind.flops },
    ],
  };
}

function stripCells(kinds: readonly LayerKind[], looks: readonly Look[], theme: Theme): HTMLElement[] {
  const cells = kinds
    .flatMap((kind, i) => kind.indices.map((index) => ({ index, kind, look: looks[i] })))
    .sort((a, b) => a.index - b.index);
  const tens: HTMLElement[] = [];
  for (let from = 0; from < cells.length; from += TEN) {
    const ten = cells.slice(from, from + TEN);
    tens.push(
      el(
        'div',
        { class: 'ten' },
        el('span', { class: 'ten-first' }, String(ten[0]?.index ?? '')),
        ...ten.map(({ index, kind, look }) => {
          const cell = cellOf(look, theme);
          cell.title = `Layer ${index}: ${kind.label}\nKV a token: ${formatBytes(kind.kvBytesPerToken)}\nFLOPs a token: ${formatSi(kind.flops, 'FLOP')}`;
          return cell;
        }),
      ),
    );
  }
  return tens;
}

/** Attention is drawn above, FFN below; what a layer does not have stays empty. */
function cellOf(look: Look | undefined, theme: Theme): HTMLElement {
  const cell = el('span', { class: 'layer' });
  const attentions = [theme.attention, theme.document, theme.other, theme.active];
  cell.style.backgroundImage = [
    fillOf(look?.attention ?? null, attentions, theme),
    fillOf(look?.ffn ?? null, [theme.ffn], theme),
  ].join(', ');
  return cell;
}

/** Colours and patterns change together, so that neighbours differ in both; after a round of colours the pairs shift. */
function fillOf(look: number | null, colors: readonly string[], theme: Theme): string {
  if (look === null) return 'linear-gradient(transparent, transparent)';
  const round = colors.length === 1 ? 0 : Math.floor(look / colors.length);
  const color = colors[look % colors.length] ?? theme.foreground;
  return cssFill(PATTERNS[(look + round) % PATTERNS.length] ?? 'solid', color, theme.background);
}
