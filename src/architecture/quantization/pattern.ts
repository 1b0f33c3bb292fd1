/**
 * Regular expressions that come from the user's file, as quantization lists have them, matched as Python's `re.match`
 * does: from the start, to wherever. Never backtracking, for `(a+)+$` must not be able to hang an editor: the pattern
 * becomes an automaton over its own characters (Glushkov's construction) that is made deterministic while it runs.
 */
export type Pattern = (text: string) => boolean;

/** What follows the last character. */
const END = -1;
const MAX_LENGTH = 10_000;
const MAX_POSITIONS = 5000;
const MAX_LINKS = 500_000;
const MAX_DEPTH = 50;
const MAX_REPEATS = 100;

/** Part of an expression: can it match nothing, and with which of its characters does a match start and end? */
interface Part {
  readonly nullable: boolean;
  readonly first: readonly number[];
  readonly last: readonly number[];
}
const NOTHING: Part = { nullable: true, first: [], last: [] };

type Accepts = (code: number) => boolean;
const isDigit: Accepts = (c) => c >= 48 && c <= 57;
const isWord: Accepts = (c) => isDigit(c) || (c >= 65 && c <= 90) || (c >= 97 && c <= 122) || c === 95;
const isSpace: Accepts = (c) => c === 32 || (c >= 9 && c <= 13);
const not =
  (accepts: Accepts): Accepts =>
  (c) =>
    c !== END && !accepts(c);
const CLASSES: Readonly<Record<string, Accepts>> = {
  d: isDigit,
  D: not(isDigit),
  w: isWord,
  W: not(isWord),
  s: isSpace,
  S: not(isSpace),
};

class Parser {
  readonly accepts: Accepts[] = [];
  /** Which characters may come after each. */
  readonly follow: Set<number>[] = [];
  /** Syntax that is not supported, look-around and back-references above all. */
  failed = false;
  private at = 0;
  private depth = 0;
  private links = 0;
  /** No character has to come before this point: where `^` may stand. */
  private isStart = true;

  constructor(private readonly source: string) {}

  parse(): Part {
    const whole = this.alternatives();
    if (this.at < this.source.length) this.fail();
    return whole;
  }

  private fail(): Part {
    this.failed = true;
    this.at = this.source.length;
    return NOTHING;
  }

  private take(token: string): boolean {
    if (!this.source.startsWith(token, this.at)) return false;
    this.at += token.length;
    return true;
  }

  private alternatives(): Part {
    const { isStart } = this;
    let part = this.sequence();
    while (this.take('|')) {
      this.isStart = isStart;
      const other = this.sequence();
      part = {
        nullable: part.nullable || other.nullable,
        first: [...part.first, ...other.first],
        last: [...part.last, ...other.last],
      };
    }
    this.isStart = isStart && part.first.length === 0;
    return part;
  }

  private sequence(): Part {
    let part = NOTHING;
    while (this.at < this.source.length && !'|)'.includes(this.source.charAt(this.at)))
      part = this.then(part, this.repeated());
    return part;
  }

  private then(a: Part, b: Part): Part {
    this.link(a.last, b.first);
    return {
      nullable: a.nullable && b.nullable,
      first: a.nullable ? [...a.first, ...b.first] : a.first,
      last: b.nullable ? [...a.last, ...b.last] : b.last,
    };
  }

  private link(from: readonly number[], to: readonly number[]): void {
    this.links += from.length * to.length;
    if (this.links > MAX_LINKS) this.fail();
    else for (const position of from) for (const next of to) this.follow[position]?.add(next);
  }

  private repeated(): Part {
    const start = this.at;
    const part = this.atom();
    const end = this.at;
    const once = this.quantified(start, end, part);
    // A lazy quantifier matches the same texts.
    if (this.at > end) this.take('?');
    return once;
  }

  private quantified(start: number, end: number, part: Part): Part {
    if (this.take('*')) return this.loop(part, true);
    if (this.take('+')) return this.loop(part, part.nullable);
    if (this.take('?')) return { ...part, nullable: true };
    const [all, from, comma, to] = /^\{(\d+)(,?)(\d*)\}/.exec(this.source.slice(end, end + 12)) ?? [];
    if (all === undefined) return part;
    const [least, most] = [Number(from), comma === '' ? Number(from) : to === '' ? Infinity : Number(to)];
    if (least > MAX_REPEATS || (most !== Infinity && (most > MAX_REPEATS || most < least)))
      return this.fail();
    // The atom is read again for each time that it may stand.
    let result = NOTHING;
    for (let i = 0; i < Math.max(least, most === Infinity ? least + 1 : most); i++) {
      const again = i === 0 ? part : this.again(start);
      const last = most === Infinity && i === least ? this.loop(again, true) : again;
      result = this.then(result, i < least ? last : { ...last, nullable: true });
    }
    this.at = end + all.length;
    return result;
  }

