/** What the rules say of the config; a click shows the place. */
import type { Finding, ModelAnalysis, Severity } from '../../../src/protocol';
import { el, reconcile, setText } from '../../dom';
import { findingsText } from '../view';

const SEVERITIES: Readonly<Record<Severity, { readonly mark: string; readonly text: string }>> = {
  error: { mark: '✖', text: 'Error' },
  warning: { mark: '▲', text: 'Warning' },
  information: { mark: '●', text: 'Note' },
};
const ORDER = Object.keys(SEVERITIES);

export interface Findings {
  readonly element: HTMLElement;
  update(analysis: ModelAnalysis): void;
}

export function findings(reveal: (finding: Finding) => void): Findings {
  const heading = el('h2', { id: 'title-findings' }, 'Findings');
  const count = el('p', { class: 'lead' });
  const list = el('ul', { class: 'findings' });
  let shown = new Map<string, Finding>();

  const create = (key: string): HTMLElement => {
    const item = el(
      'button',
      { type: 'button', class: 'finding' },
      el('span', { class: 'mark', 'aria-hidden': 'true' }),
      el('span', { class: 'severity' }),
      el('span', { class: 'message' }),
      el('code'),
    );
    item.addEventListener('click', () => {
      const finding = shown.get(key);
      if (finding) reveal(finding);
    });
    return el('li', {}, item);
  };

  return {
    element: el('section', { class: 'figure', 'aria-labelledby': heading.id }, heading, count, list),
    update(analysis) {
      const sorted = [...analysis.findings].sort(
        (a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity),
      );
      // A rule may speak of several places: each is told by its path, and by its turn.
      const turns = new Map<string, number>();
      const keyed = sorted.map((finding) => {
        const place = `${finding.code}\n${finding.path.join('\n')}`;
        const turn = turns.get(place) ?? 0;
        turns.set(place, turn + 1);
        return [`${place}\n${turn}`, finding] as const;
      });
      shown = new Map(keyed);
      setText(
        count,
        keyed.length === 0
          ? 'The rules found nothing to say.'
          : `${findingsText(analysis)}. A click shows the place.`,
      );
      reconcile(
        list,
        keyed,
        ([key]) => key,
        ([key]) => create(key),
        (item, [, finding]) => {
          const { mark, text } = SEVERITIES[finding.severity];
          item.dataset.severity = finding.severity;
          const parts = Array.from(item.firstElementChild?.children ?? []);
          [mark, `${text}: `, finding.message, finding.code].forEach((part, i) => {
            if (parts[i]) setText(parts[i], part);
          });
        },
      );
    },
  };
}
