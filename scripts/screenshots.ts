/** `npm run screenshots`: takes the README's pictures anew, from the extension as it is packed now. */
import path from 'node:path';
import { size, takeScreenshots } from '../test/editor/screenshots';
import { makeWorkspace } from '../test/editor/workspace';
import { launchBrowser } from './chromium';
import { build, pack } from './vscode-server/pack';

async function main(): Promise<void> {
  await build();
  const vsix = await pack();
  const browser = await launchBrowser();
  const workspace = makeWorkspace();
  try {
    const to = path.resolve(__dirname, '../docs/images');
    for (const file of await takeScreenshots({ browser, folder: workspace.folder, vsix, to }))
      console.log(`${file} ${size(file)}`);
  } finally {
    workspace.remove();
    await browser.close();
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
