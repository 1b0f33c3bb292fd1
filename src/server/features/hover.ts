import { MarkupKind, type Hover, type HoverParams } from 'vscode-languageserver';
import type { Feature } from '../core';
import { workspaceFileHover } from '../workspace-file-language';

export const hover: Feature = {
  capabilities: () => ({ hoverProvider: true }),
  register(core) {
    core.connection.onHover(
      core.feature<HoverParams, Hover | null>(
        'hover',
        null,
        ({ analyzed, service, settings }, { position }) => {
          const found = settings.hover === 'off' ? null : service.hoverAt(analyzed, position, settings.hover);
          if (!found) return null;
          const { markdown } = core.client;
          return {
            range: found.range,
            contents: {
              kind: markdown ? MarkupKind.Markdown : MarkupKind.PlainText,
              value: markdown ? found.markdown : service.plainText(found.markdown),
            },
          };
        },
        workspaceFileHover(core),
      ),
    );
  },
};
