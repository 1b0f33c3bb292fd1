import {
  CodeActionKind,
  CodeActionTriggerKind,
  ResponseError,
  type CodeAction,
  type CodeActionParams,
  type Command,
  type Diagnostic,
  type ExecuteCommandParams,
  type WorkspaceEdit,
} from 'vscode-languageserver';
import type { ConfigEdit, Finding } from '../../protocol';
import type { AnalyzedConfig } from '../../service';
import { isKindWanted, type Client } from '../client';
import type { ConfigVersion, Core, Feature, Service } from '../core';
import { contentModified } from '../guard';
import { diagnosticOf } from './diagnostics';

const FIX_ALL = `${CodeActionKind.SourceFixAll}.decodeLens`;
const WHAT_IF = `${CodeActionKind.RefactorRewrite}.decodeLens`;

/** For clients that know commands only; no other gets it, so that editors need not declare it. */
const APPLY_COMMAND = 'decodeLens.applyEdits';

/** What an action does, kept in its `data` until the client asks for the edit. */
interface ActionData {
  readonly uri: string;
  readonly version: number;
  readonly edits: readonly ConfigEdit[];
}

/** An action before it is put into a client's terms. */
interface Offer {
  readonly kind: CodeActionKind;
  readonly title: string;
  readonly edits: readonly ConfigEdit[];
  readonly isPreferred?: boolean;
  readonly finding?: Finding;
}

export const codeActions: Feature = {
  capabilities: ({ codeActions: form, resolvesEdits }) => {
    if (form === 'none') return {};
    if (form === 'commands')
      return { codeActionProvider: true, executeCommandProvider: { commands: [APPLY_COMMAND] } };
    const codeActionKinds = [CodeActionKind.QuickFix, FIX_ALL, WHAT_IF];
    return { codeActionProvider: { codeActionKinds, resolveProvider: resolvesEdits } };
  },
  register(core) {
    const { connection, guard } = core;
    connection.onCodeAction(
      core.feature<CodeActionParams, (CodeAction | Command)[]>('code actions', [], (config, params) =>
        offers(config, params).flatMap((offer) => inTermsOf(core.client, config, offer, params)),
      ),
    );
    connection.onCodeActionResolve(
      guard.request<CodeAction, CodeAction>('code action', async (action) => {
        const edit = await editOf(core, action.data);
        return edit instanceof ResponseError ? edit : { ...action, edit };
      }),
    );
    connection.onExecuteCommand(
      guard.request('command', async ({ command, arguments: args }: ExecuteCommandParams) => {
        if (command !== APPLY_COMMAND) throw new Error(`there is no command ${command}`);
        const edit = await editOf(core, args?.[0]);
        if (edit instanceof ResponseError) return edit;
        await connection.workspace.applyEdit(edit);
        return null;
      }),
    );
  },
};

/** Fixes of what is found here, all fixes of the file, and changes worth a look: those of the kinds asked for. */
function offers({ analyzed, service }: ConfigVersion, { range, context }: CodeActionParams): Offer[] {
  const { only, triggerKind } = context;
  const list: Offer[] = [];
  if (isKindWanted(CodeActionKind.QuickFix, only)) {
    // Some editors ask for a cursor's place but with the diagnostics of its line.
    const here = analyzed.analysis.findings.filter(
      (finding) => service.touches(finding.range, range) || context.diagnostics.some((d) => isOf(finding, d)),
    );
    list.push(...quickFixes(analyzed, here, service));
  }
  // Nobody asked for more than what is wrong here: the cursor has merely moved.
  if (triggerKind === CodeActionTriggerKind.Automatic && only === undefined) return list;
  if (isKindWanted(WHAT_IF, only))
    list.push(...service.whatIfActions(analyzed, range).map((fix) => ({ ...fix, kind: WHAT_IF })));
  if (isKindWanted(FIX_ALL, only)) list.push(...fixAll(analyzed, service));
  return list;
}

/** Ways to mend findings, and last to silence them. */
function quickFixes(analyzed: AnalyzedConfig, findings: readonly Finding[], service: Service): Offer[] {
  const kind = CodeActionKind.QuickFix;
  const fixes = findings.flatMap((finding) => finding.fixes.map((fix) => ({ ...fix, kind, finding })));
  const byCode = new Map(findings.map((finding) => [finding.code, finding]));
  const ignores = [...byCode].flatMap(([code, finding]) => {
    const edits = service.ignoreEdits(analyzed, code);
    return edits.length > 0 ? [{ kind, title: `Ignore ${code} in this file`, edits, finding }] : [];
  });
  return [...fixes, ...ignores];
}

function fixAll({ analysis }: AnalyzedConfig, service: Service): Offer[] {
  const edits = service.fixAllEdits(analysis.findings);
  return edits.length > 0 ? [{ kind: FIX_ALL, title: 'Fix all that loses nothing', edits }] : [];
}

function inTermsOf(
  client: Client,
  { uri, version, analyzed, service }: ConfigVersion,
  { kind, title, edits, isPreferred, finding }: Offer,
  { context }: CodeActionParams,
): (CodeAction | Command)[] {
  const data: ActionData = { uri, version, edits };
  if (client.codeActions === 'commands') return [{ title, command: APPLY_COMMAND, arguments: [data] }];
  const edit = client.resolvesEdits ? null : workspaceEdit(client, data, analyzed, service);
  if (!client.resolvesEdits && edit === null) return [];
  return [
    {
      title,
      kind,
      ...(isPreferred === true ? { isPreferred } : {}),
      ...(finding ? { diagnostics: [given(finding, version, client, context.diagnostics)] } : {}),
      ...(edit ? { edit } : { data }),
    },
  ];
}

/** The diagnostic that the client has for a finding: it may compare by what it got. */
const given = (
  finding: Finding,
  version: number,
  client: Client,
  diagnostics: readonly Diagnostic[],
): Diagnostic =>
  diagnostics.find((diagnostic) => isOf(finding, diagnostic)) ?? diagnosticOf(finding, version, client);

const isOf = (finding: Finding, { code, message, range: { start } }: Diagnostic): boolean =>
  code === finding.code &&
  message === finding.message &&
  start.line === finding.range.start.line &&
  start.character === finding.range.start.character;

/** The edit of an action that was offered for a version; an error where the text has changed since. */
async function editOf(core: Core, data: unknown): Promise<WorkspaceEdit | ResponseError<never>> {
  if (!isActionData(data)) throw new Error('no action of this server');
  const config = await core.configOf(data.uri);
  if (config?.version !== data.version) return contentModified();
  return workspaceEdit(core.client, data, config.analyzed, config.service) ?? { changes: {} };
}

const isActionData = (data: unknown): data is ActionData =>
  typeof data === 'object' &&
  data !== null &&
  typeof (data as Partial<ActionData>).uri === 'string' &&
  Array.isArray((data as Partial<ActionData>).edits);

/** Null where nothing would change. */
function workspaceEdit(
  { documentChanges }: Client,
  { uri, version, edits }: ActionData,
  { document }: AnalyzedConfig,
  service: Service,
): WorkspaceEdit | null {
  const change = service.textChange(document, edits);
  if (!change) return null;
  return documentChanges
    ? { documentChanges: [{ textDocument: { uri, version }, edits: [change] }] }
    : { changes: { [uri]: [change] } };
}
