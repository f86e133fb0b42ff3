/** The kinds of items, one constructor in one file each; the twin of each on the host is `files/host/kinds/KIND.sh`. */

export { absent } from './kinds/absent.ts';
export { blob } from './kinds/blob.ts';
export { certificate } from './kinds/certificate.ts';
export { directory } from './kinds/directory.ts';
export { file } from './kinds/file.ts';
export { group } from './kinds/group.ts';
export { instances } from './kinds/instances.ts';
export { link } from './kinds/link.ts';
export { monitorCheck } from './kinds/monitor.ts';
export { aptPackage } from './kinds/package.ts';
export { rollout } from './kinds/rollout.ts';
export { ruleset } from './kinds/ruleset.ts';
export { setting } from './kinds/setting.ts';
export { sshdSetting } from './kinds/sshd.ts';
export { sysctl } from './kinds/sysctl.ts';
export { tree } from './kinds/tree.ts';
export { unit } from './kinds/unit.ts';
export { mark, systemUser } from './kinds/user.ts';