  private again(start: number): Part {
    this.at = start;
    return this.atom();
  }

  private loop(part: Part, nullable: boolean): Part {
    this.link(part.last, part.first);
    return { ...part, nullable };
  }

  private atom(): Part {
    const char = this.source.charAt(this.at++);
    switch (char) {
      case '(':
        return this.group();
      case '[':
        return this.bracket();
      case '.':
        return this.position((c) => c !== END && c !== 10);
      case '$':
        return this.position((c) => c === END);
      case '^':
        // Every match begins at the start; elsewhere it could not match.
        return this.isStart ? NOTHING : this.fail();
      case '\\':
        return this.position(this.escaped());
      case '*':
      case '+':
      case '?':
        return this.fail();
      default:
        return this.literal(char);
    }
  }

  private literal(char: string): Part {
    const code = char.charCodeAt(0);
    return this.position((c) => c === code);
  }

  private position(accepts: Accepts): Part {
    this.isStart = false;
    const position = this.accepts.push(accepts) - 1;
    this.follow.push(new Set());
    if (position >= MAX_POSITIONS) return this.fail();
    return { nullable: false, first: [position], last: [position] };
  }

  private group(): Part {
    if (this.take('?') && !this.take(':')) {
      const name = /^P<\w+>/.exec(this.source.slice(this.at, this.at + 40));
      if (!name) return this.fail();
      this.at += name[0].length;
    }
    if (++this.depth > MAX_DEPTH) return this.fail();
    const part = this.alternatives();
    this.depth--;
    return this.take(')') ? part : this.fail();
  }

  private escaped(): Accepts {
    const char = this.source.charAt(this.at++);
    const known = CLASSES[char];
    if (known) return known;
    if (char === 'Z') return (c) => c === END;
    if (char === '' || /[a-zA-Z0-9]/.test(char)) this.fail();
    const code = char.charCodeAt(0);
    return (c) => c === code;
  }

  private bracket(): Part {
    const negated = this.take('^');
    const members: Accepts[] = [];
    for (let isFirst = true; isFirst || this.source.charAt(this.at) !== ']'; isFirst = false) {
      if (this.at >= this.source.length) return this.fail();
      const char = this.source.charAt(this.at++);
      if (char === '\\') {
        members.push(this.escaped());
        continue;
      }
      const from = char.charCodeAt(0);
      const range = /^-([^\]\\])/.exec(this.source.slice(this.at, this.at + 2));
      if (range) this.at += 2;
      const to = range?.[1]?.charCodeAt(0) ?? from;
      members.push((c) => c >= from && c <= to);
    }
    this.at++;
    const any: Accepts = (c) => members.some((accepts) => accepts(c));
    return this.position(negated ? not(any) : any);
  }
}

/** After some text: which characters may come next, and what is known of the state after each. */
interface State {
  readonly positions: readonly number[];
  readonly next: Map<number, State | boolean>;
}
const MAX_STATES = 5000;

/** Null where the pattern has syntax that is not supported, or is too long. */
export function compilePattern(source: string): Pattern | null {
  if (source.length > MAX_LENGTH) return null;
  const parser = new Parser(source);
  const whole = parser.parse();
  if (parser.failed) return null;
  if (whole.nullable) return () => true;
  const { accepts, follow } = parser;
  const finals = new Set(whole.last);
  const states = new Map<string, State>();
  const stateOf = (positions: readonly number[]): State => {
    const key = positions.join(',');
    const known = states.get(key);
    if (known) return known;
    if (states.size >= MAX_STATES) states.clear();
    const state = { positions, next: new Map<number, State | boolean>() };
    states.set(key, state);
    return state;
  };
  const step = (state: State, code: number): State | boolean => {
    const reached = state.positions.filter((position) => accepts[position]?.(code));
    if (reached.some((position) => finals.has(position))) return true;
    const after = new Set(reached.flatMap((position) => [...(follow[position] ?? [])]));
    return after.size > 0 && stateOf([...after].sort((a, b) => a - b));
  };
  const start = stateOf([...new Set(whole.first)]);
  return (text) => {
    let state = start;
    for (let i = 0; i <= text.length; i++) {
      const code = i < text.length ? text.charCodeAt(i) : END;
      let next = state.next.get(code);
      if (next === undefined) {
        next = step(state, code);
        state.next.set(code, next);
      }
      if (typeof next === 'boolean') return next;
      state = next;
    }
    return false;
  };
}
