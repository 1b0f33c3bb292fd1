import type { Feature } from '../core';

/** Links to the sources that a config names. */
export const links: Feature = {
  capabilities: () => ({ documentLinkProvider: {} }),
  register(core) {
    core.connection.onDocumentLinks(
      core.feature('links', [], ({ analyzed, service }) => service.sourceLinks(analyzed)),
    );
  },
};
