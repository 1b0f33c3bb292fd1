import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { format, resolveConfig } from 'prettier';
import { familyTable } from '../src/cli/report';
import { familyEntries } from '../src/service';

/** `npm run docs`: writes the pages that follow from the code. A unit test holds them to it. */
export async function familiesPage(): Promise<string> {
  const file = path.resolve(__dirname, '../docs/families.md');
  const text = `# Model families

Decode Lens reads these families by \`model_type\`, of the file or of the text config inside a wrapper for images or audio.
A file of another family is read by its keys where they suffice, and says so. This page is written by \`npm run docs\`.

${familyTable(familyEntries(), 'markdown')}
`;
  return format(text, { ...(await resolveConfig(file)), filepath: file });
}

if (require.main === module)
  void familiesPage().then((text) => {
    writeFileSync(path.resolve(__dirname, '../docs/families.md'), text);
  });
