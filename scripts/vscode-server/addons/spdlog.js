/**
 * Stands in for `@vscode/spdlog`, a compiled addon without which VS Code writes no log files, so that an extension's
 * log channel stays empty. Appends synchronously and doesn't rotate: the logs live as long as one run.
 */
const fs = require('node:fs');
const path = require('node:path');

const LEVELS = ['trace', 'debug', 'info', 'warning', 'error', 'critical', 'off'];

class Logger {
  #file;
  #level = 2;
  #formatted = true;
  constructor(_type, _name, file) {
    this.#file = file;
  }
  #write(level, message) {
    if (level < this.#level) return;
    const stamp = new Date().toISOString().replace('T', ' ').slice(0, -1);
    const text = this.#formatted ? `${stamp} [${LEVELS[level]}] ${message}\n` : message;
    try {
      fs.appendFileSync(this.#file, text);
    } catch {
      // A log that can't be written must not break what it logs.
    }
  }
  trace(message) {
    this.#write(0, message);
  }
  debug(message) {
    this.#write(1, message);
  }
  info(message) {
    this.#write(2, message);
  }
  warn(message) {
    this.#write(3, message);
  }
  error(message) {
    this.#write(4, message);
  }
  critical(message) {
    this.#write(5, message);
  }
  getLevel() {
    return this.#level;
  }
  setLevel(level) {
    this.#level = level;
  }
  setPattern() {
    this.#formatted = true;
  }
  clearFormatters() {
    this.#formatted = false;
  }
  flush() {}
  drop() {}
}

async function create(name, file) {
  await fs.promises.mkdir(path.dirname(file), { recursive: true });
  return new Logger('rotating', name, file);
}

// One by one: VS Code imports these by name from an ES module, and Node finds only such exports.
exports.version = 0;
exports.setLevel = () => {};
exports.setFlushOn = () => {};
exports.Logger = Logger;
exports.createRotatingLogger = create;
exports.createAsyncRotatingLogger = create;
