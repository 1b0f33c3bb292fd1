/**
 * Stands in for `@vscode/native-watchdog`, a compiled addon that ends an extension host whose server has died even if
 * the host is stuck. VS Code also looks for its server once a second, and `server.ts` ends the whole process group.
 */
exports.start = () => {};
exports.exit = (code) => process.exit(code ?? 0);
