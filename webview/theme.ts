/** The editor's colours for canvases, which can't use CSS variables themselves. */
import { fade, opaque } from './color';

export type ThemeKind = 'light' | 'dark' | 'hc-dark' | 'hc-light';

export interface Theme {
  readonly kind: ThemeKind;
  readonly highContrast: boolean;
  readonly font: string;
  readonly background: string;
  readonly foreground: string;
  readonly muted: string;
  readonly grid: string;
  readonly axis: string;
  readonly active: string;
  readonly document: string;
  readonly catalog: string;
  /** Of models side by side, none of them like `active`. */
  readonly series: readonly string[];
  readonly frontier: string;
  readonly attention: string;
  readonly ffn: string;
  readonly other: string;
  readonly highlight: string;
  readonly tooltip: { readonly background: string; readonly foreground: string; readonly border: string };
}

const KINDS: readonly (readonly [string, ThemeKind])[] = [
  ['vscode-high-contrast-light', 'hc-light'],
  ['vscode-high-contrast', 'hc-dark'],
  ['vscode-light', 'light'],
];

function kindOf(body: HTMLElement): ThemeKind {
  return KINDS.find(([name]) => body.classList.contains(name))?.[1] ?? 'dark';
}

/** Reads the variables through a probe element, so that `var()`, `color-mix()` and names become `rgb()`. */
export function readTheme(): Theme {
  const { body } = document;
  const probe = document.createElement('span');
  probe.hidden = true;
  body.append(probe);
  const color = (...names: readonly string[]): string => {
    const fallback = names.at(-1) ?? 'currentColor';
    probe.style.color = names
      .slice(0, -1)
      .reduceRight((rest, name) => `var(--vscode-${name}, ${rest})`, fallback);
    return getComputedStyle(probe).color;
  };
  const kind = kindOf(body);
  const highContrast = kind.startsWith('hc');
  const light = kind.endsWith('light');
  const foreground = color('editor-foreground', 'foreground', light ? '#333333' : '#cccccc');
  const background = color('editor-background', light ? '#ffffff' : '#1f1f1f');
  const theme: Theme = {
    kind,
    highContrast,
    font: getComputedStyle(body).fontFamily,
    background,
    foreground,
    muted: highContrast ? foreground : color('descriptionForeground', 'foreground', foreground),
    grid: fade(foreground, highContrast ? 0.25 : 0.1),
    axis: fade(foreground, highContrast ? 1 : 0.4),
    // High-contrast themes remap "orange" (navy in the light one): these stay far from blue in all four.
    active: opaque(color(...(highContrast ? ['charts-red', '#f48771'] : ['charts-orange', '#d18616']))),
    document: opaque(color('charts-green', light ? '#388a34' : '#89d185')),
    catalog: opaque(color('charts-blue', light ? '#1a85ff' : '#3794ff')),
    series: [
      opaque(color('charts-blue', light ? '#1a85ff' : '#3794ff')),
      opaque(color('charts-green', light ? '#388a34' : '#89d185')),
      opaque(color('charts-purple', light ? '#652d90' : '#b180d7')),
      // Yellow is too near to the orange of the open config, red to its red in high contrast.
      opaque(color(...(highContrast ? ['charts-yellow', '#cca700'] : ['charts-red', '#f14c4c']))),
      fade(foreground, highContrast ? 1 : 0.65),
    ],
    frontier: fade(foreground, highContrast ? 1 : 0.55),
    attention: opaque(color('charts-blue', light ? '#1a85ff' : '#3794ff')),
    ffn: opaque(color('charts-yellow', light ? '#bf8803' : '#cca700')),
    other: opaque(color('charts-purple', light ? '#652d90' : '#b180d7')),
    highlight: fade(foreground, highContrast ? 0.14 : 0.07),
    tooltip: {
      background: color('editorHoverWidget-background', background),
      foreground: color('editorHoverWidget-foreground', foreground),
      border: color('editorHoverWidget-border', foreground),
    },
  };
  probe.remove();
  return theme;
}

/** VS Code changes theme by the body's class and the root's style: at most one call a frame. */
export function onThemeChange(listener: () => void): void {
  let asked = false;
  const observer = new MutationObserver(() => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      listener();
    });
  });
  const options = { attributes: true, attributeFilter: ['class', 'style', 'data-vscode-theme-id'] };
  observer.observe(document.documentElement, options);
  observer.observe(document.body, options);
}
