/** The panel in a plain browser, built anew on each request: `npm run webview:dev -- [--port 5180] [--config FILE]`. */
import { parseArgs } from 'node:util';
import { startShell } from './webview-shell';

const { values } = parseArgs({
  options: { port: { type: 'string', default: '5180' }, config: { type: 'string' } },
});

async function main(): Promise<void> {
  const { port, config } = values;
  const { url } = await startShell({
    port: Number(port),
    rebuild: true,
    ...(config === undefined ? {} : { config }),
  });
  console.log(`${url}?theme=dark (light, hc-dark, hc-light; &host=empty, many, hostile, failed, silent)`);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
