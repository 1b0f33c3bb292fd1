import { TextDocument } from 'vscode-languageserver-textdocument';

/** Files that are compared though they are not open: a document of the same version for as long as the text is the same. */
export class ClosedTexts {
  private readonly known = new Map<string, TextDocument>();
  private versions = 0;

  constructor(private readonly read: (uri: string) => Promise<string | null>) {}

  async documentOf(uri: string): Promise<TextDocument | null> {
    const text = await this.read(uri);
    if (text === null) {
      this.known.delete(uri);
      return null;
    }
    const before = this.known.get(uri);
    if (before?.getText() === text) return before;
    // Below zero: no version of an open document.
    const document = TextDocument.create(uri, 'json', --this.versions, text);
    this.known.set(uri, document);
    return document;
  }
}
