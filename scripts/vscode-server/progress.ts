/**
 * Progress of long work. A person at a terminal gets one line that is kept alive, so that a slow download never
 * looks like a hang; a log file or a CI job gets one plain line per step, so that it doesn't fill with frames.
 */
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';

export interface Progress {
  /** Begins a step, and thereby ends the one before. */
  step(text: string): void;
  end(text: string): void;
  /** Leaves the line as it is, so that an error can be printed below it. */
  fail(): void;
}

const since = (start: number) => `${Math.round((Date.now() - start) / 1000)} s`;

export function terminalProgress(title: string, out: NodeJS.WriteStream = process.stdout): Progress {
  const started = Date.now();
  let current = '';
  const draw = () => {
    const line = `${title}, ${since(started)}: ${current}`;
    out.write(`\r\x1b[2K${line.slice(0, Math.max(20, (out.columns || 80) - 1))}`);
  };
  const timer = out.isTTY ? setInterval(draw, 1000) : undefined;
  timer?.unref();
  return {
    step(text) {
      current = text;
      if (out.isTTY) draw();
      else out.write(`${title}: ${text}\n`);
    },
    end(text) {
      clearInterval(timer);
      out.write(`${out.isTTY ? '\r\x1b[2K' : ''}${title}: ${text} (${since(started)})\n`);
    },
    fail() {
      clearInterval(timer);
      if (out.isTTY) out.write('\n');
    },
  };
}

export interface LoggedCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly log: string;
}

/** Runs a command with its output in a log file. A failure carries the end of that log: it is all the user has. */
export async function runLogged({ command, args, cwd, env, log }: LoggedCommand): Promise<void> {
  mkdirSync(path.dirname(log), { recursive: true });
  const fd = openSync(log, 'w');
  try {
    await new Promise<void>((resolve, reject) => {
      const child = spawn(command, args, { cwd, env: env ?? process.env, stdio: ['ignore', fd, fd] });
      child.once('error', (error) => {
        reject(new Error(`Could not run ${command}: ${error.message}`));
      });
      child.once('close', (code, signal) => {
        if (code === 0) resolve();
        else reject(new Error(failure(`${command} ${args.join(' ')}`, signal ?? `code ${code ?? '?'}`, log)));
      });
    });
  } finally {
    closeSync(fd);
  }
}

function failure(line: string, how: string, log: string): string {
  const tail = readFileSync(log, 'utf8').trimEnd().split('\n').slice(-20);
  return [`"${line}" ended with ${how}. The end of ${log}:`, ...tail.map((text) => `  ${text}`)].join('\n');
}
