/** The stack files of docs/apps.md: what people read there is what is tried. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { root } from '../../tools/lib/pulumi.ts';

const fileSchema = z.strictObject({
  'keelson:server': z.record(z.string(), z.unknown()).default({}),
  'keelson:apps': z.record(
    z.string(),
    z.looseObject({ source: z.string(), domains: z.array(z.string()) }),
  ),
});

/** What a section says: settings of the server, and one app. */
export type Described = {
  readonly server: Readonly<Record<string, unknown>>;
  readonly name: string;
  readonly app: Readonly<Record<string, unknown>>;
  /** The first that it answers to. */
  readonly domain: string;
};

const page = (): string => readFileSync(join(root, 'docs/apps.md'), 'utf8');

/** The stack files of the page by the heading above them. */
export function stackFiles(text = page()): Map<string, string> {
  const [, ...sections] = text.split(/^## /m);
  return new Map(
    sections.flatMap((section) => {
      const [, file] = /^```yaml\n(.*?)^```/ms.exec(section) ?? [];
      return file === undefined ? [] : [[section.slice(0, section.indexOf('\n')), file]];
    }),
  );
}

/** @throws where the page has no such section, or more than one app in it. */
export function described(section: string): Described {
  const file = stackFiles().get(section);
  if (file === undefined) throw new Error(`docs/apps.md: no stack file below "## ${section}"`);
  const { 'keelson:server': server, 'keelson:apps': apps } = fileSchema.parse(parse(file));
  const [[name, app] = [], ...others] = Object.entries(apps);
  if (name === undefined || app === undefined || others.length > 0)
    throw new Error(`docs/apps.md: ${section}: the stack file is to have one app`);
  return { server, name, app, domain: app.domains[0] ?? '' };
}
