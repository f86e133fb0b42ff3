/**
 * Spares a run half of what Pulumi's SDK loads: npm's installer, some 450 files for functions whose code travels to
 * a cloud. It comes when the SDK asks for it. To be imported before the SDK.
 */
import { createRequire, Module } from 'node:module';

const load = createRequire(import.meta.resolve('@pulumi/pulumi'));

/** Where the installer is; nothing for an SDK that comes without it. */
function installerPath(): string | undefined {
  try {
    return load.resolve('@npmcli/arborist');
  } catch {
    return undefined;
  }
}

const path = installerPath();
if (path !== undefined && !load.cache[path]) {
  const installer = new Module(path);
  installer.loaded = true;
  installer.exports = {
    // Else the SDK would copy what is exported, and ask for it so.
    __esModule: true,
    get Arborist() {
      delete load.cache[path];
      return load(path).Arborist;
    },
  };
  load.cache[path] = installer;
}
