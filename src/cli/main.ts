import { Command, CommanderError } from 'commander';
import packageJson from '../../package.json';
import { COMMANDS } from './commands';
import { EXIT } from './exit';

const program = new Command('decode-lens')
  .description('Parameters, KV cache and decode cost of language-model configs.')
  .version(packageJson.version)
  .exitOverride()
  .showHelpAfterError('(decode-lens --help tells more)')
  .addHelpText('after', '\nExit codes: 0 sound, 1 findings of severity error, 2 usage or unreadable input.');

for (const add of COMMANDS) add(program);

// A reader such as `head` that closes the pipe is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(process.exitCode);
  throw error;
});

program.parseAsync().catch((error: unknown) => {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? EXIT.sound : EXIT.usage;
    return;
  }
  process.stderr.write(`decode-lens: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = EXIT.usage;
});
