import { createHash } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import packageJson from '../../../package.json';
import type { Finding, Fix, Range, Severity } from '../../protocol';
import { codeEntries, codePage, codeText, textChange } from '../../service';
import type { Checked } from './collect';

const LEVEL: Readonly<Record<Severity, 'error' | 'warning' | 'note'>> = {
  error: 'error',
  warning: 'warning',
  information: 'note',
};
const HOME = packageJson.repository.url.replace(/\.git$/, '');
const ROOT = '%SRCROOT%';

/** Findings as SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/), for code scanning. */
export function sarifLog(checked: readonly Checked[]): unknown {
  const codes = [...new Set(checked.flatMap(({ findings }) => findings.map(({ code }) => code)))].sort();
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: packageJson.displayName,
            version: packageJson.version,
            informationUri: HOME,
            rules: codes.map(ruleOf),
          },
        },
        columnKind: 'utf16CodeUnits',
        originalUriBaseIds: { [ROOT]: { uri: `${pathToFileURL(process.cwd()).href.replace(/\/$/, '')}/` } },
        results: checked.flatMap((file) =>
          file.findings.map((finding) => resultOf(file, finding, codes.indexOf(finding.code))),
        ),
      },
    ],
  };
}

function ruleOf(code: string): unknown {
  const entry = codeEntries().find((e) => e.code === code);
  const [severity = 'warning'] = (entry?.severity ?? '').split(' ');
  return {
    id: code,
    shortDescription: { text: entry?.title ?? code },
    fullDescription: { text: entry?.what ?? code },
    help: { text: codeText(code) ?? code, markdown: codePage(code) ?? code },
    helpUri: `${HOME}/blob/main/docs/rules/${code}.md`,
    defaultConfiguration: { level: LEVEL[severity as Severity] },
  };
}

function resultOf({ file, analyzed }: Checked, finding: Finding, ruleIndex: number): unknown {
  const { code, severity, message, path, range, fixes } = finding;
  const artifactLocation = { uri: encodedPath(file), uriBaseId: ROOT };
  const document = analyzed?.document;
  const written = document ? fixes.flatMap((fix) => fixOf(fix, document, artifactLocation)) : [];
  const identity = createHash('sha256')
    .update(JSON.stringify([code, file, path]))
    .digest('hex');
  return {
    ruleId: code,
    ruleIndex,
    level: LEVEL[severity],
    message: { text: message },
    locations: [{ physicalLocation: { artifactLocation, region: regionOf(range) } }],
    partialFingerprints: { 'decodeLens/v1': identity },
    ...(written.length > 0 ? { fixes: written } : {}),
  };
}

function fixOf(fix: Fix, document: TextDocument, artifactLocation: unknown): unknown[] {
  const change = textChange(document, fix.edits);
  if (!change) return [];
  const replacement = { deletedRegion: regionOf(change.range), insertedContent: { text: change.newText } };
  return [
    {
      description: { text: fix.title },
      artifactChanges: [{ artifactLocation, replacements: [replacement] }],
    },
  ];
}

/** Lines and columns count from 1; the end is exclusive in both conventions. */
const regionOf = ({ start, end }: Range) => ({
  startLine: start.line + 1,
  startColumn: start.character + 1,
  endLine: end.line + 1,
  endColumn: end.character + 1,
});

/** A relative path as a URI reference; a colon in its first step would make it a scheme. */
const encodedPath = (file: string): string => file.split('/').map(encodeURIComponent).join('/');
